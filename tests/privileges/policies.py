"""The parts of the corpus: cases, and helpers that write policies."""

import json
from dataclasses import dataclass

from moto.iam.aws_managed_policies import aws_managed_policies_data

#: AWS's own policies, by name, from moto's package (Apache-2.0), which copies them from AWS.
STORED = json.loads(aws_managed_policies_data)

ACCOUNT = "111122223333"
ROLE, USER = f"arn:aws:iam::{ACCOUNT}:role", f"arn:aws:iam::{ACCOUNT}:user"
OWN = "arn:aws:iam::*:user/${aws:username}"
MFA = {"Bool": {"aws:MultiFactorAuthPresent": "true"}}
LAMBDA = ["lambda:CreateFunction", "lambda:InvokeFunction"]


@dataclass(frozen=True)
class Case:
    """One permission set with one policy."""

    name: str
    policy: dict
    #: The name of the AWS managed policy, which is attached instead of written into the set. (moto attaches only those
    #: whose path is `/`: the text of others is written into the set.)
    managed: str | None = None
    #: The name of the AWS managed policy that is the permissions boundary.
    boundary: str | None = None
    #: The expected result: true for level administrator, scope any. None: not specified.
    privileged: bool | None = None
    #: Entries that the policy must, and must not, allow; with `@scope` where that matters, and `?` for a conditional
    #: one.
    allows: tuple = ()
    lacks: tuple = ()
    #: True if the policy must allow no entry at all.
    nothing: bool = False

    @property
    def is_awss(self):
        return self.name.startswith("aws/")

    @property
    def limit(self):
        """Returns the text of the boundary as a list of policies; None without one."""
        return [STORED[self.boundary]["Document"]] if self.boundary else None


def arn_of(name):
    return f"arn:aws:iam::aws:policy/{name}"


def allow(action, resource="*", **more):
    return {"Effect": "Allow", "Action": action, "Resource": resource} | more


def allow_but(action, resource="*", **more):
    return {"Effect": "Allow", "NotAction": action, "Resource": resource} | more


def deny(action, resource="*", **more):
    return {"Effect": "Deny", "Action": action, "Resource": resource} | more


def but(resource, action):
    return {"Effect": "Allow", "Action": action, "NotResource": resource}


def made(name, *statements, **expected):
    return Case(name, {"Version": "2012-10-17", "Statement": list(statements)}, **expected)
