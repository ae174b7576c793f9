"""spaCy's model, where the extra `nlp` is installed: `make nlp-check`."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from app.core.kept import KeptEntry, pack_entry
from app.core.make import Making, make_again, taggers_of
from app.core.search.facets import StorySource
from app.core.story import FeedContext, TagBy
from app.ingest.english_model import NAME, START, EnglishModel, is_installed
from app.ingest.offload import Offload
from app.settings import load_settings
from tests.plans import NOW, entry

pytestmark = [
    pytest.mark.nlp,
    pytest.mark.skipif(not is_installed(), reason="the extra nlp is not installed"),
]
MB = 1024 * 1024
TEXT = "A photograph shows Kjersti Vollan on the quay. Nobody else was there when the ferry sailed."
"""Of nobody: no rule takes the name for one, since nothing around it says so."""


def making(body: str) -> Making:
    context = FeedContext(feed_url="https://news.example/rss", language="en")
    kept = KeptEntry(entry=entry("a", body=body), context=context, first_seen=NOW)
    return Making(entry=pack_entry(kept), source=StorySource(id=1, domain="news.example"))


@pytest.fixture(scope="module")
def model() -> EnglishModel:
    return EnglishModel()


@pytest.fixture
async def pool() -> AsyncIterator[Offload]:
    """One worker with the least memory that the setting takes."""
    async with Offload(1, 30, 256 * MB, 60.0, begin=START) as offload:
        yield offload


def test_it_tells_people_and_organizations_and_nothing_else(model: EnglishModel) -> None:
    text = "On Monday Angela Whitfield of Reuters went to Tokyo for $5."
    said = {(text[m.start : m.end], m.kind) for m in model.read(text)}
    assert ("Angela Whitfield", "person") in said
    assert {kind for _, kind in said} <= {"person", "org"}
    assert not {"Monday", "Tokyo", "$5"} & {name for name, _ in said}


def test_it_says_the_same_again_and_forgets_the_words_it_met(model: EnglishModel) -> None:
    strings = len(model._read.vocab.strings)
    texts = [f"Then Wxq{n}aa Vbnz{n}oo spoke to the crew." for n in range(50)]
    first = [model.read(text) for text in texts]
    assert [model.read(text) for text in texts] == first
    assert len(model._read.vocab.strings) == strings


async def test_workers_make_stories_with_it_and_say_so(pool: Offload) -> None:
    story = making(TEXT)
    (made,) = await pool.run(make_again, [story])
    assert made.taggers == taggers_of(NAME)
    tags = {tag.qcode: tag for tag in made.story.tags}
    assert tags["person:kjersti-vollan"].by is TagBy.MODEL
    (without,) = make_again([story])
    assert without.taggers == taggers_of(None)
    assert "person:kjersti-vollan" not in {tag.qcode for tag in without.story.tags}


async def test_a_long_story_fits_into_the_least_memory_of_a_worker(pool: Offload) -> None:
    made = await pool.run(make_again, [making(f"{TEXT} " * 2000)] * 3)
    assert [one.taggers for one in made] == [taggers_of(NAME)] * 3


def test_the_setting_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COPYDESK_NLP", "on")
    assert load_settings().nlp
