"""The feed files of the shared test data, and what feedparser, the reference, finds in one."""

from __future__ import annotations

import io
import re
from pathlib import Path

import feedparser

NOT_FEEDS = {"SOURCE", "LICENSE", "README.md"}
HEADER = re.compile(rb"Header:\s*Content-type:\s*([^\r\n]+)", re.IGNORECASE)

FEWER = {
    # Its only item stops in the middle of a CDATA section: the next poll brings it whole.
    "feedparser/tests/illformed/rss_incomplete_cdata.xml",
}
"""Files in which feedparser finds more entries than we take, each with the reason."""


def files(folder: Path) -> list[Path]:
    return [p for p in sorted(folder.rglob("*")) if p.is_file() and p.name not in NOT_FEEDS]


def declared_type(body: bytes) -> str | None:
    """The Content-Type that a file says, in a comment, it is to be served with."""
    found = HEADER.search(body)
    return found[1].decode("ascii", "replace").strip() if found else None


def reference(body: bytes, content_type: str) -> list[feedparser.FeedParserDict]:
    """The entries that feedparser finds by itself."""
    found = feedparser.parse(
        io.BytesIO(body),
        response_headers={"content-type": content_type},
        sanitize_html=False,
        resolve_relative_uris=False,
    )
    return list(found.entries)
