"""What a source repeats is not the story: lines learned from its latest stories.

A line is believed when it stands in enough stories about different things, and in enough of all
(`enough.py`). Of stories with one subject, or in several versions, only one counts, and a line
that is all that its stories say is what they say.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Final

from app.core.normal.enough import Enough, enough_for
from app.core.normal.lines import Mark, Place, Shape, StoryLines, marked, unpack_lines
from app.core.story import Block, Story

WINDOW: Final = 200
"""How many of a source's latest stories are compared."""

ROUNDS: Final = 4
MIN_STORIES: Final = 4
USUAL: Final = 0.9  # of a line's stories that must have it where its place counts
REPEATED_SHARE: Final = 0.1  # of all stories: lines around may be the source's too
SAMPLE: Final = 48  # stories of a line compared with each other
SAME_SUBJECT: Final = 0.6  # of the fewer title words
COMMON_WORD: Final = 0.2  # of all titles: says nothing of a story's subject
RARE_LINE: Final = 3
ALONE: Final = 0.5  # of a line's stories: where it is all they say, it is what they say


class LineState(StrEnum):
    """Who says that a line is the source's, and whether it is."""

    LEARNED = "learned"
    SET = "set"  # by an operator
    REVERTED = "reverted"  # it is the stories' own, an operator says: never learned again


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """What has been decided of a source's lines: those that go, and those that are its stories'."""

    gone: frozenset[int] = frozenset()
    own: frozenset[int] = frozenset()


UNDECIDED: Final = Decided()


@dataclass(frozen=True, slots=True, kw_only=True)
class Lesson:
    """A line that is the source's, in how many different stories it was seen, and its words: ""
    where none of the document's stories has it, but only those on record.
    """

    place: Place
    hash: int
    stories: int
    text: str


@dataclass(slots=True, kw_only=True)
class _Seen:
    """Where a line stands: the stories by number, in how many of them at the very start or end,
    and in how many it is no line of its own: a cut of such a line, or all that is said.
    """

    mark: Mark
    stories: list[int] = field(default_factory=list)
    starts: int = 0
    ends: int = 0
    no_line: int = 0

    def usually(self, count: int) -> bool:
        return count >= USUAL * len(self.stories)


def learn(
    fresh: Sequence[Story],
    before: Sequence[StoryLines],
    decided: Decided = UNDECIDED,
) -> tuple[Lesson, ...]:
    """The lines of `fresh` stories and of those before them that are shown to be their source's."""
    stories = [*(unpack_lines(story.lines) for story in fresh), *before][:WINDOW]
    if len(stories) < MIN_STORIES:
        return ()
    shelf = _Shelf(stories, decided)
    believed = {s.mark.hash: (s, count) for s in shelf.repeated() if (count := shelf.believed(s))}
    words = words_of(((story.title, story.blocks) for story in fresh), believed)
    lessons = [
        Lesson(place=seen.mark.place, hash=hashed, stories=count, text=words.get(hashed, ""))
        for hashed, (seen, count) in believed.items()
        if hashed in words or seen.mark.place is Place.LINE
    ]
    whole = [lesson for lesson in lessons if lesson.place is Place.LINE]
    return tuple(whole or _apart(lessons))  # cuts may be of lines that have yet to go


def taught(
    read: Callable[[frozenset[int]], Sequence[Story]],
    before: Sequence[StoryLines] = (),
    decided: Decided = UNDECIDED,
) -> tuple[Sequence[Story], tuple[Lesson, ...]]:
    """A document's stories as `read` reads them with the lines it is given, and what they taught.

    They are read again with what they teach, since what stands before the last line that goes may
    then show itself.
    """
    lessons: tuple[Lesson, ...] = ()
    stories = read(decided.gone)
    for _ in range(ROUNDS):
        found = learn(stories, before, decided)
        if not found:
            break
        lessons += found
        gone = decided.gone | {lesson.hash for lesson in found}
        decided = replace(decided, gone=gone)
        stories = read(gone)
    return stories, lessons


def words_of(
    stories: Iterable[tuple[str, Sequence[Block]]], hashes: Collection[int]
) -> dict[int, str]:
    """What the lines with these hashes say in stories, given by title and blocks.

    A title that stands in for none was not looked for in its lines.
    """
    said: dict[int, str] = {}
    for title, blocks in stories:
        if len(said) == len(hashes):
            break
        for looked_for in (title, ""):
            for mark, text in marked(looked_for, blocks):
                if mark.hash in hashes:
                    said.setdefault(mark.hash, text)
    return said


def _apart(lessons: Sequence[Lesson]) -> Iterator[Lesson]:
    """Of cuts that lie one in another only one: the longer, where it is nearly as frequent. Else it
    may hold the story's own words beside the shorter; what is not shows when that has gone.
    """
    for lesson in lessons:
        around = [other for other in lessons if _lies_in(lesson, other)]
        inside = [other for other in lessons if _lies_in(other, lesson)]
        if any(other.stories >= USUAL * lesson.stories for other in around):
            continue
        if all(lesson.stories >= USUAL * other.stories for other in inside):
            yield lesson


def _lies_in(lesson: Lesson, other: Lesson) -> bool:
    if lesson.place is not other.place or len(lesson.text) >= len(other.text):
        return False
    if lesson.place is Place.PREFIX:
        return other.text.startswith(lesson.text)
    return other.text.endswith(lesson.text)


class _Shelf:
    """A source's stories side by side."""

    def __init__(self, stories: Sequence[StoryLines], decided: Decided) -> None:
        self.stories = stories
        self.counts = Counter(hashed for s in stories for hashed in {m.hash for m in s.marks})
        usual = max(MIN_STORIES, REPEATED_SHARE * len(stories))
        frequent = {hashed for hashed, count in self.counts.items() if count >= usual}
        self.around = (frequent - decided.own) | decided.gone
        self.decided = decided.gone | decided.own
        self.common = _common_words(stories)
        self.apart: dict[tuple[int, ...], tuple[int, float]] = {}

    def repeated(self) -> list[_Seen]:
        """The lines that might be learned, where they stand."""
        found: dict[int, _Seen] = {}
        for number, story in enumerate(self.stories):
            starts, ends = self._edges(story)
            for mark, line in self._candidates(story):
                seen = found.setdefault(mark.hash, _Seen(mark=mark))
                seen.stories.append(number)
                seen.starts += mark.hash in starts
                seen.ends += mark.hash in ends
                is_cut = mark.place is not Place.LINE
                seen.no_line += line in self.around if is_cut else mark.hash in starts & ends
        return [seen for seen in found.values() if seen.no_line <= ALONE * len(seen.stories)]

    def _candidates(self, story: StoryLines) -> Iterator[tuple[Mark, int]]:
        """Frequent marks with the lines that they are, or are cuts of: those they follow."""
        line = 0
        for mark in story.marks:
            line = mark.hash if mark.place is Place.LINE else line
            if mark.hash in self.around and self.decided.isdisjoint((mark.hash, line)):
                yield mark, line

    def _edges(self, story: StoryLines) -> tuple[set[int], set[int]]:
        """The lines with nothing before them, and those with nothing behind, but such lines."""
        lines = [mark.hash for mark in story.marks if mark.place is Place.LINE]
        return self._run(lines), self._run(reversed(lines))

    def _run(self, lines: Iterable[int]) -> set[int]:
        run: set[int] = set()
        for hashed in lines:
            run.add(hashed)
            if hashed not in self.around:
                break
        return run

    def believed(self, seen: _Seen) -> int:
        """In how many different stories the line stands, if that is enough to believe it; or 0."""
        at_start, at_end = seen.usually(seen.starts), seen.usually(seen.ends)
        enough = enough_for(seen.mark, at_start=at_start, at_end=at_end)
        if enough is None or not self._reaches(enough, len(seen.stories)):
            return 0
        count = self._subjects(tuple(seen.stories))
        return count if self._reaches(enough, count) else 0

    def _reaches(self, enough: Enough, count: int) -> bool:
        return count >= max(enough.stories, enough.share * len(self.stories))

    def _subjects(self, numbers: tuple[int, ...]) -> int:
        """How many of these stories count as different: fewer than all where they are more alike
        than the source's stories are anyway.
        """
        apart, share = self._apart(numbers)
        if apart < MIN_STORIES:
            return apart
        _, usual = self._apart(tuple(range(len(self.stories))))
        return round(len(numbers) * min(1.0, share / usual))

    def _apart(self, numbers: tuple[int, ...]) -> tuple[int, float]:
        """How many of these stories have a subject of their own, and which share of them."""
        if numbers not in self.apart:
            sample = numbers[:SAMPLE]
            apart: list[StoryLines] = []
            for number in sample:
                story = self.stories[number]
                if not any(self._alike(story, other) for other in apart):
                    apart.append(story)
            self.apart[numbers] = len(apart), len(apart) / len(sample)
        return self.apart[numbers]

    def _alike(self, one: StoryLines, other: StoryLines) -> bool:
        """Whether two stories are about one thing, by their titles or by lines few others have."""
        if _overlap(one.title, other.title) >= SAME_SUBJECT:
            return True
        mine, others = one.title - self.common, other.title - self.common
        told = max(_share(mine, others | other.lead), _share(others, mine | one.lead))
        return told >= SAME_SUBJECT or self._share_rare_line(one, other)

    def _share_rare_line(self, one: StoryLines, other: StoryLines) -> bool:
        lines = {m.hash for m in one.marks if _tells(m)} & {
            m.hash for m in other.marks if _tells(m)
        }
        return any(self.counts[hashed] <= RARE_LINE for hashed in lines)


def _tells(mark: Mark) -> bool:
    """Whether a line says what its story is about, if another has it too."""
    return mark.place is Place.LINE and bool(mark.shape & (Shape.SENTENCE | Shape.LONG))


def _common_words(stories: Sequence[StoryLines]) -> frozenset[int]:
    counts = Counter(word for story in stories for word in story.title)
    few = max(MIN_STORIES, COMMON_WORD * len(stories))
    return frozenset(word for word, count in counts.items() if count > few)


def _overlap(one: frozenset[int], other: frozenset[int]) -> float:
    return max(_share(one, other), _share(other, one))


def _share(words: frozenset[int], there: frozenset[int]) -> float:
    """The share of the words that are there; one word alone says nothing."""
    found = len(words & there)
    return found / len(words) if found > 1 else 0.0
