"""Both engines give the same stories, in the same order, as the pure evaluation of a search."""

from __future__ import annotations

import os
import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import insert

from app.core.conditions import Condition, condition_of
from app.core.evaluate import holds
from app.core.facets import StorySource
from app.core.identity import story_id
from app.core.index import Indexable, IndexTerms, index_terms, times_of
from app.core.query import Field
from app.core.query_parse import parse_query
from app.core.search import Search
from app.core.story import Tag, TagBy
from app.store.engine import Database
from app.store.find import Page, Place, count_stories, find_stories
from app.store.models import sources, stories
from app.store.search import IndexRow, index_stories
from app.store.tags import replace_tags

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
SAMPLES = int(os.environ.get("SEARCH_SAMPLES", "500"))
QUERIES = int(os.environ.get("SEARCH_QUERIES", "200"))
LANGUAGES = ("en", "fr", "de", "ru", "ja", "ko", "zh")
WORDS = {
    "en": "minister ministers missile missiles talks talk trade U.S. self-defence Korea's said "
    "north korean 1,000 3.5 the of naïve run running",
    "fr": "ministre ministres réforme réformes l'État qu'il missile école écoles naïve",
    "de": "Häuser Haus Straße Strasse Minister Rakete Raketen Länder Land",
    "ru": "ракета ракеты министр министры сказал новый новая",
    "ja": "東京 外相 北朝鮮 ミサイル G7サミット 会談 ﾐｻｲﾙ 都 東京都知事 発射",
    "ko": "북한 미사일 외무상 회담 서울 북한의",
    "zh": "朝鲜 导弹 外长 会谈 北京 G7峰会",
}


@dataclass(frozen=True)
class Sample:
    id: int
    story: Indexable
    terms: IndexTerms
    published_at: datetime
    ingested_at: datetime
    updated_at: datetime

    @property
    def times(self) -> list[str]:
        return times_of(
            published_at=self.published_at,
            ingested_at=self.ingested_at,
            updated_at=self.updated_at,
        )


def sample_stories(chance: random.Random, count: int) -> list[Sample]:
    return [sample_story(chance, number) for number in range(count)]


def sample_story(chance: random.Random, number: int) -> Sample:
    language = chance.choice(LANGUAGES)
    words = WORDS[language].split()
    gap = "" if language in ("ja", "zh") else " "
    published_at = NOW - timedelta(seconds=chance.randrange(60 * 60 * 24 * 90) // 7 * 7)
    ingested_at = min(NOW, published_at + timedelta(seconds=chance.choice((0, 60, 86_400 * 3))))
    story = Indexable(
        title=gap.join(chance.choices(words, k=chance.randrange(2, 7))),
        text=gap.join(chance.choices(words, k=chance.randrange(0, 30))),
        language=chance.choice((language, language, None)),
        tags=tuple(
            sorted(
                set(
                    chance.choices(
                        ("agency:kyodo", "place:jp", "category:world", "medtop:20000065"), k=2
                    )
                )
            )
        ),
        authors=tuple(chance.choices(("Jane Doe", "Doe, John", "山田太郎"), k=1)),
        url=chance.choice((None, "https://news.example.co.uk/a", "https://example.org/b")),
        source=chance.choice(
            (
                StorySource(id=1, domain="example.co.uk", country="GB"),
                StorySource(id=2, domain="example.org"),
            )
        ),
    )
    return Sample(
        id=story_id(published_at, number),
        story=story,
        terms=index_terms(story),
        published_at=published_at,
        ingested_at=ingested_at,
        updated_at=max(published_at, ingested_at),
    )


async def load(database: Database, samples: Sequence[Sample]) -> None:
    async with database.write() as session:
        for source_id, domain in ((1, "example.co.uk"), (2, "example.org")):
            await session.execute(
                insert(sources).values(id=source_id, domain=domain, created_at=NOW)
            )
        await session.execute(stories.insert(), [row(sample) for sample in samples])
        await replace_tags(session, [(s.id, tags(s)) for s in samples])
        await index_stories(
            session, [IndexRow(story_id=s.id, terms=s.terms, times=s.times) for s in samples]
        )


def tags(sample: Sample) -> tuple[Tag, ...]:
    if sample.story.language is None:
        return ()
    code = sample.story.language
    return (Tag(scheme="lang", code=code, name=code, by=TagBy.RULE),)


def row(sample: Sample) -> dict[str, object]:
    story = sample.story
    return {
        "id": sample.id,
        "source_id": story.source.id,
        "identity": sample.id,
        "title": story.title,
        "title_hash": 0,
        "language": story.language,
        "authors": list(story.authors),
        "published_at": sample.published_at,
        "published_from": "published",
        "published_rule": "iso8601",
        "updated_at": sample.updated_at,
        "ingested_at": sample.ingested_at,
        "revised_at": sample.ingested_at,
        "enclosures": [],
        "tags": [],
        "word_count": 0,
        "revision": 1,
        "content_hash": 0,
    }


def random_query(chance: random.Random, depth: int = 0) -> str:
    words = WORDS[chance.choice(LANGUAGES)].split()
    kind = chance.random()
    if depth > 2 or kind < 0.4:
        word = chance.choice(words)
        return chance.choice(("", "", "", "-", "title:", "body:")) + word
    if kind < 0.5:
        return f'"{" ".join(chance.choices(words, k=2))}"'
    if kind < 0.57:
        pair = chance.choices([word for word in words if len(word) > 1], k=2)
        return f'"{" ".join(pair)}"~{chance.randrange(1, 6)}'
    if kind < 0.63:
        return f"{chance.choice(('mini', 'miss', 'tal', 'раке', '北', '東', '북'))}*"
    if kind < 0.7:
        return chance.choice(
            (
                "lang:en",
                "-lang:ja",
                "tag:place:jp",
                "author:doe",
                'author:"jane doe"',
                "source:1",
                "domain:co.uk",
                "domain:example.co.uk",
                "country:GB",
                "agency:kyodo",
                "tag:medtop:11000000",
            )
        )
    joint = chance.choice((" ", " OR ", " AND ", " NOT "))
    inner = joint.join(random_query(chance, depth + 1) for _ in range(chance.randrange(2, 4)))
    return chance.choice((f"({inner})", f"-({inner})", f"({inner})"))


async def every_page(
    database: Database, search: Search, limit: int
) -> tuple[list[int], list[Page]]:
    ids: list[int] = []
    pages: list[Page] = []
    after: Place | None = None
    while True:
        async with database.read() as session:
            page = await find_stories(session, search, after=after, limit=limit, now=NOW)
        pages.append(page)
        ids += page.ids
        if page.following is None:
            return ids, pages
        after = page.following


def expected(samples: Sequence[Sample], condition: Condition) -> list[int]:
    return sorted((s.id for s in samples if holds(condition, s.terms, s.times)), reverse=True)


async def test_an_engine_finds_what_the_evaluation_finds(database: Database) -> None:
    chance = random.Random(20)
    samples = sample_stories(chance, SAMPLES)
    await load(database, samples)
    for _ in range(QUERIES):
        text = random_query(chance)
        tree = parse_query(text, max_chars=None)
        field = chance.choice((Field.TEXT, Field.TEXT, Field.TITLE, Field.BODY))
        wanted = expected(samples, condition_of(tree, field, LANGUAGES))
        search = Search(text=tree, field=field)
        found, _ = await every_page(database, search, 100)
        assert found == wanted, text
        async with database.read() as session:
            assert await count_stories(session, search, 10_000, NOW) == len(wanted), text
