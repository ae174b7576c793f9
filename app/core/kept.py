"""What a story was made from, packed: so that it can be made again by a newer normal form."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from datetime import datetime
from functools import cache

from pydantic import TypeAdapter

from app.core.page.types import Page
from app.core.story import FeedContext
from app.core.types import Entry


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptEntry:
    """What `make` was given; `page` is there where the story is told by its page's text."""

    entry: Entry
    context: FeedContext
    first_seen: datetime
    page: Page | None = None


def pack_entry(kept: KeptEntry) -> bytes:
    """Compressed JSON without what is as it is by default; `unpack_entry` is the inverse."""
    return zlib.compress(_form().dump_json(kept, exclude_defaults=True), 6)


def unpack_entry(packed: bytes) -> KeptEntry:
    """Fields that this release does not know are left out, and those that a former one did not
    know have their defaults.
    """
    return _form().validate_json(zlib.decompress(packed))


@cache
def _form() -> TypeAdapter[KeptEntry]:
    return TypeAdapter(KeptEntry)
