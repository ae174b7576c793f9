"""What makes one story answer a search better than another."""

from __future__ import annotations

import pytest
from xxhash import xxh32_intdigest

from app.core.search.conditions import wanted_clauses_of
from app.core.search.facets import StorySource
from app.core.search.index import Indexable, index_terms
from app.core.search.query import Field
from app.core.search.query_parse import parse_query
from app.core.search.rank import (
    FRESH_SHARE,
    HALF_LIFE_DAYS,
    SCALE,
    RankedClause,
    Weighed,
    idf_of,
    pack_weights,
    ranked_clause,
    score,
)
from app.core.search.search import Search

DAY = 86_400_000
NOW = 40_000 * DAY
IDF = 16  # one natural logarithm
FILLER = " ".join(f"filler{n}" for n in range(300))


def packed(title: str = "", body: str = "", language: str = "en") -> bytes:
    story = Indexable(
        title=title,
        text=body,
        language=language,
        tags=(),
        authors=(),
        url=None,
        source=StorySource(id=1, domain="news.example"),
    )
    return index_terms(story).weights


def clauses(query: str, *idfs: int, field: Field = Field.TEXT) -> list[RankedClause]:
    search = Search(text=parse_query(query), field=field)
    found = wanted_clauses_of(search, ("en",))
    return [
        ranked_clause(clause, ("en",), idf)
        for clause, idf in zip(found, idfs or (IDF,) * len(found), strict=True)
    ]


def ranked(weights: bytes, query: str, *idfs: int, age_days: float = 0) -> int:
    published_ms = NOW - round(age_days * DAY)
    return score(weights, clauses(query, *idfs), published_ms=published_ms, now_ms=NOW)


def test_a_word_in_the_title_beats_one_in_the_body() -> None:
    in_title = packed("Harbour reopens after storm", "Ships may enter again")
    in_body = packed("Ships may enter again", "Harbour reopens after storm")
    assert ranked(in_title, "harbour") > ranked(in_body, "harbour") > 0


def test_a_rare_word_beats_a_common_one() -> None:
    rare, common = idf_of(5, 1000), idf_of(500, 1000)
    assert rare > common
    of_rare, of_common = packed(body="lighthouse"), packed(body="government")
    query = "lighthouse OR government"
    assert ranked(of_rare, query, rare, common) > ranked(of_common, query, rare, common)


def test_two_words_of_the_search_beat_one_of_them() -> None:
    query = "harbour OR storm"
    assert ranked(packed(body="harbour storm"), query) > ranked(packed(body="harbour calm"), query)


def test_a_word_that_comes_often_counts_more_but_ever_less_so() -> None:
    once, twice, thrice = (
        ranked(packed(body=" ".join(["harbour"] * often + ["calm"] * (9 - often))), "harbour")
        for often in (1, 2, 3)
    )
    assert once < twice < thrice
    assert thrice - twice < twice - once


def test_a_long_text_counts_less_for_the_same_words() -> None:
    short, long = packed(body="harbour reopens"), packed(body=f"harbour reopens {FILLER}")
    assert ranked(short, "harbour") > ranked(long, "harbour")


def test_a_long_title_counts_less_for_the_same_words() -> None:
    short, long = packed("Harbour reopens"), packed(f"Harbour reopens {FILLER}")
    assert ranked(short, "harbour") > ranked(long, "harbour")


def test_of_equal_words_the_more_recent_beats_the_older() -> None:
    weights = packed("Harbour reopens")
    scores = [ranked(weights, "harbour", age_days=days) for days in (0, 1, 7, 30, 300)]
    assert scores == sorted(scores, reverse=True)
    assert len(set(scores)) == len(scores)


def test_being_recent_adds_no_more_than_its_share() -> None:
    weights = packed("Harbour reopens")
    fresh = ranked(weights, "harbour")
    half = ranked(weights, "harbour", age_days=HALF_LIFE_DAYS)
    old = ranked(weights, "harbour", age_days=100_000 / 365)
    assert half == pytest.approx(fresh * (1 - FRESH_SHARE / 2), abs=1)
    assert old == pytest.approx(fresh * (1 - FRESH_SHARE), abs=1)


def test_a_time_to_come_counts_as_now() -> None:
    weights = packed("Harbour reopens")
    assert ranked(weights, "harbour", age_days=-2) == ranked(weights, "harbour")


def test_equal_bytes_score_the_same_whatever_the_order_of_their_words() -> None:
    one, other = packed(body="harbour storm calm"), packed(body="calm harbour storm")
    assert ranked(one, "harbour storm") == ranked(other, "harbour storm")
    assert packed(body="harbour storm calm") == one


def test_a_story_without_the_words_scores_nothing() -> None:
    assert ranked(packed("Harbour reopens", FILLER), "lighthouse") == 0
    assert ranked(packed(), "lighthouse") == 0


def test_a_word_counts_where_the_text_has_another_form_of_it() -> None:
    assert ranked(packed(body="harbours"), "harbour") == ranked(packed(body="harbour"), "harbour")


def test_a_phrase_counts_as_often_as_its_rarest_word() -> None:
    weights = packed(body="trade talks trade trade talks trade")
    assert ranked(weights, '"trade talks"') == ranked(weights, "talks") < ranked(weights, "trade")


def test_a_row_of_characters_counts_as_often_as_its_rarest_pair() -> None:
    weights = packed(body="港湾局 港湾 湾局 港湾", language="ja")
    assert ranked(weights, "港湾局") == ranked(weights, "湾局") < ranked(weights, "港湾")


def test_a_beginning_of_a_word_counts_once_in_the_body() -> None:
    weights = packed("Harbour", "harbour harbour")
    beginning = ranked(weights, "harb*")
    assert beginning == ranked(packed("–", "harbour calm"), "harbour")


def test_a_beginning_after_words_counts_by_the_words() -> None:
    weights = packed(body="port port harbour")
    assert ranked(weights, "port-harb*") == ranked(weights, "port") > 0


@pytest.mark.parametrize(
    ("query", "in_title", "in_body"),
    [("title:harbour", True, False), ("body:harbour", False, True), ("harbour", True, True)],
)
def test_a_word_counts_in_its_field_alone(query: str, *, in_title: bool, in_body: bool) -> None:
    assert (ranked(packed("Harbour"), query) > 0) is in_title
    assert (ranked(packed("", "Harbour"), query) > 0) is in_body


def test_a_key_is_not_found_across_two_others() -> None:
    """Keys are compared where keys begin: the end of one and the beginning of the next are none."""
    first, second = 0x44332211, 0x88776655
    across = (0x66554433).to_bytes(4, "little")
    head = (2).to_bytes(2, "little") + (0).to_bytes(2, "little") + (2).to_bytes(2, "little")
    keys = first.to_bytes(4, "little") + second.to_bytes(4, "little")
    assert across in keys
    alone = RankedClause(terms=((across,),), field=Field.TEXT, idf=IDF)
    assert score(head + keys + b"\1\1", [alone], published_ms=NOW, now_ms=NOW) == 0

    third = head.replace(b"\2", b"\3", 1) + keys + across + b"\1\1\1"
    assert score(third, [alone], published_ms=NOW, now_ms=NOW) > 0


def test_a_key_is_not_found_among_the_counts() -> None:
    counts = b"\1\1\1\1"
    head = (4).to_bytes(2, "little") + bytes(4)
    keys = b"".join(number.to_bytes(4, "little") for number in (10, 20, 30, 40))
    alone = RankedClause(terms=((counts,),), field=Field.TEXT, idf=IDF)
    assert score(head + keys + counts, [alone], published_ms=NOW, now_ms=NOW) == 0


def test_counts_are_packed_with_a_ceiling() -> None:
    """Two bits for the title and six for the body, beside one 32-bit key a term."""
    often = {"harbour": 500}
    weights = pack_weights(Weighed(length=500, counts=often), Weighed(length=100_000, counts=often))
    key = xxh32_intdigest(b"harbour").to_bytes(4, "little")
    assert weights == b"\x01\x00" + b"\xf4\x01" + b"\xff\xff" + key + b"\xff"


def test_a_story_has_no_more_keys_than_a_number_of_16_bits_counts() -> None:
    counts = {f"term{n}": 1 for n in range(70_000)}
    weights = pack_weights(Weighed(length=0, counts={}), Weighed(length=70_000, counts=counts))
    assert len(weights) == 6 + 5 * 65_535


def test_how_rare_a_clause_is_falls_with_what_is_found_and_stays_in_a_byte() -> None:
    found = [idf_of(number, 1_000_000) for number in (0, 1, 100, 10_000, 500_000, 1_000_000)]
    assert found == sorted(found, reverse=True)
    assert 0 <= found[-1] < found[0] <= 255
    assert idf_of(0, 10**9) == 255
    assert idf_of(20, 10) == idf_of(10, 10)  # counted since: more than there were


def test_scores_are_whole_numbers_in_millionths() -> None:
    value = ranked(packed(body="harbour"), "harbour")
    assert isinstance(value, int)
    assert SCALE < value < 3 * SCALE
