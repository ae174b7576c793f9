"""Entry → Story: the house form of what a feed says."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from html import unescape

from app.core.hashing import hash64
from app.core.language import detect_language, normalize_language
from app.core.normal.blocks import MAX_TEXT_CHARS, BlocksRead, read_blocks
from app.core.normal.dates import ReadDate, clamp_published, read_date
from app.core.normal.lines import NOTHING, Repeated, lines_of, pack_lines
from app.core.normal.people import read_authors
from app.core.normal.titles import own_title
from app.core.normal.wire import agency_among, located_dateline, wire_lead, with_note
from app.core.story import FeedContext, PublishedFrom, Story, TagBy
from app.core.tag import tag_story
from app.core.text import clean_text, count_words, fold_space, sanitize_html, title_text, visible
from app.core.types import Enclosure, Entry, Markup
from app.core.urls import absolute_url, canonical_url

MAX_SUMMARY_CHARS = 500
MAX_FALLBACK_TITLE_CHARS = 80
MAX_ENCLOSURES = 32
MAX_RAW_CHARS = 200
MAX_TYPE_CHARS = 100
UNTITLED = "Untitled"

_AFFIX_EDGES = " -–—|·•»«~/:：｜()（）[]【】"

_IMAGE = re.compile(r'<img\b[^>]*?\ssrc="([^"]+)"')
_IMAGE_ENDING = re.compile(r"\.(?:jpe?g|png|gif|webp|avif)$", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Published:
    at: datetime
    whence: PublishedFrom
    raw: str | None
    rule: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Body:
    """The fuller of content and summary, and what the other adds."""

    main: BlocksRead
    other: BlocksRead
    html: str | None
    summary: str | None


def normalize(entry: Entry, context: FeedContext, first_seen: datetime) -> Story:
    """The story that an entry is. Total: every entry gives one, and none raises.

    Without a title, the first words of the text stand in for it, else the URL. A date that is
    missing, unreadable or before 1970 gives way to the updated date, then to `first_seen`;
    no date is after `first_seen`.
    """
    first_seen = first_seen.astimezone(UTC)
    url = canonical_url(entry.url, entry.base_url) if entry.url else None
    said_title = own_title(title_text(entry.title), context.title_affixes) if entry.title else ""
    body = _body(entry, Repeated(hashes=context.learned, title=said_title))
    text = body.main.text
    title = said_title or _stand_in(text, url)
    said = read_authors(entry.authors, _outlets(context))
    prior = normalize_language(entry.language) or normalize_language(context.language)
    language = detect_language(f"{title}\n{text}", prior)
    lead = wire_lead(entry)
    agency = (
        agency_among(entry.credits)
        or (lead.agency if lead else None)
        or body.main.agency
        or body.other.agency
        or said.agency
        or agency_among((entry.publisher or "",))
    )
    published = _published(entry, context, first_seen)
    story = Story(
        url=url,
        title=title,
        summary=body.summary,
        blocks=body.main.blocks,
        text=text,
        html=body.html,
        authors=said.names or body.main.authors or body.other.authors,
        agency=agency,
        dateline=(lead.dateline if lead else None)
        or body.main.dateline
        or body.other.dateline
        or located_dateline(entry),
        language=language,
        published_at=published.at,
        published_from=published.whence,
        published_raw=published.raw,
        published_rule=published.rule,
        updated_at=_updated(entry, context, first_seen, published),
        image_url=_image(entry, body.html),
        enclosures=_enclosures(entry),
        tags=tag_story(
            categories=entry.categories,
            agency=agency,
            language=language,
            places=entry.places,
            people=entry.people,
            organisations=entry.organisations,
        ),
        word_count=count_words(text, language),
        content_hash=0,
        lines=pack_lines(lines_of(said_title, body.main.blocks)),
    )
    return replace(story, content_hash=content_hash(story))


def _outlets(context: FeedContext) -> frozenset[str]:
    """The names of the source: its own, and those that its titles bear."""
    affixes = (*context.title_affixes.prefixes, *context.title_affixes.suffixes)
    names = (context.source_name or "", *(affix.strip(_AFFIX_EDGES) for affix in affixes))
    return frozenset(fold_space(name).casefold() for name in names if name)


def content_hash(story: Story) -> int:
    """Fingerprint of what a reader would call the story.

    Title, address, text, summary, authors, agency, language, the publisher's own tags, picture and
    enclosures; of the last two only host and path, because signatures and sizes in their queries
    change from poll to poll. Not: dates, markup, boilerplate, white space, tags that are found in
    the text, the order of tags and authors.
    """
    return hash64(
        story.title,
        story.url,
        fold_space(story.text),
        fold_space(story.summary or ""),
        *sorted(story.authors),
        None,
        story.agency.code if story.agency else None,
        story.language,
        *sorted(tag.qcode for tag in story.tags if tag.by is TagBy.PUBLISHER),
        None,
        _without_query(story.image_url),
        *sorted(_without_query(enclosure.url) or "" for enclosure in story.enclosures),
    )


def _without_query(url: str | None) -> str | None:
    return url.partition("?")[0] if url else None


def _body(entry: Entry, repeated: Repeated) -> _Body:
    """Where nothing but repeated lines would be left out of all text, it is left as it is."""
    content, summary = _read(entry.content, repeated), _read(entry.summary, repeated)
    if repeated.hashes and not content.text and not summary.text:
        content, summary = _read(entry.content), _read(entry.summary)
    swapped = len(summary.text) > len(content.text)
    main, other = (summary, content) if swapped else (content, summary)
    markup = entry.summary if swapped else entry.content
    html = None
    if markup is not None and markup.html:
        html = sanitize_html(markup.value[:MAX_TEXT_CHARS], entry.base_url) or None
    said = _summary(summary.text or main.text)
    return _Body(main=with_note(main, entry.editor_note), other=other, html=html, summary=said)


def _read(markup: Markup | None, repeated: Repeated = NOTHING) -> BlocksRead:
    if markup is None:
        return BlocksRead()
    return read_blocks(markup.value, is_html=markup.html, repeated=repeated)


def _summary(text: str) -> str | None:
    """The whole of a short text, else its first paragraph; cut to MAX_SUMMARY_CHARS."""
    folded = fold_space(text)
    if len(folded) > MAX_SUMMARY_CHARS:
        folded = shorten(fold_space(text.partition("\n\n")[0]), MAX_SUMMARY_CHARS)
    return folded or None


def shorten(text: str, limit: int) -> str:
    """The text in at most `limit` characters, cut between words and with an ellipsis if cut."""
    if len(text) <= limit:
        return text
    cut = text[: limit - 1]
    at_word = cut.rpartition(" ")[0]
    return (at_word if len(at_word) * 2 > limit else cut).rstrip(" ,;:–—-") + "…"


def _stand_in(text: str, url: str | None) -> str:
    """The first words; cleaned again, since what is certain of a part may not be of the whole."""
    words = shorten(fold_space(text.partition("\n\n")[0]), MAX_FALLBACK_TITLE_CHARS)
    return clean_text(words) or url or UNTITLED


def _published(entry: Entry, context: FeedContext, first_seen: datetime) -> _Published:
    said = (
        (PublishedFrom.PUBLISHED, entry.published_raw),
        (PublishedFrom.UPDATED, entry.updated_raw),
    )
    for whence, raw in said:
        read = clamp_published(_date(raw, context), first_seen)
        if read is not None:
            return _Published(at=read.at, whence=whence, raw=_raw(read.raw), rule=read.rule)
    raw = entry.published_raw or entry.updated_raw
    return _Published(
        at=first_seen,
        whence=PublishedFrom.FIRST_SEEN,
        raw=_raw(raw),
        rule="first_seen",
    )


def _date(raw: str | None, context: FeedContext) -> ReadDate | None:
    return read_date(raw, time_zone=context.time_zone, order=context.date_order)


def _raw(said: str | None) -> str | None:
    """A date as the feed wrote it, without what cannot be shown or stored."""
    return visible(said[:MAX_RAW_CHARS]) or None if said else None


def _updated(
    entry: Entry, context: FeedContext, first_seen: datetime, published: _Published
) -> datetime | None:
    """The publisher's own date of change, where it says a later one than it was published at."""
    if published.whence is not PublishedFrom.PUBLISHED:
        return None
    read = clamp_published(_date(entry.updated_raw, context), first_seen)
    return read.at if read is not None and read.at > published.at else None


def _image(entry: Entry, html: str | None) -> str | None:
    """The feed's own picture, else an enclosed one, else the first of the text."""
    candidates = [entry.image_url] if entry.image_url else []
    candidates += [enclosure.url for enclosure in entry.enclosures if _is_image(enclosure)]
    candidates += [unescape(src) for src in _IMAGE.findall(html or "")[:1]]
    absolute = (absolute_url(url, entry.base_url) for url in candidates)
    return next((url for url in absolute if url is not None), None)


def _is_image(enclosure: Enclosure) -> bool:
    if enclosure.type:
        return enclosure.type.lower().startswith("image/")
    return _IMAGE_ENDING.search(enclosure.url.partition("?")[0]) is not None


def _enclosures(entry: Entry) -> tuple[Enclosure, ...]:
    """One for each absolute address, at most MAX_ENCLOSURES."""
    kept: dict[str, Enclosure] = {}
    for enclosure in entry.enclosures:
        url = absolute_url(enclosure.url, entry.base_url)
        if url is None:
            continue
        kind = clean_text(enclosure.type or "")[:MAX_TYPE_CHARS] or None
        length = enclosure.length
        if length is not None and not 0 <= length < 1 << 63:
            length = None
        kept.setdefault(url, Enclosure(url=url, type=kind, length=length))
    return tuple(kept.values())[:MAX_ENCLOSURES]
