"""What the publishers publish, correct and withdraw: a script known from its seed.

A desk is one publication. It has one feed, or two that carry the same stories, and a list of
stories that changes step by step. A step is taken only when what it published is on record for
every feed of the desk, so nothing that was published is ever overwritten unseen: at the end each
state that a story was in must be one revision of it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random

from app.core.revise import RevisionKind

SHOWN = 8
"""Stories in a document; the oldest leave it."""

WORDS = """harbour ferry council bridge winter budget orchard signal museum railway market clinic
river tunnel library festival engineer farmer teacher captain glacier lantern archive timber copper
saddle violin kettle meadow quarry beacon vessel ledger chapel granite willow barley cement pepper
amber cobalt walnut tractor pontoon balcony gallery reservoir aqueduct turbine parcel stadium
""".split()


@dataclass(slots=True)
class Told:
    """A story in the words of one of its revisions."""

    kind: RevisionKind
    text: str


@dataclass(slots=True, eq=False)
class ScriptedStory:
    url: str
    title: str
    published: str
    told: list[Told]

    @property
    def killed(self) -> bool:
        return self.told[-1].kind is RevisionKind.KILLED


@dataclass(slots=True)
class Desk:
    """A publication and its feeds; `step` counts the changes of its document."""

    n: int
    feeds: tuple[int, ...]
    chance: Random
    stories: list[ScriptedStory] = field(default_factory=list)
    shown: list[ScriptedStory] = field(default_factory=list)
    step: int = 0
    document: bytes = b""

    def advance(self) -> None:
        """Take the next step of the script: a document that says something new."""
        self.step += 1
        chance = self.chance
        if self.step == 1:
            for _ in range(3):
                self._publish()
        else:
            before = list(self.shown)
            if self.step % 7 == 0 and len(before) > 1:
                before.pop(chance.randrange(len(before)))  # gone without a word
            self.shown = list(before)
            for _ in range(chance.choice((0, 1, 1, 2))):
                self._publish()
            del self.shown[SHOWN:]
            there = [story for story in before if story in self.shown]
            for story in chance.sample(there, min(len(there), chance.choice((1, 1, 2)))):
                self._revise(story)
        self.document = self._rendered()

    def _publish(self) -> None:
        k = len(self.stories)
        text = " ".join(self.chance.choices(WORDS, k=24))
        story = ScriptedStory(
            url=f"https://desk{self.n}.example/story/{k}",
            title=f"{' '.join(self.chance.sample(WORDS, 4)).capitalize()} {self.n}-{k}",
            published=f"Mon, 23 Nov 2026 {6 + k // 60 % 12:02}:{k % 60:02}:00 GMT",
            told=[Told(RevisionKind.FIRST, f"{text.capitalize()}.")],
        )
        self.stories.append(story)
        self.shown.insert(0, story)

    def _revise(self, story: ScriptedStory) -> None:
        chance, number = self.chance, len(story.told) + 1
        words = " ".join(chance.choices(WORDS, k=6))
        if story.killed:
            told = Told(RevisionKind.RESTORED, f"{story.told[0].text} Restored, {number}: {words}.")
        elif chance.random() < 0.15:
            told = Told(RevisionKind.KILLED, "This story has been withdrawn by the desk.")
        elif chance.random() < 0.5:
            said = f"Correction: an earlier version of this report was wrong about {words}."
            told = Told(RevisionKind.CORRECTION, f"{story.told[0].text} Number {number}.\n\n{said}")
        else:
            told = Told(RevisionKind.UPDATE, f"{story.told[0].text} Update {number}: {words}.")
        story.told.append(told)

    def _rendered(self) -> bytes:
        items = "".join(_item(story) for story in self.shown)
        return (
            f'<?xml version="1.0"?><rss version="2.0"><channel><title>Desk {self.n}</title>'
            f"<link>https://desk{self.n}.example/</link><description>Step {self.step}"
            f"</description>{items}</channel></rss>"
        ).encode()


def _item(story: ScriptedStory) -> str:
    paragraphs = "".join(f"&lt;p>{part}&lt;/p>" for part in story.told[-1].text.split("\n\n"))
    return (
        f"<item><title>{story.title}</title><link>{story.url}</link><guid>{story.url}</guid>"
        f"<pubDate>{story.published}</pubDate><description>{paragraphs}</description></item>"
    )


def desks(feeds: int, seed: int) -> list[Desk]:
    """Desks that have `feeds` feeds together, numbered from 0 on; each at its first step."""
    chance = Random(seed)
    made: list[Desk] = []
    taken = 0
    while taken < feeds:
        size = min(feeds - taken, 2 if chance.random() < 0.15 else 1)
        numbers = tuple(range(taken, taken + size))
        made.append(Desk(len(made), numbers, Random(f"{seed}/{len(made)}")))
        taken += size
    for desk in made:
        desk.advance()
    return made
