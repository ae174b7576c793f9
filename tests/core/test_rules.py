"""Operators' rules over a story: which match, what they do together, and what they are found by."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.search.book import needed
from app.core.search.conditions import Condition, condition_of
from app.core.search.evaluate import Judged, holds
from app.core.search.facets import StorySource
from app.core.search.index import Indexable, IndexTerms, index_terms
from app.core.search.query import Field
from app.core.search.query_parse import parse_query
from app.core.tagging.rules import (
    Actions,
    GivenTag,
    Outcome,
    Rule,
    RuleBook,
    Visibility,
)

SOURCE = StorySource(id=1, domain="harbour.example", country="NO")
PORT = GivenTag(scheme="label", code="port", name="Port")
FERRY = GivenTag(scheme="label", code="ferry", name="Ferry")


def terms(text: str, *, title: str = "", language: str = "en", tags: tuple[str, ...] = ()):
    return index_terms(
        Indexable(
            title=title,
            text=text,
            language=language,
            tags=tags,
            authors=("A. Writer",),
            url="https://harbour.example/a",
            source=SOURCE,
        )
    )


def outcome(story: IndexTerms, *rules: Rule, language: str = "en") -> Outcome:
    return RuleBook(rules).outcome(story, language)


def rule(number: int, query: str, **actions: object) -> Rule:
    return Rule(id=number, query=query, actions=Actions(**actions))


def test_a_rule_gives_its_tag_to_what_matches_and_to_nothing_else() -> None:
    ferries = rule(7, "ferries", add=(FERRY,))
    found = outcome(terms("The ferry sailed."), ferries)
    assert (found.matched, found.add) == ((7,), ((FERRY, 7),))
    assert outcome(terms("The train left."), ferries) == Outcome()


@pytest.mark.parametrize(
    ("query", "matches"),
    [
        ('"ferry sailed"', True),
        ('"sailed ferry"', False),
        ("ferr*", True),
        ('"ferry dawn"~9', True),
        ("-train", True),
        ("ferry -dawn", False),
        ("train OR ferry", True),
        ("title:ferry", False),
        ("tag:label:port", True),
        ("domain:harbour.example", True),
        ("lang:de", False),
    ],
)
def test_rules_are_searches(query: str, *, matches: bool) -> None:
    story = terms("The ferry sailed at dawn.", tags=("label:port",))
    assert bool(outcome(story, rule(1, query)).matched) is matches


def test_the_later_of_two_rules_that_disagree_wins() -> None:
    story = terms("The ferry sailed.")
    add, remove = rule(1, "ferry", add=(PORT,)), rule(2, "ferry", remove=("label:port",))
    assert outcome(story, add, remove).add == ()
    assert outcome(story, add, remove).remove == {"label:port"}
    assert outcome(story, remove, add).add == ((PORT, 1),)
    drop = rule(3, "ferry", visibility=Visibility.DROP)
    keep = rule(4, "sailed", visibility=Visibility.KEEP)
    assert outcome(story, drop, keep).visibility is Visibility.KEEP
    assert outcome(story, keep, drop).visibility is Visibility.DROP
    languages = [rule(5, "ferry", language="nb"), rule(6, "sailed", agency="ntb")]
    both = outcome(story, *languages)
    assert (both.language, both.agency, both.matched) == ("nb", "ntb", (5, 6))


def test_a_rule_does_not_see_what_another_gave() -> None:
    first, second = rule(1, "ferry", add=(PORT,)), rule(2, "tag:label:port", add=(FERRY,))
    assert outcome(terms("The ferry sailed."), first, second).add == ((PORT, 1),)


def test_words_match_by_their_forms_in_the_storys_language() -> None:
    book = RuleBook([rule(1, "Häfen", add=(PORT,)), rule(2, "ferries", add=(FERRY,))])
    german = book.outcome(terms("Der Hafen ist zu.", language="de"), "de")
    assert german.matched == (1,)
    assert book.outcome(terms("The ferry sailed."), "en").matched == (2,)
    assert book.outcome(terms("フェリーが出た。", language="ja"), "ja").matched == ()


WORDS = st.sampled_from("ferry ferries harbour sail sailed dawn noon port 港 東京 storm".split())
LEAVES = st.one_of(
    WORDS,
    st.tuples(WORDS, WORDS).map(lambda pair: f'"{pair[0]} {pair[1]}"'),
    st.sampled_from(['"ferry dawn"~3', '"sail noon"~1', '"dawn ferry"~9']),
    st.sampled_from(["fer*", "har*", "sai*", "tag:label:port", "country:NO", "title:ferry"]),
)
QUERIES = st.recursive(
    LEAVES,
    lambda parts: st.one_of(
        st.lists(parts, min_size=2, max_size=3).map(lambda p: f"({' '.join(p)})"),
        st.lists(parts, min_size=2, max_size=3).map(lambda p: f"({' OR '.join(p)})"),
        parts.map(lambda part: f"-({part})"),
    ),
    max_leaves=6,
)
STORIES = st.builds(
    lambda title, body, tagged: terms(
        " ".join(body), title=" ".join(title), tags=("label:port",) if tagged else ()
    ),
    st.lists(WORDS, max_size=3),
    st.lists(WORDS, max_size=8),
    st.booleans(),
)


def condition(query: str) -> Condition:
    return condition_of(parse_query(query), Field.TEXT, ["en"])


@given(st.lists(QUERIES, max_size=12), STORIES)
def test_the_rules_that_match_are_those_whose_searches_do(
    queries: list[str], story: IndexTerms
) -> None:
    """Found by the terms they need or tried one by one: the same."""
    rules = [rule(number, query) for number, query in enumerate(queries)]
    one_by_one = tuple(r.id for r in rules if holds(condition(r.query), Judged(story)))
    assert outcome(story, *rules).matched == one_by_one


@pytest.mark.parametrize(
    ("query", "keys"),
    [
        ('"the ferry"', {"ferry"}),
        ("fer*", {"fer*"}),
        ("-ferry", None),
        ("-ferry OR dawn", None),
        ('"dawn" OR "noon"', {"dawn", "noon"}),
        ('-ferry "dawn"', {"dawn"}),
        ('"dawn" ("noon" OR "night")', {"dawn"}),
    ],
)
def test_what_a_rule_needs(query: str, keys: set[str] | None) -> None:
    assert needed(condition(query), {}) == keys


def test_a_story_is_held_against_few_of_many_rules(monkeypatch: pytest.MonkeyPatch) -> None:
    tried: list[Condition] = []

    def counting(held: Condition, story: Judged) -> bool:
        tried.append(held)
        return holds(held, story)

    monkeypatch.setattr("app.core.search.book.holds", counting)
    book = RuleBook(rule(number, f'"ferry line {number}"') for number in range(1000))
    assert book.outcome(terms("The ferry line 7 sails at dawn."), "en").matched == (7,)
    assert len(tried) == 1, "what all rules ask for tells none apart"
