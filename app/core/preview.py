"""What would become of a document if it were polled: the same steps, and nothing kept."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from app.core.countries import country_of_domain
from app.core.identity import EntryKeys
from app.core.make import tagged
from app.core.normal.normalize import normalize
from app.core.normal.repeats import WINDOW, Lesson, taught
from app.core.page.document import page_document
from app.core.page.types import PageRefused
from app.core.plan import notes_of, read_document
from app.core.poll import Document
from app.core.search.facets import StorySource
from app.core.story import Story, TitleAffixes
from app.core.types import Failure, ParseFailed
from app.core.urls import host_of, registrable_domain
from app.core.writes import feed_context


class KnownBy(StrEnum):
    """What tells a story from the others of its source."""

    URL = "url"
    GUID = "guid"
    WORDS = "words"


@dataclass(frozen=True, slots=True, kw_only=True)
class PreviewRequest:
    """A document as it might have come from `url` at `now`, and what an operator says of it."""

    body: bytes
    content_type: str | None
    url: str
    now: datetime
    language: str | None = None
    time_zone: str | None = None
    limit: int = 20  # stories to normalize, in document order
    policy: bytes = b""  # what operators have said about tags, packed
    source: StorySource | None = None  # the publisher on record, if there is one


@dataclass(frozen=True, slots=True, kw_only=True)
class PreviewedStory:
    """A story before it has an id, with the keys that it would be recognized by."""

    story: Story
    known_by: KnownBy
    guid: str | None
    guid_counts: bool  # it tells this entry alone
    url: str | None  # canonical
    url_counts: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """A document that can be read as a feed, and the first of its stories.

    `entries` counts all of the document, `distinct` those told apart. `title_affixes` are what
    its titles lose, `lessons` the lines that its texts lose because they repeat.
    """

    format: str
    title: str | None
    site_url: str | None
    language: str | None  # as the document says it
    entries: int
    distinct: int
    notes: tuple[str, ...]
    title_affixes: TitleAffixes
    lessons: tuple[Lesson, ...]
    stories: tuple[PreviewedStory, ...]


def preview(asked: PreviewRequest, *, max_entries: int) -> Preview | ParseFailed:
    """What a first poll would make of the document, or full text of an article's page; heavy, for
    a worker process.
    """
    document = read_document(
        asked.body,
        content_type=asked.content_type,
        url=asked.url,
        feed_url=asked.url,
        max_entries=max_entries,
    )
    if isinstance(document, ParseFailed) and document.kind is Failure.HTML_PAGE:
        document = _page(asked, document)
    if isinstance(document, ParseFailed):
        return document
    return _previewed(document, asked)


def _page(asked: PreviewRequest, failed: ParseFailed) -> Document | ParseFailed:
    page = page_document(asked.body, content_type=asked.content_type, url=asked.url)
    if isinstance(page, PageRefused):
        said = f"{failed.detail}; nor is it an article's page: {page.kind.value} ({page.detail})"
        return replace(failed, detail=said)
    return page


def _previewed(document: Document, asked: PreviewRequest) -> Preview:
    feed = document.feed
    context = feed_context(
        feed, feed_url=asked.url, language=asked.language, time_zone=asked.time_zone
    )
    keys = document.keys[: max(asked.limit, WINDOW)]

    def read(learned: frozenset[int]) -> list[Story]:
        known = replace(context, learned=learned)
        return [normalize(each.entry, known, asked.now) for each in keys]

    stories, lessons = taught(read)
    source = asked.source or source_of(asked.url)
    shown = [
        (each, tagged(story, each.entry, source, asked.policy).story)
        for each, story in zip(keys[: asked.limit], stories, strict=False)
    ]
    return Preview(
        format=feed.format,
        title=feed.title,
        site_url=feed.site_url,
        language=feed.language,
        entries=len(feed.entries) + feed.dropped,
        distinct=len(document.keys),
        notes=notes_of(document),
        title_affixes=context.title_affixes,
        lessons=lessons,
        stories=tuple(_with_keys(each, story) for each, story in shown),
    )


def source_of(url: str) -> StorySource:
    """The publisher that a feed of this address would be of."""
    host = host_of(url) or ""
    domain = registrable_domain(host) or host
    return StorySource(id=0, domain=domain, country=country_of_domain(domain))


def _with_keys(keys: EntryKeys, story: Story) -> PreviewedStory:
    return PreviewedStory(
        story=story,
        known_by=_known_by(keys),
        guid=keys.entry.guid,
        guid_counts=keys.guid_ident is not None,
        url=keys.url,
        url_counts=keys.url_counts,
    )


def _known_by(keys: EntryKeys) -> KnownBy:
    """The best of `identities_of`, in words."""
    if keys.url_counts:
        return KnownBy.URL
    return KnownBy.WORDS if keys.guid_ident is None else KnownBy.GUID
