"""Where a feed is moving to: permanent redirects, believed only after a while."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """A permanent redirect of a feed that has not been adopted yet."""

    url: str
    seen: int  # polls in a row that were led there
    since: datetime
