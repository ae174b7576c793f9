"""Acts put on record by the routes that do them, in the same transaction."""

from __future__ import annotations

from typing import Annotated, Any

import orjson
from fastapi import Depends, Request

from app.api.callers import caller_of
from app.api.deps import DepsDep
from app.api.replies import encode
from app.store.audit import Actor, add_audit
from app.store.engine import WriteSession


class Auditor:
    """Puts what a request does on record: by whom, by which way, and under which request id."""

    def __init__(self, request: Request, deps: DepsDep) -> None:
        self._request = request
        self._clock = deps.clock

    @property
    def actor(self) -> Actor:
        caller = caller_of(self._request)
        return Actor(key_id=caller.key_id, name=caller.name, via=caller.via.value)

    async def __call__(
        self,
        session: WriteSession,
        action: str,
        subject: str,
        *,
        before: Any = None,  # noqa: ANN401 - a shape, as the API gives it
        after: Any = None,  # noqa: ANN401 - a shape, as the API gives it
    ) -> None:
        """An action such as `feed.pause` of a subject such as `feed:12`; `before` and `after` are
        what the API shows of it, without secrets.
        """
        await add_audit(
            session,
            self.actor,
            action,
            subject,
            at=self._clock(),
            before=_as_shown(before),
            after=_as_shown(after),
            request_id=getattr(self._request.state, "request_id", None),
        )


Audit = Annotated[Auditor, Depends()]


def _as_shown(shape: Any) -> Any:  # noqa: ANN401 - whatever JSON can say
    return None if shape is None else orjson.loads(encode(shape))
