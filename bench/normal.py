"""How long the normal form takes, by story and by feed, side by side: `make bench-normal`.

Per story: an entry of HTML made a story, beside the sanitizer alone (nh3, which every entry goes
through twice) and beside two that take the text out of a page and know no blocks, bylines or
dates: trafilatura and resiliparse. Per feed: feedparser alone, then all that is read of a
document, then all that a poll decides where each entry is new and where none is.
"""

from __future__ import annotations

import argparse
import gc
import json
import random
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from html import escape
from pathlib import Path
from statistics import median
from typing import Final

import feedparser  # type: ignore[import-untyped]  # the package ships no types
import nh3
import trafilatura
from resiliparse.extract.html2text import extract_plain_text
from rich.console import Console
from rich.progress import track

from app.core.known import Known, KnownCopy, KnownStory
from app.core.normal.normalize import normalize
from app.core.plan import plan_document, read_document
from app.core.poll import ClaimedFeed, Document, FeedPlan
from app.core.story import FeedContext
from app.core.types import Entry, Fetched, Markup, ParseFailed, ServerHints, Validators
from bench.words import vocabulary

RESULTS: Final = Path(__file__).parent / "results"
NOW: Final = datetime(2026, 11, 12, 9, tzinfo=UTC)
URL: Final = "https://harbour.example/rss"
LANGUAGES: Final = ("en", "de", "ru", "ko", "ja", "zh")
LENGTHS: Final = (50, 400, 2000)
ENTRIES: Final = (20, 200)
FEED_WORDS: Final = 300
ROUNDS: Final = 9

OURS, SANITIZER, TRAFILATURA, RESILIPARSE = "normalize", "nh3 alone", "trafilatura", "resiliparse"
FEEDPARSER, READ, NEW, UNCHANGED = "feedparser alone", "read", "all new", "unchanged"


@dataclass(frozen=True, kw_only=True)
class Timed:
    """Seconds of the processor for one run, the median of several."""

    case: str  # "en, 400 words" or "20 entries"
    what: str
    seconds: float


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--rounds", type=int, default=ROUNDS)
    options.add_argument("--words", type=int, nargs="*", default=LENGTHS)
    options.add_argument("--entries", type=int, nargs="*", default=ENTRIES)
    given = options.parse_args()
    cases = [*story_cases(given.words), *feed_cases(given.entries)]
    timed = list(measured(track(cases, console=Console(stderr=True)), given.rounds))
    report = markdown(timed)
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "normal.md").write_text(report)
    rows = [{"case": t.case, "what": t.what, "ms": round(t.seconds * 1000, 3)} for t in timed]
    (RESULTS / "normal.json").write_text(json.dumps(rows, ensure_ascii=False, indent=1) + "\n")
    sys.stdout.write(report)
    return 0


Case = tuple[str, str, Callable[[], object]]


def measured(cases: Iterable[Case], rounds: int) -> Iterator[Timed]:
    for case, what, run in cases:
        yield Timed(case=case, what=what, seconds=seconds_of(run, rounds))


def seconds_of(run: Callable[[], object], rounds: int) -> float:
    """Of this process's own time, which others on the machine do not lengthen; the median of
    `rounds` runs after two that warm up.
    """
    taken = []
    gc.collect()
    for number in range(rounds + 2):
        start = time.process_time()
        run()
        if number > 1:
            taken.append(time.process_time() - start)
    return median(taken)


# --- stories ----------------------------------------------------------------------------------


def story_cases(lengths: Iterable[int], languages: Iterable[str] = LANGUAGES) -> list[Case]:
    """Of each language and length, all four ways."""
    return [case for language in languages for words in lengths for case in _ways(language, words)]


def _ways(language: str, words: int) -> Iterator[Case]:
    body = article(random.Random(f"{language} {words}"), language, words)
    page = f"<html><head><title>Quay</title></head><body><article>{body}</article></body></html>"
    entry = Entry(
        raw_hash=0,
        url="https://harbour.example/1?utm_source=rss",
        title=Markup(value="Quay wall cracks"),
        content=Markup(value=body),
        authors=("By Jane Roe",),
        published_raw="Thu, 12 Nov 2026 08:00:00 +0100",
    )
    context = FeedContext(feed_url=URL, language=language)
    case = f"{language}, {words} words"
    yield case, OURS, lambda: normalize(entry, context, NOW)
    yield case, SANITIZER, lambda: nh3.clean(body)
    yield case, TRAFILATURA, lambda: trafilatura.extract(page)
    yield case, RESILIPARSE, lambda: extract_plain_text(page, main_content=True)


def article(rng: random.Random, language: str, words: int) -> str:
    """An article's HTML, with what stands around one: a dateline, a picture, links, a sign-off."""
    known = vocabulary(language)
    drawn = known.draw(rng, words)
    sentences = [known.between.join(drawn[n : n + 16]) + known.stop for n in range(0, words, 16)]
    gap = " " if known.between else ""
    paragraphs = [gap.join(sentences[n : n + 3]) for n in range(0, len(sentences), 3)]
    body = [f"<p>{escape(p)} <a href='/more?utm_medium=rss'>{drawn[0]}</a></p>" for p in paragraphs]
    figure = "<figure><img src='/quay.jpg' width=640><figcaption>The quay</figcaption></figure>"
    body[0] = body[0].replace("<p>", "<p>LISBON, Nov 12 (Reuters) - ", 1)
    return "\n".join([figure, *body, "<p>(Reporting by Jane Roe)</p>", "<p>Share this</p>"])


# --- feeds ------------------------------------------------------------------------------------


def feed_cases(sizes: Iterable[int]) -> list[Case]:
    return [case for entries in sizes for case in _polls(entries)]


def _polls(entries: int) -> Iterator[Case]:
    body = rss(entries)
    document = read(body)
    first = plan(body, document, Known())
    known = on_record(first)
    case = f"{entries} entries"
    yield case, FEEDPARSER, lambda: feedparser.parse(body)
    yield case, READ, lambda: read(body)
    yield case, NEW, lambda: plan(body, read(body), Known())
    yield case, UNCHANGED, lambda: plan(body, read(body), known)


def rss(entries: int) -> bytes:
    items = []
    for number in range(entries):
        language = LANGUAGES[number % len(LANGUAGES)]
        body = article(random.Random(number), language, FEED_WORDS)
        items.append(
            f"<item><title>Quay {number} - Harbour News</title><guid>tag:harbour.example,{number}"
            f"</guid><link>https://harbour.example/{number}</link><author>Jane Roe</author>"
            f"<pubDate>Thu, 12 Nov 2026 0{number % 9}:00:00 GMT</pubDate>"
            f"<description>{escape(body)}</description></item>"
        )
    channel = f"<title>Harbour News</title><link>https://harbour.example/</link>{''.join(items)}"
    return f'<?xml version="1.0"?><rss version="2.0"><channel>{channel}</channel></rss>'.encode()


def read(body: bytes) -> Document:
    document = read_document(
        body, content_type="application/rss+xml", url=URL, feed_url=URL, max_entries=2000
    )
    if isinstance(document, ParseFailed):
        raise TypeError(document.detail)
    return document


def plan(body: bytes, document: Document, known: Known) -> FeedPlan:
    fetched = Fetched(
        url=URL,
        status=200,
        body=body,
        content_type="application/rss+xml",
        validators=Validators(),
        hints=ServerHints(),
    )
    return plan_document(FEED, fetched, document, known, NOW)


def on_record(plan: FeedPlan) -> Known:
    """What the database would have after the plan was applied."""
    stories = [
        KnownStory(
            id=new.id,
            url_hash=new.url_hash,
            identity=new.identity,
            title_hash=new.title_hash,
            published_at=new.made.story.published_at,
            content_hash=new.made.story.content_hash,
            revision=1,
            owner_feed_id=FEED.id,
            owner_has_it=True,
            word_count=new.made.story.word_count,
        )
        for new in plan.new
    ]
    copies = [
        KnownCopy(
            ident=copy.ident,
            story_id=copy.story_id,
            entry_hash=copy.entry_hash,
            url_hash=copy.url_hash,
            present=True,
        )
        for copy in plan.copies
    ]
    return Known(
        stories={story.id: story for story in stories}, copies={copy.ident: copy for copy in copies}
    )


FEED: Final = ClaimedFeed(
    id=1,
    url=URL,
    host="harbour.example",
    source_id=1,
    source_name="Harbour News",
    source_domain="harbour.example",
    lease_token=1,
    claimed_at=NOW,
    due_at=NOW,
)

# --- report -----------------------------------------------------------------------------------


def markdown(timed: Iterable[Timed]) -> str:
    """Milliseconds, and each case's first column as a multiple of the others."""
    table: dict[str, dict[str, float]] = {}
    for each in timed:
        table.setdefault(each.case, {})[each.what] = each.seconds * 1000
    stories = {case: row for case, row in table.items() if OURS in row}
    feeds = {case: row for case, row in table.items() if READ in row}
    lines = ["Milliseconds of the processor, the median; in brackets ours as a multiple of it.", ""]
    lines += _rows("story", stories, (OURS, SANITIZER, TRAFILATURA, RESILIPARSE), OURS)
    lines += ["", "In brackets as a multiple of feedparser alone.", ""]
    lines += _rows("feed", feeds, (FEEDPARSER, READ, NEW, UNCHANGED), None)
    return "\n".join(lines) + "\n"


def _rows(
    name: str, table: dict[str, dict[str, float]], columns: tuple[str, ...], ours: str | None
) -> Iterator[str]:
    yield f"| {name} | {' | '.join(columns)} |"
    yield f"|{'---|' * (len(columns) + 1)}"
    for case, row in table.items():
        cells = [f"{row[columns[0]]:.2f}"]
        for column in columns[1:]:
            ratio = row[ours] / row[column] if ours else row[column] / row[columns[0]]
            cells.append(f"{row[column]:.2f} ({ratio:.2f}×)")
        yield f"| {case} | {' | '.join(cells)} |"


if __name__ == "__main__":
    sys.exit(main())
