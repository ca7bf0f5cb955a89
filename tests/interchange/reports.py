"""Lists assignments as AWS's published report scripts do: account by account, name by name."""

import csv
import io

HEADER = ["Account ID", "Account Name", "Permission Set", "Principal Type", "Principal"]


class Directory:
    """Names of principals, each looked up once; `None` for a deleted one."""

    def __init__(self, identitystore, store: str):
        self.client = identitystore
        self.store = store
        self.known: dict[tuple[str, str], str | None] = {}

    def name(self, kind: str, principal: str) -> str | None:
        if (kind, principal) not in self.known:
            self.known[kind, principal] = self.look_up(kind, principal)
        return self.known[kind, principal]

    def look_up(self, kind: str, principal: str) -> str | None:
        try:
            if kind == "GROUP":
                return self.client.describe_group(IdentityStoreId=self.store, GroupId=principal)["DisplayName"]
            return self.client.describe_user(IdentityStoreId=self.store, UserId=principal)["UserName"]
        except self.client.exceptions.ResourceNotFoundException:
            return None


def assignments(client):
    """Yields account id and name, permission set, type and name of the principal of each assignment."""
    sso, organizations = client("sso-admin"), client("organizations")
    [instance] = sso.list_instances()["Instances"]
    arn = instance["InstanceArn"]
    directory = Directory(client("identitystore"), instance["IdentityStoreId"])
    sets: dict[str, str] = {}
    for page in organizations.get_paginator("list_accounts").paginate():
        for account in page["Accounts"]:
            provisioned = sso.get_paginator("list_permission_sets_provisioned_to_account")
            for sets_page in provisioned.paginate(InstanceArn=arn, AccountId=account["Id"]):
                for permission_set in sets_page.get("PermissionSets", []):
                    if permission_set not in sets:
                        described = sso.describe_permission_set(InstanceArn=arn, PermissionSetArn=permission_set)
                        sets[permission_set] = described["PermissionSet"]["Name"]
                    listed = sso.get_paginator("list_account_assignments")
                    for assigned in listed.paginate(
                        InstanceArn=arn, AccountId=account["Id"], PermissionSetArn=permission_set
                    ):
                        for one in assigned["AccountAssignments"]:
                            kind = one["PrincipalType"]
                            name = directory.name(kind, one["PrincipalId"])
                            yield account["Id"], account["Name"], sets[permission_set], kind, name


def as_csv(rows) -> str:
    """Returns the CSV file with the rows."""
    written = io.StringIO(newline="")
    writer = csv.writer(written, quoting=csv.QUOTE_MINIMAL)
    writer.writerow(HEADER)
    writer.writerows([["" if value is None else value for value in row] for row in rows])
    return written.getvalue()


def as_json(rows) -> dict:
    """Returns the holders of each permission set over all accounts."""
    sets: dict[str, dict[str, set]] = {}
    for _, _, permission_set, kind, name in rows:
        holders = sets.setdefault(permission_set, {"Users": set(), "Groups": set()})
        holders["Groups" if kind == "GROUP" else "Users"].add(name)
    in_order = lambda names: sorted(names - {None}) + [None] * (None in names)
    return {name: {kind: in_order(names) for kind, names in holders.items()} for name, holders in sets.items()}
