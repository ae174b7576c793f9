"""All taggers together: who comes first, and what a story has already."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from app.core.normal.normalize import normalize
from app.core.story import FeedContext, Story, Tag, TagBy
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
