"""The poller by itself, and the schema."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field

import structlog
import typer

from app.cli.inside import start_logging
from app.cli.opening import database_name, explained, own, settings_of
from app.cli.outcome import on_stop, run
from app.cli.show import console, table
from app.ingest.pipeline import Polled
from app.process import Service, open_service
from app.settings import Settings
from app.store.engine import open_database
from app.store.migrate import migrate, schema_revision
from app.store.plans import Applied
from app.telemetry import configure_logging

log = structlog.get_logger()


@dataclass(slots=True)
class Tally:
    """What the polls of one round came to."""

    feeds: int = 0
    new: int = 0
    changed: int = 0
    failed: list[tuple[str, str]] = field(default_factory=list)

    def add(self, polled: Polled) -> None:
        plan = polled.plan
        if polled.applied is not Applied.APPLIED:
            return  # whoever has the feed now counts it
        self.feeds += 1
        self.new += len(plan.new)
        self.changed += len(plan.changed)
        if plan.ledger.failure is not None:
            self.failed.append((plan.feed.url, f"{plan.ledger.failure}: {plan.ledger.detail}"))


def poll_until_stopped() -> None:
    settings = settings_of()
    start_logging(settings)
    run(_poll(settings))


def poll_once() -> None:
    """Poll what is due, and print what came of it."""
    configure_logging("warning", as_json=False)
    tally = run(_poll_once(settings_of()))
    out = console()
    counts = (tally.feeds, tally.new, tally.changed, len(tally.failed))
    headings = ("feeds polled", "new stories", "changed stories", "failed")
    out.print(table(headings, [[str(count) for count in counts]]))
    if tally.failed:
        out.print(table(("failed", "why"), tally.failed))


def upgrade() -> None:
    """Migrate, and print from where to where."""
    settings = settings_of()
    before, after = run(_migrate(settings))
    if before == after:
        typer.echo(f"{database_name(settings)} has schema {after} already.")
    else:
        typer.echo(f"{database_name(settings)}: schema {before or 'none'} → {after}.")


async def _poll(settings: Settings) -> None:
    async with AsyncExitStack() as stack:
        service = await _enter_service(stack, settings, lambda _polled: None)
        stack.enter_context(on_stop(service.loops.stop))
        log.info("polling", database=database_name(settings))
        await service.loops.run()
    log.info("stopped")


async def _poll_once(settings: Settings) -> Tally:
    tally = Tally()
    async with AsyncExitStack() as stack:
        status = stack.enter_context(console(stderr=True).status("Opening the database …"))

        def add(polled: Polled) -> None:
            tally.add(polled)
            status.update(f"Polled {tally.feeds} feeds, {tally.new} new stories …")

        service = await _enter_service(stack, settings, add)
        stack.enter_context(on_stop(service.loops.stop))
        status.update("Polling …")
        with explained(settings):
            await service.poller.run_once()
            status.update("Fetching the pages of new stories …")
            await service.pages.run_once()
    return tally


async def _migrate(settings: Settings) -> tuple[str | None, str | None]:
    """The revisions before and after."""
    async with AsyncExitStack() as stack:
        own(stack, settings)
        with explained(settings):
            database = open_database(settings.database_url)
            stack.push_async_callback(database.close)
            before, _ = await schema_revision(database)
            return before, await migrate(database)


async def _enter_service(
    stack: AsyncExitStack, settings: Settings, on_polled: Callable[[Polled], None]
) -> Service:
    own(stack, settings)
    with explained(settings):
        return await stack.enter_async_context(
            open_service(settings, polls=True, makes_key=False, on_polled=on_polled)
        )
