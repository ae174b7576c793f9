"""OPML in and out."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from operator import itemgetter
from typing import Any, Final

from fastapi import APIRouter, Request
from fastapi.responses import Response
from lxml import etree

from app.api.deps import Deps, DepsDep, Reading
from app.api.feed_address import Address, keep_credentials, read_address
from app.api.feed_fields import new_feed
from app.api.replies import reply
from app.api.schemas import problems
from app.api.schemas_admin import ImportAnswer
from app.core.language import normalize_language
from app.core.urls import without_credentials
from app.errors import Conflict, Invalid
from app.store.engine import ReadSession, WriteSession
from app.store.feeds import Feed, NewFeed, add_feed, list_feeds, prepare_feeds

PREFIX: Final = "/v1/admin"
IMPORT_PATH: Final = f"{PREFIX}/feeds:import"
MAX_OPML_BYTES: Final = 8 * 1024 * 1024
BATCH: Final = 500
EXPORT_PAGE: Final = 1000
NOT_XML: Final = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

router = APIRouter(prefix=PREFIX, tags=["feeds"])


@dataclass(frozen=True, slots=True, kw_only=True)
class Outline:
    """One feed of an OPML document, as it says."""

    url: str
    title: str | None
    site_url: str | None
    language: str | None


@router.post(
    "/feeds:import",
    response_model=ImportAnswer,
    responses=problems(400, 413),
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {"text/x-opml": {"schema": {"type": "string", "format": "binary"}}},
        }
    },
)
async def import_opml(request: Request, deps: DepsDep) -> Response:
    """Add every feed of an OPML document, untried; a line for each says what became of it."""
    outlines = read_opml(await request.body())  # its length is capped by the middleware
    lines = []
    for start in range(0, len(outlines), BATCH):
        batch = outlines[start : start + BATCH]
        lines += await _add_all(deps, batch)
    deps.wake_poller()
    counts = {"added": 0, "present": 0, "refused": 0}
    for line in lines:
        counts[line["status"]] += 1
    return reply(request, {"data": lines, "meta": counts})


@router.get(
    "/feeds.opml", responses={200: {"content": {"text/x-opml": {"schema": {"type": "string"}}}}}
)
async def export_opml(session: Reading) -> Response:
    """Every feed as OPML 2.0, for any reader, or for `feeds:import` elsewhere."""
    return Response(write_opml(await _all_feeds(session)), media_type="text/x-opml")


def read_opml(body: bytes) -> list[Outline]:
    """The feeds of an OPML document; raises Invalid when it is none.

    Small faults are read over (`recover`); no entity, DTD or address in it is followed.
    """
    parser = etree.XMLParser(
        recover=True, resolve_entities=False, load_dtd=False, no_network=True, huge_tree=False
    )
    try:
        root = etree.fromstring(body, parser)
    except etree.XMLSyntaxError:
        root = None
    if root is None or etree.QName(root).localname.lower() != "opml":
        raise Invalid("the body is no OPML document: send the file as it is, as the body")
    elements = root.iter("{*}outline")
    outlines = [_outline({str(k).lower(): str(v) for k, v in e.items()}) for e in elements]
    return [outline for outline in outlines if outline.url]


def write_opml(feeds: list[Feed]) -> bytes:
    """OPML 2.0 with one outline for each feed."""
    root = etree.Element("opml", version="2.0")
    head = etree.SubElement(root, "head")
    etree.SubElement(head, "title").text = "Feeds of Copydesk"
    body = etree.SubElement(root, "body")
    for feed in feeds:
        url = without_credentials(feed.url)
        title = feed.title or feed.source.name or url
        given = {
            "type": "rss",
            "text": title,
            "title": title,
            "xmlUrl": url,
            "htmlUrl": feed.site_url,
            "language": feed.language,
        }
        attributes = {k: xml_text(v) for k, v in given.items() if v is not None}
        etree.SubElement(body, "outline", attributes)
    return etree.tostring(root, encoding="utf-8", xml_declaration=True, pretty_print=True)


def xml_text(text: str) -> str:
    """The text without the characters that XML 1.0 cannot hold."""
    return NOT_XML.sub("", text)


def _outline(attributes: dict[str, str]) -> Outline:
    return Outline(
        url=attributes.get("xmlurl", "").strip(),
        title=attributes.get("title") or attributes.get("text") or None,
        site_url=attributes.get("htmlurl") or None,
        language=normalize_language(attributes.get("language")),
    )


async def _add_all(deps: Deps, outlines: list[Outline]) -> list[dict[str, Any]]:
    """Add a batch in one transaction; a line that is refused takes no other with it.

    Added in the order of their addresses, so that two imports never wait for each other in a
    circle; told in the document's.
    """
    now = deps.clock()
    told: dict[int, dict[str, Any]] = {}
    wanted: list[tuple[str, int, NewFeed]] = []
    addresses: dict[int, Address] = {}
    for place, outline in enumerate(outlines):
        try:
            addresses[place] = read_address(outline.url, deps.sealer)
            new = _new_feed(outline, addresses[place].url)
            wanted.append((new.url, place, new))
        except Invalid as error:
            told[place] = _line(outline, "refused", detail=error.detail)
    async with deps.database.write() as session:
        await prepare_feeds(session, [new for _, _, new in wanted], now)
        for _, place, new in sorted(wanted, key=itemgetter(0, 1)):
            told[place] = line = await _add_one(session, outlines[place], new, now)
            if line["feed_id"] is not None:
                added = int(line["feed_id"])
                await keep_credentials(session, added, addresses[place], deps.sealer, now)
    return [told[place] for place in range(len(outlines))]


def _new_feed(outline: Outline, url: str) -> NewFeed:
    return new_feed(
        url,
        title=outline.title,
        site_url=outline.site_url,
        language=outline.language,
    )


async def _add_one(
    session: WriteSession, outline: Outline, new: NewFeed, now: datetime
) -> dict[str, Any]:
    try:
        added = await add_feed(session, new, now)
    except Conflict as error:
        return _line(outline, "present", detail=error.detail)
    return _line(outline, "added", feed_id=str(added))


def _line(
    outline: Outline, status: str, *, feed_id: str | None = None, detail: str | None = None
) -> dict[str, Any]:
    return {
        "url": without_credentials(outline.url),
        "title": outline.title,
        "feed_id": feed_id,
        "status": status,
        "detail": detail,
    }


async def _all_feeds(session: ReadSession) -> list[Feed]:
    found: list[Feed] = []
    while page := await list_feeds(
        session, after_id=found[-1].id if found else 0, limit=EXPORT_PAGE
    ):
        found += page
    return found
