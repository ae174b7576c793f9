"""All that the database has about the entries of one document, as far as a plan needs it."""

from __future__ import annotations

from dataclasses import replace

from app.core.known import Known
from app.core.match import stories_to_read
from app.core.poll import ClaimedFeed, Document
from app.core.types import WIRE_FORMATS
from app.store.engine import ReadSession
from app.store.known import read_known, read_packed
from app.store.lines import read_decided, read_lines
from app.store.policy import read_policy
from app.store.story_tag_edits import read_edits


async def recall(session: ReadSession, feed: ClaimedFeed, document: Document) -> Known:
    """What is on record of a document's entries; more of its source where it brings new words."""
    known = await read_known(session, feed, document.lookup)
    known = replace(known, decided=await read_decided(session, feed.source_id))
    on_record = {copy.entry_hash for copy in known.copies.values()}
    if all(keys.entry.raw_hash in on_record for keys in document.keys):
        return known
    if document.feed.format in WIRE_FORMATS:
        wired = await read_packed(session, stories_to_read(document.keys, known))
        known = replace(known, wired=wired)
    lines = await read_lines(session, feed.source_id)
    edits = await read_edits(session, known.stories.keys())
    return replace(known, lines=lines, policy=await read_policy(session), edits=edits)
