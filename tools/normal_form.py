"""How good the normal form is, in one table: `make normal-form`.

Parts that need the shared test data are left out, saying so, where it is missing. It ends with 1 if
a target is not met.
"""

from __future__ import annotations

import json
import logging
import os
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from app.core.hashing import hash64
from app.core.normal.boilerplate import boilerplate_rule
from app.core.normal.normalize import normalize
from app.core.parse.document import parse
from app.core.story import FeedContext, Story
from app.core.text import clean_text
from app.core.types import Entry, Failure, Markup, ParsedFeed, ParseFailed
from tests.golden import SEEN, goldens
from tests.tools.repeated_lines import Judged, by_language
from tools import full_text
from tools.feed_traps import traps
from tools.gofeed_goldens import CAUSES, FIELDS, compare

ROOT: Final = Path(__file__).resolve().parents[1]


@dataclass(frozen=True, kw_only=True)
class Row:
    """One measurement; `met` is None where nothing is promised."""

    what: str
    value: str
    of: int | None = None
    target: str = ""
    met: bool | None = None
    note: str = ""


def shared_data() -> Path:
    return Path(os.environ.get("COPYDESK_TEST_DATA") or ROOT.parent / "shared" / "data")


def sections(data: Path) -> Iterator[tuple[str, list[Row] | None]]:
    """Headings and their rows; None where the data is missing."""
    parts: dict[str, tuple[str, Callable[[Path], list[Row]]]] = {
        "Feeds beside gofeed's reading": ("feeds/gofeed/testdata", gofeed_rows),
        "Agencies' formats": ("wire", wire_rows),
        "Traps of real feeds": ("", lambda _: trap_rows()),
        "Our own goldens": ("", lambda _: golden_rows()),
        "The Kyodo piece": ("kyodo", kyodo_rows),
        "Articles on their pages": ("articles", page_rows),
        "Real paragraphs taken for boilerplate": ("articles", paragraph_rows),
        "A source's own lines, on made-up sources of 30 stories": ("", lambda _: line_rows()),
    }
    for heading, (folder, measure) in parts.items():
        there = not folder or (data / folder).is_dir()
        yield heading, measure(data / folder) if there else None


# --- what is measured -------------------------------------------------------------------------


def gofeed_rows(folder: Path) -> list[Row]:
    """Agreement by field; it is met if each difference is known, and ours is the better reading."""
    found = compare(folder)
    rows = []
    for name in FIELDS:
        causes = Counter(
            CAUSES.get((d.name, name), "not looked at")
            for d in found.differences
            if d.field == name
        )
        rows.append(
            Row(
                what=name,
                value=f"{found.share(name):.1%}",
                of=found.compared[name],
                target="no difference to our loss",
                met="not looked at" not in causes,
                note="; ".join(f"{number} {cause}" for cause, number in causes.items()),
            )
        )
    unread = Row(
        what="feeds read, all their entries",
        value=str(found.files - len(found.unread)),
        of=found.files,
        target="all",
        met=not found.unread,
        note=", ".join(found.unread[:3]),
    )
    return [unread, *rows]


def wire_rows(folder: Path) -> list[Row]:
    """The IPTC's examples: read, or refused as telling no story."""
    return [
        _examples("NewsML-G2", folder / "iptc-newsml-g2", "*.xml"),
        _examples("ninjs 1.4 to 3.0", folder / "iptc-ninjs", "*.json"),
        _examples("NewsML 1, which is refused", folder / "iptc-ninjs", "*.xml"),
    ]


def _examples(what: str, folder: Path, pattern: str) -> Row:
    files = sorted(folder.rglob(pattern))
    results = [parse(f.read_bytes(), content_type=None, url="https://w.example/") for f in files]
    read = [result for result in results if isinstance(result, ParsedFeed)]
    refused = [result.kind for result in results if isinstance(result, ParseFailed)]
    stories = [normalize(e, FeedContext(feed_url=""), SEEN) for f in read for e in f.entries]
    good = [story for story in stories if story.text]
    note = f"{len(refused)} refused: concepts, plans, packages, events, parts, other formats"
    if stories:
        note = f"{len(stories)} stories, {len(good)} of them with a text; {note}"
    return Row(
        what=f"{what}: documents read",
        value=str(len(read)),
        of=len(files),
        target="the others tell no story",
        met=set(refused) <= {Failure.NOT_A_FEED},
        note=note,
    )


def trap_rows() -> list[Row]:
    return [
        Row(
            what=trap.name,
            value="passed" if trap.passed else "FAILED",
            target="passed",
            met=trap.passed,
            note=trap.came,
        )
        for trap in traps()
    ]


def golden_rows() -> list[Row]:
    """Entries whose stories were written down by hand, by language."""
    wrong: dict[str, list[str]] = {}
    for golden in goldens():
        language, _, name = golden.name.partition("-")
        made = golden.made()
        fields = [field for field, value in golden.story.items() if made.get(field) != value]
        wrong.setdefault(language, []).append(f"{name}: {', '.join(fields)}" if fields else "")
    return [
        Row(
            what=language,
            value=str(outcomes.count("")),
            of=len(outcomes),
            target="all, in every field",
            met=not any(outcomes),
            note="; ".join(filter(None, outcomes)),
        )
        for language, outcomes in wrong.items()
    ]


def kyodo_rows(folder: Path) -> list[Row]:
    """The piece as a feed of its publisher would bring it, in HTML and as plain text."""
    expected = json.loads((folder / "expected.json").read_text("utf-8"))
    piece = (folder / "piece.txt").read_text("utf-8")
    parts = (part.strip().replace("\n", "<br>") for part in piece.split("\n\n"))
    paragraphs = "".join(f"<p>{part}</p>" for part in parts if part)
    rows = []
    for form, content in (
        ("HTML", Markup(value=paragraphs)),
        ("plain text", Markup(value=piece, html=False)),
    ):
        entry = Entry(raw_hash=0, content=content, published_raw="2017-03-15T09:30:00Z")
        context = FeedContext(feed_url="", source_name="The Japan Times")
        story = normalize(entry, context, SEEN)
        wrong = _kyodo_wrong(story, expected)
        blocks = Counter(block.type.value for block in story.blocks)
        rows.append(
            Row(
                what=f"as {form}",
                value="as expected" if not wrong else "FAILED",
                target="blocks, agency, language, words",
                met=not wrong,
                note=", ".join(wrong) or ", ".join(f"{n} {kind}" for kind, n in blocks.items()),
            )
        )
    return rows


def _kyodo_wrong(story: Story, expected: dict[str, Any]) -> list[str]:
    closing = [block.text for block in story.blocks if block.type.value == "boilerplate"]
    starts = zip(closing, expected["boilerplate_starts"], strict=False)
    words = [word.strip('"') for word in expected["search"]["must_not_match"]]
    held = {
        "blocks": Counter(b.type.value for b in story.blocks) == expected["blocks"],
        "agency": story.agency is not None and story.agency.code == expected["agency"],
        "language": story.language == expected["language"],
        "first paragraph": story.text.startswith(expected["first_paragraph_starts"]),
        "last paragraph": story.text.endswith(expected["last_paragraph_ends"]),
        "closing lines": all(line.startswith(start) for line, start in starts),
        "words": not any(word in story.text.lower() for word in words),
    }
    return [name for name, holds in held.items() if not holds]


_PAGE_TARGETS: Final = {"full text: F1": 0.96}


def page_rows(folder: Path) -> list[Row]:
    return [
        Row(
            what=row.name,
            value=f"{row.value:.3f}",
            of=row.of,
            target=f"≥ {target}" if (target := _PAGE_TARGETS.get(row.name)) else "",
            met=row.value >= target if target else None,
            note=row.note if row.note.startswith("refused") else "",
        )
        for row in full_text.measure(folder)
    ]


_NO_TEXT: Final = frozenset(
    {
        -8147152209004875014,
        201125225516629693,
        5688245372192084164,
        6351510501298849620,
        7248604790918530596,
        7253874843273306426,
    }
)
"""Lines that the pages' truth counts among the text, though they are no part of the story: notices
of rights, of republication, links to other pages; by hash, since they are not ours."""


def paragraph_rows(folder: Path) -> list[Row]:
    """What the general forms, which know no source, would take from articles."""
    truth = folder / "article-extraction-benchmark" / "ground-truth.json"
    articles = json.loads(truth.read_text("utf-8")).values()
    lines = [
        line
        for article in articles
        for raw in article["articleBody"].split("\n")
        if (line := clean_text(raw))
    ]
    taken = [line for line in lines if boilerplate_rule(line)]
    wrong = [line for line in taken if hash64(line) not in _NO_TEXT]
    shown = "; ".join(line[:60] for line in wrong[:2])
    return [
        Row(
            what="by the general forms",
            value=str(len(wrong)),
            of=len(lines) - len(taken) + len(wrong),
            target="0",
            met=not wrong,
            note=shown or f"{len(taken)} lines are notices of rights, links and the like",
        )
    ]


def line_rows() -> list[Row]:
    """Lines that sites put around stories: taken out, and none of the stories' own."""
    found = sum(by_language().values(), Judged())
    lines = found.right + len(found.missed)
    return [
        Row(
            what=what,
            value=f"{value:.3f}",
            of=lines,
            target=f"≥ {target}",
            met=value >= target,
        )
        for what, value, target in (
            ("precision", found.precision, 0.99),
            ("recall", found.recall, 0.95),
        )
    ]


# --- the table --------------------------------------------------------------------------------


def table(data: Path) -> tuple[list[str], bool]:
    """The table as Markdown, and whether all targets are met."""
    lines = ["| | value | of | target | | |", "|---|---|---|---|---|---|"]
    good = True
    for heading, rows in sections(data):
        lines.append(f"| **{heading}** | | | | | |")
        if rows is None:
            lines.append(f"| skipped: no test data in `{data.name}` | | | | | |")
            continue
        for row in rows:
            good = good and row.met is not False
            mark = {True: "met", False: "NOT MET", None: ""}[row.met]
            of = "" if row.of is None else str(row.of)
            cells = (row.what, row.value, of, row.target, mark, row.note)
            lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    return lines, good


def main() -> int:
    logging.disable(logging.CRITICAL)  # extraction tells of every page that it finds odd
    lines, good = table(shared_data())
    print("\n".join(lines))  # noqa: T201 - it is for reading
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
