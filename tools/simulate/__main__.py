"""`make simulate`: a table and a picture of what rules of polling cost and bring."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterable
from functools import partial
from multiprocessing import Pool
from pathlib import Path
from typing import Final

from tools.simulate.feeds import DAYS, MINUTE, Feed, make_feed
from tools.simulate.front import is_ours, rivalries
from tools.simulate.picture import picture
from tools.simulate.rules import AverageGap, ByDuplicates, EntryFrequency, Fixed, Grid, Ours, RuleOf
from tools.simulate.run import Tally, simulate

GREEDS: Final = (0.125, 0.25, 0.5, 1.0, 2.0, 4.0)
FIXED: Final = (5, 15, 30, 60, 120)
BATCH: Final = 100  # feeds of one task
HEAD: Final = (
    "| rule | requests a feed and day | found something new | sooner than asked "
    "| delay: mean | median | p95 | entries missed |"
)


def rules(*, hints: bool) -> dict[str, RuleOf]:
    """All rules by name; without hints there is nothing to disregard."""
    ours: dict[str, RuleOf] = {f"ours, greed {g:g}": partial(Ours, greed=g) for g in GREEDS}
    peers: dict[str, RuleOf] = {
        "Miniflux, round robin": partial(_every, minutes=60, asked=True),
        "Miniflux, entry frequency": EntryFrequency,
        "CommaFeed": AverageGap,
        "Media Cloud": ByDuplicates,
        "reader": Grid,
    }
    asked: dict[str, RuleOf] = {
        f"every {m} min": partial(_every, minutes=m, asked=True) for m in FIXED
    }
    regardless: dict[str, RuleOf] = {
        f"every {m} min, whatever is asked": partial(_every, minutes=m, asked=False) for m in FIXED
    }
    return ours | peers | asked | (regardless if hints else {})


def _every(feed: Feed, *, minutes: int, asked: bool) -> Fixed:
    return Fixed(minutes * MINUTE, feed.asked_s if asked else 0)


def play(feeds: int, seed: int, *, hints: bool, only: str = "", jobs: int = 1) -> list[Tally]:
    """All rules over the same feeds; the delays of each are sorted."""
    part = partial(_play, seed=seed, hints=hints, only=only)
    parts = [range(n, min(n + BATCH, feeds)) for n in range(0, feeds, BATCH)]
    if jobs == 1:
        return _joined(map(part, parts))
    with Pool(jobs) as pool:
        return _joined(pool.imap(part, parts))


def _play(numbers: range, *, seed: int, hints: bool, only: str) -> list[Tally]:
    wanted = {name: rule for name, rule in rules(hints=hints).items() if only in name}
    tallies = {name: Tally(name=name) for name in wanted}
    for number in numbers:
        feed = make_feed(number, seed, hints=hints)
        for name, rule_of in wanted.items():
            rule = rule_of(feed)
            simulate(feed, rule, tallies[name])
            if isinstance(rule, Ours):
                _count_alarms(feed, rule, tallies[name])
    return list(tallies.values())


def _count_alarms(feed: Feed, rule: Ours, tally: Tally) -> None:
    for at in rule.silent_at:
        if feed.stopped is not None and at > feed.stopped:
            tally.heard += 1
        else:
            tally.alarms += 1


def _joined(parts: Iterable[list[Tally]]) -> list[Tally]:
    joined: dict[str, Tally] = {}
    for tallies in parts:
        for tally in tallies:
            joined.setdefault(tally.name, Tally(name=tally.name)).add(tally)
    for tally in joined.values():
        tally.sort()
    return list(joined.values())


def table(tallies: list[Tally], feeds: int) -> str:
    lines = [HEAD, "|---" * HEAD.count(" | ") + "|---|"]
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


def front(tallies: list[Tally]) -> str:
    """Each rule beside ours for as many requests."""
    lines = ["| rule | mean | ours for as many requests | p95 | ours |", "|---|---|---|---|---|"]
    for rival in rivalries(tallies):
        spans = (rival.mean_s, rival.our_mean_s, rival.p95_s, rival.our_p95_s)
        cells = " | ".join(f"{span / MINUTE:.1f} min" for span in spans)
        lines.append(f"| {rival.name} | {cells} |")
    return "\n".join(lines)


def alarms(tallies: list[Tally], feeds: int) -> str:
    """What the silence alarm said."""
    return "\n".join(
        f"{t.name}: {t.heard} feeds that had stopped were found silent, and {t.alarms} times "
        f"one that went on, {t.alarms / feeds / DAYS * 365:.2f} times a feed and year"
        for t in tallies
        if is_ours(t)
    )


def main() -> None:
    asked = argparse.ArgumentParser(prog="simulate", description=__doc__)
    asked.add_argument("--feeds", type=int, default=10_000)
    asked.add_argument("--seed", type=int, default=1)
    asked.add_argument("--only", default="", help="rules whose name has this")
    asked.add_argument("--jobs", type=int, default=1, help="processes at work")
    asked.add_argument("--no-hints", action="store_true", help="servers ask for nothing")
    asked.add_argument("--picture", type=Path, help="where to write the picture")
    given = asked.parse_args()
    begun = time.monotonic()
    hints = not given.no_hints
    tallies = play(given.feeds, given.seed, hints=hints, only=given.only, jobs=given.jobs)
    parts = (table(tallies, given.feeds), front(tallies), alarms(tallies, given.feeds))
    sys.stdout.write("\n\n".join(parts) + "\n")
    if given.picture:
        given.picture.write_text(picture(tallies, given.feeds), encoding="utf-8")
    sys.stderr.write(f"{time.monotonic() - begun:.0f} s\n")


if __name__ == "__main__":
    main()
