"""Every error as application/problem+json (RFC 9457), with a stable type and the next step."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import orjson
import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from sqlalchemy.exc import DataError, IntegrityError, ProgrammingError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from app.api.newsapi_faults import fault_reply, in_dialect
from app.errors import (
    AppError,
    FieldError,
    Invalid,
    NotFound,
    TooManyRequests,
    Unauthorized,
    Unavailable,
)
from app.store.engine import DATABASE_FAULTS, READ_TIMEOUT_S

log = structlog.get_logger()

PROBLEM = "application/problem+json"
TYPE_PREFIX = "urn:copydesk:problem:"
BEARER: Final = 'Bearer realm="copydesk"'
BASIC: Final = 'Basic realm="copydesk", charset="UTF-8"'
RETRY_AFTER_S: Final = "5"
QUERY_CANCELED: Final = "57014"
MAX_FAULTS: Final = 20
"""Faults named in one answer: a request of a megabyte may hold a hundred thousand."""

OUR_FAULTS = (DataError, IntegrityError, ProgrammingError)
"""What a database that is there says of a statement that should not have been sent."""


class TooLarge(HTTPException):
    """413. Starlette's kind of exception, since it comes out of the reading of a body, where
    FastAPI takes every other for a body that cannot be read.
    """

    def __init__(self, cap: int) -> None:
        super().__init__(413, f"the body is larger than {cap} bytes: send less at a time")


def handle_problems(app: FastAPI) -> None:
    """Turn every way a request can fail into a problem document."""
    app.add_exception_handler(AppError, _app_error)
    app.add_exception_handler(RequestValidationError, _validation_error)
    app.add_exception_handler(HTTPException, _http_exception)
    app.add_exception_handler(ClientDisconnect, _disconnected)
    for fault in (*DATABASE_FAULTS, PoolTimeout):
        app.add_exception_handler(fault, _database_fault)
    for broken in OUR_FAULTS:
        app.add_exception_handler(broken, unexpected)


def problem(
    request: Request, error: AppError, *, headers: Mapping[str, str] | None = None
) -> Response:
    """The answer for a fault of the caller's."""
    extra = dict(headers or {})
    if isinstance(error, Unauthorized):
        extra["WWW-Authenticate"] = BEARER + (f", {BASIC}" if error.takes_basic else "")
    if isinstance(error, Unavailable):
        extra["Retry-After"] = RETRY_AFTER_S
    if isinstance(error, TooManyRequests):
        extra["Retry-After"] = str(error.retry_after_s)
    return _document(
        request, error.status, error.code, error.title, error.detail, error.errors, extra
    )


def _document(
    request: Request,
    status: int,
    code: str,
    title: str,
    detail: str,
    errors: Sequence[FieldError] = (),
    headers: Mapping[str, str] | None = None,
) -> Response:
    """A problem document; `instance` is the request's path, `request_id` is in the log.

    Under the paths of NewsAPI's dialect, what that has in its place.
    """
    if in_dialect(request.scope["path"]):
        return fault_reply(status, code, detail, headers or {})
    body = {
        "type": f"{TYPE_PREFIX}{code}",
        "title": title,
        "status": status,
        "detail": detail,
        "instance": request.scope["path"],  # request.url would believe the Host header
        "code": code,
        "request_id": getattr(request.state, "request_id", None),
        "errors": [_fault(fault) for fault in errors[:MAX_FAULTS]],
    }
    return Response(
        orjson.dumps(body), status_code=status, media_type=PROBLEM, headers=dict(headers or {})
    )


async def _app_error(request: Request, error: Exception) -> Response:
    if not isinstance(error, AppError):
        raise error
    return problem(request, error)


async def _validation_error(request: Request, error: Exception) -> Response:
    if not isinstance(error, RequestValidationError):
        raise error
    faults = tuple(_field_error(fault) for fault in error.errors()[:MAX_FAULTS])
    if faults and isinstance(error.body, bytes):  # FastAPI leaves a body unread that is not JSON
        detail = "the body is JSON, and its header says so: send Content-Type: application/json"
        faults = (FieldError(pointer="", detail=detail),)
    named = faults[0].parameter or faults[0].pointer if faults else None
    said = faults[0].detail if faults else "the request cannot be read"
    return problem(request, Invalid(f"{named}: {said}" if named else said, errors=faults))


async def _http_exception(request: Request, error: Exception) -> Response:
    """What Starlette itself refuses: unknown paths, methods, bodies that are no JSON."""
    if not isinstance(error, HTTPException):
        raise error
    headers = dict(error.headers or {})
    path = request.scope["path"]
    match error.status_code:
        case 404:
            where = f"there is nothing at {path}: see /docs for what there is"
            return problem(request, NotFound(where), headers=headers)
        case 400:
            return problem(request, Invalid("the body cannot be read: send a JSON object"))
        case 405:
            headers["Allow"] = _allowed(headers.get("Allow", ""))
            said = f"{path} does not take {request.scope['method']}: use {headers.get('Allow')}"
            return _document(
                request, 405, "method_not_allowed", "Method not allowed", said, headers=headers
            )
        case 413:
            return _document(
                request, 413, "too_large", "Too large", str(error.detail), headers=headers
            )
        case status:
            said = str(error.detail)
            return _document(request, status, "refused", said, said, headers=headers)


def _allowed(methods: str) -> str:
    """What a route takes: HEAD wherever it takes GET, which the routes need not say."""
    return ", ".join(f"{name}, HEAD" if name == "GET" else name for name in methods.split(", "))


async def _disconnected(request: Request, _error: Exception) -> Response:
    """Nobody is there to read it; it keeps the metrics honest."""
    return problem(request, Invalid("the body ended before its end: send it again"))


async def _database_fault(request: Request, error: Exception) -> Response:
    if _is_ours(error):
        return await unexpected(request, error)
    log.error("database_fault", error=str(error), path=request.scope["path"])
    if _state(error) == QUERY_CANCELED:
        return problem(
            request,
            Unavailable(
                f"the database had not done with it after {READ_TIMEOUT_S} s: ask for less, such "
                "as a shorter time or fewer words"
            ),
        )
    return problem(
        request,
        Unavailable("the database does not answer at the moment: try again in a few seconds"),
    )


def _is_ours(error: Exception) -> bool:
    """Whether the database is there and refuses the statement: PostgreSQL says so by SQLSTATE,
    where the driver's exceptions do not tell (classes 22 data, 23 integrity, 42 syntax).
    """
    return _state(error)[:2] in {"22", "23", "42"}


def _state(error: Exception) -> str:
    """PostgreSQL's SQLSTATE; empty where there is none."""
    return str(getattr(getattr(error, "orig", None), "sqlstate", None) or "")


async def unexpected(request: Request, error: Exception) -> Response:
    """The answer for a fault of ours: what it was stands in the log alone."""
    log.error("request_broke", path=request.scope["path"], exc_info=error)
    return problem(
        request,
        AppError("a fault inside the service: report the request_id, its log line tells the rest"),
    )


def _field_error(fault: Any) -> FieldError:  # noqa: ANN401 - pydantic's own dictionary
    where: Sequence[object] = fault["loc"]
    detail = str(fault["msg"])
    if fault["type"] == "json_invalid":
        said = f"the body is no JSON: {fault['ctx']['error']}"
        return FieldError(pointer="", position=int(str(where[-1])), detail=said)
    if where and where[0] == "body":
        return FieldError(pointer=_pointer(where[1:]), detail=detail)
    position = fault["ctx"]["max_length"] if fault["type"] == "string_too_long" else None
    name = str(where[1]) if len(where) > 1 else None  # after it, the number within a list
    return FieldError(parameter=name, detail=detail, position=position)


def _pointer(steps: Sequence[object]) -> str:
    """A JSON pointer (RFC 6901)."""
    names = (str(step).replace("~", "~0").replace("/", "~1") for step in steps)
    return "".join(f"/{name}" for name in names)


def _fault(fault: FieldError) -> dict[str, Any]:
    named = {
        "detail": fault.detail,
        "parameter": fault.parameter,
        "pointer": fault.pointer,
        "position": fault.position,
    }
    return {name: value for name, value in named.items() if value is not None}
