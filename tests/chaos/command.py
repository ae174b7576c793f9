"""The command as a run starts it: the names of made-up hosts stand for addresses of loopback.

`CHAOS_WITHOUT=fencing` takes a guard out: a run that the command passes without it shows nothing.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import Executor
from typing import Any

from sqlalchemy import true

import app.main  # noqa: F401 - what the command would import when it runs
from app.__main__ import main as copydesk
from app.core.poll import ClaimedFeed
from app.net import clients
from app.net.dial import Resolver, system_resolver
from app.store import hosts, leases, plans
from app.store.engine import WriteSession
from tests.chaos.network import is_made_up, made_up_address
from tests.chaos.nursery import raise_copies

WITHOUT = "CHAOS_WITHOUT"


def resolver(threads: Executor) -> Resolver:
    system = system_resolver(threads)

    async def resolve(host: str, port: int) -> Sequence[str]:
        return [made_up_address(host)] if is_made_up(host) else await system(host, port)

    return resolve


async def _holds_whatever_it_is(session: WriteSession, feed: ClaimedFeed) -> bool:
    await leases.holds_lease(session, feed)  # for its lock
    return True


def _is_free(*_: Any) -> Any:
    return true()


def without_fencing() -> None:
    """Whoever wakes late writes what it has."""
    plans.holds_lease = _holds_whatever_it_is


def without_slots() -> None:
    """A host is asked by anybody at any time."""
    hosts._free = _is_free


GUARDS = {"fencing": without_fencing, "slots": without_slots}


def main() -> None:
    """The command, as the environment of one poller has it."""
    clients.system_resolver = resolver
    if WITHOUT in os.environ:
        GUARDS[os.environ[WITHOUT]]()
    copydesk()


if __name__ == "__main__":
    raise_copies(main)
