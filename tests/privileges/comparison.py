"""Compares the findings of two tools in the same policies, and reads the file of known differences."""

from collections import Counter, defaultdict
from dataclasses import dataclass
from pathlib import Path

from rule import LIST

KNOWN = Path(__file__).parent / "differences.tsv"
METHODS = {entry["id"]: frozenset(action.lower() for action in entry["actions"]) for entry in LIST["entries"]}


#: The maximum number of methods of one policy that are named. More methods are only counted.
NAMED = 6


@dataclass(frozen=True, order=True)
class Difference:
    """A finding of one of two tools in a policy that the other does not have."""

    policy: str
    package: str
    #: `missed`: only the package finds it. `only ours`. `unread`: the package cannot read the policy.
    what: str
    #: The methods, each as its actions; only their number if there are many.
    methods: str

    def __str__(self):
        return "\t".join([self.policy, self.package, self.what, self.methods])


class Tally:
    """The findings of both tools, of the package alone, and of the rule alone."""

    def __init__(self, package, policies):
        self.package, self.policies = package, policies
        self.counts, self.found = Counter(), defaultdict(list)

    def unread(self, policy):
        self.add(policy, "unread", frozenset())

    def compare(self, policy, found, looked_for, ours):
        """Compares one policy: the methods that the package found and looks for, and the entries that we hit.

        A method is found by us if an entry is that needs no more. An entry of ours is asked of the package only if it
        looks for just these actions.
        """
        for method in found:
            if any(METHODS[entry] <= method for entry in ours):
                self.counts["both"] += 1
            else:
                self.add(policy, "missed", method)
        for entry in ours:
            if METHODS[entry] in looked_for and METHODS[entry] not in found:
                self.add(policy, "only ours", METHODS[entry])

    def add(self, policy, what, method):
        self.found[policy, what].append("+".join(sorted(method)))
        self.counts[what] += 1

    def differences(self):
        """Returns the differences by policy."""
        for (policy, what), methods in self.found.items():
            told = " ".join(sorted(methods)) if len(methods) <= NAMED else f"{len(methods)} methods"
            yield Difference(policy, self.package, what, told or "-")

    def __str__(self):
        both, missed, more = (self.counts[what] for what in ["both", "missed", "only ours"])
        return (
            f"{self.package}, {self.policies}: {both} found by both, {missed} missed, {more} only ours, "
            f"{self.counts['unread']} unread; "
            f"recall {share(both, both + missed)}, precision {share(both, both + more)}"
        )


def share(part, whole):
    return f"{part / whole:.3f}" if whole else "-"


def known():
    """Returns the known differences, with the reason for each."""
    rows = [line.split("\t") for line in KNOWN.read_text().splitlines() if line and not line.startswith("#")]
    return {Difference(*row[:4]): row[4] for row in rows}
