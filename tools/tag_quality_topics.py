"""How well media topics are found, over the labelled items of the tests: for measuring only.

The labels were written before the topic tagger and apart from it. Whoever tunes the tagger looks
at other texts, or these figures say nothing any more.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any, Final

from app.core.tagging.types import Found, Taggable
from app.core.topics import broader, codes, topic

LABELLED: Final = Path(__file__).parents[1] / "tests/core/samples/topics_labelled.jsonl"
SCHEME: Final = "medtop"
FIVE: Final = frozenset({"01000000", "04000000", "11000000", "13000000", "15000000"})
"""Arts, business, politics, science and technology, sport: the classes of the BBC's news set."""


@dataclass(frozen=True, kw_only=True)
class Item:
    """A labelled item; without roots it is about nothing, and every topic given to it is wrong."""

    id: str
    language: str
    title: str
    text: str
    roots: frozenset[str]  # all that an editor would give
    main: str | None
    narrower: frozenset[str]  # where clear; not all there are
    hard: bool


@dataclass(frozen=True, kw_only=True)
class Row:
    """One measurement: shares in [0, 1], None where there is nothing to divide by.

    precision: of the `given` root topics, those that are labelled; coverage: of the `labelled`
    items, those with at least one right root; recall: of the labelled root topics, those given.
    A topic's own row counts that root alone, so its coverage is its recall.
    """

    language: str
    name: str
    precision: float | None
    given: int
    coverage: float | None
    labelled: int
    recall: float | None


Tagger = Callable[[Taggable], Sequence[Found]]
Judged = tuple[Item, frozenset[str]]
"""An item and the root topics it was given."""


def read_items(path: Path = LABELLED) -> list[Item]:
    return [_item(json.loads(line)) for line in path.read_text("utf-8").splitlines()]


def measure(tagger: Tagger, items: Iterable[Item] | None = None) -> list[Row]:
    """For each language: in all, hard ones, the five classes, items on nothing, and each root."""
    judged = [
        (item, roots_given(tagger, item)) for item in (read_items() if items is None else items)
    ]
    languages = sorted({item.language for item, _ in judged})
    return [
        row
        for language in languages
        for row in _rows(language, [pair for pair in judged if pair[0].language == language])
    ]


def roots_given(tagger: Tagger, item: Item) -> frozenset[str]:
    """The top topics of all media topics given, said themselves or by a narrower one."""
    story = Taggable(title=item.title, text=item.text, language=item.language)
    return frozenset(
        (found.code, *broader(found.code))[-1] for found in tagger(story) if found.scheme == SCHEME
    )


def _rows(language: str, judged: Sequence[Judged]) -> Iterator[Row]:
    yield _row(language, "all", judged)
    yield _row(language, "hard", [pair for pair in judged if pair[0].hard])
    yield _row(language, "five classes", [pair for pair in judged if pair[0].main in FIVE])
    yield _row(language, "no topic", [pair for pair in judged if not pair[0].roots])
    for root in (code for code in codes() if not broader(code)):
        known = topic(root)
        yield _row(language, known.name if known else root, judged, only=root)


def _row(language: str, name: str, judged: Sequence[Judged], only: str | None = None) -> Row:
    counts: Counter[str] = Counter()
    for item, found in judged:
        given = found if only is None else found & {only}
        true = item.roots if only is None else item.roots & {only}
        counts["given"] += len(given)
        counts["true"] += len(true)
        counts["right"] += len(given & true)
        counts["labelled"] += bool(true)
        counts["covered"] += bool(given & true)
    return Row(
        language=language,
        name=name,
        precision=_share(counts["right"], counts["given"]),
        given=counts["given"],
        coverage=_share(counts["covered"], counts["labelled"]),
        labelled=counts["labelled"],
        recall=_share(counts["right"], counts["true"]),
    )


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def _item(row: dict[str, Any]) -> Item:
    sets = {field: frozenset(row[field]) for field in ("roots", "narrower")}
    return Item(**{**row, **sets})


def lines(rows: Iterable[Row]) -> Iterator[str]:
    """A table, one row a line; a dash where nothing was given or labelled."""
    for row in rows:
        shares = [_shown(share) for share in (row.precision, row.coverage, row.recall)]
        yield (
            f"topics {row.language} {row.name:<44} precision {shares[0]} of {row.given:>3}"
            f"  coverage {shares[1]} of {row.labelled:>3}  recall {shares[2]}"
        )


def _shown(share: float | None) -> str:
    return "    —" if share is None else f"{share:5.3f}"


def main() -> int:
    tagger: Tagger = import_module("app.core.tagging.topics").find_topics
    for line in lines(measure(tagger)):
        print(line)  # noqa: T201 - it is for reading
    return 0


if __name__ == "__main__":
    sys.exit(main())
