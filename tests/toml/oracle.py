"""What the decoder says of TOML files, beside the toml-test suite and Python's tomllib."""
import json
import math
import os
import re
import subprocess
import tomllib
from datetime import date, datetime, time, timezone


def shown(value):
    """A moment as text that has one form: microseconds, UTC."""
    if isinstance(value, datetime) and value.tzinfo:
        try:
            return "datetime", value.astimezone(timezone.utc).isoformat()
        except OverflowError:  # year 1 or 9999, moved over the edge
            return "datetime", value.isoformat()
    kind = {datetime: "datetime-local", date: "date-local", time: "time-local"}[type(value)]
    return kind, value.isoformat()


def number(x):
    return "nan" if math.isnan(x) else (x + 0.0).hex()  # -0.0 and 0.0 are one


def of_python(value):
    """A value of tomllib in the form that is compared."""
    if isinstance(value, dict):
        return {k: of_python(v) for k, v in value.items()}
    if isinstance(value, list):
        return [of_python(v) for v in value]
    if isinstance(value, bool):
        return "bool", value
    if isinstance(value, int):
        return "integer", value
    if isinstance(value, float):
        return "float", number(value)
    if isinstance(value, str):
        return "string", value
    return shown(value)


def moment(kind, text):
    """A date or time as it is written. Python has no second 60 and no year 0: these stay text."""
    text = re.sub(r"^(\d{4}-\d\d-\d\d)[tT ]", r"\1T", text).replace("z", "Z").replace("Z", "+00:00")
    text = re.sub(r"\.(\d{1,6})\d*", lambda m: "." + m[1].ljust(6, "0"), text)
    try:
        read = {"date-local": date, "time-local": time}.get(kind, datetime)
        return shown(read.fromisoformat(text))
    except ValueError:
        return kind, text


def of_tagged(value):
    """A value of the suite's JSON in the form that is compared."""
    if isinstance(value, list):
        return [of_tagged(v) for v in value]
    if set(value) != {"type", "value"} or not isinstance(value["type"], str):
        return {k: of_tagged(v) for k, v in value.items()}
    kind, text = value["type"], value["value"]
    if kind == "integer":
        return kind, int(text)
    if kind == "float":
        return kind, number(float(text.replace("_", "").lstrip("+")))
    if kind == "bool":
        return kind, text == "true"
    if kind == "string":
        return kind, text
    return moment(kind, text)


def decode(paths):
    """The decoder's values of files, None for one it refuses."""
    decoder = os.path.join(os.environ["BUILD"], "tests/toml/decoder")
    for i in range(0, len(paths), 200):
        run = subprocess.run([decoder, *paths[i:i + 200]], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        lines = run.stdout.split(b"\n")[:-1]
        if run.returncode or len(lines) != len(paths[i:i + 200]):
            raise SystemExit("Bail out! the decoder died (status %d) at %s:\n%s" % (
                run.returncode, paths[i + len(lines)], run.stderr.decode(errors="replace")[-3000:]))
        for line in lines:
            yield None if line == b"refused" else of_tagged(json.loads(line))


def tomllib_value(data):
    """tomllib's value of a file's bytes, None if it refuses them."""
    try:
        return of_python(tomllib.loads(data.decode()))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError):
        return None


def scalars(value):
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        for v in value:
            yield from scalars(v)
    else:
        yield value


def depth(value):
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return 1 + max(map(depth, inner), default=0) if isinstance(value, (dict, list)) else 0


def excuse(ours, theirs):
    """Why a difference is one that must be, or None."""
    if ours is None:
        if any(kind == "integer" and not -2**63 <= v < 2**63 for kind, v in scalars(theirs)):
            return "integers of more than 64 bits: TOML wants an error, Python has them"
        if depth(theirs) > 64:
            return "more than 64 levels: our bound"
    elif theirs is None:
        for kind, v in scalars(ours):
            if kind.startswith(("date", "time")) and re.search(r"^0000-|:60", v):
                return "year 0 and second 60: RFC 3339 has them, Python has not"
    return None
