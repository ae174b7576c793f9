"""Try an address: what a feed says of itself before anything is stored."""

from __future__ import annotations

from app.core.parse.document import parse
from app.core.poll import Probe
from app.core.types import Fetched, FetchFailed, NotModified, ParseFailed
from app.errors import Unreachable
from app.ingest.fetch import FetchRequest, fetch
from app.ingest.offload import OffloadFailed
from app.ingest.pipeline import Pipeline


async def probe(url: str, pipeline: Pipeline) -> Probe:
    """Fetch and read an address; raises Unreachable saying why it gives no feed."""
    match await fetch(FetchRequest(url=url), pipeline.clients, pipeline.fetch_policy):
        case FetchFailed(kind=kind, detail=detail):
            raise Unreachable(f"{url} could not be fetched ({kind.value}): {detail}")
        case NotModified():
            raise Unreachable(f"{url} answered 304 without having been asked to")
        case Fetched() as fetched:
            parsed = await pipeline.offload.run(
                parse,
                fetched.body,
                content_type=fetched.content_type,
                url=fetched.url,
                max_entries=pipeline.max_entries,
            )
            if isinstance(parsed, OffloadFailed):
                raise Unreachable(f"{url} could not be read ({parsed.kind.value}): {parsed.detail}")
            if isinstance(parsed, ParseFailed):
                raise Unreachable(f"{url} is no feed ({parsed.kind.value}): {parsed.detail}")
            return Probe(url=fetched.url, feed=parsed)
