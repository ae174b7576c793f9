"""Which media topics stories are given."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from app.core.story import TagBy
from app.core.tagging.topic_evidence import MAX_CHARS, MAX_SPANS, needed, read_evidence
from app.core.tagging.topics import MAX_TOPICS, SCHEME, find_topics
from app.core.tagging.types import Found, Taggable
from app.core.topics import broader, topic
from app.core.types import Category
from tools.tag_quality_topics import measure, read_items

DEVELOPMENT = Path(__file__).parent / "samples/topics_dev.jsonl"
KYODO = (
    Path(os.environ.get("COPYDESK_TEST_DATA", Path(__file__).parents[3] / "shared/data"))
    / "kyodo/piece.txt"
)
TOPS = [f"{number:02}000000" for number in range(1, 18)]


def a_story(
    title: str = "", text: str = "", language: str | None = "en", *categories: str
) -> Taggable:
    return Taggable(
        title=title,
        text=text,
        language=language,
        categories=tuple(Category(term=term) for term in categories),
    )


def tops(story: Taggable) -> set[str]:
    return {(found.code, *broader(found.code))[-1] for found in find_topics(story)}


def said(story: Taggable) -> list[Found]:
    return [found for found in find_topics(story) if not found.inferred]


STORY = a_story(
    "Rovers beat City to win the cup",
    "The striker scored twice in stoppage time of the final.\n\nThe goalkeeper, who saved a "
    "penalty, was booked by the referee before half-time.",
)


@pytest.mark.parametrize("language", ["en", "ja"])
@pytest.mark.parametrize("code", TOPS)
def test_every_top_topic_is_given_to_stories_about_it(code: str, language: str) -> None:
    about = [
        item for item in read_items(DEVELOPMENT) if item.language == language and item.main == code
    ]
    right = [item for item in about if code in tops(a_story(item.title, item.text, item.language))]
    assert len(about) >= 2
    assert len(right) * 4 >= len(about) * 3


@pytest.mark.parametrize("language", ["en", "ja"])
def test_few_topics_are_wrong_and_few_stories_have_none(language: str) -> None:
    row = next(
        row
        for row in measure(find_topics, read_items(DEVELOPMENT))
        if row.language == language and row.name == "all"
    )
    assert row.precision is not None
    assert row.precision >= 0.93
    assert row.coverage is not None
    assert row.coverage >= 0.9


@pytest.mark.parametrize(
    ("title", "text", "code"),
    [
        ("Government scores a victory in parliament", "Deputies passed the bill late.", "15000000"),
        ("Grocers battle for market share", "Shoppers want lower prices for milk.", "16000000"),
        ("Price war hits airlines", "A bidding war for slots has begun.", "16000000"),
        ("Maps are the killer app", "The software finds its way alone.", "02000000"),
        ("Bridge is a political football", "The council votes on the budget.", "15000000"),
        ("Party wins by a landslide", "Voters gave it most seats in parliament.", "03000000"),
        ("Minister weathers storm over memo", "A storm of criticism met the cabinet.", "17000000"),
        ("Striker keeps up his goal drought", "The title drought of the club goes on.", "17000000"),
        ("Comedian bombs at the box office", "The film was a box office bomb.", "16000000"),
        ("Bank sees a flood of complaints", "A tsunami of claims reached the lender.", "03000000"),
        ("Marathon talks on a trade deal", "Negotiators have no time left.", "15000000"),
        ("Actor had a heart attack of nerves", "His new film opens in cinemas.", "16000000"),
        ("Chefs share a killer recipe", "Roast the onions and add beef stock.", "04000000"),
        ("Gold medal for the swimmer", "She took a silver medal in the relay too.", "04000000"),
        (
            "Lawmaker told the newspaper of a plan",
            "The senator posted on social media.",
            "01000000",
        ),
    ],
)
def test_words_that_mean_something_else_say_nothing(title: str, text: str, code: str) -> None:
    assert not read_evidence(a_story(title, text)).phrases.get(code)


@pytest.mark.parametrize(
    ("title", "text", "code"),
    [
        ("値下げ戦争、各社が火花", "卵と牛乳の価格を下げた。", "16000000"),
        ("爆弾低気圧が接近", "気象庁は暴風雪に警戒を呼び掛けた。", "16000000"),
        ("与党が地滑り的勝利", "衆院選で議席を伸ばした。", "03000000"),
        ("逆転砲で連敗止める", "主砲が九回に本塁打を放った。", "16000000"),
        ("ステロイドの副作用", "医師が患者に投与を控えた。", "16000000"),
    ],
)
def test_japanese_words_that_mean_something_else_say_nothing(
    title: str, text: str, code: str
) -> None:
    assert not read_evidence(a_story(title, text, "ja")).phrases.get(code)


@pytest.mark.parametrize(
    ("title", "text", "language"),
    [
        ("Letters", "Sir, I agree with your reader about the clock. Yours, A. Reader.", "en"),
        ("Numbers drawn on Friday", "4, 8, 15, 16, 23 and 42. Bonus ball 7.", "en"),
        ("Dusk", "The lamp is lit, the street is still, / a moth goes round the sill.", "en"),
        ("Corrections", "A caption on page two gave a wrong date. We are sorry.", "en"),
        ("Five things to know", "Good morning. Scroll down to begin.", "en"),
        ("Names", "\n".join(f"Room {number}: to be announced" for number in range(40)), "en"),
        ("Strike", "", "en"),
        ("お知らせ", "窓口は午後三時に閉まります。", "ja"),
        ("夕暮れ", "犬が振り返った。誰かを待っているのだろう。", "ja"),
        ("", "", None),
    ],
)
def test_texts_on_nothing_are_given_nothing(title: str, text: str, language: str | None) -> None:
    assert find_topics(a_story(title, text, language)) == ()


def test_a_recipe_is_lifestyle_and_nothing_else() -> None:
    text = "Preheat the oven. Knead flour, yeast and water to a dough; bake the loaf until brown."
    assert tops(a_story("A loaf for Sunday", text)) == {"10000000"}


def test_spans_show_the_words_title_first() -> None:
    best = said(STORY)[0]
    words = [
        (STORY.title if span.field == "title" else STORY.text)[span.start : span.end]
        for span in best.spans
    ]
    assert {"striker", "stoppage time", "goalkeeper"} <= set(words)
    places = [(span.field != "title", span.start) for span in best.spans]
    assert places == sorted(places)


def test_a_narrower_topic_implies_the_broader_ones() -> None:
    narrow, *rest = find_topics(STORY)
    assert (narrow.code, narrow.name, narrow.inferred) == ("20001065", "football", False)
    assert [found.code for found in rest] == list(broader(narrow.code))
    for found in rest:
        assert found.inferred
        assert found.spans == ()
        assert found.score >= narrow.score
    for found in (narrow, *rest):
        assert (found.scheme, found.by) == (SCHEME, TagBy.TOPICS)
        assert 0 < found.score < 1


def test_a_category_stands_for_a_topic_without_a_span() -> None:
    (found,) = said(a_story("Untitled", "Nothing to see.", "fr", "Politique"))
    assert (found.code, found.spans, found.inferred) == ("11000000", (), False)


def test_a_category_and_the_words_may_say_different_things() -> None:
    story = a_story(STORY.title, STORY.text, "en", "Business")
    assert {found.code for found in said(story)} == {"20001065", "04000000"}


def test_a_narrow_category_narrows_what_the_words_say() -> None:
    story = a_story("She won in straight sets", "The second seed saved two break points.", "en")
    assert "20001085" in {found.code for found in find_topics(story)}
    other = a_story(STORY.title, STORY.text, "en", "Sport > Rugby")
    assert "20001176" in {found.code for found in said(other)}


def test_an_operators_word_for_a_category_goes_first() -> None:
    story = a_story(STORY.title, STORY.text, "en", "Deep dive")
    best = find_topics(story, {"deep dive": "06000000"})[0]
    assert best.code == "06000000"
    assert "06000000" not in tops(story)


def test_no_more_than_four_topics_are_said() -> None:
    sections = ("Tennis", "Golf", "Elections", "Diplomacy", "Film", "Music")
    assert len(said(a_story("Untitled", "", "en", *sections))) == MAX_TOPICS


def test_a_second_topic_must_have_more_to_say_for_it_than_a_first() -> None:
    beside = "Doctors found the tumour in time, and he went home."
    assert tops(a_story("A quiet year", beside)) == {"07000000"}
    assert tops(a_story(STORY.title, f"{STORY.text} {beside}")) == {"15000000"}


def test_topics_that_often_go_together_need_less_beside_each_other() -> None:
    strike = "Members of the union set up picket lines at the brewery at dawn."
    assert tops(a_story("Workers go on strike", strike)) == {"09000000", "04000000"}


@pytest.mark.parametrize(
    ("language", "given"), [("en-GB", True), ("EN", True), (None, True), ("fr", False)]
)
def test_words_are_looked_for_in_their_language(language: str | None, given: bool) -> None:
    assert bool(find_topics(a_story(STORY.title, STORY.text, language))) is given


def test_a_text_of_no_known_language_is_taken_for_what_it_looks_like() -> None:
    story = a_story("サッカー代表が快勝", "前半に二得点。監督は若手を先発で起用した。", None)
    assert tops(story) == {"15000000"}


def test_a_long_text_must_say_more_than_a_short_one() -> None:
    filler = "It was a day like any other there, and nobody minded. " * 60
    assert needed(a_story("", filler)) > needed(STORY)
    assert said(a_story("", f"{filler}\n\nThe striker met the referee.")) == []


def test_what_stands_late_is_not_read() -> None:
    late = a_story("", "x " * (MAX_CHARS // 2) + STORY.text)
    assert read_evidence(late).weights == {}
    assert find_topics(late) == ()


def test_a_phrase_that_is_repeated_is_no_new_evidence() -> None:
    assert find_topics(a_story("", "The striker. " * 20)) == ()
    often = read_evidence(a_story("", "The striker met the striker. " * 20)).weights
    assert often == read_evidence(a_story("", "The striker met the striker. " * 200)).weights
    assert len(said(a_story("", STORY.text * 20))[0].spans) == MAX_SPANS


@pytest.mark.parametrize(
    "text",
    ["\x00" * 99, "\ud800striker", "(" * 50_000, "striker " * 50_000, "İ" * 50_000, "\n" * 50_000,
     "e\u0301" * 20_000, "ー" * 50_000, "日" * 50_000, "s's" * 20_000, " " * 50_000, "\\x*!~|"],
    ids=lambda text: ascii(text[:6]),
)  # fmt: skip
@pytest.mark.parametrize("language", ["en", "ja", None, "", "x" * 99])
def test_any_text_is_read_within_its_bounds(text: str, language: str | None) -> None:
    for found in find_topics(a_story(text, text, language, text)):
        assert topic(found.code) is not None
        assert all(0 <= span.start < span.end <= MAX_CHARS for span in found.spans)


@pytest.mark.skipif(not KYODO.exists(), reason="the shared test data is not there")
def test_the_wire_piece_is_about_politics_and_conflict() -> None:
    story = a_story("Tillerson arrives in Tokyo", KYODO.read_text("utf-8"))
    assert {"11000000", "16000000"} <= tops(story)
