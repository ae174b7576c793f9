"""One process owns the writes of an SQLite file, and says how to reach it.

A lock on a file beside the database, held for as long as the process lives: it goes with the
process, however that ends. The file says where the owner serves and holds a key for commands run
on this machine by the same user, who could open the database itself as well.
"""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

import orjson

from app.errors import Conflict


@dataclass(frozen=True, slots=True, kw_only=True)
class Owner:
    """The process that writes to the database; `url` is None while it serves no requests."""

    pid: int
    url: str | None
    key: str | None


class Ownership:
    """A held lock; `announce` says where its holder serves."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def announce(self, *, url: str | None, key: str | None) -> None:
        said = orjson.dumps(asdict(Owner(pid=os.getpid(), url=url, key=key)))
        os.ftruncate(self._descriptor, 0)
        os.pwrite(self._descriptor, said, 0)


@contextmanager
def owned(database: str) -> Iterator[Ownership]:
    """Hold the database file's lock; raises Conflict while another process has it."""
    path = owner_path(database)
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        if not _locked(descriptor):
            owner = read_owner(database)
            who = f"process {owner.pid}" if owner else "another process"
            raise Conflict(
                f"{who} is using {database}: SQLite is for one process at a time; stop it, "
                "or use PostgreSQL for several (COPYDESK_DATABASE_URL=postgresql://…)"
            )
        ownership = Ownership(descriptor)
        ownership.announce(url=None, key=None)
        yield ownership
    finally:
        os.close(descriptor)


def _locked(descriptor: int) -> bool:
    """Take the lock; somebody who only looks whether it is taken holds it for an instant."""
    for pause_s in (0.02, 0.05, 0.1, None):
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if pause_s is not None:
                time.sleep(pause_s)
        else:
            return True
    return False


def read_owner(database: str) -> Owner | None:
    """Who holds the lock, or None if nobody does."""
    try:
        descriptor = os.open(owner_path(database), os.O_RDWR | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        said = os.pread(descriptor, 4096, 0)
        return Owner(**orjson.loads(said)) if said else None
    else:
        return None
    finally:
        os.close(descriptor)


def owner_path(database: str) -> Path:
    return Path(f"{database}.owner")
