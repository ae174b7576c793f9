"""Which story an entry is: by its canonical URL within the source, by its guid within the feed.

Feeds lie in both: guids that change at every poll, one guid or one link for many entries, links
that move. So a key counts only while it tells entries apart, and where the two disagree the URL
wins. What is decided here rests on what one document says and on what is on record, never on the
order in which feeds are polled.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from app.core.dates import read_date
from app.core.hashing import hash64
from app.core.known import Known, KnownCopy, KnownStory
from app.core.text import title_text
from app.core.types import Entry
from app.core.urls import canonical_url

ID_RANDOM_BITS = 21
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MAX_ID_MS = (1 << (63 - ID_RANDOM_BITS)) - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryKeys:
    """An entry with the keys that tell it from the other entries of its document."""

    entry: Entry
    url: str | None  # canonical
    url_hash: int | None  # set also where the URL is no identity
    url_counts: bool  # the URL names this entry alone
    guid_ident: int | None  # None where the guid tells nothing apart
    rest_ident: int  # of all words together: the last resort
    title_hash: int

    @property
    def idents(self) -> tuple[int, ...]:
        """The keys under which a copy may be on record, strongest first."""
        url_ident = self.url_hash if self.url_counts else None
        return tuple(k for k in (self.guid_ident, url_ident, self.rest_ident) if k is not None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Lookup:
    """What must be asked of the database before a document's entries can be matched."""

    idents: frozenset[int] = frozenset()
    url_hashes: frozenset[int] = frozenset()
    identities: frozenset[int] = frozenset()


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


def story_id(published_at: datetime, identity: int) -> int:
    """Time-ordered 63-bit id: milliseconds above, bits of the identity below.

    The same story gets the same id wherever it is computed, so a poll can be replayed.
    """
    return first_id_at(published_at) | (identity & ((1 << ID_RANDOM_BITS) - 1))


def first_id_at(moment: datetime) -> int:
    """The smallest id that a story published at `moment` can have: time filters are id ranges."""
    milliseconds = (moment - EPOCH) // timedelta(milliseconds=1)
    return min(max(milliseconds, 0), MAX_ID_MS) << ID_RANDOM_BITS


def url_hash(canonical: str) -> int:
    return hash64("url", canonical)


def keys_of(entries: Sequence[Entry]) -> tuple[EntryKeys, ...]:
    """The keys of a document's entries; of entries that say the same, the first is kept."""
    bare = [_bare_keys(entry) for entry in entries]
    shared_urls = _told_apart_by(bare, lambda k: k.url_hash, lambda k: k.title_hash)
    shared_guids = _told_apart_by(
        bare, lambda k: k.guid_ident, lambda k: k.url_hash or k.title_hash
    )
    unique: dict[int, EntryKeys] = {}
    for keys in bare:
        narrowed = EntryKeys(
            entry=keys.entry,
            url=keys.url,
            url_hash=keys.url_hash,
            url_counts=keys.url_counts and keys.url_hash not in shared_urls,
            guid_ident=None if keys.guid_ident in shared_guids else keys.guid_ident,
            rest_ident=keys.rest_ident,
            title_hash=keys.title_hash,
        )
        unique.setdefault(narrowed.idents[0], narrowed)
    return _one_for_each_url(unique.values())


def lookup_of(keys: Sequence[EntryKeys], feed_url: str) -> Lookup:
    return Lookup(
        idents=frozenset(ident for k in keys for ident in k.idents),
        url_hashes=frozenset(k.url_hash for k in keys if k.url_hash is not None),
        identities=frozenset(_identity(k, feed_url) for k in keys),
    )


def match_entries(keys: Sequence[EntryKeys], known: Known, feed_url: str) -> tuple[Match, ...]:
    """What each entry is, in document order; two entries of a document are never the same story.

    Entries that stand as they stood keep their story before the others are looked at.
    """
    records = _Records(known, feed_url)
    matches: dict[int, Match] = {}
    taken: set[int] = set()
    order = sorted(range(len(keys)), key=lambda n: records.unchanged(keys[n]) is None)
    for n in order:
        match = records.match(keys[n], taken)
        matches[n] = match
        if match.story is not None:
            taken.add(match.story.id)
    return tuple(matches[n] for n in range(len(keys)))


class _Records:
    """What is on record, by the keys that an entry may be found by."""

    def __init__(self, known: Known, feed_url: str) -> None:
        self.copies = known.copies
        self.stories = known.stories
        self.feed_url = feed_url
        self.by_identity = {story.identity: story for story in known.stories.values()}
        by_presence = sorted(known.copies.values(), key=lambda copy: (copy.present, copy.ident))
        self.copy_of_words = {copy.entry_hash: copy for copy in by_presence}
        self.copy_of_story = {copy.story_id: copy for copy in known.copies.values()}
        self.stories_of_url: dict[int, set[int]] = defaultdict(set)
        for copy in known.copies.values():
            if copy.url_hash is not None:
                self.stories_of_url[copy.url_hash].add(copy.story_id)

    def unchanged(self, keys: EntryKeys) -> KnownCopy | None:
        """The copy that holds these very words, whatever key it is kept under."""
        return self.copy_of_words.get(keys.entry.raw_hash)

    def match(self, keys: EntryKeys, taken: set[int]) -> Match:
        candidates = [(s, why) for s, why in self._candidates(keys) if s.id not in taken]
        identity = self._free_identity(keys)
        if not candidates:
            why = "neither URL nor guid is on record"
            ident = self._free_ident(keys)
            return Match(keys=keys, story=None, copy=None, ident=ident, identity=identity, why=why)
        story, why = candidates[0]
        copy = self.copy_of_story.get(story.id)
        ident = copy.ident if copy else self._free_ident(keys)
        return Match(
            keys=keys, story=story, copy=copy, ident=ident, identity=story.identity, why=why
        )

    def _candidates(self, keys: EntryKeys) -> Iterator[tuple[KnownStory, str]]:
        """Stories that the entry may be, best evidence first."""
        copy = self.unchanged(keys)
        if copy is not None and copy.story_id in self.stories:
            yield self.stories[copy.story_id], "the same words as before"
        by_identity = self.by_identity.get(self._identity(keys))
        if by_identity is not None:
            yield by_identity, "the same URL"
        by_guid = self._by_guid(keys)
        if by_guid is None:
            return
        if keys.url_hash is None or by_guid.url_hash in (None, keys.url_hash):
            yield by_guid, "the same guid"
        elif _still_the_same(keys, by_guid):
            yield by_guid, "the same guid, its link has changed"

    def _by_guid(self, keys: EntryKeys) -> KnownStory | None:
        copies = (self.copies.get(ident) for ident in keys.idents)
        copy = next((c for c in copies if c is not None), None)
        return self.stories.get(copy.story_id) if copy else None

    def _identity(self, keys: EntryKeys) -> int:
        stories_there = self.stories_of_url.get(keys.url_hash or 0, ())
        return _identity(keys, self.feed_url, alone=len(stories_there) <= 1)

    def _free_identity(self, keys: EntryKeys) -> int:
        identity = self._identity(keys)
        if identity in self.by_identity:
            return hash64("entry", self.feed_url, str(keys.rest_ident))
        return identity

    def _free_ident(self, keys: EntryKeys) -> int:
        """The strongest key under which no other copy of the feed is kept."""
        return next((i for i in keys.idents if i not in self.copies), keys.rest_ident)


def _still_the_same(keys: EntryKeys, story: KnownStory) -> bool:
    if keys.title_hash == story.title_hash:
        return True
    read = read_date(keys.entry.published_raw) if keys.entry.published_raw else None
    return read is not None and abs(read.at - story.published_at) < timedelta(seconds=1)


def _identity(keys: EntryKeys, feed_url: str, *, alone: bool = True) -> int:
    """What a new story is known by; `alone`: no two stories on record share its URL."""
    if keys.url_counts and alone and keys.url_hash is not None:
        return keys.url_hash
    return hash64("entry", feed_url, str(keys.idents[0]))


def _bare_keys(entry: Entry) -> EntryKeys:
    url = canonical_url(entry.url, entry.base_url) if entry.url else None
    title = title_text(entry.title).casefold() if entry.title else ""
    hashed = url_hash(url) if url else None
    said = (entry.guid, url, title) if title or url else (str(entry.raw_hash),)
    return EntryKeys(
        entry=entry,
        url=url,
        url_hash=hashed,
        url_counts=url is not None and not _names_a_site(url),
        guid_ident=hash64("guid", entry.guid) if entry.guid else None,
        rest_ident=hash64("rest", *said),
        title_hash=hash64("title", title),
    )


def _names_a_site(url: str) -> bool:
    """Whether a canonical URL is a site's front page, which many entries may link to."""
    return url.count("/") == 3 and url.endswith("/")  # noqa: PLR2004 - https: / / host /


def _told_apart_by(
    keys: Iterable[EntryKeys],
    key: Callable[[EntryKeys], int | None],
    other: Callable[[EntryKeys], int],
) -> set[int]:
    """The values of `key` that entries share which differ in `other`."""
    seen: dict[int, int] = {}
    shared: set[int] = set()
    for k in keys:
        value = key(k)
        if value is not None and seen.setdefault(value, other(k)) != other(k):
            shared.add(value)
    return shared


def _one_for_each_url(keys: Iterable[EntryKeys]) -> tuple[EntryKeys, ...]:
    """Entries under several guids that share link and title are one."""
    seen: set[int] = set()
    kept: list[EntryKeys] = []
    for k in keys:
        if k.url_counts and k.url_hash is not None:
            if k.url_hash in seen:
                continue
            seen.add(k.url_hash)
        kept.append(k)
    return tuple(kept)
