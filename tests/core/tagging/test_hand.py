"""What operators do to the tags of one story by hand, and what it means beside all else."""

from __future__ import annotations

from dataclasses import replace

import pytest

from app.core.story import Span, Tag, TagBy
from app.core.tag import MAX_TAGS
from app.core.tagging.hand import HandEdit, HandEdits, with_edit, without_edit
from app.core.tagging.policy import TagPolicy, judge
from app.core.tagging.rules import Actions, GivenTag, Rule
from tests.core.test_tag_policy import SOURCE, qcodes, story

PORT = GivenTag(scheme="label", code="port", name="Port")
FERRY = GivenTag(scheme="label", code="ferry", name="Ferry")
NOTHING = TagPolicy()


def give(tag: GivenTag = PORT) -> HandEdit:
    return HandEdit(tag=tag, given=True)


def take(qcode: str) -> HandEdit:
    scheme, _, code = qcode.partition(":")
    return HandEdit(tag=GivenTag(scheme=scheme, code=code, name=code), given=False)


def judged(*edits: HandEdit, policy: TagPolicy = NOTHING, tags: tuple[Tag, ...] = ()):
    told = story()
    return judge(replace(told, tags=(*told.tags, *tags)), SOURCE, policy, edits)


def by(found, qcode: str) -> TagBy:
    return next(tag.by for tag in found.story.tags if tag.qcode == qcode)


def rule(**actions: object) -> TagPolicy:
    return TagPolicy(rules=(Rule(id=1, query="ferry", actions=Actions(**actions)),))


def test_a_tag_given_by_hand_is_the_operators_and_found_by_searches() -> None:
    found = judged(give())
    tag = found.story.tags[-1]
    assert (tag.qcode, tag.name, tag.by) == ("label:port", "Port", TagBy.OPERATOR)
    assert (tag.score, tag.inferred, tag.rule) == (1.0, False, None)
    assert set(found.terms.facets) > set(judged().terms.facets)


def test_one_that_was_found_too_keeps_the_words_it_rests_on() -> None:
    span = Span(field="text", start=4, end=9)
    said = Tag(
        scheme="label",
        code="port",
        name="Quay",
        by=TagBy.NAMES,
        matched="ferry",
        score=0.4,
        inferred=True,
        span=span,
        mentions=2,
    )
    (tag,) = (t for t in judged(give(), tags=(said,)).story.tags if t.qcode == "label:port")
    assert (tag.by, tag.name, tag.score, tag.inferred) == (TagBy.OPERATOR, "Port", 1.0, False)
    assert (tag.matched, tag.span, tag.mentions) == ("ferry", span, 2)


def test_hands_stand_over_rules_both_ways() -> None:
    given = judged(take("label:port"), policy=rule(add=(PORT,)))
    assert "label:port" not in qcodes(given.story)
    taken = judged(give(), policy=rule(remove=("label:port",)))
    assert by(taken, "label:port") is TagBy.OPERATOR


def test_a_rule_does_not_see_what_was_given_by_hand() -> None:
    policy = TagPolicy(rules=(Rule(id=1, query="tag:label:port", actions=Actions(add=(FERRY,))),))
    assert "label:ferry" not in qcodes(judged(give(), policy=policy).story)


def test_a_blocked_tag_is_not_given_by_hand_either() -> None:
    policy = TagPolicy(blocked=frozenset({"label:port"}))
    assert "label:port" not in qcodes(judged(give(), policy=policy).story)


def test_a_blocked_tag_stands_for_no_other() -> None:
    policy = TagPolicy(blocked=frozenset({"label:port"}), merged={"label:port": "label:ferry"})
    assert "label:ferry" not in qcodes(judged(give(), policy=policy).story)
    taken = judged(take("label:ferry"), give(), policy=policy)
    assert "label:ferry" not in qcodes(taken.story)


def test_merges_and_names_hold_for_what_hands_do() -> None:
    policy = TagPolicy(
        merged={"label:port": "label:ferry"},
        merged_names={"label:port": "Ferry"},
        names={"label:ferry": "Ferries"},
    )
    found = judged(give(), policy=policy)
    assert [(t.qcode, t.name) for t in found.story.tags if t.scheme == "label"] == [
        ("label:ferry", "Ferries")
    ]
    both = replace(policy, rules=rule(add=(FERRY,)).rules)
    assert "label:ferry" not in qcodes(judged(take("label:port"), policy=both).story)


@pytest.mark.parametrize(
    ("edits", "has"),
    [((give(), take("label:ferry")), False), ((take("label:ferry"), give()), True)],
)
def test_of_two_that_come_to_mean_one_tag_the_later_counts(edits: HandEdits, has: bool) -> None:
    policy = TagPolicy(merged={"label:port": "label:ferry"})
    assert ("label:ferry" in qcodes(judged(*edits, policy=policy).story)) is has


def test_a_story_has_no_more_tags_than_there_may_be_and_keeps_those_of_hands_and_rules() -> None:
    many = tuple(
        Tag(scheme="category", code=f"c{n}", name=f"C{n}", by=TagBy.PUBLISHER, score=1 - n / 100)
        for n in range(MAX_TAGS)
    )
    found = judged(give(), policy=rule(add=(FERRY,)), tags=many).story
    assert len(found.tags) == MAX_TAGS
    assert {"label:port", "label:ferry", "category:c0", "lang:en"} <= qcodes(found)
    assert f"category:c{MAX_TAGS - 1}" not in qcodes(found)


def test_the_last_word_on_a_tag_replaces_the_one_before() -> None:
    edits = with_edit(with_edit((), give()), give(FERRY))
    assert with_edit(edits, give()) is edits
    assert with_edit(edits, take("label:port")) == (give(FERRY), take("label:port"))
    assert without_edit(edits, "label:port") == (give(FERRY),)
