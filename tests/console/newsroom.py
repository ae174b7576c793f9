"""Stories as operators have them: two papers with one wire story, a correction, a line repeated."""

from __future__ import annotations

from dataclasses import dataclass, replace

from tests.api.publisher import Item, atom
from tests.console.conftest import Desk

LINE = "More from the harbour desk: read our daily letter"
WIRE = (
    "OSLO, Nov. 23 (Reuters) - The ferry Alder took up its crossing to the northern islands again "
    "on Monday, three weeks after its engine failed, the port of Oslo said.\n\n"
    "About 400 people live on the two islands, and supplies had come by fishing boat. "
    "Prime Minister Kari Holm said that a second ferry would be bought next year, and that "
    "parliament would vote on the money in January."
)
FERRY = Item(
    title="Ferry returns to the northern islands",
    text=f"{WIRE}\n\n{LINE}",
    day="2026-11-23T06:00:00Z",
    categories=("Transport", "Islands"),
)
CORRECTED = replace(
    FERRY,
    text=FERRY.text.replace("by fishing boat", "by helicopter").replace(
        LINE, f"Correction: An earlier version told of boats.\n\n{LINE}"
    ),
)
BRIDGE = Item(
    title="Town council votes for a second bridge",
    text=f"The council voted 31 to 12 for a second bridge over the inlet at Bergen.\n\n{LINE}",
    day="2026-11-22T09:30:00Z",
    categories=("Politics",),
)
HERRING = Item(
    title="Herring catch is the best in eleven years",
    text=f"Boats landed 61,000 tonnes of herring this season, the fisheries office said.\n\n{LINE}",
    day="2026-11-21T15:10:00Z",
    categories=("Business", "Fishing"),
)
REPRINT = Item(
    title="Islands have their ferry back",
    text=WIRE.replace("three weeks", "nearly a month"),
    day="2026-11-23T08:00:00Z",
    link="https://quay.example/ferry",
)


@dataclass(frozen=True, kw_only=True)
class Newsroom:
    """The ids of what there is."""

    feed: str
    ferry: str
    bridge: str
    cluster: str
    line: str


async def open_newsroom(desk: Desk) -> Newsroom:
    api, pages = desk.api, desk.publisher.pages
    pages["/feed"] = atom(FERRY, BRIDGE, HERRING)
    feed = await desk.poll("/feed", site_url="https://harbour.example/")
    pages["/quay"] = atom(REPRINT, title="The Quay")
    await desk.poll("/quay", site_url="https://quay.example/")
    pages["/feed"] = atom(CORRECTED, BRIDGE, HERRING)
    await api.refresh(feed)
    found = (await api.admin.get("/v1/stories")).json()["data"]
    ids = {story["title"]: story for story in found}
    lines = (await api.admin.get("/v1/admin/boilerplate-rules")).json()["data"]
    if not lines:
        source = ids[BRIDGE.title]["source"]["id"]
        given = {"source_id": int(source), "text": LINE}
        made = await api.admin.post("/v1/admin/boilerplate-rules", json=given)
        lines = [made.json()["data"]]
    return Newsroom(
        feed=feed,
        ferry=ids[FERRY.title]["id"],
        bridge=ids[BRIDGE.title]["id"],
        cluster=ids[FERRY.title]["cluster_id"],
        line=lines[0]["id"],
    )
