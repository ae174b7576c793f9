"""`make simulate`: a table and a picture of what rules of polling cost and bring."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Final

from tools.simulate.feeds import DAYS, HOUR, MINUTE, Feed, make_feed
from tools.simulate.rules import AverageGap, ByDuplicates, EntryFrequency, Fixed, Grid, Ours, RuleOf
from tools.simulate.run import Tally, simulate

GREEDS: Final = (0.25, 0.5, 0.75, 1.0, 1.5, 2.0, 4.0)
FIXED: Final = (5, 15, 30, 60, 120)


def rules() -> dict[str, RuleOf]:
    ours: dict[str, RuleOf] = {f"ours, greed {g:g}": partial(Ours, greed=g) for g in GREEDS}
    fixed: dict[str, RuleOf] = {
        f"every {m} min": lambda _feed, m=m: Fixed(m * MINUTE) for m in FIXED
    }
    peers: dict[str, RuleOf] = {
        "Miniflux, round robin": lambda feed: Fixed(HOUR, feed.asked_s),
        "Miniflux, entry frequency": EntryFrequency,
        "CommaFeed": AverageGap,
        "Media Cloud": ByDuplicates,
        "reader": Grid,
    }
    return ours | peers | fixed


def play(feeds: int, seed: int, *, hints: bool, only: str = "") -> list[Tally]:
    """All rules over the same feeds."""
    wanted = {name: rule for name, rule in rules().items() if only in name}
    tallies = {name: Tally(name=name) for name in wanted}
    for feed in _feeds(feeds, seed, hints=hints):
        for name, rule in wanted.items():
            simulate(feed, rule(feed), tallies[name])
    for tally in tallies.values():
        tally.sort()
    return list(tallies.values())


def _feeds(count: int, seed: int, *, hints: bool) -> Iterator[Feed]:
    return (make_feed(number, seed, hints=hints) for number in range(count))


def table(tallies: list[Tally], feeds: int) -> str:
    lines = [
        "| rule | requests a feed and day | found something new | sooner than asked "
        "| delay: mean | median | p95 | entries missed |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for t in tallies:
        delays = (t.mean_s, t.quantile_s(0.5), t.quantile_s(0.95))
        cells = (
            f"{t.requests / feeds / DAYS:.1f}",
            f"{t.useful / t.requests:.0%}",
            f"{t.early / t.requests:.0%}",
            *(f"{delay / MINUTE:.1f} min" for delay in delays),
            f"{t.missed / max(len(t.delays) + t.missed, 1):.2%}",
        )
        lines.append(f"| {t.name} | {' | '.join(cells)} |")
    return "\n".join(lines)


def main() -> None:
    asked = argparse.ArgumentParser(prog="simulate", description=__doc__)
    asked.add_argument("--feeds", type=int, default=10_000)
    asked.add_argument("--seed", type=int, default=1)
    asked.add_argument("--only", default="", help="rules whose name has this")
    asked.add_argument("--no-hints", action="store_true", help="servers ask for nothing")
    asked.add_argument("--picture", type=Path, help="where to write the picture")
    given = asked.parse_args()
    begun = time.monotonic()
    tallies = play(given.feeds, given.seed, hints=not given.no_hints, only=given.only)
    sys.stdout.write(table(tallies, given.feeds) + "\n")
    sys.stderr.write(f"{time.monotonic() - begun:.0f} s\n")


if __name__ == "__main__":
    main()
