"""Checks CloudFormation templates with cfn-lint."""

import json
import os
import subprocess
import sys

import pytest
from conftest import loads


@pytest.fixture(scope="module")
def templates(census, tmp_path_factory):
    folder = tmp_path_factory.mktemp("cfn") / "templates"
    census.done("export", "cloudformation", str(folder))
    return folder


def test_cfn_lint_finds_nothing(templates):
    lint_finds_nothing(sorted(templates.glob("*-????.json")))


def test_cfn_lint_finds_nothing_in_the_role_of_the_accounts(census, tmp_path):
    file = tmp_path / "role.json"
    command = [census.binary, "iam-policy", "--iam-role", "audit/OrgCensus", "--for", "stack-set", "--output", str(file)]
    subprocess.run(command, env=census.environment, check=True)
    lint_finds_nothing([file])


def lint_finds_nothing(files):
    lint = "from cfnlint.runner.cli import main; main()"
    # cfn-lint does not accept an empty AWS_REGION.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    command = [sys.executable, "-c", lint, "--format", "json", "--", *map(str, files)]
    ran = subprocess.run(command, capture_output=True, text=True, env=environment)
    found = json.loads(ran.stdout or "[]")
    assert (ran.returncode, found) == (0, []), ran.stderr + "\n".join(f"{one['Rule']['Id']} {one['Message']}" for one in found[:10])


def test_every_resource_has_its_import(census, templates):
    arns, assigned = set(), set()
    for path in sorted(templates.glob("*-????.json")):
        template = loads(path)
        imported = loads(path.with_name(path.name.replace(".json", ".import.json")))
        assert 0 < len(template["Resources"]) <= 200 and path.stat().st_size <= 1_000_000
        assert {one["LogicalResourceId"] for one in imported} == set(template["Resources"])
        for one in imported:
            resource = template["Resources"][one["LogicalResourceId"]]
            assert resource["Type"] == one["ResourceType"] and resource["DeletionPolicy"] == "Retain"
            key = one["ResourceIdentifier"]
            if one["ResourceType"] == "AWS::SSO::PermissionSet":
                arns.add(key["PermissionSetArn"])
                assert key["InstanceArn"] == resource["Properties"]["InstanceArn"]
            else:
                assert key == resource["Properties"]
                assigned.add((key["TargetId"], key["PermissionSetArn"], key["PrincipalType"], key["PrincipalId"]))
    assert arns == {row[0] for row in census.read("SELECT permission_set_arn FROM permission_sets")}
    assert assigned == set(
        census.read("SELECT account_id, permission_set_arn, principal_type, principal_id FROM account_assignments")
    )


def test_an_empty_tag_is_left_out_and_said(census, templates):
    empty = census.read("SELECT count(*) FROM tags WHERE resource_type = 'permission_set' AND coalesce(value, '') = ''")
    lines = (templates / "skipped.csv").read_text().splitlines()[1:]
    assert len([line for line in lines if line.startswith("tag,")]) == empty[0][0]
