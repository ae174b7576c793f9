"""Places in the shared test data: the Kyodo piece in full, and how well over marked texts."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from app.core.tagging.places import find_places
from app.core.tagging.types import Taggable
from tools.tag_quality_places import rows

pytestmark = pytest.mark.corpus


def test_the_kyodo_piece(shared_data: Path):
    piece = (shared_data / "kyodo" / "piece.txt").read_text("utf-8")
    expected = json.loads((shared_data / "kyodo" / "expected.json").read_text("utf-8"))
    found = find_places(Taggable(title="", text=piece, language="en"), ())
    names = {one.name for one in found}
    assert set(expected["tags"]["place"]) <= names
    codes = {one.code for one in found}
    assert codes & {"sea-of-japan", "south-china-sea", "east-china-sea", "washington"} == {
        "sea-of-japan", "south-china-sea", "east-china-sea", "washington",
    }  # fmt: skip
    assert "washington-state" not in codes
    assert "Trump" not in names
    assert not [one for one in found if one.inferred]


def test_places_are_found_as_well_as_promised(shared_data: Path):
    measured = {row.name: row for row in rows(shared_data)}
    assert measured["places, English"].f1 >= 0.90
    assert measured["places, Korean"].f1 >= 0.90
