"""Pollers that are killed, frozen and started again: real processes of the real command."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import sys
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
STOP_S = 60.0
MARK = "CHAOS_RUN"


@dataclass
class Poller:
    """A place for one poller; `life` counts the processes that it has had."""

    place: int
    folder: Path
    settings: dict[str, str]
    without: str | None = None  # the guard of the command that is taken out
    life: int = 0
    frozen: bool = False
    exits: list[int] = field(default_factory=list)  # of those that were asked to stop
    workers: dict[str, str] = field(default_factory=dict)  # pid → name
    _process: asyncio.subprocess.Process | None = None

    @property
    def name(self) -> str:
        """The user agent of the present process, by which the publisher knows it."""
        return f"poller-{self.place}.{self.life}"

    async def start(self) -> None:
        self.life += 1
        self.frozen = False
        kept = {k: v for k, v in os.environ.items() if not k.startswith("COPYDESK_")}
        given = self.settings | {"user_agent": self.name}
        environment = kept | {f"COPYDESK_{k.upper()}": v for k, v in given.items()}
        environment[MARK] = str(self.folder)
        if self.without is not None:
            environment["CHAOS_WITHOUT"] = self.without
        with (self.folder / f"{self.name}.log").open("wb") as log:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "tests.chaos.command",
                "poll",
                stdout=log,
                stderr=log,
                cwd=ROOT,
                env=environment,
            )
        self.workers[str(self._process.pid)] = self.name

    def log(self) -> str:
        """What the present process has said."""
        return (self.folder / f"{self.name}.log").read_text(errors="replace")

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.returncode is None

    @property
    def code(self) -> int | None:
        """What the present process ended with; None while it runs."""
        return None if self._process is None else self._process.returncode

    async def kill(self) -> None:
        if self._process is not None and self.running:
            self._process.kill()
            await self._process.wait()
        self.frozen = False

    def freeze(self) -> None:
        self._signal(signal.SIGSTOP)
        self.frozen = True

    def thaw(self) -> None:
        self._signal(signal.SIGCONT)
        self.frozen = False

    def _signal(self, number: signal.Signals) -> None:
        if self._process is not None and self.running:
            with suppress(ProcessLookupError):
                self._process.send_signal(number)

    async def stop(self) -> None:
        """Ask it to stop, as a supervisor does; its exit code goes to `exits`."""
        if self._process is None or not self.running:
            return
        self.thaw()
        self._signal(signal.SIGTERM)
        try:
            self.exits.append(await asyncio.wait_for(self._process.wait(), STOP_S))
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
