"""What operators have said about tags: their rules, and tags blocked, merged and renamed.

It travels to worker processes packed, and is read there once for each version.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache

from pydantic import TypeAdapter

from app.core.normal.agencies import agency_of
from app.core.search.facets import StorySource
from app.core.search.index import Indexable, IndexTerms, index_terms
from app.core.story import Story, Tag, TagBy
from app.core.tag import MAX_TAGS, ORIGIN_SCHEMES, tag_origin
from app.core.tagging.edits import Merges, with_merged
from app.core.tagging.hand import HandEdit, HandEdits
from app.core.tagging.rules import Actions, GivenTag, Outcome, Rule, RuleBook, Visibility
from app.core.tagging.topic_sections import Sections


@dataclass(frozen=True, kw_only=True)
class TagPolicy:
    """The rules that are on, in their order, and what has become of tags, all by QCode.

    A tag that is merged goes under the other's name wherever it came from; one that is blocked is
    given by nobody. `sections` say which topics a source's categories stand for. `version` rises
    with every change.
    """

    version: int = 0
    rules: tuple[Rule, ...] = ()
    blocked: frozenset[str] = frozenset()
    merged: Mapping[str, str] = field(default_factory=dict)  # QCode → QCode
    merged_names: Mapping[str, str] = field(default_factory=dict)  # and what the other is called
    names: Mapping[str, str] = field(default_factory=dict)  # QCode → the name it has here
    sections: Mapping[int, Sections] = field(default_factory=dict)  # of sources, by id

    @cached_property
    def book(self) -> RuleBook:
        """A rule that speaks of a merged tag means what it is called by now."""
        merges = self.merges
        return RuleBook(
            [replace(rule, actions=self._resolved(rule.actions)) for rule in self.rules],
            lambda tree: with_merged(tree, merges),
        )

    @cached_property
    def merges(self) -> Merges:
        return Merges(into=self.merged)

    def name_of(self, tag: str, own: str) -> str:
        """What a tag is called in the end that comes under a name of its own."""
        *_, now = path = self.merges.path(tag)
        return self.names.get(now) or (own if tag == now else self.merged_names.get(path[-2], own))

    def _resolved(self, actions: Actions) -> Actions:
        """A blocked tag stays as it is, so that nobody gives it under another's name."""
        remove = tuple(dict.fromkeys(self.merges.called(qcode) for qcode in actions.remove))
        add = (tag if tag.qcode in self.blocked else self._given(tag) for tag in actions.add)
        return replace(actions, add=tuple(add), remove=remove)

    def _given(self, tag: GivenTag) -> GivenTag:
        scheme, _, code = self.merges.called(tag.qcode).partition(":")
        return GivenTag(scheme=scheme, code=code, name=self.name_of(tag.qcode, tag.name))


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """A story with the tags it has at last, its terms, and whether it is in the stream."""

    story: Story
    terms: IndexTerms
    dropped: bool


def pack_policy(policy: TagPolicy) -> bytes:
    return zlib.compress(_form().dump_json(policy, exclude_defaults=True))


@lru_cache(maxsize=2)  # the present one, and the one before: thousands of rules take their room
def unpack_policy(packed: bytes) -> TagPolicy:
    """The policy, with its rules ready; the same object for the same bytes."""
    return _form().validate_json(zlib.decompress(packed)) if packed else TagPolicy()


@lru_cache(maxsize=1)
def _form() -> TypeAdapter[TagPolicy]:
    return TypeAdapter(TagPolicy)


def judge(story: Story, source: StorySource, policy: TagPolicy, edits: HandEdits = ()) -> Settled:
    """A story by the policy, then by what was done to it by hand; as it is where there is neither.
    It has at most MAX_TAGS.
    """
    story = replace(story, tags=tuple(settled(story.tags, policy)))
    terms = index_terms(_indexable(story, source))
    outcome = policy.book.outcome(terms, story.language)
    dropped = outcome.visibility is Visibility.DROP
    after = _with_edits(_with_outcome(story, outcome, policy), edits, policy)
    if len(after.tags) > MAX_TAGS:
        after = replace(after, tags=tuple(_foremost(after.tags)))
    if after is not story:
        story, terms = after, index_terms(_indexable(after, source))
    return Settled(story=story, terms=terms, dropped=dropped)


def settled(tags: Iterable[Tag], policy: TagPolicy) -> Iterator[Tag]:
    """The tags as they are to be called, each once; without those that are blocked."""
    seen: set[str] = set()
    for tag in tags:
        qcode = policy.merges.called(tag.qcode)
        if qcode in seen or qcode in policy.blocked or tag.qcode in policy.blocked:
            continue
        seen.add(qcode)
        scheme, _, code = qcode.partition(":")
        name = policy.name_of(tag.qcode, tag.name)
        yield replace(tag, scheme=scheme, code=code, name=name)


def _with_outcome(story: Story, outcome: Outcome, policy: TagPolicy) -> Story:
    if not outcome.matched:
        return story
    kept = [tag for tag in story.tags if tag.qcode not in outcome.remove]
    there = {tag.qcode for tag in kept}
    given = (
        Tag(scheme=tag.scheme, code=tag.code, name=tag.name, by=TagBy.RULE, rule=rule)
        for tag, rule in outcome.add
        if tag.qcode not in there
    )
    language = outcome.language or story.language
    agency = agency_of(outcome.agency) if outcome.agency else story.agency
    changed = replace(story, language=language, agency=agency)
    own = tag_origin(agency, language)
    rest = (tag for tag in [*kept, *given] if tag.scheme not in ORIGIN_SCHEMES or tag.rule)
    return replace(changed, tags=tuple(settled([*own, *rest], policy)))


def _with_edits(story: Story, edits: HandEdits, policy: TagPolicy) -> Story:
    """The tags given by hand, which keep the words that taggers have found for them, and none of
    those taken away by hand. What is blocked is not given, nor does it stand for another tag.
    """
    said: dict[str, HandEdit] = {}
    for edit in edits:
        if not (edit.given and edit.qcode in policy.blocked):
            said[policy.merges.called(edit.qcode)] = edit
    if not said:
        return story
    there = {tag.qcode: tag for tag in story.tags}
    kept = (tag for tag in story.tags if tag.qcode not in said)
    given = (
        _by_hand(qcode, policy.name_of(edit.qcode, edit.tag.name), there.get(qcode))
        for qcode, edit in said.items()
        if edit.given
    )
    return replace(story, tags=tuple(settled([*kept, *given], policy)))


def _by_hand(qcode: str, name: str, found: Tag | None) -> Tag:
    scheme, _, code = qcode.partition(":")
    tag = Tag(scheme=scheme, code=code, name=name, by=TagBy.OPERATOR)
    if found is None:
        return tag
    return replace(tag, matched=found.matched, span=found.span, mentions=found.mentions)


def _foremost(tags: Sequence[Tag]) -> list[Tag]:
    """MAX_TAGS of the tags, in their order: what operators gave by hand and where the story is
    from, then what rules gave, then the surest.
    """

    def place(at: int) -> tuple[bool, bool, bool, float]:
        tag = tags[at]
        set_here = tag.by is TagBy.OPERATOR or tag.scheme in ORIGIN_SCHEMES
        return not set_here, tag.by is not TagBy.RULE, tag.inferred, -tag.score

    return [tags[at] for at in sorted(sorted(range(len(tags)), key=place)[:MAX_TAGS])]


def _indexable(story: Story, source: StorySource) -> Indexable:
    return Indexable(
        title=story.title,
        text=story.text,
        language=story.language,
        tags=tuple(tag.qcode for tag in story.tags),
        authors=story.authors,
        url=story.url,
        source=source,
    )
