"""What commands print: tables and lines for people, JSON lines for programs."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any, Final

import typer
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

PIPE_WIDTH: Final = 200
"""Columns where there is no terminal: whoever reads it there can cut it."""

COLOURS: Final = {
    "ok": "green",
    "new": "cyan",
    "added": "green",
    "present": "dim",
    "silent": "yellow",
    "failing": "red",
    "gone": "red",
    "refused": "red",
    "paused": "yellow",
    "quarantined": "red",
}


def console(*, stderr: bool = False) -> Console:
    """A console on standard output or error."""
    stream = sys.stderr if stderr else sys.stdout
    return Console(
        stderr=stderr,
        width=None if stream.isatty() else PIPE_WIDTH,
        highlight=False,
        markup=False,
        emoji=False,
    )


def json_line(item: Any) -> None:  # noqa: ANN401 - JSON
    typer.echo(json.dumps(item, ensure_ascii=False, separators=(",", ":")))


def table(headings: Iterable[str], rows: Iterable[Iterable[str | Text]]) -> Table:
    """A table whose last column takes what room is left."""
    *firsts, last = headings
    shown = Table(
        box=SIMPLE_HEAD,
        show_edge=False,
        show_header=bool(last),
        pad_edge=False,
        header_style="bold",
    )
    for heading in firsts:
        shown.add_column(heading, overflow="fold")
    shown.add_column(last, overflow="fold", ratio=1)
    for row in rows:
        shown.add_row(*row)
    return shown


def state(word: str) -> Text:
    return Text(word, style=COLOURS.get(word, ""))


def local(at: str | None) -> str:
    """A time of the API in this machine's zone, to the minute; a dash for none."""
    if at is None:
        return "–"
    return datetime.fromisoformat(at).astimezone().strftime("%Y-%m-%d %H:%M")


def ago(at: str | None) -> str:
    """How long ago a time of the API was: "3 min ago"; a dash for none."""
    return "–" if at is None else f"{span(max(0.0, -_seconds_to(at)))} ago"


def when(at: str) -> str:
    """When what is set for a time of the API comes: "in 2 h", or "due"."""
    seconds = _seconds_to(at)
    return f"in {span(seconds)}" if seconds > 0 else "due"


def _seconds_to(at: str) -> float:
    return (datetime.fromisoformat(at) - datetime.now(UTC)).total_seconds()


def span(seconds: float) -> str:
    for limit, size, unit in ((100, 1, "s"), (6000, 60, "min"), (172_800, 3600, "h")):
        if seconds < limit:
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds / 86_400:.0f} d"


def size(count: int | None) -> str:
    """A number of bytes as people say it."""
    if count is None:
        return "unknown"
    for limit, unit in ((1 << 30, "GB"), (1 << 20, "MB"), (1 << 10, "kB")):
        if count >= limit:
            return f"{count / limit:.1f} {unit}"
    return f"{count} bytes"
