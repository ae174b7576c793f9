"""Lists of feeds: each line added, or told why not; a long list as a job."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from operator import itemgetter
from typing import Any, Final

from app.api.feed_address import Address, keep_credentials, read_address
from app.api.feed_fields import new_feed
from app.core.urls import without_credentials
from app.errors import Conflict, Invalid
from app.store.engine import Database, WriteSession
from app.store.feeds import NewFeed, add_feed, prepare_feeds
from app.store.job_leases import ClaimedJob, Progress, advance_job, hold_job
from app.store.jobs import JobLine, NewLine, list_lines, write_lines
from app.store.sealing import Sealer, SealFault

STEP: Final = 100
BOUND: Final = "line of an import"
KIND: Final = "opml_import"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outline:
    """One feed of an OPML document, as it says."""

    url: str
    title: str | None
    site_url: str | None
    language: str | None


async def add_outlines(
    session: WriteSession, outlines: Sequence[Outline], sealer: Sealer, now: datetime
) -> list[dict[str, Any]]:
    """Add feeds in one transaction; a line that is refused takes no other with it.

    Added in the order of their addresses, so that two imports never wait for each other in a
    circle; told in the document's.
    """
    told: dict[int, dict[str, Any]] = {}
    wanted: list[tuple[str, int, NewFeed]] = []
    addresses: dict[int, Address] = {}
    for place, outline in enumerate(outlines):
        try:
            addresses[place] = read_address(outline.url, sealer)
            new = _new_feed(outline, addresses[place].url)
            wanted.append((new.url, place, new))
        except Invalid as error:
            told[place] = _line(outline, "refused", detail=error.detail)
    await prepare_feeds(session, [new for _, _, new in wanted], now)
    for _, place, new in sorted(wanted, key=itemgetter(0, 1)):
        told[place] = line = await _add_one(session, outlines[place], new, now)
        if line["feed_id"] is not None:
            added = int(line["feed_id"])
            await keep_credentials(session, added, addresses[place], sealer, now)
    return [told[place] for place in range(len(outlines))]


def counts_of(lines: Sequence[Mapping[str, Any]]) -> dict[str, int]:
    """How many lines were added, present and refused."""
    counts = {"added": 0, "present": 0, "refused": 0}
    for line in lines:
        counts[line["status"]] += 1
    return counts


def _new_feed(outline: Outline, url: str) -> NewFeed:
    return new_feed(
        url,
        title=outline.title,
        site_url=outline.site_url,
        language=outline.language,
    )


async def _add_one(
    session: WriteSession, outline: Outline, new: NewFeed, now: datetime
) -> dict[str, Any]:
    try:
        added = await add_feed(session, new, now)
    except Conflict as error:
        return _line(outline, "present", detail=error.detail)
    return _line(outline, "added", feed_id=str(added))


def _line(
    outline: Outline, status: str, *, feed_id: str | None = None, detail: str | None = None
) -> dict[str, Any]:
    return {
        "url": without_credentials(outline.url),
        "title": outline.title,
        "feed_id": feed_id,
        "status": status,
        "detail": detail,
    }


def kept_line(outline: Outline, sealer: Sealer) -> NewLine:
    """A line as a job keeps it: an address with credentials in it only sealed, and one that cannot
    be taken with what became of it.
    """
    given = {**asdict(outline), "url": without_credentials(outline.url)}
    try:
        read_address(outline.url, sealer)
    except Invalid as error:
        return NewLine(given=given, became=_line(outline, "refused", detail=error.detail))
    if given["url"] != outline.url:
        given["sealed"] = base64.b64encode(sealer.seal(outline.url, bound_to=BOUND)).decode()
    return NewLine(given=given)


class Importing:
    """Adds the feeds of a list, some lines in a transaction."""

    def __init__(
        self,
        database: Database,
        sealer: Sealer,
        clock: Callable[[], datetime],
        on_added: Callable[[], None],
    ) -> None:
        self._database = database
        self._sealer = sealer
        self._clock = clock
        self._on_added = on_added

    async def step(self, job: ClaimedJob, so_far: Progress) -> Progress:
        """`position` is the place of the last line that is done with."""
        after = -1 if so_far.position is None else int(so_far.position)
        async with self._database.write() as session:
            await hold_job(session, job)
            lines = await list_lines(session, job.id, after=after, limit=STEP)
            became = await self._added(session, [line for line in lines if line.became is None])
            await write_lines(session, job.id, became)
            told = [line.became or became[line.place] for line in lines]
            counts = counts_of(told)
            progress = Progress(
                done=so_far.done + len(lines),
                total=so_far.total,
                position=lines[-1].place if lines else after,
                detail={name: so_far.detail.get(name, 0) + n for name, n in counts.items()},
                finished=len(lines) < STEP,
            )
            await advance_job(session, job, progress)
        self._on_added()
        return progress

    async def _added(
        self, session: WriteSession, lines: Sequence[JobLine]
    ) -> dict[int, dict[str, Any]]:
        """What became of lines, by their places."""
        told: dict[int, dict[str, Any]] = {}
        read: dict[int, Outline] = {}
        for line in lines:
            outline = _read_line(line.given, self._sealer)
            if isinstance(outline, Outline):
                read[line.place] = outline
            else:
                told[line.place] = outline
        added = await add_outlines(session, list(read.values()), self._sealer, self._clock())
        return told | dict(zip(read, added, strict=True))


def _read_line(given: Mapping[str, Any], sealer: Sealer) -> Outline | dict[str, Any]:
    """The line that was kept, or what became of it where its credentials cannot be had."""
    names = ("url", "title", "site_url", "language")
    outline = Outline(**{name: given[name] for name in names})
    if "sealed" not in given:
        return outline
    opened = sealer.open(base64.b64decode(given["sealed"]), bound_to=BOUND)
    if not isinstance(opened, SealFault):
        return replace(outline, url=opened)
    detail = "its credentials were sealed under a key that is not there: add this feed again"
    return _line(outline, "refused", detail=detail)
