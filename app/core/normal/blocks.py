"""A story's text as typed blocks.

HTML is first reduced to the tags that divide a text (by an HTML5 parser), so what is walked here
is well-formed. Blank lines and block elements divide; a line break divides where the line before
it ends a sentence, or where one of its sides is a credit or boilerplate.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from app.core.normal.boilerplate import boilerplate_rule, read_more_start
from app.core.normal.bylines import byline, is_sign_off, reporter_line
from app.core.normal.credits import Lead, credit_line, lead_of, tail_credit
from app.core.normal.datelines import bare_lead
from app.core.normal.lines import NOTHING, RULES, Place, Repeated
from app.core.normal.notes import note_of
from app.core.normal.opening import opening_once, repeats
from app.core.normal.pieces import Piece, divide, pieces_of_html, pieces_of_text
from app.core.normal.standfirst import take_lead_after_standfirst
from app.core.story import BETWEEN_BLOCKS, OWN_BLOCKS, Agency, Block, BlockType, Dateline
from app.core.text import encodable

MAX_TEXT_CHARS = 1_000_000
MAX_BLOCKS = 5000
MAX_PEELED = 16  # leads, and endings, of one text: each costs another look at all that is left
_PROBE_CHARS = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class BlocksRead:
    """The blocks in order, and what they say of the story's origin; OWN_BLOCKS are its text."""

    blocks: tuple[Block, ...] = ()
    agency: Agency | None = None
    dateline: Dateline | None = None
    authors: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """The story's own words: blocks joined by blank lines."""
        return BETWEEN_BLOCKS.join(block.text for block in self.blocks if block.type in OWN_BLOCKS)


def read_blocks(html: str, *, is_html: bool, repeated: Repeated = NOTHING) -> BlocksRead:
    """Blocks, agency, dateline and authors of a text. Never raises; long texts are cut.

    `repeated` are the lines of its source that are no part of any story.
    """
    pieces = pieces_of_html(html) if is_html else pieces_of_text(encodable(html[:MAX_TEXT_CHARS]))
    reading = _Reading(repeated=repeated)
    for _, piece in zip(range(MAX_BLOCKS), pieces, strict=False):
        reading.add(piece)
    return reading.result()


def _lead_of(text: str) -> Lead | None:
    return lead_of(text) or bare_lead(text)


@dataclass(slots=True)
class _Reading:
    """Collects blocks, and what is known of their origin: the first to say it is believed."""

    blocks: list[Block] = field(default_factory=list)
    agency: Agency | None = None
    dateline: Dateline | None = None
    authors: tuple[str, ...] = ()
    begun: bool = False
    opening: str = ""  # the first paragraph, while there is no other
    repeated: Repeated = field(default_factory=Repeated)
    peeled: int = 0

    def add(self, piece: Piece) -> None:
        """Append what the piece is; what follows a lead is looked at as if it stood alone."""
        waiting = [piece]
        while waiting:
            kind, text = waiting[-1].kind, "\n".join(waiting.pop().lines)
            if self._line(kind, text):
                continue
            if end := self._prefix_end(text):
                self._append_repeated(Place.PREFIX, text[:end])
            elif lead := self._lead(text):
                self._append_lead(lead)
                end = lead.end
            else:
                self._append(BlockType.PARAGRAPH, text, "paragraph")
                self.opening = "" if self.begun else text
                self.begun = True
                continue
            self.peeled += 1
            waiting += reversed([*divide(kind, text[end:], at_sentences=False)])

    def _prefix_end(self, text: str) -> int | None:
        if self.begun or self.peeled == MAX_PEELED:
            return None
        return self.repeated.prefix_end(text)

    def _lead(self, text: str) -> Lead | None:
        if self.peeled == MAX_PEELED:
            return None
        return self._reopened(text) if self.begun else _lead_of(text)

    def _reopened(self, text: str) -> Lead | None:
        """The lead of a paragraph that says the only one before it again: a summary, then the
        wire's copy.
        """
        if not self.opening or self.opening[:_PROBE_CHARS] not in text:
            return None
        lead = _lead_of(text)
        return lead if lead and repeats(self.opening, text[lead.end :]) else None

    def _line(self, kind: BlockType, text: str) -> bool:
        """Append a piece that is of one kind as a whole; False for a paragraph of the story."""
        if rule := boilerplate_rule(text):
            self._append(BlockType.BOILERPLATE, text, rule)
        elif self.repeated.is_line(text):
            self._append_repeated(Place.LINE, text)
        elif kind is not BlockType.PARAGRAPH:
            self._append(kind, text, kind.value)
        elif note := note_of(text):
            self._append(note.type, text, note.rule)
        elif agency := credit_line(text):
            self._append(BlockType.CREDIT, text, "credit-line")
            self._believe(agency)
        elif is_sign_off(text):
            self._append(BlockType.BYLINE, text, "sign-off")
        elif not self.begun and (people := byline(text)):
            self._append(BlockType.BYLINE, text, "byline")
            self._believe(people.agency, authors=people.names)
        elif reporters := reporter_line(text):
            self._append(BlockType.BYLINE, text, "reporter-line")
            self._believe(authors=reporters)
        else:
            return False
        return True

    def _append(self, kind: BlockType, text: str, rule: str) -> None:
        self.blocks.append(Block(type=kind, text=text, rule=rule))

    def _append_lead(self, lead: Lead) -> None:
        kind = BlockType.DATELINE if lead.dateline else BlockType.CREDIT
        self._append(kind, lead.text, "lead")
        self._believe(lead.agency, lead.dateline, lead.authors)

    def _append_repeated(self, place: Place, text: str) -> None:
        self._append(BlockType.BOILERPLATE, text.strip(), RULES[place])

    def _believe(
        self,
        agency: Agency | None = None,
        dateline: Dateline | None = None,
        authors: tuple[str, ...] = (),
    ) -> None:
        self.agency = self.agency or agency
        self.dateline = self.dateline or dateline
        self.authors = self.authors or authors

    def result(self) -> BlocksRead:
        for _ in range(MAX_PEELED):
            if not (self._take_suffix() or self._take_tail()):
                break
        if lead := take_lead_after_standfirst(self.blocks):
            self._believe(lead.agency, lead.dateline, lead.authors)
        return BlocksRead(
            blocks=tuple(opening_once(self.blocks)),
            agency=self.agency,
            dateline=self.dateline,
            authors=self.authors,
        )

    def _last_paragraph(self) -> int | None:
        """The last of the story's own blocks, if it is a paragraph."""
        own = (n for n in reversed(range(len(self.blocks))) if self.blocks[n].type in OWN_BLOCKS)
        last = next(own, None)
        return last if last is not None and self.blocks[last].type is BlockType.PARAGRAPH else None

    def _take_suffix(self) -> bool:
        """What stands behind stories becomes a block of its own: in this source, or anywhere."""
        last = self._last_paragraph()
        if last is None:
            return False
        block = self.blocks[last]
        start, rule = self.repeated.suffix_start(block.text), RULES[Place.SUFFIX]
        if start is None:
            start, rule = read_more_start(block.text), "read-more"
        if start is None:
            return False
        suffix = block.text[start:].strip()
        self.blocks[last : last + 1] = [
            replace(block, text=block.text[:start].rstrip()),
            Block(type=BlockType.BOILERPLATE, text=suffix, rule=rule),
        ]
        return True

    def _take_tail(self) -> bool:
        """A credit in brackets at the end of the last paragraph becomes a block of its own."""
        last = self._last_paragraph()
        if last is None:
            return False
        text = self.blocks[last].text
        found = tail_credit(text)
        if found is None:
            return False
        start, agency = found
        own_before = any(block.type is BlockType.PARAGRAPH for block in self.blocks[:last])
        rest = _Reading(begun=own_before)
        for piece in divide(BlockType.PARAGRAPH, text[:start], at_sentences=False):
            rest.add(piece)
        self._believe(rest.agency or agency, rest.dateline, rest.authors)
        credit = Block(type=BlockType.CREDIT, text=text[start:].strip(), rule="tail")
        self.blocks[last : last + 1] = [*rest.blocks, credit]
        return True
