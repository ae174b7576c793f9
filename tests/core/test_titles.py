"""The site's name goes from its titles: where a document repeats it, or a feed bears it."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.identity import keys_of
from app.core.known import Known
from app.core.match import match_entries
from app.core.normal.titles import own_title, title_affixes
from app.core.poll import ClaimedFeed, NewStory
from app.core.types import Entry, Markup, ParsedFeed
from app.core.writes import Writes, context_of

STORIES = (
    "Ferry sails again",
    "Quay wall cracks",
    "Lighthouse - now open",
    "Tide: higher",
    "港に新しい船",
)


def without(titles: list[str], *names: str | None) -> list[str]:
    affixes = title_affixes(titles, names)
    return [own_title(title, affixes) for title in titles]


@pytest.mark.parametrize(
    "form",
    [
        "{} - Harbour News",
        "{} – Harbour News",
        "{} | Harbour News",
        "{} :: Harbour News",
        "{} » Harbour News",
        "{}|Harbour",
        "{}｜港新聞",
        "{} (Harbour News)",
        "{}（港新聞）",
        "{} - World - Harbour News",
    ],
)
def test_what_a_document_repeats(form: str) -> None:
    titles = [form.format(story) for story in STORIES]
    assert without(titles) == list(STORIES)
    assert without([*titles, "Letters"]) == [*STORIES, "Letters"]


def test_a_name_in_less_than_four_of_five_titles_or_in_less_than_five_stays() -> None:
    titles = [f"{story} - Harbour News" for story in STORIES]
    assert without([*titles, "Letters", "Tides"]) == [*titles, "Letters", "Tides"]
    assert without(titles[:4]) == titles[:4]


@pytest.mark.parametrize(
    ("form", "name"),
    [
        ("Harbour News: {}", "Harbour News"),
        ("Harbour News - {}", "harbour news"),
        ("The Harbour | {}", "The Harbour"),
        ("【港新聞】{}", "港新聞"),
        ("[Harbour] {}", "Harbour"),
        ("Harbour News: {} - World | Harbour", "Harbour News"),
    ],
)
def test_what_stands_before_titles_goes_only_where_it_is_a_name(form: str, name: str) -> None:
    titles = [form.format(story) for story in STORIES]
    assert without(titles, name) == list(STORIES)
    if "- World" not in form:
        assert without(titles) == titles


@pytest.mark.parametrize("name", ["Harbour News", "HARBOUR  NEWS"])
@pytest.mark.parametrize("title", ["Ferry sails - Harbour News", "Harbour News: Ferry sails"])
def test_a_name_of_the_feed_goes_from_a_single_title(title: str, name: str) -> None:
    assert without([title], None, name) == ["Ferry sails"]
    assert without([title], None, "Harbour") == [title]
    assert without([title]) == [title]


@pytest.mark.parametrize(
    "titles",
    [
        [f"Osprey: {story}" for story in STORIES],
        [f"Prime Minister: {story}" for story in STORIES],
        [f"【速報】{story}" for story in STORIES],
        [f"{story} - Seals Town" for story in STORIES[:4]],
        [f"Osprey | {story}" for story in STORIES],
        [f"Lions - {other}" for other in ("Gulls United", "Seals Town", "Harbour Rovers")],
        [f"港 | {story}" for story in STORIES],
        [f"Tide table - {day} May" for day in range(1, 9)],
        [f"{story} - 5 May 2024" for story in STORIES],
        [f"{story} - {'Harbour ' * 9}" for story in STORIES],
        ["Lions 1 - Gulls 2", "Seals 1 - Gulls 3", "Gulls 0 - Lions 2"],
        ["Harbour News"] * 5,
        ["| Harbour News"] * 5,
        ["- Harbour News", "3 - Harbour News", "… - Harbour News"],
        [],
    ],
)
def test_what_is_the_storys_stays(titles: list[str]) -> None:
    assert without(titles) == titles


@pytest.mark.parametrize(
    "form",
    [
        "{} - review",
        "{} | Opinion",
        "{} – live",
        "{} (Video)",
        "{} [Book Review]",
        "{} – as it happened",
        "{} | Kommentar",
        "{} (en images)",
        "{}（動画）",
        "{} | 社説",
        "{} [영상]",
        "{}（组图）",
        "{} | فيديو",
    ],
)
def test_what_says_what_kind_of_piece_it_is_stays(form: str) -> None:
    titles = [form.format(story) for story in STORIES]
    assert without(titles) == titles
    assert without([f"{title} | Harbour News" for title in titles]) == titles
    assert without(titles[:1], "Review of the Harbour") == titles[:1]


def test_a_site_whose_name_has_such_a_word_is_a_site() -> None:
    titles = [f"{story} - Harbour Review" for story in STORIES]
    assert without(titles) == list(STORIES)
    assert without([f"{STORIES[0]} - Review"], "Review") == [STORIES[0]]


def test_one_word_before_a_colon_goes_only_where_it_is_a_name_and_repeated() -> None:
    titles = [f"Harbour: {story}" for story in STORIES]
    assert without(titles, "Harbour") == list(STORIES)
    assert without(titles[:1], "Harbour") == titles[:1]
    assert without([f"Harbour | {STORIES[0]}"], "Harbour") == [STORIES[0]]


@given(st.lists(st.text("ab -|:：()【】1港", max_size=12), max_size=6), st.text("ab -", max_size=4))
def test_a_title_is_never_emptied(titles: list[str], name: str) -> None:
    for title, own in zip(titles, without(titles, name), strict=True):
        assert own in title
        assert (own == "") == (title == "")


NOW = datetime(2024, 6, 1, tzinfo=UTC)
FEED = ClaimedFeed(
    id=1,
    url="https://feed.example/rss",
    host="feed.example",
    source_id=1,
    source_name="Harbour News",
    source_domain="feed.example",
    lease_token=1,
    claimed_at=NOW,
    due_at=NOW,
)


def written(*titles: str) -> list[NewStory]:
    entries = tuple(
        Entry(raw_hash=n, guid=str(n), title=Markup(value=title)) for n, title in enumerate(titles)
    )
    keys = keys_of(entries)
    context = context_of(FEED, ParsedFeed(format="rss20", entries=entries))
    writes = Writes(FEED, context, Known(), NOW)
    for match in match_entries(keys, Known(), FEED.url):
        writes.add(match)
    return writes.new


def test_stories_are_written_without_it_and_keep_their_identity() -> None:
    suffixed = written(*(f"{story} | The Pier" for story in STORIES))
    assert [new.made.story.title for new in suffixed] == list(STORIES)
    (alone,) = written(f"{STORIES[0]} | The Pier")
    assert alone.made.story.title == f"{STORIES[0]} | The Pier"
    assert (alone.identity, alone.title_hash) == (suffixed[0].identity, suffixed[0].title_hash)
    (named,) = written(f"{STORIES[0]} | Harbour News")
    assert named.made.story.title == STORIES[0]
