"""When the log tells of a feed's turn for worse or better, and when it keeps quiet."""

from __future__ import annotations

import pytest

from app.core.feed_news import FAILING_AFTER, FeedEventType, Trouble, trouble_after, turn
from app.core.types import Failure


def told(*polls: Failure | str | None) -> list[str]:
    """The events of polls, each with what it failed of, "silent", "pushed", or None."""
    trouble: Trouble | None = None
    events, failures = [], 0
    for poll in polls:
        failure = poll if isinstance(poll, Failure) else None
        failures = failures + 1 if failure is not None else 0
        after = trouble_after(
            trouble,
            failures=failures,
            failure=failure,
            silent=poll == "silent",
            asked=poll != "pushed",
        )
        if (event := turn(trouble, after)) is not None:
            events.append(event.value.removeprefix("feed."))
        trouble = after
    return events


SLOW = Failure.TIMEOUT


@pytest.mark.parametrize(
    ("polls", "events"),
    [
        ([None, SLOW, None, SLOW, SLOW, None], []),
        ([SLOW] * FAILING_AFTER + [SLOW, None, None], ["failing", "recovered"]),
        ([Failure.GONE, Failure.GONE, None], ["gone", "recovered"]),
        ([Failure.GONE, SLOW, SLOW, None], ["gone", "failing", "recovered"]),
        ([SLOW, SLOW, SLOW, Failure.GONE, None], ["failing", "gone", "recovered"]),
        (["silent", "silent", SLOW, "silent", None], ["silent", "recovered"]),
        ([*[SLOW] * 3, "silent", None], ["failing", "silent", "recovered"]),
        ([*[SLOW] * 3, "pushed", None], ["failing", "recovered"]),
        (["silent", "pushed"], ["silent", "recovered"]),
    ],
)
def test_turns_are_told_and_not_every_poll(polls: list[Failure | str | None], events: list[str]):
    assert told(*polls) == events


def test_every_trouble_has_its_event():
    assert {turn(None, trouble) for trouble in Trouble} <= set(FeedEventType)
