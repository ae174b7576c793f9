"""Stems by language: words that differ only in their endings meet, others do not."""

from __future__ import annotations

import pytest

from app.core.search.fold import light_fold
from app.core.search.stems import stem_form


def stem(word: str, language: str) -> str | None:
    return stem_form(light_fold(word), language)


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", "missile missiles"),
        ("fr", "réforme réformes réformer réformée"),
        ("de", "Haus Hauses Häuser Häusern"),
        ("es", "elección elecciones"),
        ("pt", "ministro ministros"),
        ("it", "elezione elezioni"),
        ("nl", "ministers minister"),
        ("sv", "regering regeringen"),
        ("da", "regering regeringen"),
        ("no", "regjering regjeringen"),
        ("fi", "talo talossa"),
        ("hu", "miniszter miniszterek"),
        ("pl", "rakieta rakiety"),
        ("cs", "ministr ministry"),
        ("ro", "guvern guvernul"),
        ("ru", "новый новая новое новых"),
        ("tr", "kitap kitaplar"),
        ("el", "πόλη πόλης"),
        ("ar", "الصواريخ صواريخ"),
        ("hi", "मंत्री मंत्रियों"),
        ("id", "memimpin pimpinan"),
        ("sr", "vlade vlada"),
        ("hy", "նախարար նախարարի"),
        ("ta", "அமைச்சர் அமைச்சர்கள்"),
    ],
)
def test_inflections_meet(language: str, words: str) -> None:
    stems = {stem(word, language) for word in words.split()}
    assert len(stems) == 1, stems
    assert None not in stems


@pytest.mark.parametrize(
    ("word", "language"),
    [
        ("us", "en"),
        ("2017", "en"),
        ("missiles", "xx"),
        ("missiles", "ja"),
        ("missiles", "ru"),
        ("Москва", "en"),
        ("東京都", "en"),
    ],
)
def test_what_has_no_stem(word: str, language: str) -> None:
    assert stem(word, language) is None


def test_stems_of_two_languages_never_meet() -> None:
    assert stem("minister", "en") != stem("minister", "nl")


def test_serbian_is_written_in_two_scripts() -> None:
    assert stem("влада", "sr") is not None
    assert stem("vlada", "sr") is not None
