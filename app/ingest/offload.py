"""Heavy work in worker processes that can be killed; failures come back as values.

One pipe for each process and nothing shared between them, so that a worker that dies, at
whatever moment, takes nothing with it but its own task.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import pickle
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import ParamSpec, Self, TypeAlias, TypeVar, cast

from app.core.types import Failure
from app.ingest.offload_worker import LENGTH, READY, Orders

P = ParamSpec("P")
T = TypeVar("T")

PRELOAD = ("app.core.plan",)  # and with it all that a poll gives to a worker
START_S = 60.0  # for a worker to import everything, on the slowest machine we would run on
GRACE_S = 5.0  # beyond a task's own clock, for a process that does not heed its signals

_BOOT = (
    "import json, sys; sys.path[:] = json.loads(sys.argv[1]); "
    "from app.ingest.offload_worker import main; main(sys.argv[2])"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class OffloadFailed:
    """The work gave no result, and why.

    PARSE_TIMEOUT (it was killed) and PARSE_CRASHED speak against the task; INTERNAL does not: no
    worker took it.
    """

    kind: Failure
    detail: str


_Done: TypeAlias = tuple[object]  # boxed, so that work may return an OffloadFailed of its own


class Offload:
    """A fixed number of worker processes, as an async context manager.

    A task may use `cpu_s` seconds of processor time, `timeout_s` seconds in all and
    `memory_bytes` of address space (of the whole process: not much below 512 MB). Its clocks
    start when a worker takes it: neither waiting in line nor a worker's start-up counts.
    """

    def __init__(
        self,
        workers: int,
        cpu_s: int,
        memory_bytes: int,
        timeout_s: float,
        *,
        preload: tuple[str, ...] = PRELOAD,
        begin: str | None = None,
        at_once: bool = True,
    ) -> None:
        """`begin`: "module:function", which each worker calls before it is ready; what that takes
        up counts as no task's memory.
        """
        self._at_once = at_once
        orders = Orders(
            parent=os.getpid(),
            cpu_s=cpu_s,
            memory_bytes=memory_bytes,
            timeout_s=timeout_s,
            preload=preload,
            begin=begin,
        )
        self._slots = [_Slot(orders) for _ in range(workers)]
        self._idle: asyncio.LifoQueue[_Slot] = asyncio.LifoQueue()

    async def __aenter__(self) -> Self:
        """Start all workers and wait until they are ready; RuntimeError if one cannot start.

        Without `at_once` each is started by the first task that it is given.
        """
        try:
            if self._at_once:
                await asyncio.gather(*(slot.ready() for slot in self._slots))
        except BaseException:
            await self._close()
            raise
        for slot in self._slots:
            self._idle.put_nowait(slot)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._close()

    async def run(
        self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs
    ) -> T | OffloadFailed:
        """The result of `fn(*args, **kwargs)` in a worker.

        `fn` is importable by name; arguments and result can be pickled. Cancelling the caller
        kills the worker that has the task.
        """
        try:
            payload = pickle.dumps((fn, args, kwargs), pickle.HIGHEST_PROTOCOL)
        except Exception as error:  # noqa: BLE001 - pickling runs code of the arguments' own
            return _crashed(f"the task cannot be pickled: {type(error).__name__}: {error}")
        slot = await self._idle.get()
        try:
            outcome = await slot.perform(payload)
        finally:
            self._idle.put_nowait(slot)
        return outcome if isinstance(outcome, OffloadFailed) else cast("T", outcome[0])

    async def _close(self) -> None:
        for slot in self._slots:
            slot.close()
        await asyncio.gather(*(slot.gone() for slot in self._slots))


class _IdleDeath(Exception):
    """The worker was gone before it took the task: nothing is known against the task."""


class _Slot:
    """The place of one worker: it holds a process, and gets another when that one is gone."""

    def __init__(self, orders: Orders) -> None:
        self._orders = orders
        self._process: Process | None = None
        self._dying: set[Process] = set()
        self._closed = False

    async def ready(self) -> Process:
        """The worker of this place, started if there is none; RuntimeError if it cannot be."""
        if self._closed:
            raise RuntimeError("the worker processes have been stopped")
        if self._process is not None and self._process.returncode is None:
            return self._process
        self._discard()
        self._process = process = await _spawn(self._orders)
        try:
            async with asyncio.timeout(START_S):
                said = await _out(process).read(1)
        except BaseException:
            self._discard()
            raise
        if said != READY:
            self._discard()
            raise RuntimeError(f"a worker process did not start (status {await process.wait()})")
        return process

    async def perform(self, payload: bytes) -> _Done | OffloadFailed:
        """The outcome of one task, which is tried again if the worker died in its sleep."""
        for _ in range(2):
            try:
                process = await self.ready()
            except (OSError, RuntimeError) as error:
                return _not_taken(f"no worker process: {error}")
            try:
                return await self._exchange(process, payload)
            except _IdleDeath:
                self._discard()
            except BaseException:
                self._discard()
                raise
        return _not_taken("two worker processes died before they took the task; see the memory")

    async def _exchange(self, process: Process, payload: bytes) -> _Done | OffloadFailed:
        try:
            async with asyncio.timeout(self._orders.timeout_s + GRACE_S):
                answer = await _ask(process, payload)
        except TimeoutError:
            self._discard()
            return self._timed_out()
        except asyncio.IncompleteReadError:
            status = await self._status(process)
            return self._timed_out(status) if status in _CLOCKS else _died(status)
        return _open(answer)

    async def _status(self, process: Process) -> int:
        """Exit status of a worker whose pipe has ended: negative for a signal."""
        try:
            async with asyncio.timeout(GRACE_S):
                return await process.wait()
        except TimeoutError:
            return -signal.SIGKILL
        finally:
            self._discard()

    def _timed_out(self, status: int = -signal.SIGALRM) -> OffloadFailed:
        limit = (
            f"{self._orders.cpu_s} s of processor time"
            if status == -signal.SIGXCPU
            else f"{self._orders.timeout_s:g} s"
        )
        return OffloadFailed(
            kind=Failure.PARSE_TIMEOUT, detail=f"the worker process was killed after {limit}"
        )

    def close(self) -> None:
        self._closed = True
        self._discard()

    async def gone(self) -> None:
        """Wait until every process this place has had is gone."""
        await asyncio.gather(*(_reap(process) for process in self._dying))
        self._dying.clear()

    def _discard(self) -> None:
        """Kill the worker, with whatever processes it started, and forget it."""
        if self._process is None:
            return
        self._dying = {process for process in self._dying if process.returncode is None}
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._dying.add(self._process)
        _in(self._process).close()
        self._process = None


_CLOCKS = (-signal.SIGALRM, -signal.SIGXCPU)


async def _spawn(orders: Orders) -> Process:
    """A new process, in a session of its own: the terminal's Ctrl-C does not reach it."""
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        _BOOT,
        json.dumps(sys.path),
        orders.dump(),
        stdin=PIPE,
        stdout=PIPE,
        start_new_session=True,
    )


async def _ask(process: Process, payload: bytes) -> bytes:
    """The worker's pickled answer; IncompleteReadError if it dies over the task."""
    inbox, outbox = _in(process), _out(process)
    inbox.writelines((LENGTH.pack(len(payload)), payload))
    with contextlib.suppress(ConnectionError):  # what it has to say is in the outbox
        await inbox.drain()
    if not await outbox.read(1):
        raise _IdleDeath
    (length,) = LENGTH.unpack(await outbox.readexactly(LENGTH.size))
    return await outbox.readexactly(length)


def _open(answer: bytes) -> _Done | OffloadFailed:
    try:
        done, value = pickle.loads(answer)  # noqa: S301 - our own worker wrote it
    except Exception as error:  # noqa: BLE001 - unpickling runs code of the result's own
        return _crashed(f"the result cannot be unpickled: {type(error).__name__}: {error}")
    return (value,) if done else _crashed(value)


def _died(status: int) -> OffloadFailed:
    how = f"by {signal.Signals(-status).name}" if status < 0 else f"with status {status}"
    return _crashed(f"the worker process ended {how}")


def _crashed(detail: str) -> OffloadFailed:
    return OffloadFailed(kind=Failure.PARSE_CRASHED, detail=detail)


def _not_taken(detail: str) -> OffloadFailed:
    return OffloadFailed(kind=Failure.INTERNAL, detail=detail)


async def _reap(process: Process) -> None:
    await process.wait()
    await _out(process).read()  # to its end, which closes our side


def _in(process: Process) -> asyncio.StreamWriter:
    return cast("asyncio.StreamWriter", process.stdin)  # it was started with PIPE


def _out(process: Process) -> asyncio.StreamReader:
    return cast("asyncio.StreamReader", process.stdout)
