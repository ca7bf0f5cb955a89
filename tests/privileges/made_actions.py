"""Policies that differ in how actions are matched, denied and conditioned."""

from policies import ACCOUNT, LAMBDA, MFA, OWN, USER, Case, allow, allow_but, deny, made


def wildcards():
    """Returns policies with patterns of actions, in upper and lower case."""
    keys, put = "iam-create-access-key", "iam-put-user-policy"
    yield made(
        "wildcard/everything", allow("*"), privileged=True, allows=(f"{keys}@any", "sso-create-account-assignment")
    )
    yield made("wildcard/everything-of-everything", allow("*:*"), privileged=True, allows=(keys, put))
    yield made("wildcard/service", allow("iam:*"), privileged=True, allows=(keys, put), lacks=("sts-assume-role",))
    yield made("wildcard/put", allow("iam:Put*"), privileged=True, allows=(put, "iam-put-role-policy"), lacks=(keys,))
    yield made("wildcard/attach", allow("iam:Attach*Policy"), privileged=True, allows=("iam-attach-role-policy",))
    yield made("wildcard/middle", allow("iam:*User*"), privileged=True, allows=(put, "iam-add-user-to-group"))
    yield made("wildcard/end", allow("iam:*Profile"), privileged=True, allows=("iam-create-login-profile",))
    yield made("wildcard/one-letter", allow("iam:PutUser?olicy"), privileged=True, allows=(put,))
    yield made("wildcard/one-letter-too-few", allow("iam:PutUserPolicy?"), nothing=True)
    yield made("wildcard/stars", allow("iam:***UserPolicy"), privileged=True, allows=(put,))
    yield made("wildcard/star-of-nothing", allow("iam:PutUserPolicy*"), privileged=True, allows=(put,))
    yield made("wildcard/read", allow(["iam:Get*", "iam:List*", "iam:Generate*", "iam:Simulate*"]), nothing=True)
    yield made("wildcard/assume", allow("sts:Assume*"), privileged=False, allows=("sts-assume-role", "sts-assume-root"))
    yield made("wildcard/sso", allow("sso:*"), privileged=True, allows=("sso-create-account-assignment",))
    yield made("wildcard/sso-read", allow(["sso:Describe*", "sso:Get*", "sso:List*"]), nothing=True)
    yield made(
        "wildcard/directory", allow("sso-directory:*"), privileged=True, allows=("sso-directory-update-password",)
    )
    yield made("wildcard/identitystore", allow("identitystore:*"), privileged=True)
    yield made("wildcard/organizations", allow("organizations:*"), privileged=True)
    yield made(
        "wildcard/pass", allow(["iam:Pass*", "ec2:Run*"]), privileged=False, allows=("pass-role-to-ec2-instance",)
    )
    yield made(
        "wildcard/pass-and-service", allow(["iam:PassRole", "lambda:*"]), allows=("pass-role-to-lambda-function",)
    )
    yield made("wildcard/tag", allow(["iam:Tag*", "iam:Untag*"]), nothing=True)
    yield made("wildcard/delete", allow("iam:Delete*"), privileged=False, lacks=(keys, put))
    yield made("wildcard/other-services", allow(["s3:*", "dynamodb:*", "kms:*", "sqs:*", "sns:*"]), nothing=True)
    yield made("case/lower", allow("iam:createaccesskey"), privileged=True, allows=(keys,))
    yield made("case/upper", allow("IAM:CREATEACCESSKEY"), privileged=True, allows=(keys,))
    yield made("case/mixed-wildcard", allow("Iam:pUT*pOLICY"), privileged=True, allows=(put,))
    yield made("case/pass", allow(["IAM:passrole", "EC2:runinstances"]), allows=("pass-role-to-ec2-instance",))
    yield made("prefix/longer", allow("iam:PutUserPolicyX"), nothing=True)
    yield made("prefix/shorter", allow("iam:PutUserPolic"), nothing=True)
    yield made("prefix/other-service", allow(["iamx:PutUserPolicy", "s3:PutUserPolicy"]), nothing=True)


def not_actions():
    """Returns policies that allow actions with NotAction."""
    keys = "iam-create-access-key"
    yield made("not-action/other", allow_but("s3:*"), privileged=True, allows=(f"{keys}@any", "sts-assume-role"))
    yield made(
        "not-action/iam", allow_but("iam:*"), privileged=False, lacks=(keys,), allows=("sso-create-account-assignment",)
    )
    identity = ["iam:*", "organizations:*", "account:*", "sso:*", "sso-directory:*", "identitystore:*"]
    yield made(
        "not-action/identity", allow_but(identity), privileged=False, lacks=(keys,), allows=("ssm-start-session",)
    )
    yield made("not-action/case", allow_but("IAM:*"), lacks=(keys,))
    yield made("not-action/everything", allow_but("*"), nothing=True)
    yield made("not-action/single-key", allow_but("iam:CreateAccessKey"), privileged=True, lacks=(keys,))
    yield made(
        "not-action/wildcard",
        allow_but(["iam:Create*", "iam:Put*"]),
        privileged=True,
        lacks=(keys,),
        allows=("iam-attach-user-policy",),
    )
    yield made(
        "not-action/named",
        allow_but("s3:*", f"{USER}/app"),
        privileged=False,
        allows=(f"{keys}@named",),
        lacks=("iam-put-role-policy",),
    )
    yield made("not-action/bucket", allow_but("iam:*", ["arn:aws:s3:::data", "arn:aws:s3:::data/*"]), nothing=True)
    yield made("not-action/condition", allow_but("s3:*", Condition=MFA), privileged=True, allows=(f"{keys}@any?",))
    but_all = {"Effect": "Allow", "NotAction": "s3:*", "NotResource": f"{USER}/root-like"}
    yield made("not-action/not-resource", but_all, privileged=True, allows=(f"{keys}@any",))


def denials():
    """Returns policies with a Deny, some of which leave actions allowed."""
    keys, put = "iam-create-access-key", "iam-put-user-policy"
    own = deny("iam:*", OWN)
    yield made(
        "deny/service",
        allow("*"),
        deny("iam:*"),
        privileged=True,
        lacks=(keys, put),
        allows=("sso-create-account-assignment",),
    )
    yield made(
        "deny/all-of-identity",
        allow("*"),
        deny(["iam:*", "sso:*", "sso-directory:*", "identitystore:*", "organizations:*", "account:*"]),
        privileged=False,
        lacks=(keys,),
    )
    yield made("deny/everything", allow("*"), deny("*"), nothing=True)
    yield made(
        "deny/before", deny("iam:CreateAccessKey"), allow("iam:*"), privileged=True, lacks=(keys,), allows=(put,)
    )
    yield made("deny/case", allow("iam:CreateAccessKey"), deny("IAM:createACCESSkey"), nothing=True)
    yield made("deny/wildcard", allow("iam:*"), deny("iam:*Key"), lacks=(keys,), allows=(put,))
    yield made("deny/one-letter", allow("iam:PutUserPolicy"), deny("iam:PutUser?olicy"), nothing=True)
    yield made(
        "deny/condition",
        allow("iam:CreateAccessKey"),
        deny("iam:*", Condition={"Bool": {"aws:MultiFactorAuthPresent": "false"}}),
        privileged=True,
        allows=(keys,),
    )
    yield made(
        "deny/named", allow("iam:CreateAccessKey"), deny("iam:*", f"{USER}/ceo"), privileged=True, allows=(keys,)
    )
    yield made("deny/own", allow("iam:CreateAccessKey"), own, privileged=True, allows=(keys,))
    yield made("deny/pass", allow(["iam:PassRole", *LAMBDA, "ec2:RunInstances"]), deny("iam:PassRole"), nothing=True)
    yield made("deny/other-half", allow(["iam:PassRole", "ec2:RunInstances"]), deny("ec2:*"), nothing=True)
    yield made(
        "deny/not-action",
        allow("*"),
        {"Effect": "Deny", "NotAction": ["s3:*", "ec2:*"], "Resource": "*"},
        privileged=False,
        lacks=(keys,),
    )
    yield made(
        "deny/not-action-condition",
        allow("*"),
        {
            "Effect": "Deny",
            "NotAction": "iam:*",
            "Resource": "*",
            "Condition": {"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}},
        },
        privileged=True,
        allows=(keys,),
    )
    yield made(
        "deny/not-resource",
        allow("iam:CreateAccessKey"),
        {"Effect": "Deny", "Action": "iam:*", "NotResource": OWN},
        privileged=True,
    )
    yield made("deny/unrelated", allow("iam:PutUserPolicy"), deny("s3:*"), privileged=True, allows=(put,))
    yield made("deny/only", deny("iam:*"), nothing=True)


def conditions():
    """Returns policies that allow actions only under a condition."""
    keys = "iam-create-access-key"
    yield made("condition/mfa", allow("iam:CreateAccessKey", Condition=MFA), privileged=True, allows=(f"{keys}@any?",))
    yield made("condition/none", allow("iam:CreateAccessKey", Condition={}), privileged=True, allows=(f"{keys}@any",))
    address = {"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}
    yield made("condition/address", allow("iam:*", Condition=address), privileged=True, allows=(f"{keys}@any?",))
    yield made(
        "condition/one-of-two",
        allow("iam:CreateAccessKey", Condition=MFA),
        allow("iam:Create*"),
        privileged=True,
        allows=(f"{keys}@any",),
    )
    passed = {"StringEquals": {"iam:PassedToService": "ec2.amazonaws.com"}}
    yield made(
        "condition/passed-to-service",
        allow("iam:PassRole", Condition=passed),
        allow("ec2:RunInstances"),
        privileged=False,
        allows=("pass-role-to-ec2-instance@any?",),
    )
    yield made(
        "condition/boundary",
        allow(
            "iam:PutRolePolicy",
            Condition={"StringEquals": {"iam:PermissionsBoundary": f"arn:aws:iam::{ACCOUNT}:policy/limit"}},
        ),
        privileged=True,
        allows=("iam-put-role-policy@any?",),
    )
    yield made(
        "condition/wider-but-conditional",
        allow("iam:CreateAccessKey", f"{USER}/app"),
        allow("iam:CreateAccessKey", Condition=MFA),
        privileged=True,
        allows=(f"{keys}@any?",),
    )


def shapes():
    """Returns policies in other spellings that IAM accepts."""
    keys = "iam-create-access-key"
    single = {"Version": "2012-10-17", "Statement": allow("iam:CreateAccessKey")}
    yield Case("shape/single-statement", single, privileged=True, allows=(keys,))
    yield Case(
        "shape/old-version", {"Version": "2008-10-17", "Statement": [allow("iam:CreateAccessKey")]}, privileged=True
    )
    yield Case("shape/no-version", {"Statement": [allow("iam:CreateAccessKey")]}, privileged=True)
    yield made("shape/lists-of-one", allow(["iam:CreateAccessKey"], ["*"]), privileged=True, allows=(keys,))
    yield made("shape/sid", allow("iam:CreateAccessKey", Sid="Keys"), privileged=True, allows=(keys,))
    yield made(
        "shape/twice", allow("iam:CreateAccessKey"), allow("iam:CreateAccessKey"), privileged=True, allows=(keys,)
    )
    many = [allow(f"s3:Get{number}") for number in range(60)]
    yield made("shape/many-statements", *many, allow("iam:CreateAccessKey"), privileged=True, allows=(keys,))
    yield made("shape/repeated-action", allow(["iam:CreateAccessKey", "iam:*", "*"]), privileged=True, allows=(keys,))


PARTS = [wildcards, not_actions, denials, conditions, shapes]
