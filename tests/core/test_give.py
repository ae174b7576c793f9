"""All taggers together: who comes first, and what a story has already."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from app.core.normal.normalize import normalize
from app.core.story import FeedContext, Story, Tag, TagBy
from app.core.tag import MAX_TAGS
from app.core.tagging.give import with_tags
from app.core.types import Category, Entry, Markup, Place


def story(text: str, title: str = "News of the day", **given: object) -> Story:
    entry = Entry(
        raw_hash=1,
        title=Markup(value=title, html=False),
        content=Markup(value=text, html=False),
        language="en",
    )
    context = FeedContext(feed_url="https://harbour.example/feed")
    return normalize(replace(entry, **given), context, datetime(2026, 11, 24, tzinfo=UTC))


def tags(found: Story, scheme: str) -> dict[str, Tag]:
    tagged = with_tags(found, (), None)
    return {tag.code: tag for tag in tagged.tags if tag.scheme == scheme}


def test_a_person_is_no_place() -> None:
    found = story("Foreign Minister Paris Jordan met her staff. Jordan left on Monday.")
    assert set(tags(found, "person")) == {"paris-jordan"}
    assert tags(found, "place") == {}


def test_the_place_of_a_dateline_is_a_tag() -> None:
    found = story("OSLO, Nov. 24 (Reuters) - The ferry sailed at noon.")
    assert "Oslo" not in found.text
    oslo = tags(found, "place")["oslo"]
    assert (oslo.by, oslo.span, oslo.mentions, oslo.matched) == (
        TagBy.GAZETTEER, None, 0, found.dateline.place,
    )  # fmt: skip


def test_what_a_publisher_says_stays_the_publishers() -> None:
    found = story(
        "The ferry to Japan sailed at noon.",
        places=(Place(name="Japan"),),
        categories=(Category(term="Sea"),),
    )
    japan = tags(found, "place")["jp"]
    assert (japan.name, japan.by) == ("Japan", TagBy.PUBLISHER)
    assert set(tags(found, "category")) == {"sea"}


def test_a_text_of_nothing_gets_nothing() -> None:
    assert [tag.qcode for tag in with_tags(story(""), (), None).tags] == ["lang:en"]


def test_a_dateline_is_looked_up_in_english_where_a_language_has_no_names() -> None:
    for language, text in (
        ("ru", "OSLO, 24 ноя (Reuters) - Паром вышел в море в полдень."),
        ("ar", "القاهرة (رويترز) - غادرت العبارة الميناء يوم الثلاثاء بعد شتاء من الإصلاحات."),
    ):
        found = story(text, title="", language=language)
        assert (found.language, found.dateline is None) == (language, False)
        assert ("oslo" in tags(found, "place")) == (language == "ru")


def test_a_publishers_place_stays_his_where_the_dateline_has_it_too() -> None:
    found = story(
        "OSLO, Nov. 24 (Reuters) - The ferry sailed at noon.", places=(Place(name="Oslo"),)
    )
    assert tags(found, "place")["oslo"].by is TagBy.PUBLISHER


def test_a_person_whom_the_publisher_names_in_full_is_no_second_one_by_the_family_name() -> None:
    found = story(
        "President Harborough said on Monday that the ferry stays.",
        people=(Category(term="p1", label="Jane Harborough"),),
    )
    assert set(tags(found, "person")) == {"jane-harborough"}
    assert set(tags(replace(found, tags=()), "person")) == {"harborough"}


def test_an_organization_has_one_code_in_all_languages_and_whoever_names_it() -> None:
    found = story(
        "The United Nations met on Monday.", organisations=(Category(term="o1", label="国連"),)
    )
    said = tags(found, "org")
    assert set(said) == {"united-nations"}
    assert said["united-nations"].by is TagBy.PUBLISHER
    assert said["united-nations"].name == "United Nations"


def test_of_too_many_tags_topics_and_countries_are_kept() -> None:
    given = ["Mary", "John", "Peter", "Anna", "James", "Susan", "Robert", "Linda"]
    families = ["Ashdown", "Birkett", "Colborne", "Denholm", "Ellwood", "Farnham", "Garside"]
    people = "".join(f"Minister {one} {other} voted. " for one in given for other in families)
    bodies = "NATO, NASA, UNESCO, UNICEF, FIFA, UEFA and the OECD wait. "
    text = people + bodies + "The government lost the election in Tokyo."
    tagged = with_tags(story(text, "Parliament election"), (), None).tags
    assert len(tagged) == MAX_TAGS
    assert any(tag.scheme == "medtop" and not tag.inferred for tag in tagged)
    assert "place:jp" in {tag.qcode for tag in tagged}
    assert "org:nato" in {tag.qcode for tag in tagged}


def test_the_city_of_a_dateline_and_a_publishers_imply_their_countries() -> None:
    found = story("OSLO, Nov. 24 (Reuters) - It sailed.", places=(Place(name="Osaka"),))
    said = tags(found, "place")
    assert set(said) == {"osaka", "oslo", "no", "jp"}
    assert [said[code].inferred for code in ("osaka", "oslo", "no", "jp")] == [
        False,
        False,
        True,
        True,
    ]
    told = story("OSLO, Nov. 24 (Reuters) - Norway waits.")
    assert not tags(told, "place")["no"].inferred


def test_a_publisher_with_categories_without_end_leaves_room_for_what_is_found() -> None:
    said = story("Prime Minister Olga Quay spoke in Tokyo.")
    many = tuple(
        Tag(scheme="category", code=f"c{n}", name=f"C{n}", by=TagBy.PUBLISHER)
        for n in range(MAX_TAGS)
    )
    tagged = with_tags(replace(said, tags=many), (), None).tags
    assert len(tagged) == MAX_TAGS
    assert {"person:olga-quay", "place:tokyo", "place:jp"} <= {tag.qcode for tag in tagged}
    assert [tag.code for tag in tagged[:40]] == [f"c{n}" for n in range(40)]
