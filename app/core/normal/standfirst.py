"""The dateline of a story whose standfirst comes before it.

    The ferry is back after a winter of repairs.
    LISBON — The Osprey left the harbour on Tuesday …

A round-up has a place before each of its items, which stay in the text.
"""

from __future__ import annotations

from dataclasses import replace

from app.core.normal.credits import Lead, lead_of
from app.core.normal.datelines import bare_lead, is_set_off
from app.core.story import OWN_BLOCKS, Block, BlockType
from app.core.text import clean_text

MAX_STANDFIRST_CHARS = 400


def take_lead_after_standfirst(blocks: list[Block]) -> Lead | None:
    """Part the lead from the second of the story's own blocks; None if there is none to part."""
    own = [n for n, block in enumerate(blocks) if block.type in OWN_BLOCKS]
    if len(own) < 2 or any(block.rule == "lead" for block in blocks):  # noqa: PLR2004 - the second
        return None
    first, second = blocks[own[0]], blocks[own[1]]
    if second.type is not BlockType.PARAGRAPH or len(first.text) > MAX_STANDFIRST_CHARS:
        return None
    lead = _set_off(second.text)
    if lead is None or any(_set_off(blocks[n].text) for n in (own[0], *own[2:])):
        return None
    rest = clean_text(second.text[lead.end :])
    if not rest or _set_off(rest):
        return None
    blocks[own[1] : own[1] + 1] = [
        Block(type=BlockType.DATELINE, text=lead.text, rule="lead"),
        replace(second, text=rest),
    ]
    return lead


def _set_off(text: str) -> Lead | None:
    lead = lead_of(text) or bare_lead(text)
    return lead if lead and is_set_off(lead) else None
