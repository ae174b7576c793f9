"""`copydesk feeds add` with the address of a site: which of its feeds is meant."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import typer

from app.cli.outcome import Stopped
from app.cli.show import ago, console, table

if TYPE_CHECKING:
    from app.cli.calling import Api

IS_A_PAGE = "is_a_page"


async def find_feed(api: Api, site: str, *, first: bool, asks: bool) -> str:
    """The address of the site's feed: the only one, the first if that is wanted, or as chosen.

    Raises Stopped where there is none, or a choice that nobody makes.
    """
    typer.echo(f"{site} is a page; looking for the feeds of the site …", err=True)
    answer = await api.post("/v1/admin/feeds:discover", json={"url": site})
    feeds, meta = answer["data"], answer["meta"]
    if not feeds:
        raise Stopped(
            f"no feed was found at {meta['url']}, in {meta['requests']} requests: ask the "
            "publisher, or look on the site for “RSS”"
        )
    if first or meta["main"]:
        return str(feeds[0]["url"] if first else meta["main"])
    console(stderr=True).print(table(("", "feed", "entries", "newest"), _rows(feeds)))
    if not (asks and is_asked()):
        raise Stopped(
            "the site has several feeds: add the one that you want by its address, "
            f"copydesk feeds add {feeds[0]['url']}, or the first with --first"
        )
    choice = typer.prompt("Which", type=int, default=1, err=True)
    if not 1 <= choice <= len(feeds):
        raise Stopped(f"there is no number {choice} in the list: nothing was added")
    return str(feeds[choice - 1]["url"])


def is_asked() -> bool:
    """Whether somebody is there to answer."""
    return sys.stdin.isatty()


def _rows(feeds: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
    return [
        (
            str(number),
            f"{feed['title'] or '–'}{' (comments)' if feed['comments'] else ''}\n{feed['url']}",
            str(feed["entries"]),
            ago(feed["newest_at"]),
        )
        for number, feed in enumerate(feeds, 1)
    ]
