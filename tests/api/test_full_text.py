"""Stories told by their pages: a feed that asks for it, a publisher on loopback, both databases."""

from __future__ import annotations

from typing import Any

from tests.api.conftest import Api
from tests.api.publisher import Item, Publisher, atom
from tests.article_pages import LEDE, PARAGRAPHS, article, wall
from tests.databases import on_both
from tests.ingest import servers

TITLE = "Ferry sails again after two weeks in the yard"
TEASER = f"{LEDE[:120]} …"


def item(harbour: Publisher, *, text: str = TEASER, title: str = TITLE, path: str = "/a") -> Item:
    return Item(title=title, text=text, link=harbour.url(path))


async def poll(api: Api, harbour: Publisher, *items: Item, full_text: bool = True) -> str:
    """A feed of these items, polled, with its pages fetched; its id."""
    harbour.pages["/feed"] = atom(*(items or (item(harbour),)))
    feed_id = await api.poll(harbour.url(), full_text=full_text)
    await api.service.pages.run_once()
    return feed_id


async def poll_again(api: Api, harbour: Publisher, feed_id: str, *items: Item) -> Any:
    """Only the feed: its pages are due, but not fetched."""
    harbour.pages["/feed"] = atom(*items)
    return await api.refresh(feed_id)


async def only_story(api: Api) -> dict[str, Any]:
    (listed,) = await api.data("/v1/stories")
    found: dict[str, Any] = await api.data(f"/v1/stories/{listed['id']}")
    return found


async def page_of(api: Api, story: dict[str, Any]) -> dict[str, Any]:
    answer = await api.admin.get(f"/v1/admin/stories/{story['id']}/page")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()["data"]
    return found


def asked_pages(harbour: Publisher) -> list[str]:
    return [target for target in harbour.asked if target not in ("/feed", "/robots.txt")]


async def test_a_fuller_page_tells_the_story(api: Api, harbour: Publisher):
    harbour.pages["/a"] = article(facts={"author": {"@type": "Person", "name": "Ida Holm"}})
    await poll(api, harbour)
    story = await only_story(api)
    assert story["text"].split("\n\n") == list(PARAGRAPHS)
    assert story["title"] == TITLE
    assert story["authors"] == [{"name": "Ida Holm"}]
    assert story["revision"] == 2
    assert story["word_count"] == sum(len(paragraph.split()) for paragraph in PARAGRAPHS)
    page = await page_of(api, story)
    assert (page["kept"], page["why"], page["outcome"]) == ("page", "longer", "kept_page")
    assert page["page_words"] == story["word_count"] > page["feed_words"] > 10
    # It is found by words that only the page has.
    assert await api.titles(q="shopkeepers") == [TITLE]
    changes = await api.data("/v1/changes")
    assert [change["type"] for change in changes] == ["story.created", "story.updated"]


async def test_a_feed_that_does_not_ask_has_no_page_fetched(api: Api, harbour: Publisher):
    harbour.pages["/a"] = article()
    await poll(api, harbour, full_text=False)
    story = await only_story(api)
    assert asked_pages(harbour) == []
    missing = await api.admin.get(f"/v1/admin/stories/{story['id']}/page")
    assert missing.status_code == 404
    assert "full_text" in missing.json()["detail"]


async def test_a_page_that_says_no_more_changes_nothing(api: Api, harbour: Publisher):
    harbour.pages["/a"] = article()
    await poll(api, harbour, item(harbour, text=" ".join(PARAGRAPHS)))
    story = await only_story(api)
    page = await page_of(api, story)
    assert story["revision"] == 1
    assert (page["kept"], page["why"]) == ("feed", "no_longer")


async def test_a_page_about_something_else_is_not_taken(api: Api, harbour: Publisher):
    other = [
        f"Orchards {n} bloom early; growers fear that night frost ruins cherries."
        for n in ("near town", "in valleys", "up north", "by rivers", "on slopes")
    ]
    harbour.pages["/a"] = article(*other, title="Cherry growers fear frost")
    await poll(api, harbour)
    page = await page_of(api, await only_story(api))
    assert (page["kept"], page["why"]) == ("feed", "other_text")


async def test_a_paywall_is_no_text(api: Api, harbour: Publisher):
    harbour.pages["/a"] = article(facts={"isAccessibleForFree": False})
    await poll(api, harbour)
    story = await only_story(api)
    page = await page_of(api, story)
    assert story["revision"] == 1
    assert (page["state"], page["outcome"], page["kept"]) == ("refused", "paywall", "feed")
    await api.service.pages.run_once()
    assert asked_pages(harbour) == ["/a"]  # a refusal is final
    status = (await api.admin.get("/v1/admin/status")).json()["data"]
    assert status["pages"] == {"due": 0, "done": 0, "refused": 1, "failed": 0}


async def test_a_consent_page_is_no_text_wherever_it_redirects_from(api: Api, harbour: Publisher):
    harbour.pages["/a"] = servers.answer(302, b"", (("Location", "/privacy-gate?to=/a"),))
    harbour.pages["/privacy-gate?to=/a"] = wall("Your privacy", *PARAGRAPHS)
    await poll(api, harbour)
    page = await page_of(api, await only_story(api))
    assert page["outcome"] == "consent"


@on_both
async def test_robots_txt_is_asked_once_and_heeded(api: Api, harbour: Publisher):
    harbour.pages["/robots.txt"] = "User-agent: *\nDisallow: /a\nAllow: /ab\n"
    harbour.pages["/ab"] = article()
    await poll(
        api,
        harbour,
        item(harbour),
        item(harbour, title="Ferry sails again after two weeks, a longer look", path="/ab"),
    )
    assert asked_pages(harbour) == ["/ab"]
    assert harbour.asked.count("/robots.txt") == 1
    outcomes = {}
    for story in await api.data("/v1/stories"):
        page = await page_of(api, story)
        outcomes[page["url"]] = page["outcome"]
    assert outcomes == {harbour.url("/a"): "robots", harbour.url("/ab"): "kept_page"}


@on_both
async def test_while_robots_txt_fails_nothing_is_fetched(api: Api, harbour: Publisher):
    harbour.pages["/robots.txt"] = servers.answer(503, b"")
    harbour.pages["/a"] = article()
    await poll(api, harbour)
    page = await page_of(api, await only_story(api))
    assert asked_pages(harbour) == []
    assert (page["state"], page["outcome"]) == ("due", "robots_away")
    assert page["due_at"] is not None


async def test_a_document_that_is_no_page_is_refused(api: Api, harbour: Publisher):
    pdf = servers.answer(200, b"%PDF-1.7 ...", (("Content-Type", "application/pdf"),))
    harbour.pages["/a"] = pdf
    await poll(api, harbour)
    page = await page_of(api, await only_story(api))
    assert (page["outcome"], page["detail"]) == ("not_html", "the answer is application/pdf")


async def test_a_page_too_large_is_left(api: Api, harbour: Publisher):
    padded = servers.gzip_of_zeros(9 * 1024 * 1024)
    harbour.pages["/a"] = servers.answer(200, padded, (("Content-Encoding", "gzip"),))
    await poll(api, harbour)
    page = await page_of(api, await only_story(api))
    assert (page["state"], page["outcome"]) == ("failed", "too_large")


async def test_a_failing_server_is_tried_again_later(api: Api, harbour: Publisher):
    harbour.pages["/a"] = servers.answer(503, b"", (("Retry-After", "1200"),))
    await poll(api, harbour)
    page = await page_of(api, await only_story(api))
    assert (page["state"], page["outcome"], page["attempts"]) == ("due", "http_server", 1)
    assert (page["status"], page["detail"]) == (503, "status 503")
    assert page["due_at"] > page["fetched_at"]


@on_both
async def test_an_operator_has_a_page_fetched_again(api: Api, harbour: Publisher):
    harbour.pages["/a"] = servers.answer(404, b"")
    await poll(api, harbour)
    story = await only_story(api)
    assert (await page_of(api, story))["state"] == "failed"
    harbour.pages["/a"] = article()
    asked = await api.admin.post(f"/v1/admin/stories/{story['id']}/page")
    assert (asked.status_code, asked.json()["data"]["state"]) == (202, "due")
    await api.service.pages.run_once()
    assert (await page_of(api, story))["outcome"] == "kept_page"


async def test_a_changed_entry_does_not_lose_the_pages_text(api: Api, harbour: Publisher):
    harbour.pages["/a"] = article()
    feed_id = await poll(api, harbour)
    renamed = item(harbour, title="Ferry sails again: island breathes out")
    await poll_again(api, harbour, feed_id, renamed)
    story = await only_story(api)
    assert story["title"] == "Ferry sails again: island breathes out"
    assert story["text"].split("\n\n") == list(PARAGRAPHS)
    assert story["revision"] == 3
    # The page is asked for again: it may have changed with its feed.
    assert (await page_of(api, story))["state"] == "due"
    harbour.pages["/a"] = article(*PARAGRAPHS, "A second boat has been ordered for next spring.")
    await api.service.pages.run_once()
    assert (await only_story(api))["text"].endswith("ordered for next spring.")


async def test_a_change_that_says_nothing_new_is_no_revision(api: Api, harbour: Publisher):
    harbour.pages["/a"] = article()
    feed_id = await poll(api, harbour)
    polled = await poll_again(api, harbour, feed_id, item(harbour, text=f"  {TEASER}  "))
    assert polled["changed"] == 0
    story = await only_story(api)
    assert story["revision"] == 2
    assert story["text"].split("\n\n") == list(PARAGRAPHS)


async def test_a_feed_that_says_more_than_its_page_takes_over(api: Api, harbour: Publisher):
    harbour.pages["/a"] = article()
    feed_id = await poll(api, harbour)
    told = "".join(f" Passenger number {n} waved from deck {n % 3}." for n in range(40))
    more = " ".join(PARAGRAPHS) + told
    await poll_again(api, harbour, feed_id, item(harbour, text=more))
    assert (await only_story(api))["text"].endswith("Passenger number 39 waved from deck 0.")


async def test_a_page_that_goes_behind_a_wall_later_leaves_the_text(api: Api, harbour: Publisher):
    harbour.pages["/a"] = article()
    feed_id = await poll(api, harbour)
    harbour.pages["/a"] = article(PARAGRAPHS[0], facts={"isAccessibleForFree": "False"})
    await poll_again(api, harbour, feed_id, item(harbour, title="Ferry sails again, at last"))
    await api.service.pages.run_once()
    story = await only_story(api)
    assert story["text"].split("\n\n") == list(PARAGRAPHS)
    page = await page_of(api, story)
    assert (page["outcome"], page["kept"]) == ("paywall", "page")


@on_both
async def test_full_text_can_be_turned_on_and_off(api: Api, harbour: Publisher):
    harbour.pages["/a"] = harbour.pages["/b"] = article()
    feed_id = await poll(api, harbour, full_text=False)
    path = f"/v1/admin/feeds/{feed_id}"
    etag = (await api.admin.get(path)).headers["ETag"]
    changed = await api.admin.patch(path, json={"full_text": True}, headers={"If-Match": etag})
    assert changed.json()["data"]["full_text"] is True
    second = item(harbour, title="Ferry sails again, the island says thanks", path="/b")
    await poll_again(api, harbour, feed_id, item(harbour), second)
    off = {"If-Match": changed.headers["ETag"]}
    await api.admin.patch(path, json={"full_text": False}, headers=off)
    await api.service.pages.run_once()
    assert asked_pages(harbour) == []  # it is due, but nobody asks any more
    etag = (await api.admin.get(path)).headers["ETag"]
    await api.admin.patch(path, json={"full_text": True}, headers={"If-Match": etag})
    await api.service.pages.run_once()
    assert asked_pages(harbour) == ["/b"]  # the story that was there before stays as it is


async def test_a_story_that_is_withdrawn_has_no_page(api: Api, harbour: Publisher):
    harbour.pages |= {"/a": article(), "/feed": atom(item(harbour))}
    feed_id = await api.poll(harbour.url(), full_text=True)  # its page is due
    notice = "This story has been withdrawn."
    await poll_again(api, harbour, feed_id, item(harbour, title="WITHDRAWN: Ferry", text=notice))
    await api.service.pages.run_once()
    changes = await api.data("/v1/changes")
    assert changes[-1]["type"] == "story.killed"
    assert asked_pages(harbour) == []


async def test_metrics_count_pages_by_outcome(api: Api, harbour: Publisher):
    harbour.pages["/a"] = article()
    await poll(api, harbour)
    metrics = (await api.admin.get("/metrics")).text
    assert 'copydesk_pages_total{outcome="kept_page"} 1.0' in metrics
