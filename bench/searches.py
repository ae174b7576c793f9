"""What saved searches cost a new story: `make bench-searches`.

Made-up stories held against 10 searches and 10,000, by the book that webhooks are told by, and,
for comparison, against each search by itself.
"""

from __future__ import annotations

import argparse
import gc
import json
import random
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from statistics import median
from typing import Any, Final

from app.core.make import Making, make
from app.core.search.book import BookedSearch, SearchBook
from app.core.search.conditions import condition_of
from app.core.search.evaluate import Judged, holds
from app.core.search.index import IndexTerms
from app.core.search.query_parse import parse_query
from bench.rule_sets import made_up
from bench.rules import SOURCE, kept_entries

RESULTS: Final = Path(__file__).parent / "results"
FEW, MANY = 10, 10_000
STORIES: Final = 300
ROUNDS: Final = 5
ALONE: Final = 3
"""Stories held against each search by itself, which takes its time."""

Story = tuple[IndexTerms, str | None]


def stories_of(count: int) -> list[Story]:
    made = [make(kept, Making(entry=b"", source=SOURCE)) for kept in kept_entries(count)]
    return [(each.terms, each.story.language) for each in made]


def booked(count: int) -> dict[int, BookedSearch]:
    rules = made_up(count, random.Random(count))
    return {rule.id: BookedSearch(tree=parse_query(rule.query)) for rule in rules}


def cost(hold: Callable[[Story], Sequence[int]], stories: Sequence[Story], rounds: int) -> float:
    """Microseconds of the processor for a story: the median of the rounds, after one for warmth."""
    taken = []
    for _ in range(rounds + 1):
        gc.collect()
        begun = time.process_time()
        for story in stories:
            hold(story)
        taken.append((time.process_time() - begun) * 1e6 / len(stories))
    return median(taken[1:])


def by_book(book: SearchBook) -> Callable[[Story], list[int]]:
    return lambda story: book.matching(*story)


def alone(searches: Mapping[int, BookedSearch]) -> Callable[[Story], list[int]]:
    """Each search by itself, laid out for a story's language before."""
    by_language: dict[str | None, dict[int, Any]] = {}

    def hold(story: Story) -> list[int]:
        terms, language = story
        if language not in by_language:
            by_language[language] = {
                number: condition_of(search.tree, search.field, [language] if language else [])
                for number, search in searches.items()
            }
        judged = Judged(terms)
        return [n for n, condition in by_language[language].items() if holds(condition, judged)]

    return hold


def measure(many: int, count: int) -> list[dict[str, Any]]:
    stories, rows = stories_of(count), []
    for number in (FEW, many):
        searches = booked(number)
        book, each = SearchBook(searches), alone(searches)
        found = [book.matching(*story) for story in stories]
        if found[:ALONE] != [each(story) for story in stories[:ALONE]]:
            raise ValueError("the book does not find what the searches find")
        rows.append(
            {
                "searches": number,
                "stories": count,
                "us_a_story": round(cost(by_book(book), stories, ROUNDS), 1),
                "us_a_story_one_by_one": round(cost(each, stories[:ALONE], 1), 1),
                "found_a_story": round(sum(map(len, found)) / count, 2),
            }
        )
    return rows


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--searches", type=int, default=MANY, help="against so many")
    options.add_argument("--stories", type=int, default=STORIES, help="that are held against them")
    given = options.parse_args()
    rows = measure(given.searches, given.stories)
    few, many = (row["us_a_story"] for row in rows)
    written = json.dumps({"rows": rows, "many_to_few": round(many / few, 2)}, indent=1) + "\n"
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "searches.json").write_text(written)
    sys.stdout.write(written)
    return 0


if __name__ == "__main__":
    sys.exit(main())
