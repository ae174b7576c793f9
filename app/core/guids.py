"""Guids that change from poll to poll, though the entries stay what they are.

Some publishers make a guid anew whenever they write their feed. An entry is then known by its URL;
one without a URL of its own by its title and its date, or by its title alone where a whole document
comes back under other guids.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final, TypeAlias

from app.core.hashing import hash64
from app.core.identity import EntryKeys
from app.core.known import Known, KnownCopy, KnownStory
from app.core.normal.dates import read_date

if TYPE_CHECKING:
    from app.core.match import Match

SAME_MOMENT: Final = timedelta(seconds=1)
MIN_CHANGED: Final = 2
"""Guids that must have changed for their being unstable: one may be a slip of its author's."""

_NO_TITLE: Final = hash64("title", "")
_Name: TypeAlias = tuple[int, int | None]  # title, and the URL that it shares with others


def renamed(keys: Sequence[EntryKeys], known: Known) -> dict[int, KnownStory]:
    """Entries that are on record under another guid, by their raw hash.

    Only where nothing else tells: no URL that counts, no key on record, and a title that one entry
    and one copy has. Where the date agrees it is taken at its word; without one only if half of
    what was in the document, and two of it at least, is there again.
    """
    entries = _nameless(keys, known)
    copies = _missing(keys, known) if entries else {}
    pairs = {name: (entries[name], copies[name]) for name in entries.keys() & copies.keys()}
    dated = {name: published_at(entry) for name, (entry, _) in pairs.items()}
    undated = {name for name, at in dated.items() if at is None}
    all_again = len(pairs) >= max(MIN_CHANGED, len(copies) / 2)
    return {
        entry.entry.raw_hash: story
        for name, (entry, story) in pairs.items()
        if (name in undated and all_again) or _is_at(dated[name], story)
    }


def _nameless(keys: Sequence[EntryKeys], known: Known) -> dict[_Name, EntryKeys]:
    """Entries without a URL of their own that no key finds, by the one name that is left."""
    hashes = {copy.entry_hash for copy in known.copies.values()}
    names = Counter((k.title_hash, k.url_hash) for k in keys)
    return {
        (k.title_hash, k.url_hash): k
        for k in keys
        if not k.url_counts
        and k.title_hash != _NO_TITLE
        and names[k.title_hash, k.url_hash] == 1
        and k.entry.raw_hash not in hashes
        and not any(ident in known.copies for ident in k.idents)
    }


def _missing(keys: Sequence[EntryKeys], known: Known) -> dict[_Name, KnownStory]:
    """Stories of copies that were in the last document and that no key of this one finds."""
    idents = {ident for k in keys for ident in k.idents}
    hashes = {k.entry.raw_hash for k in keys}
    missing = [
        copy
        for copy in known.copies.values()
        if copy.present
        and copy.ident not in idents
        and copy.entry_hash not in hashes
        and copy.story_id in known.stories
    ]
    named = [(_name(copy, known), known.stories[copy.story_id]) for copy in missing]
    names = Counter(name for name, _ in named)
    return {name: story for name, story in named if names[name] == 1}


def _name(copy: KnownCopy, known: Known) -> _Name:
    return known.stories[copy.story_id].title_hash, copy.url_hash


def _is_at(published: datetime | None, story: KnownStory) -> bool:
    return published is not None and abs(published - story.published_at) < SAME_MOMENT


def published_at(keys: EntryKeys) -> datetime | None:
    read = read_date(keys.entry.published_raw) if keys.entry.published_raw else None
    return read.at if read else None


def guids_changed(matches: Sequence[Match]) -> tuple[int, int]:
    """Of entries that were there before: how many have another guid now, and of how many."""
    seen = [
        (match.copy.guid, match.keys.entry.guid)
        for match in matches
        if match.copy and match.copy.present and match.copy.guid and match.keys.entry.guid
    ]
    return sum(before != now for before, now in seen), len(seen)


def are_unstable(changed: int, seen: int, *, before: bool) -> bool:
    """Whether a feed's guids are unstable; as they were `before` where a document tells nothing."""
    if changed >= MIN_CHANGED and changed * 2 >= seen:
        return True
    return before and (changed > 0 or seen == 0)


def note_of(changed: int, seen: int, *, unstable: bool) -> tuple[str, ...]:
    """For the ledger, where unstable guids have changed again."""
    if not unstable or not changed:
        return ()
    numbers = f"{changed} of {seen}"
    return (f"the guids of {numbers} entries have changed: known by URLs, titles and dates",)
