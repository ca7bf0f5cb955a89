"""Checks the input of Identity Center Extensions: the state, and the changes from one state to the next."""

import csv
import json

import pytest


def lines(path):
    return [json.loads(line) for line in path.read_text().splitlines()]


@pytest.fixture(scope="module")
def bucket(census, tmp_path_factory):
    folder = tmp_path_factory.mktemp("extensions") / "bucket"
    ran = census.done("export", "identity-center-extensions", str(folder), "--form", "s3")
    return folder, ran


def reached(census, links):
    """Returns the account, set and principal of each link, expanded by the census's own tree and tags."""
    accounts = dict(census.read("SELECT account_id, entity_path FROM accounts WHERE state = 'ACTIVE' AND is_management_account = 0"))
    tags = {}
    for account, tag in census.read("SELECT resource_id, key || '^' || coalesce(value, '') FROM tags WHERE resource_type = 'account'"):
        tags.setdefault(tag, set()).add(account)
    found = set()
    for link in links:
        form, scope, permission_set, principal, kind, end = link.split("%")
        assert end == "ssofile"
        inside = {
            "root": lambda: set(accounts),
            "ou_id": lambda: {account for account, path in accounts.items() if scope in path.split("/")},
            "account_tag": lambda: tags[scope] & set(accounts),
            "account": lambda: {scope},
        }[form]()
        found |= {(account, permission_set, kind, principal) for account in inside}
    return found


def assignments(census):
    """Returns the assignments that can have a link, by their names."""
    return set(
        census.read(
            """SELECT a.account_id, s.name, a.principal_type, coalesce(g.display_name, u.user_name)
               FROM account_assignments AS a
               JOIN accounts AS c ON c.account_id = a.account_id AND c.state = 'ACTIVE' AND c.is_management_account = 0
               JOIN permission_sets AS s ON s.permission_set_arn = a.permission_set_arn
               LEFT JOIN groups AS g ON g.group_id = a.principal_id AND a.principal_type = 'GROUP'
               LEFT JOIN users AS u ON u.user_id = a.principal_id AND a.principal_type = 'USER'
               WHERE coalesce(g.display_name, u.user_name) IS NOT NULL"""
        )
    )


def test_what_is_not_skipped_is_there(census, bucket):
    folder, ran = bucket
    links = [path.name for path in (folder / "links_data").iterdir()]
    assert all((folder / "links_data" / link).stat().st_size == 0 for link in links)
    rows = list(csv.DictReader((folder / "skipped.csv").open()))
    assert all(row["reason"] for row in rows)
    given = reached(census, links)
    assert given <= assignments(census)
    skipped = sum(row["kind"] == "assignment" for row in rows)
    managed = census.read(
        "SELECT count(*) FROM account_assignments JOIN accounts USING (account_id) WHERE is_management_account = 1"
    )[0][0]
    assert len(links) + skipped + managed == census.read("SELECT count(*) FROM account_assignments")[0][0]
    if managed:
        assert f"management account: {managed} assignments" in ran.words
    sets = {path.stem for path in (folder / "permission_sets").iterdir()}
    left_out = sum(row["kind"] == "permission set" for row in rows)
    assert len(sets) + left_out == census.read("SELECT count(*) FROM permission_sets")[0][0]
    assert {link.split("%")[2] for link in links} <= sets
    assert links and sets and rows


def test_links_by_scope_are_the_same_assignments(census, bucket, tmp_path):
    folder, _ = bucket
    by_account = reached(census, [path.name for path in (folder / "links_data").iterdir()])
    census.done("export", "identity-center-extensions", str(tmp_path / "scopes"), "--form", "s3", "--scopes")
    links = [path.name for path in (tmp_path / "scopes" / "links_data").iterdir()]
    assert reached(census, links) == by_account
    assert len(links) <= len(by_account)


def test_payloads_lead_from_one_state_to_the_next(census, tmp_path):
    def payloads(name, *arguments):
        census.done("export", "identity-center-extensions", str(tmp_path / name), "--form", "api", *arguments)
        return lines(tmp_path / name / "api.jsonl")

    def applied(payloads, sets, links):
        for one in payloads:
            if "linkData" in one:
                assert one["linkData"].split("%")[2] in sets, "a set is there before its links"
                (links.add if one["action"] == "create" else links.remove)(one["linkData"])
            elif one["action"] == "delete":
                name = one["permissionSetData"]["permissionSetName"]
                assert not any(link.split("%")[2] == name for link in links)
                del sets[name]
            else:
                name = one["permissionSetData"]["permissionSetName"]
                assert (one["action"] == "update") == (name in sets)
                sets[name] = one["permissionSetData"]
        return sets, links

    before = applied(payloads("one", "--at", "1"), {}, set())
    now = applied(payloads("two"), {}, set())
    changes = payloads("changes", "--since", "1")
    assert applied(changes, *before) == now
    assert changes and len(changes) < len(payloads("again"))
    assert payloads("nothing", "--since", "latest") == []


def test_two_runs_are_equal(census, bucket, tmp_path):
    folder, _ = bucket
    census.done("export", "identity-center-extensions", str(tmp_path / "again"), "--form", "s3")
    files = lambda root: {str(path.relative_to(root)): path.read_bytes() for path in root.rglob("*") if path.is_file()}
    assert files(folder) == files(tmp_path / "again")


def test_since_is_for_payloads(census, tmp_path):
    ran = census.run("export", "identity-center-extensions", str(tmp_path / "x"), "--form", "s3", "--since", "1")
    assert ran.exit_code == 2 and not (tmp_path / "x").exists(), ran
