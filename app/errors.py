"""What a caller can do wrong, as exceptions with a stable code and an HTTP status.

AppError
├── NotFound            404  no such feed, story, key …
├── Invalid             400  a parameter or body that cannot be taken
│   └── QueryInvalid    400  a search text that cannot be parsed, with its position
├── Unauthorized        401  no key, or one that is not known
├── Forbidden           403  the key lacks the scope
├── PreconditionFailed  412  If-Match names an older state
├── PreconditionNeeded  428  a change without If-Match
├── NotAcceptable       406  none of the forms that it can be had in
├── LogTrimmed          410  a place in the change log that it cannot be read on from
├── Conflict            409  the state does not allow it (a feed that exists already)
├── Unreachable         422  a feed address that was tried and gave no feed
│   └── IsAPage         422  it gave a page, which may name feeds
├── NotAFeed            422  a document that was sent to be read as a feed, and cannot be
├── IdempotencyKeyReused 422 an Idempotency-Key that came with another request before
├── TooManyRequests     429  more than the caller may send, with the seconds to wait
└── Unavailable         503  the database or the service is not ready

Failures of the outside world (a feed that does not answer) are values, not exceptions:
see `core/types.py`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldError:
    """One fault in a request: where it is, and what to send instead."""

    detail: str
    parameter: str | None = None
    pointer: str | None = None
    position: int | None = None


class AppError(Exception):
    """A fault that the caller can mend; the message ends with the next step."""

    status: ClassVar[int] = 500
    code: ClassVar[str] = "internal_error"
    title: ClassVar[str] = "Internal error"

    def __init__(self, detail: str, *, errors: tuple[FieldError, ...] = ()) -> None:
        super().__init__(detail)
        self.detail = detail
        self.errors = errors


class NotFound(AppError):
    status = 404
    code = "not_found"
    title = "Not found"


class Invalid(AppError):
    status = 400
    code = "invalid_request"
    title = "The request cannot be taken"


class QueryInvalid(Invalid):
    code = "query_invalid"
    title = "The search text cannot be read"

    def __init__(self, detail: str, *, position: int, pointer: str | None = None) -> None:
        """`pointer`: where in a body the search text is; without it, the parameter `q`."""
        parameter = "q" if pointer is None else None
        fault = FieldError(detail=detail, parameter=parameter, pointer=pointer, position=position)
        super().__init__(detail, errors=(fault,))
        self.position = position


class Unauthorized(AppError):
    status = 401
    code = "unauthorized"
    title = "A key is needed"

    def __init__(self, detail: str, *, takes_basic: bool = False) -> None:
        super().__init__(detail)
        self.takes_basic = takes_basic


class Forbidden(AppError):
    status = 403
    code = "forbidden"
    title = "The key does not allow this"


class NotAcceptable(AppError):
    status = 406
    code = "not_acceptable"
    title = "It cannot be had in that form"


class Conflict(AppError):
    status = 409
    code = "conflict"
    title = "The present state does not allow this"


class PreconditionFailed(AppError):
    status = 412
    code = "precondition_failed"
    title = "It has been changed since it was read"


class PreconditionNeeded(AppError):
    status = 428
    code = "precondition_required"
    title = "If-Match is needed"


class LogTrimmed(AppError):
    status = 410
    code = "log_trimmed"
    title = "The log cannot be read on from there"


class Unreachable(AppError):
    status = 422
    code = "feed_unreachable"
    title = "The address was tried and gave no feed"


class IsAPage(Unreachable):
    code = "is_a_page"
    title = "The address is that of a page"


class NotAFeed(AppError):
    status = 422
    code = "not_a_feed"
    title = "The document cannot be read as a feed"


class IdempotencyKeyReused(AppError):
    status = 422
    code = "idempotency_key_reused"
    title = "The key came with another request"


class TooManyRequests(AppError):
    status = 429
    code = "rate_limited"
    title = "Too many requests"

    def __init__(self, detail: str, *, retry_after_s: int) -> None:
        super().__init__(detail)
        self.retry_after_s = retry_after_s


class Unavailable(AppError):
    status = 503
    code = "unavailable"
    title = "Not ready"
