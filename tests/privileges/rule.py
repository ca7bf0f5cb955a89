"""The rule of docs/privileges.md once more, written apart from the program and compared with it.

A policy here is its JSON, already parsed. Nothing is looked up in AWS: service control policies, trust policies and
what exists in an account are not weighed.
"""

import json
import re
from dataclasses import dataclass
from functools import cache, cached_property

from dataset import ESCALATIONS

LIST = json.loads(ESCALATIONS.read_text())

#: From the narrowest to the widest: the own user, named resources, every resource.
SCOPES = ["self", "named", "any"]

#: Variables for the user itself in a resource.
OWN = ("${aws:username}", "${aws:userid}")

#: Services whose actions have an effect only in the account that manages Identity Center or the organization. A
#: statement that names these services is meant for that account. A statement that allows everything except others is
#: not.
OF_ONE_ACCOUNT = ("sso:", "sso-directory:", "identitystore:", "organizations:")

#: A sixth field of an ARN that no pattern contains by chance. A pattern that matches it matches every resource of its
#: kind.
ANYTHING = "x7q"


@dataclass(frozen=True, order=True)
class Grant:
    """The extent to which one statement allows one action, ordered by scope, then by condition, then by name."""

    scope: int
    unconditional: bool
    #: True if an Action names it; false if a NotAction leaves it.
    named: bool


@dataclass(frozen=True)
class Hit:
    """An entry of the list that several policies allow together."""

    id: str
    level: str
    scope: str
    conditional: bool


def hits(policies, boundary=None):
    """Returns the entries that policies allow together. A boundary, a list of policies, can only take permissions away."""
    allowed, limit = Allowed(policies), Allowed(boundary) if boundary is not None else None
    found = {}
    for entry in LIST["entries"]:
        grants = [allowed.grant(action) for action in entry["actions"]]
        if limit is not None:
            limits = [limit.grant(action) for action in entry["actions"]]
            grants = [narrowest(grant, bound) for grant, bound in zip(grants, limits, strict=True)]
        if None not in grants:
            found[entry["id"]] = hit(entry, grants)
    return found


def hit(entry, grants):
    """Returns the hit of an entry whose actions are all allowed.

    Who may pass any role loses nothing where the function that the role is passed to has to have a certain name.
    """
    granted = list(zip(entry["actions"], grants, strict=True))
    limiting = [grant for action, grant in granted if action == "iam:PassRole"] or grants
    scope = min(grant.scope for grant in limiting)
    conditional = not all(grant.unconditional for grant in grants)
    left_over = any(action.startswith(OF_ONE_ACCOUNT) and not grant.named for action, grant in granted)
    return Hit(entry["id"], "escalation" if left_over else entry["level"], SCOPES[scope], conditional)


def narrowest(grant, bound):
    """Returns the part of a grant that a boundary leaves."""
    if grant is None or bound is None:
        return None
    return Grant(min(grant.scope, bound.scope), grant.unconditional and bound.unconditional, grant.named)


class Allowed:
    """The permissions of several policies together."""

    def __init__(self, policies):
        statements = [Statement(one) for policy in policies for one in as_list(policy.get("Statement"))]
        self.allows = [statement for statement in statements if statement.effect == "Allow"]
        self.denies = [statement for statement in statements if statement.denies_outright]

    @cache
    def grant(self, action):
        """Returns the widest grant of an action, or None."""
        if any(statement.is_about(action) for statement in self.denies):
            return None
        found = [statement.grant(action) for statement in self.allows if statement.is_about(action)]
        return max((grant for grant in found if grant is not None), default=None)


class Statement:
    """One statement of a policy."""

    def __init__(self, statement):
        self.effect = statement.get("Effect")
        self.condition = statement.get("Condition") or None
        self.action, self.not_action = (expression(statement, name) for name in ["Action", "NotAction"])
        self.resource, self.not_resource = (patterns(statement, name) for name in ["Resource", "NotResource"])

    @cached_property
    def denies_outright(self):
        """Returns true for a Deny without exception: without condition, and on every resource."""
        return self.effect == "Deny" and not self.condition and "*" in (self.resource or [])

    def is_about(self, action):
        """Decides whether the statement matches an action."""
        if self.action is not None:
            return self.action.fullmatch(action) is not None
        return self.not_action is not None and self.not_action.fullmatch(action) is None

    def grant(self, action):
        """Returns the grant of the statement for an action that it matches; None if none of its resources fits."""
        scope = self.scope(LIST["resources"][action])
        return None if scope is None else Grant(SCOPES.index(scope), not self.condition, self.action is not None)

    def scope(self, kinds):
        """Returns the scope of the statement for an action that applies to these kinds of resource."""
        if self.not_resource is not None:
            left = [kind for kind in kinds if not any(covers(pattern, kind) for pattern in self.not_resource)]
            return "any" if left else None
        if "*" in (self.resource or []):
            return "any"
        fitting = {kind: [pattern for pattern in self.resource or [] if overlaps(pattern, kind)] for kind in kinds}
        fitting = {kind: fit for kind, fit in fitting.items() if fit}
        if not fitting:
            return None
        limited = [fit for kind, fit in fitting.items() if not any(covers(pattern, kind) for pattern in fit)]
        if not limited:
            return "any"
        own = all(any(one in pattern.lower() for one in OWN) for fit in limited for pattern in fit)
        return "self" if own else "named"


def patterns(statement, name):
    """Returns the patterns of an element, or None where the statement has none."""
    return as_list(statement[name]) if name in statement else None


def as_list(value):
    return value if isinstance(value, list) else [] if value is None else [value]


def expression(statement, name):
    """Returns the strings that match by IAM's rules for actions: `*` and `?` are wildcards, and case is ignored."""
    found = patterns(statement, name)
    return None if found is None else re.compile("|".join(map(glob, found)) or "(?!)", re.IGNORECASE | re.DOTALL)


def glob(pattern):
    return "".join(".*" if one == "*" else "." if one == "?" else re.escape(one) for one in pattern)


def fields(arn):
    """Returns the six fields of an ARN; those that a pattern leaves out are wildcards.

    In small letters: AWS's own policies spell kinds of resource in both ways (`stateMachine`, `statemachine`).
    """
    parts = arn.lower().split(":", 5)
    return parts + ["*"] * (6 - len(parts))


@cache
def covers(pattern, kind):
    """Decides whether a pattern matches every resource of a kind, in every partition, Region and account."""
    ours, theirs = fields(pattern), fields(kind)
    service = re.fullmatch(glob(ours[2]), theirs[2]) is not None
    return service and re.fullmatch(glob(ours[5]), theirs[5].replace("*", ANYTHING)) is not None


@cache
def overlaps(pattern, kind):
    """Decides whether a resource of a kind exists that a pattern matches."""
    return all(intersect(one, other) for one, other in zip(fields(pattern), fields(kind), strict=True))


@cache
def intersect(one, other):
    """Decides whether a text exists that both patterns match."""
    if not one or not other:
        return not (one or other).replace("*", "")
    if one[0] == "*":
        return intersect(one[1:], other) or (
            intersect(one, other[1:]) if other[0] != "*" else intersect(one, other[1:])
        )
    if other[0] == "*":
        return intersect(other, one)
    return (one[0] == other[0] or "?" in (one[0], other[0])) and intersect(one[1:], other[1:])
