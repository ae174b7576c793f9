"""Bytes as they came from the network → what the feed says.

bytes → text (charset) → JSON Feed | prepared XML → feedparser → entries
                                  ├ site map, wire: tree → entries
                                  └ not a feed: why (refuse)
"""

from __future__ import annotations

from app.core.parse.charset import decode
from app.core.parse.gathered import MEDIA_TYPE, read_gathered
from app.core.parse.json_feed import parse_json
from app.core.parse.refuse import empty
from app.core.parse.xml import parse_xml
from app.core.types import Failure, ParseFailed, ParseResult


def parse(
    body: bytes, *, content_type: str | None, url: str, max_entries: int = 2000
) -> ParseResult:
    """What `body`, found at `url` and called `content_type` there, says as a feed.

    The first `max_entries` entries in document order, which is newest first by custom. What the
    document is shows in its first character: servers call feeds all kinds of things.
    Never raises but MemoryError, which is the worker's to report.
    """
    if content_type == MEDIA_TYPE:

        def read_part(part: bytes, kind: str | None, address: str) -> ParseResult:
            return _parse_one(part, content_type=kind, url=address, max_entries=max_entries)

        return read_gathered(body, read_part, max_entries=max_entries)
    return _parse_one(body, content_type=content_type, url=url, max_entries=max_entries)


def _parse_one(body: bytes, *, content_type: str | None, url: str, max_entries: int) -> ParseResult:
    decoded = decode(body, content_type)
    start = decoded.text.lstrip("\ufeff\0 \t\r\n")
    if not start:
        return empty()
    read = parse_json if start[0] in "{[" else parse_xml
    try:
        return read(decoded.text, url=url, max_entries=max_entries, notes=decoded.notes)
    except MemoryError:
        raise
    except Exception as error:  # noqa: BLE001 - feedparser raises what it likes on hostile input
        detail = f"the parser gave up ({type(error).__name__}: {error}): check the address"
        return ParseFailed(kind=Failure.NOT_XML, detail=" ".join(detail.split())[:300])
