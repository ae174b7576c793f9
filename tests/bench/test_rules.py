"""The made-up rules that tagging is measured with are rules."""

from __future__ import annotations

import random

from app.core.search.query import Words, leaves
from app.core.search.query_parse import parse_query
from bench.rule_sets import made_up


def test_rules_are_made_as_is_said() -> None:
    rules = made_up(2000, random.Random(1))
    assert rules == made_up(2000, random.Random(1))
    assert len({rule.query for rule in rules}) > 1950
    trees = [parse_query(rule.query) for rule in rules]
    exact = [all(isinstance(x, Words) and x.quoted for x in leaves(tree)) for tree in trees]
    assert 0.7 < sum(exact) / len(exact) < 0.8, "names and phrases, alone or in lists"
