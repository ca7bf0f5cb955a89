"""Converts values to one form for all engines: the JSON that a query prints, and the values that an engine reads."""

import datetime
import json
import math


def parsed(value):
    """Returns the content of JSON in a text, in a canonical order. A query prints it in that form."""
    if isinstance(value, str) and value[:1] in ("{", "["):
        try:
            value = json.loads(value)
        except ValueError:
            return value
    return json.dumps(value, sort_keys=True) if isinstance(value, (dict, list)) else value


def of_engine(value):
    """Converts a value that an engine read: times to milliseconds, days to text."""
    # polars reads JSON as bytes.
    if isinstance(value, bytes):
        value = value.decode()
    if hasattr(value, "item"):
        value = value.item()
    if value is None or value != value or str(value) == "NaT":
        return None
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, datetime.datetime):
        if value.tzinfo is None:
            value = value.replace(tzinfo=datetime.timezone.utc)
        return ("time", round(value.timestamp() * 1000))
    if isinstance(value, datetime.date):
        return str(value)
    # pandas reads whole numbers with NULLs among them as floats.
    if isinstance(value, float) and not math.isnan(value) and value.is_integer():
        return int(value)
    return parsed(value)


def of_query(value, kind):
    """Converts a value that the program printed, from a column of this type."""
    if value is None or kind not in ("time", "timestamp"):
        return parsed(value)
    time = datetime.datetime.fromisoformat(value.replace("Z", "+00:00"))
    return ("time", round(time.timestamp() * 1000))


def rows(found):
    """Sorts rows into a canonical order."""
    return sorted((tuple(row) for row in found), key=repr)
