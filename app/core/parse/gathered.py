"""One body for an index of site maps and the site maps that were read of it.

What is kept, hashed and replayed of such a feed is this body: it holds all that was read, so that
the same stories come out of it whenever it is read again. Beside each document it says what the
next poll must know to ask only for what has changed.

A line of JSON says what follows; the documents follow as they came, one after another.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final, TypeAlias

import orjson

from app.core.types import Failure, ParsedFeed, ParseFailed, ParseResult, Validators

MEDIA_TYPE: Final = "application/vnd.copydesk.gathered"

Read: TypeAlias = Callable[[bytes, str | None, str], ParseResult]
"""Reads a document by its body, its content type and its address."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A document and how it was when it was last fetched.

    `changed` is the index's `lastmod` of that moment. `news` is False for a site map without
    news, of which nothing else is kept. `note` says why the last attempt brought nothing newer,
    `waited` for how many polls in a row there was no room for another one.
    """

    url: str
    body: bytes = b""
    content_type: str | None = None
    changed: str | None = None
    validators: Validators = field(default_factory=Validators)
    news: bool = True
    note: str | None = None
    waited: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Gathered:
    """An index, its site maps in the order of reading, and what is to be said of the gathering."""

    index: Part
    parts: tuple[Part, ...] = ()
    notes: tuple[str, ...] = ()


def pack(gathered: Gathered) -> bytes:
    """The body: the same for the same documents."""
    parts = (gathered.index, *gathered.parts)
    head = {"notes": gathered.notes, "parts": [_described(part) for part in parts]}
    return b"\n".join((orjson.dumps(head), b"".join(part.body for part in parts)))


def unpack(body: bytes) -> Gathered | None:
    """What `pack` made; None for anything else."""
    line, _, rest = body.partition(b"\n")
    try:
        head = orjson.loads(line)
        parts = tuple(_parts(head["parts"], rest))
        notes = tuple(str(note) for note in head["notes"])
    except (ValueError, KeyError, TypeError, AttributeError):
        return None
    return Gathered(index=parts[0], parts=parts[1:], notes=notes) if parts else None


def _described(part: Part) -> dict[str, Any]:
    said = {
        "url": part.url,
        "length": len(part.body),
        "type": part.content_type,
        "changed": part.changed,
        "etag": _text(part.validators.etag),
        "last_modified": _text(part.validators.last_modified),
        "news": part.news,
        "note": part.note,
        "waited": part.waited or None,
    }
    return {name: value for name, value in said.items() if value is not None}


def _parts(described: Sequence[dict[str, Any]], rest: bytes) -> Iterable[Part]:
    start = 0
    for said in described:
        end = start + int(said["length"])
        yield Part(
            url=said["url"],
            body=rest[start:end],
            content_type=said.get("type"),
            changed=said.get("changed"),
            validators=Validators(
                etag=_bytes(said.get("etag")), last_modified=_bytes(said.get("last_modified"))
            ),
            news=bool(said["news"]),
            note=said.get("note"),
            waited=int(said.get("waited", 0)),
        )
        start = end


def _text(raw: bytes | None) -> str | None:
    return None if raw is None else raw.decode("latin-1")


def _bytes(text: str | None) -> bytes | None:
    return None if text is None else text.encode("latin-1")


def read_gathered(body: bytes, read: Read, *, max_entries: int) -> ParseResult:
    """The entries of all site maps as one feed; a site map that cannot be read is a note."""
    gathered = unpack(body)
    if gathered is None:
        why = "a body of several site maps that cannot be read"
        return ParseFailed(kind=Failure.NOT_A_FEED, detail=why)
    merged = ParsedFeed(format="news_sitemap", notes=gathered.notes)
    for part in gathered.parts:
        if part.note:
            merged = replace(merged, notes=(*merged.notes, f"{part.url}: {part.note}"))
        if part.body:
            result = read(part.body, part.content_type, part.url)
            merged = _merge(merged, part.url, result, max_entries)
    return merged


def _merge(merged: ParsedFeed, url: str, result: ParseResult, max_entries: int) -> ParsedFeed:
    if isinstance(result, ParseFailed):
        return replace(merged, notes=(*merged.notes, f"{url}: {result.detail}"))
    room = max(0, max_entries - len(merged.entries))
    return replace(
        merged,
        title=merged.title or result.title,
        language=merged.language or result.language,
        entries=merged.entries + result.entries[:room],
        dropped=merged.dropped + result.dropped + max(0, len(result.entries) - room),
        notes=merged.notes + tuple(f"{url}: {note}" for note in result.notes),
    )
