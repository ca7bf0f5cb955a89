"""Compares `assignments-csv` and `assignments-json` with the pattern of the published scripts, both over HTTP."""

import csv
import io
import json

import pytest
import reports
from conftest import FAST, Census


@pytest.fixture(scope="module")
def listed(served, census):
    """Returns the rows of the scripts, on the same day as the census."""
    return list(reports.assignments(served.session()))


def test_the_rows_are_those_of_the_scripts(census, listed):
    path = census.folder / "assignments.csv"
    census.done("export", "assignments-csv", str(path))
    ours = path.read_bytes().decode()
    theirs = reports.as_csv(listed)
    assert sorted(ours.split("\r\n")) == sorted(theirs.split("\r\n"))
    assert ours.startswith("Account ID,Account Name,Permission Set,Principal Type,Principal\r\n")
    assert len(listed) > 50 and any(row[4] is None for row in listed), "somebody was deleted"


def test_the_object_is_that_of_the_scripts(census, listed):
    ours = json.loads(census.done("export", "assignments-json").output)
    assert ours == reports.as_json(listed)
    assert any(None in one["Users"] + one["Groups"] for one in ours.values())


def test_quoting_is_that_of_python(hostile):
    ran = hostile.run("export", "assignments-csv", str(hostile.folder / "hostile.csv"))
    assert ran.exit_code == 0, ran
    assert ran.words.count("a spreadsheet takes for formulas") == 1, "a raw file says so once"
    text = (hostile.folder / "hostile.csv").read_bytes().decode()
    rows = list(csv.reader(io.StringIO(text, newline="")))
    written = io.StringIO(newline="")
    csv.writer(written, quoting=csv.QUOTE_MINIMAL).writerows(rows)
    assert written.getvalue() == text
    path = hostile.folder / "excel.csv"
    ran = hostile.done("export", "assignments-csv", "--csv-for", "excel", str(path))
    assert "formulas" not in ran.words
    rows = list(csv.reader(io.StringIO(path.read_bytes().decode("utf-8-sig"), newline="")))
    assert all(not cell.startswith(("=", "+", "-", "@", "\t", "\r", "\n")) for row in rows for cell in row)


def test_with_groups_expanded_it_is_effective_access(census):
    text = census.done("export", "assignments-csv", "--expand-groups", "--with-ids").output
    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    ours = sorted(
        (row["Account ID"], row["Permission Set ARN"], row["User"], row["User Status"], row["Via Group"])
        for row in rows
        if row["User"]
    )
    theirs = census.query("SELECT account_id, permission_set_arn, user_name, user_status, group_name FROM effective_access")
    assert ours == sorted(tuple(value or "" for value in row.values()) for row in theirs)
    without = census.read("SELECT count(*) FROM account_assignments")[0][0]
    kept = {(row["Account ID"], row["Permission Set ARN"], row["Principal Type"], row["Principal ID"]) for row in rows}
    assert len(kept) == without, "every assignment keeps a row, also of an empty group"
    assert [row for row in rows if row["Principal Type"] == "GROUP" and not row["User"]]


def test_filters_and_dates(census):
    [(account, name)] = census.read(
        "SELECT account_id, name FROM accounts WHERE account_id IN (SELECT account_id FROM account_assignments) LIMIT 1"
    )
    text = census.done("export", "assignments-csv", "--account", account).output
    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    assert rows and {(row["Account ID"], row["Account Name"]) for row in rows} == {(account, name)}
    first = census.done("export", "assignments-csv", "--at", "1").output
    count = census.query("SELECT count(*) AS n FROM account_assignments", "--at", "1")[0]["n"]
    assert len(list(csv.reader(io.StringIO(first, newline="")))) == count + 1
    assert first != census.done("export", "assignments-csv").output
    ran = census.run("export", "assignments-csv", "--account", "no such account")
    assert ran.exit_code == 2 and ran.output == "", ran


def test_what_was_not_seen_never_reads_as_deleted(served, tmp_path_factory):
    census = Census(tmp_path_factory.mktemp("denied"), served)
    served.tell("deny identitystore:ListUsers")
    served.tell("deny identitystore:DescribeUser")
    served.tell("deny identitystore:ListGroupMemberships")
    try:
        ran = census.run("collect", *FAST, "--assignments", "pairs", "--access-report", "none")
        assert ran.exit_code == 4, ran
    finally:
        served.tell("heal")
    ran = census.done("export", "assignments-csv", "--expand-groups")
    rows = list(csv.DictReader(io.StringIO(ran.output, newline="")))
    users = [row for row in rows if row["Principal Type"] == "USER"]
    assert users and all(row["Principal"].startswith("(not seen: ") for row in users)
    assert all(row["User"] == row["Principal"] for row in users)
    groups = [row for row in rows if row["Principal Type"] == "GROUP" and row["Principal"]]
    assert groups and {row["User"] for row in groups} == {"(members not seen)"}
    assert "does not completely cover" in ran.words and "that were not seen" in ran.words
    written = json.loads(census.done("export", "assignments-json").output)
    assert not any(None in one["Users"] for one in written.values())
    path = census.folder / "never.csv"
    ran = census.run("export", "assignments-csv", "--require-complete", str(path))
    assert ran.exit_code == 4 and not path.exists(), ran
