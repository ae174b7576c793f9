"""How well a source's own lines are told from its stories: `make boilerplate-quality`.

Sources are made with a seed: stories about different things, with what sites put around them, and
with what writers repeat themselves. Every line that is taken out is looked up in what was put in.
"""

from __future__ import annotations

import random
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from html import escape

from rich.console import Console
from rich.table import Table

from app.core.hashing import hash64
from app.core.normal.lines import RULES
from app.core.normal.normalize import normalize
from app.core.normal.repeats import taught
from app.core.story import FeedContext, Story
from app.core.text import fold_space
from app.core.types import Entry, Markup
from tests.tools.phrases import PHRASES, Phrases

NOW = datetime(2026, 11, 24, 6, 0, tzinfo=UTC)
STORIES = 30
SEEDS = range(6)


@dataclass(slots=True)
class Made:
    """A story as it was made: paragraphs, and the lines among them that are no part of it."""

    title: str
    paragraphs: list[str]
    headings: set[str] = field(default_factory=set)
    lines: set[str] = field(default_factory=set)

    def entry(self) -> Entry:
        said = "".join(
            f"<{tag}>{escape(text)}</{tag}>"
            for text in self.paragraphs
            for tag in ("h2" if text in self.headings else "p",)
        )
        entry = Entry(
            raw_hash=0,
            url=f"https://courier.example/{hash64(self.title, said) & 0xFFFFFFFF}",
            title=Markup(value=self.title, html=False),
            content=Markup(value=said),
        )
        return replace(entry, raw_hash=hash64(repr(entry)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """Lines taken out that were put in, that were not, and put in that stayed."""

    right: int = 0
    wrong: tuple[str, ...] = ()
    missed: tuple[str, ...] = ()

    @property
    def precision(self) -> float:
        return self.right / max(1, self.right + len(self.wrong))

    @property
    def recall(self) -> float:
        return self.right / max(1, self.right + len(self.missed))

    def __add__(self, other: Judged) -> Judged:
        return Judged(
            right=self.right + other.right,
            wrong=self.wrong + other.wrong,
            missed=self.missed + other.missed,
        )


class Source:
    """A made-up publisher in one language."""

    def __init__(self, language: str, seed: int) -> None:
        self.random = random.Random(f"{language} {seed}")
        self.words: Phrases = PHRASES[language]
        self.stories = [self._story() for _ in range(STORIES)]
        self._repeat_what_writers_repeat()
        self._put_lines_around()

    def _name(self) -> str:
        parts = self.random.sample(self.words.syllables.split(), 2 if self._dense else 3)
        return "".join(parts).capitalize()

    @property
    def _dense(self) -> bool:
        return len(self.words.syllables.split()[0]) == 1

    def _fill(self, form: str) -> str:
        return form.format(
            a=self._name(),
            b=self._name(),
            n=self.random.randint(2, 90),
            d=self.random.choice(self.words.dates),
        )

    def _story(self) -> Made:
        paragraphs = [
            self.words.joined.join(
                self._fill(form)
                for form in self.random.sample(self.words.sentences, self.random.randint(2, 4))
            )
            for _ in range(self.random.randint(3, 7))
        ]
        return Made(title=self._fill(self.random.choice(self.words.titles)), paragraphs=paragraphs)

    def _some(self, share: float) -> list[Made]:
        return self.random.sample(self.stories, round(share * STORIES))

    def _repeat_what_writers_repeat(self) -> None:
        words, subject = self.words, self._fill(self.random.choice(self.words.titles))
        followed = self.stories[:6]
        for number, made in enumerate(followed):
            made.title = subject + words.joined + self._name() * (number > 0)
            made.paragraphs.insert(1, words.quote)
            made.paragraphs.append(words.background)
        for made in self._some(0.2):
            made.paragraphs.insert(2, words.background)
        for made in self.stories[6:11]:
            made.title = f"Live: {subject.split()[0]} {self._name()} {self._name()}"
            made.paragraphs[0] = words.opening + words.joined + made.paragraphs[0]
        for number, made in enumerate(self.stories[11:15], 1):
            made.title = f"{words.series[:24]} ({number}): {self._name()}"
            made.paragraphs.insert(0, words.series)
        version = self.stories[15]
        more = self._fill(words.sentences[0])
        self.stories[16] = Made(title=f"{version.title} +", paragraphs=[*version.paragraphs, more])
        for made in self._some(0.3):
            made.paragraphs[-1] += words.joined + words.closing
        for made in self._some(0.25):
            made.paragraphs.append(words.closing)
        for heading, share in zip(words.headings, (0.9, 0.4), strict=True):
            for made in self._some(share):
                made.headings.add(heading)
                made.paragraphs.insert(self.random.randint(1, len(made.paragraphs) - 1), heading)
        for made in self._some(0.6):
            place = self._name().upper() if self.random.random() < 0.5 else "COURT"
            made.paragraphs[0] = f"{place} — {made.paragraphs[0]}"

    def _put_lines_around(self) -> None:
        words, share = self.words, self.random.uniform
        inner = self.random.sample(words.inner, self.random.randint(1, len(words.inner)))
        for line in inner:
            for made in self._some(share(0.4, 1) if line[-1] not in ".。" else share(0.55, 1)):
                self._put(made, line, at=self.random.randint(1, len(made.paragraphs) - 1))
        suffix = self.random.choice(words.suffixes)
        for made in self._some(share(0.6, 1)):
            made.paragraphs[-1] += words.joined + suffix
            made.lines.add(suffix)
        prefix = self.random.choice(words.prefixes)
        for made in self._some(share(0.6, 1)):
            made.paragraphs[0] = prefix + words.joined + made.paragraphs[0]
            made.lines.add(prefix)
        for line in self.random.sample(words.ends, self.random.randint(1, len(words.ends))):
            for made in self._some(share(0.3, 1) if line[-1] not in ".。" else share(0.45, 1)):
                self._put(made, line)
        for form in self.random.sample(words.varied, self.random.randint(1, len(words.varied))):
            for made in self._some(share(0.6, 1)):
                self._put(made, self._fill(form))

    @staticmethod
    def _put(made: Made, line: str, at: int | None = None) -> None:
        made.paragraphs.insert(len(made.paragraphs) if at is None else at, line)
        made.lines.add(line)


def read(entries: Iterable[Entry], learned: frozenset[int] = frozenset()) -> list[Story]:
    context = FeedContext(feed_url="https://courier.example/rss", learned=learned)
    return [normalize(entry, context, NOW) for entry in entries]


def judge(made: Sequence[Made]) -> Judged:
    """A source's stories read, learned from and read again, line by line."""
    entries = [story.entry() for story in made]
    stories, _ = taught(lambda known: read(entries, known))
    judged = Judged()
    for story, was in zip(stories, made, strict=True):
        taken = [fold_space(b.text) for b in story.blocks if b.rule in RULES.values()]
        put_in = {fold_space(line) for line in was.lines}
        judged += Judged(
            right=sum(line in put_in for line in taken),
            wrong=tuple(line for line in taken if line not in put_in),
            missed=tuple(line for line in put_in if line not in taken),
        )
    return judged


def by_language(seeds: Iterable[int] = SEEDS) -> dict[str, Judged]:
    return {
        language: sum((judge(Source(language, seed).stories) for seed in seeds), Judged())
        for language in PHRASES
    }


def main() -> int:
    table = Table("language", "lines", "precision", "recall")
    found = by_language()
    found["all"] = sum(found.values(), Judged())
    for language, judged in found.items():
        count = judged.right + len(judged.missed)
        table.add_row(language, f"{count}", f"{judged.precision:.4f}", f"{judged.recall:.4f}")
    Console().print(table)
    return 0


if __name__ == "__main__":
    sys.exit(main())
