"""A feed reader that knows nothing of this service subscribes to a search."""

from __future__ import annotations

import asyncio
import os
import shutil
import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.api.conftest import Api
from tests.api.loopback import served
from tests.api.publisher import Item, Publisher, atom

RELOAD_S = 60


@pytest.fixture
def newsboat() -> str:
    found = shutil.which("newsboat")
    if found is None and os.environ.get("CI") == "true":
        pytest.fail("newsboat is missing: apt-get install newsboat")
    if found is None:
        pytest.skip("newsboat is not installed here: apt-get install newsboat")
    return found


@pytest.fixture
async def stocked(locked: Api, harbour: Publisher) -> AsyncIterator[tuple[Api, str]]:
    """The application, which wants a key, and its address."""
    harbour.pages["/feed"] = atom(
        Item(title="Ferry & bridge <again>", day=3, text="The ferry is back."),
        Item(title="東京港 ferry", day=5),
        Item(title="Market day", day=7),
    )
    await locked.poll(harbour.url())
    async with served(locked) as address:
        yield locked, address


async def reload(newsboat: str, folder: Path, urls: list[str]) -> list[tuple[str, str]]:
    """Title and guid of what newsboat has in its cache after it has read the feeds."""
    settings = f'http-auth-method basic\ncookie-cache "{folder}/cookies"\n'
    (folder / "urls").write_text("\n".join(urls) + "\n")
    (folder / "config").write_text(settings)
    process = await asyncio.create_subprocess_exec(
        newsboat,
        *("-u", "urls", "-c", "cache.db", "-C", "config", "-x", "reload"),
        cwd=folder,
        env={"HOME": str(folder), "PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"},
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    async with asyncio.timeout(RELOAD_S):
        said, _ = await process.communicate()
    assert process.returncode == 0, said.decode()
    with sqlite3.connect(folder / "cache.db") as cache:
        found = cache.execute("SELECT title, guid FROM rss_item ORDER BY pubDate DESC").fetchall()
    cache.close()
    return [(title, guid) for title, guid in found]


@pytest.mark.parametrize("suffix", [".atom", ".rss"])
async def test_newsboat_subscribes_to_a_search(
    stocked: tuple[Api, str], newsboat: str, tmp_path: Path, suffix: str
):
    api, address = stocked
    key = (await api.key(scopes=["read"]))["key"]
    with_key = address.replace("http://", f"http://reader:{key}@")
    found = await reload(newsboat, tmp_path, [f"{with_key}/v1/stories{suffix}?q=ferry"])
    wanted = (await api.admin.get("/v1/stories", params={"q": "ferry"})).json()["data"]
    assert len(wanted) == 2
    assert [guid for _, guid in found] == [f"urn:copydesk:story:{s['id']}" for s in wanted]
    assert [title for title, _ in found] == [story["title"] for story in wanted]
    again = await reload(newsboat, tmp_path, [f"{with_key}/v1/stories{suffix}?q=ferry"])
    assert again == found
