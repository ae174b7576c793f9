"""Which redirects change a feed's address: histories of polls, and what is adopted."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from app.core.moves import (
    Evidence,
    Overlap,
    Sighting,
    Step,
    evidence,
    follow,
    led_to,
    obstacle,
)
from app.core.types import Redirect

START = datetime(2026, 11, 1, 6, 0, tzinfo=UTC)
OLD, NEW, THIRD = (f"https://{n}.example/rss" for n in ("old", "new", "third"))
HTTP, HTTPS = "http://old.example/rss", "https://old.example/rss"
SAME, OTHER, NONE = Evidence.SAME, Evidence.OTHER, Evidence.NONE
DAY = timedelta(days=1)


def hops(*steps: tuple[int, str]) -> tuple[Redirect, ...]:
    return tuple(Redirect(status=status, url=url) for status, url in steps)


@pytest.mark.parametrize(
    ("redirects", "to"),
    [
        ((), None),
        (((301, NEW),), NEW),
        (((308, NEW),), NEW),
        (((301, THIRD), (308, NEW)), NEW),
        (((302, NEW),), None),
        (((303, NEW),), None),
        (((307, NEW),), None),
        (((301, THIRD), (302, NEW)), None),
        (((302, THIRD), (301, NEW)), None),
    ],
)
def test_every_hop_must_be_permanent(redirects: tuple[tuple[int, str], ...], to: str) -> None:
    assert led_to(hops(*redirects)) == to


@pytest.mark.parametrize(
    ("before", "now", "shared", "found"),
    [
        (20, 20, 19, SAME),
        (20, 20, 10, SAME),
        (20, 20, 9, OTHER),
        (20, 20, 0, OTHER),
        (20, 5, 4, SAME),  # the new document is shorter
        (20, 100, 20, SAME),  # or longer
        (20, 100, 3, OTHER),  # a section's feed became that of the whole site
        (0, 20, 0, NONE),
        (20, 0, 0, NONE),
    ],
)
def test_feeds_are_the_same_by_their_entries(
    before: int, now: int, shared: int, found: Evidence
) -> None:
    held = Overlap(before=before, now=now, shared=shared)
    assert evidence(held, feed_url=OLD, self_url=None, first=False) is found
    assert evidence(held, feed_url=OLD, self_url=NEW, first=False) is found  # any feed says that
    assert evidence(held, feed_url=OLD, self_url=OLD, first=False) is SAME
    assert evidence(held, feed_url=OLD, self_url=None, first=True) is SAME


@pytest.mark.parametrize(
    ("feed_url", "to", "allowed"),
    [
        (HTTP, HTTPS, True),
        (HTTPS, HTTP, False),
        (HTTP, "http://new.example/rss", True),
        (OLD, NEW, True),
        (OLD, "https://192.0.2.7/rss", False),
        (OLD, "https://[2001:db8::7]/rss", False),
        ("http://192.0.2.7/rss", "http://192.0.2.7/feed", True),  # it has the address already
        ("http://192.0.2.7/rss", "http://192.0.2.8/rss", False),
        ("https://ann:secret@old.example/rss", NEW, False),
        (OLD, "https://new.example/" + "a" * 2000, False),
        (OLD, "ftp://new.example/rss", False),
    ],
)
def test_some_addresses_are_never_taken(feed_url: str, to: str, *, allowed: bool) -> None:
    assert (obstacle(feed_url, to) is None) == allowed
    assert obstacle(feed_url, to, {to}) is not None
    seen = Sighting(url=to, seen=99, since=START - 99 * DAY)
    step = follow(feed_url, seen, to, SAME, START)
    assert (step.move is not None) == allowed
    assert follow(feed_url, seen, to, SAME, START, {to}) == Step()


Poll = tuple[float, str | None, Evidence]


def run(feed_url: str, *polls: Poll) -> tuple[Step, list[str]]:
    """The step after polls (day, where led, what was found), and all notes on the way."""
    sighting, step, notes = None, Step(), []
    for day, to, found in polls:
        step = follow(feed_url, sighting, to, found, START + day * DAY)
        sighting = step.sighting
        notes += [step.note] if step.note else []
        if step.move:
            break
    return step, notes


@pytest.mark.parametrize(
    ("polls", "adopted"),
    [
        ([(0, NEW, SAME), (1, NEW, SAME), (2, NEW, SAME), (3, NEW, SAME)], True),
        ([(0, NEW, SAME), (1, NEW, NONE), (2, NEW, NONE), (3, NEW, NONE)], True),  # answers of 304
        ([(0, NEW, SAME), (1, NEW, SAME), (3, NEW, SAME)], False),  # too few
        ([(n / 100, NEW, SAME) for n in range(290)], False),  # too soon
        ([(n / 100, NEW, SAME) for n in range(302)], True),
        ([(0, NEW, SAME), (1, None, SAME), (2, NEW, SAME), (3, NEW, SAME)], False),  # it was back
        ([(0, NEW, SAME), (1, THIRD, SAME), (2, NEW, SAME), (3, NEW, SAME)], False),
        ([(0, NEW, OTHER)] + [(n, NEW, SAME) for n in range(1, 9)], False),  # its own by now
        ([(0, NEW, SAME), (1, NEW, OTHER)] + [(n, NEW, SAME) for n in range(2, 9)], False),
        ([(n, NEW, NONE) for n in range(9)], False),  # nothing ever showed that it is the feed
        ([(0, NEW, NONE)] + [(n, NEW, SAME) for n in range(1, 5)], True),
        ([(n, OLD, SAME) for n in range(9)], False),
        ([(n, None, SAME) for n in range(9)], False),
    ],
)
def test_a_move_is_adopted_once_it_has_lasted(polls: list[Poll], *, adopted: bool) -> None:
    step, _ = run(OLD, *polls)
    assert (step.move is not None) == adopted
    if step.move:
        assert step.move.url == NEW


def test_a_whole_document_is_asked_for_only_where_it_may_lead_to_a_move() -> None:
    assert follow(OLD, None, NEW, NONE, START) == Step(look=True)
    assert not follow(OLD, None, NEW, NONE, START, {NEW}).look
    assert not follow(OLD, None, None, NONE, START).look
    for seen in (0, 1):
        known = Sighting(url=NEW, seen=seen, since=START)
        assert not follow(OLD, known, NEW, NONE, START).look


def test_the_reasons_say_what_was_seen() -> None:
    step, notes = run(OLD, *((n, NEW, SAME) for n in range(5)))
    said = f"moved permanently to {NEW}, says its server"
    assert notes == [f"{said}: adopted once it was seen in 4 polls over 3 days"]
    assert step.move
    assert step.move.why == "permanent redirects in 4 polls over 3 days, to the same feed"
    _, notes = run(OLD, (0, NEW, OTHER), (1, NEW, SAME))
    assert notes == [f"led to {NEW}, a feed of other entries: its own address is kept"]


def test_https_on_the_same_host_and_path_is_adopted_sooner() -> None:
    assert run(HTTP, (0, HTTPS, SAME), (1, HTTPS, SAME))[0].move
    assert not run(HTTP, (0, HTTPS, SAME), (0.9, HTTPS, SAME))[0].move
    elsewhere = "https://old.example/feed"
    assert not run(HTTP, (0, elsewhere, SAME), (1, elsewhere, SAME), (2, elsewhere, SAME))[0].move


def test_another_feed_is_looked_at_afresh_once_the_redirect_has_gone() -> None:
    polls = [(0, NEW, OTHER), (1, None, SAME), *((n, NEW, SAME) for n in range(2, 6))]
    assert run(OLD, *polls)[0].move
