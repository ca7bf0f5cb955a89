"""The organization that the checks look at: built, and later changed, through AWS's own client.

Its numbers make every listing that moto divides into pages take at least two: the program asks for 20 at a
time of Organizations and for 100 of the others. (moto refuses more than 20 policies on a permission set, so
these listings have one page.)
"""

import json
from dataclasses import dataclass, field

from iam import CALLER
from listing import Aws

ACCOUNTS = 130
UNITS = 23
USERS = 230
GROUPS = 105
PERMISSION_SETS = 105
MEMBERS_OF_THE_LARGEST_GROUP = 130
ACCOUNTS_OF_THE_LARGEST_GROUP = 115
USERS_OF_THE_LARGEST_PAIR = 105


def policy(action: str) -> str:
    """A policy document, with white space that must survive."""
    statement = {"Effect": "Allow", "Action": action, "Resource": "*"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]}, indent=2)


@dataclass(frozen=True)
class Change:
    """A row that `diff` should report: its key, and its changed columns."""

    resource: str
    change: str
    key: tuple
    fields: frozenset = frozenset()


@dataclass
class Organization:
    """The objects of the organization, by the names that these checks give them."""

    aws: Aws
    root: str = ""
    management_account: str = ""
    units: dict[str, str] = field(default_factory=dict)
    accounts: dict[str, str] = field(default_factory=dict)
    users: dict[str, str] = field(default_factory=dict)
    groups: dict[str, str] = field(default_factory=dict)
    permission_sets: dict[str, str] = field(default_factory=dict)
    policies: dict[str, str] = field(default_factory=dict)
    #: The parent of each account.
    parents: dict[str, str] = field(default_factory=dict)
    #: The pairs of account and permission set that were ever assigned.
    pairs: set[tuple[str, str]] = field(default_factory=set)

    def __post_init__(self):
        instance = self.aws.instance()
        self.instance = {"InstanceArn": instance["InstanceArn"]}
        self.store = {"IdentityStoreId": instance["IdentityStoreId"]}

    # Organizations

    def create(self):
        """Creates the organization with the service control policies that access reports need."""
        created = self.aws.organizations.create_organization(FeatureSet="ALL")["Organization"]
        self.management_account = created["MasterAccountId"]
        [root] = self.aws.organizations.list_roots()["Roots"]
        self.root = root["Id"]
        self.aws.organizations.enable_policy_type(RootId=self.root, PolicyType="SERVICE_CONTROL_POLICY")

    def add_unit(self, name: str, parent: str | None = None, **tags: str) -> Change:
        parent_id = self.units[parent] if parent else self.root
        created = self.aws.organizations.create_organizational_unit(Name=name, ParentId=parent_id, Tags=pairs_of(tags))
        self.units[name] = created["OrganizationalUnit"]["Id"]
        return Change("organizational_units", "added", (self.units[name],))

    def rename_unit(self, name: str, to: str) -> Change:
        self.units[to] = self.units.pop(name)
        self.aws.organizations.update_organizational_unit(OrganizationalUnitId=self.units[to], Name=to)
        return Change("organizational_units", "changed", (self.units[to],), frozenset(["name"]))

    def remove_unit(self, name: str) -> Change:
        self.aws.organizations.delete_organizational_unit(OrganizationalUnitId=self.units[name])
        return Change("organizational_units", "removed", (self.units[name],))

    def add_account(self, name: str, unit: str | None = None, **tags: str) -> Change:
        asked = self.aws.organizations.create_account(
            AccountName=name, Email=f"{name}@accounts.example.com", Tags=pairs_of(tags)
        )
        self.accounts[name] = asked["CreateAccountStatus"]["AccountId"]
        self.parents[name] = self.root
        if unit:
            self.move_account(name, unit)
        return Change("accounts", "added", (self.accounts[name],))

    def move_account(self, name: str, unit: str | None) -> Change:
        destination = self.units[unit] if unit else self.root
        self.aws.organizations.move_account(
            AccountId=self.accounts[name], SourceParentId=self.parents[name], DestinationParentId=destination
        )
        self.parents[name] = destination
        return Change("accounts", "changed", (self.accounts[name],), frozenset(["parent_id", "entity_path"]))

    def close_account(self, name: str) -> Change:
        self.aws.organizations.close_account(AccountId=self.accounts[name])
        return Change("accounts", "changed", (self.accounts[name],), frozenset(["state"]))

    def tag(self, resource_type: str, resource_id: str, key: str, value: str, change: str = "added") -> Change:
        self.aws.organizations.tag_resource(ResourceId=resource_id, Tags=[{"Key": key, "Value": value}])
        fields = frozenset(["value"] if change == "changed" else [])
        return Change("tags", change, (resource_type, resource_id, key), fields)

    def untag(self, resource_type: str, resource_id: str, key: str) -> Change:
        self.aws.organizations.untag_resource(ResourceId=resource_id, TagKeys=[key])
        return Change("tags", "removed", (resource_type, resource_id, key))

    def add_policy(self, name: str, document: str, policy_type: str = "SERVICE_CONTROL_POLICY", **tags: str) -> Change:
        created = self.aws.organizations.create_policy(
            Name=name, Description=f"{name}!", Content=document, Type=policy_type, Tags=pairs_of(tags)
        )
        self.policies[name] = created["Policy"]["PolicySummary"]["Id"]
        return Change("organization_policies", "added", (self.policies[name],))

    def update_policy(self, name: str, document: str) -> Change:
        self.aws.organizations.update_policy(PolicyId=self.policies[name], Content=document)
        return Change("organization_policies", "changed", (self.policies[name],), frozenset(["document"]))

    def attach_policy(self, name: str, target_id: str) -> Change:
        self.aws.organizations.attach_policy(PolicyId=self.policies[name], TargetId=target_id)
        return Change("organization_policy_targets", "added", (self.policies[name], target_id))

    def detach_policy(self, name: str, target_id: str) -> Change:
        self.aws.organizations.detach_policy(PolicyId=self.policies[name], TargetId=target_id)
        return Change("organization_policy_targets", "removed", (self.policies[name], target_id))

    def trust(self, service: str) -> Change:
        self.aws.organizations.enable_aws_service_access(ServicePrincipal=service)
        return Change("trusted_services", "added", (service,))

    def delegate(self, account: str, service: str) -> Change:
        account_id = self.accounts[account]
        self.aws.organizations.register_delegated_administrator(AccountId=account_id, ServicePrincipal=service)
        return Change("delegated_administrators", "added", (account_id, service))

    # The identity store

    def add_user(self, name: str, **attributes) -> Change:
        first = {"Formatted": f"{name.title()} Example", "GivenName": name.title(), "FamilyName": "Example"}
        whole = {"DisplayName": first["Formatted"], "Name": first} | attributes
        created = self.aws.identity_store.create_user(UserName=name, **whole, **self.store)
        self.users[name] = created["UserId"]
        return Change("users", "added", (self.users[name],))

    def remove_user(self, name: str) -> Change:
        self.aws.identity_store.delete_user(UserId=self.users[name], **self.store)
        return Change("users", "removed", (self.users[name],))

    def add_group(self, name: str, **attributes) -> Change:
        created = self.aws.identity_store.create_group(DisplayName=name, **attributes, **self.store)
        self.groups[name] = created["GroupId"]
        return Change("groups", "added", (self.groups[name],))

    def remove_group(self, name: str) -> Change:
        self.aws.identity_store.delete_group(GroupId=self.groups[name], **self.store)
        return Change("groups", "removed", (self.groups[name],))

    def join(self, group: str, user: str) -> Change:
        self.aws.identity_store.create_group_membership(
            GroupId=self.groups[group], MemberId={"UserId": self.users[user]}, **self.store
        )
        return Change("group_memberships", "added", (self.groups[group], self.users[user]))

    def leave(self, group: str, user: str) -> Change:
        found = self.aws.identity_store.get_group_membership_id(
            GroupId=self.groups[group], MemberId={"UserId": self.users[user]}, **self.store
        )
        self.aws.identity_store.delete_group_membership(MembershipId=found["MembershipId"], **self.store)
        return Change("group_memberships", "removed", (self.groups[group], self.users[user]))

    # Permission sets

    def add_permission_set(self, name: str, **attributes) -> Change:
        # Without a duration moto responds with a number, which AWS never does.
        created = self.aws.sso_admin.create_permission_set(
            Name=name, **{"SessionDuration": "PT1H"} | attributes, **self.instance
        )
        self.permission_sets[name] = created["PermissionSet"]["PermissionSetArn"]
        return Change("permission_sets", "added", (self.permission_sets[name],))

    def add_malformed_permission_set(self, name: str) -> str:
        """A permission set whose description cannot be read: see `add_permission_set`."""
        created = self.aws.sso_admin.create_permission_set(Name=name, **self.instance)
        return created["PermissionSet"]["PermissionSetArn"]

    def of_set(self, name: str) -> dict:
        return self.instance | {"PermissionSetArn": self.permission_sets[name]}

    def update_permission_set(self, name: str, **attributes) -> Change:
        self.aws.sso_admin.update_permission_set(**self.of_set(name), **attributes)
        columns = {
            "Description": "description",
            "SessionDuration": "session_duration",
            "RelayState": "relay_state",
        }
        fields = frozenset(columns[attribute] for attribute in attributes)
        return Change("permission_sets", "changed", (self.permission_sets[name],), fields)

    def remove_permission_set(self, name: str) -> Change:
        self.aws.sso_admin.delete_permission_set(**self.of_set(name))
        return Change("permission_sets", "removed", (self.permission_sets[name],))

    def attach(self, name: str, managed: str) -> Change:
        self.aws.sso_admin.attach_managed_policy_to_permission_set(**self.of_set(name), ManagedPolicyArn=managed)
        return self.policy_change(name, "added", "aws_managed", managed)

    def detach(self, name: str, managed: str) -> Change:
        self.aws.sso_admin.detach_managed_policy_from_permission_set(**self.of_set(name), ManagedPolicyArn=managed)
        return self.policy_change(name, "removed", "aws_managed", managed)

    def refer(self, name: str, path: str, customer_managed: str) -> Change:
        self.aws.sso_admin.attach_customer_managed_policy_reference_to_permission_set(
            **self.of_set(name), CustomerManagedPolicyReference={"Name": customer_managed, "Path": path}
        )
        return self.policy_change(name, "added", "customer_managed", path + customer_managed)

    def forget(self, name: str, path: str, customer_managed: str) -> Change:
        self.aws.sso_admin.detach_customer_managed_policy_reference_from_permission_set(
            **self.of_set(name), CustomerManagedPolicyReference={"Name": customer_managed, "Path": path}
        )
        return self.policy_change(name, "removed", "customer_managed", path + customer_managed)

    def inline(self, name: str, document: str, change: str = "added") -> Change:
        self.aws.sso_admin.put_inline_policy_to_permission_set(**self.of_set(name), InlinePolicy=document)
        return self.policy_change(name, change, "inline", "inline")

    def remove_inline(self, name: str) -> Change:
        self.aws.sso_admin.delete_inline_policy_from_permission_set(**self.of_set(name))
        return self.policy_change(name, "removed", "inline", "inline")

    def policy_change(self, name: str, change: str, kind: str, policy: str) -> Change:
        fields = frozenset(["document"] if change == "changed" else [])
        return Change("permission_set_policies", change, (self.permission_sets[name], kind, policy), fields)

    # Assignments

    def assignment(self, account: str, permission_set: str, *, user: str = "", group: str = "") -> dict:
        account_id, arn = self.accounts[account], self.permission_sets[permission_set]
        self.pairs.add((account_id, arn))
        return self.instance | {
            "TargetId": account_id,
            "TargetType": "AWS_ACCOUNT",
            "PermissionSetArn": arn,
            "PrincipalType": "USER" if user else "GROUP",
            "PrincipalId": self.users[user] if user else self.groups[group],
        }

    def assign(self, account: str, permission_set: str, **principal: str) -> Change:
        asked = self.assignment(account, permission_set, **principal)
        self.aws.sso_admin.create_account_assignment(**asked)
        return assignment_change("added", asked)

    def unassign(self, account: str, permission_set: str, **principal: str) -> Change:
        asked = self.assignment(account, permission_set, **principal)
        self.aws.sso_admin.delete_account_assignment(**asked)
        return assignment_change("removed", asked)


def assignment_change(change: str, asked: dict) -> Change:
    key = (asked["TargetId"], asked["PermissionSetArn"], asked["PrincipalType"], asked["PrincipalId"])
    return Change("account_assignments", change, key)


def pairs_of(tags: dict[str, str]) -> list[dict]:
    return [{"Key": key, "Value": value} for key, value in tags.items()]


READ_ONLY = "arn:aws:iam::aws:policy/ReadOnlyAccess"
ADMINISTRATOR = "arn:aws:iam::aws:policy/AdministratorAccess"
SECURITY_AUDIT = "arn:aws:iam::aws:policy/SecurityAudit"


def build(aws: Aws) -> Organization:
    """The organization as the first snapshot sees it."""
    made = Organization(aws)
    made.create()
    build_tree(made)
    build_people(made)
    build_permission_sets(made)
    build_assignments(made)
    build_iam(aws.iam)
    return made


def build_tree(made: Organization):
    for number in range(UNITS):
        made.add_unit(f"unit-{number}", **({"team": f"team {number}"} if number % 5 == 0 else {}))
        made.add_unit(f"nested-{number}", "unit-0")
    made.add_unit("deep", "nested-7")
    made.add_unit("deepest", "deep", depth="4", empty="")
    made.tag("root", made.root, "owner", "cloud platform")
    made.tag("root", made.root, "Überblick", "größer als ASCII: 東京")
    for number in range(ACCOUNTS):
        # A third stays in the root, a third fills one unit, and the rest is spread over the tree.
        unit = [None, "unit-1", f"nested-{number % UNITS}"][number % 3]
        made.add_account(f"account-{number}", unit, **({"env": "prod", "cost": ""} if number % 4 == 0 else {}))
    made.move_account("account-129", "deepest")
    made.close_account("account-128")
    # One page holds 20.
    for number in range(25):
        made.add_policy(f"policy-{number}", policy(f"service{number}:*"), **({"owner": ""} if number % 9 == 0 else {}))
    made.attach_policy("policy-1", made.root)
    made.attach_policy("policy-1", made.units["unit-1"])
    made.attach_policy("policy-1", made.accounts["account-7"])
    made.trust("guardduty.amazonaws.com")
    made.delegate("account-7", "guardduty.amazonaws.com")


def build_people(made: Organization):
    made.add_user(
        "ana",
        Name={
            "Formatted": "Dr. Ana María Silva PhD",
            "GivenName": "Ana",
            "MiddleName": "María",
            "FamilyName": "Silva",
            "HonorificPrefix": "Dr.",
            "HonorificSuffix": "PhD",
        },
        NickName="annie",
        ProfileUrl="https://people.example.com/ana",
        Emails=[
            {"Value": "ana@old.example.com", "Type": "other"},
            {"Value": "ana@example.com", "Type": "work", "Primary": True},
        ],
        PhoneNumbers=[{"Value": "+351 21 000 0000", "Type": "work", "Primary": True}],
        Addresses=[{"StreetAddress": "Rua Augusta 1", "Locality": "Lisboa", "Country": "PT", "Type": "work"}],
        UserType="Employee",
        Title="Engineer",
        PreferredLanguage="pt-PT",
        Locale="pt-PT",
        Timezone="Europe/Lisbon",
    )
    for number in range(1, USERS):
        made.add_user(f"user-{number}", Emails=[{"Value": f"user-{number}@example.com"}])
    for number in range(GROUPS):
        made.add_group(f"group-{number}", **({"Description": f"group number {number}"} if number % 2 == 0 else {}))
    for number in range(1, MEMBERS_OF_THE_LARGEST_GROUP + 1):
        made.join("group-0", f"user-{number}")
    for number in range(1, GROUPS - 1):
        made.join(f"group-{number}", f"user-{number}")
        made.join(f"group-{number}", "ana")


def build_permission_sets(made: Organization):
    made.add_permission_set(
        "Administrator",
        Description="everything",
        SessionDuration="PT4H",
        RelayState="https://console.aws.amazon.com/billing",
    )
    for number in range(1, PERMISSION_SETS):
        made.add_permission_set(f"Set-{number}", **({"Description": f"set {number}"} if number % 2 == 0 else {}))
    made.attach("Administrator", ADMINISTRATOR)
    made.attach("Administrator", READ_ONLY)
    made.inline("Administrator", policy("s3:*"))
    for number in range(1, 20):
        made.attach(f"Set-{number}", READ_ONLY)
        made.refer(f"Set-{number}", "/", "Boundary")
        made.refer(f"Set-{number}", "/teams/data/", "Boundary")
        made.inline(f"Set-{number}", policy(f"service{number}:Get*"))
    made.add_permission_set("Retired", Description="assigned to nobody")
    made.attach("Retired", READ_ONLY)
    made.refer("Retired", "/", "Retired")
    made.inline("Retired", policy("sts:GetCallerIdentity"))


def build_assignments(made: Organization):
    for number in range(ACCOUNTS_OF_THE_LARGEST_GROUP):
        made.assign(f"account-{number}", "Administrator", group="group-0")
    for number in range(1, USERS_OF_THE_LARGEST_PAIR + 1):
        made.assign("account-1", "Set-1", user=f"user-{number}")
    for number in range(2, 40):
        made.assign(f"account-{number}", f"Set-{number}", group=f"group-{number}")
        made.assign(f"account-{number}", f"Set-{number}", user="ana")
    made.assign("account-50", "Set-50", group="group-50")
    # moto stores an assignment twice if it is created twice. It is one row in the census.
    made.assign("account-3", "Set-3", group="group-3")


def change(made: Organization) -> list[Change]:
    """Makes the changes between the two snapshots, and returns the rows that they change."""
    # In this order: new accounts and people get assignments.
    of_the_organization = [*change_organization(made), *change_people(made)]
    of_sets = [*change_permission_sets(made), *change_assignments(made)]
    return [*of_the_organization, *of_sets, *change_iam(made.aws.iam)]


def change_organization(made: Organization) -> list[Change]:
    accounts, units = made.accounts, made.units
    return [
        made.add_unit("acquired", "deepest"),
        made.tag("organizational_unit", units["acquired"], "since", "2026"),
        made.rename_unit("unit-2", "unit-two"),
        # An empty unit. Its tag is deleted with it.
        made.remove_unit("unit-5"),
        Change("tags", "removed", ("organizational_unit", units["unit-5"], "team")),
        made.add_account("account-new", "acquired"),
        made.tag("account", accounts["account-new"], "env", "test"),
        made.move_account("account-0", "unit-3"),
        made.move_account("account-1", "deepest"),
        made.move_account("account-129", None),
        made.close_account("account-5"),
        made.tag("account", accounts["account-4"], "env", "staging", "changed"),
        made.tag("account", accounts["account-8"], "cost", "42", "changed"),
        made.untag("account", accounts["account-12"], "cost"),
        made.tag("account", made.management_account, "payer", "yes"),
        made.untag("root", made.root, "owner"),
        made.add_policy("policy-new", policy("organizations:LeaveOrganization")),
        made.update_policy("policy-2", policy("iam:*")),
        made.attach_policy("policy-2", units["unit-1"]),
        made.detach_policy("policy-1", units["unit-1"]),
        made.tag("policy", made.policies["policy-3"], "owner", "security"),
        made.trust("ssm.amazonaws.com"),
        made.delegate("account-7", "ssm.amazonaws.com"),
        made.delegate("account-10", "ssm.amazonaws.com"),
        Change("delegated_administrator_accounts", "added", (accounts["account-10"],)),
    ]


def change_people(made: Organization) -> list[Change]:
    former = made.groups["group-50"]
    return [
        made.add_user("newcomer", Title="Intern"),
        made.remove_user("user-229"),
        # moto keeps a removed user's memberships and assignments, as AWS may. They must stay in the census.
        made.remove_user("user-1"),
        # moto cannot rename a group. So one group is removed, whose members can no longer be listed, and another is
        # created.
        made.remove_group("group-50"),
        Change("group_memberships", "removed", (former, made.users["user-50"])),
        Change("group_memberships", "removed", (former, made.users["ana"])),
        made.add_group("group-50", Description="not the former one"),
        made.join("group-104", "newcomer"),
        made.join("group-2", "user-200"),
        made.leave("group-0", "user-2"),
        made.leave("group-4", "ana"),
    ]


def change_permission_sets(made: Organization) -> list[Change]:
    retired = made.permission_sets["Retired"]
    return [
        made.add_permission_set("Breakglass", Description="in an emergency", SessionDuration="PT12H"),
        made.attach("Breakglass", ADMINISTRATOR),
        made.remove_permission_set("Retired"),
        Change("permission_set_policies", "removed", (retired, "aws_managed", READ_ONLY)),
        Change("permission_set_policies", "removed", (retired, "customer_managed", "/Retired")),
        Change("permission_set_policies", "removed", (retired, "inline", "inline")),
        made.update_permission_set(
            "Set-60", Description="reworded", SessionDuration="PT2H", RelayState="https://example.com/start"
        ),
        made.attach("Set-1", SECURITY_AUDIT),
        made.detach("Set-2", READ_ONLY),
        made.refer("Set-3", "/teams/", "Auditors"),
        made.forget("Set-4", "/teams/data/", "Boundary"),
        made.inline("Set-5", policy("ec2:Describe*"), "changed"),
        made.remove_inline("Set-6"),
        made.inline("Set-70", policy("kms:List*")),
    ]


def change_assignments(made: Organization) -> list[Change]:
    return [
        made.assign("account-new", "Breakglass", user="newcomer"),
        made.assign("account-120", "Administrator", group="group-0"),
        made.assign("account-2", "Set-2", user="user-3"),
        made.unassign("account-7", "Set-7", user="ana"),
        made.unassign("account-8", "Set-8", group="group-8"),
        made.unassign("account-9", "Administrator", group="group-0"),
    ]


MFA_OF_ANA = f"arn:aws:iam::{CALLER}:mfa/ana"


def build_iam(client):
    """What the caller's account has itself: an odd thing of each kind."""
    for name, path in [("ana", "/"), ("ci+release", "/automation/"), ("nobody", "/")]:
        client.create_user(UserName=name, Path=path)
    client.create_login_profile(UserName="ana", Password="-".join(["not", "a", "secret"]) + "A1")
    client.enable_mfa_device(
        UserName="ana", SerialNumber=MFA_OF_ANA, AuthenticationCode1="123456", AuthenticationCode2="654321"
    )
    for status in ["Inactive", "Active"]:
        key = client.create_access_key(UserName="ci+release")["AccessKey"]
        client.update_access_key(UserName="ci+release", AccessKeyId=key["AccessKeyId"], Status=status)
    client.tag_user(UserName="ana", Tags=[{"Key": "owner", "Value": "team a"}])
    for name in ["admins", "empty"]:
        client.create_group(GroupName=name)
    client.add_user_to_group(GroupName="admins", UserName="ana")
    client.attach_group_policy(GroupName="admins", PolicyArn=ADMINISTRATOR)
    client.put_group_policy(GroupName="admins", PolicyName="own", PolicyDocument=policy("s3:Get+*"))
    made = client.create_policy(PolicyName="Deploy", Path="/team/", PolicyDocument=policy("s3:*"), Description="deploys")
    arn = made["Policy"]["Arn"]
    client.attach_user_policy(UserName="ana", PolicyArn=arn)
    client.put_user_policy(UserName="ci+release", PolicyName="release", PolicyDocument=policy("ecr:*"))
    for name in ["app", "partner"]:
        client.create_role(
            RoleName=name, AssumeRolePolicyDocument=trust("ec2"), Description=f"{name}!", MaxSessionDuration=7200
        )
    client.attach_role_policy(RoleName="app", PolicyArn=arn)
    client.put_role_policy(RoleName="app", PolicyName="logs", PolicyDocument=policy("logs:*"))


def trust(service: str) -> str:
    """A trust policy."""
    principal = {"Service": f"{service}.amazonaws.com"}
    statement = {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def change_iam(client) -> list[Change]:
    client.create_user(UserName="zoe")
    client.deactivate_mfa_device(UserName="ana", SerialNumber=MFA_OF_ANA)
    client.add_user_to_group(GroupName="empty", UserName="zoe")
    client.delete_user(UserName="nobody")
    client.put_role_policy(RoleName="app", PolicyName="logs", PolicyDocument=policy("logs:Put*"))
    client.update_assume_role_policy(RoleName="partner", PolicyDocument=trust("lambda"))
    client.detach_group_policy(GroupName="admins", PolicyArn=ADMINISTRATOR)
    inline = (CALLER, "ROLE", "app", "inline", "logs")
    return [
        Change("iam_users", "added", (CALLER, "zoe")),
        Change("iam_users", "removed", (CALLER, "nobody")),
        Change("iam_group_members", "added", (CALLER, "empty", "zoe")),
        Change("iam_policy_attachments", "changed", inline, frozenset(["document"])),
        Change("iam_policy_attachments", "removed", (CALLER, "GROUP", "admins", "managed", ADMINISTRATOR)),
        Change("iam_roles", "changed", (CALLER, "partner"), frozenset(["trust_policy"])),
        Change("iam_credentials", "added", (CALLER, "zoe")),
        Change("iam_credentials", "removed", (CALLER, "nobody")),
        Change("iam_credentials", "changed", (CALLER, "ana"), frozenset(["mfa_active"])),
        *[
            Change("iam_credential_activity", kind, (CALLER, name, credential))
            for kind, name in [("added", "zoe"), ("removed", "nobody")]
            for credential in ["password", "access_key_1", "access_key_2"]
        ],
    ]
