"""A service with something on every page: feeds that are well and not, stories, a webhook …"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from app.console.routes import console_routes
from tests.api.publisher import Item, atom
from tests.console.conftest import Desk

STORIES = (
    Item(
        title="Ferry returns to the northern islands",
        text="The ferry Alder took up its crossing again on Monday, three weeks after its engine "
        "failed.\n\nAbout 400 people live on the two islands. Supplies had come by fishing boat.",
        day="2026-11-23T06:00:00Z",
        categories=("Transport", "Islands"),
    ),
    Item(
        title="Town council votes for a second bridge",
        text="OSLO (Reuters) - The council voted 31 to 12 for a second bridge over the inlet.\n\n"
        "It is to be open to traffic in four years and to cost 180 million.",
        day="2026-11-22T09:30:00Z",
        categories=("Politics",),
    ),
    Item(
        title="Herring catch is the best in eleven years",
        text="Boats landed 61,000 tonnes of herring this season, the fisheries office said.\n\n"
        "Quotas for the coming year are to be set in January.",
        day="2026-11-21T15:10:00Z",
        categories=("Business", "Fishing"),
    ),
)


NO_PAGES = frozenset({"/admin/welcome", "/admin/feeds.opml", "/admin/tags/suggest"})
"""What is had from the console by GET, and is not shown for itself."""


@dataclass(frozen=True, kw_only=True)
class Stocked:
    """The ids of what was put on the pages."""

    ids: Mapping[str, str]

    def pages(self) -> list[str]:
        """The address of every page, by the routes of the console."""
        found = []
        for route in console_routes():
            path = str(getattr(route, "path", ""))
            if "GET" not in (getattr(route, "methods", None) or ()) or ":path" in path:
                continue
            found.append(re.sub(r"{(\w+)}", lambda name: self.ids[name[1]], path))
        return [path for path in found if path not in NO_PAGES]


async def stock(desk: Desk) -> Stocked:
    """Two feeds, of which one is broken; stories with a correction; a search with a webhook that
    nobody answers; a key, a job, a rule, and the acts of all this.
    """
    admin = desk.api.admin
    desk.publisher.pages |= {"/feed": atom(*STORIES), "/quiet": atom(title="Quiet Bay Gazette")}
    feed_id = await desk.poll("/feed")
    broken = await desk.api.add_feed(desk.publisher.url("/gone"), title="Lost Times")
    await admin.post(f"/v1/admin/feeds/{broken}:refresh?wait=true")
    await desk.poll("/quiet")
    corrected = Item(
        title=STORIES[0].title,
        text=STORIES[0].text.replace("400 people", "430 people"),
        day=str(STORIES[0].day),
        categories=STORIES[0].categories,
    )
    desk.publisher.pages["/feed"] = atom(corrected, *STORIES[1:])
    await desk.api.refresh(feed_id)
    reprint = Item(title="Islands have their ferry back", text=corrected.text, day=24)
    desk.publisher.pages["/reprints"] = atom(reprint, title="The Quay")
    await desk.poll("/reprints", site_url="https://quay.example/")
    search = await _made(desk, "/v1/searches", {"name": "Islands", "query": {"q": "islands"}})
    hook = {"name": "The desk's inbox", "url": desk.publisher.url("/hook")}
    webhook = await _made(desk, "/v1/webhooks", {**hook, "search_id": search})
    await admin.post(f"/v1/webhooks/{webhook}:test")
    await desk.api.key(name="morning briefing")
    rule = await _made(
        desk,
        "/v1/admin/tag-rules",
        {
            "name": "The sea",
            "query": "ferry OR herring",
            "actions": {"add": [{"tag": "label:sea"}]},
        },
    )
    job = await _made(desk, "/v1/admin/jobs", {"kind": "reprocess"})
    answer = await admin.get("/v1/stories", params={"q": "title:ferry"})
    story = next(s for s in answer.json()["data"] if s["title"] == STORIES[0].title)
    repeated = {"source_id": int(story["source"]["id"]), "text": "More from the harbour desk"}
    line = await _made(desk, "/v1/admin/boilerplate-rules", repeated)
    return Stocked(
        ids={
            "feed_id": feed_id,
            "story_id": story["id"],
            "cluster_id": story["cluster_id"],
            "search_id": search,
            "webhook_id": webhook,
            "rule_id": rule,
            "job_id": job,
            "line_id": line,
            "qcode": "category:transport",
            "revision": "2",
        }
    )


async def _made(desk: Desk, path: str, asked: Mapping[str, object]) -> str:
    answer = await desk.api.admin.post(path, json=asked)
    assert answer.is_success, answer.text
    return str(answer.json()["data"]["id"])
