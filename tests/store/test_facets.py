"""Counting the values of filters over what matches, the same on both engines."""

from __future__ import annotations

from dataclasses import replace

import pytest

from app.core.language import LANGUAGES
from app.core.search.filters import any_value, filter_of
from app.core.search.query import FilterKind
from app.core.search.query_parse import parse_query
from app.core.search.search import Search
from app.store import facets as facets_of_store
from app.store.engine import Database
from app.store.facets import Facet, FacetCounts, FacetKind, Facets, count_facets
from app.store.find import count_stories
from app.store.sources import set_country
from tests.plans import NOW, add, apply, claim, entry, plan

KINDS = [Facet(kind=kind) for kind in FacetKind] + [Facet(kind=FacetKind.TAG, scheme="category")]
WORLD, PORT = "World News", "Port"
HARBOUR = [
    replace(
        entry("a", title="Ferry sails", categories=(WORLD, PORT)), authors=("Ann Lee", "Bo Roe")
    ),
    replace(entry("b", title="Ferry waits", categories=(WORLD,)), authors=("ANN LEE",)),
    replace(entry("c", title="Ferry sinks", categories=(WORLD, "Ünfall")), authors=("Ann Lee",)),
    replace(
        entry("d", title="東京港で新しい岸壁が完成", body="東京港の岸壁が完成し、船が着いた。"),
        authors=("山田", "Zoe Ax", "Äsa Ek"),
    ),
]
COAST = [
    replace(
        entry(name, title=title, categories=categories, site="https://coast.example"),
        authors=("Kim Poe",),
    )
    for name, title, categories in (
        ("e", "Ferry again", ("port", "Äpfel")),
        ("f", "Tuna sold", ("𝔘rgent", "ｆｕｌｌ")),
    )
]


@pytest.fixture
async def stocked(database: Database) -> Database:
    """Six stories of two sources, four of them with a ferry in the title."""
    told = {
        await add(database, "harbour", domain="harbour.example"): HARBOUR,
        await add(database, "coast", domain="coast.example"): COAST,
    }
    async with database.write() as session:
        await set_country(session, 1, "JP")
    for feed in await claim(database):
        await apply(database, await plan(database, feed, *told[feed.id]))
    return database


async def counted(
    database: Database, *wanted: Facet, q: str | None = None, limit: int = 20
) -> Facets:
    search = Search(text=None if q is None else parse_query(q))
    async with database.read() as session:
        return await count_facets(session, search, wanted, limit=limit, now=NOW)


async def values(
    database: Database, kind: str, q: str | None = None, *, scheme: str | None = None
) -> list[tuple[str, str | None, int]]:
    facet = Facet(kind=FacetKind(kind), scheme=scheme)
    found = await counted(database, facet, q=q)
    return [(v.value, v.name, v.count) for v in found.found[facet].values]


async def test_each_kind(stocked: Database):
    assert await values(stocked, "source") == [
        ("1", "News of the harbour", 4),
        ("2", "News of the harbour", 2),
    ]
    assert [(v, n) for v, _, n in await values(stocked, "domain")] == [
        ("harbour.example", 4),
        ("coast.example", 2),
    ]
    assert await values(stocked, "country") == [("JP", None, 4)]
    authors = await values(stocked, "author")
    assert [(v, n) for v, _, n in authors] == [
        ("Ann Lee", 3),
        ("Kim Poe", 2),
        ("Bo Roe", 1),
        ("Zoe Ax", 1),
        ("Äsa Ek", 1),
        ("山田", 1),
    ]
    assert all(value == name for value, name, _ in authors)
    languages = {v: n for v, _, n in await values(stocked, "lang")}
    assert languages["ja"] == 1
    assert set(languages) <= LANGUAGES


async def test_tags_of_one_scheme_and_of_all(stocked: Database):
    of_scheme = await values(stocked, "tag", scheme="category")
    assert of_scheme == [
        ("category:world-news", "World News", 3),
        ("category:port", "Port", 2),
        ("category:full", "ｆｕｌｌ", 1),
        ("category:urgent", "𝔘rgent", 1),
        ("category:äpfel", "Äpfel", 1),
        ("category:ünfall", "Ünfall", 1),
    ]
    every = await values(stocked, "tag")
    assert [found for found in every if found[0].startswith("category:")] == of_scheme
    assert ("lang:ja", "ja", 1) in every
    assert await values(stocked, "tag", scheme="none-such") == []


async def test_only_what_matches_is_counted(stocked: Database):
    assert await values(stocked, "tag", "title:ferry -sinks", scheme="category") == [
        ("category:port", "Port", 2),
        ("category:world-news", "World News", 2),
        ("category:äpfel", "Äpfel", 1),
    ]
    assert await values(stocked, "author", "title:tuna") == [("Kim Poe", "Kim Poe", 1)]
    nothing = await counted(stocked, *KINDS, q="nonesuch")
    assert nothing.counted == 0
    assert not nothing.more
    assert set(nothing.found.values()) == {FacetCounts(values=(), other=0)}


async def test_what_is_beyond_the_limit_is_summed_up(stocked: Database):
    every = await counted(stocked, *KINDS)
    assert every.counted == 6
    for limit in (1, 2, 3):
        fewer = await counted(stocked, *KINDS, limit=limit)
        for facet, counts in fewer.found.items():
            whole = every.found[facet].values
            assert counts.values == whole[:limit]
            assert counts.other == sum(value.count for value in whole[limit:])


async def test_beyond_the_bound_the_newest_are_counted(
    stocked: Database, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(facets_of_store, "FACET_BOUND", 2)
    facet = Facet(kind=FacetKind.SOURCE)
    found = await counted(stocked, facet)
    assert (found.counted, found.more) == (2, True)
    assert sum(value.count for value in found.found[facet].values) == 2
    exactly = await counted(stocked, facet, q="again OR tuna")
    assert (exactly.counted, exactly.more) == (2, False)


@pytest.mark.parametrize("kind", FacetKind)
async def test_each_value_is_a_filter_that_finds_as_many(stocked: Database, kind: FacetKind):
    facet = Facet(kind=kind)
    found = await counted(stocked, facet)
    same = FilterKind.TAG_EXACT if kind is FacetKind.TAG else FilterKind(kind.value)
    for value in found.found[facet].values:
        search = Search(filters=(any_value(same, [value.value]),))
        async with stocked.read() as session:
            assert await count_stories(session, search, 100, NOW) == value.count, value
        assert filter_of(same, value.value)


async def test_agencies_are_counted_by_their_codes(database: Database):
    await add(database)
    text = "<p>TOKYO, Nov. 12, Kyodo - The ferry sailed at noon and came back.</p>"
    said = entry("a")
    (feed,) = await claim(database)
    kyodo = replace(said, content=replace(said.content, value=text) if said.content else None)
    await apply(database, await plan(database, feed, kyodo, entry("b")))
    assert [(v, n) for v, _, n in await values(database, "agency")] == [("kyodo", 1)]
