"""What operators say about tags: blocked, merged, renamed; and what rules do to a story."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from app.core.normal.normalize import normalize
from app.core.search.facets import StorySource, facet_term
from app.core.story import FeedContext, Story, Tag, TagBy
from app.core.tagging.policy import (
    TagPolicy,
    judge,
    pack_policy,
    settled,
    unpack_policy,
)
from app.core.tagging.rules import (
    Actions,
    GivenTag,
    Rule,
    Visibility,
    pack_actions,
    read_actions,
)
from app.core.types import Category, Entry, Markup

SOURCE = StorySource(id=1, domain="harbour.example")
PORT = GivenTag(scheme="label", code="port", name="Port")


def story(text: str = "The ferry sailed.", *categories: str) -> Story:
    entry = Entry(
        raw_hash=1,
        title=Markup(value="Ferry resumes", html=False),
        content=Markup(value=text, html=False),
        categories=tuple(Category(term=term) for term in categories),
        language="en",
    )
    context = FeedContext(feed_url="https://harbour.example/feed")
    return normalize(entry, context, datetime(2026, 11, 24, tzinfo=UTC))


def tag(qcode: str, name: str = "A name") -> Tag:
    scheme, _, code = qcode.partition(":")
    return Tag(scheme=scheme, code=code, name=name, by=TagBy.PUBLISHER)


def called(policy: TagPolicy, *qcodes: str) -> list[str]:
    return [found.qcode for found in settled(map(tag, qcodes), policy)]


def rules(*actions: Actions, query: str = "ferry") -> TagPolicy:
    return TagPolicy(
        rules=tuple(Rule(id=n, query=query, actions=each) for n, each in enumerate(actions, 1))
    )


def qcodes(found: Story) -> set[str]:
    return {tag.qcode for tag in found.tags}


def test_a_blocked_tag_is_given_by_nobody() -> None:
    policy = TagPolicy(blocked=frozenset({"category:ads", "label:port"}))
    assert called(policy, "category:ads", "category:news") == ["category:news"]
    by_rule = replace(policy, rules=rules(Actions(add=(PORT,))).rules)
    assert "label:port" not in qcodes(judge(story(), SOURCE, by_rule).story)


def test_a_merged_tag_goes_under_the_others_name_and_stands_once() -> None:
    policy = TagPolicy(
        merged={"category:footy": "category:football"}, names={"category:football": "Football"}
    )
    found = list(settled([tag("category:footy"), tag("category:football")], policy))
    assert [(t.qcode, t.name) for t in found] == [("category:football", "Football")]


def test_merges_are_followed_and_no_circle_lasts() -> None:
    policy = TagPolicy(merged={"label:a": "label:b", "label:b": "label:c"})
    assert called(policy, "label:a") == ["label:c"]
    circle = TagPolicy(merged={"label:a": "label:b", "label:b": "label:a"})
    assert len(called(circle, "label:a")) == 1
    blocked = TagPolicy(merged={"label:a": "label:b"}, blocked=frozenset({"label:b"}))
    assert called(blocked, "label:a") == []


def test_a_rule_gives_and_takes_tags_and_says_which_it_is() -> None:
    policy = rules(Actions(add=(PORT,), remove=("category:news",)))
    found = judge(story("The ferry sailed.", "News"), SOURCE, policy)
    assert qcodes(found.story) == {"lang:en", "label:port"}
    (given,) = [t for t in found.story.tags if t.scheme == "label"]
    assert (given.by, given.rule, given.name) == (TagBy.RULE, 1, "Port")
    assert facet_term("tag", "label:port") in found.terms.facets
    assert facet_term("tag", "category:news") not in found.terms.facets


def test_a_tag_that_a_story_has_stays_whose_it_is() -> None:
    given = GivenTag(scheme="category", code="news", name="Another name")
    found = judge(story("The ferry sailed.", "News"), SOURCE, rules(Actions(add=(given,)))).story
    (news,) = [t for t in found.tags if t.scheme == "category"]
    assert (news.by, news.name, news.rule) == (TagBy.PUBLISHER, "News", None)


def test_a_rule_may_say_what_language_and_agency_a_story_is_of() -> None:
    policy = rules(Actions(language="nb", agency="kyodo"))
    found = judge(story("The ferry sailed."), SOURCE, policy)
    assert (found.story.language, found.story.agency.code) == ("nb", "kyodo")
    assert qcodes(found.story) == {"lang:nb", "agency:kyodo"}
    assert facet_term("lang", "nb") in found.terms.facets
    assert found.story.content_hash == story().content_hash, "it is the same story to its feed"


@pytest.mark.parametrize(
    ("visibility", "dropped"), [(Visibility.DROP, True), (Visibility.KEEP, False), (None, False)]
)
def test_a_rule_may_keep_a_story_out_of_the_stream(
    visibility: Visibility | None, *, dropped: bool
) -> None:
    found = judge(story(), SOURCE, rules(Actions(visibility=visibility)))
    assert found.dropped is dropped
    assert found.story.text == "The ferry sailed."


def test_without_rules_a_story_is_as_it_was() -> None:
    assert judge(story(), SOURCE, TagPolicy()).story == story()


def test_a_policy_comes_back_as_it_was_packed_and_once() -> None:
    actions = Actions(
        add=(PORT,), remove=("label:a",), visibility=Visibility.DROP, language="nb", agency="ap"
    )
    policy = TagPolicy(
        version=7,
        rules=(Rule(id=1, query="ferry", actions=actions),),
        blocked=frozenset({"label:x"}),
        merged={"label:a": "label:b"},
        names={"label:b": "B"},
    )
    packed = pack_policy(policy)
    assert unpack_policy(packed) == policy
    assert unpack_policy(bytes(packed)) is unpack_policy(packed), "rules are read once"
    assert unpack_policy(b"") == TagPolicy()
    assert read_actions(pack_actions(actions)) == actions
    assert pack_actions(Actions()) == {}
