"""The shared fixtures: an organization that the simulator serves, the program's census of it, and hostile names."""

import json
import os
import sqlite3
import subprocess
from pathlib import Path

import boto3
import pytest
from program import Program

#: The simulator has quotas only on request.
FAST = [
    argument
    for service in ["sso-admin", "identitystore", "organizations", "iam", "sts"]
    for argument in ["--rate", f"{service}=100000"]
]


class Served:
    """A simulated organization."""

    def __init__(self, size: str):
        self.process = subprocess.Popen(
            [os.environ["ORGCENSUS_SIMULATE"], size], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self.endpoint = self.process.stdout.readline().strip()
        assert self.endpoint.startswith("http://127.0.0.1:"), self.endpoint

    def tell(self, line: str):
        """Changes the organization that is served."""
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        assert self.process.stdout.readline().strip() == "done"

    def session(self):
        """Returns AWS's own client for it."""
        session = boto3.Session(aws_access_key_id="any", aws_secret_access_key="any", region_name="us-east-1")
        return lambda service: session.client(service, endpoint_url=self.endpoint)

    def stop(self):
        self.process.kill()
        self.process.wait()


class Census(Program):
    """The program with a census of its own."""

    def __init__(self, folder: Path, served: Served | None = None, database: Path | None = None):
        super().__init__(folder)
        self.folder = folder
        self.database = database or self.database
        self.environment |= {
            "AWS_ACCESS_KEY_ID": "any",
            "AWS_SECRET_ACCESS_KEY": "any",
            "AWS_REGION": "us-east-1",
        }
        if served:
            self.environment["AWS_ENDPOINT_URL"] = served.endpoint

    def done(self, *arguments: str):
        """Runs a command that succeeds."""
        ran = self.run(*arguments)
        assert ran.exit_code == 0, ran
        return ran

    def read(self, sql: str) -> list[tuple]:
        """Returns rows of the database file, read without the program."""
        with sqlite3.connect(f"file:{self.database}?mode=ro", uri=True) as connection:
            return connection.execute(sql).fetchall()


@pytest.fixture(scope="session", autouse=True)
def environment():
    """Removes this machine's AWS configuration from the environment."""
    for name in list(os.environ):
        if name.startswith("AWS_") or name.lower().endswith("_proxy"):
            del os.environ[name]
    os.environ |= {"AWS_EC2_METADATA_DISABLED": "true", "AWS_CONFIG_FILE": "/dev/null"}
    # `Program` passes these on.
    os.environ |= {name: "" for name in ["AWS_ENDPOINT_URL", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_REGION"]}


@pytest.fixture(scope="session")
def served(environment):
    """The awkward organization: 25 accounts, with one odd thing of each kind."""
    served = Served("default")
    yield served
    served.stop()


@pytest.fixture(scope="session")
def census(served, tmp_path_factory) -> Census:
    """Its census of two days. Listing is by pairs, so it has the assignments of deleted principals. The second day is
    today.
    """
    census = Census(tmp_path_factory.mktemp("census"), served)
    for day in [0, 3]:
        served.tell(f"day {day}")
        ran = census.run("collect", *FAST, "--assignments", "pairs", "--access-report", "none")
        assert ran.exit_code == 0, ran
    return census


@pytest.fixture(scope="session")
def hostile(census, tmp_path_factory) -> Census:
    """The same census with names that are code in other languages."""
    folder = tmp_path_factory.mktemp("hostile")
    database = folder / "hostile.db"
    database.write_bytes(census.database.read_bytes())
    names = ["=1+1", "+1", "-1", "@SUM(1)", '${aws:x} %{ if a } $${ "q" \\ \n\t', "a,b\"c", "'x", "\u202e\x01é𝄞", "$$", "%%{"]
    with sqlite3.connect(database) as connection:
        for table, key, column in [
            ("users_versions", "user_id", "user_name"),
            ("groups_versions", "group_id", "display_name"),
            ("accounts_versions", "account_id", "name"),
            ("permission_sets_versions", "permission_set_arn", "description"),
        ]:
            keys = [row[0] for row in connection.execute(f"SELECT DISTINCT {key} FROM {table} ORDER BY 1")]
            for place, one in enumerate(keys):
                name = names[place % len(names)] + ("" if place < len(names) else str(place))
                connection.execute(f"UPDATE {table} SET {column} = ? WHERE {key} = ?", (name, one))
    return Census(folder, database=database)


def loads(path: Path):
    """Reads a JSON file."""
    return json.loads(path.read_text())
