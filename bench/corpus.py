"""Stories as a newsroom sees them, made up: any of them can be made alone, and is always the same.

Of 300 sources, in eight languages, spread over two years with more by day than by night. Their
words follow Zipf's law; `probes.py` adds words and tags whose frequency is known.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import accumulate
from typing import Final

from app.core.normal.normalize import content_hash
from app.core.story import Agency, Block, BlockType, PublishedFrom, Story, Tag, TagBy
from app.core.topics import codes, topic
from bench.probes import tags_in, words_in
from bench.words import MANNERS, Vocabulary, name, vocabulary

SOURCES: Final = 300
BEGIN: Final = datetime(2094, 1, 1, tzinfo=UTC)
DAYS: Final = 730
WORDS: Final = (60, 600)
TITLE_WORDS: Final = (6, 14)
AGENCY_SHARE: Final = 0.15
NAMED_SHARE: Final = 0.03
"""How many words of a text are names or numbers, most of which no other story has."""

HOURS: Final = (2, 1, 1, 1, 2, 4, 7, 9, 10, 10, 10, 9, 9, 9, 9, 9, 9, 8, 7, 6, 5, 4, 3, 2)
AGENCIES: Final = (
    "reuters",
    "ap",
    "afp",
    "kyodo",
    "dpa",
    "efe",
    "tass",
    "yonhap",
    "xinhua",
    "ansa",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Corpus:
    """How many stories there are; the same numbers give the same stories."""

    total: int
    seed: int = 1

    def story(self, number: int) -> tuple[int, Story]:
        """The source, from 0 on, and the story `number`, the oldest being 0."""
        rng = random.Random(f"{self.seed} {number}")
        source = _pick(rng, SOURCES)
        language = _language(rng)
        words = vocabulary(language)
        probes = words_in(rng, number, self.total, self.seed)
        title = _title(rng, words, probes)
        blocks = tuple(_paragraphs(rng, words, probes))
        text = "\n\n".join(block.text for block in blocks)
        published_at = self._published_at(rng, number)
        agency = _agency(rng)
        story = Story(
            url=f"https://news{source}.example/{published_at:%Y/%m/%d}/{number}",
            title=title,
            summary=blocks[0].text,
            blocks=blocks,
            text=text,
            html=None,
            authors=tuple(f"{name(rng)} {name(rng)}" for _ in range(rng.choice((0, 1, 1, 2)))),
            agency=agency,
            dateline=None,
            language=language,
            published_at=published_at,
            published_from=PublishedFrom.PUBLISHED,
            published_raw=published_at.isoformat(),
            published_rule="iso8601",
            updated_at=None,
            image_url=None,
            enclosures=(),
            tags=tuple(_tags(rng, language, agency, tags_in(rng, number, self.total, self.seed))),
            word_count=len(text.split()),
            content_hash=0,
        )
        return source, replace(story, content_hash=content_hash(story))

    def _published_at(self, rng: random.Random, number: int) -> datetime:
        """In the order of the numbers, but for a few hours, by the rhythm of the day."""
        day = int(number / self.total * DAYS)
        hour = rng.choices(range(24), cum_weights=_hours())[0]
        return BEGIN + timedelta(days=day, hours=hour, milliseconds=rng.randrange(3_600_000))


def _title(rng: random.Random, words: Vocabulary, probes: Sequence[str]) -> str:
    drawn = words.draw(rng, rng.randint(*TITLE_WORDS))
    if probes and rng.random() < AGENCY_SHARE:
        drawn[rng.randrange(len(drawn))] = rng.choice(probes)
    title = words.between.join(drawn)
    return title[:1].upper() + title[1:]


def _paragraphs(rng: random.Random, words: Vocabulary, probes: Sequence[str]) -> Iterator[Block]:
    drawn = words.draw(rng, _length(rng))
    for _ in range(int(len(drawn) * NAMED_SHARE)):
        said = name(rng) if rng.random() < 2 / 3 else str(rng.randrange(100_000))
        drawn[rng.randrange(len(drawn))] = said
    for probe in probes:
        apart = probe if words.between else f" {probe} "  # or a name before it would swallow it
        drawn.insert(rng.randrange(len(drawn) + 1), apart)
    sentences = list(_sentences(rng, words, drawn))
    start = 0
    while start < len(sentences):
        end = start + rng.randint(1, 4)
        gap = " " if words.between else ""
        yield Block(type=BlockType.PARAGRAPH, text=gap.join(sentences[start:end]), rule="paragraph")
        start = end


def _sentences(rng: random.Random, words: Vocabulary, drawn: Sequence[str]) -> Iterator[str]:
    start = 0
    while start < len(drawn):
        end = start + rng.randint(8, 24)
        sentence = words.between.join(drawn[start:end])
        yield f"{sentence[:1].upper()}{sentence[1:]}{words.stop}"
        start = end


def _length(rng: random.Random) -> int:
    """Most stories are short, some are long."""
    least, most = WORDS
    return min(most, max(least, int(rng.lognormvariate(5.0, 0.55))))


def _agency(rng: random.Random) -> Agency | None:
    if rng.random() >= AGENCY_SHARE:
        return None
    code = AGENCIES[_pick(rng, len(AGENCIES))]
    return Agency(code=code, name=code.capitalize())


def _tags(
    rng: random.Random, language: str, agency: Agency | None, probes: Sequence[str]
) -> Iterator[Tag]:
    if agency is not None:
        yield Tag(scheme="agency", code=agency.code, name=agency.name, by=TagBy.RULE, inferred=True)
    yield Tag(scheme="lang", code=language, name=language, by=TagBy.RULE, inferred=True)
    for scheme, size, by, most in _SCHEMES:
        for code in sorted({_pick(rng, size) for _ in range(rng.randint(0, most))}):
            yield Tag(scheme=scheme, code=f"{scheme}-{code}", name=f"{scheme} {code}", by=by)
    for number in sorted({_pick(rng, len(_topics())) for _ in range(rng.randint(0, 2))}):
        found, title = _topics()[number]
        yield Tag(scheme="medtop", code=found, name=title, by=TagBy.TOPICS, inferred=True)
    for probe in probes:
        scheme, _, known = probe.partition(":")
        yield Tag(scheme=scheme, code=known, name=known, by=TagBy.GAZETTEER, inferred=True)


_SCHEMES: Final = (
    ("category", 200, TagBy.PUBLISHER, 3),
    ("place", 500, TagBy.GAZETTEER, 3),
    ("person", 3000, TagBy.NAMES, 4),
)


@cache
def _topics() -> list[tuple[str, str]]:
    """Topics in use, in an order of their own: the commonest are of every branch."""
    known = [found for code in codes() if (found := topic(code)) and not found.retired]
    random.Random("topics").shuffle(known)
    return [(found.code, found.name) for found in known]


def _language(rng: random.Random) -> str:
    shares = [manner.share for manner in MANNERS.values()]
    return rng.choices(list(MANNERS), shares)[0]


def _pick(rng: random.Random, size: int) -> int:
    """A number below `size`, small ones more often, by Zipf's law."""
    return rng.choices(range(size), cum_weights=_zipf(size))[0]


@cache
def _zipf(size: int) -> list[float]:
    return list(accumulate(1 / (rank + 2) for rank in range(size)))


@cache
def _hours() -> list[int]:
    return list(accumulate(HOURS))
