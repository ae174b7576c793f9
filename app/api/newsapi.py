"""NewsAPI v2's routes over our own search, for programs that were written for that service.

They are not in the API's description: docs/newsapi.md says what they answer, and what differs.
"""

from __future__ import annotations

from typing import Any, Final

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response

from app.api.callers import Caller, anybody, may_read_by
from app.api.deps import Deps, DepsDep, LenientRoute, Reading
from app.api.newsapi_faults import NO_STORE, PREFIXES
from app.api.replies import encode
from app.core.newsapi.article import ArticleSource, article_shape, source_shape
from app.core.newsapi.asked import (
    ArticlesAsked,
    SourcesAsked,
    everything_asked,
    headlines_asked,
    sources_asked,
)
from app.core.newsapi.faults import ApiKeyMissing, SourceDoesNotExist
from app.core.newsapi.given import given_of
from app.store.articles import article_sources, load_articles, unknown_domains
from app.store.engine import ReadSession
from app.store.find import count_stories, find_stories

KEY_PARAMETER: Final = "apikey"


async def may_read_dialect(request: Request, deps: DepsDep) -> Caller:
    """Let the caller read, with the key in any of the forms that NewsAPI takes it in."""
    secret = dialect_key(request)
    if secret is not None:
        return await may_read_by(request, secret, deps)
    if deps.reading_is_open:
        return anybody(request, deps)
    raise ApiKeyMissing(
        "the API key is missing: send it as the header X-Api-Key, as Authorization, or as the "
        "parameter apiKey"
    )


def dialect_key(request: Request) -> str | None:
    """What is meant for the dialect alone comes first: clients add Authorization unasked."""
    if own := request.headers.get("x-api-key", "").strip():
        return own
    for name, value in request.query_params.multi_items():
        if name.lower() == KEY_PARAMETER and value.strip():
            return value.strip()
    header = request.headers.get("authorization", "").strip()
    scheme, _, rest = header.partition(" ")
    return (rest.strip() if scheme.lower() == "bearer" else header) or None


router = APIRouter(
    route_class=LenientRoute, dependencies=[Depends(may_read_dialect)], include_in_schema=False
)


async def everything(request: Request, session: Reading, deps: DepsDep) -> Response:
    """Stories by words, sources, domains and times."""
    asked = everything_asked(given_of(request.query_params.multi_items()))
    return _reply(await _articles(session, asked, deps))


async def top_headlines(request: Request, session: Reading, deps: DepsDep) -> Response:
    """The newest stories of a country, category or source."""
    asked = headlines_asked(given_of(request.query_params.multi_items()))
    return _reply(await _articles(session, asked, deps))


async def sources(request: Request, session: Reading) -> Response:
    """The publishers."""
    asked = sources_asked(given_of(request.query_params.multi_items()))
    found = [source for source in await article_sources(session) if _wanted(source, asked)]
    return _reply({"status": "ok", "sources": [source_shape(source) for source in found]})


for _prefix in PREFIXES:
    router.get(f"{_prefix}/everything")(everything)
    router.get(f"{_prefix}/top-headlines")(top_headlines)
    router.get(f"{_prefix}/sources")(sources)
    router.get(f"{_prefix}/top-headlines/sources")(sources)


async def _articles(session: ReadSession, asked: ArticlesAsked, deps: Deps) -> dict[str, Any]:
    if asked.sources and (unknown := await unknown_domains(session, asked.sources)):
        raise SourceDoesNotExist(
            f"there is no source {unknown[0][:100]!r}: /v2/sources lists the ids of those there are"
        )
    if asked.search is None:
        return {"status": "ok", "totalResults": 0, "articles": []}
    now = deps.clock()
    total = await count_stories(session, asked.search, asked.bound, now)
    ids: tuple[int, ...] = ()
    if asked.skip < total and asked.size:
        limit = asked.skip + asked.size
        page = await find_stories(session, asked.search, after=None, limit=limit, now=now)
        ids = page.ids[asked.skip :]
    articles = await load_articles(session, ids)
    return {
        "status": "ok",
        "totalResults": total,
        "articles": [article_shape(article) for article in articles],
    }


def _wanted(source: ArticleSource, asked: SourcesAsked) -> bool:
    return (
        (asked.category is None or asked.category in source.categories)
        and (asked.language is None or asked.language == source.language)
        and (asked.country is None or asked.country == (source.country and source.country.lower()))
    )


def _reply(payload: dict[str, Any]) -> Response:
    return Response(encode(payload), media_type="application/json", headers=NO_STORE)
