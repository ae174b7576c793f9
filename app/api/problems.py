"""Every error as application/problem+json (RFC 9457), with a stable type and the next step."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import orjson
import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from starlette.exceptions import HTTPException

from app.errors import AppError, FieldError, Invalid, NotFound, Unauthorized, Unavailable
from app.store.engine import DATABASE_FAULTS

log = structlog.get_logger()

PROBLEM = "application/problem+json"
TYPE_PREFIX = "urn:copydesk:problem:"


def handle_problems(app: FastAPI) -> None:
    """Turn every way a request can fail into a problem document."""
    app.add_exception_handler(AppError, _app_error)
    app.add_exception_handler(RequestValidationError, _validation_error)
    app.add_exception_handler(HTTPException, _http_exception)
    for fault in DATABASE_FAULTS:
        app.add_exception_handler(fault, _database_fault)
    app.add_exception_handler(Exception, _unexpected)


def problem(
    request: Request, error: AppError, *, headers: Mapping[str, str] | None = None
) -> Response:
    """The answer for a fault of the caller's."""
    extra = dict(headers or {})
    if isinstance(error, Unauthorized):
        extra["WWW-Authenticate"] = 'Bearer realm="copydesk"'
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
    """A problem document; `instance` is the request's path, `request_id` is in the log."""
    body = {
        "type": f"{TYPE_PREFIX}{code}",
        "title": title,
        "status": status,
        "detail": detail,
        "instance": request.url.path,
        "code": code,
        "request_id": getattr(request.state, "request_id", None),
        "errors": [_fault(fault) for fault in errors],
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
    faults = tuple(_field_error(fault) for fault in error.errors())
    named = faults[0].parameter or faults[0].pointer or "the request" if faults else "the request"
    said = faults[0].detail if faults else "it cannot be read"
    return problem(request, Invalid(f"{named}: {said}", errors=faults))


async def _http_exception(request: Request, error: Exception) -> Response:
    """What Starlette itself refuses: unknown paths, methods, bodies that are no JSON."""
    if not isinstance(error, HTTPException):
        raise error
    headers = dict(error.headers or {})
    if error.status_code == 404:  # noqa: PLR2004 - HTTP
        where = f"there is nothing at {request.url.path}: see /docs for what there is"
        return problem(request, NotFound(where), headers=headers)
    code = _CODES.get(error.status_code, "refused")
    said = str(error.detail)
    return _document(request, error.status_code, code, said, said, headers=headers)


async def _database_fault(request: Request, error: Exception) -> Response:
    log.error("database_fault", error=str(error), path=request.url.path)
    away = Unavailable("the database does not answer at the moment: try again in a few seconds")
    return problem(request, away, headers={"Retry-After": "5"})


async def _unexpected(request: Request, error: Exception) -> Response:
    log.error("request_broke", path=request.url.path, exc_info=error)
    return problem(
        request,
        AppError("a fault inside the service: report the request_id, its log line tells the rest"),
    )


_CODES = {405: "method_not_allowed", 406: "not_acceptable", 413: "too_large"}


def _field_error(fault: Any) -> FieldError:  # noqa: ANN401 - pydantic's own dictionary
    where: Sequence[object] = fault["loc"]
    detail = str(fault["msg"])
    if where and where[0] == "body":
        return FieldError(pointer="/" + "/".join(map(str, where[1:])), detail=detail)
    return FieldError(parameter=str(where[-1]) if where else None, detail=detail)


def _fault(fault: FieldError) -> dict[str, Any]:
    named = {
        "detail": fault.detail,
        "parameter": fault.parameter,
        "pointer": fault.pointer,
        "position": fault.position,
    }
    return {name: value for name, value in named.items() if value is not None}
