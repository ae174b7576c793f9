"""`copydesk alerts`, `copydesk backup` and `copydesk restore`, over a database in the folder."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

from sqlalchemy import text

from app.store.engine import open_database
from app.store.migrate import migrate
from tests.plans import add
from tests.test_cli import copydesk, folder

__all__ = ["folder"]

ALERTS = """
INSERT INTO alerts (kind, subject, severity, detail, since, ended_at) VALUES
('feed_quarantined', 'feed:1', 'error', '{"said":"feed 1 [b]x[/b]","step":"look"}', 1000, NULL),
('disk', 'service', 'warning', '{"said":"little is left","step":"make room"}', 1000, 2000)
"""


def stock(folder: Path, *statements: str) -> None:
    async def work() -> None:
        database = open_database(f"sqlite+aiosqlite:///{folder / 'copydesk.db'}")
        await migrate(database)
        if not statements:
            await add(database)
        async with database.write() as session:
            for statement in statements:
                await session.execute(text(statement))
        await database.close()

    asyncio.run(work())


def test_alerts_that_stand_are_listed_with_what_to_do_and_fail_the_command(folder: Path) -> None:
    stock(folder, ALERTS)
    shown = copydesk("alerts")
    assert shown.exit_code == 1
    assert "feed 1 [b]x[/b]" in shown.stdout
    assert "→ look" in shown.stdout
    assert "little is left" not in shown.stdout
    assert "little is left" in copydesk("alerts", "--all").stdout
    [line] = copydesk("alerts", "--json").stdout.splitlines()
    assert json.loads(line)["kind"] == "feed_quarantined"
    stock(folder, "UPDATE alerts SET ended_at = 3000")
    well = copydesk("alerts")
    assert (well.exit_code, well.stdout.strip()) == (0, "No alert stands.")


def test_a_backup_is_made_once_and_restored_where_nothing_is_lost(folder: Path) -> None:
    stock(folder)
    made = copydesk("backup", "kept.db")
    assert (made.exit_code, made.stdout.endswith("verified.\n")) == (0, True)
    again = copydesk("backup", "kept.db")
    assert (again.exit_code, "is there already" in again.stderr) == (1, True)
    assert copydesk("backup", "kept.db", "--force").exit_code == 0
    refused = copydesk("restore", "kept.db")
    assert (refused.exit_code, "--force" in refused.stderr) == (1, True)
    other = {"database_url": "sqlite:///other.db"}
    restored = copydesk("restore", "kept.db", **other)
    assert restored.exit_code == 0
    assert "1 feeds" in restored.stdout
    assert copydesk("feeds", "list", "--json", **other).stdout.count("feed.example") >= 1
    missing = copydesk("restore", "none.db")
    assert (missing.exit_code, "there is no none.db" in missing.stderr) == (1, True)
