"""What the stories that match have in common, and when they came: facets, timeline, coverage."""

from __future__ import annotations

from datetime import timedelta
from functools import cache
from typing import Annotated, Any, Final
from zoneinfo import ZoneInfo, available_timezones

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from app.api.deps import DepsDep, Reading
from app.api.parameters import UnorderedDep
from app.api.replies import reply
from app.api.schemas import problems
from app.api.schemas_insights import FacetAnswer, TimelineAnswer
from app.api.shapes import source_shape
from app.core.search.timeline import Bucket, Interval, buckets, fold, window_of
from app.core.tag import fold_code
from app.errors import FieldError, Invalid
from app.store.coverage import Coverage, FeedGap
from app.store.engine import EPOCH
from app.store.facets import Facet, FacetCounts, FacetKind, count_facets
from app.store.timeline import count_by_quarter

MAX_FACETS: Final = 10
_NO_ZONES: Final = frozenset({"localtime", "Factory"})
"""Files among those of the zones that are none: they stand for whatever the host is set to."""

_KINDS: Final = {kind.value: kind for kind in FacetKind}
MINUTE: Final = timedelta(minutes=1)
router = APIRouter(prefix="/v1", tags=["stories"])


@router.get("/stories/facets", response_model=FacetAnswer, responses=problems(400, 401))
async def facets(
    request: Request,
    session: Reading,
    deps: DepsDep,
    search: UnorderedDep,
    facet: Annotated[
        list[str],
        Query(
            min_length=1,
            max_length=MAX_FACETS,
            description="What to count: `tag` (of all schemes), `tag:SCHEME`, `source`, `domain`, "
            "`country`, `lang`, `agency`, `author`. Repeat it.",
            examples=["tag:medtop"],
        ),
    ],
    facet_limit: Annotated[int, Query(ge=1, le=100, description="Values of each facet.")] = 20,
) -> Response:
    """Count the commonest tags, sources, languages, agencies or authors of what matches.

    Counted are the newest 10,000 stories that match; `meta` says whether those are all.
    """
    wanted = {name: _facet(name) for name in dict.fromkeys(facet)}
    found = await count_facets(
        session, search, list(wanted.values()), limit=facet_limit, now=deps.clock()
    )
    data = {"facets": [_facet_shape(name, found.found[f]) for name, f in wanted.items()]}
    meta = {
        "counted": found.counted,
        "total": found.counted,
        "total_relation": "gte" if found.more else "eq",
    }
    return reply(request, {"data": data, "meta": meta})


@router.get("/stories/timeline", response_model=TimelineAnswer, responses=problems(400, 401))
async def timeline(
    request: Request,
    session: Reading,
    deps: DepsDep,
    search: UnorderedDep,
    interval: Annotated[
        Interval, Query(description="Hours, days, or weeks from Monday.")
    ] = Interval.DAY,
    tz: Annotated[
        str,
        Query(
            max_length=64,
            description="The IANA time zone whose days are meant.",
            examples=["Europe/Paris"],
        ),
    ] = "UTC",
) -> Response:
    """Count what matches by the hour, day or week of its publication, beside all stories.

    Without `published_after` it goes back 48 hours, 31 days or 26 weeks; at most 1,000 buckets.
    """
    # Up to the end of this minute: an answer that is the same for a while can be a 304.
    now = deps.clock()
    now += -(now - EPOCH) % MINUTE
    window = window_of(search.published, interval, now)
    cut = buckets(window, interval, _zone(tz))
    series = await count_by_quarter(session, search, window, now)
    counts, totals = fold(cut, series.matching), fold(cut, series.every)
    rows = zip(cut, counts, totals, strict=True)
    meta = {
        "from": window[0],
        "to": window[1],
        "interval": interval.value,
        "tz": tz,
        "count": sum(counts),
        "total": sum(totals),
    }
    data = {"buckets": [bucket_shape(*row) for row in rows]}
    return reply(request, {"data": data, "meta": meta})


def coverage_shape(coverage: Coverage) -> dict[str, Any]:
    """`meta.coverage` of a list of stories, as `CoverageOut` describes it."""
    covered = coverage.covered
    return {
        "from": coverage.start,
        "to": coverage.end,
        "feeds": covered.feeds,
        "healthy": covered.healthy,
        "with_gaps": covered.with_gaps,
        "paused": covered.paused,
        "quarantined": covered.quarantined,
        "gaps": [_gap_shape(gap) for gap in coverage.gaps],
        "gaps_total": covered.gaps_total,
    }


def _gap_shape(found: FeedGap) -> dict[str, Any]:
    return {
        "feed_id": str(found.feed_id),
        "title": found.title,
        "source": source_shape(found.source),
        "from": found.gap.start,
        "to": found.gap.end,
        "reason": found.gap.reason.value,
        "failure": found.gap.failure and found.gap.failure.value,
    }


def _facet(name: str) -> Facet:
    kind, colon, rest = name.partition(":")
    scheme = fold_code(rest)
    if not colon and kind in _KINDS:
        return Facet(kind=_KINDS[kind])
    if kind == FacetKind.TAG and scheme is not None:
        return Facet(kind=FacetKind.TAG, scheme=scheme)
    allowed = ", ".join(_KINDS)
    raise _invalid("facet", f"{name!r} cannot be counted: send one of {allowed}, or tag:SCHEME")


def _zone(name: str) -> ZoneInfo:
    if name not in _zones() or name in _NO_ZONES:
        raise _invalid("tz", f"{name!r} is no IANA time zone: send one such as Europe/Paris")
    return ZoneInfo(name)


@cache  # it reads the whole database of zones
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())


def _facet_shape(name: str, counts: FacetCounts) -> dict[str, Any]:
    values = [{"value": v.value, "name": v.name, "count": v.count} for v in counts.values]
    return {"facet": name, "values": values, "other": counts.other}


def bucket_shape(bucket: Bucket, count: int, total: int) -> dict[str, Any]:
    """A bucket of a timeline, as `BucketOut` describes it."""
    return {
        "start": bucket.start,
        "count": count,
        "total": total,
        "ratio": round(count / total, 6) if total else None,
        "partial": bucket.partial,
    }


def _invalid(parameter: str, detail: str) -> Invalid:
    return Invalid(
        f"{parameter}: {detail}", errors=(FieldError(parameter=parameter, detail=detail),)
    )
