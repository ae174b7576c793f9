"""How long what is on record is kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

FOR_EVER: Final = 0
"""As `keep_days` of a feed: its stories are kept whatever the settings say."""

ABSENT: Final = timedelta(days=2)
"""How long a story must be gone from its feeds' documents: servers give old ones now and then, and
what is not on record any more would be new.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class RetentionPolicy:
    """Days that things are kept; None: for ever."""

    story_days: int | None = None
    ledger_days: int | None = None  # fetches, jobs that have ended, alerts that are over
    audit_days: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptCopy:
    """A feed that has told a story: None of `last_seen_at` while it is in its document."""

    keep_days: int | None
    last_seen_at: datetime | None


def story_has_expired(
    at: datetime, copies: Sequence[KeptCopy], policy: RetentionPolicy, now: datetime
) -> bool:
    """Whether a story that came at a time is to be kept no longer: by each feed that has told it,
    or by the settings where none is left of those.
    """
    if any(c.last_seen_at is None or now - c.last_seen_at < ABSENT for c in copies):
        return False
    asked = [policy.story_days if c.keep_days is None else c.keep_days for c in copies]
    days = asked or [policy.story_days]
    return all(d is not None and d != FOR_EVER and now - at >= timedelta(days=d) for d in days)
