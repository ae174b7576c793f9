"""Who is to wait when a server says "not now": the feed that was refused, or its whole host.

One refused feed says nothing of the others: it waits as the schedule has it. A second feed of the
same host within the window, or a server that says that the caller's quota is spent, concerns all.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

REFUSALS: Final = frozenset({429, 503})
WINDOW_S: Final = 60 * 60
FIRST_S: Final = 5 * 60
LONGEST_S: Final = 60 * 60
"""Of a wait that is ours; what a server asks for is kept in full."""

SPREAD: Final = 0.1
BAD_REQUEST: Final = 400  # from here on a status is no success


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a host said to one request; `status` is None where it said nothing.

    `quota_s` is set where the server says that the caller has no requests left: the seconds until
    there are some again.
    """

    host: str
    status: int | None = None
    retry_after_s: int | None = None
    quota_s: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BackOff:
    """What is on record of a host's refusals.

    `by` is who was refused last: the id of a feed, or that of a page's story below zero. `until`
    is the longest wait that was asked for; it is the host's own where `steps`, the number of its
    back-offs in a row, is above zero.
    """

    at: datetime | None = None
    by: int | None = None
    until: datetime | None = None
    steps: int = 0
    why: str | None = None

    def holds_at(self, now: datetime) -> bool:
        """Whether the whole host waits."""
        return self.steps > 0 and self.until is not None and now < self.until


NONE: Final = BackOff()


def judge(
    before: BackOff, answer: Answer, *, by: int, now: datetime, jitter: float
) -> tuple[BackOff, str | None]:
    """What is on record after an answer, and a note for the ledger; `jitter` is in [0, 1)."""
    if answer.status is None:
        return before, None
    if answer.status in REFUSALS:
        return _refused(before, answer, by, now, jitter)
    if answer.quota_s is not None:
        return _spent(before, answer, by, now)
    if answer.status < BAD_REQUEST:
        return NONE, _narrowed(before, answer.host, now)
    return before, None


def _refused(
    before: BackOff, answer: Answer, by: int, now: datetime, jitter: float
) -> tuple[BackOff, str]:
    asked = _asked_until(before, answer, now)
    why = _evidence(before, answer, by, now)
    if why is None:
        after = BackOff(at=now, by=by, until=asked)
        return after, f"refused ({answer.status}) alone of {answer.host}, whose others go on"
    steps = before.steps if before.holds_at(now) else before.steps + 1
    wait_s = min(FIRST_S * 2.0 ** min(steps - 1, 20), LONGEST_S) * (1 + SPREAD * jitter)
    own = before.until if before.holds_at(now) else now + timedelta(seconds=wait_s)
    until = max(own or now, asked)
    after = BackOff(at=now, by=by, until=until, steps=steps, why=why)
    return after, told(answer.host, after)


def _spent(before: BackOff, answer: Answer, by: int, now: datetime) -> tuple[BackOff, str]:
    """The request was answered, and is the last one for now."""
    until = now + timedelta(seconds=min(answer.quota_s or 0, LONGEST_S))
    if before.holds_at(now) and before.until is not None:
        until = max(until, before.until)
    why = "its server says that no requests are left"
    after = BackOff(at=now, by=by, until=until, steps=1, why=why)
    return after, told(answer.host, after)


def _evidence(before: BackOff, answer: Answer, by: int, now: datetime) -> str | None:
    """Why a refusal concerns the whole host; None where it does not."""
    if answer.quota_s is not None:
        return f"its server says that no requests are left ({answer.status})"
    if not _recent(before, now):
        return None
    if before.steps > 0:
        return f"refused again after the last back-off ({answer.status})"
    if before.by is not None and before.by != by:
        kinds = "feeds" if min(before.by, by) > 0 else "feeds or pages"
        return f"two {kinds} were refused ({answer.status})"
    return None


def _recent(before: BackOff, now: datetime) -> bool:
    if before.at is None:
        return False
    since = before.until if before.steps > 0 and before.until else before.at
    return now - since <= timedelta(seconds=WINDOW_S)


def _asked_until(before: BackOff, answer: Answer, now: datetime) -> datetime:
    """The longest wait that this refusal and those on record ask for."""
    waits = [answer.retry_after_s or 0, min(answer.quota_s or 0, LONGEST_S)]
    asked = now + timedelta(seconds=max(waits))
    return max(asked, before.until) if before.until and _recent(before, now) else asked


def _narrowed(before: BackOff, host: str, now: datetime) -> str | None:
    return f"{host} answers again: its back-off is over" if before.holds_at(now) else None


def told(host: str, after: BackOff) -> str:
    """One line for an operator."""
    until = "" if after.until is None else f" until {after.until:%Y-%m-%d %H:%M} UTC"
    return f"host {host} backs off{until}: {after.why}"
