#!/usr/bin/env python3
"""Writes the table of times in docs/questions.md from benches/results/queries.json and filters.json.

    cargo bench --bench reading -- queries filters && benches/questions.py
"""

import json
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "questions.md"
HEAD = "| query | now | past | rows | slowest filter | now | past |\n| --- | --- | --- | --- | --- | --- | --- |\n"


def lines(name):
    """Returns the figures by subject: milliseconds now, milliseconds on the first day, and rows."""
    parts = json.loads((ROOT / "benches" / "results" / f"{name}.json").read_text())
    [part] = [part for key, part in parts.items() if key != "about"]
    return {line["name"]: (line["values"][0], line["values"][2], line["values"][4]) for line in part["lines"]}


def with_filters():
    """Returns the time of each query and filter, including the count of rows that may belong to the result."""
    taken = {}
    for name, (now, past, _) in lines("filters").items():
        query, option = name.removesuffix(", unknown").split(" ", 1)
        of_query = taken.setdefault(query, {})
        before = of_query.get(option, (0, 0))
        of_query[option] = (before[0] + now, before[1] + past)
    return taken


def ms(value):
    return f"{value:.1f}" if value < 10 else f"{value:,.0f}"


def main():
    filters, rows = with_filters(), []
    for query, (now, past, count) in sorted(lines("queries").items()):
        option, slowest = max(filters.get(query, {"": (0, 0)}).items(), key=lambda one: max(one[1]))
        times = [f"`{option}`", ms(slowest[0]), ms(slowest[1])] if option else ["", "", ""]
        rows.append(" | ".join(["| `" + query + "`", ms(now), ms(past), f"{count:,.0f}", *times]) + " |\n")
    text = PAGE.read_text()
    text, found = re.subn(r"\| query \| now \| past .*?\n(?=\n|\Z)", HEAD + "".join(rows), text, count=1, flags=re.S)
    assert found, "the page has a table of times"
    PAGE.write_text(text)


main()
