"""What AWS's own client for Python lists of the organization, as the rows that the census should hold.

It asks by other ways than the program where there are some: a child for its parents, a pair of account and
permission set for its assignments.
"""

import json

from comparison import Json, Moment
from iam import IAM_KEYS, iam_tables


class Aws:
    """A client of each service."""

    def __init__(self, session):
        self.organizations = session.client("organizations")
        self.sso_admin = session.client("sso-admin")
        self.identity_store = session.client("identitystore")
        self.iam = session.client("iam")

    def instance(self) -> dict:
        """The Identity Center instance."""
        [instance] = self.sso_admin.list_instances()["Instances"]
        return instance


#: The key of each table.
KEYS = {
    "organization": ["organization_id"],
    "roots": ["root_id"],
    "organizational_units": ["ou_id"],
    "accounts": ["account_id"],
    "tags": ["resource_type", "resource_id", "key"],
    "organization_policies": ["policy_id"],
    "organization_policy_targets": ["policy_id", "target_id"],
    "delegated_administrator_accounts": ["account_id"],
    "delegated_administrators": ["account_id", "service_principal"],
    "trusted_services": ["service_principal"],
    "users": ["user_id"],
    "groups": ["group_id"],
    "group_memberships": ["group_id", "user_id"],
    "permission_sets": ["permission_set_arn"],
    "permission_set_policies": ["permission_set_arn", "kind", "policy"],
    "managed_policies": ["policy_arn"],
    "account_assignments": ["account_id", "permission_set_arn", "principal_type", "principal_id"],
    **IAM_KEYS,
}


def pages(client, operation: str, items: str, **arguments) -> list:
    """Returns all items of a listing over all its pages."""
    return list(client.get_paginator(operation).paginate(**arguments).search(items + "[]"))


def listed(aws: Aws, pairs: set[tuple[str, str]]) -> dict[str, list[dict]]:
    """Returns the rows of every table. `pairs` are all pairs of account and permission set that were ever assigned."""
    of_iam = iam_tables(aws.iam)
    return organization_tables(aws.organizations) | identity_tables(aws) | permission_tables(aws, pairs) | of_iam


def organization_tables(client) -> dict[str, list[dict]]:
    """The organization, its tree, its accounts and their tags."""
    organization = client.describe_organization()["Organization"]
    tables = {
        "organization": [
            {
                "organization_id": organization["Id"],
                "arn": organization["Arn"],
                "feature_set": organization["FeatureSet"],
                "management_account_id": organization["MasterAccountId"],
                "management_account_email": organization["MasterAccountEmail"],
                "management_account_arn": organization["MasterAccountArn"],
            }
        ],
        "roots": [],
        "organizational_units": [],
        "accounts": [],
        "tags": [],
        **delegation_tables(client),
        "organization_policies": [],
        "organization_policy_targets": [],
    }
    paths = {}

    def tags_of(resource_type, resource_id):
        for tag in client.list_tags_for_resource(ResourceId=resource_id)["Tags"]:
            row = {"resource_type": resource_type, "resource_id": resource_id}
            tables["tags"].append(row | {"key": tag["Key"], "value": tag["Value"]})

    def units_under(parent):
        for unit in pages(client, "list_organizational_units_for_parent", "OrganizationalUnits", ParentId=parent):
            paths[unit["Id"]] = f"{paths[parent]}/{unit['Id']}"
            tables["organizational_units"].append(
                {
                    "ou_id": unit["Id"],
                    "arn": unit["Arn"],
                    "name": unit["Name"],
                    "parent_id": parent,
                    "entity_path": paths[unit["Id"]],
                }
            )
            tags_of("organizational_unit", unit["Id"])
            units_under(unit["Id"])

    for root in client.list_roots()["Roots"]:
        paths[root["Id"]] = f"{organization['Id']}/{root['Id']}"
        tables["roots"].append(
            {
                "root_id": root["Id"],
                "arn": root["Arn"],
                "name": root["Name"],
                "policy_types": Json(root["PolicyTypes"]) if root["PolicyTypes"] else None,
            }
        )
        tags_of("root", root["Id"])
        units_under(root["Id"])
    for account in pages(client, "list_accounts", "Accounts"):
        [parent] = client.list_parents(ChildId=account["Id"])["Parents"]
        tables["accounts"].append(
            {
                "account_id": account["Id"],
                "arn": account["Arn"],
                "name": account["Name"],
                "email": account["Email"],
                "state": account["State"],
                "joined_method": account["JoinedMethod"],
                "joined_at": Moment(account["JoinedTimestamp"]),
                "parent_id": parent["Id"],
                "entity_path": f"{paths[parent['Id']]}/{account['Id']}",
                "is_management_account": int(account["Id"] == organization["MasterAccountId"]),
            }
        )
        tags_of("account", account["Id"])
    for policy_type in POLICY_TYPES:
        for summary in pages(client, "list_policies", "Policies", Filter=policy_type):
            policy = client.describe_policy(PolicyId=summary["Id"])["Policy"]
            tables["organization_policies"].append(
                {
                    "policy_id": summary["Id"],
                    "arn": summary["Arn"],
                    "name": summary["Name"],
                    "description": summary["Description"] or None,
                    "type": policy_type,
                    "aws_managed": int(summary["AwsManaged"]),
                    "document": Json(json.loads(policy["Content"])),
                }
            )
            for target in client.list_targets_for_policy(PolicyId=summary["Id"])["Targets"]:
                row = {"policy_id": summary["Id"], "target_id": target["TargetId"], "target_type": target["Type"]}
                tables["organization_policy_targets"].append(row)
            if not summary["AwsManaged"]:
                tags_of("policy", summary["Id"])
    return tables


#: The types of the existing policies: those of AWS, and those that these checks create.
POLICY_TYPES = ["SERVICE_CONTROL_POLICY", "RESOURCE_CONTROL_POLICY", "TAG_POLICY"]


def delegation_tables(client) -> dict[str, list[dict]]:
    """The trusted services, and the accounts that administer services."""
    accounts = client.list_delegated_administrators()["DelegatedAdministrators"]
    return {
        "trusted_services": [
            {"service_principal": service["ServicePrincipal"], "enabled_at": Moment(service["DateEnabled"])}
            for service in client.list_aws_service_access_for_organization()["EnabledServicePrincipals"]
        ],
        "delegated_administrator_accounts": [
            {"account_id": account["Id"], "delegation_enabled_at": Moment(account["DelegationEnabledDate"])}
            for account in accounts
        ],
        "delegated_administrators": [
            {
                "account_id": account["Id"],
                "service_principal": service["ServicePrincipal"],
                "delegation_enabled_at": Moment(service["DelegationEnabledDate"]),
            }
            for account in accounts
            for service in client.list_delegated_services_for_account(AccountId=account["Id"])["DelegatedServices"]
        ],
    }


def identity_tables(aws: Aws) -> dict[str, list[dict]]:
    """Users, groups and memberships."""
    store = {"IdentityStoreId": aws.instance()["IdentityStoreId"]}
    client = aws.identity_store
    groups = pages(client, "list_groups", "Groups", **store)
    memberships = [
        membership
        for group in groups
        for membership in pages(client, "list_group_memberships", "GroupMemberships", GroupId=group["GroupId"], **store)
    ]
    return {
        "users": [user_row(user) for user in pages(client, "list_users", "Users", **store)],
        "groups": [
            {
                "group_id": group["GroupId"],
                "display_name": group["DisplayName"],
                "description": group.get("Description"),
            }
            for group in groups
        ],
        "group_memberships": [
            {
                "group_id": membership["GroupId"],
                "user_id": membership["MemberId"]["UserId"],
                "membership_id": membership["MembershipId"],
            }
            for membership in memberships
        ],
    }


def user_row(user: dict) -> dict:
    """Converts a user to a row. moto does not send the columns that are missing here."""
    name = user.get("Name") or {}

    def values(attribute):
        # AWS leaves out `Primary` where it is false.
        return Json([{"Primary": False} | value for value in user[attribute]]) if user.get(attribute) else None

    emails = user.get("Emails") or []
    primary = [email for email in emails if email.get("Primary")] or emails
    return {
        "user_id": user["UserId"],
        "user_name": user["UserName"],
        "display_name": user.get("DisplayName"),
        "given_name": name.get("GivenName"),
        "family_name": name.get("FamilyName"),
        "formatted_name": name.get("Formatted"),
        "middle_name": name.get("MiddleName"),
        "honorific_prefix": name.get("HonorificPrefix"),
        "honorific_suffix": name.get("HonorificSuffix"),
        "nick_name": user.get("NickName"),
        "profile_url": user.get("ProfileUrl"),
        "primary_email": primary[0]["Value"] if primary else None,
        "emails": values("Emails"),
        "addresses": values("Addresses"),
        "phone_numbers": values("PhoneNumbers"),
        "user_type": user.get("UserType"),
        "title": user.get("Title"),
        "preferred_language": user.get("PreferredLanguage"),
        "locale": user.get("Locale"),
        "timezone": user.get("Timezone"),
    }


def permission_tables(aws: Aws, pairs: set[tuple[str, str]]) -> dict[str, list[dict]]:
    """Permission sets, their policies and their assignments."""
    client, instance = aws.sso_admin, {"InstanceArn": aws.instance()["InstanceArn"]}
    sets, policies = [], []
    for arn in pages(client, "list_permission_sets", "PermissionSets", **instance):
        of_set = instance | {"PermissionSetArn": arn}
        described = client.describe_permission_set(**of_set)["PermissionSet"]
        sets.append(
            {
                "permission_set_arn": arn,
                "name": described["Name"],
                "description": described.get("Description"),
                "session_duration": described.get("SessionDuration"),
                "relay_state": described.get("RelayState"),
                "created_at": Moment(described["CreatedDate"]),
            }
        )
        row = {"permission_set_arn": arn}
        inline = client.get_inline_policy_for_permission_set(**of_set)["InlinePolicy"]
        if inline:
            policies.append(row | {"kind": "inline", "policy": "inline", "document": Json(json.loads(inline))})
        managed = pages(client, "list_managed_policies_in_permission_set", "AttachedManagedPolicies", **of_set)
        for policy in managed:
            policies.append(row | {"kind": "aws_managed", "policy": policy["Arn"], "policy_name": policy["Name"]})
        for policy in pages(
            client,
            "list_customer_managed_policy_references_in_permission_set",
            "CustomerManagedPolicyReferences",
            **of_set,
        ):
            name, path = policy["Name"], policy["Path"]
            named = {"policy": path + name, "policy_name": name, "policy_path": path}
            policies.append(row | {"kind": "customer_managed"} | named)
    assignments = [
        {
            "account_id": found["AccountId"],
            "permission_set_arn": found["PermissionSetArn"],
            "principal_type": found["PrincipalType"],
            "principal_id": found["PrincipalId"],
        }
        for account, arn in sorted(pairs)
        for found in pages(
            client,
            "list_account_assignments",
            "AccountAssignments",
            AccountId=account,
            PermissionSetArn=arn,
            **instance,
        )
    ]
    attached = sorted({policy["policy"] for policy in policies if policy["kind"] == "aws_managed"})
    return {
        "permission_sets": sets,
        "permission_set_policies": policies,
        "managed_policies": [managed_policy_row(aws.iam, arn) for arn in attached],
        "account_assignments": assignments,
    }


def managed_policy_row(client, arn: str) -> dict:
    """Returns one of AWS's own policies, which is the same in every account."""
    policy = client.get_policy(PolicyArn=arn)["Policy"]
    version = client.get_policy_version(PolicyArn=arn, VersionId=policy["DefaultVersionId"])["PolicyVersion"]
    return {
        "policy_arn": arn,
        "name": policy["PolicyName"],
        "path": policy["Path"],
        "version_id": policy["DefaultVersionId"],
        "document": Json(version["Document"]),
        "created_at": Moment(policy["CreateDate"]),
        "updated_at": Moment(policy["UpdateDate"]),
        "is_aws_managed": 1,
        "policy_id": policy["PolicyId"],
        "description": policy.get("Description"),
        "attachment_count": policy.get("AttachmentCount"),
        "boundary_usage_count": policy.get("PermissionsBoundaryUsageCount"),
        "is_attachable": int(policy["IsAttachable"]) if "IsAttachable" in policy else None,
    }


def access(tables: dict[str, list[dict]]) -> set[tuple]:
    """Returns the access paths, derived from the listings: user, account, permission set, kind of path, group."""
    users = {user["user_id"] for user in tables["users"]}
    members = {}
    for membership in tables["group_memberships"]:
        members.setdefault(membership["group_id"], set()).add(membership["user_id"])
    ways = set()
    for assignment in tables["account_assignments"]:
        where = (assignment["account_id"], assignment["permission_set_arn"])
        principal = assignment["principal_id"]
        if assignment["principal_type"] == "USER":
            ways |= {(user, *where, "direct", None) for user in users & {principal}}
        else:
            ways |= {(user, *where, "group", principal) for user in users & members.get(principal, set())}
    return ways
