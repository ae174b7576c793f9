"""Operators' rules as newsrooms write them, made up."""

from __future__ import annotations

import random
from collections.abc import Callable

from app.core.tagging.rules import Actions, GivenTag, Rule
from bench.words import MANNERS, Vocabulary, name, vocabulary


def made_up(count: int, chance: random.Random) -> list[Rule]:
    """As newsrooms write them: half ask for names, the others for phrases, words and filters."""
    return [
        Rule(
            id=number,
            query=_query(chance, vocabulary(_language(chance))),
            actions=Actions(
                add=(GivenTag(scheme="label", code=f"desk-{number}", name=f"Desk {number}"),)
            ),
        )
        for number in range(1, count + 1)
    ]


def _language(chance: random.Random) -> str:
    return chance.choices(list(MANNERS), [manner.share for manner in MANNERS.values()])[0]


def _query(chance: random.Random, words: Vocabulary) -> str:
    """Words are drawn evenly, not by how common they are: nobody writes a rule for "said"."""

    def word() -> str:
        return words.forms[chance.randrange(500, len(words.forms))]

    def phrase() -> str:
        return f'"{words.between.join((word(), word()))}"'

    def person() -> str:
        return f'"{name(chance)} {name(chance)}"'

    kinds: list[tuple[int, Callable[[], str]]] = [
        (30, person),
        (20, lambda: " OR ".join(person() for _ in range(chance.randint(2, 8)))),
        (15, phrase),
        (10, lambda: " OR ".join(phrase() for _ in range(chance.randint(2, 8)))),
        (10, lambda: f"{word()} {word()}"),
        (5, lambda: f"({word()} OR {word()}) {word()} -{word()}"),
        (4, word),
        (3, lambda: f"title:{word()} lang:en"),
        (2, lambda: f"agency:reuters {word()}"),
        (1, lambda: f'"{word()} {word()}"~5'),
    ]
    weights = [weight for weight, _ in kinds]
    return chance.choices([make_one for _, make_one in kinds], weights)[0]()
