"""The IPTC's own examples: each is read, or refused with a reason."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.core.parse.document import parse
from app.core.types import Failure, ParsedFeed, ParseFailed
from tests.conftest import SHARED_DATA

WIRE = SHARED_DATA / "wire"

pytestmark = [
    pytest.mark.corpus,
    pytest.mark.skipif(
        not WIRE.is_dir(), reason=f"no test data in {WIRE}: set COPYDESK_TEST_DATA to have it"
    ),
]

NO_STORY = ("conceptItem", "knowledgeItem", "catalogItem", "planningItem", "packageItem")


def outcomes(folder: str, pattern: str) -> dict[str, ParsedFeed | ParseFailed]:
    files = sorted(Path(WIRE / folder).rglob(pattern))
    return {
        path.relative_to(WIRE / folder).as_posix(): parse(
            path.read_bytes(), content_type=None, url="https://wire.example/feed"
        )
        for path in files
    }


def test_newsml_g2() -> None:
    found = outcomes("iptc-newsml-g2", "*.xml")
    read = {name: feed for name, feed in found.items() if isinstance(feed, ParsedFeed)}
    refused = {name: why for name, why in found.items() if isinstance(why, ParseFailed)}
    assert (len(read), len(refused)) == (11, 24)
    assert {feed.format for feed in read.values()} == {"newsml_g2"}
    for name, feed in read.items():
        assert all(entry.guid for entry in feed.entries), name
        assert all(entry.published_raw and entry.updated_raw for entry in feed.entries), name
    assert {why.kind for why in refused.values()} == {Failure.NOT_A_FEED}
    without = [w.detail for w in refused.values() if any(name in w.detail for name in NO_STORY)]
    wordless = [w.detail for w in refused.values() if "neither headline nor text" in w.detail]
    parts = [w.detail for w in refused.values() if "part of a NewsML-G2 item" in w.detail]
    assert (len(without), len(wordless), len(parts)) == (12, 7, 5)


def test_newsml_1() -> None:
    found = outcomes("iptc-ninjs", "*.xml")
    assert len(found) == 4
    assert all(isinstance(w, ParseFailed) and "NewsML 1" in w.detail for w in found.values())


def test_ninjs() -> None:
    found = outcomes("iptc-ninjs", "*.json")
    read = {name: feed for name, feed in found.items() if isinstance(feed, ParsedFeed)}
    refused = {name for name, why in found.items() if isinstance(why, ParseFailed)}
    assert refused == {
        "examples/2.1/schema-extension/extension-schema.json",  # a JSON schema
        "examples/3.0/20231005-65-addb-event.json",
        "examples/3.0/simpleEvent.json",
        "examples/3.0/tt_event_pressconference_3.0.json",
    }
    assert len(read) == 39
    for name, feed in read.items():
        assert feed.format == "ninjs", name
        assert all(entry.guid and entry.title for entry in feed.entries), name
