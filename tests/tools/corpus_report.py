"""Poll every feed of the shared test data and report: `make corpus`.

Ends with an error if a file has no ledger row, or if fewer entries were counted than feedparser
finds in a file that is not known for it.
"""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
import time
from collections import Counter

from rich.console import Console
from rich.table import Table

from app.telemetry import configure_logging
from tests.conftest import ROOT, SHARED_DATA
from tests.feed_files import FEWER, files
from tests.tools.corpus import Outcome, poll_all

REPORT = ROOT / "reports" / "corpus.md"


def main() -> int:
    folder = SHARED_DATA / "feeds"
    if not folder.is_dir():
        sys.stderr.write(f"no test data at {folder}: set COPYDESK_TEST_DATA to its folder\n")
        return 1
    configure_logging("error", as_json=False)
    paths = files(folder)
    started = time.monotonic()
    with tempfile.TemporaryDirectory() as temporary:
        url = os.environ.get("COPYDESK_DATABASE_URL") or f"sqlite:///{temporary}/corpus.db"
        outcomes = asyncio.run(poll_all(folder, paths, url))
    lost = [o for o in outcomes if o.fetch is None]
    fewer = [o for o in outcomes if is_short(o) and o.name not in FEWER]
    write_report(outcomes)
    show(outcomes, time.monotonic() - started)
    for outcome in [*lost, *fewer]:
        sys.stderr.write(f"{outcome.name}: {told(outcome)}\n")
    return 1 if lost or fewer else 0


def is_short(outcome: Outcome) -> bool:
    counted = outcome.fetch.row.entries if outcome.fetch else 0
    return counted < outcome.reference


def told(outcome: Outcome) -> str:
    if outcome.fetch is None:
        return "no ledger row"
    row = outcome.fetch.row
    what = f"{row.outcome.value} {row.failure.value if row.failure else ''}".strip()
    return f"{what}, {row.entries} entries, feedparser finds {outcome.reference}"


def show(outcomes: list[Outcome], seconds: float) -> None:
    kinds = Counter(
        f"{o.fetch.row.outcome.value} {o.fetch.row.failure.value if o.fetch.row.failure else ''}"
        for o in outcomes
        if o.fetch
    )
    table = Table("outcome", "files", title=f"{len(outcomes)} files polled in {seconds:.0f} s")
    for kind, count in kinds.most_common():
        table.add_row(kind, str(count))
    counted = sum(o.fetch.row.entries for o in outcomes if o.fetch)
    table.add_row("entries", str(counted))
    table.add_row("entries that feedparser finds", str(sum(o.reference for o in outcomes)))
    table.add_row("stories", str(sum(o.fetch.row.new for o in outcomes if o.fetch)))
    Console().print(table)
    Console().print(f"Line by line: {REPORT.relative_to(ROOT)}")


def write_report(outcomes: list[Outcome]) -> None:
    REPORT.parent.mkdir(exist_ok=True)
    lines = [
        "| file | outcome | entries | feedparser | new | detail |",
        "|---|---|---|---|---|---|",
    ]
    for o in outcomes:
        row = o.fetch.row if o.fetch else None
        if row is None:
            lines.append(f"| {o.name} | no ledger row | | {o.reference} | | |")
            continue
        what = row.failure.value if row.failure else row.outcome.value
        detail = (row.detail or "; ".join(row.notes)).replace("|", "/")
        lines.append(
            f"| {o.name} | {what} | {row.entries} | {o.reference} | {row.new} | {detail} |"
        )
    REPORT.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
