"""What is known of tags by themselves."""

from __future__ import annotations

import pytest

from app.core.tagging import vocabulary
from app.core.tagging.vocabulary import beginning_with, known_tag, load_vocabulary
from app.core.topics import codes


@pytest.mark.parametrize(
    ("qcode", "language", "name"),
    [
        ("place:jp", "ja", "日本"),
        ("place:jp", "de", "Japan"),
        ("place:kyoto", "ko", "교토"),
        ("place:los-angeles", "ja", "ロサンゼルス"),
        ("place:california", "fr", "Californie"),
        ("medtop:16000000", "de", "Krise, Krieg, Konflikte"),
        ("agency:kyodo", "en", "Kyodo"),
    ],
)
def test_names_by_language(qcode: str, language: str, name: str) -> None:
    found = known_tag(qcode)
    assert found is not None
    assert found.names[language] == name


def test_what_is_broader_and_narrower() -> None:
    los_angeles, japan = known_tag("place:los-angeles"), known_tag("place:jp")
    assert los_angeles is not None
    assert japan is not None
    assert los_angeles.parents == ("place:california", "place:us")
    assert "place:tokyo" in japan.children[:3]
    assert japan.parents == ()
    unrest = known_tag("medtop:20000065")
    assert unrest is not None
    assert unrest.parents == ("medtop:16000000",)
    assert unrest.children


def test_every_topic_stands_under_what_it_is_part_of() -> None:
    for code in codes():
        one = known_tag(f"medtop:{code}")
        assert one is not None
        for parent in one.parents:
            above = known_tag(parent)
            assert above is not None
            assert one.qcode in above.children


def test_no_other_tag_is_known() -> None:
    assert known_tag("category:ferries") is None
    assert known_tag("medtop:99999999") is None


@pytest.mark.parametrize(
    ("prefix", "qcode"),
    [
        ("京都", "place:kyoto"),
        ("KYOT", "place:kyoto"),
        ("교토", "place:kyoto"),
        ("califor", "place:california"),
        ("conflict, war", "medtop:16000000"),
        ("krise, krieg", "medtop:16000000"),
        ("共同", "agency:kyodo"),
    ],
)
def test_found_by_the_beginning_of_any_name(prefix: str, qcode: str) -> None:
    assert qcode in beginning_with(prefix)


def test_an_odd_beginning_finds_nothing() -> None:
    assert beginning_with("\0") == ()
    assert beginning_with("qqqq" * 3000) == ()


def test_the_vocabulary_can_be_read_beforehand() -> None:
    vocabulary._vocabulary.cache_clear()
    vocabulary._index.cache_clear()
    load_vocabulary()
    assert vocabulary._vocabulary.cache_info().misses == 1
    known_tag("place:jp")
    beginning_with("jap")
    assert vocabulary._vocabulary.cache_info().misses == 1
    assert vocabulary._index.cache_info().misses == 1
