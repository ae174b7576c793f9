"""A document's stories in parts: the same plan, however many there are and wherever they begin."""

from __future__ import annotations

import random
from collections.abc import Iterable
from datetime import UTC, datetime

import pytest

from app.core import parts
from app.core.known import Known
from app.core.normal.normalize import normalize
from app.core.normal.repeats import WINDOW
from app.core.plan import begin_plan, plan_document
from app.core.poll import ClaimedFeed, FeedPlan
from app.core.tagging.model import Mention, using
from app.core.types import Entry
from tests.plans import document, entry, fetched

NOW = datetime(2026, 11, 12, 9, tzinfo=UTC)
FEED = ClaimedFeed(
    id=1,
    url="https://feed.example/rss",
    host="feed.example",
    source_id=1,
    source_name=None,
    source_domain="news.example",
    lease_token=1,
    claimed_at=NOW,
    due_at=NOW,
)
CLOSING = "Sign here for the harbour letter of the week."


def entries(count: int, *, closing: str = "") -> tuple[Entry, ...]:
    return tuple(
        entry(
            f"{n}",
            title=words(n, 5),
            body=f"{words(n, 40)}.</p><p>{closing}",
            published="2026-11-12T05:00:00Z",
        )
        for n in range(count)
    )


def words(seed: int, count: int) -> str:
    """Words that no other seed gives."""
    rng = random.Random(seed)
    return " ".join("".join(rng.choices("abdegiklmnoprstu", k=8)) for _ in range(count))


def plan(those: tuple[Entry, ...], known: Known | None = None) -> FeedPlan:
    return plan_document(FEED, fetched(), document(FEED, *those), known or Known(), NOW)


def told(planned: FeedPlan) -> Iterable[object]:
    return planned.new, planned.changed, planned.copies, planned.lessons, planned.ledger


def test_where_parts_begin_makes_no_difference(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.core.writes.story_id", lambda *_: 7 << 21)
    those = entries(20, closing=CLOSING)
    whole = plan(those)
    monkeypatch.setattr(parts, "PART", 3)
    assert told(plan(those)) == told(whole)
    assert [lesson.text for lesson in whole.lessons] == [CLOSING]
    assert [new.id - (7 << 21) for new in whole.new] == list(range(20))
    assert [copy.story_id for copy in whole.copies] == [new.id for new in whole.new]
    assert all(CLOSING not in new.made.story.text for new in whole.new)


def test_no_part_is_more_than_a_worker_can_do() -> None:
    those = entries(2 * parts.PART + 1)
    begun = begin_plan(FEED, fetched(), document(FEED, *those), Known(), NOW)
    assert [len(part.matches) for part in begun.parts] == [parts.PART, parts.PART, 1]


def test_only_what_is_compared_is_read_to_learn(monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[str | None] = []

    def counted(said: Entry, *given: object) -> object:
        read.append(said.guid)
        return normalize(said, *given)  # type: ignore[arg-type]  # as they were given

    monkeypatch.setattr(parts, "normalize", counted)
    those = entries(WINDOW + 30, closing=CLOSING)
    begun = begin_plan(FEED, fetched(), document(FEED, *those), Known(), NOW)
    assert [lesson.text for lesson in begun.plan.lessons] == [CLOSING]
    assert set(read) == {each.guid for each in those[:WINDOW]}


def test_a_document_without_anything_new_has_no_parts() -> None:
    begun = begin_plan(FEED, fetched(), document(FEED), Known(), NOW)
    assert (begun.parts, begun.plan.lessons) == ((), ())


def test_parts_are_smaller_where_a_model_reads_them_too(monkeypatch: pytest.MonkeyPatch) -> None:
    class Quiet:
        name = "quiet 1"
        languages = frozenset({"en"})

        def read(self, _text: str) -> list[Mention]:
            return []

    monkeypatch.setattr(parts, "PART_BY_MODEL", 2)
    monkeypatch.setattr(parts, "PART", 3)

    def sizes() -> list[int]:
        begun = begin_plan(FEED, fetched(), document(FEED, *entries(5)), Known(), NOW)
        return [len(part.matches) for part in begun.parts]

    assert sizes() == [3, 2]
    with using(Quiet()):
        assert sizes() == [2, 2, 1]
