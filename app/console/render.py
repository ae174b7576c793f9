"""Templates: how times, sizes and counts are written, and the page around what a page shows."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from functools import cache
from importlib.resources import files
from typing import Any, Final
from urllib.parse import urlencode

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

DAY_S: Final = 86_400
KILO: Final = 1000
STEPS: Final = ((DAY_S, "d"), (3600, "h"), (60, "min"), (1, "s"))
STATIC: Final = "/admin/static"


def read_time(given: str | datetime) -> datetime:
    """A time of the API, RFC 3339 with Z."""
    return given if isinstance(given, datetime) else datetime.fromisoformat(given)


def duration(seconds: float) -> str:
    """As one reads it: 45 s, 12 min, 3 h 10 min, 2 d 4 h."""
    left = round(abs(seconds))
    if left == 0:
        return "0 s"
    parts: list[str] = []
    for size, unit in STEPS:
        count, left = divmod(left, size)
        if count:
            parts.append(f"{count}\N{NO-BREAK SPACE}{unit}")
        elif parts:
            break
    return " ".join(parts[:2])


def ago(given: str | datetime, now: datetime) -> str:
    """How long before or after now."""
    seconds = (now - read_time(given)).total_seconds()
    if abs(seconds) < 1:
        return "now"
    return f"{duration(seconds)} ago" if seconds > 0 else f"in {duration(seconds)}"


def when(given: str | datetime) -> str:
    """A time in full, to the second, in UTC."""
    return f"{read_time(given).astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"


def size(count: float) -> str:
    """Bytes: 912 B, 4.1 kB, 912 MB."""
    value = float(count)
    for unit in ("B", "kB", "MB", "GB"):
        if round(value) < KILO:
            return f"{value:.3g}\N{NO-BREAK SPACE}{unit}"
        value /= KILO
    return f"{value:.3g}\N{NO-BREAK SPACE}TB"


def number(count: float) -> str:
    """With thin spaces between thousands."""
    return f"{count:,}".replace(",", "\N{NARROW NO-BREAK SPACE}")


def shown(value: Any) -> str:  # noqa: ANN401 - JSON
    """A value of the API's JSON in words."""
    match value:
        case None:
            return "\N{EN DASH}"
        case bool():
            return "yes" if value else "no"
        case list():
            return ", ".join(shown(one) for one in value) or "\N{EN DASH}"
        case dict():
            return ", ".join(f"{name} {shown(one)}" for name, one in value.items())
        case _:
            return str(value)


def query(**parameters: Any) -> str:  # noqa: ANN401 - whatever a page links with
    """A query string with its question mark; what is None or empty is left out."""
    given = {name: value for name, value in parameters.items() if value not in (None, "", [])}
    return f"?{urlencode(given, doseq=True)}" if given else ""


@cache
def asset(name: str) -> str:
    """The address of a file we serve, which changes when the file does."""
    content = files("app.console").joinpath("static", name).read_bytes()
    return f"{STATIC}/{name}?v={hashlib.sha256(content).hexdigest()[:12]}"


def templates() -> Environment:
    """The environment of all pages: everything is escaped, and what is not there is an error."""
    environment = Environment(
        loader=PackageLoader("app.console"),
        autoescape=select_autoescape(default=True, default_for_string=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "duration": duration,
        "ago": ago,
        "when": when,
        "size": size,
        "number": number,
        "shown": shown,
        "read_time": read_time,
    }
    environment.globals |= {"asset": asset, "query": query, "timedelta": timedelta}
    return environment
