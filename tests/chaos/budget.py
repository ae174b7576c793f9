"""`python -m tests.chaos.budget`: thousands of feeds due at once, and a budget of requests.

What leaves is counted where it arrives, by windows of a few seconds from the first request on. It
exits with 1 if a window, the first one included, is off the budget by more than a tenth.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
import time
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

from app.store.engine import open_database
from app.store.migrate import migrate
from tests.chaos.__main__ import say
from tests.chaos.network import address
from tests.chaos.plan import Plan, settings_of
from tests.chaos.publisher import Publisher, published
from tests.chaos.run import Play
from tests.chaos.script import desks
from tests.postgres import running_server

FEEDS_OF_HOST = 4
TOLERANCE = 0.1
START_S = 120.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """Requests in each window, and how many the budget has for one."""

    windows: list[int]
    budget: float
    to_first_s: float
    asked: int  # feeds that were asked at least once
    twice: int

    @property
    def breaches(self) -> list[int]:
        """The windows that are off by more than a tenth."""
        off = self.budget * TOLERANCE
        return [n for n, count in enumerate(self.windows) if abs(count - self.budget) > off]


async def measure(
    plan: Plan, url: str, folder: Path, *, per_hour: int, window_s: float
) -> Measured:
    """Have the feeds of a plan polled under a budget for as many minutes as it says."""
    database = open_database(url)
    hosts = [address(n // FEEDS_OF_HOST) for n in range(plan.feeds)]
    publisher = Publisher(desks(plan.feeds, plan.seed), hosts, plan.seed)
    settings = {
        "requests_per_hour": str(per_hour),
        "max_interval_s": "86400",
        "fetch_deadline_s": "30",
        "parse_timeout_s": "10",
        "concurrency": "32",
    }
    async with AsyncExitStack() as stack:
        stack.push_async_callback(database.close)
        await migrate(database)
        await stack.enter_async_context(published(publisher))
        play = await stack.enter_async_context(Play(plan, publisher, database, url, folder))
        await play.add_feeds()
        for poller in play.pollers:
            poller.settings = settings_of(plan, url) | settings
        started = time.time()
        await asyncio.gather(*(poller.start() for poller in play.pollers))
        while not publisher.seen:
            if time.time() - started > START_S:
                raise TimeoutError(play.pollers[0].log())
            await asyncio.sleep(0.01)
        first = publisher.seen[0].start
        await asyncio.sleep(plan.minutes * 60)
        over = time.time()
        await play.stop()
    count = int((over - first) / window_s)
    windows = [0] * count
    for seen in publisher.seen:
        n = int((seen.start - first) / window_s)
        if n < count:
            windows[n] += 1
    asked = {seen.feed for seen in publisher.seen}
    return Measured(
        windows=windows,
        budget=per_hour * window_s / 3600,
        to_first_s=first - started,
        asked=len(asked),
        twice=len(publisher.seen) - len(asked),
    )


def main() -> int:
    options = _options()
    plan = Plan(
        feeds=options.feeds,
        pollers=options.pollers,
        kills=0,
        seed=options.seed,
        minutes=options.minutes,
        gap_s=1.0,
        hurried=False,
    )
    folder = Path(tempfile.mkdtemp(prefix="copydesk-budget-"))
    with running_server() as server:
        measured = asyncio.run(
            measure(
                plan,
                server.create(),
                folder,
                per_hour=options.per_hour,
                window_s=options.window,
            )
        )
    say(
        f"{plan.feeds} feeds due at once, {plan.pollers} pollers, "
        f"{options.per_hour} requests an hour: {measured.budget:g} in {options.window:g} s\n"
        f"in each such window: {measured.windows}\n"
        f"least {min(measured.windows)}, most {max(measured.windows)}, "
        f"mean {sum(measured.windows) / len(measured.windows):.1f}; first request after "
        f"{measured.to_first_s:.1f} s; {measured.asked} feeds asked, {measured.twice} twice"
    )
    for n in measured.breaches:
        say(f"BROKEN: window {n} has {measured.windows[n]} requests")
    return 1 if measured.breaches else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos.budget", description=__doc__)
    parser.add_argument("--feeds", type=int, default=10_000)
    parser.add_argument("--pollers", type=int, default=2)
    parser.add_argument("--per-hour", type=int, default=7_200)
    parser.add_argument("--minutes", type=float, default=5.0)
    parser.add_argument("--window", type=float, default=30.0, help="seconds")
    parser.add_argument("--seed", type=int, default=1)
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
