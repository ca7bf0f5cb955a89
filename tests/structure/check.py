#!/usr/bin/env python3
"""Counts where the program names a resource or a kind of facts, matches one without naming all, or imports in a circle.

A resource is declared in `src/model`; what else has to name one says why in `reasons.txt`, a line for each file:
the path, the number of names, and the reason. The check fails where a file has more names than that, where
a match over resources or entities has an arm for "all others" (`others.txt` names the files that still do), and where
modules import each other in a circle that `circles.txt` does not name.

    tests/structure/check.py            the check
    tests/structure/check.py --list     every name, with its line
"""

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "src"
HERE = Path(__file__).resolve().parent
# The folders that declare resources, and that simulate AWS.
OUTSIDE = ("model", "simulator")


def program_files():
    """Returns the Rust files of the program, without its tests."""
    for path in sorted(SOURCE.rglob("*.rs")):
        parts = path.relative_to(SOURCE).parts
        if "tests" in parts or path.name in ("tests.rs", "testing.rs"):
            continue
        yield path


def code(path):
    """Returns the lines of a file, with unit tests and comments blanked."""
    lines = path.read_text().splitlines()
    for number, line in enumerate(lines):
        # Unit tests are the last part of a file.
        if line.strip() == "#[cfg(test)]" and lines[number + 1 : number + 2] and lines[number + 1].startswith("mod ") and lines[number + 1].endswith("{"):
            lines = lines[:number]
            break
    return [re.sub(r"(^|\s)//.*$", "", line) for line in lines]


def declared():
    """Returns the resources: struct and table name of each."""
    found = {}
    for path in sorted((SOURCE / "model").glob("*.rs")):
        for struct, name in re.findall(r"^    pub struct (\w+) in \"(\w+)\" \{", path.read_text(), re.M):
            found[struct] = name
    return found


def names_in(line, resources):
    """Returns the resources that a line names: as a string, in SQL, or by their struct."""
    found = []
    for struct, name in resources.items():
        sql = rf"\b(?:FROM|JOIN|INTO|UPDATE|TABLE|AS x FROM)\s+(?:main\.|temp\.)?\"?{name}(?:_versions|_history|_changes|_by_snapshot)?\b"
        string = rf"\"{name}(?:_versions|_history|_changes|_by_snapshot)?\""
        kind = rf"(?<!::)\b{struct}(?:::SPEC|>\(\)|\s*\{{\s*\w+[:,])"
        for pattern in (string, sql, kind):
            found += [name] * len(re.findall(pattern, line))
    return found


def resource_names():
    """Yields every name of a resource in files that need a reason for it: (path, line number, name, line)."""
    resources = declared()
    assert len(resources) > 10, "the declarations are found"
    for path in program_files():
        relative = path.relative_to(SOURCE)
        if relative.parts[0] in OUTSIDE:
            continue
        for number, line in enumerate(code(path), 1):
            for name in names_in(line, resources):
                yield f"src/{relative}", number, name, line.strip()


def others_arms():
    """Yields arms for "all others" in a match over entities or resources."""
    for path in program_files():
        if path.relative_to(SOURCE).parts[0] in OUTSIDE:
            continue
        lines = code(path)
        stack = []
        for number, line in enumerate(lines, 1):
            indent = len(line) - len(line.lstrip())
            while stack and line.strip() and indent <= stack[-1][0]:
                stack.pop()
            if re.search(r"\bmatch\b.*\{\s*$", line):
                stack.append([indent, False])
            elif stack and indent == stack[-1][0] + 4:
                # An arm of the innermost match.
                arm = line.split("=>")[0]
                if re.search(r"\bEntity::\w+|^\s*\"(?:%s)\"" % "|".join(declared().values()), arm):
                    stack[-1][1] = True
                elif stack[-1][1] and re.match(r"\s*_\s*=>", line):
                    yield f"src/{path.relative_to(SOURCE)}", number


def module_of(path):
    parts = list(path.relative_to(SOURCE).with_suffix("").parts)
    if parts[-1] in ("mod", "lib", "main"):
        parts.pop()
    return tuple(parts)


def imports():
    """Returns for each module the modules of the program whose names it imports."""
    modules = {module_of(path): path for path in program_files()}
    graph = {}
    for module, path in modules.items():
        wanted = set()
        text = "\n".join(code(path))
        for use in re.findall(r"^\s*(?:pub(?:\([^)]*\))? )?use ((?:crate|super|self)::[^;]+);", text, re.M):
            for target in flattened(re.sub(r"\s+", " ", use)):
                steps = target.split("::")
                base = list(module)
                if steps[0] == "crate":
                    base, steps = [], steps[1:]
                elif steps[0] == "self":
                    steps = steps[1:]
                else:
                    while steps and steps[0] == "super":
                        base, steps = base[:-1], steps[1:]
                while steps and tuple(base + steps[:1]) in modules:
                    base.append(steps.pop(0))
                found = tuple(base)
                # A parent that names its children, and children that use their parent, count as one module in two
                # files.
                if found in modules and found != module and found[: len(module)] != module and module[: len(found)] != found:
                    wanted.add(found)
        graph[module] = wanted
    return graph


def flattened(use):
    """Returns `a::{b, c::d}` as `a::b` and `a::c::d`."""
    if "{" not in use:
        return [use.split(" as ")[0].strip()]
    head, _, rest = use.partition("{")
    inner, depth, part, parts = rest.rsplit("}", 1)[0], 0, "", []
    for one in inner:
        depth += {"{": 1, "}": -1}.get(one, 0)
        if one == "," and depth == 0:
            parts.append(part)
            part = ""
        else:
            part += one
    parts.append(part)
    return [path for part in parts if part.strip() for path in flattened(head + part.strip())]


def circles():
    """Returns the sets of modules that import each other, directly or indirectly (Tarjan)."""
    graph, index, low, stack, on_stack, found = imports(), {}, {}, [], set(), []

    def visit(module):
        index[module] = low[module] = len(index)
        stack.append(module)
        on_stack.add(module)
        for other in graph.get(module, ()):
            if other not in index:
                visit(other)
                low[module] = min(low[module], low[other])
            elif other in on_stack:
                low[module] = min(low[module], index[other])
        if low[module] == index[module]:
            circle = []
            while True:
                last = stack.pop()
                on_stack.discard(last)
                circle.append("::".join(last))
                if last == module:
                    break
            if len(circle) > 1:
                found.append(sorted(circle))

    sys.setrecursionlimit(10_000)
    for module in graph:
        if module not in index:
            visit(module)
    return sorted(found)


def reasons():
    """Returns for each path the number of names that it may have."""
    allowed = {}
    for line in (HERE / "reasons.txt").read_text().splitlines():
        if line.strip() and not line.startswith("#"):
            path, number, reason = line.split(None, 2)
            assert reason.strip(), f"{path} has no reason"
            allowed[path] = int(number)
    return allowed


def main():
    found = list(resource_names())
    if "--list" in sys.argv:
        for path, number, name, line in found:
            print(f"{path}:{number}: {name}: {line}")
    counts = {}
    for path, *_ in found:
        counts[path] = counts.get(path, 0) + 1
    allowed, failed = reasons(), False
    for path in sorted(counts.keys() | allowed.keys()):
        if counts.get(path, 0) != allowed.get(path, 0):
            print(f"{path} names resources {counts.get(path, 0)} times, and reasons.txt says {allowed.get(path, 0)}")
            failed |= counts.get(path, 0) > allowed.get(path, 0)
    arms = list(others_arms())
    others = {line.strip() for line in (HERE / "others.txt").read_text().splitlines() if not line.startswith("#")}
    for path, number in arms:
        if path not in others:
            print(f"{path}:{number}: an arm for all other resources or entities")
            failed = True
    known = [set(line.split()) for line in (HERE / "circles.txt").read_text().splitlines() if not line.startswith("#")]
    around = circles()
    for circle in around:
        if not any(set(circle) <= one for one in known):
            print(f"these import each other: {' '.join(circle)}")
            failed = True
    print(
        f"{len(found)} names of resources in {len(counts)} files, "
        f"{len(arms)} arms for all others, {len(around)} import circles"
    )
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
