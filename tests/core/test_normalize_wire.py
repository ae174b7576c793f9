"""What a wire says in fields of its own, in the normal form."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from app.core.normal.normalize import normalize
from app.core.story import BlockType, Dateline, FeedContext, Story, TagBy
from app.core.types import Category, Entry, Markup, Place

NOW = datetime(2026, 11, 3, 12, tzinfo=UTC)
TEXT = "The ferry stayed at its pier on Tuesday, and nobody knows for how long."


def story(**fields: Any) -> Story:
    given: dict[str, Any] = {"title": Markup(value="Ferry stops", html=False), "content": TEXT}
    given |= fields
    content = Markup(value=given.pop("content"), html=False)
    entry = Entry(raw_hash=0, guid="urn:1", content=content, **given)
    return normalize(entry, FeedContext(feed_url="https://wire.example/"), NOW)


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ({"credits": ("Kyodo",)}, "kyodo"),
        ({"credits": ("AFP/Ada Lund",)}, "afp"),
        ({"credits": ("Arvik Post", "(Reuters)")}, "reuters"),
        ({"credits": ("Arvik Post",)}, None),
        ({"publisher": "Associated Press"}, "ap"),
        ({"credits": ("Reuters",), "content": f"ARVIK (AFP) - {TEXT}"}, "reuters"),
        ({"publisher": "Reuters", "content": f"ARVIK (AFP) - {TEXT}"}, "afp"),
        ({"dateline": "ARVIK, Nov. 3 (Reuters)", "content": f"LODEN (AFP) - {TEXT}"}, "reuters"),
    ],
)
def test_the_agency_of_a_credit_wins_and_a_publisher_is_the_last_resort(
    said: dict[str, Any], code: str | None
) -> None:
    got = story(**said).agency
    assert (got.code if got else None) == code


@pytest.mark.parametrize(
    ("said", "dateline"),
    [
        ({"dateline": "ARVIK, Nov. 3 (Reuters)"}, ("ARVIK, Nov. 3", "ARVIK")),
        ({"dateline": "ARVIK -"}, ("ARVIK", "ARVIK")),
        ({"dateline": "ARVIK", "content": f"LODEN (AFP) - {TEXT}"}, ("ARVIK", "ARVIK")),
        ({"located": "Arvik, Norway"}, ("Arvik, Norway", "Arvik, Norway")),
        ({"located": "Oslo", "content": f"LODEN (AFP) - {TEXT}"}, ("LODEN", "LODEN")),
        ({"dateline": " \u200b"}, None),
    ],
)
def test_a_dateline_of_its_own_wins_and_where_it_was_written_stands_in(
    said: dict[str, Any], dateline: tuple[str, str] | None
) -> None:
    expected = Dateline(text=dateline[0], place=dateline[1]) if dateline else None
    assert story(**said).dateline == expected


def test_an_editors_note_is_kept_beside_the_story() -> None:
    got = story(editor_note="Adds quote, more at 1500")
    assert got.blocks[0].type is BlockType.BOILERPLATE
    assert (got.blocks[0].text, got.blocks[0].rule) == ("Adds quote, more at 1500", "editor-note")
    assert got.text == TEXT


def test_a_note_that_corrects_is_the_story_s_own() -> None:
    note = "Correction: An earlier version of this story gave a wrong date."
    got = story(editor_note=note)
    assert got.blocks[0].type is BlockType.CORRECTION
    assert got.summary == TEXT


def test_places_people_and_organisations_are_tags_by_the_publisher() -> None:
    got = story(
        places=(Place(name="Arvik", code="g:1", latitude=60.5, longitude=5.2), Place(latitude=1.0)),
        people=(Category(term="p:1", label="Mia Berg"), Category(term="p:2")),
        organisations=(Category(term="Arvik Ferries", label="Arvik Ferries"),),
    )
    said = [(t.qcode, t.name, t.matched) for t in got.tags if t.by is TagBy.PUBLISHER]
    assert said == [
        ("place:arvik", "Arvik", "g:1"),
        ("person:mia-berg", "Mia Berg", "p:1"),
        ("org:arvik-ferries", "Arvik Ferries", "Arvik Ferries"),
    ]
