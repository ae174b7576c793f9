"""Plans that bring the same new hosts do not wait for each other in a circle."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import replace

import pytest

from app.core.moves import Move
from app.core.poll import FeedPlan
from app.core.websub import NamedHubs
from app.store import finish, plans
from app.store.engine import Database, WriteSession
from app.store.plans import Applied
from tests.databases import on_postgresql
from tests.plans import add, apply, claim, entry, make_all_due, plan

HOSTS = ("first.example", "other.example")


@on_postgresql
async def test_two_plans_may_name_the_same_new_hosts_in_any_order(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One feed moves to the one host and has its hub at the other; another the other way round."""
    both_there, note_hub = asyncio.Barrier(2), finish._note_hub

    async def when_both_are_there(session: WriteSession, planned: FeedPlan) -> None:
        with contextlib.suppress(TimeoutError):  # the second waits for the first to end
            await asyncio.wait_for(both_there.wait(), 0.5)
        await note_hub(session, planned)

    monkeypatch.setattr(finish, "_note_hub", when_both_are_there)
    for name in ("one", "two"):
        await add(database, name, domain=f"{name}.example")
    await make_all_due(database)
    planned = [
        replace(
            await plan(database, feed),
            move=Move(url=f"https://{new}/rss", why="it was led there"),
            hubs=NamedHubs(hubs=(f"https://{hub}/",), topic_url=feed.url),
        )
        for feed, new, hub in zip(await claim(database), HOSTS, HOSTS[::-1], strict=True)
    ]
    applied = await asyncio.gather(*(apply(database, each) for each in planned))
    assert applied == [Applied.APPLIED] * 2


@pytest.mark.parametrize("full_text", [True, False])
@pytest.mark.parametrize("migrated_url", ["sqlite"], indirect=True)
async def test_all_hosts_of_a_plan_are_known_beforehand(
    database: Database, monkeypatch: pytest.MonkeyPatch, *, full_text: bool
) -> None:
    known: list[set[str]] = []

    async def know(_session: object, names: set[str]) -> None:
        known.append(names)

    monkeypatch.setattr("app.store.plan_hosts.know_hosts", know)
    await add(database, "one")
    await make_all_due(database)
    (feed,) = await claim(database)
    feed = replace(feed, full_text=full_text)
    planned = replace(
        await plan(database, feed, entry("a", site="https://page.example")),
        dialled=((feed.host, "203.0.113.7"), ("led.example", "203.0.113.8")),
        move=Move(url="https://new.example/rss", why="it was led there"),
    )
    async with database.write() as session:
        await plans.know_hosts_of(session, planned)
    page = {"page.example"} if full_text else set()
    assert known == [{"led.example", "new.example"} | page]
