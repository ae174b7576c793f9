"""What must hold at the end of a run, whatever happened in it; each breach is one line."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from sqlalchemy import Row, text

from app.core.revise import RevisionKind
from app.store.engine import ReadSession
from tests.chaos.faults import REDIRECT, Fault
from tests.chaos.network import domain_of
from tests.chaos.publisher import Publisher, Seen
from tests.chaos.script import ScriptedStory

TOLERANCE_S = 0.03
"""Between the moment the publisher notes an end or a start and the moment it was."""

LEAVING_S = 0.25
LONGEST_COMMIT_S = 12.0
"""How long a claim may wait for its commit: for as long as a frozen poller may keep a lock."""

CHANGE_OF = {
    RevisionKind.FIRST: "story.created",
    RevisionKind.UPDATE: "story.updated",
    RevisionKind.CORRECTION: "story.corrected",
    RevisionKind.KILLED: "story.killed",
    RevisionKind.RESTORED: "story.restored",
}


async def _rows(session: ReadSession, query: str) -> Sequence[Row[Any]]:
    return (await session.execute(text(query))).all()


# --- what is on record --------------------------------------------------------------------------


async def records(session: ReadSession, publisher: Publisher) -> list[str]:
    """Every scripted story once, in each of its revisions, and the log that tells of them."""
    scripted = {story.url: story for desk in publisher.desks for story in desk.stories}
    found = await _rows(session, STORIES)
    breaches = list(_stories(scripted, found))
    by_id = {row.id: scripted[row.url] for row in found if row.url in scripted}
    breaches += _revisions(by_id, await _rows(session, REVISIONS))
    breaches += _log(by_id, await _rows(session, CHANGES))
    head = (await _rows(session, "SELECT seq FROM log_head"))[0].seq
    seqs = [row.seq for row in await _rows(session, CHANGES)]
    if seqs != list(range(1, head + 1)):
        breaches.append(f"the log has {len(seqs)} entries up to {head}: a gap or a double")
    return breaches


def _stories(scripted: Mapping[str, ScriptedStory], found: Sequence[Row[Any]]) -> Iterator[str]:
    times = Counter(row.url for row in found)
    for url in scripted.keys() - times.keys():
        yield f"lost: {url}"
    for url, count in times.items():
        if url not in scripted:
            yield f"nobody published {url}"
        elif count > 1:
            yield f"{url} is there {count} times"
    for row in found:
        if (story := scripted.get(row.url)) is None:
            continue
        said = "" if story.killed else story.told[-1].text
        if row.text != said:
            yield f"{row.url} says {row.text!r}, not {said!r}"
        if row.revision != len(story.told):
            yield f"{row.url} has {row.revision} revisions, not {len(story.told)}"


def _revisions(by_id: Mapping[int, ScriptedStory], found: Sequence[Row[Any]]) -> Iterator[str]:
    kinds: dict[int, list[str]] = defaultdict(list)
    for row in found:
        kinds[row.story_id].append(row.kind)
    for story_id, story in by_id.items():
        told = [told.kind.value for told in story.told]
        if kinds[story_id] != told:
            yield f"{story.url} was {kinds[story_id]}, not {told}"


def _log(by_id: Mapping[int, ScriptedStory], found: Sequence[Row[Any]]) -> Iterator[str]:
    told: dict[int, list[tuple[str, int]]] = defaultdict(list)
    for row in found:
        if row.type in CHANGE_OF.values():
            told[row.story_id].append((row.type, row.revision))
    for story_id, story in by_id.items():
        wanted = [(CHANGE_OF[each.kind], n) for n, each in enumerate(story.told, 1)]
        if told[story_id] != wanted:
            yield f"the log has {told[story_id]} of {story.url}, not {wanted}"


async def presence(session: ReadSession, publisher: Publisher, ids: Mapping[int, int]) -> list[str]:
    """For each feed: its copies that are present are those of its last document."""
    there: dict[int, set[str]] = defaultdict(set)
    for row in await _rows(session, COPIES):
        there[row.feed_id].add(row.url)
    breaches = []
    for desk in publisher.desks:
        shown = {story.url for story in desk.shown}
        for feed in desk.feeds:
            if there[ids[feed]] != shown:
                odd = sorted(there[ids[feed]] ^ shown)
                breaches.append(f"feed {feed} has other copies than its document: {odd}")
    return breaches


# --- the ledger ---------------------------------------------------------------------------------


async def ledger(
    session: ReadSession, publisher: Publisher, ids: Mapping[int, int], workers: Mapping[str, str]
) -> list[str]:
    """One row for a claim at most, none by who had lost the feed, and all of them add up."""
    rows: dict[int, list[Row[Any]]] = defaultdict(list)
    for row in await _rows(session, FETCHES):
        rows[row.feed_id].append(row)
    breaches = []
    new = sum(row.new for feed in rows.values() for row in feed)
    stories = sum(len(desk.stories) for desk in publisher.desks)
    if new != stories:
        breaches.append(f"the ledger counts {new} new stories; {stories} were published")
    tokens = {row.id: row.lease_token for row in await _rows(session, TOKENS)}
    asked: dict[int, list[Seen]] = defaultdict(list)
    for seen in publisher.seen:
        asked[seen.feed].append(seen)
    for feed, feed_id in ids.items():
        if len(rows[feed_id]) > tokens[feed_id]:
            breaches.append(f"feed {feed}: {len(rows[feed_id])} rows of {tokens[feed_id]} claims")
        breaches += _order(feed, rows[feed_id], asked[feed], workers)
    return breaches


def _order(
    feed: int, rows: Sequence[Row[Any]], asked: Sequence[Seen], workers: Mapping[str, str]
) -> Iterator[str]:
    """Rows follow the order of their claims, so whoever writes one has asked since the last.

    A row's time is that of its claim plus what the poll took; what the claim's commit took is not
    in it, so the request may be noted a little later than the row that tells of it.
    """
    for before, row in pairwise(rows):
        if row.at < before.at:
            yield f"feed {feed}: row {row.id} was written after {before.id}, of a time before it"
        name = _poller(row.worker, workers)
        since, until = before.at / 1000 - TOLERANCE_S, row.at / 1000 + LONGEST_COMMIT_S
        own = any(seen.poller == name and since < seen.start < until for seen in asked)
        if row.status is not None and not own:
            yield f"feed {feed}: {name} wrote row {row.id} when another had the feed"


def _poller(worker: str | None, workers: Mapping[str, str]) -> str | None:
    """The poller whose process wrote a row, by the process number in its owner's name."""
    parts = (worker or "").split(":")
    return workers.get(parts[-2]) if len(parts) > 1 else None


async def leases(session: ReadSession) -> list[str]:
    """After all were asked to stop nobody holds anything."""
    breaches = []
    for what, query in LEASES.items():
        if left := (await _rows(session, query))[0].n:
            breaches.append(f"{left} {what} left")
    return breaches


# --- politeness ---------------------------------------------------------------------------------


def politeness(publisher: Publisher, gap_s: float, addresses_known: float) -> list[str]:
    """No host saw two requests at once, or one before the gap was over; nor did those that share
    a domain, or an address since all addresses were on record.
    """
    groups: dict[str, list[Seen]] = defaultdict(list)
    for seen in publisher.seen:
        groups[seen.host].append(seen)
        if (domain := domain_of(seen.host)) is not None:
            groups[f"*.{domain}"].append(seen)
        if seen.start > addresses_known:
            groups[f"@{seen.at}"].append(seen)
    return [breach for name, asked in groups.items() for breach in _in_turn(name, asked, gap_s)]


def _in_turn(name: str, asked: Sequence[Seen], gap_s: float) -> Iterator[str]:
    before = asked[0]
    for seen in asked[1:]:
        pause_s = seen.start - before.end
        if pause_s < 0:
            yield f"{name}: {seen.poller} came while {before.poller} was there: {before} {seen}"
        elif pause_s < gap_s - _tolerance_s(before) and not _one_fetch(before, seen):
            yield f"{name}: {pause_s:.3f} s between {before} and {seen}"
        if seen.end > before.end:
            before = seen


def _tolerance_s(before: Seen) -> float:
    """That a client has left is noted once this process gets round to it."""
    return LEAVING_S if before.left else TOLERANCE_S


def _one_fetch(before: Seen, seen: Seen) -> bool:
    """Whether two requests are steps of one: a redirect that is followed, or a connection that
    broke off without a byte, which HTTP lets a client open again (RFC 9110 §9.2.2).
    """
    if before.poller != seen.poller or before.feed != seen.feed:
        return False
    return before.fault in REDIRECT or before.fault is Fault.RESET


async def retry_after(
    session: ReadSession, publisher: Publisher, ids: Mapping[int, int]
) -> list[str]:
    """No feed was asked again before the time that its server named, once that was on record.

    An answer whose receiver was killed before it could write it down was never received.
    """
    recorded: dict[int, list[float]] = defaultdict(list)
    for row in await _rows(session, FETCHES):
        if row.status in (429, 503):
            recorded[row.feed_id].append(row.at / 1000)
    asked: dict[int, list[Seen]] = defaultdict(list)
    for seen in publisher.seen:
        asked[seen.feed].append(seen)
    breaches = []
    for feed, requests in asked.items():
        for refused, following in pairwise(requests):
            until = refused.not_before
            if following.start >= until - TOLERANCE_S:
                continue
            if any(refused.end - 0.1 < at < following.start for at in recorded[ids[feed]]):
                early_s = until - following.start
                breaches.append(f"feed {feed}: asked {early_s:.1f} s before Retry-After was over")
    return breaches


@dataclass(frozen=True, slots=True)
class BackedOff:
    """A host that was seen to be backing off as a whole, from and until these times."""

    host: str
    since: float
    until: float


def back_offs(publisher: Publisher, seen: Sequence[BackedOff]) -> list[str]:
    """No feed of a host was asked for while the host as a whole was to be left alone."""
    starts: dict[str, list[float]] = defaultdict(list)
    for request in publisher.seen:
        starts[request.host].append(request.start)
    return [
        f"{each.host} was asked {each.until - start:.1f} s before its back-off was over"
        for each in seen
        for start in starts[each.host]
        if each.since + TOLERANCE_S < start < each.until - TOLERANCE_S
    ]


STORIES = """SELECT s.id, s.url, s.revision, t.text FROM stories s
    LEFT JOIN texts t ON t.story_id = s.id"""
REVISIONS = """SELECT story_id, revision, kind FROM revisions
    UNION ALL SELECT id, revision, revision_kind FROM stories ORDER BY 1, 2"""
CHANGES = "SELECT seq, type, story_id, revision FROM changes ORDER BY seq"
COPIES = "SELECT feed_id, url FROM copies WHERE last_seen_at IS NULL"
FETCHES = "SELECT id, feed_id, at, worker, status, new, changed FROM fetches ORDER BY id"
TOKENS = "SELECT id, lease_token FROM feeds"
LEASES = {
    "leases of feeds": "SELECT count(*) AS n FROM feeds WHERE lease_until IS NOT NULL",
    "busy hosts": "SELECT count(*) AS n FROM hosts WHERE holder IS NOT NULL",
    "leases of pages": "SELECT count(*) AS n FROM pages WHERE lease_until IS NOT NULL",
}
