"""Which words of a text are new in another, and which are gone."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.core import word_diff as module
from app.core.word_diff import Piece, word_diff

WORDS = st.lists(st.sampled_from(["a", "b", "c", "the", "港", "湾", ",", "\n\n"]), max_size=60)
TEXTS = st.one_of(WORDS.map(" ".join), WORDS.map("".join), st.text(max_size=60))


def shown(pieces: tuple[Piece, ...]) -> str:
    marks = {"same": "{}", "removed": "[-{}-]", "added": "[+{}+]"}
    return "".join(marks[piece.kind].format(piece.text) for piece in pieces)


@pytest.mark.parametrize(
    ("before", "after", "diff"),
    [
        ("", "", ""),
        ("The ferry is late.", "The ferry is late.", "The ferry is late."),
        ("", "The ferry", "[+The ferry+]"),
        ("The ferry", "", "[-The ferry-]"),
        ("The ferry", "The ferry is late.", "The ferry[+ is late.+]"),
        ("Ten are missing", "Twelve are missing", "[-Ten-][+Twelve+] are missing"),
        ("It sank, they say, on Monday", "It sank on Monday", "It sank[-, they say,-] on Monday"),
        ("東京の市長は月曜日", "東京の知事は火曜日", "東京の[-市長-][+知事+]は[-月-][+火+]曜日"),
        (
            "시장은 월요일에 말했다",
            "시장은 화요일에 말했다",
            "시장은 [-월요일에-][+화요일에+] 말했다",
        ),
    ],
)
def test_the_words_that_differ_are_shown_where_they_stand(
    before: str, after: str, diff: str
) -> None:
    assert shown(word_diff(before, after)) == diff


def test_a_space_or_a_comma_between_two_changes_belongs_to_both() -> None:
    pieces = word_diff("on Monday, noon it sank", "by Friday, night it sank")
    assert shown(pieces) == "[-on Monday, noon-][+by Friday, night+] it sank"


@pytest.mark.parametrize(
    ("before", "after", "diff"),
    [
        ("One. Two.", "One. More. Two.", "One.[+ More.+] Two."),
        ("One. More. Two.", "One. Two.", "One.[- More.-] Two."),
        (
            "He left at noon with a book.",
            "He left at ten with a book.\n\nThey stayed at home.",
            "He left at [-noon-][+ten+] with a book.[+\n\nThey stayed at home.+]",
        ),
    ],
)
def test_what_is_more_begins_with_its_sentence(before: str, after: str, diff: str) -> None:
    assert shown(word_diff(before, after)) == diff


def test_a_paragraph_that_moved_is_removed_here_and_added_there() -> None:
    first, second = (" ".join(f"{name}{n}" for n in range(30)) for name in "xy")
    pieces = word_diff(f"{first} {second} end", f"{second} {first} end")
    kept = "".join(piece.text for piece in pieces if piece.kind == "same")
    assert kept.strip() in (f"{first} end", f"{second} end")


@given(TEXTS, TEXTS)
def test_pieces_are_both_texts_to_the_letter(before: str, after: str) -> None:
    pieces = word_diff(before, after)
    assert "".join(p.text for p in pieces if p.kind != "added") == before
    assert "".join(p.text for p in pieces if p.kind != "removed") == after
    assert all(piece.text for piece in pieces)
    assert all(one.kind != other.kind for one, other in pairwise(pieces))


@given(WORDS, WORDS)
@settings(max_examples=50)
def test_no_more_words_are_changed_than_must_be(before: list[str], after: list[str]) -> None:
    """Short texts have no anchors: what is the same is a longest common subsequence."""
    old, new = ([w for w in words if w.isalpha()] for words in (before, after))
    best = [[0] * (len(new) + 1) for _ in range(len(old) + 1)]
    for i, one in enumerate(old):
        for j, other in enumerate(new):
            best[i + 1][j + 1] = (
                best[i][j] + 1 if one == other else max(best[i][j + 1], best[i + 1][j])
            )
    runs = module._Alignment(old, new)._between(0, len(old), 0, len(new), ())
    assert sum(run.length for run in runs) == best[-1][-1]


def test_what_takes_too_long_is_shown_as_rewritten(monkeypatch: pytest.MonkeyPatch) -> None:
    words = ["a", "b", "c", "d", "e", "a", "c"] * 20
    before, after = " ".join(words), " ".join(words[::2])
    assert any(piece.kind == "same" for piece in word_diff(before, after)[1:-1])
    monkeypatch.setattr(module, "BUDGET", 0)
    kinds = [piece.kind for piece in word_diff(f"head {before} tail", f"head {after} tail")]
    assert kinds == ["same", "removed", "added", "same"]


def test_a_change_in_a_long_text_is_found_by_its_surroundings(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "BUDGET", 5000)  # enough for the gaps, not for the whole
    words = [f"w{n % 4000}" for n in range(20_000)]
    before = [f"{word}.{n // 4000}" for n, word in enumerate(words)]
    after = list(before)
    after[10_000] = "changed"
    del after[15_000]
    pieces = word_diff(" ".join(before), " ".join(after))
    assert [piece.kind for piece in pieces] == [
        "same",
        "removed",
        "added",
        "same",
        "removed",
        "same",
    ]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("甲乙丙丁戊", "甲乙丙丁子丑寅卯辰巳乙丙丁戊"),
        ("甲乙丙丁子丑寅卯辰巳乙丙丁戊", "甲乙丙丁戊"),
    ],
)
def test_places_that_overlap_in_one_of_the_texts_are_taken_once(before: str, after: str) -> None:
    """Both 甲乙丙丁 and 乙丙丁戊 stand once in either text, but apart in one of them."""
    pieces = word_diff(f"首{before}末", f"尾{after}先")
    assert "".join(p.text for p in pieces if p.kind != "added") == f"首{before}末"
    assert "甲乙丙丁" in [p.text for p in pieces if p.kind == "same"]


def test_what_differs_too_much_is_shown_as_rewritten(monkeypatch: pytest.MonkeyPatch) -> None:
    before, after = "a b c d e f g", "a x c y e z g"
    assert shown(word_diff(before, after)) == "a [-b-][+x+] c [-d-][+y+] e [-f-][+z+] g"
    monkeypatch.setattr(module, "MAX_EDITS", 3)
    assert shown(word_diff(before, after)) == "a [-b c d e f-][+x c y e z+] g"
