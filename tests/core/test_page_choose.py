"""Feed's text or page's text: which one tells the story, and when a page is tried again."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from app.core.kept import KeptEntry, pack_entry, unpack_entry
from app.core.make import Making, make_again, story_of
from app.core.page.choose import Choice, Kept, Why, choose, still_better
from app.core.page.job import (
    BUSY_RETRY_S,
    FIRST_RETRY_S,
    MAX_RETRY_S,
    MAX_TRIES,
    NoPage,
    PageState,
    Stop,
    Told,
    verdict_of,
)
from app.core.page.tell import tell_by_page
from app.core.page.types import Page, PageFacts, PageRefused, Refusal, with_page
from app.core.search.facets import StorySource
from app.core.story import FeedContext
from app.core.types import Entry, Failure, Markup
from tests.article_pages import LEDE, PARAGRAPHS, article

NOW = datetime(2026, 11, 24, 6, 0, tzinfo=UTC)
URL = "https://news.example/ferry"
TITLE = "Ferry sails again after two weeks in the yard"
SOURCE = StorySource(id=3, domain="news.example", country=None)


def kept(text: str, *, title: str = TITLE, page: Page | None = None) -> KeptEntry:
    entry = Entry(
        raw_hash=1,
        url=URL,
        title=Markup(value=title, html=False),
        content=Markup(value=text, html=False),
    )
    context = FeedContext(feed_url="https://news.example/feed")
    return KeptEntry(entry=entry, context=context, first_seen=NOW, page=page)


def page(*paragraphs: str, title: str | None = TITLE) -> Page:
    told = "".join(f"<p>{paragraph}</p>" for paragraph in paragraphs or PARAGRAPHS)
    return Page(url=URL, html=told, facts=PageFacts(title=title, authors=("Ida Holm",)))


def chosen(text: str, found: Page, *, title: str = TITLE) -> Choice:
    feed = story_of(kept(text, title=title))
    return choose(feed, story_of(kept(text, title=title, page=found)), found.facts.title)


OTHER = tuple(
    f"Growers in valley {n} fear that a late frost will ruin what cherries the bees have left, "
    "and have lit small fires between the rows of their orchards every night since Friday."
    for n in range(4)
)
GERMAN = tuple(
    f"Die Fähre Nummer {n} fährt seit Dienstag wieder zwischen dem alten Hafen und der Insel, und "
    "die ersten vierzig Fahrgäste durften nach zwei Wochen in der Werft umsonst an Bord gehen."
    for n in range(4)
)


@pytest.mark.parametrize(
    ("text", "found", "keeps", "why"),
    [
        (f"{LEDE[:100]} …", page(), Kept.PAGE, Why.LONGER),
        ("", page(), Kept.PAGE, Why.FEED_EMPTY),
        (" ".join(PARAGRAPHS), page(), Kept.FEED, Why.NO_LONGER),
        (" ".join(PARAGRAPHS[:3]), page(), Kept.PAGE, Why.LONGER),
        (LEDE, page(f"{PARAGRAPHS[0]} {PARAGRAPHS[1][:90]} …"), Kept.FEED, Why.NO_LONGER),
        (LEDE[:60], page(f"{PARAGRAPHS[0]} {PARAGRAPHS[1][:90]} …"), Kept.FEED, Why.TEASER),
        (LEDE, page(*GERMAN), Kept.FEED, Why.OTHER_LANGUAGE),
        # A teaser in the editor's own words is enough to go by, or else the title.
        ("The ferry to the island is out of the yard again.", page(), Kept.PAGE, Why.LONGER),
        ("Good news for everyone who lives offshore!", page(), Kept.PAGE, Why.LONGER),
        (" ".join(OTHER), page(*PARAGRAPHS, *PARAGRAPHS), Kept.FEED, Why.OTHER_TEXT),
    ],
)
def test_the_better_text_is_kept(text: str, found: Page, keeps: Kept, why: Why):
    choice = chosen(text, found)
    assert (choice.kept, choice.why) == (keeps, why)


def test_a_page_about_something_else_is_not_taken():
    choice = chosen(LEDE, page(*OTHER, title="Cherry growers fear a late frost"))
    assert (choice.kept, choice.why) == (Kept.FEED, Why.OTHER_TEXT)


def test_a_title_too_short_to_tell_by_does_not_speak_against_a_page():
    assert chosen("", page(*OTHER, title=None), title="Live").kept is Kept.PAGE


def test_an_address_in_place_of_a_title_does_not_speak_against_a_page():
    untitled = replace(kept(""), entry=Entry(raw_hash=1, url=URL))
    feed = story_of(untitled)
    assert feed.title == URL
    told = story_of(replace(untitled, page=page(title=None)))
    assert choose(feed, told, None).kept is Kept.PAGE


def test_a_page_of_boilerplate_is_not_taken():
    lines = ["Subscribe to our newsletter", "All rights reserved.", "Follow us on Facebook"] * 12
    choice = chosen("Ferry.", page(LEDE, *lines))
    assert (choice.kept, choice.why) == (Kept.FEED, Why.BOILERPLATE)


def test_both_lengths_are_on_record():
    choice = chosen("The ferry sails again.", page())
    assert choice.feed_words == 4
    assert choice.page_words == sum(len(paragraph.split()) for paragraph in PARAGRAPHS)


def test_a_text_that_was_kept_stays_while_it_is_longer():
    told = story_of(kept("", page=page()))
    assert still_better(story_of(kept("A new teaser.")), told).kept is Kept.PAGE
    assert still_better(story_of(kept(" ".join(PARAGRAPHS * 2))), told).kept is Kept.FEED


def test_what_the_feed_says_stays_beside_the_pages_text():
    entry = kept("The ferry sails again.").entry
    merged = with_page(entry, page())
    assert merged.title == entry.title
    assert merged.summary == entry.content
    assert merged.authors == ("Ida Holm",)
    story = story_of(kept("The ferry sails again.", page=page()))
    assert story.summary == "The ferry sails again."
    assert story.text == "\n\n".join(PARAGRAPHS)


# --- made from both ---------------------------------------------------------------------------


def making(text: str) -> Making:
    return Making(entry=pack_entry(kept(text)), source=SOURCE)


def told(text: str, markup: str) -> Told:
    result = tell_by_page(making(text), markup.encode(), content_type="text/html", url=URL)
    assert isinstance(result, Told)
    return result


def test_a_story_told_by_its_page_is_made_again_by_it():
    first = told("The ferry sails again.", article())
    assert first.choice.kept is Kept.PAGE
    again = make_again([Making(entry=first.made.entry, source=SOURCE)])
    assert again == [first.made]


def test_what_an_earlier_fetch_gave_does_not_count():
    first = told("The ferry sails again.", article())
    entry = first.made.entry
    assert unpack_entry(entry).page is not None
    short = article(*PARAGRAPHS[:2])
    second = tell_by_page(
        Making(entry=entry, source=SOURCE), short.encode(), content_type="text/html", url=URL
    )
    assert isinstance(second, Told)
    assert second.made.story.text == "\n\n".join(PARAGRAPHS[:2])


def test_a_story_told_by_its_feed_keeps_no_page():
    kept_feed = told(" ".join(PARAGRAPHS), article())
    assert kept_feed.choice.kept is Kept.FEED
    assert unpack_entry(kept_feed.made.entry).page is None


def test_a_wall_tells_nothing():
    paid = article(facts={"isAccessibleForFree": False})
    refused = tell_by_page(making("x"), paid.encode(), content_type="text/html", url=URL)
    assert isinstance(refused, PageRefused)


# --- verdicts ---------------------------------------------------------------------------------


def no_page(kind: Failure | Refusal | Stop, retry_after_s: int | None = None) -> NoPage:
    return NoPage(kind=kind, detail="x", retry_after_s=retry_after_s)


@pytest.mark.parametrize(
    ("kind", "state"),
    [
        (Refusal.PAYWALL, PageState.REFUSED),
        (Stop.ROBOTS, PageState.REFUSED),
        (Failure.NOT_FOUND, PageState.FAILED),
        (Failure.BLOCKED, PageState.FAILED),
        (Failure.UNAUTHORIZED, PageState.FAILED),
    ],
)
def test_what_will_not_pass_is_final(kind: Failure | Refusal | Stop, state: PageState):
    verdict = verdict_of(no_page(kind), 1, NOW, 0.5)
    assert (verdict.state, verdict.outcome, verdict.due_at) == (state, kind.value, None)


def test_a_choice_ends_it():
    verdict = verdict_of(told("", article()), 1, NOW, 0.0)
    assert (verdict.state, verdict.outcome) == (PageState.DONE, "kept_page")


@pytest.mark.parametrize("kind", [Failure.TIMEOUT, Failure.HTTP_SERVER, Stop.ROBOTS_AWAY])
def test_what_may_pass_is_tried_again_ever_later_and_not_for_ever(kind: Failure | Stop):
    waits = []
    for attempts in range(1, MAX_TRIES):
        verdict = verdict_of(no_page(kind), attempts, NOW, 0.0)
        assert verdict.state is PageState.DUE
        assert verdict.due_at is not None
        waits.append((verdict.due_at - NOW).total_seconds())
    assert waits == [FIRST_RETRY_S, FIRST_RETRY_S * 4, FIRST_RETRY_S * 16]
    assert verdict_of(no_page(kind), MAX_TRIES, NOW, 0.0).state is PageState.FAILED


def test_retry_after_is_kept_for_up_to_a_day():
    asked = verdict_of(no_page(Failure.RATE_LIMITED, 3600), 1, NOW, 0.0)
    assert asked.due_at == NOW + timedelta(seconds=3600)
    long = verdict_of(no_page(Failure.RATE_LIMITED, 10**9), 1, NOW, 0.0)
    assert long.due_at == NOW + timedelta(seconds=MAX_RETRY_S)


def test_a_host_that_is_busy_is_not_held_against_the_page():
    verdict = verdict_of(no_page(Stop.BUSY), 1, NOW, 0.0)
    assert (verdict.state, verdict.counted) == (PageState.DUE, False)
    assert verdict.due_at == NOW + timedelta(seconds=BUSY_RETRY_S)
    backs_off = verdict_of(no_page(Stop.BUSY, 1800), 1, NOW, 0.0)
    assert backs_off.due_at == NOW + timedelta(seconds=1800)
