"""The policies on which the program, the rule and the other packages are compared.

They are AWS's own, one for each entry of the list, and variants of everything that the rule tells apart. Each of those
says what it is expected to be.
"""

from pathlib import Path

import made_actions
import made_resources
from policies import STORED, Case, allow, made
from rule import LIST

#: Names of AWS managed policies, a line each: all in which any of the compared finds something, every fortieth of the
#: rest, and those that must stay out. Two are too long to be written into a permission set.
MANAGED = (Path(__file__).parent / "managed.txt").read_text().split()

#: The known results for some of AWS's own policies.
EXPECTED = {
    name: {"privileged": True}
    for name in [
        "AdministratorAccess",
        "IAMFullAccess",
        "AWSOrganizationsFullAccess",
        "AWSSSODirectoryAdministrator",
        "AWSSSOMasterAccountAdministrator",
        "AWSSSOMemberAccountAdministrator",
    ]
}
EXPECTED["PowerUserAccess"] = {"privileged": False, "allows": ("sso-create-account-assignment@any",)}
EXPECTED |= {
    name: {"privileged": False, "nothing": True}
    for name in [
        "AWSBillingReadOnlyAccess",
        "AWSOrganizationsReadOnlyAccess",
        "AWSSSODirectoryReadOnly",
        "AWSSSOReadOnly",
        "AmazonS3FullAccess",
        "Billing",
        "IAMReadOnlyAccess",
        "IAMUserChangePassword",
        "NetworkAdministrator",
        "ReadOnlyAccess",
        "SecurityAudit",
        "SupportUser",
        "ViewOnlyAccess",
    ]
}


def cases():
    """Returns the whole corpus."""
    parts = [managed, entries, without_one, *made_actions.PARTS, *made_resources.PARTS]
    return [case for part in parts for case in part()]


def managed():
    """Returns AWS's own policies."""
    for name in MANAGED:
        attached = name if STORED[name]["Path"] == "/" else None
        yield Case(f"aws/{name}", STORED[name]["Document"], attached, **EXPECTED.get(name, {}))


def entries():
    """Returns one policy for each entry of the list, with its actions and no other."""
    for entry in LIST["entries"]:
        statement = allow(entry["actions"])
        privileged = entry["level"] == "administrator"
        yield made(f"entry/{entry['id']}", statement, privileged=privileged, allows=(f"{entry['id']}@any",))


def without_one():
    """Returns, for each entry of several actions, a policy that lacks the last one."""
    for entry in LIST["entries"]:
        if len(entry["actions"]) > 1:
            yield made(f"all-but-one/{entry['id']}", allow(entry["actions"][:-1]), lacks=(entry["id"],))
