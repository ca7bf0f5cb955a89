"""Runs the program under test as a user would: its command line, its output, its exit code."""

import json
import os
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

#: A run that takes longer than this counts as hung.
SECONDS_AT_MOST = 180

#: moto has no quotas, so pacing by those of AWS would only cost time.
FAST = [
    argument
    for service in ["sso-admin", "identitystore", "organizations", "iam"]
    for argument in ["--rate", f"{service}=500"]
]


@dataclass
class Ran:
    """One finished run."""

    command: list[str]
    exit_code: int
    output: str
    words: str
    seconds: float

    def __str__(self):
        words = self.words.strip()
        return f"`{' '.join(self.command)}` exited with {self.exit_code} after {self.seconds:.1f} s, saying:\n{words}"


class Program:
    """The program with a database of its own."""

    def __init__(self, folder: Path):
        self.binary = os.environ["ORGCENSUS_BIN"]
        self.database = folder / "census.db"
        kept = ["AWS_ENDPOINT_URL", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_REGION"]
        self.environment = {name: os.environ[name] for name in kept} | {
            "AWS_EC2_METADATA_DISABLED": "true",
            "HOME": str(folder),
            "PATH": os.environ["PATH"],
        }

    def run(self, *arguments: str) -> Ran:
        """Runs one command; fails if it hangs or panics."""
        command = [self.binary, "--db", str(self.database), *arguments]
        begun = time.monotonic()
        try:
            ended = subprocess.run(
                command,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                timeout=SECONDS_AT_MOST,
            )
        except subprocess.TimeoutExpired as hung:
            said = (hung.stderr or b"").decode(errors="replace")
            raise AssertionError(f"{command} was still running after {SECONDS_AT_MOST} s, having said:\n{said}") from None
        ran = Ran(command, ended.returncode, ended.stdout, ended.stderr, time.monotonic() - begun)
        for trace in ["panicked at", "RUST_BACKTRACE", "stack backtrace"]:
            assert trace not in ran.words + ran.output, f"the program crashed: {ran}"
        return ran

    def collect(self, *arguments: str) -> Ran:
        """Takes a snapshot without pacing."""
        return self.run("collect", *FAST, *arguments)

    def query(self, sql: str, *arguments: str) -> list[dict]:
        """Returns the rows of a query's result."""
        ran = self.run("query", sql, "--format", "json", *arguments)
        assert ran.exit_code == 0, ran
        return json.loads(ran.output)

    def diff(self) -> dict:
        """Returns the changes between the last two snapshots."""
        ran = self.run("diff", "--format", "json")
        assert ran.exit_code == 0, ran
        return json.loads(ran.output)
