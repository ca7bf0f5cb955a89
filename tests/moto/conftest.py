"""The shared fixtures: one organization, collected, changed and collected again."""

from dataclasses import dataclass

import boto3
import pytest
from listing import Aws, listed
from organization import Change, Organization, build, change
from program import Program, Ran

#: moto provisions nothing, so assignments can only be listed by principal.
BY_PRINCIPALS = ["--assignments", "principals"]


@dataclass
class Snapshot:
    """The rows that one run stored, and those that AWS's own client lists at the same time."""

    ran: Ran
    stored: dict[str, list[dict]]
    listed: dict[str, list[dict]]


@dataclass
class Story:
    """Two snapshots, and the changes made between them."""

    made: Organization
    program: Program
    before: Snapshot
    changes: list[Change]
    after: Snapshot


@pytest.fixture(scope="session")
def aws() -> Aws:
    """Clients of the server that `run` started."""
    return Aws(boto3.Session())


@pytest.fixture(scope="session")
def story(aws, tmp_path_factory) -> Story:
    """Runs the whole story. The checks examine its results."""
    program = Program(tmp_path_factory.mktemp("story"))
    made = build(aws)
    before = take(program, made)
    changes = change(made)
    after = take(program, made)
    changes += attached_by_aws(before, after)
    return Story(made, program, before, changes, after)


def attached_by_aws(before: Snapshot, after: Snapshot) -> list[Change]:
    """Returns the policies that AWS attaches by itself: every new one."""

    def targets(snapshot: Snapshot) -> set[tuple]:
        rows = snapshot.listed["organization_policy_targets"]
        return {(row["policy_id"], row["target_id"]) for row in rows if row["policy_id"].endswith("FullAWSAccess")}

    was, now = targets(before), targets(after)
    return [
        Change("organization_policy_targets", change, key)
        for change, keys in [("added", now - was), ("removed", was - now)]
        for key in sorted(keys)
    ]


def take(program: Program, made: Organization) -> Snapshot:
    """Collects, and lists the same data with AWS's own client."""
    ran = program.collect(*BY_PRINCIPALS)
    tables = listed(made.aws, made.pairs)
    # A run that published nothing leaves nothing to compare. The checks of the run itself report the cause.
    published = ran.exit_code in (0, 4)
    stored = {table: program.query(f"SELECT * FROM {table}") for table in tables} if published else {}
    return Snapshot(ran, stored, tables)
