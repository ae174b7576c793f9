"""Media topics: a tree that can be climbed, with names, from a file that says whose they are."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import date

import pytest

from app.core.topics import broader, codes, topic
from tests.conftest import ROOT

FILE = ROOT / "app" / "core" / "vocab" / "mediatopics.json"


@pytest.mark.parametrize(
    ("code", "path"),
    [
        ("01000000", []),
        ("20000002", ["01000000"]),
        ("20000008", ["20000007", "20000002", "01000000"]),
        ("20000135", ["20000134", "20000111", "20000107", "20000106", "02000000"]),
        ("20000065", ["16000000"]),
        ("20000163", ["20000162", "20000160", "03000000"]),  # retired, below a retired one
        ("99999999", []),
        ("", []),
    ],
)
def test_paths_to_the_top(code: str, path: list[str]) -> None:
    assert broader(code) == tuple(path)


def test_names_in_many_languages() -> None:
    unrest = topic("20000065")
    assert unrest is not None
    assert (unrest.code, unrest.name) == ("20000065", "civil unrest")
    assert (unrest.parent, unrest.retired) == ("16000000", None)
    assert unrest.names["de"] == "Unruhen"
    assert unrest.names["sv"] == "Oroligheter"
    assert unrest.names["da"] == "civil urolighed"
    assert unrest.names["zh"] == "内乱"
    assert "nn" not in unrest.names


def test_a_name_that_is_the_english_one_is_not_said_again() -> None:
    animation = topic("20000003")
    assert animation is not None
    assert (animation.name, animation.names["fr"]) == ("animation", "Dessin animé")
    assert "de" not in animation.names


def test_retired_topics_are_known_and_say_since_when() -> None:
    retired = topic("20000064")
    assert retired is not None
    assert (retired.name, retired.retired) == ("war crime action", date(2016, 4, 5))
    assert retired.names == {}


@pytest.mark.parametrize("code", ["99999999", "2000006", "", "medtop:20000065", "topics"])
def test_what_is_no_topic(code: str) -> None:
    assert topic(code) is None


def test_the_tree_holds_together() -> None:
    found = {code: topic(code) for code in codes()}
    assert len(found) == 1387
    tops = [code for code, of in found.items() if of is not None and of.parent is None]
    assert sorted(tops) == [f"{number:02}000000" for number in range(1, 18)]
    for code, of in found.items():
        assert of is not None
        assert len(code) == 8
        assert code.isdecimal()
        assert of.name
        assert all(of.names.values())
        assert of.parent is None or of.parent in found, code


def test_no_topic_is_above_itself() -> None:
    parents = {code: of.parent for code in codes() if (of := topic(code))}
    for code, parent in parents.items():
        path: list[str] = []
        above = parent
        while above is not None:
            assert above not in (code, *path), code
            path.append(above)
            above = parents[above]
        assert broader(code) == tuple(path)


def test_the_file_is_small_and_says_whose_it_is() -> None:
    document = json.loads(FILE.read_text("utf-8"))
    assert FILE.stat().st_size <= 200_000
    assert "International Press Telecommunications Council" in document["copyright"]
    assert document["license"].startswith("CC BY 4.0")
    assert document["edition"] == "2025-03-31"
    assert "IPTC" in (ROOT / "README.md").read_text("utf-8")


def test_nothing_is_read_before_a_topic_is_asked_for() -> None:
    probe = (
        "import sys; opened = []; sys.addaudithook(lambda event, args: opened.append(args[0])"
        " if event == 'open' and 'mediatopics' in str(args[0]) else None);"
        "from app.core import tag, topics; before = len(opened); topics.topic('01000000');"
        "print(before, len(opened))"
    )
    done = subprocess.run(
        [sys.executable, "-c", probe], cwd=ROOT, check=True, capture_output=True, text=True
    )
    assert done.stdout.split() == ["0", "1"]
