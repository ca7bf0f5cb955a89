"""The shared fixtures: the corpus, the results of the rule, and the program's census of the corpus."""

import pytest

import corpus
import rule
import tools
from comparison import Tally


@pytest.fixture(scope="session")
def cases():
    return corpus.cases()


@pytest.fixture(scope="session")
def hits(cases):
    """The results of the rule for each case."""
    return {case.name: rule.hits([case.policy], case.limit) for case in cases}


@pytest.fixture(scope="session")
def census(cases, tmp_path_factory):
    """The program's census of the corpus."""
    # The other checks need no boto3, so that they can run without a server.
    from census import Census

    return Census(tmp_path_factory.mktemp("census"), cases)


@pytest.fixture(scope="session")
def tallies(cases, hits):
    """The findings of each other package, compared with the rule."""
    return [tally for name in tools.TOOLS for tally in compared(name, cases, hits)]


def compared(package, cases, hits):
    """Compares one package with the rule. AWS's own policies are counted apart from the policies that are made to be hard."""
    find, looked_for, strict = tools.TOOLS[package]
    ours, made = Tally(package, "AWS's policies"), Tally(package, "made policies")
    for case in cases:
        if case.boundary:
            continue  # The packages look at one policy at a time.
        tally = ours if case.is_awss else made
        counted = [
            entry
            for entry, hit in hits[case.name].items()
            if not strict or (hit.scope == "any" and not hit.conditional)
        ]
        try:
            tally.compare(case.name, find(case.policy), looked_for, counted)
        except tools.Unread:
            tally.unread(case.name)
    return [ours, made]


def pytest_terminal_summary(terminalreporter):
    """Prints the numbers, whether the checks pass or not."""
    for report in terminalreporter.getreports("passed") + terminalreporter.getreports("failed"):
        for name, text in report.sections:
            if name == "Captured stdout call" and text.startswith("compared:"):
                terminalreporter.write(text.removeprefix("compared:\n"))
