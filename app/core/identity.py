"""Which story an entry is: by its canonical URL within the source, by its guid within the feed.

Feeds lie in both: guids that change at every poll, one guid or one link for many entries, links
that move. So a key counts only while it tells entries apart, and where the two disagree the URL
wins. What is decided here rests on what one document says and on what is on record, never on the
order in which feeds are polled.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from html import unescape

from app.core.hashing import hash64
from app.core.types import Entry, Markup
from app.core.urls import canonical_url

MAX_TITLE_CHARS = 1000
ID_RANDOM_BITS = 21
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MAX_ID_MS = (1 << (63 - ID_RANDOM_BITS)) - 1

_TAG = re.compile(r"</?[A-Za-z][^<>]*>")


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
    """The keys of a document's entries, in its order.

    Of entries that are one by their keys the fuller is kept, whatever their order.
    """
    bare = [_bare_keys(entry) for entry in entries]
    shared_urls = _told_apart_by(bare, lambda k: k.url_hash, lambda k: k.title_hash)
    shared_guids = _told_apart_by(
        bare, lambda k: k.guid_ident, lambda k: k.url_hash or k.title_hash
    )
    narrowed = [
        EntryKeys(
            entry=keys.entry,
            url=keys.url,
            url_hash=keys.url_hash,
            url_counts=keys.url_counts and keys.url_hash not in shared_urls,
            guid_ident=None if keys.guid_ident in shared_guids else keys.guid_ident,
            rest_ident=keys.rest_ident,
            title_hash=keys.title_hash,
        )
        for keys in bare
    ]
    by_ident = _fullest(narrowed, lambda k: k.idents[0])
    return tuple(_fullest(by_ident, lambda k: k.url_hash if k.url_counts else None))


def lookup_of(keys: Sequence[EntryKeys], feed_url: str) -> Lookup:
    return Lookup(
        idents=frozenset(ident for k in keys for ident in k.idents),
        url_hashes=frozenset(k.url_hash for k in keys if k.url_hash is not None),
        identities=frozenset(i for k in keys for i in identities_of(k, feed_url)),
    )


def identities_of(keys: EntryKeys, feed_url: str) -> tuple[int, ...]:
    """What a story of this entry may be known by in its source, best first: its URL, else
    something of this feed alone.
    """
    of_feed = tuple(
        hash64("entry", feed_url, str(key)) for key in (*keys.idents, keys.entry.raw_hash)
    )
    if keys.url_counts and keys.url_hash is not None:
        return (keys.url_hash, *of_feed)
    return of_feed


def _bare_keys(entry: Entry) -> EntryKeys:
    url = canonical_url(entry.url, entry.base_url) if entry.url else None
    title = _said(entry.title)
    hashed = url_hash(url) if url else None
    said = (entry.guid, url, title) if title or url else _words(entry)
    return EntryKeys(
        entry=entry,
        url=url,
        url_hash=hashed,
        url_counts=url is not None and not _names_a_site(url),
        guid_ident=hash64("guid", entry.guid) if entry.guid else None,
        rest_ident=hash64("rest", *said),
        title_hash=hash64("title", title),
    )


def _said(title: Markup | None) -> str:
    """A title as it counts for identity: without tags, references, case and white space.

    Not as it is shown: how titles are mended changes with the program, and a story on record would
    come again as a new one. So nothing here may change.
    """
    if title is None:
        return ""
    words = title.value[:MAX_TITLE_CHARS]
    if title.html:
        words = unescape(_TAG.sub("", words))
    return " ".join(words.casefold().split())


def _words(entry: Entry) -> tuple[str | None, ...]:
    """What there is of an entry that has neither title nor link."""
    texts = tuple(markup.value if markup else None for markup in (entry.summary, entry.content))
    return (entry.guid, entry.published_raw, *texts) if any(texts) else (str(entry.raw_hash),)


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


def _fullest(keys: Iterable[EntryKeys], key: Callable[[EntryKeys], int | None]) -> list[EntryKeys]:
    """Of those that share a key (None shares nothing) the fullest, at the place of the first."""
    kept: dict[tuple[str, int], EntryKeys] = {}
    for n, k in enumerate(keys):
        value = key(k)
        place = ("alone", n) if value is None else ("shared", value)
        present = kept.get(place)
        if present is None or _fullness(k) > _fullness(present):
            kept[place] = k
    return list(kept.values())


def _fullness(keys: EntryKeys) -> tuple[int, int]:
    said = (keys.entry.content, keys.entry.summary)
    return max(len(part.value) if part else 0 for part in said), keys.entry.raw_hash
