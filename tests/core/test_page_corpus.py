"""Articles taken from real pages, measured as their benchmarks do."""

from __future__ import annotations

import pytest

from tests.conftest import SHARED_DATA
from tools.full_text import f1, measure, score

ARTICLES = SHARED_DATA / "articles"


def test_the_measure_is_the_benchmarks():
    """Shingles of four words; each page weighs the same, whatever its length."""
    same = score("one two three four five", "One two three four five")
    assert (same.right, same.wrong, same.missed) == (1, 1, 1)
    assert f1([score("a b c d", "a b c d"), score("a b c d", "")]) == (1.0, 0.5, 2 / 3)
    assert f1([score("", ""), score("a", "a")]) == (1.0, 1.0, 1.0)


@pytest.mark.skipif(
    not ARTICLES.is_dir(), reason=f"no test data in {ARTICLES}: set COPYDESK_TEST_DATA to have it"
)
def test_full_text_of_the_shared_pages():
    rows = {row.name: row for row in measure(ARTICLES)}
    assert rows["full text: F1"].of == 181
    assert rows["full text: F1"].value >= 0.96
    assert rows["full text: F1 on fundus"].value >= 0.94
    assert rows["full text: pages taken"].value >= 0.95
    assert rows["page's date"].value >= 0.98
    assert rows["page's title"].value >= 0.85
    assert rows["page's authors"].value >= 0.8


def test_without_them_nothing_is_measured(tmp_path):
    assert measure(tmp_path) == []
