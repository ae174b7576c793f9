"""What a model adds to the names that are found without: less sure, and against nobody."""

from __future__ import annotations

import re
from collections.abc import Sequence

import pytest

from app.core.story import Story, TagBy
from app.core.tagging.give import with_tags
from app.core.tagging.model import MAX_CHARS, SURE, Mention, in_use, using, with_model
from app.core.tagging.names import find_names
from app.core.tagging.types import Taggable
from tests.core.test_tag_policy import story as written


class Marked:
    """Says that a person is wherever one of its people's names is, and so of organizations."""

    name = "marked 1"
    languages = frozenset({"en"})

    def __init__(self, people: str = "", orgs: str = "") -> None:
        self.said = {"person": people, "org": orgs}
        self.seen: list[str] = []

    def read(self, text: str) -> Sequence[Mention]:
        self.seen.append(text)
        found = [
            Mention(match.start(), match.end(), kind)
            for kind, names in self.said.items()
            if names
            for match in re.finditer("|".join(map(re.escape, names.split(","))), text)
        ]
        return sorted(found)


def read(text: str, model: Marked, language: str | None = "en", title: str = ""):
    story = Taggable(title=title, text=text, language=language)
    return with_model(find_names(story), story, model)


def people(text: str, said: str, **given: str) -> list[str]:
    found = read(text, Marked(people=said), **given).people
    return [person.name for person in found if person.by is TagBy.MODEL]


def orgs(text: str, said: str) -> list[str]:
    found = read(text, Marked(orgs=said)).organizations
    return [one.name for one in found if one.by is TagBy.MODEL]


def test_what_only_the_model_finds_is_less_sure_than_all_that_is_found_without() -> None:
    text = "Prime Minister Olga Quay spoke. Later Tamsin Wharfe left, and Wharfe said nothing."
    found = read(text, Marked(people="Tamsin Wharfe,Wharfe,Olga Quay"))
    assert [(p.name, p.by) for p in found.people] == [
        ("Olga Quay", TagBy.NAMES),
        ("Tamsin Wharfe", TagBy.MODEL),
    ]
    known, by_model = found.people
    assert by_model.score <= SURE < 0.25 <= known.score
    assert [text[span.start : span.end] for span in by_model.spans] == ["Tamsin Wharfe", "Wharfe"]
    assert not by_model.inferred
    assert set(by_model.spans) <= set(found.taken)


def test_nothing_that_is_found_without_it_changes() -> None:
    text = "Prime Minister Olga Quay met the Harbour Workers Union in Oslo. Quay laughed."
    story = Taggable(title="", text=text, language="en")
    before = find_names(story)
    said = "Olga Quay met,Harbour Workers,Quay,Minister Olga"
    found = with_model(before, story, Marked(people=said, orgs="Olga Quay,Workers Union"))
    assert found == before
    assert with_model(before, story, None) is before


@pytest.mark.parametrize(
    "said",
    [
        "State",  # a title, and no person
        "New York",  # a place
        "Quay",  # one word, of nobody
        "Virginia Governor(s",
        "Rex 2000",
        "Tamsin\nWharfe",
        "the wharfe",
        "Secretary of State",
        "Tamsin Of The Wharfe In Oslo",
    ],
)
def test_what_is_no_persons_name_is_not_taken_for_one(said: str) -> None:
    assert people(f"Then {said} was heard of.", said) == []


def test_articles_and_possessives_are_no_part_of_names() -> None:
    assert people("Then Tamsin Wharfe’s boat sank.", "Tamsin Wharfe’s") == ["Tamsin Wharfe"]
    assert orgs("They left the Quay Pilots.", "the Quay Pilots") == ["Quay Pilots"]


def test_somebody_known_under_a_longer_name_is_not_another() -> None:
    text = "President Olga M. Quay spoke. " + "No one listened at all. " * 9 + "Olga Quay left."
    assert people(text, "Olga Quay") == []


@pytest.mark.parametrize(
    ("text", "said", "found"),
    [
        ("Quay Pilots left.", "Quay Pilots", ["Quay Pilots"]),
        ("x " * 300 + "Quay Pilots left.", "Quay Pilots", []),  # once, and far from the lead
        ("x " * 300 + "Quay Pilots left. Quay Pilots.", "Quay Pilots", ["Quay Pilots"]),
        ("They saw State.", "State", []),
        ("They saw Quay.", "Quay", []),
        ("They saw QPLT.", "QPLT", ["QPLT"]),
        ("They saw Tokyo.", "Tokyo", []),
        ("President Olga Quay left. The Olga Quay Prize.", "The Olga Quay Prize", []),
    ],
)
def test_organizations_are_of_the_lead_or_said_twice(
    text: str, said: str, found: list[str]
) -> None:
    assert orgs(text, said) == found


def test_it_reads_only_its_languages_and_the_beginning() -> None:
    model = Marked(people="Tamsin Wharfe")
    assert read("Tamsin Wharfe left.", model, language="de").people == ()
    assert read("Tamsin Wharfe left.", model, language=None).people == ()
    assert model.seen == []
    read("x" * (MAX_CHARS + 9), model)
    assert len(model.seen[0]) == MAX_CHARS


def tagged(text: str) -> dict[str, TagBy]:
    told: Story = written(text)
    return {tag.qcode: tag.by for tag in with_tags(told, (), None).tags}


def test_stories_are_read_by_the_model_that_is_in_use() -> None:
    text = "On the quay Tamsin Wharfe waited."
    assert in_use() is None
    without = tagged(text)
    with using(Marked(people="Tamsin Wharfe")):
        found = tagged(text)
    assert found == without | {"person:tamsin-wharfe": TagBy.MODEL}
    assert tagged(text) == without
