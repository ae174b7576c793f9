"""How a feed and its server stand: whether it is believed, and where it leads."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row

from app.core.moves import Sighting
from app.core.trust import Trust


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What polls have learned of a feed's server; `has_validators`: it gives some."""

    trust: Trust
    has_validators: bool
    sighting: Sighting | None


def standing_of(row: Row[Any]) -> Standing:
    """Of a row of `feeds`."""
    return Standing(
        trust=Trust(
            whole_at=row.whole_at,
            unchanged=row.unchanged,
            surprises=row.surprises,
            distrusted_at=row.distrusted_at,
        ),
        has_validators=row.etag is not None or row.last_modified is not None,
        sighting=_sighting(row),
    )


def _sighting(row: Row[Any]) -> Sighting | None:
    if row.moving_to is None:
        return None
    return Sighting(url=row.moving_to, seen=row.moving_seen, since=row.moving_since)
