"""The program against moto: every table against what AWS's own client lists, what changed against what was
changed, and what moto does not serve against what the program says that it could not see."""

import json
import re
import urllib.request

import pytest
from comparison import DERIVED, VOLATILE, differences, differing_cells, keyed, shown
from conftest import BY_PRINCIPALS
from iam import IAM_KEYS
from listing import KEYS, access, listed
from organization import (
    ACCOUNTS,
    ACCOUNTS_OF_THE_LARGEST_GROUP,
    GROUPS,
    MEMBERS_OF_THE_LARGEST_GROUP,
    PERMISSION_SETS,
    USERS,
    USERS_OF_THE_LARGEST_PAIR,
    Organization,
)
from program import Program

SNAPSHOTS = ["before", "after"]

#: The data that moto does not serve: the resource, the operation, and the scope of the whole gap.
NOT_SERVED = {
    (
        "permission_set_policies",
        "sso-admin:GetPermissionsBoundaryForPermissionSet",
        '{"kind":"permissions_boundary"}',
    ),
    ("tags", "sso-admin:ListTagsForResource", '{"resource_type":"permission_set"}'),
    ("service_last_accessed", "iam:GenerateOrganizationsAccessReport", "{}"),
    ("organization_resource_policies", "organizations:DescribeResourcePolicy", "{}"),
    ("organization_features", "iam:ListOrganizationsFeatures", "{}"),
    # It is unknown which policies are boundaries, and so which policies there are.
    ("managed_policies", "sso-admin:GetPermissionsBoundaryForPermissionSet", "{}"),
    ("identity_center_instances", "sso-admin:DescribeInstance", '{"instance_arn":"…"}'),
    (
        "access_control_attributes",
        "sso-admin:DescribeInstanceAccessControlAttributeConfiguration",
        "{}",
    ),
    ("trusted_token_issuers", "sso-admin:ListTrustedTokenIssuers", "{}"),
    ("applications", "sso-admin:ListApplications", "{}"),
    ("application_assignments", "sso-admin:ListApplications", "{}"),
    ("application_grants", "sso-admin:ListApplications", "{}"),
    ("application_access_scopes", "sso-admin:ListApplications", "{}"),
    ("application_authentication_methods", "sso-admin:ListApplications", "{}"),
    ("tags", "sso-admin:ListApplications", '{"resource_type":"application"}'),
    ("tags", "sso-admin:ListTrustedTokenIssuers", '{"resource_type":"trusted_token_issuer"}'),
    (
        "assignment_requests",
        "sso-admin:ListAccountAssignmentCreationStatus",
        '{"kind":"assignment_creation"}',
    ),
    (
        "assignment_requests",
        "sso-admin:ListAccountAssignmentDeletionStatus",
        '{"kind":"assignment_deletion"}',
    ),
    (
        "assignment_requests",
        "sso-admin:ListPermissionSetProvisioningStatus",
        '{"kind":"permission_set_provisioning"}',
    ),
}
#: Free of gaps, although moto provisions nothing.
SERVED = {*KEYS, "provisioned_permission_sets"} - {resource for resource, _, _ in NOT_SERVED}


def test_the_organization_needs_several_pages_of_each_listing(story):
    """Checks the sizes that give the other checks their value."""
    tables = story.before.listed
    # Plus the management account.
    assert len(tables["accounts"]) == ACCOUNTS + 1
    of_parents = [row["parent_id"] for row in tables["accounts"] + tables["organizational_units"]]
    assert sum(of_parents.count(parent) > 20 for parent in set(of_parents)) >= 3, "parents with several pages"
    assert len(tables["users"]) == USERS > 200
    assert len(tables["groups"]) == GROUPS > 100
    assert len(tables["permission_sets"]) > PERMISSION_SETS > 100
    group, pair = story.made.groups["group-0"], tables["account_assignments"]
    assert sum(row["group_id"] == group for row in tables["group_memberships"]) == MEMBERS_OF_THE_LARGEST_GROUP > 100
    assert sum(row["principal_id"] == group for row in pair) == ACCOUNTS_OF_THE_LARGEST_GROUP > 100
    largest = (story.made.accounts["account-1"], story.made.permission_sets["Set-1"])
    of_pair = [row for row in pair if (row["account_id"], row["permission_set_arn"]) == largest]
    assert len(of_pair) == USERS_OF_THE_LARGEST_PAIR > 100


@pytest.mark.parametrize("when", SNAPSHOTS)
def test_a_run_publishes_and_says_that_something_is_missing(story, when):
    ran = getattr(story, when).ran
    assert ran.exit_code == 4, ran
    assert "error:" not in ran.words, ran
    assert f"snapshot {SNAPSHOTS.index(when) + 1}, partial" in ran.words, ran


@pytest.mark.parametrize("table", KEYS)
@pytest.mark.parametrize("when", SNAPSHOTS)
def test_a_table_holds_what_is_listed(story, when, table):
    snapshot = getattr(story, when)
    assert snapshot.stored, f"nothing was published: {snapshot.ran}"
    assert snapshot.listed[table], "nothing to compare"
    found = differences(snapshot.stored[table], snapshot.listed[table], KEYS[table])
    assert not found, shown(found)


@pytest.mark.parametrize("when", SNAPSHOTS)
def test_each_snapshot_answers_as_it_did_when_it_was_new(story, when):
    snapshot = getattr(story, when)
    assert snapshot.stored, f"nothing was published: {snapshot.ran}"
    for table, stored in snapshot.stored.items():
        answered = story.program.query(f"SELECT * FROM {table}", "--at", str(SNAPSHOTS.index(when) + 1))
        lasting = [{name: None if name in VOLATILE.get(table, ()) else cell for name, cell in row.items()} for row in stored]
        found = differences(answered, lasting, KEYS[table])
        assert not found, f"{table}: {shown(found)}"


def test_access_follows_from_assignments_and_memberships(story):
    rows = story.program.query("SELECT user_id, account_id, permission_set_arn, via, group_id FROM effective_access")
    stored = {tuple(row.values()) for row in rows}
    assert len(stored) == len(rows), "a way into an account is stored twice"
    wanted = access(story.after.listed)
    assert wanted, "nothing to compare"
    assert stored - wanted == set(), "access that the listings do not give"
    assert wanted - stored == set(), "access that the listings give"


def scope_of(gap):
    """Returns the scope of a gap. The id of the instance in it differs in each run."""
    return re.sub(r'("instance_arn":)"[^"]*"', r'\1"…"', gap["scope"])


@pytest.mark.parametrize("snapshot_id", [1, 2])
def test_what_is_not_served_is_a_gap(story, snapshot_id):
    gaps = story.program.query(f"SELECT * FROM gaps WHERE snapshot_id = {snapshot_id} AND kind <> 'not_asked'")
    not_served = {(resource, operation) for resource, operation, _ in NOT_SERVED}
    assert {(gap["resource"], gap["operation"]) for gap in gaps} == not_served
    assert {gap["kind"] for gap in gaps} == {"failed"}, "moto answers with an error of its own, and refuses nothing"
    for gap in gaps:
        assert (gap["error_code"], gap["attempts"] > 1) == ("HTTP500", True), gap
        assert "500" in gap["error_message"], gap
    # Nothing of this kind was seen, whatever other gaps say, and the single items were not requested.
    assert NOT_SERVED <= {(gap["resource"], gap["operation"], scope_of(gap)) for gap in gaps}
    assert len(gaps) < 3 * 20, "kinds of calls that are never answered were not given up"


@pytest.mark.parametrize("snapshot_id", [1, 2])
def test_coverage_tells_what_can_be_believed(story, snapshot_id):
    rows = story.program.query(f"SELECT * FROM coverage WHERE snapshot_id = {snapshot_id}")
    status = {row["resource"]: row["status"] for row in rows}
    # moto provisions nothing, so assignments are listed by principal, and those of deleted principals cannot be seen.
    # Of IAM, only the account of the credentials is read.
    expected = dict.fromkeys(SERVED, "complete") | dict.fromkeys(["account_assignments", *IAM_KEYS], "limited")
    assert {resource: status.get(resource) for resource in SERVED} == expected
    for resource, _, _ in NOT_SERVED:
        assert status.get(resource) == "partial", resource
    stored = (story.before if snapshot_id == 1 else story.after).stored
    counted = {row["resource"]: row["rows"] for row in rows if row["resource"] in stored}
    assert counted == {table: len(rows) for table, rows in stored.items()}


def test_a_question_that_needs_everything_is_told_what_is_missing(story):
    ran = story.program.run("query", "SELECT * FROM tags", "--require-complete")
    assert ran.exit_code == 4, ran
    ran = story.program.run("query", "SELECT * FROM users", "--require-complete")
    assert ran.exit_code == 0, ran


def test_diff_reports_the_changes_made_and_no_others(story):
    diff = story.program.diff()
    assert (diff["from"]["snapshot_id"], diff["to"]["snapshot_id"]) == (1, 2)
    known = [entry for entry in diff["changes"] if entry["change"] != "unknown"]
    reported = {
        (entry["resource"], entry["change"], tuple(entry["key"][column] for column in KEYS[entry["resource"]])): entry
        for entry in known
    }
    made = {(change.resource, change.change, change.key): change for change in story.changes}
    assert len(reported) == len(known), "a change is reported twice"
    assert len(made) == len(story.changes), "these checks name a change twice"
    found = [f"made, but not reported: {change}" for change in sorted(made.keys() - reported.keys())]
    found += [f"reported, but not made: {reported[change]}" for change in sorted(reported.keys() - made.keys())]
    for change in sorted(made.keys() & reported.keys()):
        if frozenset(reported[change]["fields"]) != made[change].fields:
            found.append(f"{change}: changed {sorted(made[change].fields)}, reported {reported[change]['fields']}")
    assert not found, shown(found)


def test_diff_shows_the_rows_as_they_were_and_are(story):
    """Compares complete rows, on the sides that have one, with the listings of the two days."""
    found = []
    rows = {
        side: {table: keyed(tables[table], key) for table, key in KEYS.items()}
        for side, tables in [("before", story.before.listed), ("after", story.after.listed)]
    }
    for entry in story.program.diff()["changes"]:
        if entry["change"] == "unknown":
            continue
        resource = entry["resource"]
        key = tuple(entry["key"][column] for column in KEYS[resource])
        sides = {"added": ["after"], "removed": ["before"], "changed": ["before", "after"]}[entry["change"]]
        columns = set(story.after.stored[resource][0]) - VOLATILE.get(resource, set()) - set(DERIVED)
        for side in ["before", "after"]:
            shown_row, row = entry[side], rows[side][resource].get(key)
            if (shown_row is not None) != (side in sides) or (row is not None) != (side in sides):
                found.append(f"{resource} {key}: {side} is {shown_row}, and AWS listed {row}")
            elif row is not None and (set(shown_row) != columns or differing_cells(shown_row, row)):
                found.append(f"{resource} {key}: {side} is {shown_row}, and AWS listed {row}")
    assert not found, shown(found)


def aws_managed(tables):
    """Returns AWS's policies that any permission set attaches."""
    return {row["policy"] for row in tables["permission_set_policies"] if row["kind"] == "aws_managed"}


def test_diff_calls_unknown_only_what_was_not_seen(story):
    unknown = [entry for entry in story.program.diff()["changes"] if entry["change"] == "unknown"]
    # Requests are not compared, because AWS forgets them after a while, and that is no change.
    compared = [entry for entry in NOT_SERVED if entry[0] != "assignment_requests"]
    not_served = {(resource, operation) for resource, operation, _ in compared}
    assert {(entry["resource"], entry["gap"]["operation"]) for entry in unknown} == not_served
    # Nothing was ever seen of it, so that there is nothing to be carried forward: but for those of AWS's policies that
    # permission sets attach on one side alone, and that may be boundaries on the other.
    carried = {entry["resource"]: entry["rows"] for entry in unknown if entry["rows"] > 0}
    attached = [aws_managed(side.listed) for side in (story.before, story.after)]
    assert carried == {"managed_policies": len(attached[0] ^ attached[1])}


def test_diff_tells_who_gained_and_lost_access(story):
    changes = story.program.diff()["access_changes"]
    told = {
        kind: {
            (change["user_id"], change["account_id"], change["permission_set_arn"])
            for change in changes
            if change["change"] == kind
        }
        for kind in ["gained", "lost"]
    }
    had, has = ({way[:3] for way in access(side.listed)} for side in (story.before, story.after))
    assert has - had and had - has, "nothing to compare"
    assert told == {"gained": has - had, "lost": had - has}


# The checks from here on change the state of the server. All checks above have run by then.


def test_without_what_moto_lacks_a_run_is_complete(story, tmp_path):
    """The gaps come from the missing data and from nothing else."""
    program = Program(tmp_path)
    skipped = [f"--skip={resource}" for resource, _, _ in sorted(NOT_SERVED)]
    ran = program.collect(*BY_PRINCIPALS, *skipped)
    assert ran.exit_code == 0, ran
    assert program.query("SELECT status FROM snapshots") == [{"status": "complete"}]
    assert program.query("SELECT * FROM gaps WHERE kind <> 'not_asked'") == []
    # A census that never saw them has no way to the assignments of principals that are gone: the one thing
    # that listing by principal leaves out, and nobody has access through it.
    tables = story.after.listed
    living = {user["user_id"] for user in tables["users"]} | {group["group_id"] for group in tables["groups"]}
    orphans = [row for row in tables["account_assignments"] if row["principal_id"] not in living]
    assert len(orphans) == 2
    expected = tables | {"account_assignments": [row for row in tables["account_assignments"] if row not in orphans]}
    for table in SERVED & KEYS.keys():
        found = differences(program.query(f"SELECT * FROM {table}"), expected[table], KEYS[table])
        assert not found, f"{table}: {shown(found)}"


def test_an_answer_that_cannot_be_read_costs_no_more_than_itself(story, tmp_path):
    """moto's default session duration is a number, while AWS's contract has text."""
    arn = story.made.add_malformed_permission_set("Malformed")
    program = Program(tmp_path)
    ran = program.collect("--only", "permission_sets")
    assert ran.exit_code == 4, ran
    [gap] = program.query("SELECT * FROM gaps WHERE kind <> 'not_asked'")
    assert (gap["resource"], gap["operation"]) == ("permission_sets", "sso-admin:DescribePermissionSet"), gap
    assert json.loads(gap["scope"]) == {"permission_set_arn": arn}, gap
    assert gap["error_code"] == "UnreadableAnswer", gap
    # The permission set is not invented from its ARN. It is unknown, as the gap records.
    stored = program.query("SELECT * FROM permission_sets")
    found = differences(stored, story.after.listed["permission_sets"], ["permission_set_arn"])
    assert not found, shown(found)


def test_another_organization_is_not_mixed_in(story, aws):
    """Runs last, because the server forgets everything."""
    client = aws.organizations
    reset(client.meta.endpoint_url)
    other = Organization(aws)
    other.create()
    ran = story.program.collect(*BY_PRINCIPALS)
    assert ran.exit_code == 1, ran
    assert "hint:" in ran.words, ran
    assert story.program.query("SELECT count(*) AS snapshots FROM snapshots") == [{"snapshots": 2}]
    before = story.after.listed["organization"][0]["organization_id"]
    assert story.program.query("SELECT organization_id FROM organization") == [{"organization_id": before}]
    assert listed(aws, set())["organization"][0]["organization_id"] != before


def reset(url: str):
    """Resets moto to an empty state."""
    urllib.request.urlopen(urllib.request.Request(f"{url}/moto-api/reset", method="POST"), timeout=10).read()
