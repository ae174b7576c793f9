"""Which site maps of an index a poll asks for, and what it keeps of those it does not."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from app.core.parse.charset import decode
from app.core.parse.gathered import Part
from app.core.parse.prepare import prepare
from app.core.parse.sitemap import SiteMap, read_index
from app.core.parse.tree import NoTree, read_tree

MAX_ASKED: Final = 10
"""Site maps that one poll asks for; the rest waits for the next."""

MAX_KNOWN: Final = 500
"""Site maps of an index that are looked at at all, the newest first."""

_TIME: Final = re.compile(r"[0-9]:[0-9]{2}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """A site map of an index, what is kept of it, and whether to ask for it: if there is room."""

    site_map: SiteMap
    kept: Part | None
    wanted: bool
    ask: bool

    @property
    def is_dated(self) -> bool:
        """Whether the index says to the minute when the site map changed; a date alone does not
        tell two versions of a day.
        """
        return _TIME.search(self.site_map.changed or "") is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Itinerary:
    """The site maps in the order in which they are read, and what was left out."""

    visits: tuple[Visit, ...] = ()
    notes: tuple[str, ...] = ()


def site_maps(body: bytes, content_type: str | None, url: str) -> tuple[SiteMap, ...]:
    """What an index names; heavy for a large one, so for a worker process."""
    text, _ = prepare(decode(body, content_type).text)
    tree = read_tree(text)
    return () if isinstance(tree, NoTree) else read_index(tree, url)


def plan_visits(
    named: Sequence[SiteMap], before: Sequence[Part], hosts: frozenset[str]
) -> Itinerary:
    """What to ask for; the order is that of reading: what has news or says so, the newest first.

    Only site maps on `hosts` are read: politeness to a host rests on the feed's. One without news
    is not asked for again. One that has news is asked for if the index says that it has changed,
    or does not say exactly when; then with what its last answer gave to compare.
    """
    kept = {part.url: part for part in before}
    near = [one for one in named if urlsplit(one.url).hostname in hosts]
    notes = []
    if len(near) < len(named):
        notes.append(f"{len(named) - len(near)} site maps on other hosts skipped")
    ordered = sorted(near, key=lambda one: one.changed or "", reverse=True)
    ordered.sort(key=lambda one: _rank(one, kept.get(one.url)))
    if len(ordered) > MAX_KNOWN:
        notes.append(f"{len(ordered) - MAX_KNOWN} site maps left out, the oldest of the index")
    known = [(one, kept.get(one.url)) for one in ordered[:MAX_KNOWN]]
    wanted = [(one.url, part) for one, part in known if _is_wanted(one, part)]
    asked = _first(wanted)
    if len(wanted) > len(asked):
        notes.append(waiting(len(wanted) - len(asked)))
    visits = (
        Visit(site_map=one, kept=part, wanted=_is_wanted(one, part), ask=one.url in asked)
        for one, part in known
    )
    return Itinerary(visits=tuple(visits), notes=tuple(notes))


def waiting(count: int) -> str:
    return f"{count} site maps wait for the next poll"


def _rank(one: SiteMap, part: Part | None) -> int:
    if part is not None and part.body:
        return 0
    if part is not None and not part.news:
        return 3
    return 1 if "news" in urlsplit(one.url).path.lower() else 2


def _is_wanted(one: SiteMap, part: Part | None) -> bool:
    if part is None or part.note is not None or (part.news and not part.body):
        return True
    return part.news and (one.changed != part.changed or not _TIME.search(one.changed or ""))


def _first(wanted: Sequence[tuple[str, Part | None]]) -> frozenset[str]:
    """Half of what a poll asks for is the first of the order, half what has waited longest."""
    first = wanted[: MAX_ASKED // 2]
    rest = sorted(wanted[len(first) :], key=lambda w: w[1].waited if w[1] else 0, reverse=True)
    return frozenset(url for url, _ in (*first, *rest[: MAX_ASKED - len(first)]))
