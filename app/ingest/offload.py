"""Heavy work in worker processes that can be killed; failures come back as values."""

from __future__ import annotations

import asyncio
import multiprocessing
from collections.abc import Callable
from concurrent.futures import CancelledError
from dataclasses import dataclass
from types import TracebackType
from typing import ParamSpec, Self, TypeVar

from pebble import ProcessPool

from app.core.types import Failure

P = ParamSpec("P")
T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class OffloadFailed:
    """The work gave no result: PARSE_TIMEOUT (it was killed) or PARSE_CRASHED, and why."""

    kind: Failure
    detail: str


class Offload:
    """Worker processes, each with its own limits of CPU time, memory and wall time."""

    def __init__(self, workers: int, cpu_s: int, memory_bytes: int, timeout_s: float) -> None:
        self._cpu_s = cpu_s
        self._memory_bytes = memory_bytes
        self._timeout_s = timeout_s
        self._pool = ProcessPool(workers, context=multiprocessing.get_context("forkserver"))

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._pool.stop()
        await asyncio.to_thread(self._pool.join)

    async def run(
        self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs
    ) -> T | OffloadFailed:
        """The result of `fn(*args, **kwargs)` in a worker; all of it must be picklable."""
        future = self._pool.schedule(fn, args=args, kwargs=kwargs, timeout=self._timeout_s)
        try:
            return await asyncio.wrap_future(future)
        except TimeoutError:
            detail = f"killed after {self._timeout_s:g} s"
            return OffloadFailed(kind=Failure.PARSE_TIMEOUT, detail=detail)
        except (CancelledError, asyncio.CancelledError):
            raise
        except Exception as error:  # noqa: BLE001 - whatever the work raised is its outcome
            detail = f"{type(error).__name__}: {error}"
            return OffloadFailed(kind=Failure.PARSE_CRASHED, detail=detail)
