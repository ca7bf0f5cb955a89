"""The engines that can run here, each with the tables and views that `export --ddl` declares."""

import os
import re

import duckdb

from values import of_engine


class DuckDB:
    name = "duckdb"

    def __init__(self, folder):
        self.con = duckdb.connect()

    def run(self, sql):
        self.con.execute(sql)

    def ask(self, sql):
        """Returns the names of the columns, and the rows."""
        found = self.con.execute(sql)
        return [column[0] for column in found.description], [[of_engine(value) for value in row] for row in found.fetchall()]

    def replace(self, name, select):
        """Creates a view with this name, even if the name is taken."""
        self.run(f"CREATE OR REPLACE VIEW {self.quoted(name)} AS {select}")

    def quoted(self, name):
        return f'"{name}"'

    def location(self, folder):
        return str(folder)


class Spark:
    """One session for all tests, because a process cannot have a second one."""

    name = "spark"
    session = None

    def __init__(self, folder):
        if Spark.session is None:
            os.environ["SPARK_LOCAL_IP"] = "127.0.0.1"
            from pyspark.sql import SparkSession

            settings = {
                "spark.ui.enabled": "false",
                "spark.driver.bindAddress": "127.0.0.1",
                "spark.driver.host": "127.0.0.1",
                "spark.driver.memory": "2g",
                "spark.sql.catalogImplementation": "in-memory",
                "spark.sql.session.timeZone": "UTC",
                "spark.sql.shuffle.partitions": "1",
                "spark.sql.warehouse.dir": str(folder),
            }
            builder = SparkSession.builder.master("local[1]")
            for key, value in settings.items():
                builder = builder.config(key, value)
            Spark.session = builder.getOrCreate()
            Spark.session.sparkContext.setLogLevel("OFF")
        database = re.sub(r"\W", "_", str(folder))
        self.session.sql(f"CREATE DATABASE IF NOT EXISTS {database}")
        self.session.sql(f"USE {database}")

    def run(self, sql):
        self.session.sql(sql)

    def ask(self, sql):
        found = self.session.sql(sql)
        return found.columns, [[of_engine(value) for value in row] for row in found.collect()]

    def replace(self, name, select):
        """Creates a view with this name, even if the name is taken. A table keeps its files."""
        if self.session.catalog.getTable(name).tableType != "VIEW":
            self.run(f"DROP TABLE {self.quoted(name)}")
        self.run(f"CREATE OR REPLACE VIEW {self.quoted(name)} AS {select}")

    def quoted(self, name):
        return f"`{name}`"

    def location(self, folder):
        return f"file://{folder}"


def statements(census, engine, location):
    """Returns the statements of `export --ddl` for the engine, one by one. A statement that is only a comment fails the
    test.
    """
    printed = census.run("export", "--ddl", engine, "--location", location, "--daily", "--all-columns")
    assert "is left out" not in printed
    return [statement for statement in printed.split(";\n") if statement.strip()]


def database(engine, census, scratch):
    """Returns the engine with all tables and views of the export, and the names of the queries that are views."""
    made, queries = engine(scratch), []
    for statement in statements(census, made.name, made.location(census.folder)):
        made.run(statement)
        query = re.match(r"\s*CREATE OR REPLACE VIEW .query_(\w+)", statement)
        if query:
            queries.append(query[1].replace("_", "-"))
    return made, queries


def go_back(made, census, date):
    """Switches to a past day, at which the tables of one snapshot are those of the day."""
    for table, entry in census.manifest["tables"].items():
        if table != "metrics_daily" and any("/snapshot_date=" in path for path in entry["files"]):
            base = table.removesuffix("_daily")
            made.replace(base, f"SELECT * FROM {made.quoted(base + '_daily')} WHERE snapshot_date = DATE '{date}'")
    made.replace(
        "answering_snapshot",
        f"SELECT s.* FROM snapshots AS s JOIN dates AS d ON d.snapshot_id = s.snapshot_id WHERE d.date = DATE '{date}'",
    )
