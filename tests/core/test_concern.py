"""What of a rule's search tells in the index which stories it can concern."""

from __future__ import annotations

import pytest

from app.core.search.query_parse import parse_query
from app.core.tagging.concern import moves_words, reach
from app.core.tagging.rules import Actions, Rule


@pytest.mark.parametrize(
    ("query", "asked"),
    [
        ("ferry", "ferry"),
        ('title:ferry "north quay" har*', 'title:ferry "north quay" har*'),
        ("ferry -quay", "ferry"),
        ("-(ferry quay)", None),
        ("-ferry -quay", None),
        ("ferry OR quay", "ferry OR quay"),
        ("ferry OR -quay", None),
        ("(ferry OR tag:label:a) quay", "quay"),
        ("ferry tag:label:a lang:en country:NO agency:ap", "ferry"),
        ("lang:en", None),
        ("domain:harbour.example author:quay", 'domain:"harbour.example" author:"quay"'),
        ("source:3 OR ferry", 'source:"3" OR ferry'),
    ],
)
def test_the_index_is_asked_for_what_no_rule_changes(query: str, asked: str | None) -> None:
    found = reach(parse_query(query))
    assert (None if found is None else str(found)) == asked


def test_a_rule_that_sets_languages_changes_what_words_are_found_by() -> None:
    plain = Rule(id=1, query="ferry", actions=Actions(agency="ap"))
    setting = Rule(id=2, query="ferry", actions=Actions(language="de"))
    assert not moves_words([plain])
    assert moves_words([plain, setting])
