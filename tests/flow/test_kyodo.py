"""A wire story, wrapped in a feed and polled: one story, in normal form, found and tagged."""

from __future__ import annotations

import json
from html import escape
from pathlib import Path

import pytest

from tests.api import conftest as api
from tests.api.publisher import publisher

_work_in_process = api._work_in_process


def wrapped(piece: str) -> str:
    """The piece as the content of an entry, a paragraph each, lines within one by <br>."""
    paragraphs = [part.strip() for part in piece.split("\n\n") if part.strip()]
    body = "".join(f"<p>{escape(p, quote=False).replace(chr(10), '<br>')}</p>" for p in paragraphs)
    return (
        "<rss version='2.0' xmlns:content='http://purl.org/rss/1.0/modules/content/'><channel>"
        "<title>The Japan Times</title><link>https://www.japantimes.co.jp/</link><item>"
        "<title>Tillerson in Tokyo for talks</title><guid>tillerson-in-tokyo</guid>"
        "<link>https://www.japantimes.co.jp/news/2017/03/15/tillerson-in-tokyo/</link>"
        "<pubDate>Wed, 15 Mar 2017 09:30:00 GMT</pubDate>"
        f"<content:encoded><![CDATA[{body}]]></content:encoded></item></channel></rss>"
    )


@pytest.mark.corpus
async def test_the_piece_is_one_story_in_normal_form(migrated_url: str, shared_data: Path) -> None:
    expected = json.loads((shared_data / "kyodo" / "expected.json").read_text())
    piece = (shared_data / "kyodo" / "piece.txt").read_text()
    async with publisher() as paper, api.running(migrated_url) as service:
        paper.pages["/feed"] = wrapped(piece)
        await service.poll(paper.url())
        (story,) = await service.data("/v1/stories", include="body")
        kinds = [block["type"] for block in story["blocks"]]
        assert {kind: kinds.count(kind) for kind in set(kinds)} == expected["blocks"]
        paragraphs = [b["text"] for b in story["blocks"] if b["type"] == "paragraph"]
        assert paragraphs[0].startswith(expected["first_paragraph_starts"])
        assert paragraphs[-1].endswith(expected["last_paragraph_ends"])
        boilerplate = [b["text"] for b in story["blocks"] if b["type"] == "boilerplate"]
        for text, start in zip(boilerplate, expected["boilerplate_starts"], strict=True):
            assert text.startswith(start)
        assert story["agency"]["code"] == expected["agency"]
        assert story["language"] == expected["language"]
        assert story["published_at"] == "2017-03-15T09:30:00Z"
        assert story["source"]["name"] == "The Japan Times"
        wanted = [q.partition(" when ")[0] for q in expected["search"]["must_match"]]
        for q in [*wanted, '"north korean missile"', "tillerson"]:
            assert len(await service.titles(q=q)) == 1, q
        for q in expected["search"]["must_not_match"]:
            assert await service.titles(q=q) == [], q
        for tag in ("agency:kyodo", "agency:Kyodo", "lang:en"):
            assert len(await service.titles(tag=tag)) == 1, tag
