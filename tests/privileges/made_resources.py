"""Policies that differ in the resources on which they allow something."""

from policies import ACCOUNT, LAMBDA, MFA, OWN, ROLE, USER, allow, but, made


def scopes():
    """Returns policies that allow actions on some resources."""
    keys, put = "iam-create-access-key", "iam-put-role-policy"
    yield made(
        "scope/one-user", allow("iam:CreateAccessKey", f"{USER}/app"), privileged=False, allows=(f"{keys}@named",)
    )
    yield made(
        "scope/path", allow("iam:CreateAccessKey", f"{USER}/team/*"), privileged=False, allows=(f"{keys}@named",)
    )
    yield made(
        "scope/prefix",
        allow("iam:PutRolePolicy", "arn:aws:iam::*:role/app-*"),
        privileged=False,
        allows=(f"{put}@named",),
    )
    yield made(
        "scope/every-role", allow("iam:PutRolePolicy", "arn:aws:iam::*:role/*"), privileged=True, allows=(f"{put}@any",)
    )
    yield made(
        "scope/every-role-of-the-account",
        allow("iam:PutRolePolicy", f"{ROLE}/*"),
        privileged=True,
        allows=(f"{put}@any",),
    )
    yield made(
        "scope/every-thing-of-iam",
        allow("iam:PutRolePolicy", "arn:aws:iam::*:*"),
        privileged=True,
        allows=(f"{put}@any",),
    )
    yield made(
        "scope/every-arn", allow("iam:PutRolePolicy", "arn:aws:*:*:*:*"), privileged=True, allows=(f"{put}@any",)
    )
    yield made("scope/other-kind", allow("iam:PutRolePolicy", "arn:aws:iam::*:user/*"), nothing=True)
    yield made("scope/other-service", allow("*", ["arn:aws:s3:::data", "arn:aws:s3:::data/*"]), nothing=True)
    yield made("scope/other-service-wildcard", allow("*", "arn:aws:s3:::*"), nothing=True)
    yield made("scope/china", allow("iam:PutRolePolicy", "arn:aws-cn:iam::*:role/*"), privileged=True, allows=(put,))
    yield made(
        "scope/government",
        allow("iam:PutRolePolicy", "arn:aws-us-gov:iam::*:role/one"),
        privileged=False,
        allows=(f"{put}@named",),
    )
    yield made(
        "scope/named-and-any", allow("iam:PutRolePolicy", [f"{ROLE}/one", "*"]), privileged=True, allows=(f"{put}@any",)
    )
    yield made(
        "scope/two-statements", allow("iam:PutRolePolicy", f"{ROLE}/one"), allow("iam:PutRolePolicy"), privileged=True
    )
    yield made(
        "scope/several-named",
        allow("iam:PutRolePolicy", [f"{ROLE}/one", f"{ROLE}/two"]),
        privileged=False,
        allows=(f"{put}@named",),
    )
    yield made(
        "scope/one-set",
        allow(
            "sso:CreateAccountAssignment",
            ["arn:aws:sso:::instance/*", "arn:aws:sso:::account/*", "arn:aws:sso:::permissionSet/ssoins-1/ps-2"],
        ),
        privileged=False,
        allows=("sso-create-account-assignment@named",),
    )
    yield made(
        "scope/every-set",
        allow(
            "sso:CreateAccountAssignment",
            ["arn:aws:sso:::instance/*", "arn:aws:sso:::account/*", "arn:aws:sso:::permissionSet/*"],
        ),
        privileged=True,
    )
    yield made(
        "scope/one-instance",
        allow("ssm:StartSession", f"arn:aws:ec2:eu-west-1:{ACCOUNT}:instance/i-0123456789abcdef0"),
        allows=("ssm-start-session@named",),
    )
    yield made(
        "scope/every-instance",
        allow("ssm:StartSession", "arn:aws:ec2:*:*:instance/*"),
        privileged=False,
        allows=("ssm-start-session@any",),
    )
    yield made(
        "scope/one-function",
        allow("lambda:UpdateFunctionCode", f"arn:aws:lambda:eu-west-1:{ACCOUNT}:function:one"),
        allows=("lambda-update-function-code@named",),
    )
    yield made(
        "scope/one-role-to-assume",
        allow("sts:AssumeRole", f"{ROLE}/deploy"),
        privileged=False,
        allows=("sts-assume-role@named",),
    )
    yield made(
        "scope/same-role-everywhere",
        allow("sts:AssumeRole", "arn:aws:iam::*:role/deploy"),
        privileged=False,
        allows=("sts-assume-role@named",),
    )


def not_resources():
    """Returns policies that allow actions on all resources but some."""
    keys = "iam-create-access-key"
    yield made(
        "not-resource/one-user", but(f"{USER}/ceo", "iam:CreateAccessKey"), privileged=True, allows=(f"{keys}@any",)
    )
    yield made("not-resource/everything", but("*", "iam:CreateAccessKey"), nothing=True)
    yield made("not-resource/all-users", but("arn:aws:iam::*:user/*", "iam:CreateAccessKey"), nothing=True)
    yield made(
        "not-resource/all-roles", but("arn:aws:iam::*:role/*", "iam:CreateAccessKey"), privileged=True, allows=(keys,)
    )
    yield made("not-resource/own-user", but(OWN, "iam:CreateAccessKey"), privileged=True, allows=(f"{keys}@any",))
    yield made(
        "not-resource/admin-roles",
        but(f"{ROLE}/admin-*", ["iam:PassRole", *LAMBDA]),
        allows=("pass-role-to-lambda-function@any",),
    )


def self_service():
    """Returns policies that let users manage their own credentials, as in AWS's guide."""
    keys = [
        "iam:CreateAccessKey",
        "iam:DeleteAccessKey",
        "iam:GetAccessKeyLastUsed",
        "iam:ListAccessKeys",
        "iam:UpdateAccessKey",
    ]
    device = ["iam:DeactivateMFADevice", "iam:EnableMFADevice", "iam:ListMFADevices", "iam:ResyncMFADevice"]
    password = ["iam:ChangePassword", "iam:GetUser", "iam:GetLoginProfile", "iam:UpdateLoginProfile"]
    ssh = ["iam:DeleteSSHPublicKey", "iam:GetSSHPublicKey", "iam:ListSSHPublicKeys", "iam:UploadSSHPublicKey"]
    codecommit = ["iam:CreateServiceSpecificCredential", "iam:ResetServiceSpecificCredential"]
    yield made("self/keys", allow(keys, OWN), privileged=False, allows=("iam-create-access-key@self",))
    yield made(
        "self/mfa", allow(device, OWN), allow("iam:CreateVirtualMFADevice", "arn:aws:iam::*:mfa/*"), nothing=True
    )
    yield made("self/password", allow(password, OWN), privileged=False, allows=("iam-update-login-profile@self",))
    yield made("self/ssh", allow(ssh, OWN), privileged=False, allows=("iam-upload-ssh-public-key@self",))
    yield made("self/codecommit", allow(codecommit, OWN), privileged=False)
    unless = {
        "Effect": "Deny",
        "NotAction": device,
        "Resource": "*",
        "Condition": {"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}},
    }
    yield made("self/keys-with-mfa", allow(keys + password, OWN), allow(device, OWN), unless, privileged=False)
    yield made(
        "self/account-and-path",
        allow("iam:*AccessKey*", f"{USER}/" + "${aws:username}"),
        privileged=False,
        allows=("iam-create-access-key@self",),
    )
    yield made(
        "self/and-named", allow(keys, [OWN, f"{USER}/app"]), privileged=False, allows=("iam-create-access-key@named",)
    )
    yield made("self/and-any", allow(keys, [OWN, "*"]), privileged=True, allows=("iam-create-access-key@any",))
    yield made(
        "self/whole-service",
        allow("iam:*", OWN),
        privileged=False,
        allows=("iam-put-user-policy@self",),
        lacks=("iam-put-role-policy",),
    )


def passing():
    """Returns policies that pass roles."""
    to_lambda, to_ec2 = "pass-role-to-lambda-function", "pass-role-to-ec2-instance"
    one = f"{ROLE}/lambda-basic"
    yield made("pass/alone", allow("iam:PassRole"), nothing=True)
    yield made(
        "pass/one-role", allow("iam:PassRole", one), allow(LAMBDA), privileged=False, allows=(f"{to_lambda}@named",)
    )
    yield made(
        "pass/one-role-in-every-account",
        allow("iam:PassRole", "arn:aws:iam::*:role/lambda-basic"),
        allow("lambda:*"),
        privileged=False,
        allows=(f"{to_lambda}@named",),
    )
    yield made(
        "pass/prefix",
        allow("iam:PassRole", f"{ROLE}/app-*"),
        allow(LAMBDA),
        privileged=False,
        allows=(f"{to_lambda}@named",),
    )
    yield made(
        "pass/service-roles",
        allow("iam:PassRole", "arn:aws:iam::*:role/service-role/*"),
        allow("ec2:RunInstances"),
        privileged=False,
        allows=(f"{to_ec2}@named",),
    )
    yield made(
        "pass/any-role-named-function",
        allow("iam:PassRole"),
        allow(LAMBDA, f"arn:aws:lambda:*:{ACCOUNT}:function:dev-*"),
        privileged=False,
        allows=(f"{to_lambda}@any",),
    )
    yield made(
        "pass/every-role",
        allow("iam:PassRole", "arn:aws:iam::*:role/*"),
        allow(LAMBDA),
        privileged=False,
        allows=(f"{to_lambda}@any",),
    )
    yield made(
        "pass/split", allow("iam:PassRole"), allow("ec2:RunInstances"), allow("s3:GetObject"), allows=(f"{to_ec2}@any",)
    )
    yield made(
        "pass/half-missing", allow("iam:PassRole"), allow(["ec2:StartInstances", "lambda:InvokeFunction"]), nothing=True
    )
    yield made("pass/other-half-only", allow(["ec2:RunInstances", "lambda:CreateFunction"]), nothing=True)
    yield made(
        "pass/wrong-kind",
        allow("iam:PassRole", f"arn:aws:iam::{ACCOUNT}:instance-profile/*"),
        allow("ec2:RunInstances"),
        nothing=True,
    )
    yield made(
        "pass/named-and-any",
        allow("iam:PassRole", one),
        allow("iam:Pass*"),
        allow(LAMBDA),
        allows=(f"{to_lambda}@any",),
    )


def bounded():
    """Returns policies with a permissions boundary, which can only take permissions away."""
    keys, sso = "iam-create-access-key", "sso-create-account-assignment"
    for name, expected in {
        "AdministratorAccess": {"privileged": True, "allows": (f"{keys}@any",)},
        "PowerUserAccess": {"privileged": True, "allows": (sso,), "lacks": (keys,)},
        "IAMFullAccess": {"privileged": True, "allows": (keys,), "lacks": (sso,)},
        "ReadOnlyAccess": {"nothing": True},
        "AmazonS3FullAccess": {"nothing": True},
    }.items():
        yield made(f"boundary/everything-within-{name}", allow("*"), boundary=name, **expected)
    yield made("boundary/gives-nothing", allow("s3:*"), boundary="AdministratorAccess", nothing=True)
    yield made(
        "boundary/keeps-the-scope",
        allow("iam:CreateAccessKey", f"{USER}/app"),
        boundary="IAMFullAccess",
        privileged=False,
        allows=(f"{keys}@named",),
    )
    yield made(
        "boundary/keeps-the-condition",
        allow("iam:CreateAccessKey", Condition=MFA),
        boundary="IAMFullAccess",
        allows=(f"{keys}@any?",),
    )
    yield made(
        "boundary/half-of-two",
        allow(["iam:PassRole", "ec2:RunInstances"]),
        boundary="AmazonEC2FullAccess",
        nothing=True,
    )


PARTS = [scopes, not_resources, self_service, passing, bounded]
