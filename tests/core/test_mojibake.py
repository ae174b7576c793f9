"""Mojibake is mended where it is certain, and only there."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from app.core.normal.mojibake import MAX_CHARS, repaired
from app.core.text import clean_text


@pytest.mark.parametrize(
    "meant",
    [
        "National ›",
        "Café du port",
        "It’s “here” – on time…",
        "Über für Österreich",
        "£5m for the pier",
        "L’été à l’œuvre",
        "Niño y año",
        "Łódź i Gdańsk",
        "“Été” und „Öl“",
        "フェリーが出港",
        "여객선이 출항했다",
        "渡轮离港",
        "أبحرت العبارة",
    ],
)
def test_utf_8_read_as_latin(meant: str) -> None:
    bytes_of_it = meant.encode()
    read = "".join(
        bytes([b]).decode("cp1252") if b not in (0x81, 0x8D, 0x8F, 0x90, 0x9D) else chr(b)
        for b in bytes_of_it
    )
    assert read != meant
    assert repaired(read) == meant


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("Harbour – CafÃ©", "Harbour – Café"),
        ("“Quay” l’été Itâ€™s", "“Quay” l’été It’s"),
        ("Ferry ãƒ•ã‚§ãƒªãƒ¼", "Ferry フェリー"),
    ],
)
def test_beside_what_is_right(text: str, meant: str) -> None:
    assert repaired(text) == meant


def test_read_twice() -> None:
    assert repaired("CafÃƒÂ© du port") == "Café du port"


def test_utf_8_read_as_cyrillic() -> None:
    assert repaired("Паром вышел".encode().decode("cp1251")) == "Паром вышел"


def test_a_no_break_space_that_was_folded() -> None:
    assert repaired("voilÃ le port") == "voilà le port"


@pytest.mark.parametrize(
    "text",
    [
        "The ferry left.",
        "“Café” – l’été à Österreich… «Créé» né»",
        "“AMANHÔ É DIA, IRMÃ DE SÃO JOÃO",
        "ROMÂNIA “ROMÂ” PÂ°",
        "Sertã – “avelã” lã…",
        "å› På– Å ” Ž‘ À… É™",
        "Паром “вышел” из гавани – РФ, СССР, Рљ",
        "Њујорк и Јагодина",
        "日本語のCafÃ©",
        "한국어 CafÃ©",
        "中文 Itâ€™s",
        "Ã",
        "",
        "the letter “Â”",
        "la lettre « Ã », ‘Ã’, „Ð“",
        "der Buchstabe „Î“ und das Wort „ROMÎ“",
        "“ÀÎ” and ‹Ñ›",
        "é" * MAX_CHARS + "CafÃ©",
    ],
)
def test_what_is_not_certain_is_left_alone(text: str) -> None:
    assert repaired(text) == text


def test_no_character_that_nobody_writes_comes_in() -> None:
    private = "\ue000".encode().decode("latin-1")
    assert repaired(f"CafÃ© {private}") == f"CafÃ© {private}"


def test_what_stays_is_read_again_until_nothing_changes() -> None:
    """A line break between the letters made the pair certain only once it was a space."""
    assert clean_text("\ud7a4\x85Â¡") == clean_text(clean_text("\ud7a4\x85Â¡"))


PAIRS = st.lists(st.sampled_from("ÂÃâ€™©œ\u0081\x9d\x85\u2028 РџСЂ¶Ð¿ aA東é“”–¡\ud7a4")).map(
    "".join
)


@given(PAIRS | st.text())
@example("\ud7a4\x85Â¡")
def test_it_never_raises_and_what_is_mended_stays(text: str) -> None:
    once = repaired(text)
    assert repaired(once) == once
    assert clean_text(clean_text(text)) == clean_text(text) or "&" in text


@given(
    st.text(st.characters(whitelist_categories=["Lo"], min_codepoint=0x3040, max_codepoint=0xD7A3))
)
def test_cjk_is_never_touched(text: str) -> None:
    assert repaired(f"{text}東") == f"{text}東"
