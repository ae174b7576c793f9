"""Feeds as operators have to do with them: added, watched, set, broken, mended, many at once."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from playwright.async_api import Page, expect

from app.api import opml as opml_routes
from tests.api.publisher import Item, atom
from tests.console.conftest import PHONE, Desk, Look, Operator, assert_usable
from tests.databases import on_sqlite
from tests.ingest.servers import answer as scripted

pytestmark = on_sqlite

HTML = (("Content-Type", "text/html; charset=utf-8"),)
FERRY = Item(title="Ferry is back", text="OSLO (Reuters) - It crossed at dawn, nobody cheered.")


def site(*feeds: str) -> bytes:
    links = "".join(
        f'<link rel="alternate" type="application/atom+xml" href="{path}">' for path in feeds
    )
    page = f"<!doctype html><html><head><title>Harbour</title>{links}</head><body>Hi</body></html>"
    return scripted(200, page.encode(), HTML)


async def press(page: Page, name: str) -> None:
    await page.get_by_role("button", name=name, exact=True).click()


async def said(page: Page, text: str) -> None:
    await expect(page.locator(".said").first).to_contain_text(text)


def yes(page: Page) -> list[str]:
    """Answer every question with yes; the questions."""
    asked: list[str] = []

    async def accept(dialog: Any) -> None:
        asked.append(dialog.message)
        await dialog.accept()

    page.on("dialog", accept)
    return asked


async def test_a_feed_is_added_from_its_site_watched_paused_and_removed(
    operator: Operator, desk: Desk
) -> None:
    desk.publisher.pages |= {"/": site("/feed"), "/feed": atom(FERRY, Item(title="Second"))}
    page = await operator.open("/admin/feeds")
    await page.get_by_role("link", name="Add the first one").click()
    await page.get_by_label("Address").fill(desk.publisher.url("/"))
    await press(page, "Look for feeds")
    await expect(page.get_by_role("region", name="Feeds of this site")).to_contain_text(
        "named by the page"
    )
    await expect(page.get_by_role("heading", name="Ferry is back")).to_be_visible(timeout=20_000)
    await expect(page.get_by_text("Its 2 stories, as they would be")).to_be_visible()
    await page.get_by_label("Title").fill("The Harbour")
    await page.get_by_label("Time zone").fill("Mars/Olympus")
    await press(page, "Preview again")
    await said(page, "is no IANA time zone")
    await expect(page.get_by_label("Title")).to_have_value("The Harbour")
    await page.get_by_label("Time zone").fill("Asia/Tokyo")
    await press(page, "Add this feed")
    await operator.heading("The Harbour")
    await said(page, "Added.")
    await expect(page.get_by_text("It has not been polled yet").first).to_be_visible()
    feed_id = page.url.rpartition("/")[2]
    await desk.api.refresh(feed_id)
    await expect(page.get_by_role("region", name="Polls")).to_contain_text("new stories")
    await expect(page.get_by_text("Asia/Tokyo")).to_be_visible()
    await press(page, "Poll now")
    await expect(page.locator("#now .said")).to_contain_text("Polled just now: same document")
    await press(page, "Pause")
    await said(page, "Paused")
    await press(page, "Resume")
    await said(page, "Resumed")
    asked = yes(page)
    await press(page, "Remove")
    await operator.heading("Feeds")
    await said(page, "its stories stay")
    assert asked == ["Remove “The Harbour”? Its stories stay; its ledger goes."]


async def test_an_address_that_gives_nothing_says_what_to_do(
    operator: Operator, desk: Desk
) -> None:
    desk.publisher.pages["/bare"] = site()
    page = await operator.open("/admin/feeds/add")
    for address, told in (
        (desk.publisher.url("/bare"), "No feed was found there"),
        ("ftp://harbour.example/", "no http or https address"),
        (desk.publisher.url("/none"), "(not_found)"),
    ):
        await page.get_by_label("Address").fill(address)
        await press(page, "Look for feeds")
        await expect(page.locator("#found")).to_contain_text(told)
    await press(page, "Add it untried")
    await operator.heading(desk.publisher.url("/none"))
    await operator.open("/admin/feeds/add")
    await page.get_by_label("Address").fill(desk.publisher.url("/none"))
    await press(page, "Look for feeds")
    await press(page, "Add it untried")
    await said(page, "is there already, as feed")
    operator.complaints = [one for one in operator.complaints if "409" not in one]


async def test_settings_are_tried_on_the_last_document_before_they_are_written(
    operator: Operator, desk: Desk
) -> None:
    desk.publisher.pages["/feed"] = atom(Item(title="Dawn", day="2026-11-01T06:00:00"))
    feed_id = await desk.poll("/feed")
    path = f"/v1/admin/feeds/{feed_id}"
    page = await operator.open(f"/admin/feeds/{feed_id}?tab=settings")
    await page.get_by_label("Longest interval, in seconds").fill("60")
    await page.get_by_label("Shortest interval, in seconds").fill("600")
    await press(page, "Save")
    await said(page, "min_interval_s")
    await expect(page.get_by_label("Shortest interval, in seconds")).to_have_value("600")
    await page.get_by_label("Longest interval, in seconds").fill("")
    await page.get_by_label("Time zone").fill("Asia/Tokyo")
    await page.get_by_label("Fetch the pages").check()
    await press(page, "Try on its last document")
    row = page.get_by_role("region", name="What would be otherwise").locator("tbody tr")
    await expect(row).to_contain_text(["2026-11-01 06:00:00 UTC"])
    await expect(row).to_contain_text(["2026-10-31 21:00:00 UTC"])
    assert (await desk.api.admin.get(path)).json()["data"]["time_zone"] is None
    await press(page, "Save")
    await said(page, "Saved:")
    feed = (await desk.api.admin.get(path)).json()["data"]
    assert (feed["min_interval_s"], feed["max_interval_s"]) == (600, None)
    assert (feed["time_zone"], feed["full_text"]) == ("Asia/Tokyo", True)
    await page.get_by_role("link", name="Document", exact=True).click()
    await press(page, "Read it again, as a trial")
    await expect(page.get_by_text("1 entry: 0 new stories, 0 changed")).to_be_visible()
    operator.complaints = [one for one in operator.complaints if "400" not in one]


async def test_what_somebody_else_changed_meanwhile_is_not_overwritten(
    operator: Operator, desk: Desk
) -> None:
    feed_id = await desk.api.add_feed(desk.publisher.url("/feed"), title="Harbour")
    page = await operator.open(f"/admin/feeds/{feed_id}?tab=settings")
    path = f"/v1/admin/feeds/{feed_id}"
    etag = (await desk.api.admin.get(path)).headers["etag"]
    await desk.api.admin.patch(path, json={"language": "no"}, headers={"If-Match": etag})
    await page.get_by_label("Title").fill("Quay")
    await press(page, "Save")
    await said(page, "Somebody changed this feed meanwhile")
    await press(page, "Save")
    await said(page, "Saved:")
    await operator.heading("Quay")
    feed = (await desk.api.admin.get(path)).json()["data"]
    assert (feed["title"], feed["language"]) == ("Quay", "no")
    operator.complaints = [one for one in operator.complaints if "412" not in one]


async def test_a_feed_that_breaks_says_so_and_is_moved_to_the_address_that_its_page_names(
    operator: Operator, desk: Desk
) -> None:
    pages = desk.publisher.pages
    pages["/feed"] = atom(FERRY)
    feed_id = await desk.poll("/feed")
    page = await operator.open(f"/admin/feeds/{feed_id}?tab=entries")
    await expect(page.get_by_role("region", name="Entries")).to_contain_text("Ferry is back")
    pages |= {"/feed": site("/new"), "/new": atom(FERRY, Item(title="Second"))}
    page = await operator.open(f"/admin/feeds/{feed_id}?tab=document")
    await expect(page.get_by_label("The document")).to_contain_text("<title>Ferry is back</title>")
    await press(page, "Poll now")
    await said(page, "failed (html_page)")
    await page.get_by_role("link", name="Now", exact=True).click()
    await expect(page.locator(".trouble")).to_contain_text("a page in the feed's place")
    await press(page, "Move the feed there")
    await said(page, "Saved:")
    await page.get_by_role("link", name="Now", exact=True).click()
    await press(page, "Poll now")
    await said(page, "1 new story")
    await page.get_by_role("link", name="Polls", exact=True).click()
    await expect(page.get_by_role("region", name="Polls")).to_contain_text("html page")
    await page.get_by_role("link", name="Addresses", exact=True).click()
    yes(page)
    await press(page, "Take back")
    await said(page, "Taken back")
    await expect(page.get_by_role("region", name="Moves")).to_contain_text("taken back")


async def test_secrets_are_set_and_never_shown(operator: Operator, desk: Desk) -> None:
    feed_id = await desk.api.add_feed(desk.publisher.url("/feed"), title="Harbour")
    page = await operator.open(f"/admin/feeds/{feed_id}?tab=settings")
    await page.get_by_label("Kind").select_option("bearer")
    await page.get_by_label("Secret").fill("seal-me-well")
    await press(page, "Set the credentials")
    await said(page, "over_http")
    assert "seal-me-well" not in await page.content()
    await page.get_by_label("Or the variable").fill("COPYDESK_FEED_WIRE")
    await page.get_by_label("Send them over plain http").check()
    await press(page, "Set the credentials")
    await said(page, "The credentials are set")
    await expect(page.get_by_text("of the variable COPYDESK_FEED_WIRE")).to_be_visible()
    yes(page)
    await press(page, "Forget them")
    await said(page, "The credentials are forgotten")
    await expect(page.get_by_text("It is asked without any.")).to_be_visible()
    operator.complaints = [one for one in operator.complaints if "400" not in one]


async def test_many_feeds_are_found_sorted_and_acted_on(operator: Operator, desk: Desk) -> None:
    for name in ("Amber", "Birch", "Cedar"):
        desk.publisher.pages[f"/{name}"] = atom(Item(title=f"News of {name}"), title=name)
        await desk.poll(f"/{name}", title=name)
    page = await operator.open("/admin/feeds")
    table = page.get_by_role("region", name="Feeds")
    links = table.locator("td a")
    await expect(links).to_have_text(["Amber", "Birch", "Cedar"])
    for _ in range(2):
        await table.get_by_role("link", name="Feed", exact=False).first.click()
    await expect(table.get_by_role("columnheader", name="Feed")).to_have_attribute(
        "aria-sort", "descending"
    )
    await expect(links).to_have_text(["Cedar", "Birch", "Amber"])
    await page.get_by_label("Address, title or source").fill("bir")
    await expect(links).to_have_text(["Birch"])
    await page.get_by_label("Address, title or source").fill("")
    await expect(links).to_have_count(3)
    await press(page, "Pause")
    await said(page, "check the feeds first")
    await page.get_by_label("Birch").check()
    await press(page, "Pause")
    await operator.heading("1 of 1 done")
    await page.get_by_role("link", name="Back to all feeds").click()
    await page.get_by_label("Check all of this page").check()
    await press(page, "Poll now")
    await operator.heading("2 of 3 done")
    await expect(page.get_by_role("row", name="Birch")).to_contain_text("resume it")
    await operator.open("/admin/feeds?health=paused")
    await expect(links).to_have_text(["Birch"])
    await page.get_by_label("Birch").check()
    asked = yes(page)
    await press(page, "Remove")
    await operator.heading("1 of 1 done")
    assert asked == ["Remove the feeds that are checked? Their stories stay; their ledgers go."]
    listed = (await desk.api.admin.get("/v1/admin/feeds")).json()["data"]
    assert [feed["title"] for feed in listed] == ["Amber", "Cedar"]


def opml(*addresses: str) -> bytes:
    lines = "".join(f'<outline text="Feed {n}" xmlUrl="{a}"/>' for n, a in enumerate(addresses))
    return f'<opml version="2.0"><body>{lines}</body></opml>'.encode()


async def test_lists_are_taken_in_line_by_line_and_given_out(
    operator: Operator, desk: Desk
) -> None:
    await desk.api.add_feed("https://paper.example/1", title="Paper")
    page = await operator.open("/admin/feeds/import")
    await press(page, "Take the list in")
    await said(page, "choose an OPML file")
    await page.get_by_label("Or its text").fill("never mind")
    await press(page, "Take the list in")
    await said(page, "no OPML document")
    list_ = opml("https://paper.example/1", "https://paper.example/2", "ftp://x.example/")
    await page.get_by_label("OPML file").set_input_files(
        {"name": "list.opml", "mimeType": "text/x-opml", "buffer": list_}
    )
    await press(page, "Take the list in")
    await said(page, "1 added, 1 there already, 1 refused")
    rows = page.get_by_role("region", name="Line by line").locator("tbody tr")
    await expect(rows).to_contain_text(["present", "added", "no http or https address"])
    async with page.expect_download() as given:
        await page.get_by_role("link", name="Export OPML").click()
    saved = await (await given.value).path()
    text = await asyncio.to_thread(saved.read_text, "utf-8")
    assert "https://paper.example/2" in text
    operator.complaints = [one for one in operator.complaints if "400" not in one]


async def test_a_long_list_is_a_job_that_is_watched(
    operator: Operator, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(opml_routes, "MAX_AT_ONCE", 2)
    page = await operator.open("/admin/feeds/import")
    long = opml(*(f"https://paper{n}.example/" for n in range(3)))
    long += b"<!--" + b"x" * 1_100_000 + b"-->"  # more than a page's form may usually be
    await page.get_by_label("OPML file").set_input_files(
        {"name": "list.opml", "mimeType": "text/x-opml", "buffer": long}
    )
    await press(page, "Take the list in")
    await expect(page.locator("main")).to_contain_text("0 of 3")
    await desk.api.service.jobs.run_once()
    await expect(page.locator("main")).to_contain_text("3 of 3, 100 %")
    await expect(page.get_by_role("region", name="Line by line")).to_contain_text("added")


async def test_a_list_that_is_too_long_is_refused_with_words(desk: Desk) -> None:
    token = await desk.session()
    async with desk.visitor(token) as http:
        answer = await http.post(
            "/admin/feeds/import",
            files={"file": ("list.opml", b"x" * (9 << 20))},
            headers={"Sec-Fetch-Site": "same-origin"},
        )
    assert answer.status_code == 413
    assert "split the list" in answer.text


async def test_the_pages_of_a_feed_can_be_used_by_everybody(look: Look, desk: Desk) -> None:
    """At a phone's width and in the dark; with long names and addresses on every tab."""
    desk.publisher.pages["/feed"] = atom(FERRY, title="A title " * 30)
    feed_id = await desk.poll("/feed")
    broken = await desk.api.add_feed(desk.publisher.url(f"/{'gone' * 60}"), title="x" * 300)
    await desk.api.admin.post(f"/v1/admin/feeds/{broken}:refresh?wait=true")
    tabs = ("", "?tab=polls", "?tab=entries", "?tab=document", "?tab=addresses", "?tab=settings")
    phone = await look(viewport=PHONE, color_scheme="dark")
    for tab in tabs:
        await assert_usable(phone, f"/admin/feeds/{broken if tab == '' else feed_id}{tab}")
    await assert_usable(phone, "/admin/feeds")
