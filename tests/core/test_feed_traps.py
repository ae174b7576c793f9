"""The traps of real feeds, the difference to another parser's reading, and the table of both."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conftest import SHARED_DATA
from tools import normal_form
from tools.feed_traps import Trap, traps
from tools.gofeed_goldens import CAUSES, compare

GOFEED = SHARED_DATA / "feeds" / "gofeed" / "testdata"


@pytest.fixture(scope="module")
def passed_through() -> list[Trap]:
    return list(traps())


def test_every_trap_is_passed(passed_through: list[Trap]) -> None:
    assert len(passed_through) == 13
    assert {trap.name: trap.came for trap in passed_through if not trap.passed} == {}


@pytest.mark.corpus
@pytest.mark.skipif(
    not GOFEED.is_dir(), reason=f"no test data in {GOFEED}: set COPYDESK_TEST_DATA to have it"
)
def test_every_difference_to_gofeed_is_known() -> None:
    found = compare(GOFEED)
    assert (found.files, found.unread) == (539, [])
    assert found.compared.total() > 200
    assert {(d.name, d.field) for d in found.differences} == set(CAUSES)


def test_the_table_says_what_it_leaves_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(normal_form, "line_rows", list)
    lines, good = normal_form.table(tmp_path)
    assert good
    assert sum("skipped: no test data" in line for line in lines) == 5
    assert sum("| passed | met |" in line for line in lines) == 13


def test_a_target_that_is_not_met_fails_the_table(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    failed = normal_form.Row(what="a | b", value="0", of=1, target="1", met=False)
    monkeypatch.setattr(normal_form, "sections", lambda _: iter([("Ours", [failed])]))
    lines, good = normal_form.table(tmp_path)
    assert not good
    assert lines[-1] == "| a \\| b | 0 | 1 | 1 | NOT MET |  |"
