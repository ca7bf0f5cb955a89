"""Starts moto's server, whose IAM has AWS's managed policies in the caller's account alone.

moto loads them for each account that it is asked for, which takes a second of an account, and the checks make many.
"""

from moto.iam.models import IAMBackend
from moto.server import main

CALLER = "123456789012"

load = IAMBackend._init_aws_policies
IAMBackend._init_aws_policies = lambda backend: load(backend) if backend.account_id == CALLER else []

if __name__ == "__main__":
    main()
