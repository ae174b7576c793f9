"""The hosts that a plan puts on record, all at once."""

from __future__ import annotations

from app.core.poll import ChangedStory, FeedPlan, NewStory
from app.core.urls import host_of
from app.store.engine import WriteSession
from app.store.hosts import know_hosts


async def know_hosts_of(session: WriteSession, plan: FeedPlan) -> None:
    """Have a slot for each host that a plan names, before anything is written for one of them.

    What wants a slot on its way asks for it again, and finds it. Plans that put the same new hosts
    on record one by one, each in its own order, would wait for each other in a circle.
    """
    if names := _named(plan) - {plan.feed.host}:
        await know_hosts(session, names)


def _named(plan: FeedPlan) -> set[str]:
    """Of pages to fetch, hubs to ask, the feed's new address, and what was dialled."""
    urls: list[str | None] = [] if plan.move is None else [plan.move.url]
    urls += [] if plan.hubs is None else plan.hubs.hubs
    writes: tuple[NewStory | ChangedStory, ...] = (*plan.new, *plan.changed)
    urls += [write.made.story.url for write in writes] if plan.feed.full_text else []
    found = {host_of(url) for url in urls if url is not None} | {host for host, _ in plan.dialled}
    return {host for host in found if host is not None}
