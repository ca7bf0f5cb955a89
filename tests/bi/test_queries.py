"""Every canned query that DuckDB runs as it is gives the same rows as in the program; the others are listed."""

import csv
import json
import re
from pathlib import Path

import duckdb
import pytest

from values import of_engine, of_query, rows

HERE = Path(__file__).parent
QUERIES = HERE.parent.parent / "queries"


def literal(text, kind):
    return text if kind == "number" else "'" + text.replace("'", "''") + "'"


def canned():
    """Name and SQL of every canned query that needs no value, with its defaults in place of parameters."""
    for path in sorted(QUERIES.glob("*.sql")):
        text = path.read_text()
        parameters = re.findall(r"^-- param (\w+) \((\w+)\)(?: = ([^:\n]*))?", text, re.M)
        if any(not default.strip() for _, _, default in parameters):
            continue
        sql = "\n".join(line for line in text.splitlines() if not line.startswith("--"))
        for name, kind, default in parameters:
            sql = re.sub(rf":{name}\b", lambda _: literal(default.strip(), kind), sql)
        yield path.stem, sql


def not_portable():
    with (HERE / "not_portable.tsv").open() as file:
        return {row["query"]: row["cause"] for row in csv.DictReader(file, delimiter="\t")}


def database(census, date=None):
    """DuckDB with the tables of `export --ddl duckdb`; as of a past day, the views of one snapshot are that day's."""
    con = duckdb.connect()
    for statement in census.run("export", "--ddl", "duckdb", "--location", str(census.folder), "--daily", "--all-columns").split(";\n"):
        if statement.strip():
            con.execute(statement)
    if date:
        for (name,) in con.sql("SELECT view_name FROM duckdb_views() WHERE view_name LIKE '%\\_daily' ESCAPE '\\' AND NOT internal").fetchall():
            if name != "metrics_daily":
                con.execute(f"CREATE OR REPLACE VIEW \"{name.removesuffix('_daily')}\" AS SELECT * FROM \"{name}\" WHERE snapshot_date = DATE '{date}'")
        con.execute(f"CREATE OR REPLACE VIEW answering_snapshot AS SELECT s.* FROM snapshots AS s JOIN dates AS d USING (snapshot_id) WHERE d.date = DATE '{date}'")
    return con


def ran(con, sql):
    found = con.execute(sql)
    names = [column[0] for column in found.description]
    return names, rows([of_engine(value) for value in row] for row in found.fetchall())


def asked(census, name, names, times, at):
    found = json.loads(census.run("query", name, "--format", "json", "--at", at))
    return rows([of_query(row[column], "time" if column in times else "") for column in names] for row in found)


def times_of(names, got):
    """The columns that DuckDB has as times."""
    return {name for place, name in enumerate(names) if any(isinstance(row[place], tuple) for row in got)}


def test_portable_queries_answer_alike(demo):
    con, listed, failed, filled = database(demo), not_portable(), {}, 0
    for name, sql in canned():
        try:
            names, got = ran(con, sql)
        except duckdb.Error as error:
            failed[name] = str(error).splitlines()[0]
            continue
        wanted = asked(demo, name, names, times_of(names, got), "latest")
        if got != wanted:
            failed[name] = f"other rows: {len(got)} and {len(wanted)}"
        filled += bool(got)
    assert failed.keys() == listed.keys(), json.dumps(failed, indent=1)
    assert filled >= 15


@pytest.mark.parametrize("back", [2, 4, 6])
def test_past_days_answer_alike(demo, back):
    date = demo.days[-back]
    con, listed, compared = database(demo, date), not_portable(), 0
    for name, sql in canned():
        # A history and what tells of every snapshot end at the newest one.
        if name in listed or re.search(r"_history|_changes|\bchanges\b|snapshot_metrics|\bsnapshots\b|_causes|by_snapshot|coverage|gaps", sql):
            continue
        names, got = ran(con, sql)
        assert got == asked(demo, name, names, times_of(names, got), date), (name, date)
        compared += 1
    assert compared >= 12
