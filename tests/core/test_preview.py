"""A preview says what a first poll would make of a document, or why it is no feed."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from app.core.identity import keys_of
from app.core.known import Known
from app.core.plan import plan_document, read_document
from app.core.poll import ClaimedFeed, Document
from app.core.preview import KnownBy, Preview, PreviewRequest, preview
from app.core.story import BlockType, PublishedFrom
from app.core.types import Failure, Fetched, ParseFailed, ServerHints, Validators
from tests.article_pages import PARAGRAPHS, article

NOW = datetime(2026, 11, 24, 6, 0, tzinfo=UTC)
FEED_URL = "https://harbour.example/rss.xml"
FERRY = (
    "<item><guid>tag:1</guid><link>/2026/ferry?utm_source=rss</link>"
    "<title>Ferry sails again - Harbour News</title>"
    "<description>HAKODATE, Japan, Nov. 16 (Kyodo) - The ferry crossed at dawn. It was full."
    "</description><pubDate>16 Nov 2026 09:00:00</pubDate></item>"
)
PILOTS = (
    "<item><guid>tag:2</guid><title>Pilots on strike - Harbour News</title>"
    "<description>The pilots stay ashore.</description></item>"
)
LIGHTS = (
    "<item><link>https://harbour.example/</link><title>Lights out - Harbour News</title>"
    "<description>The lamp has failed.</description></item>"
)
ITEMS = (FERRY, PILOTS, LIGHTS)


def rss(*items: str) -> bytes:
    joined = "".join(items)
    return (
        '<?xml version="1.0"?><rss version="2.0"><channel><title>Harbour News</title>'
        f"<link>https://harbour.example/</link><language>en-gb</language>{joined}</channel></rss>"
    ).encode()


def asked(body: bytes, **given: object) -> PreviewRequest:
    request = PreviewRequest(body=body, content_type="application/rss+xml", url=FEED_URL, now=NOW)
    return replace(request, **given)


def seen(body: bytes, max_entries: int = 2000, **given: object) -> Preview:
    found = preview(asked(body, **given), max_entries=max_entries)
    assert isinstance(found, Preview)
    return found


def test_the_document_is_described():
    found = seen(rss(*ITEMS))
    assert (found.format, found.title, found.language) == ("rss20", "Harbour News", "en-gb")
    assert found.site_url == "https://harbour.example/"
    assert (found.entries, found.distinct, found.notes) == (3, 3, ())
    assert found.title_affixes.suffixes == (" - Harbour News",)


def test_a_story_says_what_it_is_and_by_which_rules():
    first = seen(rss(*ITEMS), time_zone="Asia/Tokyo").stories[0].story
    assert first.title == "Ferry sails again"
    assert first.url == "https://harbour.example/2026/ferry"
    assert first.published_at == datetime(2026, 11, 16, 0, 0, tzinfo=UTC)  # nine in Tokyo
    assert first.published_from is PublishedFrom.PUBLISHED
    assert first.published_raw == "16 Nov 2026 09:00:00"
    assert first.agency is not None
    assert first.agency.code == "kyodo"
    assert BlockType.DATELINE in {block.type for block in first.blocks}
    assert all(block.rule for block in first.blocks)


def test_each_story_says_what_it_would_be_known_by():
    stories = seen(rss(*ITEMS)).stories
    assert [story.known_by for story in stories] == [KnownBy.URL, KnownBy.GUID, KnownBy.WORDS]
    by_url, by_guid, by_words = stories
    assert (by_url.guid, by_url.guid_counts, by_url.url_counts) == ("tag:1", True, True)
    assert by_url.url == by_url.story.url
    assert (by_guid.guid, by_guid.url, by_guid.url_counts) == ("tag:2", None, False)
    assert (by_words.url, by_words.url_counts) == ("https://harbour.example/", False)
    assert (by_words.guid, by_words.guid_counts) == (None, False)


def test_what_is_missing_comes_from_the_moment_of_asking():
    second = seen(rss(*ITEMS)).stories[1].story
    assert (second.published_at, second.published_from) == (NOW, PublishedFrom.FIRST_SEEN)


def test_an_operator_knows_the_language_better_than_the_document():
    item = "<item><guid>1</guid><title>1917</title></item>"
    assert seen(rss(item)).stories[0].story.language == "en"
    assert seen(rss(item), language="ja").stories[0].story.language == "ja"


def test_as_many_stories_as_asked_for_are_shown_and_all_are_counted():
    found = seen(rss(*ITEMS), limit=1)
    assert len(found.stories) == 1
    assert (found.entries, found.distinct) == (3, 3)
    assert found.stories[0].story.title == "Ferry sails again"  # by what all titles repeat


def test_what_is_left_out_is_noted_as_the_ledger_notes_it():
    found = seen(rss(FERRY, FERRY, PILOTS), max_entries=2)
    assert (found.entries, found.distinct) == (3, 1)
    assert "1 entries beyond the cap were left out" in found.notes
    assert "1 entries repeat others of the document" in found.notes


def test_it_is_what_a_first_poll_stores():
    body = rss(*ITEMS)
    feed = ClaimedFeed(
        id=1,
        url=FEED_URL,
        host="harbour.example",
        source_id=1,
        source_name=None,
        source_domain="harbour.example",
        lease_token=1,
        claimed_at=NOW,
        due_at=NOW,
        time_zone="Asia/Tokyo",
    )
    fetched = Fetched(
        url=FEED_URL,
        status=200,
        body=body,
        content_type="application/rss+xml",
        validators=Validators(),
        hints=ServerHints(),
    )
    document = read_document(
        body, content_type=fetched.content_type, url=FEED_URL, feed_url=FEED_URL, max_entries=2000
    )
    assert isinstance(document, Document)
    assert document.keys == keys_of(document.feed.entries)
    plan = plan_document(feed, fetched, document, Known(), NOW)
    shown = seen(body, time_zone="Asia/Tokyo").stories
    assert [story.story for story in shown] == [new.made.story for new in plan.new]


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"", Failure.EMPTY),
        (b"<!doctype html><html><body><p>Welcome</p></body></html>", Failure.HTML_PAGE),
        (b"<opml version='2.0'><body/></opml>", Failure.NOT_A_FEED),
        (b"just words", Failure.NOT_XML),
        (b'{"a": 1}', Failure.NOT_A_FEED),
    ],
)
def test_what_is_no_feed_is_told_why(body: bytes, kind: Failure):
    found = preview(asked(body), max_entries=10)
    assert isinstance(found, ParseFailed)
    assert found.kind is kind
    assert found.detail


TOLD = st.text(max_size=40).map(lambda t: rss(f"<item><guid>{t}</guid><title>{t}</title></item>"))


@settings(deadline=None)
@given(
    body=st.one_of(st.binary(max_size=80), TOLD),
    content_type=st.one_of(st.none(), st.text(max_size=20)),
)
@example(body=rss("<item/>"), content_type="text/html; charset=nonsense")
def test_nothing_makes_it_raise(body: bytes, content_type: str | None):
    found = preview(asked(body, content_type=content_type), max_entries=5)
    assert isinstance(found, Preview | ParseFailed)


def test_an_articles_page_is_shown_as_full_text_would_be():
    facts = {"author": {"name": "Ida Holm"}, "datePublished": "2026-11-24T05:00:00Z"}
    found = seen(article(facts=facts).encode(), content_type="text/html")
    assert (found.format, found.entries) == ("html", 1)
    (shown,) = found.stories
    assert shown.story.title == "Ferry sails again after two weeks in the yard"
    assert shown.story.text == "\n\n".join(PARAGRAPHS)
    assert shown.story.authors == ("Ida Holm",)
    assert shown.story.published_raw == "2026-11-24T05:00:00Z"


def test_a_page_without_a_title_has_its_first_words_for_one():
    page = f"<html><body><article><p>{'</p><p>'.join(PARAGRAPHS)}</p></article></body></html>"
    assert (
        seen(page.encode(), content_type="text/html")
        .stories[0]
        .story.title.startswith("The ferry between")
    )


def test_a_page_that_is_a_wall_says_so():
    page = article(facts={"isAccessibleForFree": False})
    refused = preview(asked(page.encode(), content_type="text/html"), max_entries=9)
    assert isinstance(refused, ParseFailed)
    assert refused.kind is Failure.HTML_PAGE
    assert "paywall" in refused.detail
