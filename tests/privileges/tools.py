"""The findings of other packages in a policy, as methods of their own lists: sets of actions in lower case."""

import contextlib
import io
import json
import logging

import jsoncfg
from cloudsplaining.scan.policy_document import PolicyDocument
from parliament import analyze_policy_string
from parliament.community_auditors import privilege_escalation
from parliament.misc import make_list
from parliament.policy import Policy
from parliament.statement import Statement
from policy_sentry.analysis.expand import determine_actions_to_expand

from catalogues import cloudsplaining as cloudsplaining_list
from rule import LIST, as_list

logging.disable(logging.CRITICAL)


class Unread(Exception):
    """Raised when the package cannot read the policy."""


@contextlib.contextmanager
def quietly():
    """Hides the package's output, and distinguishes its failures from those of this code."""
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            yield
    except Exception as failure:
        raise Unread(f"{type(failure).__name__}: {failure}") from failure


def cloudsplaining(policy):
    """Finds the actions that are allowed on `*` and without condition."""
    with quietly():
        found = PolicyDocument(policy).allows_privilege_escalation
    return {frozenset(one["actions"]) for one in found}


class Audited(Policy):
    """A policy as parliament's auditor of privilege escalation sees it.

    By itself parliament does not audit a policy in which it does not know an action or a condition, and asks for every
    action that is allowed, which takes minutes for some: here the auditor is asked about the few that it looks at.
    """

    def __init__(self, policy):
        super().__init__(jsoncfg.loads_config(json.dumps(policy)))
        self.statements = [Statement(one) for one in make_list(self.policy_json["Statement"])]

    def get_allowed_actions(self):
        # Like parliament itself, it takes actions from Action elements only.
        naming = [statement for statement in self.statements if "Action" in statement.stmt]
        for service, action in (one.split(":") for one in PARLIAMENT_ACTIONS):
            named = any(statement.in_actions(service, action) for statement in naming)
            if named and self.get_allowed_resources(service, action):
                yield f"{service}:{action}"


class Everything(Policy):
    """A policy that allows every action. Its findings are the actions that the auditor looks for."""

    def __init__(self):
        super().__init__(None)

    def get_allowed_actions(self):
        return EVERY_ACTION


def audit(policy):
    """Returns the findings of parliament's auditor."""
    privilege_escalation.audit(policy)
    return {frozenset(one.location["actions"]) for one in policy.findings if one.issue == "PRIVILEGE_ESCALATION"}


def parliament(policy):
    """Finds the actions that are allowed on any resource, under any condition."""
    with quietly():
        return audit(Audited(policy))


def whole_parliament(policy):
    """Finds the same with parliament's own entry point; None if that does not audit the policy."""
    with quietly():
        read = analyze_policy_string(json.dumps(policy), include_community_auditors=True)
    found = {frozenset(one.location["actions"]) for one in read.findings if one.issue == "PRIVILEGE_ESCALATION"}
    return found if read.is_valid else None


def policy_sentry(policy):
    """Finds which entries of our list are allowed, wildcards expanded by its list of actions.

    It knows no statements, so those are put together here: what is allowed and not denied outright.
    """
    allowed, denied = set(), set()
    for statement in as_list(policy["Statement"]):
        with quietly():
            named = determine_actions_to_expand(as_list(statement.get("Action", statement.get("NotAction"))))
        named = {action.lower() for action in named}
        actions = named if "Action" in statement else EVERY_ACTION - named
        if statement["Effect"] == "Allow":
            allowed |= actions
        elif "*" in as_list(statement.get("Resource")) and not statement.get("Condition"):
            denied |= actions
    return {method for method in OUR_METHODS if method <= allowed - denied}


SPELLED = {action.lower(): action for action in determine_actions_to_expand(["*"])}
EVERY_ACTION = set(SPELLED)
OUR_METHODS = {frozenset(action.lower() for action in entry["actions"]) for entry in LIST["entries"]}
PARLIAMENT_METHODS = audit(Everything())
PARLIAMENT_ACTIONS = sorted({SPELLED[action] for method in PARLIAMENT_METHODS for action in method})

#: By name: the function that finds, the actions that it looks for, and true if it finds only what `*` without condition
#: allows.
TOOLS = {
    "cloudsplaining": (cloudsplaining, {frozenset(method) for method in cloudsplaining_list().values()}, True),
    "parliament": (parliament, PARLIAMENT_METHODS, False),
    "policy_sentry": (policy_sentry, OUR_METHODS, False),
}
