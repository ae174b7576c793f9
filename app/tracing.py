"""Where time goes, as spans of OpenTelemetry; without it nothing is imported and nothing is done.

Whoever has something to tell opens a `span`. Who listens is decided once, at the start of the
process: nobody, or the exporter of the extra `otel`.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import TYPE_CHECKING, Any, Final, Protocol, TypeAlias

from app import __version__

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import TracerProvider

Value: TypeAlias = str | int | float | bool
MISSING: Final = (
    "the extra otel is not installed: pip install --require-hashes -r requirements/otel.txt"
)


class Span(Protocol):
    """A stretch of time that something takes."""

    def set(self, **attributes: Value | None) -> None:
        """Say more of it; None says nothing."""

    def rename(self, name: str) -> None: ...


class _Nothing:
    def set(self, **attributes: Value | None) -> None: ...

    def rename(self, name: str) -> None: ...


_NOTHING: Final[AbstractContextManager[Span]] = nullcontext(_Nothing())
Opens: TypeAlias = Callable[[str, Mapping[str, str] | None], AbstractContextManager[Span]]
_open: Opens | None = None


def span(name: str, headers: Mapping[str, str] | None = None) -> AbstractContextManager[Span]:
    """The time that a block takes, inside that of the block around it.

    `headers` are those of a request: its span goes on where the caller's ends (W3C Trace Context).
    """
    return _NOTHING if _open is None else _open(name, headers)


def is_tracing() -> bool:
    return _open is not None


def is_installed() -> bool:
    try:
        return importlib.util.find_spec("opentelemetry.exporter.otlp.proto.http") is not None
    except ModuleNotFoundError:
        return False


def trace_into(provider: TracerProvider | None) -> None:
    """Have spans go to a provider from now on; None: nowhere."""
    global _open  # noqa: PLW0603 - who listens is a fact of the process
    _open = None if provider is None else _opener(provider)


def exporting_to(endpoint: str) -> TracerProvider:
    """A provider that sends spans to an OTLP collector over HTTP, in batches, from a thread."""
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import (  # noqa: PLC0415 - an extra
        OTLPSpanExporter,
    )
    from opentelemetry.sdk.resources import Resource  # noqa: PLC0415
    from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415
    from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415

    named = Resource.create({"service.name": "copydesk", "service.version": __version__})
    provider = TracerProvider(resource=named)
    path = endpoint.rstrip("/") + "/v1/traces"
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(endpoint=path)))
    return provider


def trace_ids(_logger: object, _method: str, event: dict[str, Any]) -> dict[str, Any]:
    """Names the trace and the span that an event of the log is in: a processor of structlog."""
    if _open is not None:
        from opentelemetry import trace  # noqa: PLC0415 - an extra

        context = trace.get_current_span().get_span_context()
        if context.is_valid:
            event["trace_id"] = f"{context.trace_id:032x}"
            event["span_id"] = f"{context.span_id:016x}"
    return event


def _opener(provider: TracerProvider) -> Opens:
    from opentelemetry.trace.propagation import tracecontext  # noqa: PLC0415 - an extra

    tracer = provider.get_tracer("copydesk", __version__)
    propagator = tracecontext.TraceContextTextMapPropagator()

    @contextmanager
    def opened(name: str, headers: Mapping[str, str] | None) -> Iterator[Span]:
        parent = None if headers is None else propagator.extract(headers)
        with tracer.start_as_current_span(name, context=parent) as begun:
            yield _Told(begun)

    return opened


class _Told:
    """A span of OpenTelemetry's."""

    def __init__(self, begun: Any) -> None:  # noqa: ANN401 - a span of an extra
        self._begun = begun

    def set(self, **attributes: Value | None) -> None:
        for name, value in attributes.items():
            if value is not None:
                self._begun.set_attribute(name.replace("__", "."), value)

    def rename(self, name: str) -> None:
        self._begun.update_name(name)
