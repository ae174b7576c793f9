"""`python -m tests.chaos`: a run as long as you like; exits with 1 where a promise was broken."""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
from pathlib import Path

from app.store.engine import open_database
from app.store.migrate import migrate
from tests.chaos.plan import Plan, Report
from tests.chaos.run import run
from tests.postgres import running_server

SHOWN = 40


def main() -> int:
    options = _options()
    plan = Plan(
        feeds=options.feeds,
        pollers=options.pollers,
        kills=options.kills,
        seed=options.seed,
        minutes=options.minutes,
        settle_minutes=options.settle,
        without=options.without,
    )
    folder = Path(options.folder or tempfile.mkdtemp(prefix="copydesk-chaos-"))
    folder.mkdir(parents=True, exist_ok=True)
    for log in folder.glob("poller-*.log"):
        log.unlink()
    say(f"seed {plan.seed}; logs in {folder}")
    with running_server() as server:
        report = asyncio.run(_run(plan, server.create(), folder))
    tell(report)
    return 1 if report.breaches else 0


async def _run(plan: Plan, url: str, folder: Path) -> Report:
    database = open_database(url)
    await migrate(database)
    await database.close()
    return await run(plan, url, folder)


def tell(report: Report) -> None:
    say(
        f"{report.kills} kills, {report.freezes} freezes, {report.seconds:.0f} s"
        f" ({report.settled_s:.0f} s to settle), {report.resumed} feeds resumed,"
        f" {report.back_offs} hosts backed off\n"
        f"{report.requests} requests, {report.rows} polls on record,"
        f" {report.stories} stories, {report.revisions} revisions\n"
        f"misbehaved: {dict(sorted(report.faults.items()))}\n"
        f"pollers complained: {report.complaints}"
    )
    for breach in report.breaches[:SHOWN]:
        say(f"BROKEN: {breach}")
    say(f"{len(report.breaches)} promises broken")


def say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("--feeds", type=int, default=3000)
    parser.add_argument("--pollers", type=int, default=4)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--minutes", type=float, default=20.0, help="of kills, at most")
    parser.add_argument(
        "--settle", type=float, default=1.0, help="minutes without progress until it is given up"
    )
    parser.add_argument("--folder", help="for the pollers' logs")
    parser.add_argument("--without", choices=("fencing", "slots"), help="a guard to take out")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
