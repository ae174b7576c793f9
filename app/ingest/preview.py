"""What would become of a document: read in a worker process, as a poll would read it."""

from __future__ import annotations

from app.core.preview import Preview, PreviewRequest, preview
from app.core.types import Failure, ParseFailed
from app.errors import NotAFeed, Unavailable
from app.ingest.offload import OffloadFailed
from app.ingest.pipeline import Pipeline


async def read_preview(asked: PreviewRequest, pipeline: Pipeline) -> Preview:
    """The document's first stories; raises NotAFeed with the reason that a poll would record."""
    found = await pipeline.offload.run(preview, asked, max_entries=pipeline.max_entries)
    if isinstance(found, OffloadFailed) and found.kind is Failure.INTERNAL:
        raise Unavailable(f"the document could not be read: {found.detail}")
    if isinstance(found, OffloadFailed | ParseFailed):
        raise NotAFeed(f"the body cannot be read as a feed ({found.kind.value}): {found.detail}")
    return found
