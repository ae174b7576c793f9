"""A story that its publisher withdraws is nowhere to be found, and everywhere again if restored."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import Any

from app.api.formats import LIST_FORMATS
from tests.api.conftest import Api
from tests.api.publisher import Item, Publisher, atom
from tests.article_pages import article
from tests.databases import on_both

TITLE = "Ferry sails again"


def text() -> str:
    chance = random.Random(3)
    made = [f"harbour{one}{other}" for one in "abcdefghijk" for other in "lmnopqrst"]
    return " ".join(chance.choice(made) for _ in range(60)) + " ferry"


async def seen(api: Api, story_id: str, sibling: str) -> dict[str, Any]:
    """Where a story is found, and what is counted with it."""
    words = {"q": f'"{TITLE}"'}
    suffixes = [known.suffix for known in LIST_FORMATS]
    exports = {s: (await api.get(f"/v1/stories{s}", **words)).text for s in suffixes}
    facets = await api.data("/v1/stories/facets", facet="tag")
    timeline = await api.data("/v1/stories/timeline", **words)
    tags = await api.data("/v1/tags", prefix="zebra")
    (beside,) = await api.data("/v1/stories", q='"Boat goes out"', include="cluster")
    cluster = await api.get(f"/v1/clusters/{sibling}")
    page = await api.admin.get(f"/v1/admin/stories/{story_id}/page")
    return {
        "listed": [s["id"] for s in await api.data("/v1/stories", **words)],
        "collapsed": len(await api.data("/v1/stories", collapse="cluster")),
        "exported": {suffix for suffix, said in exports.items() if story_id in said},
        "facets": "category:zebra" in str(facets),
        "timeline": [b["count"] for b in timeline["buckets"] if b["count"]],
        "tags": [tag["stories"] for tag in tags],
        "beside": [other["id"] for other in beside["cluster"]],
        "cluster": cluster.status_code,
        "page": page.status_code,
    }


@on_both
async def test_a_withdrawn_story_is_gone_and_a_restored_one_is_back(
    api: Api, harbour: Publisher
) -> None:
    told = Item(title=TITLE, text=text(), link=harbour.url("/a"), categories=("zebra",))
    other = Item(title="Boat goes out", text=text(), link=harbour.url("/b"))
    harbour.pages |= {"/feed": atom(told), "/other": atom(other), "/a": article()}
    await api.poll(harbour.url("/other"), site_url="https://other.example/")
    feed = await api.poll(harbour.url(), full_text=True)
    (story,) = await api.data("/v1/stories", q=f'"{TITLE}"')
    (sibling,) = await api.data("/v1/stories", q='"Boat goes out"')
    before = await seen(api, story["id"], sibling["id"])
    assert all(before.values())
    assert len(before["exported"]) == len(LIST_FORMATS)
    harbour.pages["/feed"] = atom(replace(told, text="This story has been withdrawn."))
    assert (await api.refresh(feed))["changed"] == 1
    gone = await seen(api, story["id"], sibling["id"])
    assert not any(gone[place] for place in before if place not in ("cluster", "page", "collapsed"))
    assert (gone["cluster"], gone["page"], gone["collapsed"]) == (404, 404, 1)
    harbour.pages["/feed"] = atom(told)
    assert (await api.refresh(feed))["changed"] == 1
    after = await seen(api, story["id"], sibling["id"])
    assert after == before
