"""Stories as operators work with them: found, read, corrected, killed, tagged by rules."""

from __future__ import annotations

import re

from playwright.async_api import expect

from app.ingest.renew import Renewer
from tests.api.conftest import InProcess
from tests.api.publisher import atom
from tests.console.conftest import PHONE, Desk, Look, Operator, assert_usable, on_sqlite
from tests.console.newsroom import BRIDGE, CORRECTED, FERRY, HERRING, LINE, REPRINT, open_newsroom

pytestmark = on_sqlite


async def test_a_story_is_found_by_words_facets_and_time_and_the_search_is_kept(
    operator: Operator, desk: Desk
) -> None:
    await open_newsroom(desk)
    page = await operator.open("/admin")
    await page.get_by_label("Search stories").fill("ferry AND (storm")
    await page.get_by_label("Search stories").press("Enter")
    alert = page.get_by_role("alert")
    await expect(alert).to_contain_text('"(" at position 10 is never closed')
    await expect(alert.locator("mark")).to_have_text("(")
    operator.complaints.clear()  # the browser tells of the answer 400
    await page.get_by_label("Search text").fill("ferries")
    await page.get_by_role("button", name="Search", exact=True).click()
    await expect(page.get_by_role("status")).to_have_text("2 stories")
    await expect(page.get_by_role("heading", name=FERRY.title).locator("mark")).to_have_text(
        "Ferry"
    )
    narrow = page.get_by_label("Narrow the search")
    await narrow.get_by_role("link", name="Harbour News").click()
    await expect(page.get_by_role("status")).to_have_text("1 story")
    assert re.search(r"\?q=ferries&source=\d+$", page.url), page.url
    await narrow.get_by_role("link", name="Oslo").click()
    await expect(page.get_by_label("Filters").get_by_role("listitem")).to_have_count(2)
    await page.get_by_role("link", name=re.compile("Take away the filter source")).click()
    await expect(page.get_by_role("status")).to_have_text("2 stories")
    await page.get_by_label("One story of each cluster").check()
    await page.get_by_role("button", name="Search", exact=True).click()
    await expect(page.get_by_role("status")).to_have_text("1 cluster or story alone")
    await page.get_by_label("One story of each cluster").uncheck()
    await page.get_by_text("Add a filter").click()
    await page.get_by_label("Filter", exact=True).select_option("published before")
    await page.get_by_label("Value").fill("2026-11-23T07:00")
    await page.get_by_role("button", name="Add", exact=True).click()
    await expect(page.get_by_role("status")).to_have_text("1 story")
    address = page.url
    await page.get_by_text("Save this search").click()
    await page.get_by_label("Name", exact=True).fill("Ferries")
    await page.get_by_role("button", name="Save", exact=True).click()
    await operator.heading("Ferries")
    saved = (await desk.api.admin.get("/v1/searches")).json()["data"][0]
    assert saved["query"] == {"q": "ferries", "tag_exact": ["place:oslo"]}
    await page.goto(address)
    await expect(page.get_by_role("status")).to_have_text("1 story")
    await page.get_by_role("link", name="Explain").click()
    await operator.heading("How this search is read")
    await expect(page.get_by_role("main")).to_contain_text("ferries")


async def test_a_bar_of_the_timeline_leads_to_its_stories_and_a_list_goes_on_over_its_pages(
    operator: Operator, desk: Desk
) -> None:
    await open_newsroom(desk)
    page = await operator.open(
        "/admin/stories?published_after=2026-11-20&published_before=2026-11-25"
    )
    await expect(page.get_by_role("status")).to_have_text("4 stories")
    await page.get_by_role("link", name="2026-11-22: 1").click()
    await expect(page.get_by_role("heading", level=3)).to_have_text(BRIDGE.title)
    await page.get_by_role("link", name="At any time").click()
    await expect(page.get_by_role("status")).to_have_text("4 stories")
    await operator.open("/admin/stories?limit=3")
    await page.get_by_role("link", name="Next page").click()
    await expect(page.get_by_role("heading", level=3)).to_have_text(HERRING.title)
    await page.get_by_role("link", name="To the beginning").click()
    await expect(page.get_by_role("heading", level=3)).to_have_count(3)


async def test_a_story_is_read_with_its_parts_differences_and_reprints(
    operator: Operator, desk: Desk
) -> None:
    room = await open_newsroom(desk)
    page = await operator.open(f"/admin/stories/{room.ferry}")
    await operator.heading(FERRY.title)
    await expect(page.get_by_label("What the parts are")).to_contain_text("Correction")
    dateline = page.locator(".block-dateline").filter(has_text="OSLO")
    await expect(dateline).to_have_attribute("title", re.compile("^Dateline, by the rule "))
    revisions = page.get_by_role("region", name="Revisions")
    await expect(revisions.locator("ins").filter(has_text="helicopter")).to_be_visible()
    await expect(revisions.locator("del").filter(has_text="fishing boat")).to_be_visible()
    await revisions.get_by_role("link", name="Revision 1").click()
    await expect(revisions).to_contain_text("The first one is beside nothing")
    await page.get_by_role("link", name="Side by side").click()
    await operator.heading("2 reprints of one text")
    other = page.get_by_role("article").filter(has_text="The Quay")
    await expect(other.locator("ins").filter(has_text="nearly a month")).to_be_visible()
    await other.get_by_role("heading").get_by_role("link").click()
    await operator.heading(REPRINT.title)


async def test_a_tag_is_corrected_and_a_story_killed_and_restored(
    operator: Operator, desk: Desk
) -> None:
    room = await open_newsroom(desk)
    page = await operator.open(f"/admin/stories/{room.ferry}")
    page.on("dialog", lambda dialog: dialog.accept())
    tags = page.get_by_role("region", name="Tags")
    await tags.get_by_role("button", name="Take away Norway").click()
    await expect(page.get_by_role("status")).to_contain_text("place:no is taken away")
    await expect(tags.get_by_role("button", name="Take away Norway")).to_have_count(0)
    await tags.get_by_label("Give a tag").fill("nonsense")
    await tags.get_by_role("button", name="Give", exact=True).click()
    await expect(page.locator(".said.bad")).to_contain_text("write scheme:code")
    await tags.get_by_label("Give a tag").fill("label:islands")
    await tags.get_by_label("Its name").fill("The islands")
    await tags.get_by_role("button", name="Give", exact=True).click()
    await expect(tags.get_by_role("link", name="The islands")).to_be_visible()
    row = tags.get_by_role("listitem").filter(has_text="taken away place:no")
    await row.get_by_role("button", name="Undo").click()
    await expect(tags.get_by_role("button", name="Take away Norway")).to_be_visible()
    await page.get_by_label("Reason").fill("Told twice")
    await page.get_by_role("button", name="Kill the story").click()
    await expect(page.get_by_role("main")).to_contain_text("Told twice")
    assert (await _titles(desk, "title:ferry")) == [REPRINT.title]
    desk.publisher.pages["/feed"] = atom(BRIDGE, CORRECTED)
    await desk.api.refresh(room.feed)
    assert (await _titles(desk, "title:ferry")) == [REPRINT.title]
    await page.get_by_role("button", name="Restore the story").click()
    await expect(page.get_by_role("status")).to_contain_text("restored")
    assert sorted(await _titles(desk, "title:ferry")) == sorted([FERRY.title, REPRINT.title])
    await expect(page.get_by_role("region", name="Text")).to_contain_text("helicopter")


async def test_a_rule_is_made_with_a_mistake_tried_saved_and_followed_through(
    operator: Operator, desk: Desk
) -> None:
    room = await open_newsroom(desk)
    page = await operator.open("/admin/rules/add")
    page.on("dialog", lambda dialog: dialog.accept())
    tried = page.get_by_role("region", name="What it would do")
    await page.get_by_label("Name").fill("The sea")
    await page.get_by_label("Search text").fill("ferry OR (herring")
    await expect(tried.get_by_role("alert")).to_contain_text("is never closed")
    await page.get_by_label("Search text").fill("ferry OR herring")
    await expect(tried.get_by_role("alert")).not_to_contain_text("is never closed")
    await page.get_by_label("Give tags").fill("sea")
    await expect(tried.get_by_role("alert")).to_contain_text("line 1")
    await page.get_by_role("button", name="Add the rule").click()
    await expect(page.get_by_label("Give tags")).to_have_attribute("aria-invalid", "true")
    operator.complaints.clear()  # the browser tells of the answer 400
    await page.get_by_label("Give tags").fill("label:sea The sea")
    await expect(tried).to_contain_text("3 stories in the stream match")
    await expect(tried).to_contain_text("+ label:sea")
    assert await _titles(desk, "tag:label:sea") == []
    await page.get_by_role("button", name="Add the rule").click()
    await expect(page.get_by_role("status")).to_contain_text("The sea")
    await expect(page.get_by_text("3 of 4 stories are still to be tagged")).to_be_visible()
    await page.get_by_role("button", name="Tag them now, as a job").click()
    await expect(page).to_have_url(re.compile(r"/admin/jobs/\d+$"))
    await _renewed(desk)
    page = await operator.open("/admin/rules")
    await expect(page.get_by_text("All 4 stories are tagged")).to_be_visible()
    assert len(await _titles(desk, "tag:label:sea")) == 3
    await page.get_by_role("link", name="The sea").click()
    await page.get_by_label("Search text").fill("herring")
    await desk.api.admin.patch(
        "/v1/admin/tag-rules/1",
        json={"name": "Sea"},
        headers={"If-Match": (await desk.api.admin.get("/v1/admin/tag-rules/1")).headers["etag"]},
    )
    await page.get_by_role("button", name="Save").click()
    await expect(page.get_by_role("alert")).to_contain_text("Somebody has changed this rule")
    operator.complaints.clear()  # the browser tells of the answer 412
    await page.get_by_role("link", name="See it as it is now").click()
    await expect(page.get_by_label("Name")).to_have_value("Sea")
    page = await operator.open("/admin/rules")
    await page.get_by_role("button", name="Turn off").click()
    await expect(page.get_by_role("button", name="Turn on")).to_be_visible()
    await page.get_by_role("button", name="Delete").click()
    await expect(page.get_by_text("There are no rules")).to_be_visible()
    await _renewed(desk)
    story = (await desk.api.admin.get(f"/v1/stories/{room.ferry}")).json()["data"]
    assert "label:sea" not in {tag["tag"] for tag in story["tags"]}


async def test_a_tag_is_found_renamed_merged_and_blocked(operator: Operator, desk: Desk) -> None:
    await open_newsroom(desk)
    page = await operator.open("/admin/tags")
    page.on("dialog", lambda dialog: dialog.accept())
    await page.get_by_label("Name or code begins with").fill("transp")
    table = page.get_by_role("region", name="Tags")
    await expect(table.get_by_role("row")).to_have_count(3)  # with the heading: a topic, a category
    assert "prefix=transp" in page.url
    await table.get_by_role("row", name="category:transport").get_by_role("link").first.click()
    await operator.heading("Transport")
    await page.get_by_label("Another name").fill("On the move")
    await page.get_by_role("button", name="Rename").click()
    await operator.heading("On the move")
    await page.get_by_label("Merge into").fill("category:isl")
    await expect(page.locator("#known option")).to_have_attribute("value", "category:islands")
    await page.get_by_label("Merge into").fill("category:islands")
    await page.get_by_role("button", name="Merge", exact=True).click()
    await operator.heading("Islands")
    await expect(page.get_by_role("main")).to_contain_text("category:transport goes under this tag")
    await page.get_by_role("button", name="Unmerge").click()
    await operator.heading("On the move")
    await page.get_by_role("button", name="Block", exact=True).click()
    await expect(page.get_by_role("button", name="Unblock")).to_be_visible()
    await operator.open("/admin/tags/edited")
    row = page.get_by_role("row", name="category:transport")
    await row.get_by_role("button", name="Unblock").click()
    await expect(page.get_by_role("button", name="Block", exact=True)).to_be_visible()


async def test_a_line_is_given_back_to_its_stories_and_another_is_said(
    operator: Operator, desk: Desk
) -> None:
    room = await open_newsroom(desk)
    page = await operator.open("/admin/boilerplate")
    await page.get_by_role("link", name=LINE).click()
    await expect(page.get_by_role("region", name="Where it stands")).to_contain_text(FERRY.title)
    await page.get_by_role("button", name="Give it back to stories").click()
    await expect(page.get_by_role("status")).to_contain_text("is given back")
    line = (await desk.api.admin.get(f"/v1/admin/boilerplate-rules/{room.line}")).json()["data"]
    assert line["state"] == "reverted"
    await operator.open("/admin/boilerplate")
    await page.get_by_label("Of the source").select_option("The Quay")
    await page.get_by_label("The line").fill("Sign up for the quay's letter")
    await page.get_by_role("button", name="Add", exact=True).click()
    await operator.heading("A line of The Quay")


async def test_what_only_a_newsroom_shows_can_be_used_by_everybody(look: Look, desk: Desk) -> None:
    """Results with highlights, a killed story, differences: at a phone, in the dark."""
    room = await open_newsroom(desk)
    await desk.api.admin.post(f"/v1/admin/stories/{room.bridge}:kill", json={"reason": "Untrue"})
    operator = await look(viewport=PHONE, color_scheme="dark")
    for path in (
        "/admin/stories?q=ferry&collapse=cluster&lang=en",
        f"/admin/stories/explain?q=ferry+-storm&story={room.ferry}",
        f"/admin/stories/{room.ferry}",
        f"/admin/stories/{room.bridge}",
        f"/admin/clusters/{room.cluster}",
        f"/admin/boilerplate/{room.line}",
    ):
        await assert_usable(operator, path)


async def _titles(desk: Desk, query: str) -> list[str]:
    found = await desk.api.admin.get("/v1/stories", params={"q": query})
    return [story["title"] for story in found.json()["data"]]


async def _renewed(desk: Desk) -> None:
    """As a polling process does it."""
    while await Renewer(desk.api.service.database, InProcess()).renew_marked():
        pass
