"""A story on record, told anew by its page where that is better; heavy, for a worker process."""

from __future__ import annotations

from dataclasses import replace
from typing import TypeAlias

from app.core.kept import unpack_entry
from app.core.make import Making, complete, story_of
from app.core.page.choose import Kept, choose
from app.core.page.job import Told
from app.core.page.types import PageRefused

TellResult: TypeAlias = Told | PageRefused


def tell_by_page(making: Making, body: bytes, *, content_type: str | None, url: str) -> TellResult:
    """The better of the feed's form of a story and of that with its page's text.

    `url` is where the page was found, after redirects. What an earlier fetch of the page gave
    does not count.
    """
    from app.core.page.read import read_page  # noqa: PLC0415 - .1 s that only workers need to spend

    page = read_page(body, content_type=content_type, url=url)
    if isinstance(page, PageRefused):
        return page
    kept = replace(unpack_entry(making.entry), page=None)
    by_page = replace(kept, page=page)
    told, by_feed = story_of(by_page, making.learned), story_of(kept, making.learned)
    choice = choose(by_feed, told, page.facts.title)
    chosen = (told, by_page) if choice.kept is Kept.PAGE else (by_feed, kept)
    made = complete(*chosen, making.source, making.policy, making.edits)
    return Told(choice=choice, made=made)
