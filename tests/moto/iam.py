"""What AWS's own client lists of the caller's account itself: by a call for each thing, where the program asks for all at once."""

from comparison import Json, Moment

#: The account of the credentials.
CALLER = "123456789012"

#: The key of each table.
IAM_KEYS = {
    "iam_users": ["account_id", "user_name"],
    "iam_groups": ["account_id", "group_name"],
    "iam_group_members": ["account_id", "group_name", "user_name"],
    "iam_roles": ["account_id", "role_name"],
    "iam_role_activity": ["account_id", "role_name"],
    "iam_policies": ["account_id", "policy_arn"],
    "iam_policy_attachments": ["account_id", "principal_type", "principal_name", "kind", "policy"],
    "iam_credentials": ["account_id", "user_name"],
    "iam_credential_activity": ["account_id", "user_name", "credential"],
}


def every(client, operation: str, items: str, **arguments) -> list:
    """All items of a listing."""
    return list(client.get_paginator(operation).paginate(**arguments).search(items + "[]"))


def iam_tables(client) -> dict[str, list[dict]]:
    """The rows of every table of IAM. What moto leaves out of the details (names and ids of policies) is left out here too."""
    users = [client.get_user(UserName=user["UserName"])["User"] for user in every(client, "list_users", "Users")]
    groups = every(client, "list_groups", "Groups")
    roles = [client.get_role(RoleName=role["RoleName"])["Role"] for role in every(client, "list_roles", "Roles")]
    return {
        "iam_users": [
            head(user, "user_name", "UserName") | {"user_id": user["UserId"], "tags": tags(user)} for user in users
        ],
        "iam_groups": [head(group, "group_name", "GroupName") | {"group_id": group["GroupId"]} for group in groups],
        "iam_group_members": [
            {"account_id": CALLER, "group_name": group["GroupName"], "user_name": user["UserName"]}
            for group in groups
            for user in every(client, "get_group", "Users", GroupName=group["GroupName"])
        ],
        "iam_roles": [
            head(role, "role_name", "RoleName")
            | {
                "role_id": role["RoleId"],
                "description": role.get("Description"),
                "max_session_duration": role["MaxSessionDuration"],
                "trust_policy": Json(role["AssumeRolePolicyDocument"]),
                "tags": tags(role),
            }
            for role in roles
        ],
        "iam_role_activity": [{"account_id": CALLER, "role_name": role["RoleName"]} for role in roles],
        "iam_policies": [policy_row(client, found) for found in every(client, "list_policies", "Policies", Scope="Local")],
        "iam_policy_attachments": [
            *attachments(client, "user", [user["UserName"] for user in users]),
            *attachments(client, "group", [group["GroupName"] for group in groups]),
            *attachments(client, "role", [role["RoleName"] for role in roles]),
        ],
        "iam_credentials": [credentials(client, user) for user in users],
        "iam_credential_activity": [
            {"account_id": CALLER, "user_name": user["UserName"], "credential": credential, "last_used_status": word}
            for user in users
            for credential, word in [
                ("password", "no_information" if has_password(client, user["UserName"]) else "not_supported"),
                ("access_key_1", "N/A"),
                ("access_key_2", "N/A"),
            ]
        ],
    }


def head(found: dict, column: str, name: str) -> dict:
    """What every thing has."""
    return {
        "account_id": CALLER,
        column: found[name],
        "arn": found["Arn"],
        "path": found["Path"],
        "created_at": Moment(found["CreateDate"]),
    }


def has_password(client, name: str) -> bool:
    """Whether a user has a password for the console."""
    try:
        return bool(client.get_login_profile(UserName=name))
    except client.exceptions.NoSuchEntityException:
        return False


def credentials(client, user: dict) -> dict:
    """The credentials of a user, by a call for each kind. moto takes the user's creation for the time of a password, with one or
    without, knows of no rotation, and of certificates not when they were uploaded. Its report has no root user."""
    name = user["UserName"]
    second = Moment(user["CreateDate"].replace(microsecond=0))
    row = {
        "account_id": CALLER,
        "user_name": name,
        "arn": user["Arn"],
        "user_creation_time": second,
        "password_enabled": int(has_password(client, name)),
        "password_last_changed": second,
        "password_next_rotation_status": "not_supported",
        "mfa_active": int(bool(every(client, "list_mfa_devices", "MFADevices", UserName=name))),
    }
    keys = every(client, "list_access_keys", "AccessKeyMetadata", UserName=name)
    for number in (1, 2):
        key = keys[number - 1] if len(keys) >= number else None
        row[f"access_key_{number}_active"] = int(key is not None and key["Status"] == "Active")
        if key:
            row[f"access_key_{number}_last_rotated"] = Moment(key["CreateDate"].replace(microsecond=0))
        else:
            row[f"access_key_{number}_last_rotated_status"] = "N/A"
        row |= {f"cert_{number}_active": 0, f"cert_{number}_last_rotated_status": "N/A"}
    return row


def tags(found: dict) -> Json | None:
    """The tags of a thing, if it has any."""
    return Json(found["Tags"]) if found.get("Tags") else None


def by_number(version: dict) -> int:
    """The number of a version, 10 of v10."""
    return int(version["VersionId"].removeprefix("v"))


def policy_row(client, found: dict) -> dict:
    """A policy with its versions. Only get_policy tells the description."""
    arn, version_id = found["Arn"], found["DefaultVersionId"]
    version = client.get_policy_version(PolicyArn=arn, VersionId=version_id)["PolicyVersion"]
    return {
        "account_id": CALLER,
        "policy_arn": arn,
        "path": found["Path"],
        "description": client.get_policy(PolicyArn=arn)["Policy"].get("Description"),
        "default_version_id": version_id,
        "versions": Json(
            [
                {
                    "VersionId": one["VersionId"],
                    "IsDefaultVersion": one["IsDefaultVersion"],
                    "CreateDate": Moment(one["CreateDate"]),
                }
                for one in sorted(every(client, "list_policy_versions", "Versions", PolicyArn=arn), key=by_number)
            ]
        ),
        "document": Json(version["Document"]),
        "created_at": Moment(found["CreateDate"]),
        "updated_at": Moment(found["UpdateDate"]),
        "is_attachable": 1,
        "attachment_count": found["AttachmentCount"],
    }


def attachments(client, kind: str, names: list[str]) -> list[dict]:
    """The policies of users, groups or roles, inline and attached."""
    argument = f"{kind.title()}Name"
    get = getattr(client, f"get_{kind}_policy")
    rows = []
    for name in names:
        of_it = {argument: name}
        blank = {"account_id": CALLER, "principal_type": kind.upper(), "principal_name": name}
        for policy_name in every(client, f"list_{kind}_policies", "PolicyNames", **of_it):
            document = get(PolicyName=policy_name, **of_it)["PolicyDocument"]
            own = {"kind": "inline", "policy": policy_name, "policy_name": policy_name, "document": Json(document)}
            rows.append(blank | own)
        for found in every(client, f"list_attached_{kind}_policies", "AttachedPolicies", **of_it):
            attached = {"kind": "managed", "policy": found["PolicyArn"], "policy_name": found["PolicyName"]}
            rows.append(blank | attached)
    return rows
