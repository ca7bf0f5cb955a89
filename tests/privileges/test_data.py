"""Checks the two data files: their sources, that the list covers the published catalogues, and that it cites them."""

import json
from collections import Counter

import pytest

import dataset
from catalogues import published
from comparison import METHODS
from rule import LIST

ENTRIES = LIST["entries"]


def test_actions_are_the_packages():
    assert dataset.ACTIONS.read_text() == dataset.actions_text(), "run tests/privileges/refresh-actions"


def test_resources_are_the_packages():
    assert dataset.ESCALATIONS.read_text() == dataset.escalations_text(LIST), "run tests/privileges/refresh-actions"


def test_actions_are_many():
    stored = json.loads(dataset.ACTIONS.read_text())
    services = stored["services"]
    assert len(services) > 400 and sum(map(len, services.values())) > 20_000
    assert services["iam"]["PutRolePolicy"] == "permissions" and services["s3"]["GetObject"] == "read"
    assert set(Counter(level for actions in services.values() for level in actions.values())) == set(
        dataset.LEVELS.values()
    )
    assert stored["licence"] == dataset.LICENCE
    assert dataset.ACTIONS.stat().st_size < 1_500_000


def test_every_published_method_is_reached():
    missing = [
        (catalogue, name)
        for catalogue, name, method in published()
        if not any(ours <= method for ours in METHODS.values())
    ]
    assert not missing


def test_sources_published_it():
    """An entry cites a catalogue only if that has the same method, or one that needs more actions."""
    catalogues = {catalogue for catalogue, _, _ in published()}
    for entry in ENTRIES:
        for source in entry["sources"]:
            assert source["url"].startswith("https://")
            if source["name"] in catalogues:
                methods = [method for catalogue, _, method in published() if catalogue == source["name"]]
                assert any(METHODS[entry["id"]] <= method for method in methods), (entry["id"], source["name"])
            else:
                assert source["name"] == "AWS documentation" and source["url"].startswith(
                    "https://docs.aws.amazon.com/"
                )


def test_no_entry_contains_another():
    assert not [(one, other) for one in METHODS for other in METHODS if one != other and METHODS[one] <= METHODS[other]]


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry["id"])
def test_entry_is_whole(entry):
    assert list(entry) == ["id", "name", "level", "actions", "sources"]
    assert entry["level"] in ("administrator", "escalation") and entry["sources"]
    assert entry["name"][0].isupper() and not entry["name"].endswith(".")
    assert all("*" not in action and "?" not in action for action in entry["actions"])


def test_entries_are_told_apart():
    assert len({entry["id"] for entry in ENTRIES}) == len({entry["name"] for entry in ENTRIES}) == len(ENTRIES)


def test_actions_exist():
    """Every action exists in AWS with this spelling. CodeStar, closed in 2024, still occurs in old policies."""
    services = json.loads(dataset.ACTIONS.read_text())["services"]
    for action in LIST["resources"]:
        service, name = action.split(":")
        assert service == "codestar" or name in services[service], action
