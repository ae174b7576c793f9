"""People and organizations over the shared test data, where that is."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from app.core.tagging.names import find_names
from app.core.tagging.types import Taggable
from tools.tag_quality_names import gum, klue

pytestmark = pytest.mark.corpus


@pytest.mark.parametrize("title", ["", "Tillerson arrives in Tokyo"])
def test_the_kyodo_piece_names_five_people_and_an_oil_company(shared_data: Path, title: str):
    piece = (shared_data / "kyodo" / "piece.txt").read_text("utf-8")
    said = json.loads((shared_data / "kyodo" / "expected.json").read_text("utf-8"))
    found = find_names(Taggable(title=title, text=piece, language="en"))
    assert {one.name for one in found.people} == set(said["tags"]["person"])
    assert {one.name for one in found.organizations} == {
        *said["tags"]["org"],
        "Trans-Pacific Partnership",
    }
    words = {piece[span.start : span.end] for span in found.taken if span.field == "text"}
    assert {"Tillerson", "Vladimir Putin", "Trump"} <= words
    assert "Washington" not in " ".join(words)


def test_people_and_organizations_in_english_news(shared_data: Path):
    rows = {tally.name: tally.row() for tally in gum(shared_data)}
    assert rows["gum-wikinews person"]["f1"] >= 0.85
    assert rows["gum-wikinews person as marked"]["f1"] >= 0.75
    assert rows["gum-wikinews org"]["precision"] >= 0.85
    assert rows["gum-wikinews org"]["f1"] >= 0.58


def test_what_is_named_in_korean_sentences_is_mostly_right(shared_data: Path):
    people, organizations = (tally.row() for tally in klue(shared_data))
    assert people["precision"] >= 0.85
    assert people["recall"] >= 0.25
    assert organizations["precision"] >= 0.65
