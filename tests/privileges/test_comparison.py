"""Compares the rule with the findings of other packages. Every difference is known, by policy, with its reason."""

import comparison
import tools


def test_differences_are_known(tallies):
    print("compared:", *tallies, sep="\n")
    found = {difference for tally in tallies for difference in tally.differences()}
    known = comparison.known()
    new, gone = sorted(found - known.keys()), sorted(known.keys() - found)
    assert not new, "not in differences.tsv:\n" + "\n".join(map(str, new))
    assert not gone, "no longer there, but in differences.tsv:\n" + "\n".join(map(str, gone))


def test_reasons_are_of_the_list():
    text = comparison.KNOWN.read_text()
    for difference, reason in comparison.known().items():
        assert f"\n# {reason} " in text, difference


def test_nothing_of_awss_is_missed_unseen(tallies):
    """The rule finds what others find in AWS's own policies, or the policy allows the method on no resource it applies to."""
    missed = [
        one
        for tally in tallies
        for one in tally.differences()
        if one.what == "missed" and one.policy.startswith("aws/")
    ]
    assert {comparison.known()[one] for one in missed} == {"other-kind"}


def test_parliament_is_asked_right(cases):
    """The auditor that is asked for single actions finds what parliament's own entry point finds, where that audits a
    policy.
    """
    few = [case for case in cases if case.name.startswith(("condition/", "pass/", "self/"))]
    whole = {case.name: tools.whole_parliament(case.policy) for case in few}
    audited = {case.name: tools.parliament(case.policy) for case in few if whole[case.name] is not None}
    assert len(audited) > 20 and audited == {name: whole[name] for name in audited}
