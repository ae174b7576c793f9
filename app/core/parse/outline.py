"""Where a document's entries begin and end, without reading them.

For the two cases in which the parser must not see the document as it came: more entries than we
take, and a document that ends in the middle.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_TOKEN = re.compile(
    r"<!\[CDATA\[.*?(?:\]\]>|\Z)|<!--.*?(?:-->|\Z)|<(/?)(?:[\w.-]+:)?(?:item|entry)(?=[\s/>])[^<>]*>",
    re.DOTALL | re.IGNORECASE,
)
_ROOT_END = re.compile(r"</(?:[\w.-]+:)?(?:rss|feed|rdf|channel)\s*>", re.IGNORECASE)
_ENTRY = re.compile(r"<(?:[\w.-]+:)?(?:item|entry)[\s/>]", re.IGNORECASE)
_FEED_ROOT = re.compile(r"<((?:[\w.-]+:)?(?:rss|feed|rdf|channel))[\s/>]", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outline:
    """Offsets in the text: where entries begin, and where the last whole one ends."""

    starts: tuple[int, ...]
    last_end: int | None
    unclosed: bool  # the last entry that begins does not end
    root_closed: bool


def outline(text: str) -> Outline:
    starts: list[int] = []
    last_end: int | None = None
    unclosed = False
    for token in _TOKEN.finditer(text):
        if token[1] is None:
            continue
        closes = token[1] == "/"
        unclosed = not closes and not token[0].endswith("/>")
        if not closes:
            starts.append(token.start())
        if not unclosed:
            last_end = token.end()
    after = starts[-1] if unclosed else last_end or 0
    return Outline(
        starts=tuple(starts),
        last_end=last_end,
        unclosed=unclosed,
        root_closed=_ROOT_END.search(text, after) is not None,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Cut:
    """A text of which no more entries are left than we take."""

    text: str
    dropped: int = 0
    whole: bool = True  # False: the text as it came ends in the middle


def cut(text: str, max_entries: int) -> Cut:
    """The text with its first `max_entries` entries, and the end that belongs to them."""
    if text.count("<") <= max_entries or sum(1 for _ in _ENTRY.finditer(text)) <= max_entries:
        return Cut(text=text)  # the first look costs a hundredth of the second
    found = outline(text)
    if len(found.starts) <= max_entries or found.last_end is None:
        return Cut(text=text)
    kept, dropped = text[: found.starts[max_entries]], len(found.starts) - max_entries
    if found.unclosed or not found.root_closed:
        return Cut(text=kept + _end(text), dropped=dropped, whole=False)
    return Cut(text=kept + text[found.last_end :], dropped=dropped)


def close(text: str, found: Outline) -> str:
    """The text up to its last whole entry, with the end that is missing."""
    return text[: found.last_end] + _end(text)


def names_a_feed(text: str) -> bool:
    """Whether an element that begins a feed is anywhere in the text."""
    return _FEED_ROOT.search(text) is not None


def _end(text: str) -> str:
    root = _FEED_ROOT.search(text)
    if root is None:
        return ""
    prefix, _, name = root[1].rpartition(":")
    channel = f"</{prefix}{':' if prefix else ''}channel>" if name.lower() == "rss" else ""
    return f"{channel}</{root[1]}>"
