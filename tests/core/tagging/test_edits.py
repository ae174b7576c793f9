"""What operators do to tags, as far as it needs no database."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.search.filters import filter_of
from app.core.search.query import FilterKind, leaves
from app.core.search.query_parse import parse_query
from app.core.tag import MAX_CODE_CHARS
from app.core.tagging.edits import (
    MAX_MERGES,
    MergeFault,
    Merges,
    hides,
    merge_fault,
    qcode_of,
    read_qcode,
    with_merged,
)
from app.core.tagging.policy import TagPolicy, settled
from app.core.tagging.rules import Actions, Rule
from tests.core.test_tag_policy import tag

CHAIN = Merges(into={f"x:{n}": f"x:{n + 1}" for n in range(5)})


def test_a_tag_is_called_as_the_last_of_its_merges() -> None:
    assert CHAIN.path("x:3") == ("x:3", "x:4", "x:5")
    assert CHAIN.called("x:0") == "x:5"
    assert CHAIN.called("y:0") == "y:0"
    assert CHAIN.merged_into("x:5") == ("x:0", "x:1", "x:2", "x:3", "x:4")
    assert CHAIN.merged_into("x:4") == (), "it is called otherwise itself"
    assert (CHAIN.depth("x:5"), CHAIN.depth("x:0")) == (5, 0)


@pytest.mark.parametrize(
    ("tag", "into", "fault"),
    [
        ("x:5", "x:5", MergeFault.ITSELF),
        ("x:5", "x:0", MergeFault.CIRCLE),
        ("x:4", "x:0", MergeFault.CIRCLE),
        ("x:0", "x:3", None),
        ("x:5", "y:1", None),
        ("x:2", "y:1", None),
        ("agency:ap", "agency:kyodo", None),
        ("agency:ap", "x:1", MergeFault.OTHER_ORIGIN),
        ("x:1", "lang:en", MergeFault.OTHER_ORIGIN),
    ],
)
def test_what_cannot_be_merged(tag: str, into: str, fault: MergeFault | None) -> None:
    assert merge_fault(tag, into, CHAIN) is fault


@given(
    st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40)), max_size=80),
)
def test_whatever_is_merged_every_tag_comes_to_an_end(asked: list[tuple[int, int]]) -> None:
    into: dict[str, str] = {}
    for one, other in [*asked, *((n, n + 1) for n in range(40))]:
        if merge_fault(f"x:{one}", f"x:{other}", Merges(into=into)) is None:
            into[f"x:{one}"] = f"x:{other}"
    merges = Merges(into=into)
    for each in into:
        path = merges.path(each)
        assert len(path) <= MAX_MERGES + 1
        assert len(set(path)) == len(path)
        assert merges.called(each) not in into


def test_a_merge_takes_the_name_that_the_other_had() -> None:
    policy = TagPolicy(merged={"x:a": "x:b", "x:b": "x:c"}, merged_names={"x:a": "B", "x:b": "C"})

    def name(policy: TagPolicy, qcode: str) -> str:
        (found,) = settled([tag(qcode, "Own")], policy)
        return found.name

    assert [name(policy, qcode) for qcode in ("x:a", "x:b", "x:c")] == ["C", "C", "Own"]
    renamed = TagPolicy(merged=policy.merged, merged_names={}, names={"x:c": "New"})
    assert name(renamed, "x:a") == name(renamed, "x:c") == "New"
    assert name(TagPolicy(merged={"x:a": "x:b"}), "x:a") == "Own", "nobody knows the other"


def test_a_filter_stands_for_all_that_its_tag_was_called() -> None:
    tree = parse_query('ferry tag:"x:3" -tag:"y:1" agency:ap')
    merges = Merges(into={**CHAIN.into, "agency:ap": "agency:kyodo"})
    read = with_merged(tree, merges)
    assert str(read) == (
        'ferry (tag:"x:3" OR tag:"x:4" OR tag:"x:5") -tag:"y:1" (agency:"ap" OR tag:"agency:kyodo")'
    )
    exact = with_merged(filter_of(FilterKind.TAG_EXACT, "x:4"), merges)
    assert [(leaf.kind, qcode_of(leaf)) for leaf in leaves(exact)] == [
        (FilterKind.TAG_EXACT, "x:4"),
        (FilterKind.TAG_EXACT, "x:5"),
    ]


def rule(**actions: object) -> Rule:
    return Rule(id=1, query="ferry", actions=Actions(**actions))


def test_when_it_cannot_be_told_who_has_a_tag() -> None:
    assert not hides("x:0", CHAIN, (), [rule(agency="ap", remove=("y:1",))])
    assert hides("x:0", CHAIN, ("x:0",), ())
    assert hides("x:0", CHAIN, ("x:5",), ())
    assert hides("x:0", CHAIN, (), [rule(remove=("x:3",))]), "under any of its names"
    assert hides("agency:ap", CHAIN, (), [rule(agency="kyodo")])


@pytest.mark.parametrize(
    ("written", "qcode"),
    [
        ("place:JP", "place:jp"),
        (" Category: World News ", "category:world-news"),
        ("category:経済：市場", "category:経済-市場"),
        ("category:a:b/c", "category:a-b-c"),
        ("x:" + "y" * MAX_CODE_CHARS, "x:" + "y" * MAX_CODE_CHARS),
        ("x:" + "y" * (MAX_CODE_CHARS + 1), None),
        ("x" * 33 + ":y", None),
        ("\ufdfa" * 3 + ":y", None),  # folds to far more letters
        ("place", None),
        ("place:", None),
        (":jp", None),
        ("--:??", None),
        ("", None),
    ],
)
def test_a_tag_as_somebody_writes_it(written: str, qcode: str | None) -> None:
    assert read_qcode(written) == qcode


@given(st.text(max_size=300))
def test_whatever_is_written_is_a_tag_that_fits_or_none(written: str) -> None:
    found = read_qcode(written)
    assert found is None or (len(found) <= 192 and read_qcode(found) == found)
