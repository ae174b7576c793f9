"""The command without one of its guards: a run that it passes is a run that shows nothing.

`CHAOS_WITHOUT=fencing python -m tests.chaos.broken poll`
"""

from __future__ import annotations

import os
from typing import Any

from sqlalchemy import true

from app.__main__ import main
from app.core.poll import ClaimedFeed
from app.store import leases, plans
from app.store.engine import WriteSession

WITHOUT = "CHAOS_WITHOUT"


async def _holds_whatever_it_is(session: WriteSession, feed: ClaimedFeed) -> bool:
    await leases.holds_lease(session, feed)  # for its lock
    return True


def _is_free(_slot: Any) -> Any:
    return true()


def without_fencing() -> None:
    """Whoever wakes late writes what it has."""
    plans.holds_lease = _holds_whatever_it_is


def without_slots() -> None:
    """A host is asked by anybody at any time."""
    from app.store import hosts

    hosts._free = _is_free


GUARDS = {"fencing": without_fencing, "slots": without_slots}

if __name__ == "__main__":
    GUARDS[os.environ[WITHOUT]]()
    main()
