"""How often each caller may ask, in this process: by key, or by address where there is none.

The answers say so in the fields of draft-ietf-httpapi-ratelimit-headers.
"""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Final, TypeAlias

from fastapi import Request

from app.core.forwarded import Network, client_of
from app.core.rate import WINDOW_S, Taken, take
from app.errors import TooManyRequests
from app.store.keys import Key, fingerprint

MAX_BUCKETS: Final = 20_000
MAX_KNOWN: Final = 5_000
WRONG_KEYS_PER_MINUTE: Final = 120
"""From one address. No key can be guessed; but each try is a look-up."""

STATE: Final = "rate_limit"
"""The name under which a request's state has the header fields of its answer."""

Who: TypeAlias = tuple[str, int | str]


class Buckets:
    """When each bucket will be full; one that is full is as one that is not there."""

    def __init__(self) -> None:
        self._full_at: OrderedDict[Who, float] = OrderedDict()

    def take(self, who: Who, now: float, per_minute: int) -> Taken:
        taken = take(self._full_at.pop(who, 0.0), now, per_minute)
        self._full_at[who] = taken.full_at
        if len(self._full_at) > MAX_BUCKETS:
            self._full_at.popitem(last=False)
        return taken

    def has_any(self, who: Who, now: float, per_minute: int) -> bool:
        """Whether one could be taken."""
        return take(self._full_at.get(who, 0.0), now, per_minute).allowed


class Limits:
    """`per_minute` for keys that have no rate of their own and, by address, for who needs no key;
    None is without limit. `trusted` are the networks of proxies whose X-Forwarded-For is believed.
    """

    def __init__(
        self,
        per_minute: int | None = None,
        trusted: Sequence[Network] = (),
        *,
        on_refused: Callable[[str], None] = lambda _by: None,
    ) -> None:
        """`on_refused` hears of each refusal by what was counted: key, address, wrong_keys."""
        self._per_minute = per_minute
        self._on_refused = on_refused
        self._trusted = trusted
        self._buckets = Buckets()
        self._known: OrderedDict[bytes, None] = OrderedDict()  # fingerprints of keys that were good

    def count_key(self, request: Request, key: Key, now: datetime) -> None:
        """Count a request to its key; raises TooManyRequests."""
        per_minute = key.requests_per_minute or self._per_minute
        self._count(request, ("key", key.id), now, per_minute)

    def count_stranger(self, request: Request, now: datetime) -> None:
        """Count a request without a key to its address; raises TooManyRequests."""
        self._count(request, ("address", self._client_of(request)), now, self._per_minute)

    def refuse_guessing(self, request: Request, secret: str, now: datetime) -> None:
        """Raise TooManyRequests before a key is looked up, where too many from its address were
        wrong. A key that was good lately passes: its owner may share the address with a guesser.
        """
        who = ("wrong_keys", self._client_of(request))
        if self._buckets.has_any(who, now.timestamp(), WRONG_KEYS_PER_MINUTE):
            return
        if fingerprint(secret) not in self._known:
            self._on_refused(who[0])
            raise _refused(self._buckets.take(who, now.timestamp(), WRONG_KEYS_PER_MINUTE))

    def count_guess(self, request: Request, now: datetime) -> None:
        """A key was wrong."""
        who = ("wrong_keys", self._client_of(request))
        self._buckets.take(who, now.timestamp(), WRONG_KEYS_PER_MINUTE)

    def note_good(self, secret: str) -> None:
        """A key was right."""
        mark = fingerprint(secret)
        self._known.pop(mark, None)
        self._known[mark] = None
        if len(self._known) > MAX_KNOWN:
            self._known.popitem(last=False)

    def _count(self, request: Request, who: Who, now: datetime, per_minute: int | None) -> None:
        """Once for each request, however often it is asked for its key."""
        if per_minute is None or hasattr(request.state, STATE):
            return
        taken = self._buckets.take(who, now.timestamp(), per_minute)
        fields = header_fields(taken, per_minute)
        setattr(request.state, STATE, fields)
        if not taken.allowed:
            self._on_refused(who[0])
            raise _refused(taken)

    def _client_of(self, request: Request) -> str:
        peer = request.client.host if request.client else None
        return client_of(peer, request.headers.getlist("x-forwarded-for"), self._trusted)


def header_fields(taken: Taken, per_minute: int) -> tuple[tuple[bytes, bytes], ...]:
    """draft-ietf-httpapi-ratelimit-headers-10, sections 3 and 4."""
    quota, left, full_in = per_minute, taken.left, math.ceil(taken.full_in_s)
    return (
        (b"ratelimit-policy", f'"default";q={quota};w={WINDOW_S}'.encode()),
        (b"ratelimit", f'"default";r={left};t={full_in}'.encode()),
    )


def _refused(taken: Taken) -> TooManyRequests:
    wait_s = max(1, math.ceil(taken.wait_s))
    return TooManyRequests(f"too many requests: send the next in {wait_s} s", retry_after_s=wait_s)
