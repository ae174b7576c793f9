"""How far a server's validators are believed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Trust:
    """What is known of a feed's validators before it is asked again."""

    whole_at: datetime | None = None  # when it last gave a document asked for without condition
    unchanged: int = 0  # answers of 304 since
    distrusted_at: datetime | None = None  # since when its validators are not sent
