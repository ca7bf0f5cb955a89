"""IAM of several accounts by a role that is assumed in each: every table against what AWS's own client lists there."""

import boto3
import pytest
from comparison import differences, shown
from iam import CALLER, IAM_KEYS, iam_tables
from organization import policy, trust
from program import Program

ROLE = "audit/OrgCensus"


def session_in(account: str) -> boto3.Session:
    """A session of the role in an account."""
    sts = boto3.client("sts")
    arn = f"arn:aws:iam::{account}:role/{ROLE}"
    keys = sts.assume_role(RoleArn=arn, RoleSessionName="moto")["Credentials"]
    return boto3.Session(keys["AccessKeyId"], keys["SecretAccessKey"], keys["SessionToken"])


def furnish(client, name: str):
    """Gives an account some of each kind, named after it."""
    client.create_role(RoleName="OrgCensus", Path="/audit/", AssumeRolePolicyDocument=trust("ec2"), MaxSessionDuration=3600)
    client.create_user(UserName=f"{name}+user", Path="/people/")
    client.create_group(GroupName=f"{name}-group")
    client.add_user_to_group(GroupName=f"{name}-group", UserName=f"{name}+user")
    made = client.create_policy(PolicyName=f"{name}-policy", PolicyDocument=policy("s3:Get*"), Description="reads")
    client.attach_group_policy(GroupName=f"{name}-group", PolicyArn=made["Policy"]["Arn"])
    client.put_role_policy(RoleName="OrgCensus", PolicyName="inline", PolicyDocument=policy("logs:*"))


@pytest.fixture(scope="module")
def members(story):
    """Two accounts, furnished, with a client of IAM in each."""
    chosen = {story.made.accounts[name]: name for name in ["account-1", "account-2"]}
    clients = {account: session_in(account).client("iam") for account in chosen}
    for account, client in clients.items():
        furnish(client, chosen[account])
    return clients


@pytest.fixture(scope="module")
def census(members, tmp_path_factory):
    program = Program(tmp_path_factory.mktemp("accounts"))
    accounts = ",".join([CALLER, *members])
    ran = program.collect("--only", "@iam", "--iam-role", ROLE, "--iam-accounts", accounts)
    assert ran.exit_code == 0, ran
    return program


@pytest.mark.parametrize("table", IAM_KEYS)
def test_a_table_holds_what_is_listed_in_each_account(census, members, story, table):
    expected = list(iam_tables(story.made.aws.iam)[table])
    for account, client in members.items():
        rows = iam_tables(client)[table]
        assert rows or table == "iam_role_activity", "nothing to compare"
        expected += [row | {"account_id": account} for row in rows]
    # moto gives the role that Organizations makes in a new account an empty description, which is stored as none.
    expected = [row | {"description": row["description"] or None} if "description" in row else row for row in expected]
    stored = census.query(f"SELECT * FROM {table}")
    if table == "iam_role_activity":
        # Every call of these checks is a use of the role.
        stored = [row | {"last_used_at": None, "last_used_region": None} for row in stored]
    found = differences(stored, expected, IAM_KEYS[table])
    assert not found, shown(found)
