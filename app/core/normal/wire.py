"""What a wire says in fields of its own: it wins over what its text seems to say."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from app.core.normal.agencies import agency_named
from app.core.normal.blocks import BlocksRead
from app.core.normal.credits import Lead, credit_line, lead_of, place_of
from app.core.normal.notes import note_of
from app.core.story import Agency, Block, BlockType, Dateline
from app.core.text import clean_text, fold_space
from app.core.types import Entry

NOTE_RULE: Final = "editor-note"
MAX_DATELINE_CHARS: Final = 200

_ENDS: Final = " -–—:.="
_PARTS: Final = re.compile(r"\s*[/|,;]\s*| via ")


def agency_among(names: Iterable[str]) -> Agency | None:
    """The first agency among credits, by itself ("Kyodo"), as a line ("(AP)") or beside a name
    ("AFP/Jane Roe").
    """
    for name in names:
        said = clean_text(name)
        if agency := agency_named(said) or credit_line(said):
            return agency
        if agency := next(filter(None, map(agency_named, _PARTS.split(said))), None):
            return agency
    return None


def wire_lead(entry: Entry) -> Lead | None:
    """The dateline of an entry's own field, with the agency in it: "MOSCOW, Monday (Reuters)"."""
    line = fold_space(clean_text(entry.dateline or ""))[:MAX_DATELINE_CHARS].rstrip(_ENDS)
    if not line:
        return None
    lead = lead_of(f"{line} - Text follows.")
    if lead is not None and lead.dateline is not None:
        return lead
    dateline = Dateline(text=line, place=place_of(line))
    return Lead(end=len(line), text=line, agency=None, dateline=dateline, authors=())


def located_dateline(entry: Entry) -> Dateline | None:
    """Where it was written, for texts that have no dateline."""
    place = fold_space(clean_text(entry.located or ""))[:MAX_DATELINE_CHARS]
    return Dateline(text=place, place=place) if place else None


def with_note(read: BlocksRead, note: str | None) -> BlocksRead:
    """The blocks with the editors' note before them: the story's own if it corrects something,
    else kept beside the story.
    """
    said = clean_text(note or "")
    if not said:
        return read
    found = note_of(said)
    if found is not None and found.type is BlockType.CORRECTION:
        block = Block(type=BlockType.CORRECTION, text=said, rule=found.rule)
    else:
        block = Block(type=BlockType.BOILERPLATE, text=said, rule=NOTE_RULE)
    return replace(read, blocks=(block, *read.blocks))
