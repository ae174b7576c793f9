"""How phrases of the topic vocabulary are written, and what they are found in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from app.core.tagging.topic_phrases import LANGUAGES, Lexicon, build, lexicon
from app.core.topics import topic

SPORT, FOOTBALL, WAR = "15000000", "20001065", "16000000"


def a_lexicon(*phrases: str, nothing: tuple[str, ...] = (), spaced: bool = True) -> Lexicon:
    document: Mapping[str, Any] = {"nothing": nothing, "topics": {SPORT: {"2": phrases}}}
    return build(document, spaced=spaced)


def found(known: Lexicon, text: str) -> list[str]:
    return [text[match.start : match.end] for match in known.matches(text)]


@pytest.mark.parametrize(
    ("phrase", "text", "stretches"),
    [
        ("goal", "Goals, a goal and goalless goaltending", ["Goals", "goal"]),
        ("coach", "Coaches coached the coach’s team", ["Coaches", "coach"]),
        ("champion*", "champions championed, rechampion", ["champions", "championed"]),
        ("goal*", "a goal", ["goal"]),
        ("weather!", "weather weathers", ["weather"]),
        ("score~ a goal", "scored a goal, scoring a goal, score a goal", 3),
        ("clinch~ it", "clinches it, clinching it", 2),
        ("kick~ it", "kicks it, kicked it", 2),
        ("(win|wins) the (cup|title)", "wins the cup, win the title, wins the race", 2),
        ("WHO", "who says WHO", ["WHO"]),
        ("kick off", "KICK-OFF, (kick off), kick\noff", 3),
        ("fixture list", "fixture. List", []),
        ("penalty", "“penalty” «penalty» —penalty—", 3),
        ("café", "Cafés in a CAFÉ/café", 3),
        ("own goal", "İstanbul: own goal", ["own goal"]),
    ],
    ids=lambda value: str(value)[:24],
)
def test_a_phrase_is_found(phrase: str, text: str, stretches: list[str] | int) -> None:
    stretch = found(a_lexicon(phrase), text)
    assert (len(stretch) if isinstance(stretches, int) else stretch) == stretches


@pytest.mark.parametrize(
    ("phrase", "text", "stretches"),
    [
        ("首相", "前首相は首相官邸で", 2),
        ("テロ", "ステロイド、テロップ、自爆テロ、テロリスト", ["テロ"]),
        ("ゴール", "ゴール前", ["ゴール"]),
        ("AI", "生成AIとAIの SAIL AID", 2),
        ("GDP", "ＧＤＰはgdp", ["ＧＤＰ"]),
    ],
    ids=lambda value: str(value)[:24],
)
def test_a_phrase_without_spaces_is_found(
    phrase: str, text: str, stretches: list[str] | int
) -> None:
    stretch = found(a_lexicon(phrase, spaced=False), text)
    assert (len(stretch) if isinstance(stretches, int) else stretch) == stretches


def test_what_stands_inside_a_longer_phrase_or_touches_an_idiom_says_nothing() -> None:
    known = a_lexicon("world cup", "cup", "own goal", "goal post", nothing=("move the goal",))
    assert found(known, "The World Cup: a cup, an own goal") == ["World Cup", "cup", "own goal"]
    assert found(known, "They move the goal posts") == []


def test_a_phrase_speaks_once_for_every_broader_topic() -> None:
    document: Mapping[str, Any] = {
        "nothing": (),
        "topics": {
            FOOTBALL: {"3": ["striker"]},
            SPORT: {"1": ["striker"]},
            WAR: {"-2": ["striker"]},
        },
    }
    assert build(document, spaced=True).weights[0] == {
        FOOTBALL: 3.0, "20000822": 3.0, SPORT: 3.0, WAR: -2.0,
    }  # fmt: skip


@pytest.mark.parametrize("phrase", ["", "*", "go* home", "no! way", "open (bracket"])
def test_a_phrase_written_wrong_is_refused(phrase: str) -> None:
    with pytest.raises(ValueError, match="no phrase"):
        a_lexicon(phrase)


def test_a_phrase_twice_under_a_topic_is_refused() -> None:
    with pytest.raises(ValueError, match="'goal' is twice"):
        a_lexicon("goal", "goal")


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_vocabulary_names_topics_that_there_are(language: str) -> None:
    known = lexicon(language)
    codes = {code for weights in known.weights for code in weights}
    assert all((found := topic(code)) and found.retired is None for code in codes)
    assert {code for code in codes if (found := topic(code)) and found.parent is None} == {
        f"{number:02}000000" for number in range(1, 18)
    }
    assert {abs(weight) for weights in known.weights for weight in weights.values()} <= {1, 2, 3, 4}


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_vocabulary_speaks_for_a_hundred_narrower_topics(language: str) -> None:
    codes = {code for weights in lexicon(language).weights for code in weights}
    assert sum(1 for code in codes if code.startswith("2")) >= 100


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "\x00",
        "\ud800 goal \udfff",
        "İ" * 50,
        "ﬀﬁ",
        "e\u0301" * 50,
        "👩‍👩‍👧‍👦",
        "ー" * 50,
        "s" * 50,
    ],
    ids=ascii,
)
def test_any_text_is_read(language: str, text: str) -> None:
    for match in lexicon(language).matches(f"{text} goal {text}"):
        assert 0 <= match.start < match.end <= 2 * len(text) + 6
