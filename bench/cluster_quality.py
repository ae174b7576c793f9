"""Whether reprints are found, and nothing else taken for one: `make cluster-quality`.

Real texts are edited as publishers edit them, and each copy must be a reprint of its original;
all other pairs of texts must not be, nor two reports that one template was filled for. Pairs are
found as the service finds them: by a shared band, then by their sketches.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import random
import re
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Final, TypeAlias

from rich.console import Console
from rich.table import Table

from app.core.identity import ID_RANDOM_BITS
from app.core.syndicate import Sketched, are_reprints, band_keys, sketch_of
from bench.reprints import EDITS, Edit, Text, cut_to
from bench.templates import TEMPLATES, filled

ROOT: Final = Path(__file__).parent.parent
SHARED_DATA: Final = Path(os.environ.get("COPYDESK_TEST_DATA") or ROOT.parent / "shared" / "data")
ARTICLES: Final = SHARED_DATA / "articles" / "article-extraction-benchmark" / "ground-truth.json"
JAPANESE: Final = SHARED_DATA / "corpora" / "jawikinews" / "jawikinews_first1835.jsonl.gz"
SENTENCES: Final = SHARED_DATA / "corpora" / "ud-pud"
KYODO: Final = SHARED_DATA / "kyodo" / "piece.txt"
REPORTS: Final = 40
MIN_WORDS: Final = 120
MIN_CHARACTERS: Final = 300
MIN_PRECISION: Final = 0.99
MIN_RECALL: Final = 0.95
EXCUSED: Final = {"cut to 25 %", "half, edited, retitled, added to"}
"""Edits that are measured, but not asked for."""

_RELATED: Final = re.compile(r"\d+年\d+月\d+日\(.\)")
"""In texts of the Japanese corpus: lists of other stories, which are not the story's own words."""


Labelled: TypeAlias = tuple[tuple[str, int], str | None, Text]
"""The group of a text, the edit that made it, None for an original, and the text; originals come
before their copies.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """An original, or a copy of it; those of one `group` are one text."""

    group: tuple[str, int]
    edit: str | None
    story: Sketched


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """Recall by kind of text and edit: copies, and those found; which pairs were linked."""

    copies: Counter[tuple[str, str]]
    found: Counter[tuple[str, str]]
    right: Counter[str]
    wrong: Counter[str]
    stories: int
    candidates: int
    sketch_us: float
    compare_us: float

    @property
    def precision(self) -> float:
        right = self.right.total()
        return right / (right + self.wrong.total())


def articles() -> list[Text]:
    texts = (row["articleBody"] for row in json.loads(ARTICLES.read_text("utf-8")).values())
    return [
        Text(title=text.partition(".")[0][:80], text=text)
        for text in texts
        if len(text.split()) >= MIN_WORDS
    ]


def japanese(count: int) -> list[Text]:
    """News with a headline, without those that hold a list, or begin as another one does."""
    with gzip.open(JAPANESE, "rt", encoding="utf-8") as file:
        rows = [json.loads(line) for line in file]
    rows = [
        row
        for row in rows
        if len(row["body"]) >= MIN_CHARACTERS and not _RELATED.search(row["body"])
    ]
    begun = Counter(row["body"][:25] for row in rows)
    texts = [
        Text(title=row["headline"], text=row["body"])
        for row in rows
        if begun[row["body"][:25]] == 1
    ]
    return texts[:count]


def joined_sentences(language: str) -> list[Text]:
    """Twelve sentences of a corpus for a story."""
    path = next((SENTENCES / language).glob("*.conllu.gz"))
    with gzip.open(path, "rt", encoding="utf-8") as file:
        said = [line[9:].strip() for line in file if line.startswith("# text = ")]
    gap = "" if language == "zh" else " "
    return [
        Text(title=said[n], text=gap.join(said[n : n + 12])) for n in range(0, len(said) - 11, 12)
    ]


def versions(count: int, chance: random.Random, reports: int = REPORTS) -> Iterator[Labelled]:
    """Every text, and every copy of it."""
    kinds = {"en": articles(), "ja": japanese(count)}
    kinds |= {language: joined_sentences(language) for language in ("ko", "zh")}
    for language, texts in kinds.items():
        for n, told in enumerate(texts):
            yield from edited((language, n), told, EDITS, language, chance)
    piece = KYODO.read_text("utf-8")
    variants: dict[str, Edit] = dict(EDITS) | {"cut to 15 %": cut_to(0.15)}
    told = Text(title="Tillerson arrives in Japan", text=piece)
    yield from edited(("kyodo", 0), told, variants, "en", chance)
    short = [name for name in EDITS if name.startswith(("headline", "boilerplate", "5 %"))]
    for name, template in TEMPLATES.items():
        for n in range(reports):
            edits = {edit: EDITS[edit] for edit in short}
            group = (f"template {name}", n)
            yield from edited(group, filled(name, chance), edits, template.language, chance)


def edited(
    group: tuple[str, int],
    told: Text,
    edits: dict[str, Edit],
    language: str,
    chance: random.Random,
) -> Iterator[Labelled]:
    """A text and its copies."""
    yield group, None, told
    for name, edit in edits.items():
        yield group, name, edit(told, language, chance)


def measure(texts: Sequence[Labelled]) -> Measured:
    begun = time.perf_counter()
    sketches = [sketch_of(told.title, told.text) for _, _, told in texts]
    sketched = time.perf_counter()
    made = [
        Version(
            group=group,
            edit=edit,
            story=Sketched(id=(1 << 40 << ID_RANDOM_BITS) + n, source_id=n, sketch=sketch),
        )
        for n, ((group, edit, _), sketch) in enumerate(zip(texts, sketches, strict=True))
    ]
    pairs = candidates([version.story for version in made])
    compared = time.perf_counter()
    linked = {(a, b) for a, b in pairs if are_reprints(made[a].story, made[b].story)}
    ended = time.perf_counter()
    same = {(a, b) for a, b in linked if made[a].group == made[b].group}
    copies, found = _recall(made, linked)
    return Measured(
        copies=copies,
        found=found,
        right=Counter(made[a].group[0] for a, _ in same),
        wrong=Counter(made[a].group[0] for a, _ in linked - same),
        stories=len(made),
        candidates=len(pairs),
        sketch_us=(sketched - begun) / len(made) * 1e6,
        compare_us=(ended - compared) / len(pairs) * 1e6,
    )


def candidates(stories: Sequence[Sketched]) -> set[tuple[int, int]]:
    """Pairs that share a band, by their places in the list."""
    bands: defaultdict[int, list[int]] = defaultdict(list)
    for n, story in enumerate(stories):
        for key in band_keys(story.sketch):
            bands[key].append(n)
    return {pair for band in bands.values() for pair in combinations(band, 2)}


def _recall(
    made: Sequence[Version], linked: set[tuple[int, int]]
) -> tuple[Counter[tuple[str, str]], Counter[tuple[str, str]]]:
    original = 0
    copies: Counter[tuple[str, str]] = Counter()
    found: Counter[tuple[str, str]] = Counter()
    for n, version in enumerate(made):
        if version.edit is None:
            original = n
            continue
        kind = version.group[0].partition(" ")[0], version.edit
        copies[kind] += 1
        found[kind] += (original, n) in linked
    return copies, found


def failures(measured: Measured) -> list[str]:
    """What is worse than it must be."""
    failed = [
        f"{kind}: {edit}: recall {measured.found[kind, edit] / copies:.3f}"
        for (kind, edit), copies in measured.copies.items()
        if edit not in EXCUSED and measured.found[kind, edit] < MIN_RECALL * copies
    ]
    if measured.precision < MIN_PRECISION:
        failed.append(f"precision {measured.precision:.4f}")
    return failed


def show(measured: Measured, console: Console) -> None:
    kinds = list(dict.fromkeys(kind for kind, _ in measured.copies))
    table = Table("recall", *kinds)
    for edit in dict.fromkeys(edit for _, edit in measured.copies):
        row = []
        for kind in kinds:
            copies = measured.copies[kind, edit]
            row.append(f"{measured.found[kind, edit] / copies:.3f} of {copies}" if copies else "")
        table.add_row(edit, *row)
    console.print(table)
    pairs = Table("pairs taken for reprints", "right", "wrong")
    for kind in dict.fromkeys([*measured.right, *measured.wrong]):
        pairs.add_row(kind, str(measured.right[kind]), str(measured.wrong[kind]))
    console.print(pairs)
    console.print(
        f"precision {measured.precision:.4f} · {measured.stories:,} stories · "
        f"{measured.candidates:,} pairs share a band · a sketch {measured.sketch_us:.0f} µs, "
        f"a comparison {measured.compare_us:.0f} µs"
    )


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--documents", type=int, default=600, help="Japanese texts")
    options.add_argument("--seed", type=int, default=1, help="of the edits")
    given = options.parse_args()
    if not ARTICLES.is_file():
        sys.stderr.write(f"no test data at {SHARED_DATA}: set COPYDESK_TEST_DATA to its folder\n")
        return 1
    measured = measure(list(versions(given.documents, random.Random(given.seed))))
    show(measured, Console())
    failed = failures(measured)
    for line in failed:
        sys.stderr.write(f"worse than it must be: {line}\n")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
