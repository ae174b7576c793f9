"""Measured times as tables in Markdown."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from statistics import median, quantiles
from typing import NamedTuple


class Key(NamedTuple):
    case: str
    words: str  # the class of words; empty where the case is not about one word
    engine: str


def markdown(total: int, rounds: int, times: Mapping[Key, Sequence[float]]) -> str:
    """Milliseconds, p50 and p99 of each case by class and engine, and commonest against rarest."""
    cases = list(dict.fromkeys(key.case for key in times))
    engines = list(dict.fromkeys(key.engine for key in times))
    names = list(dict.fromkeys(key.words for key in times if key.words))
    lines = [
        f"{total:,} stories, {rounds} rounds; milliseconds, p50 / p99.",
        "",
        *_head(["search", "engine", *names, f"{names[0]} : {names[-1]}"]),
    ]
    for case in cases:
        for engine in engines:
            cells = [times.get(Key(case, name, engine), ()) for name in names]
            if any(cells):
                ratio = f"{median(cells[0]) / median(cells[-1]):.1f}"
                lines.append(_line([case, engine, *map(_cell, cells), ratio]))
    lines += ["", *_head(["search", *engines])]
    for case in cases:
        alone = [times.get(Key(case, "", engine), ()) for engine in engines]
        if any(alone):
            lines.append(_line([case, *map(_cell, alone)]))
    return "\n".join(lines) + "\n"


def _head(cells: Sequence[str]) -> Iterator[str]:
    yield _line(cells)
    yield _line(["---"] * len(cells))


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _cell(seconds: Sequence[float]) -> str:
    if not seconds:
        return ""
    last = quantiles(seconds, n=100, method="inclusive")[-1] if len(seconds) > 1 else seconds[0]
    return f"{median(seconds) * 1000:.1f} / {last * 1000:.1f}"
