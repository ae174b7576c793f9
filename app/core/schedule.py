"""When a feed is polled next, and why: its rhythm, the server's word, and failures so far.

Requests are worth most where entries are: what a feed gets goes with the square root of its rate,
which for a given number of requests makes the mean delay of all entries the least there is
(docs/decisions/0015). Nothing here is ever earlier than what a server asked for: jitter only adds.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from itertools import pairwise

from app.core.back_off import SEVERITIES, back_off_s
from app.core.hashing import hash64
from app.core.normal.dates import EARLIEST
from app.core.outlook import Ahead, Outlook
from app.core.rhythm import DAY_S, PATIENCE, Rhythm
from app.core.types import Failure, ServerHints

UNKNOWN_PACE_S = 30 * 60
SILENCE_SHARE = 1 / 64
"""A feed that has been silent for long is looked at after this share of its silence at the soonest:
what was counted of it long ago has faded, and would say that nothing is known.
"""

ONE_A_DAY_S = 150 * 60
"""How often a feed of one entry a day is looked at; one of four entries twice as often."""

BACKSTOP_S = 6 * 60 * 60
"""Between two polls of a feed whose changes are pushed."""

TIMED_JITTER_S = 30  # at most, where entries keep to minutes
JITTER_SHARE = 0.1  # of a feed's own interval, added by its number: nothing falls due in step
ASKED_JITTER_SHARE = 0.01  # of what a server asks: all feeds that ask for an hour come apart,
ASKED_JITTER_S = 15  # poll by poll, with so little each time
GAPS_LOOKED_AT = 20
MAX_SPAN_S = 2**31 - 1  # what fits an INTEGER
BUSY = 2.0  # what of its usual rate a feed must have of late to be said to be busier
QUIET = 0.5
WINDOW_SHARE = 0.5  # of a document that may be new before it is read again, lest entries be missed
MAX_ATTEMPTS = 5
"""Polls in a row that may end in a dead or killed worker before the feed is quarantined."""


class Outcome(StrEnum):
    """What became of one poll."""

    NEW = "new"  # at least one new story
    CHANGED = "changed"  # no new story, at least one revision
    UNCHANGED = "unchanged"  # read, and nothing in it was news
    SAME_BODY = "same_body"  # 200 with the bytes of the last time: not read
    NOT_MODIFIED = "not_modified"  # 304
    FAILED = "failed"
    REPLAYED = "replayed"  # no poll: a document on record was read again


@dataclass(frozen=True, slots=True, kw_only=True)
class PollPolicy:
    """The operator's bounds, for all feeds or for one; twice the greed is twice the requests."""

    min_interval_s: int = 2 * 60
    max_interval_s: int = 24 * 60 * 60
    greed: float = 1.0
    pushed: bool = False  # a hub tells of the changes, and polls are there for what it may miss


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """What is known of a feed's rhythm before the next poll is set."""

    gap_s: int | None = None  # typical time between two entries
    newest_at: datetime | None = None  # publication of the newest entry
    ttl_s: int | None = None  # the document's own wish
    skip_hours: frozenset[int] = frozenset()
    skip_days: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class NextPoll:
    """The earliest time to poll again, and the reasons in the order they were weighed."""

    at: datetime
    reasons: tuple[str, ...]


def rhythm(published: Iterable[datetime], now: datetime) -> tuple[int | None, datetime | None]:
    """Median seconds between the newest entries (None with fewer than two), and the newest time.

    Times after `now` are left out: a feed may announce what it has not published. So are those
    before 1970: they are no dates, but what a publisher's software writes for want of one.
    """
    times = sorted({t for t in published if EARLIEST <= t <= now}, reverse=True)
    times = times[: GAPS_LOOKED_AT + 1]
    gaps = sorted((a - b).total_seconds() for a, b in pairwise(times))
    median = min(max(1, int(gaps[len(gaps) // 2])), MAX_SPAN_S) if gaps else None
    return median, times[0] if times else None


def next_poll(
    now: datetime,
    *,
    policy: PollPolicy,
    pace: Pace,
    hints: ServerHints,
    jitter: float,
    rhythm: Rhythm | None = None,
    failure: Failure | None = None,
    failures: int = 0,
) -> NextPoll:
    """Earliest UTC time to poll again, and why; `jitter` is in [0, 1), `rhythm` as it is at `now`.

    `failures` counts the failures in a row, this one included. Retry-After wins if longer, in
    full whatever its length (RFC 9110 §10.2.3); skipHours and skipDays move the time forward.
    """
    outlook = Outlook(rhythm) if rhythm and failure is None else None
    if failure is None:
        own_s, reasons = _own_pace(policy, pace, outlook, jitter)
        interval_s = _server_hints(own_s, policy, pace, hints, rhythm, reasons)
    else:
        own_s, reasons = _back_off(policy, failure, failures)
        interval_s = own_s = own_s * (1 + JITTER_SHARE * jitter)
    if hints.retry_after_s is not None:
        reasons.append(f"server asks for {words(hints.retry_after_s)} (Retry-After), honoured")
        interval_s = max(interval_s, hints.retry_after_s)
    if interval_s > own_s:
        interval_s = _after_asked(interval_s, outlook, jitter, reasons)
    at = _representable(now, interval_s)
    allowed = _skip_forward(at, pace.skip_hours, pace.skip_days)
    if allowed != at:
        reasons.append("moved past the hours or days the feed asks to skip")
    return NextPoll(at=allowed, reasons=tuple(reasons))


def jitter_of(feed_id: int) -> float:
    """A feed's own place in [0, 1), the same on every machine and at every start."""
    return (hash64("jitter", str(feed_id)) & 0xFFFFFF) / 0x1000000


def _own_pace(
    policy: PollPolicy, pace: Pace, outlook: Outlook | None, jitter: float
) -> tuple[float, list[str]]:
    """The feed's rhythm within the bounds; a least interval wins over a greatest below it."""
    if outlook is None:
        wanted, reason = _by_gap(policy, pace)
    else:
        wanted, reason = _by_rhythm(policy, outlook)
    bounded_s = max(min(wanted.wait_s, policy.max_interval_s), policy.min_interval_s)
    reasons = [reason]
    if bounded_s != wanted.wait_s:
        reasons.append(f"kept within the bounds: {words(bounded_s)}")
    if policy.pushed and bounded_s < (backstop_s := min(BACKSTOP_S, policy.max_interval_s)):
        bounded_s = backstop_s
        reasons.append(f"pushed by hub, polled as a backstop every {words(backstop_s)}")
    later_s = JITTER_SHARE * bounded_s
    if wanted.minute is not None and bounded_s == wanted.wait_s:
        later_s = min(later_s, TIMED_JITTER_S)
    return bounded_s + later_s * jitter, reasons


def _by_rhythm(policy: PollPolicy, outlook: Outlook) -> tuple[Ahead, str]:
    # A feed of `rate` entries a day is looked at every ONE_A_DAY_S / √rate
    price = (ONE_A_DAY_S / DAY_S / policy.greed) ** 2 / 2
    room = max(outlook.rhythm.window * WINDOW_SHARE, 1.0)
    longest_s = max(policy.max_interval_s, policy.min_interval_s)
    wanted = outlook.worthwhile(price=price, room=room, longest_s=longest_s)
    waited_s = min(outlook.silent_s * SILENCE_SHARE, longest_s)
    if waited_s > wanted.wait_s:
        usual = f"pace {words(DAY_S / outlook.usual)} at this hour"
        silent = f"silent for {words(outlook.silent_s)}"
        return Ahead(wait_s=waited_s), f"{usual}, {silent}: again in {words(waited_s)}"
    return wanted, _why(outlook, wanted)


def _by_gap(policy: PollPolicy, pace: Pace) -> tuple[Ahead, str]:
    """Before there is a rhythm: the dates of the last document, if it had any."""
    if pace.gap_s is None:
        return Ahead(wait_s=UNKNOWN_PACE_S), f"pace not known yet, {words(UNKNOWN_PACE_S)}"
    wanted_s = ONE_A_DAY_S / policy.greed * (pace.gap_s / DAY_S) ** 0.5
    reason = f"an entry each {words(pace.gap_s)} by their dates: again in {words(wanted_s)}"
    return Ahead(wait_s=wanted_s), reason


def _why(outlook: Outlook, wanted: Ahead) -> str:
    said = f"pace {words(DAY_S / outlook.usual)} at this hour"
    if outlook.rhythm.quiet > 2 * PATIENCE:
        said += f", silent for {words(outlook.silent_s)}"
    elif outlook.mood >= BUSY:
        said += ", busier of late"
    elif outlook.mood <= QUIET:
        said += ", quieter of late"
    if wanted.minute is not None:
        said += f", mostly at minute {wanted.minute}"
    return f"{said}: again in {words(wanted.wait_s)}"


def _after_asked(
    asked_s: float, outlook: Outlook | None, jitter: float, reasons: list[str]
) -> float:
    """Somewhat later than the server asks, and after the minute that is waited for."""
    lump = outlook.after_lump(asked_s) if outlook else None
    if lump is None:
        return asked_s + min(asked_s * ASKED_JITTER_SHARE, ASKED_JITTER_S) * jitter
    reasons.append(f"mostly at minute {lump.minute}: again in {words(lump.wait_s)}")
    return lump.wait_s + (TIMED_JITTER_S * jitter if lump.wait_s > asked_s else 0.0)


def _server_hints(
    interval_s: float,
    policy: PollPolicy,
    pace: Pace,
    hints: ServerHints,
    rhythm: Rhythm | None,
    reasons: list[str],
) -> float:
    kept_s = rhythm.fresh_s if rhythm and freshness_s(hints) is None else None
    named: Sequence[tuple[str, int | None]] = (
        ("ttl", pace.ttl_s),
        ("max-age", hints.max_age_s),
        ("Expires", hints.expires_s if hints.max_age_s is None else None),
        ("freshness of its last document", kept_s),
    )
    for name, asked_s in named:
        if asked_s is None or asked_s <= interval_s:
            continue
        interval_s = min(asked_s, max(policy.max_interval_s, interval_s))
        word = "honoured" if interval_s == asked_s else f"kept to {words(interval_s)}"
        reasons.append(f"server says {words(asked_s)} ({name}), {word}")
    return interval_s


def freshness_s(hints: ServerHints) -> int | None:
    """How long an answer asks to be kept for fresh; max-age goes before Expires (RFC 9111 §5.3)."""
    return hints.expires_s if hints.max_age_s is None else hints.max_age_s


def _back_off(policy: PollPolicy, failure: Failure, failures: int) -> tuple[float, list[str]]:
    interval_s = back_off_s(
        failure,
        failures,
        min_interval_s=policy.min_interval_s,
        max_interval_s=policy.max_interval_s,
    )
    times = "once" if failures <= 1 else f"{failures} times in a row"
    kind = f"{failure.value}: {SEVERITIES[failure].value}"
    return interval_s, [f"failed {times} ({kind}), again in {words(interval_s)}"]


def _representable(now: datetime, after_s: float) -> datetime:
    """`now` plus seconds, to the next full one; servers may ask for more than a calendar holds."""
    try:
        return (now + timedelta(seconds=after_s + 1 - 1e-6)).replace(microsecond=0)
    except OverflowError:
        return datetime.max.replace(tzinfo=UTC, microsecond=0)


def _skip_forward(at: datetime, hours: frozenset[int], days: frozenset[int]) -> datetime:
    """The first moment from `at` on whose UTC hour and weekday are not to be skipped."""
    moment = at
    for _ in range(24 * 7):
        if moment.hour not in hours and moment.weekday() not in days:
            return moment
        try:
            moment = moment.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
        except OverflowError:
            break
    return at  # every hour of the week is skipped: that cannot be meant


def words(seconds: float) -> str:
    """A span as an operator says it: "45 s", "20 min", "6 h", "3 d"."""
    for limit, size, unit in ((120, 1, "s"), (7200, 60, "min"), (172_800, 3600, "h")):
        if seconds < limit:
            return f"{seconds / size:.3g} {unit}"
    return f"{seconds / 86_400:.3g} d"
