"""The console on a port of this machine, over a publisher, and an operator with a real browser.

Service, publisher and browser are driven on one loop, which the tests of this folder share.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    Request,
    async_playwright,
    expect,
)

from app import process
from app.console.guard import COOKIE
from tests.api.conftest import ADMIN_KEY, Api, InProcess, _routes_once, running
from tests.api.loopback import served
from tests.api.publisher import Publisher, publisher
from tests.databases import migrated_file, migrated_template, migrated_url, on_sqlite

__all__ = ["_routes_once", "migrated_file", "migrated_template", "migrated_url", "on_sqlite"]

HERE = Path(__file__).parent
CHROMIUM = shutil.which(os.environ.get("COPYDESK_CHROMIUM") or "chromium")
DESKTOP = {"width": 1280, "height": 900}
PHONE = {"width": 390, "height": 844}
PATIENCE_MS = 10_000
OURS = {"Sec-Fetch-Site": "same-origin"}

WATCH = """
document.addEventListener("securitypolicyviolation", (event) => {
  console.error("CSP: " + event.violatedDirective + " " + event.blockedURI);
});
"""


@dataclass
class Desk:
    """The service as it is served at `url`, and the publisher that it polls."""

    url: str
    api: Api
    publisher: Publisher

    async def poll(self, page: str = "/feed", **given: Any) -> str:
        """Add a page of the publisher as a feed, and poll it; the feed's id."""
        return await self.api.poll(self.publisher.url(page), **given)

    @asynccontextmanager
    async def visitor(self, token: str | None = None) -> AsyncIterator[httpx.AsyncClient]:
        """Somebody without a browser, who sends what he likes; with a session's cookie, if any."""
        headers = {} if token is None else {"Cookie": f"{COOKIE}={token}"}
        async with httpx.AsyncClient(base_url=self.url, headers=headers, timeout=30) as http:
            yield http

    async def session(self, key: str = ADMIN_KEY) -> str:
        """The token of a new session."""
        async with self.visitor() as http:
            answer = await http.post("/admin/login", data={"key": key}, headers=OURS)
        assert answer.status_code == 303, answer.text
        return answer.cookies[COOKIE]


@asynccontextmanager
async def served_desk(url: str, **given: Any) -> AsyncIterator[Desk]:
    """The service over a migrated database, on a free port."""
    async with (
        running(url, **{"read_auth": "required", **given}) as api,
        publisher() as pages,
        served(api) as address,
    ):
        yield Desk(url=address, api=api, publisher=pages)


@dataclass
class Operator:
    """Somebody at a browser who is logged in; what the browser complains of is kept."""

    desk: Desk
    page: Page
    complaints: list[str] = field(default_factory=list)

    async def open(self, path: str) -> Page:
        """Go to a page of the console."""
        await self.page.goto(self.desk.url + path)
        return self.page

    async def heading(self, text: str) -> None:
        await expect(self.page.get_by_role("heading", level=1)).to_have_text(text)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """One loop for all tests of this folder, since they share a browser."""
    for item in items:
        if item.path.is_relative_to(HERE):
            item.add_marker(pytest.mark.asyncio(loop_scope="session"), append=False)


@pytest.fixture(autouse=True)
def _work_in_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "Offload", InProcess)


@pytest_asyncio.fixture(loop_scope="session")
async def desk(migrated_url: str) -> AsyncIterator[Desk]:
    """The service over one engine; mark the test `on_sqlite` where the engine does not matter."""
    async with served_desk(migrated_url) as started:
        yield started


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def chromium() -> AsyncIterator[Browser]:
    if CHROMIUM is None:
        missing = "no chromium here: install Debian's package, or name it by COPYDESK_CHROMIUM"
        if os.environ.get("CI"):
            pytest.fail(missing)
        pytest.skip(missing)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=CHROMIUM,
            args=["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"],
        )
        yield browser
        await browser.close()


Look = Callable[..., Awaitable[Operator]]


@pytest_asyncio.fixture(loop_scope="session")
async def look(chromium: Browser, desk: Desk) -> AsyncIterator[Look]:
    """Makes operators; at the end, no browser may have had anything to complain of."""
    contexts: list[BrowserContext] = []
    made: list[Operator] = []

    async def operator(*, logged_in: bool = True, **given: Any) -> Operator:
        context = await chromium.new_context(**{"viewport": DESKTOP, **given})
        contexts.append(context)
        context.set_default_timeout(PATIENCE_MS)
        await context.add_init_script(WATCH)
        if logged_in:
            await context.add_cookies([cookie_of(desk, await desk.session())])
        new = Operator(desk=desk, page=await context.new_page())
        _listen(new)
        made.append(new)
        return new

    yield operator
    for context in contexts:
        await context.close()
    complaints = [said for one in made for said in one.complaints]
    assert not complaints, "\n".join(complaints)


@pytest_asyncio.fixture(loop_scope="session")
async def operator(look: Look) -> Operator:
    """Logged in, at a desktop's screen."""
    return await look()


async def assert_usable(operator: Operator, path: str) -> None:
    """axe-core finds nothing serious on a page, and it is no wider than the screen."""
    page = await operator.open(path)
    found = (await Axe().run(page)).response["violations"]
    serious = [
        f"{path}: {one['id']}: {node['html']} {node['failureSummary']}"
        for one in found
        if one["impact"] in ("serious", "critical")
        for node in one["nodes"]
    ]
    assert not serious, "\n".join(serious)
    wide = await page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    assert wide <= 0, f"{path} is {wide} pixels wider than the screen"


def cookie_of(desk: Desk, token: str) -> Any:
    return {
        "name": COOKIE,
        "value": token,
        "url": desk.url.replace("http://", "https://"),
        "secure": True,
        "httpOnly": True,
        "sameSite": "Strict",
    }


def _listen(operator: Operator) -> None:
    def of_script(error: object) -> None:
        operator.complaints.append(f"script: {error}")

    def of_console(said: ConsoleMessage) -> None:
        if said.type == "error":
            operator.complaints.append(f"console: {said.text}")

    def of_request(request: Request) -> None:
        if not request.url.startswith((operator.desk.url, "data:")):
            operator.complaints.append(f"asked elsewhere: {request.url}")

    operator.page.on("pageerror", of_script)
    operator.page.on("console", of_console)
    operator.page.on("request", of_request)
