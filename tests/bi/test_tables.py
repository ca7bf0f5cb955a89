"""Every table of every day, read by each engine, equals the program's answer for that date."""

import duckdb
import pandas
import polars
import pytest

from values import of_engine, of_query, rows

ENGINES = {
    "duckdb": lambda path: duckdb.connect().sql(f"SELECT * FROM read_parquet('{path}', hive_partitioning = false)").fetchall(),
    "polars": lambda path: polars.read_parquet(path, hive_partitioning=False).rows(),
    "pandas": lambda path: list(pandas.read_parquet(str(path), partitioning=None).itertuples(index=False, name=None)),
}


def expected(census, table, columns, date):
    """Returns the rows of a table on a day as the program prints them."""
    names = [column["name"] for column in columns if column["name"] not in ("organization_id", "snapshot_id", "taken_at")]
    types = {column["name"]: column["type"] for column in columns}
    if (table, date) not in census.answers:
        found = census.query("SELECT " + ", ".join(f'"{name}"' for name in names) + f' FROM "{table}"', at=date)
        census.answers[table, date] = rows([of_query(row[name], types[name]) for name in names] for row in found)
    return names, census.answers[table, date]


@pytest.mark.parametrize("engine", ENGINES)
def test_every_day(census, engine):
    read, compared, filled = ENGINES[engine], 0, 0
    for table, entry in census.manifest["tables"].items():
        files = {path: file for path, file in entry["files"].items() if "/snapshot_date=" in path}
        # The program's own tests check the columns that only exports have.
        if not files or table.endswith("_daily"):
            continue
        days = census.days
        for date in {days[0], days[len(days) // 2], days[-1]} if engine == "duckdb" else days[-1:]:
            path = f"{table}/snapshot_date={date}/data.parquet"
            names, wanted = expected(census, table, entry["columns"], date)
            order = [column["name"] for column in entry["columns"]]
            keep = [order.index(name) for name in names]
            got = rows([of_engine(row[place]) for place in keep] for row in read(census.folder / path))
            assert got == wanted, path
            assert len(got) == files[path]["rows"]
            compared, filled = compared + 1, filled + bool(got)
    assert compared > 25 and filled > 15


@pytest.mark.parametrize("engine", ENGINES)
def test_every_file_opens(census, engine):
    read = ENGINES[engine]
    for table, entry in census.manifest["tables"].items():
        path, file = max(entry["files"].items())
        assert len(read(census.folder / path)) == file["rows"], path


def test_a_glob_has_the_days(census):
    con = duckdb.connect()
    found = con.sql(
        f"SELECT DISTINCT snapshot_date::varchar FROM read_parquet('{census.folder}/users/*/*.parquet', hive_partitioning = true) ORDER BY 1"
    ).fetchall()
    assert [row[0] for row in found] == census.days
    scanned = polars.scan_parquet(census.folder / "users", hive_partitioning=True, glob=True)
    assert scanned.collect().height == con.sql(f"SELECT count(*) FROM read_parquet('{census.folder}/users/*/*.parquet')").fetchall()[0][0]


def test_leading_zeros_and_types(census):
    con = duckdb.connect()
    kinds = dict(
        con.sql(f"SELECT column_name, column_type FROM (DESCRIBE SELECT * FROM '{census.folder}/metrics_daily/data.parquet')").fetchall()
    )
    assert (kinds["date"], kinds["taken_at"], kinds["account_id"]) == ("DATE", "TIMESTAMP WITH TIME ZONE", "VARCHAR")
    assert kinds["people_with_access"] == kinds["gained"] == "BIGINT"
    wrong = con.sql(f"SELECT count(*) FROM read_parquet('{census.folder}/accounts/*/*.parquet') WHERE length(account_id) <> 12").fetchall()
    assert wrong == [(0,)]


def test_metrics_are_sqls_counts(census):
    con = duckdb.connect()
    lake = census.folder
    for date, people, direct, group in con.sql(
        f"SELECT date::varchar, people_with_access, direct_paths, group_paths FROM '{lake}/metrics_daily/data.parquet' WHERE scope = 'organization' ORDER BY 1"
    ).fetchall()[-3:]:
        counted = con.sql(
            f"""SELECT count(DISTINCT user_id), count(*) FILTER (via = 'direct'), count(*) FILTER (via = 'group')
            FROM '{lake}/effective_access_daily/snapshot_date={date}/data.parquet'"""
        ).fetchall()
        assert counted == [(people, direct, group)], date
