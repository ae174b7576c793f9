"""How far a server's validators are believed.

A conditional request (RFC 9110 §13) saves both sides a document, and hides every later one if the
server's validators do not change with what they stand for. So a feed that only ever answers 304 is
asked for its whole document now and then, in place of a conditional request and never after one;
what comes is held against what the server had said.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Final

from app.core.types import Validators

SAMPLE_AFTER: Final = 50
"""Answers of 304 in a row after which a document is asked for: at most 2 % of a busy feed's."""

SAMPLE_SPAN: Final = timedelta(days=1)
"""How long a document may be hidden from a feed that is asked often enough for SAMPLE_LEAST."""

SAMPLE_LEAST: Final = 8
"""Fewer answers of 304 are never followed by a sample: a feed asked once a day is not asked
without condition each time. Also how soon one that has surprised is looked at again.
"""

SPREAD: Final = 0.25
"""Samples come up to this much earlier, each feed's at its own point."""

SURPRISES: Final = 3
"""Samples in a row that bring news while no condition ever let any through. One may happen, where a
feed changed after its last 304: of an honest one, with a chance of 1 in 9 at most after 8 of them.
"""

DISTRUST: Final = timedelta(days=30)
"""How long validators that have lied are not sent; then they are believed on trial."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trust:
    """What is known of a feed's validators before it is asked again."""

    whole_at: datetime | None = None  # when it last gave its whole document
    unchanged: int = 0  # answers since that brought no whole document
    surprises: int = 0  # samples in a row that brought news
    distrusted_at: datetime | None = None  # since when its validators are not sent


def sent_validators(
    trust: Trust, validators: Validators, now: datetime, *, jitter: float
) -> Validators:
    """What to ask with: none where the whole document is wanted. `jitter` is the feed's, in 0…1."""
    return Validators() if asked_whole(trust, now, jitter=jitter) else validators


def asked_whole(trust: Trust, now: datetime, *, jitter: float) -> str | None:
    """Why the whole document is asked for; None where it is not, conditions are fine."""
    if trust.distrusted_at is not None:
        wrong = now - trust.distrusted_at < DISTRUST
        return "its validators are not believed" if wrong else None
    if trust.unchanged < SAMPLE_LEAST:
        return None
    share = 1 - SPREAD * jitter
    if trust.whole_at is None:
        return "asked for the whole document"
    due = now - trust.whole_at >= SAMPLE_SPAN * share
    if due or trust.surprises or trust.unchanged >= SAMPLE_AFTER * share:
        return f"asked for the whole document, after {trust.unchanged} answers without one"
    return None


def not_whole(trust: Trust, now: datetime, *, news: bool = False) -> Trust:
    """After an answer of 304, or of 226 with what is `news` since the last."""
    on_trial = _on_trial(trust, now)
    return replace(
        on_trial,
        unchanged=on_trial.unchanged + 1,
        surprises=0 if news else on_trial.surprises,
    )


def looked_at(trust: Trust) -> Trust:
    """Where the whole document is wanted at the next poll, for another reason than distrust."""
    return replace(trust, whole_at=None, unchanged=max(trust.unchanged, SAMPLE_LEAST))


@dataclass(frozen=True, slots=True, kw_only=True)
class Whole:
    """A whole document: what it was asked with, what it came with, whether it brought news.

    News are stories that are new or changed. A document whose bytes alone differ (a time of
    generation, a comment) hides nothing from anybody behind a validator that stays.
    """

    kept: Validators  # of the document before
    came: Validators
    sampled: bool  # it was asked for without them, though they were there
    news: bool


def after_whole(trust: Trust, whole: Whole, now: datetime) -> tuple[Trust, str | None]:
    """What is believed after a whole document, and for the ledger why its server no longer is."""
    base = replace(_on_trial(trust, now), whole_at=now, unchanged=0)
    if base.distrusted_at is not None:
        return base, None
    if whole.news and (lie := _lie(whole.kept, whole.came)):
        return _distrusted(base, now, lie)
    if not whole.news or not whole.sampled:
        return replace(base, surprises=0 if whole.news else base.surprises), None
    surprises = base.surprises + 1
    if surprises >= SURPRISES:
        return _distrusted(
            base, now, f"{surprises} documents in a row had news that no condition let through"
        )
    return replace(base, surprises=surprises), None


def _on_trial(trust: Trust, now: datetime) -> Trust:
    """Validators that have not been sent for long enough are believed again, as if new."""
    if trust.distrusted_at is None or now - trust.distrusted_at < DISTRUST:
        return trust
    return Trust(whole_at=trust.whole_at)


def _distrusted(trust: Trust, now: datetime, why: str) -> tuple[Trust, str]:
    note = f"its validators are not sent for {DISTRUST.days} days: {why}"
    return replace(trust, surprises=0, distrusted_at=now), note


def _lie(kept: Validators, came: Validators) -> str | None:
    """Why the validators that are kept would have been answered with 304, though there is news.

    An ETag decides where one was sent (RFC 9110 §13.2.2), compared weakly, as If-None-Match is;
    else Last-Modified, which says "not modified" also of any earlier time.
    """
    if kept.etag:
        if _opaque(kept.etag) == _opaque(came.etag):
            return "its ETag stayed the same over another document"
        return None
    if kept.last_modified is None or came.last_modified is None:
        return None
    if came.last_modified == kept.last_modified:
        return "its Last-Modified stayed the same over another document"
    before, after = _time(kept.last_modified), _time(came.last_modified)
    if before and after and after < before:
        return "its Last-Modified went back over a newer document"
    return None


def _opaque(etag: bytes | None) -> bytes | None:
    return None if etag is None else etag.removeprefix(b"W/")


def _time(raw: bytes) -> float | None:
    try:
        return parsedate_to_datetime(raw.decode("latin-1")).timestamp()
    except (ValueError, OverflowError, TypeError, IndexError):
        return None
