"""Pictures of every page of the console, light, dark and on a phone: make screenshots

They go to reports/screenshots; those that the README shows go to docs/images.
"""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Mapping
from typing import Any, Final

from playwright.async_api import Browser, async_playwright

from app.store.engine import open_database
from app.store.migrate import migrate
from tests.conftest import ROOT
from tests.console.conftest import CHROMIUM, DESKTOP, PHONE, Desk, cookie_of, served_desk
from tests.console.stage import Stocked, stock

ALL: Final = ROOT / "reports" / "screenshots"
README: Final = ROOT / "docs" / "images"
SHOWN: Final = {"/admin": "overview", "/admin/feeds/1": "feed", "/admin/stories": "stories"}
WAYS: Final[Mapping[str, Mapping[str, Any]]] = {
    "light": {"viewport": DESKTOP, "color_scheme": "light"},
    "dark": {"viewport": DESKTOP, "color_scheme": "dark"},
    "phone": {"viewport": PHONE, "color_scheme": "light", "device_scale_factor": 2},
}


async def main() -> None:
    for folder in (ALL, README):
        folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite+aiosqlite:///{folder}/console.db"
        database = open_database(url)
        await migrate(database)
        await database.close()
        async with served_desk(url) as desk, async_playwright() as playwright:
            stocked = await stock(desk)
            browser = await playwright.chromium.launch(
                executable_path=CHROMIUM, args=["--no-sandbox"]
            )
            for way, given in WAYS.items():
                await _photograph(browser, desk, stocked, way, given)
            await browser.close()


async def _photograph(
    browser: Browser, desk: Desk, stocked: Stocked, way: str, given: Mapping[str, Any]
) -> None:
    context = await browser.new_context(**given)
    page = await context.new_page()
    await page.goto(f"{desk.url}/admin")
    await page.screenshot(path=ALL / f"login-{way}.png")
    await context.add_cookies([cookie_of(desk, await desk.session())])
    for path in stocked.pages():
        await page.goto(desk.url + path)
        name = path.removeprefix("/admin").strip("/").replace("/", "-") or "overview"
        await page.screenshot(path=ALL / f"{name}-{way}.png", full_page=True)
        if way == "light" and path in SHOWN:
            await page.screenshot(path=README / f"{SHOWN[path]}.png")
    await context.close()


if __name__ == "__main__":
    asyncio.run(main())
