"""What a poll that brought an answer teaches of a feed's rhythm, and what follows from it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Final

from app.core.history import pack_history, unpack_history
from app.core.match import Match
from app.core.normal.dates import read_date
from app.core.poll import ClaimedFeed
from app.core.rhythm import Rhythm, observed, seeded
from app.core.schedule import (
    MAX_SPAN_S,
    NextPoll,
    Pace,
    freshness_s,
    jitter_of,
    next_poll,
    rhythm,
    words,
)
from app.core.silence import silent_since_s
from app.core.types import Entry, Fetched, NotModified, ParsedFeed

SEE_WHETHER: Final = "see whether its publisher has moved it, or has stopped filling it"


@dataclass(frozen=True, slots=True, kw_only=True)
class Paced:
    """When the feed is polled next, and what is kept for the poll after that."""

    next_poll: NextPoll
    pace: Pace
    history: bytes | None
    silent_since: datetime | None
    notes: tuple[str, ...]


def pace_unchanged(feed: ClaimedFeed, answer: Fetched | NotModified, now: datetime) -> Paced:
    """After the same document as the last time: nothing has appeared since the last poll."""
    known = unpack_history(feed.history)
    learned = None if known is None else observed(known, (), now.timestamp())
    return _paced(feed, feed.pace, learned, answer, now)


def pace_document(
    feed: ClaimedFeed,
    answer: Fetched,
    parsed: ParsedFeed,
    matches: Sequence[Match],
    now: datetime,
) -> Paced:
    """After a document that was read: its entries that have no copy yet have appeared since.

    A first one teaches by the dates that it bears, as does the next where what was learned is lost.
    One that holds nothing but what is new says no more than what has appeared.
    """
    known, now_s = unpack_history(feed.history), now.timestamp()
    window = len(parsed.entries) if not answer.partial or known is None else known.window
    if known is None:
        dates = [_date(e, feed.time_zone) for e in parsed.entries]
        learned = seeded((d.timestamp() for d in dates if d), now_s, window=window)
    else:
        fresh = (match.keys.entry for match in matches if match.copy is None)
        dates = [_date(entry, feed.time_zone) for entry in fresh]
        learned = observed(known, [d.timestamp() if d else None for d in dates], now_s)
        if feed.push_id is None:  # what a hub pushes is not the whole document
            learned = replace(learned, window=window)
    pace = feed.pace if answer.partial else _pace(parsed, feed.time_zone, now)
    return _paced(feed, pace, learned, answer, now)


def _paced(
    feed: ClaimedFeed,
    pace: Pace,
    learned: Rhythm | None,
    answer: Fetched | NotModified,
    now: datetime,
) -> Paced:
    fresh_s = freshness_s(answer.hints)
    whole = isinstance(answer, Fetched) and feed.push_id is None
    if learned is not None and (fresh_s is not None or whole):
        learned = replace(learned, fresh_s=fresh_s)
    following = next_poll(
        now,
        policy=feed.policy,
        pace=pace,
        hints=answer.hints,
        jitter=jitter_of(feed.id),
        rhythm=learned,
    )
    since_s = None if learned is None else silent_since_s(learned)
    since = None if since_s is None else datetime.fromtimestamp(since_s, UTC)
    return Paced(
        next_poll=following,
        pace=pace,
        history=None if learned is None else pack_history(learned),
        silent_since=since,
        notes=_notes(feed.silent_since, since, now),
    )


def _notes(before: datetime | None, since: datetime | None, now: datetime) -> tuple[str, ...]:
    """What to tell when a feed falls silent, and when it is heard again."""
    if before is None and since is not None:
        quiet = words((now - since).total_seconds())
        return (f"silent for {quiet}, longer than its own rhythm allows: {SEE_WHETHER}",)
    if before is not None and since is None:
        return (f"heard again after {words((now - before).total_seconds())} of silence",)
    return ()


def _pace(parsed: ParsedFeed, time_zone: str | None, now: datetime) -> Pace:
    read = (_date(entry, time_zone) for entry in parsed.entries)
    gap_s, newest_at = rhythm((date for date in read if date is not None), now)
    return Pace(
        gap_s=gap_s,
        newest_at=newest_at,
        ttl_s=None if parsed.ttl_s is None else min(parsed.ttl_s, MAX_SPAN_S),
        skip_hours=parsed.skip_hours,
        skip_days=parsed.skip_days,
    )


def _date(entry: Entry, time_zone: str | None) -> datetime | None:
    read = read_date(entry.published_raw or entry.updated_raw, time_zone=time_zone)
    return None if read is None else read.at
