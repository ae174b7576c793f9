"""How long feeds wait for each other behind one IP address, by how many requests it gets at once.

    python -m tools.lanes

The numbers behind docs/decisions/0016: every host has one feed, polled every half hour; answers
take 0.4 s as a rule, two in a hundred time out after 30 s; the gap is a second.
"""

from __future__ import annotations

import heapq
import random
from collections.abc import Callable
from typing import Final

from app.core.slots import lane_for

INTERVAL_S: Final = 1800.0
SPAN_S: Final = 6 * 3600.0
GAP_S: Final = 1.0
TIMEOUT_S: Final = 30.0
TIMED_OUT: Final = 0.02

Lane = Callable[[int], str]


def answer_s(chance: random.Random) -> float:
    return TIMEOUT_S if chance.random() < TIMED_OUT else chance.lognormvariate(-0.9, 0.7)


def waits(hosts: int, lane: Lane, chance: random.Random) -> list[float]:
    """Seconds that each poll is late for its lane, in order."""
    due = [(chance.random() * INTERVAL_S, host) for host in range(hosts)]
    heapq.heapify(due)
    free: dict[str, float] = {}
    late: list[float] = []
    while due and due[0][0] < SPAN_S:
        at, host = heapq.heappop(due)
        begins = max(at, free.get(lane(host), 0.0))
        ends = begins + answer_s(chance)
        free[lane(host)] = ends + GAP_S
        late.append(begins - at)
        heapq.heappush(due, (ends + INTERVAL_S * (1 + chance.random() / 10), host))
    return sorted(late)


def all_at_once_s(hosts: int, lane: Lane, chance: random.Random) -> float:
    """Until the last of them is asked, where all are due now."""
    free: dict[str, float] = {}
    for host in range(hosts):
        free[lane(host)] = free.get(lane(host), 0.0) + answer_s(chance) + GAP_S
    return max(free.values())


def main() -> None:
    lanes: dict[str, Lane] = {"one": lambda _host: "", "ours": lambda host: lane_for("", host)}
    for hosts in (20, 100, 500, 2000, 10_000):
        for name, lane in lanes.items():
            chance = random.Random(1)  # noqa: S311 - a simulation
            late = waits(hosts, lane, chance)
            median, p95 = late[len(late) // 2], late[len(late) * 95 // 100]
            minutes = all_at_once_s(hosts, lane, chance) / 60
            print(f"{hosts:6} {name:5} {median:8.1f} s {p95:8.1f} s {minutes:7.1f} min")  # noqa: T201 - what it is for


if __name__ == "__main__":
    main()
