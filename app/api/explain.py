"""Why a search finds what it finds: `/v1/stories:explain`."""

from __future__ import annotations

from typing import Annotated, Any, Final

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from app.api.deps import DepsDep, Reading
from app.api.parameters import UnorderedDep
from app.api.replies import reply
from app.api.schemas import problems
from app.api.schemas_explain import ExplainAnswer, ExplainedPart
from app.core.search.evaluate import Judged
from app.core.search.explain import Explained, Joined, Part, explain, parts_of
from app.core.search.index import index_terms
from app.core.search.query import Filter
from app.core.search.search import Search, Span
from app.errors import FieldError, Invalid, NotFound
from app.store.asking import Asked, ask, story_languages
from app.store.engine import ReadSession
from app.store.find import COUNT_BOUND
from app.store.reindex import StoredStory, read_story
from app.store.tag_edits import with_merges
from app.store.walk import count_found

MAX_PARTS: Final = 100
_NOTHING: Final = dict.fromkeys(ExplainedPart.model_fields)
router = APIRouter(prefix="/v1", tags=["stories"])


@router.get("/stories:explain", response_model=ExplainAnswer, responses=problems(400, 401, 404))
async def explain_search(
    request: Request,
    session: Reading,
    deps: DepsDep,
    search: UnorderedDep,
    story: Annotated[
        int | None,
        Query(ge=0, lt=1 << 63, description="A story: does it match, and what of it does not?"),
    ] = None,
) -> Response:
    """The search as it was read, how many stories each part of it finds, and what a story lacks."""
    now = deps.clock()
    languages = await story_languages(session)
    stored = None if story is None else await _stored(session, story)
    judged = None if stored is None else Judged(index_terms(stored.words))
    search = await with_merges(session, search)
    tree = search.tree
    explained = None if tree is None else explain(tree, search.field, languages, judged)
    parts = [] if explained is None else parts_of(explained)
    if len(parts) > MAX_PARTS:
        raise _too_many(len(parts))
    counts = {id(part): await _count(session, part) for part in parts}
    total = await count_found(
        session, ask(session.dialect, search, languages, now), COUNT_BOUND + 1
    )
    times = _times(search, stored)
    matches = None
    if stored is not None:
        held = True if explained is None else bool(explained.holds)
        matches = held and all(time["holds"] for time in times)
    data = {
        "q": None if search.text is None else str(search.text),
        "search_in": search.field.value,
        "languages": languages,
        "tree": None if explained is None else _shape(explained, counts),
        "times": times,
        **_bounded(total),
        "story": None if stored is None else {"id": str(stored.id), "matches": matches},
    }
    return reply(request, {"data": data})


async def _stored(session: ReadSession, story_id: int) -> StoredStory:
    stored = await read_story(session, story_id)
    if stored is None:
        raise NotFound(f"there is no story {story_id}: GET /v1/stories lists them")
    return stored


async def _count(session: ReadSession, part: Part) -> int:
    asked = Asked(dialect=session.dialect, condition=part.condition)
    return await count_found(session, asked, COUNT_BOUND + 1)


def _shape(explained: Explained, counts: dict[int, int]) -> dict[str, Any]:
    """Every part with every field: null for what it does not have."""
    if isinstance(explained, Joined):
        return _NOTHING | {
            "operator": explained.operator,
            "parts": [_shape(part, counts) for part in explained.parts],
            "holds": explained.holds,
        }
    shape = _NOTHING | _bounded(counts[id(explained)]) | {"holds": explained.holds}
    if isinstance(explained.leaf, Filter):
        return shape | {"filter": str(explained.leaf)}
    return shape | {
        "words": str(explained.leaf),
        "field": explained.field and explained.field.value,
        "terms": list(explained.terms),
        "forms": list(explained.forms),
    }


def _bounded(counted: int) -> dict[str, Any]:
    return {
        "total": min(counted, COUNT_BOUND),
        "total_relation": "eq" if counted <= COUNT_BOUND else "gte",
    }


def _times(search: Search, stored: StoredStory | None) -> list[dict[str, Any]]:
    """The bounds on times, and whether the story lies within each."""
    spans = {"published": search.published, "ingested": search.ingested, "updated": search.updated}
    return [
        {
            "time": kind,
            "after": span.after,
            "before": span.before,
            "holds": None if stored is None else _lies_within(span, stored, kind),
        }
        for kind, span in spans.items()
        if span
    ]


def _lies_within(span: Span, stored: StoredStory, kind: str) -> bool:
    at = getattr(stored, f"{kind}_at")
    after = span.after is None or at >= span.after
    return bool(after and (span.before is None or at < span.before))


def _too_many(parts: int) -> Invalid:
    detail = f"{parts} words and filters are more than can be explained at once: send fewer"
    return Invalid(detail, errors=(FieldError(detail=detail),))
