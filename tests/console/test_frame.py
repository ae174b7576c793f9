"""Who may come in, what every page has around it, and what stays outside."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import expect
from sqlalchemy import select

from app.console.guard import COOKIE
from app.console.routes import console_routes
from app.store.models import console_sessions, keys
from tests.api.conftest import ADMIN_KEY
from tests.api.stocked import FEED
from tests.console.conftest import OURS, PHONE, Desk, Look, Operator, assert_usable, on_sqlite

pytestmark = on_sqlite


async def test_an_operator_logs_in_looks_around_and_out(look: Look) -> None:
    operator = await look(logged_in=False)
    page = await operator.open("/admin/health?online=")
    await page.get_by_label("Admin key").fill("cdk_nobody-has-this-one")
    await page.get_by_role("button", name="Log in").click()
    await expect(page.get_by_role("alert")).to_contain_text("copydesk keys create NAME")
    await page.get_by_label("Admin key").fill(ADMIN_KEY)
    await page.get_by_role("button", name="Log in").click()
    await operator.heading("Health")
    await page.get_by_text("COPYDESK_ADMIN_KEY").click()
    await page.get_by_role("button", name="dark").click()
    await expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    await operator.heading("Health")
    await page.get_by_text("COPYDESK_ADMIN_KEY").click()
    await page.get_by_role("button", name="Log out").click()
    await operator.heading("Log in")
    operator.complaints.clear()


async def test_the_overview_goes_on_by_itself(operator: Operator, desk: Desk) -> None:
    page = await operator.open("/admin")
    await expect(page.get_by_text("Nothing has been polled yet")).to_be_visible()
    desk.publisher.pages["/feed"] = FEED
    await desk.poll()
    await expect(page.get_by_role("region", name="Newest stories")).to_contain_text(
        "Ferry & bridge"
    )
    await expect(page.get_by_role("region", name="Latest polls")).to_contain_text(
        desk.publisher.url()
    )


@pytest.mark.parametrize("given", [{}, {"viewport": PHONE}, {"color_scheme": "dark"}])
async def test_pages_of_the_frame_can_be_used_by_everybody(
    look: Look, desk: Desk, given: dict[str, object]
) -> None:
    """axe-core finds nothing serious, and nothing is wider than the screen."""
    desk.publisher.pages["/feed"] = FEED
    await desk.poll()
    operator = await look(**given)
    for path in ("/admin", "/admin/health"):
        await assert_usable(operator, path)


async def test_a_session_ends_with_its_key(desk: Desk) -> None:
    made = await desk.api.key(scopes=["admin"])
    token = await desk.session(made["key"])
    async with desk.visitor(token) as http:
        assert (await http.get("/admin")).status_code == 200
        await desk.api.admin.delete(f"/v1/admin/keys/{made['id']}")
        assert (await http.get("/admin")).status_code == 401


async def test_a_session_is_over_when_somebody_logs_out_and_is_kept_as_a_hash(desk: Desk) -> None:
    token = await desk.session()
    async with desk.visitor(token) as http:
        http.headers.update(OURS)
        assert (await http.get("/admin")).status_code == 200
        assert (await http.post("/admin/logout")).status_code == 303
        assert (await http.get("/admin")).status_code == 401
    dump = await _dump(desk)
    assert token not in dump
    assert ADMIN_KEY not in dump


async def _dump(desk: Desk) -> str:
    async with desk.api.service.database.read() as session:
        rows = [
            row
            for table in (console_sessions, keys)
            for row in await session.execute(select(table))
        ]
    return repr(rows)


async def test_the_cookie_is_kept_from_scripts_other_sites_and_plain_http(desk: Desk) -> None:
    async with desk.visitor() as http:
        answer = await http.post("/admin/login", data={"key": ADMIN_KEY}, headers=OURS)
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith("__Host-")
    assert all(part in cookie for part in ("HttpOnly", "Secure", "SameSite=strict", "Path=/"))


async def test_who_may_not_administer_does_not_come_in(desk: Desk) -> None:
    made = await desk.api.key(scopes=["write"])
    async with desk.visitor() as http:
        answer = await http.post("/admin/login", data={"key": made["key"]}, headers=OURS)
    assert answer.status_code == 401
    assert "may not administer" in answer.text
    assert COOKIE not in answer.cookies


async def test_what_another_site_sends_is_refused(desk: Desk) -> None:
    token = await desk.session()
    foreign: list[dict[str, str]] = [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "https://elsewhere.example"},
        {"Origin": "null"},
        {},
    ]
    posts = [
        path.replace("{", "").replace("}", "")
        for route in console_routes()
        if "POST" in (getattr(route, "methods", None) or ())
        and (path := str(getattr(route, "path", "")))
    ]
    async with desk.visitor(token) as http:
        for path in posts:
            for headers in foreign:
                answer = await http.post(path, data={"key": ADMIN_KEY}, headers=headers)
                assert answer.status_code == 403, (path, headers)
        assert (await http.get("/admin/health")).status_code == 200


async def test_nobody_is_sent_elsewhere_by_logging_in(desk: Desk) -> None:
    token = await desk.session()
    async with desk.visitor(token) as http:
        for path in ("//elsewhere.example", "https://elsewhere.example", "/admin.evil", ""):
            answer = await http.get("/admin/welcome", params={"next": path})
            assert answer.headers["location"] == "/admin"


async def test_who_comes_from_another_site_is_asked_to_come_again(desk: Desk) -> None:
    """The cookie is not sent along then; a page of ours that opens itself anew has it sent."""
    async with desk.visitor() as http:
        answer = await http.get("/admin/health", headers={"Sec-Fetch-Site": "cross-site"})
    assert answer.status_code == 401
    assert 'http-equiv="refresh"' in answer.text


async def test_a_browser_that_keeps_no_cookie_is_told_why(desk: Desk) -> None:
    async with desk.visitor() as http:
        answer = await http.get("/admin/welcome")
    assert answer.status_code == 401
    assert "only over https" in answer.text


async def test_a_page_that_is_not_there_and_what_the_api_refuses_are_pages_too(desk: Desk) -> None:
    token = await desk.session()
    async with desk.visitor(token) as http:
        answer = await http.get("/admin/health", params={"online": "perhaps"})
        missing = await http.get("/admin/nowhere")
    assert answer.status_code == 400
    assert "text/html" in answer.headers["content-type"]
    assert answer.headers["x-request-id"] in answer.text
    assert missing.status_code == 404
    assert "Overview" in missing.text


async def test_every_page_forbids_what_it_does_not_need(desk: Desk) -> None:
    token = await desk.session()
    async with desk.visitor(token) as http:
        first, second = await http.get("/admin"), await http.get("/admin")
    policy = first.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'")
    assert "unsafe" not in policy
    assert policy != second.headers["content-security-policy"], "a nonce is used once"
    assert first.headers["cache-control"] == "no-store"


async def test_a_stranger_cannot_say_who_he_is(desk: Desk) -> None:
    """The key of a session travels in the scope of a request inside the process only."""
    async with desk.visitor() as http:
        answer = await http.get(
            "/v1/admin/status", headers={"copydesk.key": "1", "X-Copydesk-Key": "1"}
        )
    assert answer.status_code == 401


async def test_the_keyboard_reaches_the_search_and_the_page(operator: Operator) -> None:
    page = await operator.open("/admin")
    await page.keyboard.press("Tab")
    await expect(page.get_by_role("link", name="Skip to what is on this page")).to_be_focused()
    await page.keyboard.press("/")
    await expect(page.get_by_label("Search stories")).to_be_focused()


async def test_no_page_asks_for_more_than_a_login(desk: Desk) -> None:
    """Every address of the console, generated from its routes."""
    async with desk.visitor() as http:
        for route in console_routes():
            for method in getattr(route, "methods", None) or ():
                path = re.sub(r"{(\w+)(:\w+)?}", "1", getattr(route, "path", ""))
                answer = await http.request(method, path, headers=OURS)
                assert answer.status_code == 401, (method, path)
