"""How long a feed is left alone after failures, by their kind."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.back_off import BACK_OFFS, DAY, HOUR, MINUTE, SEVERITIES, Severity, back_off_s
from app.core.types import Failure


def waits(failure: Failure, *failures: int, least_s: int = 120, most_s: int = DAY) -> list[float]:
    return [back_off_s(failure, n, min_interval_s=least_s, max_interval_s=most_s) for n in failures]


def test_every_failure_has_its_severity_and_every_severity_its_rule() -> None:
    assert set(SEVERITIES) == set(Failure)
    assert set(BACK_OFFS) == set(Severity) == set(SEVERITIES.values())


@pytest.mark.parametrize(
    ("failure", "expected"),
    [
        (Failure.HTTP_SERVER, [5 * MINUTE, 10 * MINUTE, 6 * HOUR]),
        (Failure.TIMEOUT, [5 * MINUTE, 10 * MINUTE, 12 * HOUR]),
        (Failure.NOT_FOUND, [HOUR, 2 * HOUR, DAY]),
        (Failure.GONE, [DAY, 2 * DAY, 30 * DAY]),
    ],
    ids=["soft", "temporary", "hard", "gone"],
)
def test_the_first_wait_is_doubled_to_the_longest_and_never_beyond(
    failure: Failure, expected: list[int]
) -> None:
    assert waits(failure, 1, 2, 10_000) == expected


def test_the_operators_bounds_hold_but_for_what_is_gone() -> None:
    assert waits(Failure.TIMEOUT, 1, 50, least_s=900, most_s=1800) == [900, 1800]
    assert waits(Failure.NOT_FOUND, 1, most_s=1800) == [1800]
    assert waits(Failure.GONE, 1, most_s=1800) == [DAY]
    assert waits(Failure.GONE, 50, least_s=60 * DAY, most_s=90 * DAY) == [60 * DAY]


@given(
    failure=st.sampled_from(Failure),
    failures=st.integers(0, 10**9),
    least_s=st.integers(1, DAY),
    more_s=st.integers(0, 30 * DAY),
)
def test_the_more_failures_the_longer_the_wait(
    failure: Failure, failures: int, least_s: int, more_s: int
) -> None:
    most_s = least_s + more_s
    once, again = waits(failure, failures, failures + 1, least_s=least_s, most_s=most_s)
    assert least_s <= once <= again <= max(most_s, 30 * DAY)
    if failure is not Failure.GONE:
        assert again <= most_s
