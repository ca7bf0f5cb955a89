"""Compares the program with the rule, permission set by permission set. The results must be equal."""


def scopes(rows):
    """Returns the widest scope of an entry's rows, and true if all rows of that scope are conditional."""
    order = ["self", "named", "any"]
    widest = max((row.scope for row in rows), key=order.index)
    return widest, all(row.conditional for row in rows if row.scope == widest)


def differing(cases, hits, census):
    """Returns the differences between the program's result for a case and the rule's."""
    found = census.hits()
    for case in cases:
        ours = {entry: (hit.level, hit.scope, hit.conditional) for entry, hit in hits[case.name].items()}
        theirs = {
            entry: (next(iter({row.level for row in rows})), *scopes(rows)) for entry, rows in found[case.name].items()
        }
        for entry in sorted(ours.keys() | theirs.keys()):
            if ours.get(entry) != theirs.get(entry):
                yield f"{case.name}: {entry} is {theirs.get(entry)}, by the rule {ours.get(entry)}"


def test_program_follows_the_rule(cases, hits, census):
    found = list(differing(cases, hits, census))
    assert not found, f"{len(found)} differences:\n" + "\n".join(found[:50])


def test_program_calls_privileged_what_is(cases, census):
    privileged = census.privileged()
    assert [case.name for case in cases if case.privileged not in (None, case.name in privileged)] == []
