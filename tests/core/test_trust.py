"""Whose validators are believed: histories of answers, and what is asked next."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from app.core.trust import (
    DISTRUST,
    SAMPLE_AFTER,
    SAMPLE_LEAST,
    SURPRISES,
    Trust,
    Whole,
    after_whole,
    asked_whole,
    looked_at,
    not_whole,
    sent_validators,
)
from app.core.types import Validators

START = datetime(2026, 11, 1, 6, 0, tzinfo=UTC)
MONDAY, TUESDAY = b"Mon, 02 Nov 2026 06:00:00 GMT", b"Tue, 03 Nov 2026 06:00:00 GMT"


def first_sample(every: timedelta, *, jitter: float = 0.0) -> tuple[int, timedelta]:
    """After how many answers of 304, and after how long, a feed is asked for the whole."""
    trust, now = Trust(whole_at=START), START
    while True:
        now += every
        if asked_whole(trust, now, jitter=jitter):
            return trust.unchanged, now - START
        trust = not_whole(trust, now)


@pytest.mark.parametrize(
    ("every", "count"),
    [
        (timedelta(minutes=2), SAMPLE_AFTER),  # the count comes first
        (timedelta(hours=1), 23),  # the day comes first
        (timedelta(days=1), SAMPLE_LEAST),  # neither: no more than one request in nine
        (timedelta(days=9), SAMPLE_LEAST),
    ],
)
def test_whole_documents_are_asked_for_rarely(every: timedelta, count: int) -> None:
    assert first_sample(every)[0] == count


def test_feeds_are_sampled_at_different_times_and_none_later_than_the_limit() -> None:
    counts = [first_sample(timedelta(minutes=2), jitter=n / 10)[0] for n in range(10)]
    assert counts == sorted(counts, reverse=True)
    assert (counts[0], counts[-1]) == (50, 39)
    spans = [first_sample(timedelta(hours=1), jitter=n / 10)[1] for n in range(10)]
    assert len(set(spans)) > 4
    assert max(spans) == timedelta(days=1)


def whole(
    kept: Validators, came: Validators, *, sampled: bool = False, news: bool = True
) -> str | None:
    trust = Trust(unchanged=9, whole_at=START)
    after, note = after_whole(
        trust, Whole(kept=kept, came=came, sampled=sampled, news=news), START + timedelta(days=1)
    )
    assert (after.distrusted_at is None) == (note is None)
    assert (after.unchanged, after.whole_at) == (0, START + timedelta(days=1))
    return note


@pytest.mark.parametrize(
    ("kept", "came", "lies"),
    [
        ((b'"a"', None), (b'"a"', None), True),
        ((b'"a"', None), (b'"b"', None), False),
        ((b'W/"a"', None), (b'W/"a"', None), True),
        ((b'W/"a"', None), (b'"a"', None), True),  # If-None-Match compares weakly
        ((b'"a"', MONDAY), (b'"a"', TUESDAY), True),  # the ETag decides
        ((b'"a"', MONDAY), (b'"b"', MONDAY), False),
        ((b'"a"', MONDAY), (None, MONDAY), False),
        ((None, MONDAY), (None, MONDAY), True),
        ((None, MONDAY), (None, TUESDAY), False),
        ((None, TUESDAY), (None, MONDAY), True),  # "not modified since" covers earlier times
        ((None, MONDAY), (b'"a"', MONDAY), True),
        ((None, b"yesterday"), (None, b"today"), False),
        ((None, b"yesterday"), (None, b"yesterday"), True),
        ((None, None), (None, None), False),
        ((None, None), (b'"a"', MONDAY), False),
    ],
)
@pytest.mark.parametrize("sampled", [True, False])
def test_validators_lie_if_they_would_have_hidden_news(
    kept: tuple[bytes | None, bytes | None],
    came: tuple[bytes | None, bytes | None],
    *,
    lies: bool,
    sampled: bool,
) -> None:
    before = Validators(etag=kept[0], last_modified=kept[1])
    after = Validators(etag=came[0], last_modified=came[1])
    assert (whole(before, after, sampled=sampled) is not None) == lies
    assert whole(before, after, sampled=sampled, news=False) is None  # the same stories


def test_a_liar_is_asked_without_conditions_for_a_month_and_then_on_trial() -> None:
    same = Validators(etag=b'"a"')
    told = Whole(kept=same, came=same, sampled=True, news=True)
    trust, note = after_whole(Trust(unchanged=50), told, START)
    assert note == (
        "its validators are not sent for 30 days: its ETag stayed the same over another document"
    )
    last_day = START + DISTRUST - timedelta(hours=1)
    assert sent_validators(trust, same, last_day, jitter=0) == Validators()
    still, again = after_whole(trust, told, last_day)
    assert (still.distrusted_at, again) == (START, None)  # on record once
    month = START + DISTRUST
    assert sent_validators(still, same, month, jitter=0) == same
    assert not_whole(still, month) == Trust(whole_at=last_day, unchanged=1)
    lied = after_whole(still, told, month)
    assert lied[0].distrusted_at == month


def test_a_server_that_says_304_to_any_condition_is_found_by_what_samples_bring() -> None:
    """Its ETags are honest: they change with the document, which conditions never let through."""
    trust, now, samples = Trust(whole_at=START), START, 0
    while trust.distrusted_at is None:
        now += timedelta(minutes=2)
        if asked_whole(trust, now, jitter=0) is None:
            trust = not_whole(trust, now)
            continue
        samples += 1
        told = Whole(
            kept=Validators(etag=b'"%d"' % (samples - 1)),
            came=Validators(etag=b'"%d"' % samples),
            sampled=True,
            news=True,
        )
        trust, _ = after_whole(trust, told, now)
    assert samples == SURPRISES
    polls = (now - START) // timedelta(minutes=2)
    assert polls == SAMPLE_AFTER + 2 * SAMPLE_LEAST + SURPRISES  # looked at again soon


def test_a_document_can_be_wanted_for_another_reason() -> None:
    wanted = looked_at(Trust(whole_at=START, unchanged=1))
    assert asked_whole(wanted, START, jitter=0)
    after, note = after_whole(
        wanted, Whole(kept=Validators(), came=Validators(), sampled=True, news=False), START
    )
    assert (after, note) == (Trust(whole_at=START), None)


def test_a_condition_that_lets_news_through_clears_a_server() -> None:
    old, new = Validators(etag=b'"1"'), Validators(etag=b'"2"')
    trust, _ = after_whole(
        Trust(surprises=2), Whole(kept=old, came=new, sampled=False, news=True), START
    )
    assert trust.surprises == 0
    assert not_whole(Trust(surprises=2), START, news=True).surprises == 0
    kept, _ = after_whole(
        Trust(surprises=2), Whole(kept=old, came=old, sampled=True, news=False), START
    )
    assert kept.surprises == 2
