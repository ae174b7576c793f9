"""Which stories a change of a rule can concern: those whose words its search asks for."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from app.core.search.query import And, FilterKind, Not, Or, QueryTree, Words, all_of, any_of
from app.core.tagging.rules import Rule

_STABLE: Final = frozenset({FilterKind.SOURCE, FilterKind.DOMAIN, FilterKind.AUTHOR})
"""Filters that the index answers as a rule sees the story: no rule changes what they rest on."""


def reach(tree: QueryTree) -> QueryTree | None:
    """A search that finds in the index every story that the rule matches, and some more; None
    where that would be all stories.

    The index holds stories with what rules made of them: their tags, language and agency are not
    asked for, and nothing is excluded.
    """
    match tree:
        case And(parts):
            known = _known(parts)
            return all_of(known) if known else None
        case Or(parts):
            known = _known(parts)
            return any_of(known) if len(known) == len(parts) else None
        case Not():
            return None
        case leaf:
            return leaf if isinstance(leaf, Words) or leaf.kind in _STABLE else None


def _known(parts: Iterable[QueryTree]) -> list[QueryTree]:
    return [found for part in parts if (found := reach(part)) is not None]


def moves_words(rules: Iterable[Rule]) -> bool:
    """Whether a rule sets languages: then the index may not hold the words' forms that it sees."""
    return any(rule.actions.language is not None for rule in rules)
