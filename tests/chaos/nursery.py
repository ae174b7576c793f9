"""Processes of the command that start in no time: copies of one that has imported all of it.

To import everything takes a poller seconds, which is most of what a run of hundreds of kills would
be busy with. Each copy is a process of its own, with its own environment, log and end.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections import defaultdict
from contextlib import suppress
from pathlib import Path
from typing import Any, Self

ROOT = Path(__file__).parent.parent.parent
MARK = "CHAOS_RUN"


class Nursery:
    """The process that is copied; as it ends, so do its copies."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._process: Process | None = None
        self._born: asyncio.Queue[int] = asyncio.Queue()
        self._ended: dict[int, asyncio.Future[int]] = defaultdict(
            lambda: asyncio.get_running_loop().create_future()
        )
        self._listening: asyncio.Task[None] | None = None
        self._lock = asyncio.Lock()

    async def __aenter__(self) -> Self:
        kept = {k: v for k, v in os.environ.items() if not k.startswith("COPYDESK_")}
        self._process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "tests.chaos.command",
            stdin=PIPE,
            stdout=PIPE,
            cwd=ROOT,
            env=kept | {MARK: str(self._folder)},
        )
        self._listening = asyncio.create_task(self._listen(), name="nursery")
        return self

    async def __aexit__(self, *_: object) -> None:
        """End what is left; a second time there is nothing to end."""
        if self._process is not None and self._process.stdin is not None:
            self._process.stdin.close()
            await self._process.wait()
        if self._listening is not None:
            await self._listening

    async def start(self, log: Path, environment: dict[str, str]) -> int:
        """The process number of a new `copydesk poll`."""
        async with self._lock:
            order = {"log": str(log), "environment": environment}
            if self._process is None or self._process.stdin is None:
                raise RuntimeError("the nursery is closed")
            self._process.stdin.write(json.dumps(order).encode() + b"\n")
            return await self._born.get()

    def code(self, pid: int) -> int | None:
        """What a process ended with, below zero by a signal; None while it runs."""
        ended = self._ended[pid]
        return ended.result() if ended.done() else None

    async def ended(self, pid: int) -> int:
        return await asyncio.shield(self._ended[pid])

    async def _listen(self) -> None:
        if self._process is None or self._process.stdout is None:
            return
        async for line in self._process.stdout:
            said: dict[str, Any] = json.loads(line)
            if "born" in said:
                self._born.put_nowait(said["born"])
            else:
                self._ended[said["ended"]].set_result(said["code"])


# --- in the process that is copied ----------------------------------------------------------------


def raise_copies(main: Any) -> None:
    """Start a copy for each order on standard input, until that ends."""
    copies: set[int] = set()

    def reap(*_: object) -> None:
        with suppress(ChildProcessError):
            while (pid := (status := os.waitpid(-1, os.WNOHANG))[0]) > 0:
                copies.discard(pid)
                _say({"ended": pid, "code": os.waitstatus_to_exitcode(status[1])})

    signal.signal(signal.SIGCHLD, reap)
    for line in sys.stdin.buffer:
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGCHLD})
        pid = os.fork()
        if pid == 0:
            _become(json.loads(line), main)
        copies.add(pid)
        _say({"born": pid})
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGCHLD})
    for pid in list(copies):
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def _say(message: dict[str, int]) -> None:
    os.write(1, json.dumps(message).encode() + b"\n")


def _become(order: dict[str, Any], main: Any) -> None:
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGCHLD})
    log = os.open(order["log"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    nothing = os.open(os.devnull, os.O_RDONLY)
    for source, target in ((nothing, 0), (log, 1), (log, 2)):
        os.dup2(source, target)
    os.environ.update(order["environment"])
    sys.argv = ["copydesk", "poll"]
    code = 1
    try:
        main()
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 0
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
