"""An agency's item in NewsML-G2 from its first version to its withdrawal, as polls bring it."""

from __future__ import annotations

from sqlalchemy import select

from app.core.schedule import Outcome
from app.store.models import revisions, stories
from tests.ingest import servers
from tests.ingest.test_poller import Desk, desk, scripted

__all__ = ["desk"]


def item(version: int, status: str, words: str) -> bytes:
    return servers.answer(
        200,
        (
            "<newsItem xmlns='http://iptc.org/std/nar/2006-10-01/' guid='urn:newsml:w.example:1'"
            f" version='{version}' xml:lang='en'><itemMeta><itemClass qcode='ninat:text'/>"
            f"<versionCreated>2026-11-0{version}T10:00:00Z</versionCreated>"
            f"<pubStatus qcode='stat:{status}'/></itemMeta><contentMeta>"
            "<contentCreated>2026-11-01T10:00:00Z</contentCreated>"
            "<infoSource><name>Kyodo</name></infoSource>"
            "<headline>Ferry in Arvik is out of service</headline></contentMeta><contentSet>"
            f"<inlineData>{words}</inlineData></contentSet></newsItem>"
        ).encode(),
    )


async def test_an_item_is_revised_and_withdrawn(desk: Desk) -> None:
    answers = (
        item(1, "usable", "The ferry stays at its pier."),
        item(2, "usable", "The ferry stays at its pier. Buses run in its place."),
        item(3, "canceled", ""),
    )
    async with scripted(*answers) as server:
        await desk.add(server.url())
        outcomes = [(await desk.poll()).row.outcome for _ in answers]
    assert outcomes == [Outcome.NEW, Outcome.CHANGED, Outcome.CHANGED]
    async with desk.database.read() as session:
        (story,) = (await session.execute(select(stories))).all()
        former = (await session.execute(select(revisions.c.revision))).all()
    assert (story.status, story.agency["code"]) == ("killed", "kyodo")
    assert len(former) == 2


async def test_an_earlier_version_out_of_a_cache_brings_nothing_back(desk: Desk) -> None:
    earlier = item(2, "usable", "The ferry stays at its pier. Buses run in its place.")
    answers = (
        item(1, "usable", "The ferry stays at its pier."),
        item(3, "canceled", ""),
        earlier,
        item(4, "usable", "The ferry sails again."),
        earlier,
    )
    async with scripted(*answers) as server:
        await desk.add(server.url())
        outcomes = [(await desk.poll()).row.outcome for _ in answers]
    changed, same = Outcome.CHANGED, Outcome.UNCHANGED
    assert outcomes == [Outcome.NEW, changed, same, changed, same]
    async with desk.database.read() as session:
        (story,) = (await session.execute(select(stories))).all()
    assert (story.status, story.revision) == ("live", 3)
