"""Cursors: where a page ended, signed and bound to the filters it was made for."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias, TypeVar

import orjson

from app.core.hashing import hash64
from app.errors import FieldError, Invalid
from app.store.find import Place
from app.store.relevance import Frame

SIGNATURE_BYTES = 12
T = TypeVar("T")
PlaceItems: TypeAlias = list[int | str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Paging:
    """Which page is asked for of a list: the one behind `place`, or the first; `limit` items."""

    secret: bytes
    bound_to: str
    place: PlaceItems | None
    limit: int

    @property
    def behind(self) -> int | None:
        """The number that the place begins with, where lists go by one."""
        return None if self.place is None else int(self.place[0])

    @property
    def wanted(self) -> int:
        """One more than the page holds: it tells whether there is a next one."""
        return self.limit + 1

    def cut(
        self, found: Sequence[T], place_at: Callable[[T], PlaceItems]
    ) -> tuple[Sequence[T], str | None]:
        """The page out of what was `wanted`, and the cursor of the next one if there is one."""
        shown = found[: self.limit]
        if len(found) <= self.limit:
            return shown, None
        return shown, make_cursor(self.secret, place_at(shown[-1]), self.bound_to)


def paging(secret: bytes, bound_to: str, cursor: str | None, limit: int) -> Paging:
    """`bound_to` describes the list with its filters and order; raises Invalid for a cursor of
    another.
    """
    place = None if cursor is None else read_cursor(secret, cursor, bound_to)
    return Paging(secret=secret, bound_to=bound_to, place=place, limit=limit)


def make_cursor(secret: bytes, place: PlaceItems, bound_to: str) -> str:
    """An opaque cursor for a place in the list that `bound_to` describes."""
    payload = orjson.dumps([hash64(bound_to), *place])
    return base64.urlsafe_b64encode(_sign(secret, payload) + payload).decode().rstrip("=")


def read_cursor(secret: bytes, cursor: str, bound_to: str) -> PlaceItems:
    """The place in a cursor of ours for the same list; raises Invalid for any other."""
    try:
        raw = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
    except (binascii.Error, ValueError):
        raise _refused("it is not one that this service gave out") from None
    signature, payload = raw[:SIGNATURE_BYTES], raw[SIGNATURE_BYTES:]
    if not hmac.compare_digest(signature, _sign(secret, payload)):
        raise _refused("it is not one that this service gave out")
    filters, *place = orjson.loads(payload)
    if filters != hash64(bound_to):
        raise _refused("it belongs to other filters or another order")
    return list(place)


def place_items(place: Place) -> PlaceItems:
    """A place in a list of stories, for a cursor."""
    items: PlaceItems = [place.value, place.id]
    if place.frame is not None:
        frame = place.frame
        items += [frame.low, frame.high, frame.now_ms, bytes(frame.idfs).hex()]
    return items


def place_of(items: Sequence[int | str]) -> Place:
    """The place that `place_items` wrote down."""
    value, last_id, *rest = items
    if not rest:
        return Place(value=int(value), id=int(last_id))
    low, high, now_ms, idfs = rest
    frame = Frame(
        low=int(low), high=int(high), now_ms=int(now_ms), idfs=tuple(bytes.fromhex(str(idfs)))
    )
    return Place(value=int(value), id=int(last_id), frame=frame)


def _sign(secret: bytes, payload: bytes) -> bytes:
    return hmac.new(secret, payload, hashlib.sha256).digest()[:SIGNATURE_BYTES]


def _refused(why: str) -> Invalid:
    detail = f"the cursor cannot be used: {why}; start again without one"
    return Invalid(detail, errors=(FieldError(parameter="cursor", detail=detail),))
