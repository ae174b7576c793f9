"""Lists of feeds in and out; a document from outside does nothing but name feeds."""

from __future__ import annotations

import asyncio
import random
import string
import time
from pathlib import Path

import pytest
from lxml import etree
from sqlalchemy import text

from app.api.opml import read_opml
from app.api.schemas_admin import ImportAnswer
from app.errors import Invalid
from tests.api.conftest import Api
from tests.databases import on_both

IMPORT = "/v1/admin/feeds:import"
LIST = """<?xml version="1.0" encoding="utf-8"?>
<opml version="1.0"><head><title>Mine</title></head><body>
 <outline text="Ports">
  <outline type="rss" text="港のニュース" xmlUrl="https://harbour.example/feed.xml"
    htmlUrl="https://harbour.example/" language="ja-JP"/>
  <outline type="rss" title="Inland" XMLURL=" https://inland.example/rss#top "/>
 </outline>
 <outline text="Inland again" xmlUrl="https://inland.example/rss"/>
 <outline text="No feed" xmlUrl="ftp://old.example/"/>
 <outline text="A trap" xmlUrl="https://trap.example/rss" htmlUrl="javascript:alert(1)"/>
</body></opml>"""


async def test_each_line_tells_what_became_of_it(api: Api):
    answer = await api.admin.post(IMPORT, content=LIST.encode())
    assert answer.status_code == 200, answer.text
    lines = ImportAnswer.model_validate_json(answer.content)
    assert lines.meta == {"added": 3, "present": 1, "refused": 1}
    assert [line.status for line in lines.data] == [
        "added", "added", "present", "refused", "added"
    ]  # fmt: skip
    assert lines.data[2].detail is not None
    assert "there already" in lines.data[2].detail
    assert "http" in (lines.data[3].detail or "")
    feeds = (await api.admin.get("/v1/admin/feeds")).json()["data"]
    assert [(f["url"], f["title"], f["language"], f["site_url"]) for f in feeds] == [
        ("https://harbour.example/feed.xml", "港のニュース", "ja", "https://harbour.example/"),
        ("https://inland.example/rss", "Inland", None, None),
        ("https://trap.example/rss", "A trap", None, None),
    ]
    again = await api.admin.post(IMPORT, content=LIST.encode())
    assert again.json()["meta"] == {"added": 0, "present": 4, "refused": 1}


async def test_what_goes_out_comes_in_elsewhere(api: Api):
    await api.admin.post(IMPORT, content=LIST.encode())
    odd = {"title": 'Q&A <"daily"> 😀', "language": "en", "site_url": "https://qa.example/"}
    await api.add_feed("https://qa.example/rss?a=1&b=2", **odd)
    before = (await api.admin.get("/v1/admin/feeds")).json()["data"]
    answer = await api.admin.get("/v1/admin/feeds.opml")
    assert answer.headers["content-type"].startswith("text/x-opml")
    for feed in before:
        await api.admin.delete(f"/v1/admin/feeds/{feed['id']}")
    back = await api.admin.post(IMPORT, content=answer.content)
    assert back.json()["meta"] == {"added": 4, "present": 0, "refused": 0}
    after = (await api.admin.get("/v1/admin/feeds")).json()["data"]
    same = ("url", "title", "language", "site_url")
    assert sorted([f[name] for name in same] for f in after) == sorted(
        [f[name] for name in same] for f in before
    )


@on_both
async def test_an_address_too_long_for_the_index_is_one_refused_line(api: Api):
    chance = random.Random(7)  # what repeats could be compressed
    letters = "".join(chance.choices(string.ascii_letters + string.digits, k=3500))
    written = "".join(chance.choices("海港船灯台風雨雪", k=400))  # nine characters each, as %XX
    lines = "".join(
        f"<outline xmlUrl='https://{place}'/>"
        for place in ("a.example/", f"b.example/{letters}", f"c.example/{written}", "d.example/")
    )
    answer = await api.admin.post(
        IMPORT, content=f"<opml version='2.0'><body>{lines}</body></opml>".encode()
    )
    assert [line["status"] for line in answer.json()["data"]] == [
        "added", "refused", "refused", "added"
    ]  # fmt: skip
    one = await api.admin.post(
        "/v1/admin/feeds", json={"url": f"https://c.example/{written}", "probe": False}
    )
    assert one.status_code == 400


@on_both
async def test_imports_at_once_do_not_lock_up(api: Api):
    """Whatever the order of their lines, hosts and sites."""

    def document(places: list[int]) -> bytes:
        lines = "".join(
            f"<outline xmlUrl='https://h{n % 7}.example/{n}' htmlUrl='https://s{n % 11}.example/'/>"
            for n in places
        )
        return f"<opml version='2.0'><body>{lines}</body></opml>".encode()

    chance = random.Random(7)
    orders = [chance.sample(range(n % 2, 100 + n % 2), 100) for n in range(4)]
    answers = await asyncio.gather(
        *(api.admin.post(IMPORT, content=document(places)) for places in orders)
    )
    assert [answer.status_code for answer in answers] == [200] * 4
    assert sum(answer.json()["meta"]["added"] for answer in answers) == 101
    for places, answer in zip(orders, answers, strict=True):
        told = [line["url"].rpartition("/")[2] for line in answer.json()["data"]]
        assert told == [str(n) for n in places]


async def test_what_xml_cannot_hold_is_left_out(api: Api):
    await api.add_feed("https://news.example/rss")
    async with api.service.database.write() as session:  # as a feed's own words may be
        await session.execute(
            text(
                "UPDATE feeds SET title = 'Tide' || char(1) || 's',"
                " site_url = 'https://news.example/' || char(8)"
            )
        )
    exported = await api.admin.get("/v1/admin/feeds.opml")
    assert exported.status_code == 200
    outline = etree.fromstring(exported.content).find(".//outline")
    assert outline is not None
    assert (outline.get("title"), outline.get("htmlUrl")) == ("Tides", "https://news.example/")


@pytest.mark.parametrize(
    "body",
    [b"", b"not xml", b"<rss version='2.0'/>", b"<html><body>Sign in</body></html>", b'{"a":1}',
     b"\x00\x01\x02", b"<?xml version='1.0'?>"],
)  # fmt: skip
async def test_what_is_no_opml_is_refused(api: Api, body: bytes):
    answer = await api.admin.post(IMPORT, content=body)
    assert answer.status_code == 400
    assert "no OPML document" in answer.json()["detail"]


async def test_a_damaged_list_gives_what_can_be_read(api: Api):
    damaged = LIST.replace("Inland again", "R&D").replace("</body></opml>", "")
    answer = await api.admin.post(IMPORT, content=damaged.encode())
    assert answer.json()["meta"]["added"] == 3


def outline(url: str) -> str:
    return f"<opml version='2.0'><body><outline text='x' xmlUrl='{url}'/></body></opml>"


def file_entity(tmp_path: Path) -> tuple[str, str]:
    """A document whose text is another file's, and what stands in there."""
    secret = tmp_path / "secret"
    secret.write_text("the-secret")
    doctype = f"<!DOCTYPE opml [<!ENTITY f SYSTEM '{secret.as_uri()}'>]>"
    return f"{doctype}<opml version='2.0'><head>&f;</head><body/></opml>", "the-secret"


def dtd(tmp_path: Path) -> str:
    """A document whose address stands in a file beside it."""
    outside = tmp_path / "outside.dtd"
    outside.write_text("<!ENTITY u 'https://from-the-dtd.example/rss'>")
    return f"<!DOCTYPE opml SYSTEM '{outside.as_uri()}'>" + outline("&u;")


def test_no_file_is_read_for_a_list(tmp_path: Path):
    document, secret = file_entity(tmp_path)
    careless = etree.XMLParser(resolve_entities=True, load_dtd=True, no_network=False)
    assert secret in etree.tostring(etree.fromstring(document, careless), encoding="unicode")
    assert read_opml(document.encode()) == []
    expanded = etree.fromstring(dtd(tmp_path), careless).find(".//outline")
    assert expanded is not None
    assert expanded.get("xmlUrl") == "https://from-the-dtd.example/rss"
    assert [o.url for o in read_opml(dtd(tmp_path).encode())] == []


def bomb(levels: int) -> str:
    entities = "<!ENTITY e0 'ha'>" + "".join(
        f"<!ENTITY e{n} '{f'&e{n - 1};' * 10}'>" for n in range(1, levels)
    )
    return f"<!DOCTYPE opml [{entities}]>" + outline(f"https://x.example/&e{levels - 1};")


def test_entities_are_not_blown_up():
    careless = etree.XMLParser(resolve_entities=True)
    blown = etree.fromstring(bomb(5), careless).find(".//outline")
    assert blown is not None
    assert len(blown.get("xmlUrl") or "") > 20_000 > 10 * len(bomb(5))
    started = time.process_time()
    try:
        outlines = read_opml(bomb(12).encode())
    except Invalid:
        outlines = []
    assert sum(len(o.url) for o in outlines) < 10_000
    assert time.process_time() - started < 2


async def test_a_bomb_over_http(api: Api):
    for document in (bomb(6), bomb(12)):
        answer = await api.admin.post(IMPORT, content=document.encode())
        assert answer.status_code in (200, 400)
        assert len(answer.content) < 10_000
    assert (await api.admin.get("/v1/admin/feeds")).json()["data"] == []


async def test_a_long_list(api: Api):
    """More than one transaction takes, in one request."""
    lines = "".join(f"<outline xmlUrl='https://n{n}.example/rss'/>" for n in range(1203))
    answer = await api.admin.post(
        f"{IMPORT}?job=false", content=f"<opml version='2.0'><body>{lines}</body></opml>".encode()
    )
    assert answer.json()["meta"] == {"added": 1203, "present": 0, "refused": 0}
    exported = await api.admin.get("/v1/admin/feeds.opml")
    assert exported.text.count("<outline ") == 1203
