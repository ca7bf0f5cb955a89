"""Collects the corpus from moto with the program, one permission set for each case, and reads which sets are privileged."""

import json
import re
from dataclasses import dataclass
from pathlib import Path

import boto3
from program import Program

from boundaries import served
from comparison import METHODS
from policies import Case, arn_of

#: The id of an entry, by its actions.
ENTRIES = {actions: entry for entry, actions in METHODS.items()}

#: All operations that return the permissions of a permission set, and no others.
ONLY = ["--only", "permission_sets,permission_set_policies,managed_policies"]


@dataclass(frozen=True)
class Row:
    """A row of the view, with the columns that are compared."""

    level: str
    scope: str
    conditional: bool


class Census:
    """The program's result for each case."""

    def __init__(self, folder: Path, cases: list[Case]):
        self.program = Program(folder)
        made = build(cases)
        self.sets = {arn: case.name for arn, case in made.items()}
        boundaries = {arn: arn_of(case.boundary) for arn, case in made.items() if case.boundary}
        with served(self.program.environment["AWS_ENDPOINT_URL"], boundaries) as address:
            self.program.environment["AWS_ENDPOINT_URL"] = address
            collected = self.program.collect(*ONLY)
        assert collected.exit_code == 0, collected

    def hits(self) -> dict[str, dict[str, set[Row]]]:
        """Returns the rows of `privileged_permission_sets`, by case and entry."""
        found = {name: {} for name in self.sets.values()}
        sql = "SELECT permission_set_arn, action, level, scope, conditional FROM privileged_permission_sets"
        # An entry that could not be read has no action. Here every entry can be read.
        assert self.program.query(f"{sql} WHERE action IS NULL") == []
        for row in self.program.query(sql):
            case = self.sets[row["permission_set_arn"]]
            entry = ENTRIES[frozenset(re.findall(r"[\w-]+:\w+", row["action"].lower()))]
            found[case].setdefault(entry, set()).add(Row(row["level"], row["scope"], bool(row["conditional"])))
        return found

    def privileged(self) -> set[str]:
        """Returns the cases that the program calls privileged by default."""
        sql = (
            "SELECT permission_set_arn FROM privileged_permission_sets WHERE level = 'administrator' AND scope = 'any'"
        )
        return {self.sets[row["permission_set_arn"]] for row in self.program.query(sql)}


def build(cases: list[Case]) -> dict[str, Case]:
    """Creates a permission set for each case, and returns the cases by ARN."""
    sso = boto3.client("sso-admin")
    boto3.client("organizations").create_organization(FeatureSet="ALL")
    [instance] = sso.list_instances()["Instances"]
    made = {}
    for number, case in enumerate(cases):
        created = sso.create_permission_set(
            InstanceArn=instance["InstanceArn"],
            Name=f"case-{number}",
            Description=case.name,
            SessionDuration="PT1H",
        )
        one = {"InstanceArn": instance["InstanceArn"], "PermissionSetArn": created["PermissionSet"]["PermissionSetArn"]}
        if case.managed:
            sso.attach_managed_policy_to_permission_set(ManagedPolicyArn=arn_of(case.managed), **one)
        else:
            sso.put_inline_policy_to_permission_set(InlinePolicy=json.dumps(case.policy), **one)
        made[one["PermissionSetArn"]] = case
    return made
