"""What a caller of the dialect can do wrong, by the codes of https://newsapi.org/docs/errors."""

from __future__ import annotations

from app.errors import AppError, Invalid, Unauthorized


class ApiKeyMissing(Unauthorized):
    code = "apiKeyMissing"


class ApiKeyInvalid(Unauthorized):
    code = "apiKeyInvalid"


class ParametersMissing(Invalid):
    code = "parametersMissing"


class ParametersIncompatible(Invalid):
    code = "parametersIncompatible"


class ParameterInvalid(Invalid):
    code = "parameterInvalid"


class QueryMalformed(Invalid):
    code = "queryMalformed"


class QueryTooLong(Invalid):
    code = "queryTooLong"


class SourcesTooMany(Invalid):
    code = "sourcesTooMany"


class SourceDoesNotExist(Invalid):
    code = "sourceDoesNotExist"


class MaximumResultsReached(AppError):
    status = 426
    code = "maximumResultsReached"
    title = "Beyond what can be paged to"


CODES_BY_STATUS = {
    401: "apiKeyInvalid",
    403: "apiKeyInvalid",
    404: "notFound",
    405: "methodNotAllowed",
    429: "rateLimited",
}
"""What other faults are called; `notFound` and `methodNotAllowed` are not in NewsAPI's list."""


def code_of(status: int, code: str) -> str:
    """The dialect's code for a fault of any of our routes."""
    if code in _CODES:
        return code
    return CODES_BY_STATUS.get(
        status,
        "unexpectedError" if status >= 500 else "parameterInvalid",  # noqa: PLR2004 - HTTP's
    )


_CODES = frozenset(
    fault.code
    for fault in (
        ApiKeyMissing,
        ApiKeyInvalid,
        ParametersMissing,
        ParametersIncompatible,
        ParameterInvalid,
        QueryMalformed,
        QueryTooLong,
        SourcesTooMany,
        SourceDoesNotExist,
        MaximumResultsReached,
    )
)
