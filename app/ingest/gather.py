"""An index of site maps becomes one document: its site maps are fetched, one after another.

A site map that fails is a note, and what was last read of it stays. Those whose date in the index
is as it was are not asked for, so a quiet index costs one request.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, replace
from typing import Final
from urllib.parse import urlsplit

from app.core.gather import Itinerary, Visit, plan_visits, site_maps, waiting
from app.core.parse.gathered import MEDIA_TYPE, Gathered, Part, pack, unpack
from app.core.parse.sitemap import has_news
from app.core.types import (
    Failure,
    Fetched,
    FetchFailed,
    FetchPolicy,
    NotModified,
    Validators,
)
from app.ingest.authorize import Authorization
from app.ingest.fetch import FetchRequest, fetch
from app.ingest.offload import Offload, OffloadFailed
from app.ingest.request import Enter
from app.net import HttpClients

LEAST_S: Final = 1.0
"""No request is begun with less time than this left."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gatherer:
    """Fetches what an index names, within the deadline of the poll, `gap_s` between requests."""

    clients: HttpClients
    offload: Offload
    policy: FetchPolicy
    gap_s: float
    authorization: Authorization | None = None  # the feed's, for its own origin
    enter: Enter | None = None  # asked before each request, and each redirect

    async def run(self, index: Fetched, before: bytes | None) -> Fetched | FetchFailed:
        """The index with its site maps as one body; `before` is the body of the last poll.

        The failure of the first site map if there is nothing else, nor was before.
        """
        until = time.monotonic() + self.policy.deadline_s - index.elapsed_ms / 1000
        kept = unpack(before) if before else None
        named = await self.offload.run(site_maps, index.body, index.content_type, index.url)
        if isinstance(named, OffloadFailed):
            return FetchFailed(kind=named.kind, detail=named.detail, url=index.url)
        hosts = frozenset({urlsplit(index.url).hostname or ""})
        plan = plan_visits(named, kept.parts if kept else (), hosts)
        round_ = _Round(self, index, until)
        for visit in plan.visits:
            await round_.visit(visit)
        return round_.result(plan)


class _Round:
    """One poll's visits: what they brought, and what they cost."""

    def __init__(self, gatherer: Gatherer, index: Fetched, until: float) -> None:
        self._gatherer = gatherer
        self._index = index
        self._until = until
        self._started = time.monotonic()
        self._parts: list[Part] = []
        self._failed: FetchFailed | None = None
        self._wire_bytes = index.wire_bytes
        self._bytes = 0
        self._late = 0
        self._left_out = 0

    async def visit(self, visit: Visit) -> None:
        part = visit.kept or Part(url=visit.site_map.url)
        if not visit.ask:
            self._keep(replace(part, waited=part.waited + 1) if visit.wanted else part)
            return
        await asyncio.sleep(min(self._gatherer.gap_s, max(0.0, self._left_s)))
        if self._left_s < LEAST_S:
            self._late += 1
            self._keep(replace(part, waited=part.waited + 1))
            return
        self._keep(await self._ask(visit, part))

    @property
    def _left_s(self) -> float:
        return self._until - time.monotonic()

    async def _ask(self, visit: Visit, part: Part) -> Part:
        enter = self._gatherer.enter
        if enter is not None and (barred := await enter(part.url)) is not None:
            return replace(part, note=f"{barred.kind.value}: {barred.detail}", waited=0)
        policy = replace(self._gatherer.policy, deadline_s=self._left_s)
        request = FetchRequest(
            url=part.url,
            validators=part.validators,
            authorization=self._gatherer.authorization,
            enter=enter,
        )
        match await fetch(request, self._gatherer.clients, policy):
            case FetchFailed() as failed:
                self._failed = self._failed or failed
                note = f"{failed.kind.value}: {failed.detail}"
                return replace(part, note=note, waited=0)
            case NotModified() as same:
                return replace(
                    part,
                    changed=visit.site_map.changed,
                    validators=same.validators,
                    note=None,
                    waited=0,
                )
            case Fetched() as got:
                self._wire_bytes += got.wire_bytes
                return _part_of(visit, got)

    def _keep(self, part: Part) -> None:
        """Keep a part while there is room in the body; what has none is fetched again."""
        if self._bytes + len(part.body) > self._gatherer.policy.max_body_bytes:
            self._left_out += 1
            return
        self._bytes += len(part.body)
        self._parts.append(part)

    def result(self, plan: Itinerary) -> Fetched | FetchFailed:
        if self._failed is not None and not any(part.body for part in self._parts):
            return self._as_a_whole(self._failed)
        if refused := self._without_news(plan):
            return refused
        notes = plan.notes + ((waiting(self._late),) if self._late else ())
        if self._left_out:
            notes += (f"{self._left_out} site maps left out: see COPYDESK_MAX_BODY_BYTES",)
        index = Part(url=self._index.url, content_type=self._index.content_type)
        gathered = Gathered(index=index, parts=tuple(self._parts), notes=notes)
        return replace(
            self._index,
            body=pack(gathered),
            content_type=MEDIA_TYPE,
            validators=self._validators(plan),
            wire_bytes=self._wire_bytes,
            elapsed_ms=self._elapsed_ms,
        )

    def _validators(self, plan: Itinerary) -> Validators:
        """None while there is something to ask for though the index stays as it is."""
        known = {part.url for part in self._parts if not part.news}
        settled = not self._late and all(
            visit.is_dated and visit.wanted == visit.ask
            for visit in plan.visits
            if visit.site_map.url not in known
        )
        return self._index.validators if settled and not self._failed else Validators()

    def _without_news(self, plan: Itinerary) -> FetchFailed | None:
        if any(part.news for part in self._parts) or self._late or self._left_out:
            return None
        return self._as_a_whole(
            FetchFailed(
                kind=Failure.NOT_A_FEED,
                detail=f"an index of {len(plan.visits)} site maps, none of which has news: ask the "
                "publisher for its news site map or its feed",
                url=self._index.url,
                status=self._index.status,
            )
        )

    def _as_a_whole(self, failed: FetchFailed) -> FetchFailed:
        return replace(
            failed,
            hints=self._index.hints,
            redirects=self._index.redirects,
            wire_bytes=self._wire_bytes,
            elapsed_ms=self._elapsed_ms,
        )

    @property
    def _elapsed_ms(self) -> int:
        return self._index.elapsed_ms + round((time.monotonic() - self._started) * 1000)


def _part_of(visit: Visit, got: Fetched) -> Part:
    """A site map that was read now; of one without news only that it has none."""
    news = has_news(got.body)
    return Part(
        url=visit.site_map.url,
        body=got.body if news else b"",
        content_type=got.content_type if news else None,
        changed=visit.site_map.changed,
        validators=got.validators if news else Validators(),
        news=news,
    )
