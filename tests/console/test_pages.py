"""Every page: usable by everybody, at any width, in both themes, whatever texts are on it."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from tests.console.conftest import PHONE, Desk, Look, Operator, assert_usable, on_sqlite
from tests.console.stage import stock


@pytest.mark.parametrize(
    ("migrated_url", "given"),
    [("sqlite", {"viewport": PHONE}), ("postgresql", {"color_scheme": "dark"})],
    indirect=["migrated_url"],
)
async def test_every_page_can_be_used_by_everybody(
    look: Look, desk: Desk, given: dict[str, object]
) -> None:
    """axe-core finds nothing serious, no page is wider than the screen, and the browser complains
    of nothing.
    """
    stocked = await stock(desk)
    operator = await look(**given)
    for path in stocked.pages():
        await assert_usable(operator, path)


@on_sqlite
async def test_a_key_is_made_limited_and_revoked(operator: Operator, desk: Desk) -> None:
    page = await operator.open("/admin/keys")
    await page.get_by_label("Whose it is").fill("night desk")
    await page.get_by_label("Requests a minute optional").fill("none")
    await page.get_by_role("button", name="Make the key").click()
    await expect(page.get_by_role("alert")).to_contain_text("requests_per_minute")
    operator.complaints.clear()  # the browser tells of the answer 400
    await page.get_by_label("Requests a minute optional").fill("90")
    await page.get_by_role("button", name="Make the key").click()
    made = await page.locator("#new-key").text_content()
    assert made is not None
    stories = await desk.api.reader.get("/v1/stories", headers={"Authorization": f"Bearer {made}"})
    assert stories.status_code == 200
    await page.get_by_label("Requests a minute of night desk").fill("120")
    row = page.get_by_role("row", name="night desk")
    await row.get_by_role("button", name="Set").click()
    await expect(page.get_by_role("status")).to_contain_text("night desk")
    await expect(page.get_by_label("Requests a minute of night desk")).to_have_value("120")
    page.on("dialog", lambda dialog: dialog.accept())
    await page.get_by_role("row", name="night desk").get_by_role("button", name="Revoke").click()
    await expect(page.get_by_role("status")).to_contain_text("has ended")
    stories = await desk.api.reader.get("/v1/stories", headers={"Authorization": f"Bearer {made}"})
    assert stories.status_code == 401
    await operator.open("/admin/audit?actor=COPYDESK_ADMIN_KEY")
    await expect(page.get_by_role("region", name="Acts")).to_contain_text("key.revoke")
    await expect(page.get_by_role("region", name="Acts")).to_contain_text("console")


@on_sqlite
async def test_who_thinks_better_of_it_revokes_nothing(operator: Operator, desk: Desk) -> None:
    await desk.api.key(name="kept")
    page = await operator.open("/admin/keys")
    page.on("dialog", lambda dialog: dialog.dismiss())
    await page.get_by_role("row", name="kept").get_by_role("button", name="Revoke").click()
    await operator.open("/admin/keys")
    await expect(page.get_by_role("row", name="kept")).to_contain_text("Revoke")


@on_sqlite
async def test_a_webhook_is_made_tried_and_told_again(operator: Operator, desk: Desk) -> None:
    stocked = await stock(desk)
    page = await operator.open("/admin/push")
    await page.get_by_label("Address").fill("ftp://desk.example/hook")
    await page.get_by_label("Address").evaluate("field => field.type = 'text'")
    await page.get_by_role("button", name="Make the webhook").click()
    await expect(page.get_by_role("alert")).to_contain_text("url")
    operator.complaints.clear()
    await operator.open(f"/admin/push/webhooks/{stocked.ids['webhook_id']}")
    await page.get_by_role("button", name="Send a test").click()
    await expect(page.get_by_text("The test was answered 404")).to_be_visible()
    await page.get_by_label("After change").fill("0")
    await page.get_by_label("up to").fill("2")
    await page.get_by_role("button", name="Deliver again", exact=True).click()
    await expect(page.get_by_role("status")).to_contain_text("to be delivered again")
    await page.get_by_role("button", name="Pause").click()
    await expect(page.get_by_role("status")).to_contain_text("until it is resumed")


@on_sqlite
async def test_a_job_is_begun_and_stopped(operator: Operator, desk: Desk) -> None:
    page = await operator.open("/admin/jobs")
    await page.get_by_label("What is to be done").select_option("reindex")
    await page.get_by_role("button", name="Begin").click()
    await operator.heading("reindex 1")
    await page.get_by_role("button", name="Stop").click()
    await expect(page.get_by_text("stopped", exact=True)).to_be_visible()
    await page.get_by_role("button", name="Go on").click()
    await expect(page.get_by_text("waiting", exact=True)).to_be_visible()
