"""Which text a story is told by: its feed's, or its page's."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from app.core.search.analyze import terms_of
from app.core.story import BlockType, Story
from app.core.text import count_words, fold_space

LONGER: Final = 1.2
"""How many times as many words as the feed's the page's text must have; and LONGER_WORDS more."""

LONGER_WORDS: Final = 20

SAME_TEXT: Final = 0.75
"""Share of a feed's text, where it is one, that must stand in the page's."""

SAME_TOPIC: Final = 0.55
"""Share of a summary's or title's terms that must: editors write teasers in words of their own."""

FULL_WORDS: Final = 120
"""From so many words on a feed's text is the story's, and no summary of it."""

MAX_BOILERPLATE: Final = 0.5
MIN_TERMS: Final = 4
_SHINGLE: Final = 3
_CUT_OFF = re.compile(r"(?:…|\.\.\.|\[\.{3}\]|\[…\])\W*$")
TEASER_WORDS: Final = 120


class Kept(StrEnum):
    """Whose text a story is told by."""

    PAGE = "page"
    FEED = "feed"


class Why(StrEnum):
    """What decided it; closed."""

    LONGER = "longer"  # the page's, and it holds what the feed says
    FEED_EMPTY = "feed_empty"
    NO_LONGER = "no_longer"
    TEASER = "teaser"  # the page's text breaks off as well
    BOILERPLATE = "boilerplate"  # most of the page's text is the publisher's, not the story's
    OTHER_LANGUAGE = "other_language"
    OTHER_TEXT = "other_text"  # the page does not hold what the feed says


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """Whose text is kept, why, and how long both are, in words."""

    kept: Kept
    why: Why
    feed_words: int
    page_words: int


def choose(feed: Story, page: Story, page_title: str | None) -> Choice:
    """The better of two forms of one story; `page` is normalized from `with_page`."""
    why = _against_page(feed, page, page_title)
    kept = Kept.FEED
    if why is None:
        kept, why = Kept.PAGE, Why.LONGER if feed.word_count else Why.FEED_EMPTY
    return Choice(kept=kept, why=why, feed_words=feed.word_count, page_words=page.word_count)


def still_better(feed: Story, page: Story) -> Choice:
    """Whether a page's text that was kept stays better than what its feed says now.

    It is some hours old, and the feed's new words may not stand in it: only length decides, until
    the page has been fetched again.
    """
    longer = _is_longer(page, feed)
    return Choice(
        kept=Kept.PAGE if longer else Kept.FEED,
        why=Why.LONGER if longer else Why.NO_LONGER,
        feed_words=feed.word_count,
        page_words=page.word_count,
    )


def _against_page(feed: Story, page: Story, page_title: str | None) -> Why | None:
    """What speaks against the page's text; None for nothing."""
    if not _is_longer(page, feed):
        return Why.NO_LONGER
    if page.word_count < TEASER_WORDS and _CUT_OFF.search(page.text[-40:]):
        return Why.TEASER
    if _boilerplate_share(page) > MAX_BOILERPLATE:
        return Why.BOILERPLATE
    if _other_language(feed, page):
        return Why.OTHER_LANGUAGE
    if not _holds(feed, page, page_title):
        return Why.OTHER_TEXT
    return None


def _is_longer(page: Story, feed: Story) -> bool:
    return page.word_count >= max(feed.word_count * LONGER, feed.word_count + LONGER_WORDS)


def _boilerplate_share(story: Story) -> float:
    words = sum(
        count_words(b.text, story.language) for b in story.blocks if b.type is BlockType.BOILERPLATE
    )
    return words / (words + story.word_count) if words else 0.0


def _other_language(feed: Story, page: Story) -> bool:
    """Only where the feed says enough to tell by."""
    if feed.language is None or page.language is None or feed.word_count < LONGER_WORDS:
        return False
    return feed.language != page.language


def _holds(feed: Story, page: Story, page_title: str | None) -> bool:
    """Whether the page tells the feed's story: in its words where the feed has the text, else in
    a good part of its summary's or its title's terms.
    """
    if feed.word_count >= FULL_WORDS:
        return _contained(_shingles(feed.text), _shingles(page.text)) >= SAME_TEXT
    told = Counter(terms_of(f"{page_title or ''}\n{page.text}"))
    said = Counter(terms_of(feed.text or feed.summary or ""))
    if said.total() >= MIN_TERMS and _contained(said, told) >= SAME_TOPIC:
        return True
    title = Counter(() if feed.title == feed.url else terms_of(feed.title))  # which stood in
    return title.total() < MIN_TERMS or _contained(title, told) >= SAME_TOPIC


def _contained(part: Counter[str], whole: Counter[str]) -> float:
    """Share of the terms of one text that stand in another, each as often."""
    return (part & whole).total() / part.total() if part else 1.0


def _shingles(text: str) -> Counter[str]:
    terms = terms_of(fold_space(text))
    return Counter(" ".join(terms[n : n + _SHINGLE]) for n in range(len(terms) - _SHINGLE + 1))
