"""What the tests of the worker processes give them to do."""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import NoReturn


def add(a: int, b: int) -> int:
    return a + b


def pid() -> int:
    return os.getpid()


def burn() -> NoReturn:
    while True:
        pass


def burn_for(cpu_s: float) -> int:
    end = time.process_time() + cpu_s
    while time.process_time() < end:
        pass
    return os.getpid()


def leave_word(path: str, word: int) -> None:
    """Write a file that is there in full or not at all."""
    new = Path(path + ".new")
    new.write_text(str(word))
    new.rename(path)


def wait_for_ever(started: str) -> None:
    """Leave a file that says who waits, then wait."""
    leave_word(started, os.getpid())
    signal.pause()


def start_a_child(started: str) -> None:
    child = subprocess.Popen([sys.executable, "-c", "import signal; signal.pause()"])
    leave_word(started, child.pid)
    child.wait()


def allocate(size: int) -> int:
    """Take address space without touching it."""
    return len(bytes(size))


def leave(status: int) -> NoReturn:
    os._exit(status)


def kill_self() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def complain() -> NoReturn:
    raise ValueError("no such luck\nand more of it")


def leave_politely() -> NoReturn:
    raise SystemExit(0)


def give_unpicklable() -> object:
    return lambda: None


class Trap:
    """It can be pickled, and not unpickled."""

    def __reduce__(self) -> tuple[type[int], tuple[str]]:
        return int, ("x",)


def give_trap() -> Trap:
    return Trap()


def chatter() -> str:
    """Write and read where a careless library would."""
    print("out of turn")  # noqa: T201 - that is the point
    os.write(1, b"and again\n")
    return sys.stdin.read()


def sigint_is_ignored() -> bool:
    return signal.getsignal(signal.SIGINT) is signal.SIG_IGN and os.getsid(0) == os.getpid()


def loaded() -> frozenset[str]:
    return frozenset(sys.modules)


def log_a_warning() -> bool:
    """As libraries do over documents that they cannot read."""
    logging.getLogger("some.library").warning("discarding data")
    return True


_begun: list[bytes] = []


def begin() -> None:
    _begun.append(b"")


def begun() -> int:
    return len(_begun)


def fill() -> None:
    _begun.append(b"x" * (1 << 29))


def fail() -> NoReturn:
    raise RuntimeError("it is not here")
