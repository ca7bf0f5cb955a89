"""What the checks share: one organization, collected, changed and collected again."""

from dataclasses import dataclass

import boto3
import pytest
from listing import Aws, listed
from organization import Change, Organization, build, change
from program import Program, Ran

#: Nothing is provisioned in moto, so assignments can only be listed by principal.
BY_PRINCIPALS = ["--assignments", "principals"]


@dataclass
class Snapshot:
    """What one run stored, and what AWS's own client lists at the same time."""

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
    """Everything that happens; the checks look at what came of it."""
    program = Program(tmp_path_factory.mktemp("story"))
    made = build(aws)
    before = take(program, made)
    changes = change(made)
    after = take(program, made)
    changes += attached_by_aws(before, after)
    return Story(made, program, before, changes, after)


def attached_by_aws(before: Snapshot, after: Snapshot) -> list[Change]:
    """What AWS attaches its own policies to by itself: whatever is new."""

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
    """Collects, and lists the same."""
    ran = program.collect(*BY_PRINCIPALS)
    tables = listed(made.aws, made.pairs)
    # A run that published nothing has nothing to compare; the checks of the run itself say what was wrong.
    published = ran.exit_code in (0, 4)
    stored = {table: program.query(f"SELECT * FROM {table}") for table in tables} if published else {}
    return Snapshot(ran, stored, tables)
