"""Values as every engine has them: what a query prints as JSON, and what an engine reads of a file."""

import datetime
import json
import math


def parsed(value):
    """JSON in a text as what it says, in an order of its own: a query prints it so."""
    if isinstance(value, str) and value[:1] in ("{", "["):
        try:
            value = json.loads(value)
        except ValueError:
            return value
    return json.dumps(value, sort_keys=True) if isinstance(value, (dict, list)) else value


def of_engine(value):
    """A value that an engine read: times as milliseconds, days as text."""
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
    # pandas has whole numbers with NULLs among them as floats.
    if isinstance(value, float) and not math.isnan(value) and value.is_integer():
        return int(value)
    return parsed(value)


def of_query(value, kind):
    """A value that the program printed, of a column of this type."""
    if value is None or kind not in ("time", "timestamp"):
        return parsed(value)
    time = datetime.datetime.fromisoformat(value.replace("Z", "+00:00"))
    return ("time", round(time.timestamp() * 1000))


def rows(found):
    """Rows in an order of their own."""
    return sorted((tuple(row) for row in found), key=repr)
