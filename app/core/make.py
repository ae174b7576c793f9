"""Entry → everything that is kept of its story: the one way to make a story, new or again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from app.core.kept import KeptEntry, pack_entry, unpack_entry
from app.core.normal.normalize import normalize
from app.core.page.types import with_page
from app.core.search.facets import StorySource
from app.core.search.index import IndexTerms
from app.core.story import Story
from app.core.syndicate import NOTHING, Sketch, sketch_of
from app.core.tagging.give import with_tags
from app.core.tagging.hand import HandEdits
from app.core.tagging.model import in_use
from app.core.tagging.policy import Settled, judge, unpack_policy
from app.core.types import Entry

NORMAL_FORM_VERSION = 2
"""Raised with every release that makes other stories of the same entries."""

TAGS_VERSION = 1
"""Raised with every release that gives other tags to the same stories, by other vocabularies or
rules of names.
"""


def taggers_of(model: str | None) -> str:
    """What tells tags by this release, and by this model, from others."""
    return str(TAGS_VERSION) if model is None else f"{TAGS_VERSION} {model}"


PLAIN = taggers_of(None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """A story, and all that is kept of it beside its own columns."""

    story: Story
    terms: IndexTerms
    entry: bytes  # what it was made from, packed
    sketch: Sketch  # of its words, by which reprints are found; NOTHING if it is dropped
    policy: int = 0  # the version of the operators' policy that its tags are by
    dropped: bool = False  # kept, and not served: a rule says so
    edits: HandEdits = ()  # of its tags that it is made by
    taggers: str = PLAIN


@dataclass(frozen=True, slots=True, kw_only=True)
class Making:
    """A story on record that is to be made again, with what its source is known by now."""

    entry: bytes
    source: StorySource
    learned: frozenset[int] = frozenset()  # hashes of the lines that the source repeats
    policy: bytes = b""  # what operators have said about tags, packed
    edits: HandEdits = ()  # and done to the story's own


def make(kept: KeptEntry, making: Making) -> Made:
    """The story of an entry, its terms, and the entry itself for the next time."""
    story = story_of(kept, making.learned)
    return complete(story, kept, making.source, making.policy, making.edits)


def story_of(kept: KeptEntry, learned: frozenset[int] = frozenset()) -> Story:
    """The story that an entry is; by its page's text where that is kept."""
    entry = kept.entry if kept.page is None else with_page(kept.entry, kept.page)
    return normalize(entry, replace(kept.context, learned=learned), kept.first_seen)


def complete(
    story: Story,
    kept: KeptEntry,
    source: StorySource,
    policy: bytes = b"",
    edits: HandEdits = (),
) -> Made:
    """All that is kept of a story that is in its normal form already, with the tags that it gets
    by its words, by the operators' policy and by hand.
    """
    settled, model = tagged(story, kept.entry, source, policy, edits), in_use()
    return Made(
        story=settled.story,
        terms=settled.terms,
        entry=pack_entry(kept),
        sketch=NOTHING if settled.dropped else sketch_of(story.title, story.text),
        policy=unpack_policy(policy).version,
        dropped=settled.dropped,
        edits=edits,
        taggers=PLAIN if model is None else taggers_of(model.name),
    )


def tagged(
    story: Story, entry: Entry, source: StorySource, policy: bytes, edits: HandEdits = ()
) -> Settled:
    """The story with the tags that it gets by its words, by the operators' policy and by hand."""
    said = unpack_policy(policy)
    about = with_tags(story, entry.categories, source.country, said.sections.get(source.id))
    return judge(about, source, said, edits)


def make_again(makings: Sequence[Making]) -> list[Made]:
    """The same stories by this release's normal form; heavy, for a worker process."""
    return [make(unpack_entry(making.entry), making) for making in makings]
