"""Documents of every format, spoilt: what comes out is a feed or a reason, and never a crash."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from app.core.normal.normalize import normalize
from app.core.parse.document import parse
from app.core.story import FeedContext
from app.core.types import ParsedFeed

NOW = datetime(2026, 11, 24, tzinfo=UTC)
NITF = (
    "<nitf><head><docdata><doc-id id-string='1'/></docdata></head><body><body.head><hedline>"
    "<hl1>Ferry</hl1></hedline><byline>By <person>Ada Lund</person></byline></body.head>"
    "<body.content><p>It <b>stops</b>.</p><media><media-reference source='a.jpg'/></media>"
    "</body.content></body></nitf>"
)
XML = (
    (
        "<newsMessage><itemSet><newsItem guid='urn:1' version='2'><itemMeta>"
        "<provider qcode='p:CPW'/>"
        "<pubStatus qcode='stat:usable'/><embargoed>2026-11-05T06:00:00Z</embargoed></itemMeta>"
        "<contentMeta><headline>Ferry</headline><subject qcode='medtop:04000000'/>"
        "<located><name>Arvik</name></located></contentMeta><contentSet>"
        "<inlineXML contenttype='application/nitf+xml'>"
        f"{NITF}</inlineXML></contentSet></newsItem></itemSet></newsMessage>"
    ),
    NITF,
    (
        "<urlset><url><loc>https://n.example/1</loc><news:news><news:title>Ferry</news:title>"
        "<news:publication_date>2026-11-05</news:publication_date></news:news></url></urlset>"
    ),
    "<sitemapindex><sitemap><loc>/a.xml</loc><lastmod>2026-11-05</lastmod></sitemap></sitemapindex>",
)
NAMES = (
    "uri", "version", "type", "pubstatus", "embargoed", "headline", "headlines", "bodies", "by",
    "body_xhtml", "descriptions", "subjects", "places", "geojson", "coordinates", "people", "name",
    "associations", "renditions", "href", "contenttype", "role", "value", "items", "altids",
    "infosources", "keywords", "standard", "located",
)  # fmt: skip


def outcome(body: bytes) -> None:
    result = parse(body, content_type=None, url="https://w.example/feed")
    if isinstance(result, ParsedFeed):
        for entry in result.entries:
            normalize(entry, FeedContext(feed_url="https://w.example/feed"), NOW)
    else:
        assert "gave up" not in result.detail


edits = st.lists(
    st.tuples(st.integers(0, 2000), st.integers(0, 40), st.binary(max_size=12)),
    min_size=1,
    max_size=6,
)


@settings(deadline=None)
@given(st.sampled_from(XML), edits)
def test_xml(text: str, spoilt: list[tuple[int, int, bytes]]) -> None:
    body = bytearray(text.encode())
    for at, cut, put in spoilt:
        start = at % (len(body) + 1)
        body[start : start + cut] = put
    outcome(bytes(body))


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=6)
    ),
    max_leaves=20,
)


@settings(deadline=None)
@given(st.dictionaries(st.sampled_from(NAMES), values, max_size=12))
def test_ninjs(said: dict[str, Any]) -> None:
    outcome(json.dumps({"headline": "Ferry", **said, "uri": "urn:1"}).encode())
