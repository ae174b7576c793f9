"""The made-up stories that searches are measured with are what the tables say of them."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

from app.core.search.query_parse import parse_query
from app.core.search.search import Search
from app.store.engine import Database
from app.store.find import count_stories
from bench.cases import BY_WORD, HARD, classes
from bench.corpus import BEGIN, DAYS, SOURCES, TITLE_WORDS, WORDS, Corpus
from bench.load import ready, settle, write_sources, write_stories
from bench.probes import COMMON, RARE, UNCOMMON, probes
from bench.report import Key, markdown

STORIES = 400
CORPUS = Corpus(total=STORIES)


def test_a_story_is_the_same_whenever_it_is_made() -> None:
    assert Corpus(total=STORIES).story(7) == CORPUS.story(7)
    assert Corpus(total=STORIES, seed=2).story(7) != CORPUS.story(7)


def test_stories_are_as_long_and_as_old_as_is_said() -> None:
    for number in range(0, STORIES, 20):
        source, story = CORPUS.story(number)
        assert 0 <= source < SOURCES
        assert BEGIN <= story.published_at < BEGIN + timedelta(days=DAYS)
        if story.language in ("en", "de", "fr", "es", "ru", "ko"):
            assert TITLE_WORDS[0] <= len(story.title.split()) <= TITLE_WORDS[1]
            assert WORDS[0] <= story.word_count <= WORDS[1] + 60  # probes come on top


async def test_a_word_is_found_as_often_as_is_said(database: Database) -> None:
    batch = [ready(*CORPUS.story(number), number) for number in range(STORIES)]
    async with database.write() as session:
        await write_sources(session, SOURCES)
        await write_stories(session, batch)
    await settle(database)
    known = probes()
    for words, share in ((known.common[:5], COMMON), (known.uncommon[:20], UNCOMMON)):
        found = [await count(database, word) for word in words]
        expected = share * STORIES
        assert 0.75 * expected < sum(found) / len(found) < 1.33 * expected
    assert [await count(database, word) for word in known.rare[:5]] == [RARE] * 5
    assert [await count(database, " ".join(pair)) for pair in known.apart] == [0] * 10
    tags = Counter(tag.qcode for each in batch for tag in each.story.tags)
    assert await count(database, f"tag:{known.common_tags[0]}") == tags[known.common_tags[0]]
    assert tags[known.common_tags[0]] > 0.75 * COMMON * STORIES


async def count(database: Database, query: str) -> int:
    async with database.read() as session:
        search = Search(text=parse_query(query))
        return await count_stories(session, search, 10_000, BEGIN + timedelta(days=DAYS))


def test_every_case_asks_something_that_can_be_read() -> None:
    for pool in classes().values():
        for case in BY_WORD:
            assert case.search(pool[0], 0).text is not None
    assert [case.name for case in HARD if case.search("", 0) is None] == []


def test_the_table_sets_the_commonest_words_against_the_rarest() -> None:
    table = markdown(
        8000,
        2,
        {
            Key("word", "20 %", "SQLite"): [0.002, 0.004],
            Key("word", "5 stories", "SQLite"): [0.001, 0.001],
            Key("everything", "", "SQLite"): [0.0005],
        },
    )
    assert "8,000 stories, 2 rounds" in table
    assert "| word | SQLite | 3.0 / 4.0 | 1.0 / 1.0 | 3.0 |" in table
    assert "| everything | 0.5 / 0.5 |" in table
