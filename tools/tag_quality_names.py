"""How well people and organizations are found, over the shared texts: `python -m
tools.tag_quality_names`, with `--errors` for what was wrong and missed.

In gum-wikinews only what has an article in Wikipedia is marked. A name found where nothing is
marked is looked up among those that were read and judged by hand (UNMARKED, as hashes, since the
texts are not ours); where it is not among them it counts as wrong. Rows "as marked" count all of
them as wrong. Groups ("Arabs") are no people here, and what no text calls by its name cannot be
found. klue-ner marks every mention in single sentences; those from news are scored, and each name
of a sentence counts once.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from app.core.tagging.model import in_use, using, with_model
from app.core.tagging.names import find_names
from app.core.tagging.types import Found, Taggable
from app.ingest.english_model import EnglishModel, is_installed

ROOT = Path(__file__).parents[1]
UNMARKED = Path(__file__).with_name("tag_quality_unmarked.txt")
ACRONYM = 3
_KINDS = {"person": "person", "organization": "org"}
_MARK = re.compile(r"<([^<>]*):([A-Z]{2})>")


@dataclass(kw_only=True)
class Tally:
    """Names found, found wrongly, and missed."""

    name: str
    right: int = 0
    wrong: list[str] = field(default_factory=list)
    missed: list[str] = field(default_factory=list)

    def row(self) -> dict[str, Any]:
        precision = self.right / ((self.right + len(self.wrong)) or 1)
        recall = self.right / ((self.right + len(self.missed)) or 1)
        f1 = 2 * precision * recall / ((precision + recall) or 1)
        return {
            "name": self.name,
            "precision": round(precision, 3),
            "recall": round(recall, 3),
            "f1": round(f1, 3),
            "n": self.right + len(self.missed),
        }


def data_folder() -> Path:
    return Path(os.environ.get("COPYDESK_TEST_DATA", ROOT.parent / "shared" / "data"))


def gum(folder: Path) -> list[Tally]:
    """People and organizations over the texts of gum-wikinews, as judged, then as marked."""
    judged = frozenset(UNMARKED.read_text("utf-8").split())
    return [*_gum(folder, judged, ""), *_gum(folder, frozenset(), " as marked")]


def _gum(folder: Path, unmarked: frozenset[str], how: str) -> list[Tally]:
    tallies = {kind: Tally(name=f"gum-wikinews {kind}{how}") for kind in _KINDS.values()}
    path = folder / "ner" / "gum-wikinews" / "gum_news_entities_dev.jsonl"
    for line in path.read_text("utf-8").splitlines():
        _score_text(json.loads(line), tallies, unmarked)
    return list(tallies.values())


def _score_text(text: dict[str, Any], tallies: dict[str, Tally], unmarked: frozenset[str]) -> None:
    story = Taggable(title="", text=text["text"], language="en")
    names = with_model(find_names(story), story, in_use())
    reached: set[str] = set()
    for found in (*names.people, *names.organizations):
        tally = tallies[found.scheme]
        marked = _marked(found, text["entities"])
        kind = marked["type"] if marked else "unmarked"
        if marked and _KINDS.get(kind) == found.scheme:
            reached.add(marked["wiki"])
        elif judged_hash(text["id"], found) not in unmarked:
            tally.wrong.append(f"{text['id']}: {found.name} ({kind}) {found.score}")
    for wiki, kind in _called(text["entities"]).items():
        if wiki in reached:
            tallies[kind].right += 1
        else:
            tallies[kind].missed.append(f"{text['id']}: {wiki}")


def _marked(found: Found, entities: list[dict[str, Any]]) -> dict[str, Any] | None:
    """The marked entity that most of a tag's stretches are in; for each, the closest in length."""
    votes: dict[str, int] = {}
    by_id = {entity["id"]: entity for entity in entities}
    for span in found.spans:
        around = [
            (abs((end - start) - (span.end - span.start)), entity["id"])
            for entity in entities
            for start, end, _ in entity["mentions"]
            if start < span.end and span.start < end
        ]
        if around:
            closest = min(around)[1]
            votes[closest] = votes.get(closest, 0) + 1
    return by_id[max(votes, key=lambda one: votes[one])] if votes else None


def _called(entities: list[dict[str, Any]]) -> dict[str, str]:
    """Article → kind of those that a text calls by a name, or by what is short for it."""
    called: dict[str, str] = {}
    for entity in entities:
        kind = _KINDS.get(entity["type"])
        article = re.sub(r"%..|[^\w]", " ", entity["wiki"].partition("_%28")[0].replace("_", " "))
        words = {word.casefold() for word in article.split()}
        named = any(
            word[0].isupper()
            and (word.casefold() in words or (word.isupper() and len(word) >= ACRONYM))
            for mention in entity["mentions"]
            for word in re.findall(r"\w+", mention[2])
        )
        if kind and named and entity["wiki"] not in _NO_PEOPLE:
            called[entity["wiki"]] = kind
    return called


_NO_PEOPLE = frozenset(
    {"Palestinians", "Jews", "Arabs", "Saudis", "Muslims", "Bangladeshis", "Rohingya_people"}
)


def judged_hash(text_id: str, found: Found) -> str:
    """What a right name without a mark is known by in UNMARKED."""
    said = f"{text_id} {found.scheme}:{found.code}"
    return hashlib.sha256(said.encode()).hexdigest()[:16]


def klue(folder: Path) -> list[Tally]:
    """People and organizations over the news sentences of klue-ner."""
    people, organizations = Tally(name="klue-ner person"), Tally(name="klue-ner org")
    for sentence, marked in _sentences(folder / "ner" / "klue-ner" / "klue-ner-v1.1_dev.tsv.gz"):
        names = find_names(Taggable(title="", text=sentence, language="ko"))
        for tally, found, kind in (
            (people, names.people, "PS"),
            (organizations, names.organizations, "OG"),
        ):
            said = {one.replace(" ", "") for one, of in marked if of == kind and len(one) > 1}
            got = {
                sentence[one.spans[0].start : one.spans[0].end].replace(" ", "") for one in found
            }
            tally.right += len(said & got)
            tally.wrong += [f"{one}: {sentence}" for one in sorted(got - said)]
            tally.missed += [f"{one}: {sentence}" for one in sorted(said - got)]
    return [people, organizations]


def _sentences(path: Path) -> Iterator[tuple[str, list[tuple[str, str]]]]:
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            if line.startswith("## klue-ner") and "-wikitree\t" in line:
                marked = line.partition("\t")[2].strip()
                yield _MARK.sub(r"\1", marked), _MARK.findall(marked)


def rows(folder: Path) -> list[Tally]:
    if not is_installed():
        return [*gum(folder), *klue(folder)]
    with using(EnglishModel()):
        by_model = gum(folder)
    for tally in by_model:
        tally.name += " with the model"
    return [*gum(folder), *by_model, *klue(folder)]


def main() -> None:
    for tally in rows(data_folder()):
        sys.stdout.write(json.dumps(tally.row(), ensure_ascii=False) + "\n")
        if "--errors" in sys.argv:
            for kind, names in (("wrong", tally.wrong), ("missed", tally.missed)):
                sys.stdout.writelines(f"  {kind} {name}\n" for name in names)


if __name__ == "__main__":
    main()
