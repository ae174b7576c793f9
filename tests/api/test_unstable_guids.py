"""Guids that change at every poll: noticed, on record, and no reason for doubles."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import count
from typing import Any

import pytest

from tests.api.conftest import Api
from tests.api.publisher import Publisher

FEEDS = "/v1/admin/feeds"
TITLES = ("Ferry back in service", "Tide tables", "Lighthouse open", "Market day")


@dataclass(frozen=True, kw_only=True)
class Style:
    """What an entry has beside its title and its guid."""

    link: str | None = None  # {n} stands for its number
    dated: bool = True


OWN_LINK = Style(link="https://harbour.example/{n}")
OWN_LINK_UNDATED = Style(link="https://harbour.example/{n}", dated=False)
NO_LINK = Style()
SHARED_LINK = Style(link="https://harbour.example/news")
UNDATED = Style(dated=False)
SHARED_UNDATED = Style(link="https://harbour.example/news", dated=False)

_tokens = count()


def rss(*titles: str, style: Style, stable: bool = False, text: str = "Nothing more.") -> str:
    items = []
    for title in titles:
        number = TITLES.index(title) if title in TITLES else len(title) + 10
        guid = number if stable else f"{number}-{next(_tokens)}"
        link = f"<link>{style.link.format(n=number)}</link>" if style.link else ""
        date = f"<pubDate>{number + 1} Nov 2026 06:00:00 GMT</pubDate>" if style.dated else ""
        items.append(
            f"<item><title>{title}</title><guid isPermaLink='false'>{guid}</guid>{link}{date}"
            f"<description>{text}</description></item>"
        )
    return f"<rss version='2.0'><channel><title>H</title>{''.join(items)}</channel></rss>"


async def is_unstable(api: Api, feed_id: str) -> bool:
    feed: dict[str, Any] = (await api.admin.get(f"{FEEDS}/{feed_id}")).json()["data"]
    return bool(feed["guids_unstable"])


@pytest.mark.parametrize(
    "style", [OWN_LINK, OWN_LINK_UNDATED, NO_LINK, SHARED_LINK, UNDATED, SHARED_UNDATED]
)
async def test_no_poll_of_ten_brings_a_double(api: Api, harbour: Publisher, style: Style):
    harbour.pages["/feed"] = rss(*TITLES, style=style)
    feed_id = await api.poll(harbour.url())
    assert not await is_unstable(api, feed_id)
    before = {s["title"]: (s["id"], s["revision"]) for s in await api.data("/v1/stories")}
    for _ in range(10):
        harbour.pages["/feed"] = rss(*TITLES, style=style)
        polled = await api.refresh(feed_id)
        assert (polled["outcome"], polled["new"], polled["changed"]) == ("unchanged", 0, 0)
        (note,) = [note for note in polled["notes"] if "guids" in note]
        assert note.startswith("the guids of 4 of 4 entries have changed")
    assert await is_unstable(api, feed_id)
    after = {s["title"]: (s["id"], s["revision"]) for s in await api.data("/v1/stories")}
    assert after == before
    harbour.pages["/feed"] = rss(*TITLES, "A new boat", style=style)
    assert (await api.refresh(feed_id))["new"] == 1
    harbour.pages["/feed"] = rss(*TITLES, "A new boat", style=style, text="There is more now.")
    polled = await api.refresh(feed_id)
    assert (polled["new"], polled["changed"]) == (0, 5)  # revisions of what is there


async def test_it_clears_by_itself(api: Api, harbour: Publisher):
    harbour.pages["/feed"] = rss(*TITLES, style=OWN_LINK)
    feed_id = await api.poll(harbour.url())
    harbour.pages["/feed"] = rss(*TITLES, style=OWN_LINK, stable=True)
    await api.refresh(feed_id)  # as when a publisher changes its system
    assert await is_unstable(api, feed_id)
    await api.refresh(feed_id)  # the same document says nothing
    assert await is_unstable(api, feed_id)
    harbour.pages["/feed"] = rss(*TITLES, "A new boat", style=OWN_LINK, stable=True)
    polled = await api.refresh(feed_id)
    assert not await is_unstable(api, feed_id)
    assert polled["new"] == 1
    assert not [note for note in polled["notes"] if "guids" in note]


async def test_the_slip_of_an_author_is_no_habit(api: Api, harbour: Publisher):
    stable = rss(*TITLES, style=OWN_LINK, stable=True)
    harbour.pages["/feed"] = stable
    feed_id = await api.poll(harbour.url())
    harbour.pages["/feed"] = stable.replace("'false'>2<", "'false'>2b<")
    await api.refresh(feed_id)
    assert not await is_unstable(api, feed_id)


async def test_the_same_title_on_another_day_is_another_story(api: Api, harbour: Publisher):
    """A daily column without a link of its own, with a guid for each day."""
    for day in (3, 4, 5):
        harbour.pages["/feed"] = (
            "<rss version='2.0'><channel><title>H</title>"
            f"<item><title>Tides</title><guid>t{day}</guid>"
            f"<pubDate>{day} Nov 2026 06:00:00 GMT</pubDate></item>"
            f"<item><title>Wind</title><guid>w{day}</guid>"
            f"<pubDate>{day} Nov 2026 06:00:00 GMT</pubDate></item></channel></rss>"
        )
        if day == 3:
            feed_id = await api.poll(harbour.url())
        else:
            assert (await api.refresh(feed_id))["new"] == 2
    assert not await is_unstable(api, feed_id)
    assert len(await api.titles()) == 6


async def test_an_undated_column_that_comes_again_is_new(api: Api, harbour: Publisher):
    others = TITLES[1:]
    harbour.pages["/feed"] = rss("Market day", *others[:2], style=UNDATED, stable=True)
    feed_id = await api.poll(harbour.url())
    page = rss(*others[:2], style=UNDATED, stable=True)
    again = "<item><title>Market day</title><guid>another</guid></item></channel>"
    harbour.pages["/feed"] = page.replace("</channel>", again)
    assert (await api.refresh(feed_id))["new"] == 1


async def test_two_entries_of_one_title_are_not_told_apart_by_it(api: Api, harbour: Publisher):
    def document(*guids: str) -> str:
        items = "".join(
            f"<item><title>Brief</title><guid>{guid}</guid><description>{text}</description></item>"
            for guid, text in zip(guids, ("One boat.", "Two boats."), strict=True)
        )
        return f"<rss version='2.0'><channel><title>H</title>{items}</channel></rss>"

    harbour.pages["/feed"] = document("a", "b")
    feed_id = await api.poll(harbour.url())
    harbour.pages["/feed"] = document("c", "d")
    assert (await api.refresh(feed_id))["new"] == 2
