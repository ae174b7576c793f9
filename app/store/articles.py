"""Stories and sources as far as the NewsAPI dialect shows them: no more is read."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Final

from sqlalchemy import func, select

from app.core.newsapi.article import FIRST_CHARS, Article, ArticleSource
from app.core.newsapi.categories import TOPICS, categories_of
from app.core.story import StoryStatus
from app.store.engine import ReadSession
from app.store.models import feeds, sources, stories, story_tags, texts
from app.store.tags import tag_id

LOOKED_AT: Final = 10_000
"""The newest stories, by which a source's language and category are told."""


async def load_articles(session: ReadSession, ids: Sequence[int]) -> list[Article]:
    """Articles in the order of `ids`."""
    columns = (
        stories.c.id,
        stories.c.authors,
        stories.c.title,
        stories.c.summary,
        stories.c.url,
        stories.c.image_url,
        stories.c.published_at,
        sources.c.domain,
        sources.c.name,
        func.substr(texts.c.text, 1, FIRST_CHARS).label("beginning"),
        func.length(texts.c.text).label("chars"),
    )
    rows = await session.execute(
        select(*columns)
        .join(sources, sources.c.id == stories.c.source_id)
        .join(texts, texts.c.story_id == stories.c.id)
        .where(stories.c.id.in_(ids))
    )
    found = {
        row.id: Article(
            domain=row.domain,
            source_name=row.name,
            authors=row.authors,
            title=row.title,
            summary=row.summary,
            url=row.url,
            image_url=row.image_url,
            published_at=row.published_at,
            text=row.beginning,
            chars=row.chars,
        )
        for row in rows
    }
    return [found[story_id] for story_id in ids if story_id in found]


async def unknown_domains(session: ReadSession, domains: Collection[str]) -> list[str]:
    """Those that no source has, in order."""
    rows = await session.execute(select(sources.c.domain).where(sources.c.domain.in_(domains)))
    return sorted(set(domains) - set(rows.scalars()))


async def article_sources(session: ReadSession) -> list[ArticleSource]:
    """Every source that has a feed or a story, by its domain.

    Language and category are those of most of its stories among the newest LOOKED_AT; of a source
    with none there, the language of its feeds.
    """
    low = await _newest_low(session)
    languages = await _languages(session, low)
    topics = await _topics(session, low)
    of_feeds = await _feeds(session)
    rows = await session.execute(select(sources).order_by(sources.c.domain))
    found: list[ArticleSource] = []
    for row in rows:
        spoken = languages.get(row.id, {})
        site_url, title, language = of_feeds.get(row.id, (None, None, None))
        found.append(
            ArticleSource(
                domain=row.domain,
                name=row.name,
                country=row.country,
                site_url=site_url,
                description=title,
                language=max(spoken, key=lambda code: (spoken[code], code or ""), default=language),
                categories=categories_of(sum(spoken.values()), topics.get(row.id, {})),
            )
        )
    return found


async def _newest_low(session: ReadSession) -> int:
    rows = await session.execute(
        select(stories.c.id).order_by(stories.c.id.desc()).offset(LOOKED_AT - 1).limit(1)
    )
    return rows.scalar_one_or_none() or 0


async def _languages(session: ReadSession, low: int) -> dict[int, dict[str | None, int]]:
    """How many live stories from an id on each source has, by language."""
    rows = await session.execute(
        select(stories.c.source_id, stories.c.language, func.count().label("stories"))
        .where(stories.c.id >= low, stories.c.status == StoryStatus.LIVE.value)
        .group_by(stories.c.source_id, stories.c.language)
    )
    found: dict[int, dict[str | None, int]] = {}
    for row in rows:
        found.setdefault(row.source_id, {})[row.language] = row.stories
    return found


async def _topics(session: ReadSession, low: int) -> dict[int, dict[str, int]]:
    """How many live stories from an id on each source has, by the topics of the categories."""
    codes = {tag_id("medtop", code): code for code in TOPICS.values()}
    rows = await session.execute(
        select(stories.c.source_id, story_tags.c.tag_id, func.count().label("stories"))
        .join(stories, stories.c.id == story_tags.c.story_id)
        .where(story_tags.c.tag_id.in_(codes), story_tags.c.story_id >= low)
        .group_by(stories.c.source_id, story_tags.c.tag_id)
    )
    found: dict[int, dict[str, int]] = {}
    for row in rows:
        found.setdefault(row.source_id, {})[codes[row.tag_id]] = row.stories
    return found


async def _feeds(session: ReadSession) -> dict[int, tuple[str | None, str | None, str | None]]:
    """Site, title and language of each source's first feed."""
    rows = await session.execute(
        select(feeds.c.source_id, feeds.c.site_url, feeds.c.title, feeds.c.language).order_by(
            feeds.c.id.desc()
        )
    )
    return {row.source_id: (row.site_url, row.title, row.language) for row in rows}
