"""The exported censuses: that of the demo, and random ones derived from it."""

import json
import os
import random
import shutil
import sqlite3
import subprocess
from pathlib import Path

import pytest

PROGRAM = os.environ["ORGCENSUS_BIN"]
HOSTILE = ["a'b\"c", "x/y\\z", "line\nfeed", "007", "=1+1", "NULL", "", "  ", "é🦀", "a=b", "%_", "snapshot_date=2026-01-01"]


class Census:
    """A census and its export."""

    def __init__(self, db, folder):
        self.db, self.folder = db, folder
        # The results so far, which the next engine is compared with too.
        self.answers = {}

    def run(self, *arguments):
        ran = subprocess.run(
            [PROGRAM, *arguments, "--db", str(self.db), "--no-config"], capture_output=True, text=True, check=False
        )
        assert ran.returncode == 0, f"{arguments}: {ran.stderr}"
        return ran.stdout

    def query(self, sql, at="latest"):
        return json.loads(self.run("query", sql, "--format", "json", "--at", at))

    def named(self, name, at="latest"):
        """Returns the rows of a canned query, which runs only once."""
        if (name, at) not in self.answers:
            self.answers[name, at] = json.loads(self.run("query", name, "--format", "json", "--at", at))
        return self.answers[name, at]

    def export(self):
        self.run("export", str(self.folder), "--daily", "--all-columns")
        return self

    @property
    def manifest(self):
        return json.loads((self.folder / "_orgcensus" / "manifest.json").read_text())

    @property
    def days(self):
        return [day["snapshot_date"] for day in self.manifest["days"]]


@pytest.fixture(scope="session")
def demo_db(tmp_path_factory):
    """The census of the demo, made once. A few of its nights are enough."""
    folder = tmp_path_factory.mktemp("demo")
    subprocess.run([PROGRAM, "demo"], cwd=folder, check=True, capture_output=True)
    db = folder / "orgcensus-demo.db"
    subprocess.run([PROGRAM, "snapshots", "prune", "--keep-last", "8", "--db", db], check=True, capture_output=True)
    return db


def make_random(db, seed):
    """Changes a census at random, bypassing all checks. Its views must cope."""
    dice = random.Random(seed)
    census = sqlite3.connect(db)
    for table, columns in {
        "users_versions": ["user_name", "display_name", "title", "emails"],
        "groups_versions": ["display_name", "description"],
        "accounts_versions": ["name", "email"],
        "permission_sets_versions": ["name", "description"],
        "organizational_units_versions": ["name"],
        "tags_versions": ["value"],
    }.items():
        for (rowid,) in census.execute(f"SELECT rowid FROM {table}").fetchall():
            if dice.random() < 0.3:
                column = dice.choice(columns)
                value = dice.choice([None, *HOSTILE])
                if column == "emails" and value is not None:
                    value = json.dumps([{"Value": value}])
                census.execute(f"UPDATE {table} SET {column} = ? WHERE rowid = ?", (value, rowid))
    for table in dice.sample(["tags_versions", "applications_versions", "managed_policies_versions"], 1):
        census.execute(f"DELETE FROM {table}")
    ids = [row[0] for row in census.execute("SELECT snapshot_id FROM snapshots ORDER BY 1")]
    # The second snapshot is of the same day as the first, and the fourth begins before midnight.
    first, second, fourth = ids[0], ids[1], ids[3]
    day = census.execute("SELECT substr(completed_at, 1, 10) FROM snapshots WHERE snapshot_id = ?", (first,)).fetchone()[0]
    census.execute(
        "UPDATE snapshots SET taken_at = ?, completed_at = ? WHERE snapshot_id = ?",
        (f"{day}T21:00:00Z", f"{day}T22:00:00Z", second),
    )
    census.execute(
        "UPDATE snapshots SET taken_at = date(substr(completed_at, 1, 10), '-1 day') || 'T23:59:59.500Z' WHERE snapshot_id = ?",
        (fourth,),
    )
    census.commit()
    census.close()


@pytest.fixture(scope="session", params=["demo", 1, 2])
def census(request, demo_db, tmp_path_factory):
    """An exported census."""
    folder = tmp_path_factory.mktemp(f"census-{request.param}")
    db = folder / "orgcensus.db"
    shutil.copy(demo_db, db)
    if request.param != "demo":
        make_random(db, request.param)
    return Census(db, folder / "lake").export()


@pytest.fixture(scope="session")
def demo(demo_db, tmp_path_factory):
    """The demo's census alone."""
    folder = tmp_path_factory.mktemp("portable")
    shutil.copy(demo_db, folder / "orgcensus.db")
    return Census(Path(folder / "orgcensus.db"), folder / "lake").export()


@pytest.fixture(scope="session")
def fixture(demo_db, tmp_path_factory):
    """The census of the small organization with one odd thing of each kind, in which every query has rows."""
    folder = tmp_path_factory.mktemp("fixture")
    db = folder / "orgcensus.db"
    shutil.copy(demo_db, db)
    census = sqlite3.connect(db)
    tables = census.execute("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'").fetchall()
    for (name,) in tables:
        # These tables record the format of the file. Derived data is rebuilt if its record is missing.
        if name != "file_format":
            census.execute(f'DELETE FROM "{name}"')
    census.commit()
    for name in ("fixture.sql", "fixture_more.sql"):
        census.executescript((Path(__file__).parent.parent / "it" / name).read_text())
    census.executescript(ALIKE)
    census.close()
    return Census(db, folder / "lake").export()


# Two groups with the same members, which the other files do not have.
ALIKE = """
INSERT INTO groups_versions (group_id, display_name, valid_from) VALUES ('g-like-1', 'Alike 1', 1), ('g-like-2', 'Alike 2', 1);
INSERT INTO group_memberships_versions (membership_id, group_id, user_id, valid_from)
SELECT 'm-' || g.group_id || u.user_id, g.group_id, u.user_id, 1
FROM groups_versions AS g, (SELECT DISTINCT user_id FROM users_versions WHERE valid_to IS NULL) AS u
WHERE g.group_id LIKE 'g-like-%';
"""
