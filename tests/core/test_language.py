"""Which language a text is in: script first, then the model, the feed's word where unclear."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.core.language import LANGUAGES, detect_language, normalize_language


@pytest.mark.parametrize(
    ("code", "language"),
    [
        ("en", "en"),
        ("en-us", "en"),
        ("EN_US", "en"),
        (" ja-JP ", "ja"),
        ("zh-Hant-TW", "zh"),
        ("nb-NO", "no"),
        ("iw", "he"),
        ("yue", "zh"),
        ("US", None),
        ("english", None),
        ("", None),
        ("-", None),
        (None, None),
    ],
)
def test_codes(code: str | None, language: str | None) -> None:
    assert normalize_language(code) == language


@pytest.mark.parametrize(
    ("text", "prior", "language"),
    [
        ("The ferry left the harbour on time on Monday morning", None, "en"),
        ("The ferry left the harbour on time on Monday morning", "fr", "en"),
        ("THE FERRY LEFT THE HARBOUR ON TIME ON MONDAY MORNING", "de", "en"),
        ("Le bateau a quitté le port lundi matin à l’heure prévue", "en", "fr"),
        ("Die Fähre hat den Hafen am Montagmorgen pünktlich verlassen", None, "de"),
        ("El transbordador salió del puerto el lunes por la mañana", None, "es"),
        ("غادرت العبارة الميناء صباح يوم الاثنين في موعدها", None, "ar"),
        ("Паром вышел из гавани в понедельник утром", None, "ru"),
        ("フェリーは月曜の朝、定刻に港を出た", None, "ja"),
        ("フェリー、出港", "en", "ja"),
        ("연락선은 월요일 아침 정시에 항구를 떠났다", "ja", "ko"),
        ("渡轮周一早上准时离港", None, "zh"),
        ("新船出港式典", None, "zh"),
        ("新船出港式典", "ja", "ja"),
        ("新船出港式典", "en-GB", "zh"),
        ("Ferry", "de", "de"),
        ("Fähre 7", "ja", "ja"),
        ("", "ja-JP", "ja"),
        ("2024 – 7:30", "es", "es"),
        ("2024", None, None),
        ("🚢", "US", None),
        ("བོད་སྐད་ཡིག", None, None),
        ("བོད་སྐད་ཡིག", "en", "en"),
    ],
)
def test_texts(text: str, prior: str | None, language: str | None) -> None:
    assert detect_language(text, prior) == language


def test_a_word_in_another_script_does_not_change_the_language() -> None:
    text = "The company, known at home as 東京汽船, said the ferry would sail again on Monday"
    assert detect_language(text, None) == "en"


@settings(deadline=None)  # the first text loads the model
@given(st.text(), st.none() | st.text(max_size=5))
def test_no_text_makes_it_raise(text: str, prior: str | None) -> None:
    assert detect_language(text, prior) in {*LANGUAGES, None}
