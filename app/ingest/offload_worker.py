"""What runs inside a worker process: one task after another, each under its own limits.

The parent speaks first: four bytes of length, then a pickled `(fn, args, kwargs)`. The worker
answers `TAKEN` when it sees the length, then four bytes of length and a pickled `(True, result)` or
`(False, one line that says why there is none)`.
Nothing of the application but the modules to load beforehand is imported here.
"""

from __future__ import annotations

import ctypes
import gc
import importlib
import json
import logging
import os
import pickle
import resource
import signal
import struct
import sys
import traceback
from dataclasses import asdict, dataclass
from typing import BinaryIO

LENGTH = struct.Struct("!I")
READY = b"R"
TAKEN = b"T"
PR_SET_PDEATHSIG = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Orders:
    """What a worker is told on its command line."""

    parent: int  # process id
    cpu_s: int
    memory_bytes: int
    timeout_s: float
    preload: tuple[str, ...]
    begin: str | None = None  # "module:function", called once before the first task

    def dump(self) -> str:
        return json.dumps(asdict(self))


def main(orders: str) -> None:
    """Serve the parent over stdin and stdout until either of us is gone."""
    told = Orders(**json.loads(orders))
    _die_with(told.parent)
    inbox, outbox = _take_pipes()
    for name in told.preload:
        importlib.import_module(name)
    if told.begin is not None:
        module, _, function = told.begin.partition(":")
        getattr(importlib.import_module(module), function)()
    logging.disable(logging.CRITICAL)  # what libraries say of strangers' documents is for nobody
    gc.collect()
    gc.freeze()
    _limit_memory(told.memory_bytes)
    outbox.write(READY)
    outbox.flush()
    serve(inbox, outbox, told)


def serve(inbox: BinaryIO, outbox: BinaryIO, told: Orders) -> None:
    """Answer tasks until the inbox ends, or memory has run out: then a new worker is better."""
    while head := inbox.read(LENGTH.size):
        outbox.write(TAKEN)
        outbox.flush()
        _arm(told)
        answer, fit = run_task(inbox, LENGTH.unpack(head)[0])
        signal.setitimer(signal.ITIMER_REAL, 0)
        outbox.write(LENGTH.pack(len(answer)) + answer)
        outbox.flush()
        if not fit:
            return


def run_task(inbox: BinaryIO, length: int) -> tuple[bytes, bool]:
    """The pickled outcome of the task that waits in the inbox, and whether we can go on."""
    try:
        fn, args, kwargs = pickle.loads(inbox.read(length))  # noqa: S301 - our parent wrote it
        result = fn(*args, **kwargs)
    except MemoryError:
        return _failure("MemoryError: the worker's memory limit was reached"), False
    except BaseException as error:  # noqa: BLE001 - whatever the work raised is its outcome
        return _failure(_describe(error)), True
    try:
        return pickle.dumps((True, result), pickle.HIGHEST_PROTOCOL), True
    except MemoryError:
        return _failure("MemoryError: the result does not fit in the worker's memory"), False
    except Exception as error:  # noqa: BLE001 - pickling runs code of the result's own
        return _failure(f"the result cannot be pickled: {_describe(error)}"), True


def _failure(detail: str) -> bytes:
    return pickle.dumps((False, detail))


def _describe(error: BaseException) -> str:
    """One line: type, message and the innermost place."""
    frames = traceback.extract_tb(error.__traceback__)
    place = f" ({os.path.basename(frames[-1].filename)}:{frames[-1].lineno})" if frames else ""  # noqa: PTH119 - a name for a message, not a path to open
    return f"{type(error).__name__}: {error}".splitlines()[0][:300] + place


def _arm(told: Orders) -> None:
    """Start both clocks of a task; the kernel ends the process by SIGXCPU or SIGALRM.

    CPU time is counted from the process's birth, so its limit moves with each task.
    """
    usage = resource.getrusage(resource.RUSAGE_SELF)
    soft = int(usage.ru_utime + usage.ru_stime) + told.cpu_s + 1
    hard = resource.getrlimit(resource.RLIMIT_CPU)[1]
    resource.setrlimit(resource.RLIMIT_CPU, (_lower(soft, hard), hard))
    signal.setitimer(signal.ITIMER_REAL, told.timeout_s)


def _lower(ours: int, hard: int) -> int:
    return ours if hard == resource.RLIM_INFINITY else min(ours, hard)


def _limit_memory(memory_bytes: int) -> None:
    """What work may take, beside what the process has taken up so far: libraries reserve address
    space by the gigabyte that they never use.
    """
    ours = _lower(_taken_up() + memory_bytes, resource.getrlimit(resource.RLIMIT_AS)[1])
    resource.setrlimit(resource.RLIMIT_AS, (ours, ours))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # SIGXCPU would write one


def _taken_up() -> int:
    """Bytes of address space; 0 where the system does not say."""
    try:
        with open("/proc/self/statm", "rb") as pages:  # noqa: PTH123 - pathlib is not loaded here
            return int(pages.read().split()[0]) * resource.getpagesize()
    except OSError:
        return 0


def _take_pipes() -> tuple[BinaryIO, BinaryIO]:
    """Our ends of the pipes, out of reach of work that prints or reads."""
    inbox, outbox = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    os.close(null)
    os.dup2(2, 1)
    return inbox, outbox


def _die_with(parent: int) -> None:
    """Be killed when the parent is, even by SIGKILL in the middle of a task (Linux).

    Elsewhere an idle worker sees its inbox end, and a busy one has its clocks.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to answer
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:  # it was gone before we asked
            os._exit(0)
