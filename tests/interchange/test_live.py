"""Engines read the census and its flat file while collections publish into the census: no side has an error."""

import sqlite3
import threading
import time

import duckdb
import pytest
import sqlalchemy
from duckdb_extensions import import_extension

from conftest import FAST, Census, Served

#: A derived view, a history, and a table of facts.
READ = ["effective_access", "users_history", "snapshots"]
NIGHTS = 2


def by_sqlite3(file):
    with sqlite3.connect(f"file:{file}?mode=ro", uri=True) as connection:
        # All are of one moment.
        connection.execute("BEGIN")
        return [connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in READ]


def by_sqlalchemy(file):
    engine = sqlalchemy.create_engine(f"sqlite:///file:{file}?mode=ro&uri=true", poolclass=sqlalchemy.NullPool)
    # Reports look at the columns first.
    inspected = sqlalchemy.inspect(engine)
    assert {"user_id", "account_id"} <= {column["name"] for column in inspected.get_columns(READ[0])}
    with engine.connect() as connection:
        return [connection.execute(sqlalchemy.text(f"SELECT count(*) FROM {table}")).scalar_one() for table in READ]


def by_duckdb(file):
    with duckdb.connect() as connection:
        import_extension("sqlite", con=connection)
        connection.execute(f"ATTACH '{file}' AS flat (TYPE sqlite, READ_ONLY)")
        connection.execute("BEGIN")
        return [connection.execute(f"SELECT count(*) FROM flat.{table}").fetchone()[0] for table in READ]


class Reader(threading.Thread):
    """Reads a file again and again, until it is told to stop or has an error."""

    def __init__(self, read, file):
        super().__init__(name=f"{read.__name__} of {file.name}", daemon=True)
        self.read, self.file = read, file
        self.stopped = threading.Event()
        #: When each reading began and ended, and what it found.
        self.readings = []
        self.error = None

    def run(self):
        try:
            while not self.stopped.is_set():
                began = time.monotonic()
                found = self.read(self.file)
                self.readings.append((began, time.monotonic(), found))
        except Exception as error:  # noqa: BLE001 (any error is a finding)
            self.error = error

    def stop(self):
        self.stopped.set()
        self.join()
        return self


@pytest.fixture
def live(tmp_path):
    """A census with one snapshot and its flat file, and the organization that is served."""
    served = Served("small")
    try:
        census = Census(tmp_path, served)
        census.done("collect", *FAST)
        census.done("export", "--flat", str(tmp_path / "flat.db"))
        yield census, served, tmp_path / "flat.db"
    finally:
        served.stop()


def test_readers_and_collections_do_not_disturb_each_other(live):
    census, served, flat = live
    readers = [
        *(Reader(read, census.database) for read in (by_sqlite3, by_sqlalchemy)),
        *(Reader(read, flat) for read in (by_sqlite3, by_sqlalchemy, by_duckdb)),
    ]
    for reader in readers:
        reader.start()
    collections = []
    for night in range(1, NIGHTS + 1):
        served.tell(f"day {night}")
        began = time.monotonic()
        census.done("collect", *FAST)
        census.done("export", "--flat", str(flat), "--force")
        collections.append((began, time.monotonic()))
    last = [reader.read(reader.file) for reader in readers]
    for reader, newest in zip(readers, last):
        reader.stop()
        assert reader.error is None, f"{reader.name}: {reader.error!r}"
        for began, ended in collections:
            assert any(since < ended and until > began for since, until, _ in reader.readings), reader.name
        snapshots = [found[2] for _, _, found in reader.readings]
        assert snapshots == sorted(snapshots) and min(snapshots) >= 1, (reader.name, snapshots)
        assert newest[2] == NIGHTS + 1 and min(newest) > 0, (reader.name, newest)
    assert all(found == last[0] for found in last), last


def test_a_reader_keeps_its_moment_while_a_collection_publishes(live):
    census, served, _ = live
    count = "SELECT (SELECT count(*) FROM snapshots), (SELECT count(*) FROM users_history)"
    engine = sqlalchemy.create_engine(f"sqlite:///file:{census.database}?mode=ro&uri=true")
    with sqlite3.connect(f"file:{census.database}?mode=ro", uri=True) as one, engine.connect() as other:
        one.execute("BEGIN")
        other.exec_driver_sql("BEGIN")
        before = one.execute(count).fetchone()
        assert tuple(other.exec_driver_sql(count).one()) == before
        served.tell("day 9")
        census.done("collect", *FAST)
        assert one.execute(count).fetchone() == before
        assert tuple(other.exec_driver_sql(count).one()) == before
        one.rollback()
        other.rollback()
        after = one.execute(count).fetchone()
        assert after[0] == 2 and after[1] > before[1], after
        assert tuple(other.exec_driver_sql(count).one()) == after
