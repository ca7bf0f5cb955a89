"""Checks the rule against the known results of the made policies and of some of AWS's, and boundaries, which moto lacks."""

import pytest

import corpus
from policies import MFA, USER, allow, deny
from rule import hits


def told(found, expected):
    """Decides whether an entry is among the hits, as `id`, `id@scope` or `id@scope?`."""
    entry, _, scope = expected.partition("@")
    hit = found.get(entry)
    return hit is not None and (not scope or (hit.scope + "?" * hit.conditional) == scope)


@pytest.mark.parametrize("case", corpus.cases(), ids=lambda case: case.name)
def test_case(case, hits):
    found = hits[case.name]
    privileged = any(hit.level == "administrator" and hit.scope == "any" for hit in found.values())
    assert case.privileged in (None, privileged)
    assert [entry for entry in case.allows if not told(found, entry)] == []
    assert [entry for entry in case.lacks if entry in found] == []
    assert not (case.nothing and found)


def test_corpus_is_large(cases):
    assert len(cases) >= 300 and sum(case.is_awss for case in cases) >= 100
    assert len({case.name for case in cases}) == len(cases)


def policy(*statements):
    return {"Version": "2012-10-17", "Statement": list(statements)}


EVERYTHING = [policy(allow("*"))]


def test_boundary_takes_away():
    found = hits(EVERYTHING, [policy(allow("s3:*"))])
    assert found == {}


def test_boundary_gives_nothing():
    assert hits([policy(allow("s3:*"))], EVERYTHING) == {}


def test_boundary_limits_the_scope():
    found = hits(EVERYTHING, [policy(allow("iam:CreateAccessKey", f"{USER}/app"))])
    assert set(found) == {"iam-create-access-key"} and found["iam-create-access-key"].scope == "named"


def test_boundary_denies():
    found = hits(EVERYTHING, [policy(allow("*"), deny("iam:*"))])
    assert "iam-create-access-key" not in found and "sso-create-account-assignment" in found


def test_boundary_is_conditional():
    found = hits(EVERYTHING, [policy(allow("iam:CreateAccessKey", Condition=MFA))])
    assert found["iam-create-access-key"].conditional


def test_policies_add_up():
    found = hits([policy(allow("iam:PassRole")), policy(allow("ec2:RunInstances"))])
    assert set(found) == {"pass-role-to-ec2-instance"}


def test_deny_of_another_policy():
    assert hits([policy(allow("iam:CreateAccessKey")), policy(deny("iam:*"))]) == {}
