"""Pollers that are killed, frozen and started again: real processes of the real command."""

from __future__ import annotations

import asyncio
import os
import re
import signal
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from tests.chaos.nursery import MARK, Nursery

STOP_S = 60.0


@dataclass
class Poller:
    """A place for one poller; `life` counts the processes that it has had."""

    place: int
    nursery: Nursery
    folder: Path
    settings: dict[str, str]
    without: str | None = None  # the guard of the command that is taken out
    life: int = 0
    frozen: bool = False
    exits: list[int] = field(default_factory=list)  # of those that were asked to stop
    workers: dict[str, str] = field(default_factory=dict)  # pid → name
    _pid: int | None = None

    @property
    def name(self) -> str:
        """The user agent of the present process, by which the publisher knows it."""
        return f"poller-{self.place}.{self.life}"

    async def start(self) -> None:
        self.life += 1
        self.frozen = False
        given = self.settings | {"user_agent": self.name}
        environment = {f"COPYDESK_{k.upper()}": v for k, v in given.items()}
        if self.without is not None:
            environment["CHAOS_WITHOUT"] = self.without
        self._pid = await self.nursery.start(self._log, environment)
        self.workers[str(self._pid)] = self.name

    @property
    def _log(self) -> Path:
        return self.folder / f"{self.name}.log"

    def log(self) -> str:
        """What the present process has said."""
        return self._log.read_text(errors="replace")

    @property
    def running(self) -> bool:
        return self._pid is not None and self.code is None

    @property
    def code(self) -> int | None:
        """What the present process ended with; None while it runs."""
        return None if self._pid is None else self.nursery.code(self._pid)

    async def kill(self) -> None:
        if self._pid is not None and self.running:
            self._signal(signal.SIGKILL)
            await self.nursery.ended(self._pid)
        self.frozen = False

    def freeze(self) -> None:
        self._signal(signal.SIGSTOP)
        self.frozen = True

    def thaw(self) -> None:
        self._signal(signal.SIGCONT)
        self.frozen = False

    def _signal(self, number: signal.Signals) -> None:
        if self._pid is not None and self.running:
            with suppress(ProcessLookupError):
                os.kill(self._pid, number)

    async def stop(self) -> None:
        """Ask it to stop, as a supervisor does; its exit code goes to `exits`."""
        if self._pid is None or not self.running:
            return
        self.thaw()
        self._signal(signal.SIGTERM)
        try:
            self.exits.append(await asyncio.wait_for(self.nursery.ended(self._pid), STOP_S))
        except TimeoutError:
            self.exits.append(-1)
            await self.kill()


def processes_left(folder: Path) -> list[int]:
    """Processes of a run that are still there, workers of killed pollers among them."""
    mark = f"{MARK}={folder}".encode()
    left = []
    for environment in Path("/proc").glob("[0-9]*/environ"):
        with suppress(OSError):
            if mark in environment.read_bytes().split(b"\0"):
                left.append(int(environment.parent.name))
    return sorted(left)


def complaints(folder: Path) -> dict[str, int]:
    """How often each event of level warning or above is in the pollers' logs."""
    found: dict[str, int] = {}
    for log in folder.glob("poller-*.log"):
        for line in log.read_text(errors="replace").splitlines():
            if re.search(r'"level": ?"(warning|error|critical)"', line):
                event = re.search(r'"event": ?"([^"]*)"', line)
                name = event[1] if event else "unknown"
                found[name] = found.get(name, 0) + 1
            elif not line.startswith("{"):
                found["not a log line"] = found.get("not a log line", 0) + 1
    return found
