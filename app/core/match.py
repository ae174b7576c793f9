"""Matching a document's entries to what is on record: new, or which story.

Where guid and URL disagree the URL wins.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from app.core.guids import SAME_MOMENT, published_at, renamed
from app.core.hashing import hash64
from app.core.identity import EntryKeys, identities_of
from app.core.known import Known, KnownCopy, KnownStory


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """What an entry turned out to be; `story` is None for one that is new.

    `ident` is the key its copy is kept under, `identity` what the story is known by in its source.
    """

    keys: EntryKeys
    story: KnownStory | None
    copy: KnownCopy | None
    ident: int
    identity: int
    why: str


def match_entries(keys: Sequence[EntryKeys], known: Known, feed_url: str) -> tuple[Match, ...]:
    """What each entry is, in document order; two entries of a document are never the same story.

    Entries that stand as they stood keep their story before the others are looked at.
    """
    records = _Records(known, feed_url, renamed(keys, known))
    order = sorted(range(len(keys)), key=lambda n: records.unchanged(keys[n]) is None)
    matches = {n: records.match(keys[n]) for n in order}
    return tuple(matches[n] for n in range(len(keys)))


def stories_to_read(keys: Sequence[EntryKeys], known: Known) -> set[int]:
    """The stories that may get other words: all but those whose copies stand as they stood."""
    standing = {entry_keys.entry.raw_hash for entry_keys in keys}
    same = {copy.story_id for copy in known.copies.values() if copy.entry_hash in standing}
    return set(known.stories) - same


class _Records:
    """What is on record, by the keys that an entry may be found by, and what is taken of it."""

    def __init__(
        self, known: Known, feed_url: str, renamed_stories: Mapping[int, KnownStory]
    ) -> None:
        self.renamed = renamed_stories  # by the raw hash of an entry
        self.copies = known.copies
        self.stories = known.stories
        self.feed_url = feed_url
        self.by_identity = {story.identity: story for story in known.stories.values()}
        by_presence = sorted(known.copies.values(), key=lambda copy: (copy.present, copy.ident))
        self.copy_of_words = {copy.entry_hash: copy for copy in by_presence}
        self.copy_of_story = {copy.story_id: copy for copy in by_presence}
        self.stories_of_url: dict[int, set[int]] = defaultdict(set)
        for copy in known.copies.values():
            self._note_url(copy.url_hash, copy.story_id)
        for story in known.stories.values():
            self._note_url(story.url_hash, story.id)
        self.taken: set[int] = set()
        self.used_identities = set(self.by_identity)
        self.used_idents = set(known.copies)

    def unchanged(self, keys: EntryKeys) -> KnownCopy | None:
        """The copy that holds these very words, whatever key it is kept under."""
        return self.copy_of_words.get(keys.entry.raw_hash)

    def match(self, keys: EntryKeys) -> Match:
        found = next((c for c in self._candidates(keys) if c[0].id not in self.taken), None)
        if found is None:
            why = "neither URL nor guid is on record"
            identity, ident = self._free_identity(keys), self._free_ident(keys)
            return Match(keys=keys, story=None, copy=None, ident=ident, identity=identity, why=why)
        story, why = found
        self.taken.add(story.id)
        copy = self.copy_of_story.get(story.id)
        ident = copy.ident if copy else self._free_ident(keys)
        return Match(
            keys=keys, story=story, copy=copy, ident=ident, identity=story.identity, why=why
        )

    def _note_url(self, url_hash: int | None, story_id: int) -> None:
        if url_hash is not None:
            self.stories_of_url[url_hash].add(story_id)

    def _candidates(self, keys: EntryKeys) -> Iterator[tuple[KnownStory, str]]:
        """Stories that the entry may be, best evidence first."""
        copy = self.unchanged(keys)
        if copy is not None and copy.story_id in self.stories:
            yield self.stories[copy.story_id], "the same words as before"
        for story in self._at_url(keys):
            if not self._is_another(keys, story):
                yield story, "the same URL"
        for story in self._by_guid(keys):
            if keys.url_hash is None or story.url_hash in (None, keys.url_hash):
                yield story, "the same guid"
            elif _still_the_same(keys, story):
                yield story, "the same guid, its link has changed"
        if keys.entry.raw_hash in self.renamed:
            yield self.renamed[keys.entry.raw_hash], "the same title, under another guid"

    def _at_url(self, keys: EntryKeys) -> Iterator[KnownStory]:
        """The story that is at the entry's URL, or was when it was new; none where several are."""
        if not self._url_counts(keys):
            return
        there = self.stories_of_url.get(keys.url_hash or 0, set())
        yield from (self.stories[story_id] for story_id in there if story_id in self.stories)
        was_there = self.by_identity.get(keys.url_hash or 0)
        if was_there is not None:
            yield was_there

    def _by_guid(self, keys: EntryKeys) -> Iterator[KnownStory]:
        """Stories under the entry's own keys: of a copy, or of a feed that was here before."""
        copies = (self.copies.get(ident) for ident in keys.idents)
        yield from (self.stories[c.story_id] for c in copies if c and c.story_id in self.stories)
        for identity in identities_of(keys, self.feed_url):
            if identity in self.by_identity and identity != keys.url_hash:
                yield self.by_identity[identity]

    def _url_counts(self, keys: EntryKeys) -> bool:
        return keys.url_counts and len(self.stories_of_url.get(keys.url_hash or 0, ())) <= 1

    def _is_another(self, keys: EntryKeys, story: KnownStory) -> bool:
        """Whether a page is used again: the copy's guid, the title and the date all differ."""
        copy = self.copy_of_story.get(story.id)
        if copy is None or keys.guid_ident is None or copy.ident in keys.idents:
            return False
        if copy.ident == copy.url_hash or keys.title_hash == story.title_hash:
            return False
        published = published_at(keys)
        return published is not None and abs(published - story.published_at) >= SAME_MOMENT

    def _free_identity(self, keys: EntryKeys) -> int:
        url_counts = self._url_counts(keys)
        wanted = [i for i in identities_of(keys, self.feed_url) if url_counts or i != keys.url_hash]
        return _take_first_free(wanted, self.used_identities)

    def _free_ident(self, keys: EntryKeys) -> int:
        """The strongest key under which no other copy of the feed is kept."""
        return _take_first_free([*keys.idents, keys.entry.raw_hash], self.used_idents)


def _take_first_free(wanted: Sequence[int], used: set[int]) -> int:
    """The first key that nothing has yet, used from now on."""
    free = next((key for key in wanted if key not in used), None)
    while free is None or free in used:
        free = hash64("again", str(free if free is not None else wanted[-1]))
    used.add(free)
    return free


def _still_the_same(keys: EntryKeys, story: KnownStory) -> bool:
    if keys.title_hash == story.title_hash:
        return True
    published = published_at(keys)
    return published is not None and abs(published - story.published_at) < SAME_MOMENT
