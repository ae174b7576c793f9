"""What ours comes to for as many requests as another rule makes."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from tools.simulate.run import Tally

P95 = 0.95


@dataclass(frozen=True, slots=True, kw_only=True)
class Rivalry:
    """A rule, and ours for as many requests; seconds of delay."""

    name: str
    mean_s: float
    our_mean_s: float
    p95_s: float
    our_p95_s: float


def is_ours(tally: Tally) -> bool:
    return tally.name.startswith("ours")


def rivalries(tallies: Sequence[Tally]) -> list[Rivalry]:
    """All rules whose requests lie between the least and the most of ours."""
    ours = sorted((t for t in tallies if is_ours(t)), key=lambda t: t.requests)
    return [
        Rivalry(
            name=tally.name,
            mean_s=tally.mean_s,
            our_mean_s=_between(ours, tally.requests, lambda t: t.mean_s),
            p95_s=tally.quantile_s(P95),
            our_p95_s=_between(ours, tally.requests, lambda t: t.quantile_s(P95)),
        )
        for tally in tallies
        if not is_ours(tally) and ours and ours[0].requests <= tally.requests <= ours[-1].requests
    ]


def _between(ours: Sequence[Tally], requests: int, of: Callable[[Tally], float]) -> float:
    """On the line between two points of ours, as it is drawn: both scales logarithmic."""
    for less, more in pairwise(ours):
        if less.requests <= requests <= more.requests:
            share = math.log(requests / less.requests) / math.log(more.requests / less.requests)
            return math.pow(of(less), 1 - share) * math.pow(of(more), share)
    return of(ours[-1])
