"""Other projects' test feeds: nothing raises, and nothing is lost that feedparser finds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import pytest

from app.core.parse.document import parse
from app.core.types import Markup, ParsedFeed, ParseFailed
from tests.conftest import SHARED_DATA
from tests.feed_files import FEWER, declared_type, files, reference

FEEDS = SHARED_DATA / "feeds"

OTHER_TITLE = {
    # No charset is declared, or a wrong one; feedparser without chardet reads these as Western.
    "feedparser/tests/illformed/chardet/eucjp.xml",
    "feedparser/tests/illformed/chardet/euckr.xml",
    "feedparser/tests/illformed/chardet/gb2312.xml",
    "feedparser/tests/illformed/chardet/koi8r.xml",
    "feedparser/tests/illformed/chardet/shiftjis.xml",
    # Their control character is removed, so that the rest is read as XML: title types included.
    "feedvalidator/testcases/rss20/data-types-characterdata/amp-hex-name.xml",
    "gofeed/testdata/parser/rss/rss_channel_item_illegal_char.xml",
}

pytestmark = pytest.mark.skipif(
    not FEEDS.is_dir(), reason=f"no test data in {FEEDS}: set COPYDESK_TEST_DATA to have it"
)


def documents() -> Iterator[tuple[str, bytes, str | None]]:
    for path in files(FEEDS):
        body = path.read_bytes()
        yield path.relative_to(FEEDS).as_posix(), body, declared_type(body)


def shown(value: Markup | None) -> str | None:
    return value.value if value else None


def test_nothing_is_lost_that_feedparser_finds() -> None:
    fewer, other_title, other_id = set(), set(), set()
    outcomes: Counter[str] = Counter()
    for name, body, content_type in documents():
        result = parse(body, content_type=content_type, url="http://feeds.example/feed")
        expected = reference(body, content_type or "application/xml")
        entries = result.entries if isinstance(result, ParsedFeed) else ()
        outcomes["feed" if isinstance(result, ParsedFeed) else result.kind] += 1
        if len(entries) < len(expected):
            fewer.add(name)
            continue
        for ours, theirs in zip(entries, expected, strict=False):
            if shown(ours.title) != ((theirs.get("title") or "").strip() or None):
                other_title.add(name)
            named = theirs.get("id") or theirs.get("dc_identifier") or ""
            if ours.guid != (named.strip() or None):
                other_id.add(name)
    assert fewer == FEWER
    assert other_title == OTHER_TITLE
    assert other_id == set()
    assert outcomes["feed"] > 4800, outcomes


def test_every_refusal_gives_a_line_and_a_next_step() -> None:
    for name, body, content_type in documents():
        result = parse(body, content_type=content_type, url="http://feeds.example/feed")
        if isinstance(result, ParseFailed):
            assert "\n" not in result.detail, name
            assert ":" in result.detail or ";" in result.detail, (name, result.detail)
