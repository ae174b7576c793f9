"""Whether two stories are one text: edited copies are, other stories and other reports are not."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.core.facts import Facts, contradict, facts_of, pack_facts, unpack_facts
from app.core.identity import story_id
from app.core.syndicate import (
    NOTHING,
    Sketch,
    Sketched,
    are_reprints,
    band_keys,
    pack_sketch,
    same_text,
    sketch_of,
    summarized,
    unpack_sketch,
)

AT = datetime(2096, 11, 24, 6, 0, tzinfo=UTC)

TITLE = "Harbour of Tarnholm to close for repairs in spring"
TEXT = (
    "TARNHOLM harbour will close to ships of more than 4,000 tons for 11 weeks from March 3, the "
    "port authority said on Tuesday, so that the outer wall can be raised by 60 centimeters. "
    "Ferries to Grindal will sail from the old quay, and their trip will take 25 minutes more.\n\n"
    "Harbour master Ingrid Solvay told reporters that the wall had been built for storms that came "
    "once in a hundred years, and that three such storms had come since 2081. The council voted "
    "for the repairs by 17 to 4, after a debate that went on past midnight.\n\n"
    "Fishing boats are not affected. Their owners had asked for a date after the herring season, "
    "which ends in February, and the authority agreed to wait. Freight for the island will go "
    "through Kessel Bay, where two cranes have been hired from a builder of windmills.\n\n"
    "The work is to cost 38 million crowns, of which the county pays a third. Opponents in the "
    "council said that the money would be better spent on the lock at Oster Point, and that nobody "
    "had asked the people who live behind the wall whether they wished to look at more of it."
)  # fmt: skip
JAPANESE = (
    "港湾局は二十四日、外壁を六十センチ高くする工事のため、来年三月三日から十一週間にわたり四千トンを"
    "超える船の入港を止めると発表した。島へ渡る連絡船は旧桟橋から出港し、所要時間は二十五分延びる見込み。"
    "港長は記者会見で、百年に一度とされた嵐がこの十五年で三回来たと説明した。町議会は深夜まで続いた審議の"
    "末、賛成十七、反対四で工事の予算を可決した。漁船には影響がない。船主らは鰊の漁が終わる二月より後の"
    "着工を求めており、港湾局はこれを受け入れた。工費は三千八百万クローネで、三分の一を県が負担する。"
)


def at(title: str, text: str, *, source: int = 1, days: float = 0, identity: int = 1) -> Sketched:
    return Sketched(
        id=story_id(AT + timedelta(days=days), identity),
        source_id=source,
        sketch=sketch_of(title, text),
    )


ORIGINAL = at(TITLE, TEXT)


def reprinted(one: Sketched, other: Sketched) -> bool:
    """As a database finds it: looked up by a band, then compared; the same in either order."""
    found = bool(set(band_keys(one.sketch)) & set(band_keys(other.sketch)))
    assert are_reprints(one, other) is are_reprints(other, one)
    return found and are_reprints(one, other)


def words(count: int) -> str:
    return " ".join(TEXT.split()[:count])


@pytest.mark.parametrize(
    ("title", "text"),
    [
        (TITLE, TEXT),
        ("Ferries to Grindal move", TEXT),
        (TITLE.upper(), TEXT.upper()),
        (TITLE, f"This came from our partners. Write to us.\n\n{TEXT}\n\nRead on: the best walks."),
        (TITLE, words(110)),
        (TITLE, words(75)),
        (TITLE, words(46)),
        (TITLE, words(28) + " …"),
        (TITLE, TEXT.replace("told reporters", "said").replace("three such", "3 such")),
        (TITLE, TEXT.replace(", ", " , ").replace(" ", "\u00a0 ")),
    ],
    ids="same retitled shouted added-to two-thirds half quarter summary edited spaced".split(),
)
def test_an_edited_copy_is_a_reprint(title: str, text: str) -> None:
    assert reprinted(ORIGINAL, at(title, text, source=2))


@pytest.mark.parametrize("share", [1, 0.6, 0.4, 0.25])
def test_a_cut_japanese_text_is_a_reprint(share: float) -> None:
    cut = JAPANESE[: round(len(JAPANESE) * share)]
    assert reprinted(at("港", JAPANESE), at("港湾局", cut, source=2))


def test_width_of_characters_is_no_difference() -> None:
    wide = "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in TEXT)
    assert reprinted(ORIGINAL, at(TITLE, wide, source=2))


OTHER = (
    "TARNHOLM harbour saw fewer ships of more than 4,000 tons last year, the port authority said "
    "on Tuesday. Harbour master Ingrid Solvay told reporters that the storms of 2081 were to "
    "blame, since freight for the island now goes through Kessel Bay. Fishing boats landed a "
    "third more herring than in the year before, and their owners asked for longer quays. The "
    "council will debate the budget of the harbour in spring, and opponents said that they would "
    "vote against any more money for the outer wall. Ferries carried 38 thousand people."
)


def test_another_story_on_the_same_topic_is_none() -> None:
    assert not reprinted(ORIGINAL, at("Fewer ships at Tarnholm", OTHER, source=2))


def report(figure: int, total: str, day: str) -> tuple[str, str]:
    """A weekly report that only its figures tell from the others."""
    title = f"BUSINESS LOANS FALL {figure} MLN"
    text = (
        f"Loans to businesses by large banks fell {figure} million crowns in the week to {day}, "
        f"said the central bank. Loans stood at {total} billion crowns. The figures cover banks "
        "with assets of more than one billion, and are adjusted for the season. They leave out "
        "loans that banks sold to their own holding companies, and loans to other institutions "
        "that take part in the report. The central bank publishes them every Friday."
    )
    return title, text


FIRST, SECOND = report(195, "278.4", "June 8"), report(718, "281.9", "June 15")


def test_reports_that_one_template_was_filled_for_are_none() -> None:
    first, second = at(*FIRST), at(*SECOND, source=2)
    assert same_text(first.sketch, second.sketch) > 0.6
    assert not reprinted(first, second)


def test_a_report_is_told_from_another_by_its_title_alone() -> None:
    """All other numbers may be the same: what one title tells, the other text does not have."""
    title, text = SECOND
    first, second = at(*FIRST), at(title, FIRST[1].replace("195", "718"), source=2)
    assert not reprinted(first, second)
    assert reprinted(
        second, at("Loans fall", text.replace("281.9", "278.4").replace("15", "8"), source=3)
    )


def test_reports_that_name_other_people_are_none() -> None:
    told = (
        "The hospital board of {0} on {1} named {2} as its director. She succeeds {3}, who is to "
        "retire at the end of the month after many years at the head of the house. The chair of "
        "the board thanked the outgoing director for steering it through difficult times, "
        "and said the new director brought the experience that the coming years would ask for."
    )
    first = at("Named", told.format("Tarnholm", "Monday", "Ada Brill", "Olof Kern"))
    second = at("Named", told.format("Grindal", "Friday", "Siv Hald", "Tor Lien"), source=2)
    assert same_text(first.sketch, second.sketch) > 0.6
    assert not reprinted(first, second)


def test_a_report_from_another_town_is_none_whatever_its_title() -> None:
    told = (
        "{}日未明、{}の住宅から火が出ていると近所の人から消防に通報があった。消防車が出て消火にあたり、"
        "火はおよそ二時間後に消し止められたが、木造二階建ての住宅が全焼した。住んでいた家族は逃げて無事だった。"
        "警察と消防が火の出た原因を詳しく調べている。"
    )
    first = at("火事", told.format(24, "青葉県山崎市"))
    second = at("住宅が全焼", told.format(24, "若葉県川原市"), source=2)
    assert same_text(first.sketch, second.sketch) > 0.8
    assert not reprinted(first, second)
    assert reprinted(first, at("住宅が全焼", told.format(24, "青葉県山崎市"), source=2))


def test_a_report_is_a_reprint_of_itself() -> None:
    title, text = FIRST
    assert reprinted(at(title, text), at("Lending down", f"{text} More on page 3.", source=2))


def test_the_end_of_a_long_text_is_a_reprint() -> None:
    """Its numbers and names may lie behind all that are known of the whole."""
    beginning = " ".join(f"the No. {n} of Street{n}ville, and" for n in range(200))
    end = " ".join(f"with {n} boats from Port{n}ham" for n in range(1000, 1090))
    assert reprinted(at(TITLE, f"{beginning} {end}"), at(TITLE, end, source=2))


def test_reprints_come_within_a_week() -> None:
    assert reprinted(ORIGINAL, at(TITLE, TEXT, source=2, days=6.9))
    assert not reprinted(ORIGINAL, at(TITLE, TEXT, source=2, days=7.1))


def test_a_source_reprints_itself_if_it_says_nearly_all_of_it_again() -> None:
    assert reprinted(ORIGINAL, at(TITLE, f"{TEXT} More follows.", identity=2))
    assert reprinted(ORIGINAL, at(TITLE, words(110), identity=2))


def test_a_source_that_begins_alike_does_not_reprint_itself() -> None:
    column = f"{words(60)} And now for something that nobody has printed before, in many words: "
    column += " ".join(f"word{n}" for n in range(40))
    assert summarized(ORIGINAL.sketch, at(TITLE, column).sketch) > 0.6
    assert not reprinted(ORIGINAL, at(TITLE, column, identity=2))
    assert not reprinted(ORIGINAL, at(TITLE, words(30), identity=2))


@pytest.mark.parametrize(
    "text",
    ["", "Read more on our site.", words(15), "詳しくは紙面で。", "港湾局は二十四日、外壁を高く"],
)
def test_a_text_that_is_too_short_is_like_no_other(text: str) -> None:
    assert sketch_of(TITLE, text) == NOTHING
    assert band_keys(NOTHING) == ()
    assert not are_reprints(at(TITLE, text), at(TITLE, text, source=2))


def test_a_text_that_is_long_enough_has_the_keys_of_its_parts() -> None:
    assert len(band_keys(sketch_of(TITLE, words(18)))) == 15 + 5
    assert len(band_keys(sketch_of(TITLE, TEXT))) == 42 + 15 + 5
    assert all(-(2**63) <= key < 2**63 for key in band_keys(ORIGINAL.sketch))


@pytest.mark.parametrize("sketch", [ORIGINAL.sketch, sketch_of(TITLE, words(20)), NOTHING])
def test_a_sketch_comes_out_of_its_bytes_as_it_went_in(sketch: Sketch) -> None:
    packed = pack_sketch(sketch)
    assert unpack_sketch(packed) == sketch
    assert len(packed) < 3072


KEYS = (4602369246575701403, -3552904647594442998, 914369043032778096)


def test_what_is_kept_is_what_was_kept_before() -> None:
    """A library that sketches otherwise makes this fail: raise SKETCH_VERSION then."""
    keys = band_keys(ORIGINAL.sketch)
    assert (keys[0], keys[1], keys[-1]) == KEYS


TEXTS = st.lists(st.sampled_from(TEXT.split() + list(JAPANESE)), max_size=120).map(" ".join)


@given(TEXTS, TEXTS)
@settings(max_examples=50, deadline=None)
def test_any_two_texts_compare_alike_in_either_order(one: str, other: str) -> None:
    a, b = at(one[:40], one), at(other[:40], other, source=2)
    assert are_reprints(a, b) is are_reprints(b, a)
    assert unpack_sketch(pack_sketch(a.sketch)) == a.sketch


@given(st.text(), st.text())
def test_any_text_can_be_sketched(title: str, text: str) -> None:
    facts = facts_of(title, text)
    assert unpack_facts(pack_facts(facts)) == facts
    assert not contradict(facts, facts, 1)
    assert facts.opening <= facts.names
    assert not contradict(facts, Facts(), 1)
    sketch_of(title, text)
