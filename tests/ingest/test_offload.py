from __future__ import annotations

import asyncio
import gc
import importlib
import io
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType

import feedparser
import pytest
import uvloop

from app.core.kept import KeptEntry, pack_entry
from app.core.make import Making
from app.core.page.job import Told
from app.core.page.tell import tell_by_page
from app.core.parse.document import parse
from app.core.search.facets import StorySource
from app.core.story import FeedContext
from app.core.types import Entry, Failure, ParsedFeed
from app.ingest import offload as offload_module
from app.ingest.offload import Offload, OffloadFailed, _IdleDeath
from tests.article_pages import PARAGRAPHS, article

GB = 1 << 30
CRASHED = Failure.PARSE_CRASHED
TIMEOUT = Failure.PARSE_TIMEOUT


@pytest.fixture
def work(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The module of tasks, importable here and in the workers."""
    monkeypatch.syspath_prepend(str(Path(__file__).parent))
    return importlib.import_module("offload_work")


@pytest.fixture
async def pool(work: ModuleType) -> AsyncIterator[Offload]:
    async with Offload(1, 5, GB, 100.0, preload=()) as offload:
        yield offload


def alive(pid: int) -> bool:
    """Whether a process runs; one that is dead but not yet reaped does not."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except FileNotFoundError:
        return False
    return stat.rpartition(")")[2].split()[0] != "Z"


def exists(pid: int) -> bool:
    """Whether a process runs, or is dead and not yet reaped."""
    return Path(f"/proc/{pid}").exists()


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not condition():  # noqa: ASYNC110 - another process has no Event of ours
            await asyncio.sleep(0.01)


async def pid_in(path: Path) -> int:
    await until(path.exists)
    return int(path.read_text())  # noqa: ASYNC240 - a few bytes, in a test


async def test_gives_the_result(pool: Offload, work: ModuleType) -> None:
    assert await pool.run(work.add, 1, b=2) == 3


async def test_result_may_be_larger_than_any_pipe(pool: Offload) -> None:
    assert await pool.run(bytes.upper, b"x" * 5_000_000) == b"X" * 5_000_000


async def test_a_worker_is_used_again(pool: Offload, work: ModuleType) -> None:
    assert await pool.run(work.pid) == await pool.run(work.pid) != os.getpid()


@pytest.mark.parametrize(
    ("task", "args", "said"),
    [
        ("complain", (), "ValueError: no such luck (offload_work.py:"),
        ("leave_politely", (), "SystemExit: 0"),
        ("leave", (3,), "ended with status 3"),
        ("leave", (0,), "ended with status 0"),
        ("kill_self", (), "ended by SIGKILL"),
        ("allocate", (10 * GB,), "MemoryError"),
        ("give_unpicklable", (), "the result cannot be pickled"),
        ("give_trap", (), "the result cannot be unpickled"),
    ],
)
async def test_a_crash_is_a_value_and_the_pool_goes_on(
    pool: Offload, work: ModuleType, task: str, args: tuple[int, ...], said: str
) -> None:
    failed = await pool.run(getattr(work, task), *args)

    assert isinstance(failed, OffloadFailed)
    assert failed.kind is CRASHED
    assert said in failed.detail
    assert "\n" not in failed.detail
    assert await pool.run(work.add, 1, 2) == 3


async def test_the_memory_limit_is_what_stops_an_allocation(work: ModuleType) -> None:
    """The other side of the 10 GB case: the same task passes where the limit allows it."""
    async with Offload(1, 5, GB, 10.0, preload=()) as small:
        assert isinstance(await small.run(work.allocate, 2 * GB), OffloadFailed)
    async with Offload(1, 5, 4 * GB, 10.0, preload=()) as large:
        assert await large.run(work.allocate, 2 * GB) == 2 * GB


async def test_a_worker_that_ran_out_of_memory_is_replaced(pool: Offload, work: ModuleType) -> None:
    before = await pool.run(work.pid)
    await pool.run(work.allocate, 10 * GB)
    assert await pool.run(work.pid) != before


async def test_a_task_that_cannot_be_pickled_is_a_value(pool: Offload) -> None:
    failed = await pool.run(lambda: 1)
    assert isinstance(failed, OffloadFailed)
    assert "cannot be pickled" in failed.detail


async def test_a_task_that_does_not_fit_into_memory_is_a_value(work: ModuleType) -> None:
    async with Offload(1, 5, GB // 4, 10.0, preload=()) as offload:
        failed = await offload.run(len, b"x" * (GB // 4))
        assert isinstance(failed, OffloadFailed)
        assert "MemoryError" in failed.detail
        assert await offload.run(work.add, 1, 2) == 3


async def test_processor_time_is_limited(work: ModuleType) -> None:
    async with Offload(1, 1, GB, 60.0, preload=()) as offload:
        failed = await offload.run(work.burn)
        assert failed == OffloadFailed(
            kind=TIMEOUT, detail="the worker process was killed after 1 s of processor time"
        )
        assert await offload.run(work.add, 1, 2) == 3


async def test_processor_time_is_counted_for_each_task(work: ModuleType) -> None:
    """Four tasks that use more than the budget together, in one process; each has room to spare."""
    async with Offload(1, 2, GB, 60.0, preload=()) as offload:
        pids = [await offload.run(work.burn_for, 0.8) for _ in range(4)]
    assert len(set(pids)) == 1
    assert isinstance(pids[0], int)


async def test_time_is_limited(
    work: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.ingest.offload.GRACE_S", 60.0)  # the worker's own clock is meant
    async with Offload(1, 60, GB, 0.3, preload=()) as offload:
        failed = await offload.run(work.wait_for_ever, str(tmp_path / "started"))
        assert failed == OffloadFailed(
            kind=TIMEOUT, detail="the worker process was killed after 0.3 s"
        )
        assert not alive(await pid_in(tmp_path / "started"))
        assert await offload.run(work.add, 1, 2) == 3


async def test_a_worker_that_does_not_heed_its_clock_is_killed(
    work: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.ingest.offload.GRACE_S", 0.2)
    async with Offload(1, 60, GB, 1.0, preload=()) as offload:
        run = asyncio.ensure_future(offload.run(work.wait_for_ever, str(tmp_path / "started")))
        os.kill(await pid_in(tmp_path / "started"), signal.SIGSTOP)
        failed = await run
        assert isinstance(failed, OffloadFailed)
        assert failed.kind is TIMEOUT
        assert await offload.run(work.add, 1, 2) == 3


async def test_waiting_in_line_does_not_count(work: ModuleType) -> None:
    async with Offload(1, 60, GB, 1.0, preload=()) as offload:
        results = await asyncio.gather(*(offload.run(time.sleep, 0.4) for _ in range(4)))
    assert results == [None] * 4


async def test_starting_a_worker_does_not_count(work: ModuleType) -> None:
    """The second task has to wait for a new process, which takes longer than its own limit."""
    async with Offload(1, 60, GB, 0.02, preload=("asyncio", "email", "xml.sax")) as offload:
        await offload.run(work.leave, 1)
        assert await offload.run(work.add, 1, 2) == 3


async def test_a_worker_killed_in_its_sleep_costs_no_task(pool: Offload, work: ModuleType) -> None:
    for _ in range(5):
        pid = await pool.run(work.pid)
        assert isinstance(pid, int)
        os.kill(pid, signal.SIGKILL)
        assert await pool.run(work.add, 1, 2) == 3


@pytest.mark.parametrize(
    ("broken", "error", "said"),
    [
        ("_spawn", OSError("no more processes"), "no worker process: no more processes"),
        ("_ask", _IdleDeath(), "died before they took the task"),
    ],
)
async def test_where_no_worker_takes_a_task_nothing_is_said_against_it(
    pool: Offload,
    work: ModuleType,
    monkeypatch: pytest.MonkeyPatch,
    broken: str,
    error: Exception,
    said: str,
) -> None:
    async def breaks(*_: object) -> None:
        raise error

    await pool.run(work.kill_self)
    with monkeypatch.context() as patch:
        patch.setattr(offload_module, broken, breaks)
        failed = await pool.run(work.add, 1, 2)
    assert isinstance(failed, OffloadFailed)
    assert failed.kind is Failure.INTERNAL
    assert said in failed.detail
    assert await pool.run(work.add, 1, 2) == 3


async def test_a_crash_touches_no_other_task(work: ModuleType) -> None:
    async with Offload(2, 5, GB, 10.0, preload=()) as offload:
        neighbour = asyncio.ensure_future(offload.run(time.sleep, 0.5))
        for task in (work.kill_self, work.give_trap, work.complain):
            assert isinstance(await offload.run(task), OffloadFailed)
        assert await neighbour is None


async def test_cancelling_kills_the_worker(pool: Offload, work: ModuleType, tmp_path: Path) -> None:
    run = asyncio.ensure_future(pool.run(work.wait_for_ever, str(tmp_path / "started")))
    worker = await pid_in(tmp_path / "started")
    run.cancel()
    with pytest.raises(asyncio.CancelledError):
        await run
    await until(lambda: not alive(worker))
    assert await pool.run(work.add, 1, 2) == 3


async def test_cancelling_one_that_waits_in_line_touches_no_worker(
    pool: Offload, work: ModuleType
) -> None:
    first = asyncio.ensure_future(pool.run(time.sleep, 0.3))
    second = asyncio.ensure_future(pool.run(work.pid))
    await asyncio.sleep(0)
    second.cancel()
    assert await first is None
    assert await pool.run(work.add, 1, 2) == 3


async def test_what_the_work_started_dies_with_it(work: ModuleType, tmp_path: Path) -> None:
    async with Offload(1, 60, GB, 1.0, preload=()) as offload:
        assert isinstance(
            await offload.run(work.start_a_child, str(tmp_path / "started")), OffloadFailed
        )
        child = await pid_in(tmp_path / "started")
        await until(lambda: not alive(child))


async def test_leaving_ends_every_process(work: ModuleType, tmp_path: Path) -> None:
    async with Offload(2, 60, GB, 60.0, preload=()) as offload:
        busy = asyncio.ensure_future(offload.run(work.wait_for_ever, str(tmp_path / "started")))
        pids = [await pid_in(tmp_path / "started"), await offload.run(work.pid)]
    assert [pid for pid in pids if exists(pid)] == []
    assert isinstance(await busy, OffloadFailed)
    assert isinstance(await offload.run(work.pid), OffloadFailed)
    del offload
    gc.collect()  # an open pipe would say so: warnings are errors


async def test_work_that_prints_does_not_disturb(pool: Offload, work: ModuleType) -> None:
    assert await pool.run(work.chatter) == ""
    assert await pool.run(work.add, 1, 2) == 3


async def test_the_terminal_cannot_interrupt_a_worker(pool: Offload, work: ModuleType) -> None:
    assert await pool.run(work.sigint_is_ignored) is True


def test_under_the_servers_event_loop(work: ModuleType) -> None:
    """uvloop starts, reaps and reports processes in its own way."""

    async def outcomes() -> list[object]:
        async with Offload(2, 1, GB, 0.5, preload=()) as offload:
            tasks = [(work.add, 1, 2), (work.leave, 3), (work.kill_self,), (time.sleep, 9)]
            said = [await offload.run(task, *args) for task, *args in tasks]
            return [one if one == 3 else one.detail for one in said]

    assert uvloop.run(outcomes()) == [
        3,
        "the worker process ended with status 3",
        "the worker process ended by SIGKILL",
        "the worker process was killed after 0.5 s",
    ]


async def test_modules_are_loaded_beforehand(work: ModuleType) -> None:
    async with Offload(1, 5, GB, 10.0) as offload:
        modules = await offload.run(work.loaded)
    assert isinstance(modules, frozenset)
    assert {"app.core.parse.document", "feedparser"} <= modules
    assert not {"fastapi", "sqlalchemy", "httpx", "typer"} & modules


async def test_a_worker_that_cannot_start_stops_the_service_at_once() -> None:
    offload = Offload(2, 5, GB, 10.0, preload=("no_such_module",))
    with pytest.raises(RuntimeError, match="did not start"):
        await offload.__aenter__()


ORPHAN = """
import asyncio, os, sys
from app.ingest.offload import Offload
import offload_work as work

async def main():
    async with Offload(2, 60, 1 << 30, 60.0, preload=()) as offload:
        asyncio.ensure_future(offload.run(work.wait_for_ever, sys.argv[1]))
        print(await offload.run(work.pid), flush=True)
        await asyncio.sleep(60)

asyncio.run(main())
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a process of its parent")
async def test_workers_die_with_a_parent_that_is_killed(work: ModuleType, tmp_path: Path) -> None:
    paths = os.pathsep.join(path for path in sys.path if path)
    with subprocess.Popen(  # noqa: ASYNC220 - it returns at once
        [sys.executable, "-c", ORPHAN, str(tmp_path / "started")],
        env={**os.environ, "PYTHONPATH": paths},
        stdout=subprocess.PIPE,
    ) as parent:
        busy = await pid_in(tmp_path / "started")
        assert parent.stdout is not None
        idle = int(parent.stdout.readline())
        assert alive(busy)
        assert alive(idle)
        parent.kill()
    await until(lambda: not alive(busy) and not alive(idle))


def large_feed(entries: int) -> bytes:
    item = b"<item><title>Harbour opens</title><guid>%d</guid></item>"
    items = b"".join(item % number for number in range(entries))
    return b'<rss version="2.0"><channel><title>Port</title>' + items + b"</channel></rss>"


async def turns_during(work: asyncio.Future[object]) -> int:
    """How often the event loop turned while `work` ran."""
    turns = 0
    while not work.done():
        await asyncio.sleep(0)
        turns += 1
    return turns


async def test_the_event_loop_turns_while_a_large_feed_is_parsed() -> None:
    body = large_feed(60_000)

    async def in_the_loop() -> object:
        return feedparser.parse(io.BytesIO(large_feed(10_000)), sanitize_html=False)

    async with Offload(1, 30, GB, 60.0) as offload:
        aside = asyncio.ensure_future(offload.run(parse, body, content_type=None, url="http://x/"))
        turns = await turns_during(aside)
        result = await aside
    blocked = await turns_during(asyncio.ensure_future(in_the_loop()))

    assert isinstance(result, ParsedFeed)
    assert (len(result.entries), result.dropped) == (2000, 58_000)
    assert turns > 100
    assert blocked <= 2, "the counter-proof: in the loop nothing else has its turn"


async def test_workers_may_wait_for_their_first_task(work: ModuleType) -> None:
    async with Offload(2, 5, GB, 10.0, preload=(), at_once=False) as offload:
        assert all(slot._process is None for slot in offload._slots)
        assert await offload.run(work.add, 1, 2) == 3


async def test_what_libraries_log_over_documents_does_not_reach_the_terminal(
    pool: Offload, work: ModuleType, capfd: pytest.CaptureFixture[str]
) -> None:
    assert await pool.run(work.log_a_warning) is True
    assert "discarding" not in capfd.readouterr().err


async def test_a_worker_reads_pages_within_its_limits(pool: Offload) -> None:
    """The extraction and what it loads fit into a worker of the default size."""
    making = Making(
        entry=pack_entry(
            KeptEntry(
                entry=Entry(raw_hash=1, url="https://news.example/ferry"),
                context=FeedContext(feed_url="https://news.example/feed"),
                first_seen=datetime(2026, 11, 24, tzinfo=UTC),
            )
        ),
        source=StorySource(id=1, domain="news.example", country=None),
    )
    told = await pool.run(
        tell_by_page,
        making,
        article().encode(),
        content_type="text/html",
        url="https://news.example/ferry",
    )
    assert isinstance(told, Told)
    assert told.made.story.text == "\n\n".join(PARAGRAPHS)


async def test_a_worker_begins_with_what_it_is_told_to_once(work: ModuleType) -> None:
    async with Offload(1, 5, GB, 10.0, preload=(), begin="offload_work:begin") as offload:
        assert await offload.run(work.begun) == 1
        assert await offload.run(work.begun) == 1


async def test_what_a_worker_begins_with_counts_as_no_tasks_memory(work: ModuleType) -> None:
    async with Offload(1, 5, GB // 2, 10.0, preload=(), begin="offload_work:fill") as offload:
        assert await offload.run(work.allocate, GB // 4) == GB // 4


async def test_a_worker_that_cannot_begin_does_not_start(work: ModuleType) -> None:
    with pytest.raises(RuntimeError, match="did not start"):
        async with Offload(1, 5, GB, 10.0, preload=(), begin="offload_work:fail"):
            pass
