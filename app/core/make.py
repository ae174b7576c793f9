"""Entry → everything that is kept of its story: the one way to make a story, new or again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from app.core.kept import KeptEntry, pack_entry, unpack_entry
from app.core.normal.normalize import normalize
from app.core.page.types import with_page
from app.core.search.facets import StorySource
from app.core.search.index import Indexable, IndexTerms, index_terms
from app.core.story import Story
from app.core.syndicate import Sketch, sketch_of

NORMAL_FORM_VERSION = 2
"""Raised with every release that makes other stories of the same entries."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """A story, and all that is kept of it beside its own columns."""

    story: Story
    terms: IndexTerms
    entry: bytes  # what it was made from, packed
    sketch: Sketch  # of its words, by which reprints are found


@dataclass(frozen=True, slots=True, kw_only=True)
class Making:
    """A story on record that is to be made again, with what its source is known by now."""

    entry: bytes
    source: StorySource
    learned: frozenset[int] = frozenset()  # hashes of the lines that the source repeats


def make(kept: KeptEntry, source: StorySource, learned: frozenset[int] = frozenset()) -> Made:
    """The story of an entry, its terms, and the entry itself for the next time."""
    return complete(story_of(kept, learned), kept, source)


def story_of(kept: KeptEntry, learned: frozenset[int] = frozenset()) -> Story:
    """The story that an entry is; by its page's text where that is kept."""
    entry = kept.entry if kept.page is None else with_page(kept.entry, kept.page)
    return normalize(entry, replace(kept.context, learned=learned), kept.first_seen)


def complete(story: Story, kept: KeptEntry, source: StorySource) -> Made:
    """All that is kept of a story that is made already."""
    words = Indexable(
        title=story.title,
        text=story.text,
        language=story.language,
        tags=tuple(tag.qcode for tag in story.tags),
        authors=story.authors,
        url=story.url,
        source=source,
    )
    return Made(
        story=story,
        terms=index_terms(words),
        entry=pack_entry(kept),
        sketch=sketch_of(story.title, story.text),
    )


def make_again(makings: Sequence[Making]) -> list[Made]:
    """The same stories by this release's normal form; heavy, for a worker process."""
    return [make(unpack_entry(m.entry), m.source, m.learned) for m in makings]
