"""Reprints are found and other stories are not: on made-up texts, and on the test data."""

from __future__ import annotations

import random
from collections.abc import Iterator

import pytest

from bench import cluster_quality
from bench.cluster_quality import ARTICLES, EXCUSED, Labelled, failures, measure
from bench.corpus import Corpus
from bench.reprints import EDITS, Text
from bench.templates import TEMPLATES, filled
from tests.conftest import SHARED_DATA


def made_up() -> Iterator[Labelled]:
    """Stories of a made-up corpus, and reports of every template."""
    chance = random.Random(1)
    corpus = Corpus(total=200)
    for number in range(60):
        _, story = corpus.story(number)
        if story.language == "en":
            told = Text(title=story.title, text=story.text)
            yield from cluster_quality.edited(("en", number), told, EDITS, "en", chance)
    for name, template in TEMPLATES.items():
        edits = {edit: EDITS[edit] for edit in ("headline changed", "boilerplate added")}
        for number in range(8):
            group = (f"template {name}", number)
            told = filled(name, chance)
            yield from cluster_quality.edited(group, told, edits, template.language, chance)


def test_reprints_of_made_up_stories_are_found_and_reports_told_apart() -> None:
    measured = measure(list(made_up()))
    assert failures(measured) == []
    assert len(measured.copies) > len(EDITS) - len(EXCUSED)
    assert measured.right.total() > 500


@pytest.mark.skipif(
    not ARTICLES.is_file(),
    reason=f"no test data in {SHARED_DATA}: set COPYDESK_TEST_DATA to have it",
)
def test_reprints_of_the_test_data_are_found_and_nothing_else() -> None:
    measured = measure(list(cluster_quality.versions(30, random.Random(2), reports=5)))
    assert failures(measured) == []
    assert all(measured.found[kind] == 1 for kind in measured.copies if kind[0] == "kyodo")
