"""How a command ends: with what it was asked for, or with a line that says what to do."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from typing import Any, Final, NoReturn, TypeVar

import typer

T = TypeVar("T")

FAILED: Final = 1
WRONG_USE: Final = 2
INTERRUPTED: Final = 128 + signal.SIGINT


class Stopped(Exception):
    """The command cannot go on: why, and what to do; `code` is the API's, where it refused."""

    def __init__(self, message: str, code: str | None = None) -> None:
        super().__init__(message)
        self.code = code


def fail(message: str, code: int = FAILED) -> NoReturn:
    """Say it on standard error and end with the code."""
    for line in message.splitlines():
        typer.echo(f"copydesk: {line}", err=True)
    raise typer.Exit(code)


def run(
    work: Coroutine[Any, Any, T],
    *,
    loop_factory: Callable[[], asyncio.AbstractEventLoop] | None = None,
) -> T:
    """What the work returns; ends the command where it cannot go on, or by Ctrl-C."""
    try:
        with asyncio.Runner(loop_factory=loop_factory) as runner:
            return runner.run(work)
    except Stopped as error:
        fail(str(error))
    except BaseExceptionGroup as group:  # of the task group that the application runs in
        stopped, others = group.split(Stopped)
        if stopped is None or others is not None:
            raise
        fail(str(_first(stopped)))
    except KeyboardInterrupt:
        raise typer.Exit(INTERRUPTED) from None


@contextmanager
def on_stop(stop: Callable[[], None]) -> Iterator[None]:
    """Call `stop` on SIGTERM and SIGINT, each time one comes."""
    loop = asyncio.get_running_loop()
    signals = (signal.SIGTERM, signal.SIGINT)
    for number in signals:
        loop.add_signal_handler(number, stop)
    try:
        yield
    finally:
        for number in signals:
            loop.remove_signal_handler(number)


def _first(error: BaseException) -> BaseException:
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error
