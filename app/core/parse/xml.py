"""RSS, Atom, RDF and CDF: feedparser reads, we prepare the document and take what it found.

feedparser is given a stream of our own, never text or bytes: those it would open as a path or an
address if they spell one. It sanitizes nothing and resolves nothing inside HTML (both are ours),
and is told no address of the document, so that ids and links come as they stand there.
"""

from __future__ import annotations

import io
import re
from dataclasses import dataclass
from typing import Any
from xml.sax import SAXException

import feedparser  # type: ignore[import-untyped]  # it brings no types

from app.core.parse.entry import Found, Surroundings, links, read_authors, read_entry
from app.core.parse.fields import absolute, count, feed_title, text_of
from app.core.parse.other_xml import parse_other
from app.core.parse.outline import Outline, close, cut, outline
from app.core.parse.prepare import prepare
from app.core.parse.refuse import refuse_unread, refuse_xml, truncated
from app.core.types import ParsedFeed, ParseResult

_HEADERS = {"content-type": "application/xml; charset=utf-8"}
_CAPTION = re.compile(r"(</?)media:description(?=[\s>/])", re.IGNORECASE)
_LINK_URI = re.compile(r"""(<link)\s+uri\s*=\s*(?:"[^"<>]*"|'[^'<>]*')(?=\s*>)""", re.IGNORECASE)
_CUT_SHORT = "the document ends in the middle"
_MIDNIGHT = 24

_PERIOD_S = {
    "hourly": 3600,
    "daily": 86_400,
    "weekly": 7 * 86_400,
    "monthly": 30 * 86_400,
    "yearly": 365 * 86_400,
}
_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reading:
    """A document as feedparser was given it, and what it made of it."""

    text: str
    found: Any  # FeedParserDict
    dropped: int
    notes: tuple[str, ...]


def parse_xml(text: str, *, url: str, max_entries: int, notes: tuple[str, ...]) -> ParseResult:
    """What a document that may be XML says as a feed."""
    cleaned, mended = prepare(text)
    if refused := refuse_unread(cleaned, url):
        return refused
    notes = (*notes, *mended)
    if other := parse_other(cleaned, url=url, max_entries=max_entries, notes=notes):
        return other
    reading = _read(cleaned, max_entries, notes)
    fault = _fault(reading.found)
    if fault is None and (reading.found.version or reading.found.entries):
        return _feed(reading, url, max_entries)
    seen = outline(reading.text)
    if fault and not seen.root_closed and reading.found.version:
        if seen.last_end is None:
            return truncated(len(text), begun=bool(seen.starts))
        return _feed(_without_the_end(reading, seen, max_entries), url, max_entries)
    if not reading.found.version and not reading.found.entries:
        return refuse_xml(cleaned, fault, url)
    return _feed(_noting(reading, f"not well-formed: {fault}"), url, max_entries)


def _read(text: str, max_entries: int, notes: tuple[str, ...]) -> _Reading:
    """What feedparser finds, with captions of pictures out of its way.

    It takes media:description for the item's own, or for its content when there is one already.
    `info` is an element that it keeps apart, and that no format has in its entries. And it takes
    the `uri` of an RSS link, which is no address, before the address that follows.
    """
    shortened = cut(text, max_entries)
    found = feedparser.parse(
        io.BytesIO(_LINK_URI.sub(r"\1", _CAPTION.sub(r"\1info", shortened.text)).encode()),
        response_headers=_HEADERS,
        sanitize_html=False,
        resolve_relative_uris=False,
    )
    if not shortened.whole:
        notes = (*notes, _CUT_SHORT)
    return _Reading(text=shortened.text, found=found, dropped=shortened.dropped, notes=notes)


def _without_the_end(reading: _Reading, seen: Outline, max_entries: int) -> _Reading:
    """The document up to its last whole entry: the other half of the next one comes next time."""
    lost = ", without its last entry, which is not whole" if seen.unclosed else ""
    note = f"{_CUT_SHORT}: read up to the last whole entry{lost}"
    again = _read(close(reading.text, seen), max_entries, (*reading.notes, note))
    return again if again.found.entries else _noting(reading, note)


def _noting(reading: _Reading, note: str) -> _Reading:
    return _Reading(
        text=reading.text,
        found=reading.found,
        dropped=reading.dropped,
        notes=(*reading.notes, note),
    )


def _fault(found: Found) -> str | None:
    """Where the document stops being XML; None if it does not."""
    error = found.get("bozo_exception")
    if not isinstance(error, SAXException):
        return None
    line = getattr(error, "getLineNumber", lambda: None)()
    message = error.getMessage()
    return f"{message} in line {line}" if line else message


def _feed(reading: _Reading, url: str, max_entries: int) -> ParsedFeed:
    found, feed = reading.found, dict(reading.found.feed)
    site_url = _site(feed, url)
    atom = str(found.version).startswith("atom")
    around = Surroundings(
        url=url,
        site_url=site_url,
        atom=atom,
        authors=read_authors(feed, atom=True) if found.version == "atom10" else (),
    )
    entries = tuple(read_entry(item, around) for item in found.entries[:max_entries])
    return ParsedFeed(
        format=found.version or "unknown",
        title=feed_title(feed.get("title")),
        site_url=site_url,
        self_url=_first(feed, "self", url),
        hub_urls=_all(feed, "hub", url),
        language=text_of(feed.get("language")),
        ttl_s=_ttl_s(feed),
        skip_hours=_skip_hours(reading),
        skip_days=_skip_days(reading),
        entries=entries,
        dropped=reading.dropped + len(found.entries) - len(entries),
        notes=reading.notes,
    )


def _site(feed: Found, url: str) -> str | None:
    return _first(feed, "alternate", url) or absolute(feed.get("link"), url)


def _first(feed: Found, rel: str, url: str) -> str | None:
    return next(iter(_all(feed, rel, url)), None)


def _all(feed: Found, rel: str, url: str) -> tuple[str, ...]:
    found = (absolute(link["href"], url) for link in links(feed, rel))
    return tuple(address for address in found if address)


def _ttl_s(feed: Found) -> int | None:
    """RSS 2.0's ttl in minutes, else the syndication module's period by its frequency."""
    if minutes := count(feed.get("ttl")):
        return minutes * 60
    period = _PERIOD_S.get(str(feed.get("sy_updateperiod") or "").strip().lower())
    return period // (count(feed.get("sy_updatefrequency")) or 1) or None if period else None


def _skip_hours(reading: _Reading) -> frozenset[int]:
    """Hours 0–23; RSS 0.91 counts 1–24 and means midnight by 24."""
    said = (count(hour) for hour in _skipped(reading, "skiphours", "hour"))
    return frozenset(hour % _MIDNIGHT for hour in said if hour is not None and hour <= _MIDNIGHT)


def _skip_days(reading: _Reading) -> frozenset[int]:
    said = (day.strip().lower() for day in _skipped(reading, "skipdays", "day"))
    return frozenset(_DAYS.index(day) for day in said if day in _DAYS)


def _skipped(reading: _Reading, group: str, item: str) -> list[str]:
    """The parts of skipHours or skipDays, of which feedparser keeps only the last."""
    if group not in reading.found.feed:
        return []
    block = re.search(rf"<{group}\s*>([^&]{{0,4000}}?)</{group}\s*>", reading.text, re.IGNORECASE)
    return re.findall(rf"<{item}\s*>([^<]*)<", block[1], re.IGNORECASE) if block else []
