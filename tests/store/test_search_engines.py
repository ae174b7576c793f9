"""Both engines give the same stories, in the same order, as the pure evaluation of a search."""

from __future__ import annotations

import os
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property

import pytest
from sqlalchemy import insert, update

from app.core.identity import ID_RANDOM_BITS, story_id
from app.core.search.conditions import condition_of, wanted_clauses_of
from app.core.search.evaluate import Judged, holds
from app.core.search.facets import StorySource
from app.core.search.index import Indexable, IndexTerms, index_terms, times_of
from app.core.search.query import Field
from app.core.search.query_parse import parse_query
from app.core.search.rank import idf_of, ranked_clause, score
from app.core.search.search import ALWAYS, Search, Sort, Span
from app.core.story import Tag, TagBy
from app.store.engine import Database
from app.store.find import Page, Place, count_stories, find_stories
from app.store.models import log_head, sources, stories
from app.store.search import IndexRow, index_stories
from app.store.tags import replace_tags

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
SEED = int(os.environ.get("SEARCH_SEED", "20"))
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

    @cached_property
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
    await add(database, samples)


async def add(database: Database, samples: Sequence[Sample]) -> None:
    if not samples:
        return
    async with database.write() as session:
        await session.execute(stories.insert(), [row(sample) for sample in samples])
        await replace_tags(session, [(s.id, tags(s)) for s in samples])
        await index_stories(
            session, [IndexRow(story_id=s.id, terms=s.terms, times=s.times) for s in samples]
        )
        await session.execute(update(log_head).values(seq=log_head.c.seq + len(samples)))


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


def expected(samples: Sequence[Sample], search: Search) -> list[int]:
    """The ids that match, in order, told without an index."""
    tree = search.tree
    condition = None if tree is None else condition_of(tree, search.field, LANGUAGES)
    spans = (("published_at", search.published), ("ingested_at", search.ingested))
    found = [
        sample
        for sample in samples
        if (condition is None or holds(condition, Judged(sample.terms, sample.times)))
        and all(within(span, getattr(sample, name)) for name, span in spans)
        and within(search.updated, sample.updated_at)
    ]
    return [sample.id for sample in sorted(found, key=ORDERS[search.sort], reverse=True)]


ORDERS: dict[Sort, Callable[[Sample], object]] = {
    Sort.PUBLISHED: lambda sample: sample.id,
    Sort.INGESTED: lambda sample: (sample.ingested_at, sample.id),
    Sort.UPDATED: lambda sample: (sample.updated_at, sample.id),
}


def within(span: Span, at: datetime) -> bool:
    after = span.after is None or at >= span.after
    return after and (span.before is None or at < span.before)


def random_span(chance: random.Random) -> Span:
    ends = sorted(NOW - timedelta(hours=chance.randrange(24 * 95)) for _ in range(2))
    after, before = (end if chance.random() < 0.7 else None for end in ends)
    return Span(after=after, before=before)


def random_search(chance: random.Random) -> Search:
    tree = parse_query(random_query(chance), max_chars=None) if chance.random() < 0.8 else None
    spans = [random_span(chance) if chance.random() < 0.25 else ALWAYS for _ in range(3)]
    return Search(
        text=tree,
        field=chance.choice((Field.TEXT, Field.TEXT, Field.TITLE, Field.BODY)),
        published=spans[0],
        ingested=spans[1],
        updated=spans[2],
        sort=chance.choice(list(ORDERS)),
    )


async def test_an_engine_finds_what_is_found_without_an_index(database: Database) -> None:
    chance = random.Random(SEED)
    samples = sample_stories(chance, SAMPLES)
    await load(database, samples)
    for _ in range(QUERIES):
        search = random_search(chance)
        wanted = expected(samples, search)
        found, _ = await every_page(database, search, 100)
        assert found == wanted, (str(search.tree), search)
        async with database.read() as session:
            assert await count_stories(session, search, 10_000, NOW) == len(wanted), search


async def test_an_engine_ranks_as_is_told_without_an_index(database: Database) -> None:
    chance = random.Random(SEED)
    samples = sample_stories(chance, SAMPLES)
    await load(database, samples)
    for _ in range(QUERIES // 4):
        search = Search(text=parse_query(random_query(chance), max_chars=None), sort=Sort.RELEVANCE)
        found, _ = await every_page(database, search, 60)
        assert found == ranked(samples, search), str(search.tree)


def ranked(samples: Sequence[Sample], search: Search) -> list[int]:
    everything = Search()
    clauses = [
        ranked_clause(
            clause,
            LANGUAGES,
            idf_of(
                sum(holds(clause.condition, Judged(s.terms)) for s in samples),
                len(expected(samples, everything)),
            ),
        )
        for clause in wanted_clauses_of(search, LANGUAGES)
    ]
    now_ms = int(NOW.timestamp() * 1000)
    by_id = {sample.id: sample for sample in samples}
    scored = [
        (
            score(
                by_id[found].terms.weights,
                clauses,
                published_ms=found >> ID_RANDOM_BITS,
                now_ms=now_ms,
            ),
            found,
        )
        for found in expected(samples, Search(text=search.text, field=search.field))
    ]
    return [found for _, found in sorted(scored, reverse=True)]


@pytest.mark.parametrize("sort", list(Sort))
async def test_a_walk_meets_what_was_there_once_while_stories_arrive(
    database: Database, sort: Sort
) -> None:
    """Whatever arrives meanwhile, in front of the walk or behind it: nothing of what was there at
    its beginning is missed, and nothing at all is met twice.
    """
    chance = random.Random(SEED)
    samples = sample_stories(chance, 400)
    there, coming = samples[:200], samples[200:]
    await load(database, there)
    search = Search(text=parse_query("minister OR 東京 OR 북한 OR missile OR the"), sort=sort)
    whole, _ = await every_page(database, search, 100)
    met: list[int] = []
    after: Place | None = None
    while True:
        async with database.read() as session:
            page = await find_stories(session, search, after=after, limit=5, now=NOW)
        met += page.ids
        if page.following is None:
            break
        after = page.following
        arriving, coming = coming[:10], coming[10:]
        await add(database, arriving)
    assert len(whole) > 50
    assert len(met) == len(set(met))
    assert set(whole) <= set(met)
    assert [found for found in met if found in set(whole)] == whole
