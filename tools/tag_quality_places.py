"""How well places are found in the news texts of the shared test data that name them.

English, GUM's news and interviews: a tag is right if the place it rests on is an entity there
with a link: a place, or an organization that is a country. Recall is over linked places of the
kinds that are tagged; rows "all" count buildings, heavenly bodies and the like too. Korean, KLUE's
news sentences: a tag is right if it rests on a location there, or on the whole of an organization
or its first word (a country or city as an actor: "the Japanese government"; wrong in the row
"all"); recall is over the locations that hold a name of the gazetteer, or "all".
"""

from __future__ import annotations

import gzip
import json
import os
import re
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from app.core.tagging.gazetteer import gazetteer
from app.core.tagging.names import find_names
from app.core.tagging.places import find_places
from app.core.tagging.types import Found, Taggable

_NO_KIND: Final = re.compile(
    r"Center|Centre|Museum|Airport|Bridge|Stadium|University|Mosque|Masjid|Planetarium|Base$|"
    r"Palace|Church|Site|Complex|Park|Street|Building|House|Hospital|School|College|Library|"
    r"Tower|Square|Station|Factory|Universe|Outer_space|^Earth$|^Sun$|^Moon$|^Mars$|Hotel|Theat|"
    r"Gallery|Academy|Institute|Dulles|Dam$|Prison|Temple|Market|Cathedral|Village|Camp_"
)
_KLUE: Final = re.compile(r"^## klue-ner-v1_dev_\d+-wikitree\t(.*)$", re.MULTILINE)
_MARKED: Final = re.compile(r"<([^<>:]*):([A-Z]{2})>")


@dataclass(frozen=True, kw_only=True)
class Row:
    """One measurement; `n` is the number of places that there are to find."""

    name: str
    precision: float
    recall: float
    f1: float
    n: int


@dataclass(kw_only=True)
class Count:
    right: int = 0
    wrong: Counter[str] = field(default_factory=Counter)
    there: int = 0
    missed: Counter[str] = field(default_factory=Counter)

    def row(self, name: str) -> Row:
        given = self.right + self.wrong.total()
        precision = self.right / given if given else 1.0
        recall = 1 - self.missed.total() / self.there if self.there else 1.0
        both = precision + recall
        f1 = 2 * precision * recall / both if both else 0.0
        return Row(name=name, precision=precision, recall=recall, f1=f1, n=self.there)


@dataclass(frozen=True, kw_only=True)
class Entity:
    link: str
    kind: str
    stretches: tuple[tuple[int, int], ...]
    tagged: bool  # of the kinds that are tagged at all


def main() -> None:
    root = Path(__file__).parent.parent
    data = Path(os.environ.get("COPYDESK_TEST_DATA", root.parent / "shared" / "data"))
    if not (data / "ner").is_dir():
        sys.exit(f"there are no texts in {data / 'ner'}")
    for row, count in measure_places(data):
        print(f"{row.name:<28} {row.precision:.3f} {row.recall:.3f} {row.f1:.3f} {row.n:5}")  # noqa: T201 - its report
        if "-v" in sys.argv:
            print("  wrong ", *count.wrong.most_common(40))  # noqa: T201 - its report
            print("  missed", *count.missed.most_common(60))  # noqa: T201 - its report


def rows(data: Path) -> list[Row]:
    """The measurements over the folder of the shared test data."""
    return [row for row, _ in measure_places(data)]


def measure_places(data: Path) -> Iterator[tuple[Row, Count]]:
    gum = [
        json.loads(line)
        for line in (data / "ner/gum-wikinews/gum_news_entities_dev.jsonl")
        .read_text("utf-8")
        .splitlines()
    ]
    for name, strict in (("places, English", False), ("places, English, all", True)):
        count = count_english(gum, strict=strict)
        yield count.row(name), count
    count = count_english(gum, strict=False, names_first=True)
    yield count.row("places after names, English"), count
    with gzip.open(data / "ner/klue-ner/klue-ner-v1.1_dev.tsv.gz", "rt", encoding="utf-8") as file:
        sentences = _KLUE.findall(file.read())
    for name, strict in (("places, Korean", False), ("places, Korean, all", True)):
        count = count_korean(sentences, strict=strict)
        yield count.row(name), count


def count_english(
    documents: Sequence[dict[str, Any]], *, strict: bool, names_first: bool = False
) -> Count:
    """Places by document and link; `names_first` leaves out what people and organizations take."""
    count = Count()
    for document in documents:
        entities = list(_entities(document, strict=strict))
        story = Taggable(title="", text=document["text"], language="en")
        found = [one for one in _find(story, names_first=names_first) if one.spans]
        hit: set[str] = set()
        for tag in found:
            of = [entity for entity in entities if _names(tag, entity)]
            hit.update(entity.link for entity in of)
            if of:
                count.right += 1
            else:
                said = {document["text"][span.start : span.end] for span in tag.spans}
                count.wrong[f"{tag.code}: {'/'.join(sorted(said))}"] += 1
        wanted = {entity.link for entity in entities if entity.kind == "place" and entity.tagged}
        count.there += len(wanted)
        count.missed.update(wanted - hit)
    return count


def _find(story: Taggable, *, names_first: bool) -> Sequence[Found]:
    if not names_first:
        return find_places(story, ())
    names = find_names(story)
    return find_places(story, names.taken, [person.name for person in names.people])


def _entities(document: dict[str, Any], *, strict: bool) -> Iterator[Entity]:
    for one in document["entities"]:
        if one["wiki"] and one["type"] in {"place", "organization"}:
            yield Entity(
                link=one["wiki"],
                kind=one["type"],
                stretches=tuple((start, end) for start, end, _ in one["mentions"]),
                tagged=strict or _NO_KIND.search(one["wiki"]) is None,
            )


def _names(tag: Found, entity: Entity) -> bool:
    """Whether the tag's words begin a mention of the entity, or its link is the tag's name.

    A mention may go on: "Houston, Texas" is Houston, "the U.S. Navy" is not the United States.
    """
    if entity.kind == "place":
        return any(
            0 <= span.start - start <= len("the southern ") and span.end <= end
            for span in tag.spans
            for start, end in entity.stretches
            if entity.tagged
        )
    return tag.name.replace(" ", "_") == entity.link


def count_korean(sentences: Sequence[str], *, strict: bool) -> Count:
    count = Count()
    automaton = gazetteer("ko").automaton
    for sentence in sentences:
        text, stretches = _unmarked(sentence)
        places = [(s, e) for s, e, kind in stretches if kind == "LC"]
        actors = {s: e for s, e, kind in stretches if kind == "OG"}
        spans = [
            (span.start, span.end)
            for tag in find_places(Taggable(title="", text=text, language="ko"), ())
            for span in tag.spans
        ]
        for start, end in set(spans):
            inside = any(s < end and start < e for s, e in places)
            acting = start in actors and (
                actors[start] == end or (not strict and text[end : end + 1] == " ")
            )
            if inside or acting:
                count.right += 1
            else:
                count.wrong[text[start : end + 4]] += 1
        for start, end in places:
            if strict or automaton.find_matches_as_indexes(text[start:end]):
                count.there += 1
                if not any(s < end and start < e for s, e in spans):
                    count.missed[text[start:end]] += 1
    return count


def _unmarked(sentence: str) -> tuple[str, list[tuple[int, int, str]]]:
    text, stretches, last = "", [], 0
    for mark in _MARKED.finditer(sentence):
        text += sentence[last : mark.start()]
        stretches.append((len(text), len(text) + len(mark[1]), mark[2]))
        text += mark[1]
        last = mark.end()
    return text + sentence[last:], stretches


if __name__ == "__main__":
    main()
