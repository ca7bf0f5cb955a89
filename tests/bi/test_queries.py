"""Every canned query that is a view of `export --ddl` gives the same rows as in the program: now, and for three past days."""

import re
from pathlib import Path

import pytest

from engines import DuckDB, Spark, database, go_back
from values import of_query, rows

QUERIES = Path(__file__).parent.parent.parent / "queries"


@pytest.fixture(params=[DuckDB, pytest.param(Spark, marks=pytest.mark.full)], ids=lambda engine: engine.name)
def engine(request):
    return request.param


def headers():
    """Returns for every query without a required value whether its header declares it not portable."""
    for path in sorted(QUERIES.glob("*.sql")):
        text = path.read_text()
        defaults = re.findall(r"^-- param \w+ \(\w+\)( = )?", text, re.M)
        if all(defaults):
            yield path.stem, bool(re.search("^-- not portable: ", text, re.M))


def compared(made, census, name, at):
    """Compares the rows of both, and returns their number."""
    names, got = made.ask(f"SELECT * FROM query_{name.replace('-', '_')}")
    # The columns that are times in the engine.
    times = {column for place, column in enumerate(names) if any(isinstance(row[place], tuple) for row in got)}
    found = census.named(name, at)
    wanted = rows([of_query(row[column], "time" if column in times else "") for column in names] for row in found)
    assert rows(got) == wanted, (name, at)
    return len(got)


def test_portable_queries_are_views(demo):
    made = re.findall("^CREATE OR REPLACE VIEW .query_(\\w+)", demo.run("export", "--ddl", "duckdb", "--all-columns"), re.M)
    assert {name.replace("_", "-") for name in made} == {name for name, is_refused in headers() if not is_refused}
    assert sum(is_refused for _, is_refused in headers()) <= 3


def test_portable_queries_answer_alike(engine, demo, fixture, tmp_path):
    empty = None
    for census in (demo, fixture):
        made, queries = database(engine, census, tmp_path / census.folder.parent.name)
        none = {name for name in queries if not compared(made, census, name, "latest")}
        empty = none if empty is None else empty & none
    assert not empty, "no rows anywhere"


@pytest.mark.full
def test_random_censuses_answer_alike(engine, census, tmp_path):
    made, queries = database(engine, census, tmp_path / "random")
    assert sum(bool(compared(made, census, name, "latest")) for name in queries) >= 15


@pytest.mark.parametrize("back", [2, 4, 6])
def test_past_days_answer_alike(engine, demo, back, tmp_path):
    made, queries = database(engine, demo, tmp_path / "past")
    date, filled = demo.days[-back], 0
    go_back(made, demo, date)
    for name in queries:
        sql = (QUERIES / f"{name}.sql").read_text()
        # Histories, and tables over all snapshots, end at the newest snapshot.
        if re.search(r"_history|_changes|\bchanges\b|snapshot_metrics|\bsnapshots\b|_causes|by_snapshot|coverage|gaps", sql):
            continue
        filled += bool(compared(made, demo, name, date))
    assert filled >= 15
