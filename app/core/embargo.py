"""Entries that may not be told yet: they wait for the first poll after their embargo has ended."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from app.core.normal.dates import read_date
from app.core.poll import Document
from app.core.types import Entry


@dataclass(frozen=True, slots=True, kw_only=True)
class Released:
    """A document without the entries that are under embargo, and how many those are."""

    document: Document
    held: int

    @property
    def notes(self) -> tuple[str, ...]:
        return (f"{self.held} entries are under embargo",) if self.held else ()


def released(document: Document, now: datetime) -> Released:
    keys = tuple(keys for keys in document.keys if not is_held(keys.entry, now))
    held = len(document.keys) - len(keys)
    return Released(document=replace(document, keys=keys) if held else document, held=held)


def is_held(entry: Entry, now: datetime) -> bool:
    """Whether an embargo is in force; one that cannot be read is, until somebody lifts it."""
    if entry.embargo_raw is None:
        return False
    read = read_date(entry.embargo_raw)
    return read is None or read.at > now
