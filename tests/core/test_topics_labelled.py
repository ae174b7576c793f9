"""The labelled items that topics are measured on: for measuring, not for tuning.

They were written before the topic tagger and apart from it, and are frozen: `make tag-quality`
says how well it does on texts that nobody has fitted it to. Do not read them to find a word that
the tagger lacks, and do not change a label because the tagger disagrees. A change on purpose, such
as a label that is plainly wrong, comes with a new digest here and new figures wherever old ones
are told.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from typing import Any

from app.core.story import TagBy
from app.core.tagging.types import Found, Taggable
from app.core.topics import broader, codes, topic
from tools.tag_quality_topics import FIVE, LABELLED, Item, Row, lines, measure, read_items

DIGEST = "47a335a39adaff3a9bf283a08268115c88a79d47fa79e1e19613053975942be4"

FIELDS = ["id", "language", "title", "text", "roots", "main", "narrower", "hard"]
ROOTS = frozenset(code for code in codes() if not broader(code))


def rows() -> list[dict[str, Any]]:
    return [json.loads(line) for line in LABELLED.read_text("utf-8").splitlines()]


def test_frozen() -> None:
    assert hashlib.sha256(LABELLED.read_bytes()).hexdigest() == DIGEST


def test_every_row_has_the_same_fields() -> None:
    for row in rows():
        assert list(row) == FIELDS
        assert isinstance(row["hard"], bool), row["id"]
        assert row["id"].startswith(f"{row['language']}-")


def test_nothing_twice() -> None:
    items = rows()
    for field in ("id", "title", "text"):
        assert len({row[field] for row in items}) == len(items), field
    for row in items:
        for field in ("roots", "narrower"):
            assert len(set(row[field])) == len(row[field]), row["id"]


def test_enough_of_each_language_and_of_hard_ones() -> None:
    items = rows()
    languages = Counter(row["language"] for row in items)
    assert languages.keys() == {"en", "ja"}
    assert languages["en"] >= 200
    assert languages["ja"] >= 60
    assert sum(row["hard"] for row in items) >= len(items) / 5


def test_enough_of_each_topic() -> None:
    mains = Counter(row["main"] for row in rows())
    assert {code: mains[code] for code in FIVE if mains[code] < 25} == {}
    assert {code: mains[code] for code in ROOTS if mains[code] < 6} == {}
    assert mains[None] >= 10
    assert mains.keys() == ROOTS | {None}


def test_roots_are_roots_and_the_main_one_is_among_them() -> None:
    for row in rows():
        assert set(row["roots"]) <= ROOTS, row["id"]
        assert row["main"] == (row["roots"][0] if row["roots"] else None), row["id"]


def test_narrower_topics_are_in_use_and_below_a_root_that_is_given() -> None:
    for row in rows():
        for code in row["narrower"]:
            known = topic(code)
            assert known is not None, row["id"]
            assert known.retired is None, row["id"]
            assert known.parent is not None, row["id"]
            assert broader(code)[-1] in row["roots"], row["id"]


def test_short_items() -> None:
    for row in rows():
        if row["language"] == "en":
            assert 40 <= len(f"{row['title']} {row['text']}".split()) <= 90, row["id"]
        else:
            assert 90 <= len(row["title"] + row["text"]) <= 220, row["id"]


# --- the measuring itself ---------------------------------------------------------------------


def labelled(number: int, *roots: str, language: str = "en", hard: bool = False) -> Item:
    return Item(
        id=f"{language}-{number}",
        language=language,
        title=f"{number}",
        text="Words.",
        roots=frozenset(roots),
        main=roots[0] if roots else None,
        narrower=frozenset(),
        hard=hard,
    )


def given(*topics: str, scheme: str = "medtop") -> tuple[Found, ...]:
    return tuple(
        Found(scheme=scheme, code=code, name=code, by=TagBy.TOPICS, spans=(), score=1.0)
        for code in topics
    )


def named(measured: list[Row], name: str, language: str = "en") -> Row:
    (row,) = (row for row in measured if (row.name, row.language) == (name, language))
    return row


SPORT, BUSINESS, LAW, FOOTBALL = "15000000", "04000000", "02000000", "20001065"

ITEMS = [
    labelled(1, SPORT),
    labelled(2, SPORT, BUSINESS, hard=True),
    labelled(3, LAW),
    labelled(4),
    labelled(5, SPORT, language="ja"),
]
ANSWERS = {
    "1": given(FOOTBALL, SPORT) + given("de", scheme="place"),  # one root, said twice
    "2": given(SPORT, LAW),
    "3": (),
    "4": given(BUSINESS),
    "5": given(SPORT),
}


def tagger(story: Taggable) -> tuple[Found, ...]:
    return ANSWERS[story.title]


def test_in_all() -> None:
    row = named(measure(tagger, ITEMS), "all")
    assert (row.precision, row.given) == (2 / 4, 4)
    assert (row.coverage, row.labelled) == (2 / 3, 3)
    assert row.recall == 2 / 4


def test_by_root() -> None:
    measured = measure(tagger, ITEMS)
    sport = named(measured, "sport")
    assert (sport.precision, sport.given, sport.coverage, sport.labelled) == (1, 2, 1, 2)
    law = named(measured, "crime, law and justice")
    assert (law.precision, law.given, law.coverage, law.labelled) == (0, 1, 0, 1)
    weather = named(measured, "weather")
    assert (weather.precision, weather.given, weather.coverage, weather.labelled) == (
        None,
        0,
        None,
        0,
    )


def test_by_kind_of_item() -> None:
    measured = measure(tagger, ITEMS)
    assert (named(measured, "hard").precision, named(measured, "hard").coverage) == (1 / 2, 1)
    five = named(measured, "five classes")
    assert (five.precision, five.given, five.coverage, five.labelled) == (2 / 3, 3, 1, 2)
    nothing = named(measured, "no topic")
    assert (nothing.precision, nothing.given, nothing.coverage, nothing.labelled) == (0, 1, None, 0)


def test_each_language_for_itself() -> None:
    measured = measure(tagger, ITEMS)
    assert {row.language for row in measured} == {"en", "ja"}
    assert named(measured, "all", "ja").precision == 1
    assert named(measured, "all", "ja").labelled == 1


def test_the_labels_themselves_score_full_marks() -> None:
    truth = {item.title: item for item in read_items()}
    measured = measure(lambda story: given(*truth[story.title].roots))
    assert {(row.precision, row.coverage) for row in measured if row.name != "no topic"} == {(1, 1)}


def test_silence_is_not_precise() -> None:
    (row,) = (row for row in measure(lambda _: (), ITEMS[:1]) if row.name == "all")
    assert (row.precision, row.coverage) == (None, 0)


def test_a_line_for_each_row() -> None:
    row = named(measure(tagger, ITEMS), "no topic")
    assert [" ".join(line.split()) for line in lines([row])] == [
        "topics en no topic precision 0.000 of 1 coverage — of 0 recall —"
    ]
