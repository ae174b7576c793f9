"""Whether searches find what they are for: `make search-quality`.

Japanese headlines ask for the text that they stood over, Korean and Chinese first halves of a
sentence for the whole of it; each text is a story whose title says nothing, and all are of one
hour, so that only words tell them apart. MRR is the mean of 1/rank, 0 where a text is not found
among the first 100.
"""

from __future__ import annotations

import argparse
import asyncio
import gzip
import json
import os
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Final

import regex
from rich.console import Console
from rich.table import Table

from app.core.search.query_parse import MAX_LEAVES, MAX_QUERY_CHARS, parse_query
from app.core.search.search import Search, Sort
from app.core.story import PublishedFrom, Story
from app.store.engine import Database
from app.store.find import find_stories
from app.telemetry import configure_logging
from bench.corpus import BEGIN
from bench.engines import both_engines
from bench.load import Ready, ready, settle, write_sources, write_stories

ROOT: Final = Path(__file__).parent.parent
SHARED_DATA: Final = Path(os.environ.get("COPYDESK_TEST_DATA") or ROOT.parent / "shared" / "data")
CORPORA: Final = SHARED_DATA / "corpora"
HEADLINES: Final = CORPORA / "jawikinews" / "jawikinews_first1835.jsonl.gz"
SENTENCES: Final = CORPORA / "ud-pud"
DOCUMENTS: Final = 600
LOOKED_AT: Final = 100
TOP: Final = 10

_RUN = regex.compile(
    r"[\p{Han}々〆]+|[\p{Katakana}ー]+|\p{Hiragana}+|\p{Hangul}+"
    r"|(?:(?![\p{Han}\p{Katakana}\p{Hiragana}\p{Hangul}ー々〆])[\p{L}\p{M}\p{N}])+"
)
_HAN = regex.compile(r"[\p{Han}々〆]{3,}")
_LITTLE = regex.compile(r"\p{Hiragana}{1,2}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """What is asked and the text that answers it."""

    asked: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Quality:
    language: str
    engine: str
    queries: str
    ranks: Sequence[int | None]  # from 1 on; None where it was not found

    @property
    def mrr(self) -> float:
        return sum(1 / rank for rank in self.ranks if rank) / len(self.ranks)

    @property
    def in_top(self) -> float:
        return sum(1 for rank in self.ranks if rank and rank <= TOP) / len(self.ranks)


def words_of(text: str) -> str:
    """The words of a text, any of them: runs of one script, without endings of one or two kana."""
    return _any_of(run for run in _RUN.findall(text) if not _LITTLE.fullmatch(run))


def pairs_of(text: str) -> str:
    """`words_of`, a run of three or more Han characters as its pairs, since it is several words."""
    runs = (run for run in _RUN.findall(text) if not _LITTLE.fullmatch(run))
    return _any_of(
        part
        for run in runs
        for part in (
            (run[i : i + 2] for i in range(len(run) - 1)) if _HAN.fullmatch(run) else (run,)
        )
    )


QUERIES: Final = {"words": words_of, "words, Han by pairs": pairs_of}


def headlines(count: int) -> list[Case]:
    with gzip.open(HEADLINES, "rt", encoding="utf-8") as file:
        rows = [json.loads(line) for line in file]
    return [Case(asked=row["headline"], text=row["body"]) for row in rows[:count]]


def half_sentences(language: str, count: int) -> list[Case]:
    """The first half of each sentence, cut between words where the script has spaces."""
    cases: list[Case] = []
    with gzip.open(
        next((SENTENCES / language).glob("*.conllu.gz")), "rt", encoding="utf-8"
    ) as file:
        for line in file:
            if line.startswith("# text = "):
                text = line.removeprefix("# text = ").strip()
                cases.append(Case(asked=_half(text), text=text))
    return cases[:count]


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--documents", type=int, default=DOCUMENTS, help="texts of a language")
    count = options.parse_args().documents
    if not HEADLINES.is_file() or not SENTENCES.is_dir():
        sys.stderr.write(f"no test data at {CORPORA}: set COPYDESK_TEST_DATA to its folder\n")
        return 1
    configure_logging("error", as_json=False)
    _show(asyncio.run(_measure(count)))
    return 0


async def _measure(count: int) -> list[Quality]:
    """Each language has databases of its own."""
    found: list[Quality] = []
    cases = {"ja": headlines(count)}
    cases |= {language: half_sentences(language, count) for language in ("ko", "zh")}
    for language, asked in cases.items():
        async with both_engines() as databases:
            for engine, database in databases.items():
                batch = [_ready(case.text, language, n) for n, case in enumerate(asked)]
                await _load(database, batch)
                for name, query_of in QUERIES.items():
                    ranks = [
                        await _rank(database, query_of(case.asked), each.id)
                        for case, each in zip(asked, batch, strict=True)
                    ]
                    found.append(
                        Quality(language=language, engine=engine, queries=name, ranks=ranks)
                    )
    return found


async def _load(database: Database, batch: Sequence[Ready]) -> None:
    async with database.write() as session:
        await write_sources(session, 1)
        await write_stories(session, batch)
    await settle(database)


async def _rank(database: Database, query: str, wanted: int) -> int | None:
    if not query:
        return None
    search = Search(text=parse_query(query), sort=Sort.RELEVANCE)
    now = BEGIN + timedelta(hours=1)
    async with database.read() as session:
        page = await find_stories(session, search, after=None, limit=LOOKED_AT, now=now)
    return page.ids.index(wanted) + 1 if wanted in page.ids else None


def _ready(text: str, language: str, number: int) -> Ready:
    published_at = BEGIN + timedelta(seconds=number)
    story = Story(
        url=None,
        title="–",
        summary=None,
        blocks=(),
        text=text,
        html=None,
        authors=(),
        agency=None,
        dateline=None,
        language=language,
        published_at=published_at,
        published_from=PublishedFrom.PUBLISHED,
        published_raw=None,
        published_rule="iso8601",
        updated_at=None,
        image_url=None,
        enclosures=(),
        tags=(),
        word_count=0,
        content_hash=0,
    )
    return ready(0, story, number)


def _any_of(words: Iterable[str]) -> str:
    """Words joined by OR, each once, as many as a query may hold."""
    query = ""
    for word in list(dict.fromkeys(words))[:MAX_LEAVES]:
        longer = f'{query} OR "{word}"' if query else f'"{word}"'
        if len(longer) > MAX_QUERY_CHARS:
            break
        query = longer
    return query


def _half(text: str) -> str:
    words = text.split()
    if len(words) > 1:
        return " ".join(words[: (len(words) + 1) // 2])
    return text[: (len(text) + 1) // 2]


def _show(found: Sequence[Quality]) -> None:
    table = Table("language", "engine", "queries of", "queries", "MRR", f"in top {TOP}")
    for each in found:
        count, mrr, top = str(len(each.ranks)), f"{each.mrr:.3f}", f"{each.in_top:.1%}"
        table.add_row(each.language, each.engine, each.queries, count, mrr, top)
    Console().print(table)


if __name__ == "__main__":
    sys.exit(main())
