"""Compares the rows of a table with the rows that AWS's own client lists, cell by cell."""

import json
import re
from datetime import datetime, timedelta


class Moment:
    """A time that AWS sent: stored as RFC 3339 in UTC, with milliseconds only where there are some.

    AWS sends times as floating-point seconds, whose last digits two readers may round differently: half a
    millisecond either way is the same moment.
    """

    SHAPE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{3})?Z")

    def __init__(self, time: datetime):
        self.time = time

    def __eq__(self, cell):
        if not isinstance(cell, str) or not self.SHAPE.fullmatch(cell) or cell.endswith(".000Z"):
            return False
        return abs(datetime.fromisoformat(cell.replace("Z", "+00:00")) - self.time) <= timedelta(milliseconds=0.6)

    def __repr__(self):
        return f"the moment {self.time.isoformat()}"


class Json:
    """A JSON value, such as a multi-valued attribute, in AWS's spelling."""

    def __init__(self, value):
        self.value = value

    def __eq__(self, cell):
        # `query` writes JSON, `diff` the text of the column.
        return (json.loads(cell) if isinstance(cell, str) else cell) == self.value

    def __repr__(self):
        return f"the JSON {json.dumps(self.value, default=repr)}"


# Columns of the views that are derived from other columns.
DERIVED = ["document_id", "actor_policy_id", "trust_policy_id"]
# Columns that AWS changes without giving the row a new meaning. They make no change, and only the newest value is
# stored.
VOLATILE = {
    "users": {"updated_at", "updated_by", "revision"},
    "groups": {"updated_at", "updated_by", "revision"},
    "group_memberships": {"updated_at", "updated_by"},
    "iam_policies": {"attachment_count", "boundary_usage_count"},
    "managed_policies": {"attachment_count", "boundary_usage_count", "is_attachable", "tags"},
}


def keyed(rows: list[dict], key: list[str]) -> dict[tuple, dict]:
    """Returns the rows by their key. Equal rows count as one; different rows with one key are an error."""
    by_key = {}
    for row in rows:
        before = by_key.setdefault(tuple(row[column] for column in key), row)
        assert before == row, f"two rows of one key: {before} and {row}"
    return by_key


def differing_cells(stored: dict, listed: dict) -> list[str]:
    """Returns the columns whose values differ. A value that AWS did not send must be NULL, except in derived columns."""
    assert listed.keys() <= stored.keys(), f"the table lacks {sorted(listed.keys() - stored.keys())}"
    return [column for column in stored if column not in DERIVED and listed.get(column) != stored[column]]


def differences(stored: list[dict], listed: list[dict], key: list[str]) -> list[str]:
    """Returns every difference between the table and the listing, in words; empty if they are equal."""
    assert len(stored) == len({tuple(row[column] for column in key) for row in stored}), "a key is stored twice"
    stored_rows, listed_rows = keyed(stored, key), keyed(listed, key)
    found = [f"not stored: {listed_rows[one]}" for one in sorted(listed_rows.keys() - stored_rows.keys())]
    found += [f"stored, but not listed: {stored_rows[one]}" for one in sorted(stored_rows.keys() - listed_rows.keys())]
    for one in sorted(stored_rows.keys() & listed_rows.keys()):
        for column in differing_cells(stored_rows[one], listed_rows[one]):
            was, wanted = stored_rows[one][column], listed_rows[one].get(column)
            found.append(f"{', '.join(map(str, one))}: {column} is stored as {was!r}, and AWS listed {wanted!r}")
    return found


def shown(found: list[str]) -> str:
    """Returns the first of many differences."""
    more = f"\n… and {len(found) - 30} more" if len(found) > 30 else ""
    return f"{len(found)} differences:\n" + "\n".join(found[:30]) + more
