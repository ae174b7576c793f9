"""Whatever an HTTP exchange can raise, as a closed kind and one line for an operator."""

from __future__ import annotations

import errno
import re
import ssl
from collections.abc import Iterator

import h2.exceptions
import httpcore
import httpx

from app.core.types import Failure
from app.net.body import BodyRefused
from app.net.dial import NotResolved
from app.net.targets import Blocked

_MAX_DETAIL = 300
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")


def failure_of(error: Exception) -> tuple[Failure, str]:
    """Kind and detail; INTERNAL for what is no fault of the outside world."""
    kind, detail = _classify(error)
    return kind, one_line(detail)


def one_line(text: str) -> str:
    """The text without control characters, at most 300 characters."""
    return _CONTROL.sub(" ", text).strip()[:_MAX_DETAIL]


def _classify(error: Exception) -> tuple[Failure, str]:
    match error:
        case BodyRefused():
            return error.kind, error.detail
        case Blocked():
            return Failure.BLOCKED, error.reason
        case NotResolved():
            return Failure.DNS, f"the name cannot be resolved: {error.reason}"
        case httpx.ConnectError():
            return _connecting(error)
        case _:
            return _transport(error)


def _transport(error: Exception) -> tuple[Failure, str]:
    for types, kind, words in _WORDS:
        if isinstance(error, types):
            return kind, f"{words}: {error}" if str(error) else words
    return Failure.INTERNAL, f"{type(error).__name__}: {error}"


_WORDS: tuple[tuple[tuple[type[Exception], ...], Failure, str], ...] = (
    ((httpx.ConnectTimeout, httpx.PoolTimeout), Failure.TIMEOUT, "no connection in time"),
    ((httpx.TimeoutException, TimeoutError), Failure.TIMEOUT, "no answer in time"),
    ((httpx.ProxyError,), Failure.CONNECT, "the proxy refused"),
    (
        (httpx.InvalidURL, httpx.UnsupportedProtocol),
        Failure.BLOCKED,
        "not an address that can be fetched",
    ),
    ((httpx.NetworkError, OSError), Failure.PROTOCOL, "the connection broke off in the answer"),
    (
        (httpx.TransportError, httpx.DecodingError, h2.exceptions.H2Error),
        Failure.PROTOCOL,
        "the answer is not HTTP, or not whole",
    ),
)


def _connecting(error: httpx.ConnectError) -> tuple[Failure, str]:
    causes = list(_causes(error))
    for cause in causes:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return Failure.TLS, f"the certificate is not accepted: {cause.verify_message}"
        if isinstance(cause, ssl.SSLError):
            return Failure.TLS, f"no TLS connection: {cause.reason or cause}"
    codes = {cause.errno for cause in causes if isinstance(cause, OSError)}
    if errno.ECONNREFUSED in codes:
        return Failure.CONNECT, "the connection is refused: nothing listens on this port"
    if codes & {errno.ENETUNREACH, errno.EHOSTUNREACH}:
        return Failure.CONNECT, "the host cannot be reached from here: see routes and firewall"
    return Failure.CONNECT, f"no connection: {error}".rstrip(": ")


def _causes(error: BaseException) -> Iterator[BaseException]:
    """The error and what lies under it: httpcore puts it in the arguments, or the context."""
    seen: set[int] = set()
    waiting: list[object] = [error]
    while waiting:
        found = waiting.pop(0)
        if not isinstance(found, BaseException) or id(found) in seen:
            continue
        seen.add(id(found))
        yield found
        waiting += [found.__cause__, found.__context__]
        if isinstance(found, httpcore.NetworkError | BaseExceptionGroup):
            waiting += found.args
