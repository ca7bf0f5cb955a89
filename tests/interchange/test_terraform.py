"""Checks Terraform files with python-hcl2."""

import re

import hcl2
import pytest


def parsed(folder):
    """Returns every resource by its address, and the id of every import block by the address of its resource."""
    resources, imports = {}, {}
    for path in sorted(folder.glob("*.tf")):
        with path.open() as file:
            document = hcl2.load(file)
        for block in document.get("resource", []):
            for kind, labelled in block.items():
                for label, body in labelled.items():
                    if label.startswith("__"):
                        continue
                    address = f"{plain(kind)}.{plain(label)}"
                    assert address not in resources, f"{address} is there twice"
                    resources[address] = body
        for block in document.get("import", []):
            address = re.sub(r"^\$\{|\}$", "", str(block["to"]))
            assert address not in imports
            imports[address] = text(block["id"])
    return resources, imports


def plain(label: str) -> str:
    return label.strip('"')


def text(value: str) -> str:
    """Decodes an HCL string, because the parser does not."""
    value = value[1:-1] if value.startswith('"') and value.endswith('"') else value
    value = value.replace("$${", "${").replace("%%{", "%{")
    escapes = {"n": "\n", "r": "\r", "t": "\t", '"': '"', "\\": "\\"}

    def meant(found):
        return chr(int(found[1][1:], 16)) if found[1].startswith("u") else escapes[found[1]]

    return re.sub(r'\\(u[0-9a-f]{4}|[nrt"\\])', meant, value)


@pytest.mark.parametrize("which", ["census", "hostile"])
def test_every_id_is_one_of_the_census(which, request, tmp_path):
    census = request.getfixturevalue(which)
    ran = census.run("export", "terraform", str(tmp_path / "tf"))
    assert ran.exit_code == 0, ran
    resources, imports = parsed(tmp_path / "tf")
    assert set(resources) == set(imports), "each resource is imported"
    [(instance,)] = census.read("SELECT DISTINCT instance_arn FROM snapshots")
    ids = {}
    for address, one in imports.items():
        ids.setdefault(address.split(".")[0], set()).add(one)
    rows = lambda sql: set(row[0] for row in census.read(sql))
    sets = rows(f"SELECT permission_set_arn || ',{instance}' FROM permission_sets")
    policies = lambda kind, what: rows(
        f"SELECT {what}permission_set_arn || ',{instance}' FROM permission_set_policies WHERE kind = '{kind}'"
    )
    skipped = (tmp_path / "tf" / "skipped.csv").read_text().splitlines()
    assert skipped == ["kind,what,reason"], skipped
    assert ids["aws_ssoadmin_permission_set"] == sets
    assert ids["aws_ssoadmin_managed_policy_attachment"] == policies("aws_managed", "policy || ',' || ")
    assert ids["aws_ssoadmin_customer_managed_policy_attachment"] == policies(
        "customer_managed", "policy_name || ',' || policy_path || ',' || "
    )
    assert ids["aws_ssoadmin_permission_set_inline_policy"] == policies("inline", "")
    assert ids["aws_ssoadmin_permissions_boundary_attachment"] == policies("permissions_boundary", "")
    assert ids["aws_ssoadmin_account_assignment"] == rows(
        "SELECT principal_id || ',' || principal_type || ',' || account_id || ',AWS_ACCOUNT,' || permission_set_arn"
        f" || ',{instance}' FROM account_assignments"
    )


def test_texts_are_what_they_were(hostile, tmp_path):
    hostile.done("export", "terraform", str(tmp_path / "tf"))
    resources, imports = parsed(tmp_path / "tf")
    described = {
        imports[address].split(",")[0]: text(body["description"])
        for address, body in resources.items()
        if address.startswith("aws_ssoadmin_permission_set.") and "description" in body
    }
    assert described == dict(hostile.read("SELECT permission_set_arn, description FROM permission_sets"))
    inline = {
        imports[address].split(",")[0]: text(body["inline_policy"])
        for address, body in resources.items()
        if address.startswith("aws_ssoadmin_permission_set_inline_policy.")
    }
    assert inline == dict(
        hostile.read("SELECT permission_set_arn, document FROM permission_set_policies WHERE kind = 'inline'")
    )


def test_two_runs_are_equal_and_no_folder_is_mixed(census, tmp_path):
    for name in ["one", "two"]:
        census.done("export", "terraform", str(tmp_path / name))
    contents = [{path.name: path.read_bytes() for path in (tmp_path / name).iterdir()} for name in ["one", "two"]]
    assert contents[0] == contents[1]
    ran = census.run("export", "terraform", str(tmp_path / "one"))
    assert ran.exit_code == 2 and "is not empty" in ran.words, ran
    assert (tmp_path / "one").stat().st_mode & 0o777 == 0o700
