"""What a caller asks for: words, filters, times, and the order of the answer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from app.core.search.query import Field, QueryTree, all_of


class Sort(StrEnum):
    """The order of a list; ties are broken by id, newest first."""

    PUBLISHED = "-published"
    INGESTED = "-ingested"
    UPDATED = "-updated"
    RELEVANCE = "relevance"


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A half-open stretch of time: from `after` on, before `before`."""

    after: datetime | None = None
    before: datetime | None = None

    def __bool__(self) -> bool:
        return self.after is not None or self.before is not None


ALWAYS = Span()


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """A search, checked; what is empty lets everything through.

    `field` is where words must stand that name no field themselves.
    """

    text: QueryTree | None = None
    filters: tuple[QueryTree, ...] = ()
    field: Field = Field.TEXT
    published: Span = ALWAYS
    ingested: Span = ALWAYS
    updated: Span = ALWAYS
    sort: Sort = Sort.PUBLISHED

    @property
    def tree(self) -> QueryTree | None:
        """Words and filters together; None where there are none."""
        parts = [*self.filters] if self.text is None else [self.text, *self.filters]
        return all_of(parts) if parts else None
