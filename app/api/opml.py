"""OPML in and out."""

from __future__ import annotations

import re
from typing import Annotated, Final

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response
from lxml import etree

from app.api.auditing import Audit, Auditor
from app.api.deps import Deps, DepsDep, Reading
from app.api.importing import KIND, Outline, add_outlines, counts_of, kept_line
from app.api.jobs import job_reply, job_shape
from app.api.replies import reply
from app.api.schemas import problems
from app.api.schemas_admin import ImportAnswer
from app.api.schemas_jobs import JobAnswer
from app.core.language import normalize_language
from app.core.urls import without_credentials
from app.errors import Invalid
from app.store.engine import ReadSession
from app.store.feed_list import list_feeds
from app.store.feeds import Feed
from app.store.jobs import Job, add_job, add_lines

PREFIX: Final = "/v1/admin"
IMPORT_PATH: Final = f"{PREFIX}/feeds:import"
MAX_OPML_BYTES: Final = 8 * 1024 * 1024
BATCH: Final = 500
MAX_AT_ONCE: Final = 1_000
"""Feeds that are added within one request: more would keep its caller waiting."""

EXPORT_PAGE: Final = 1000
NOT_XML: Final = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

router = APIRouter(prefix=PREFIX, tags=["feeds"])


@router.post(
    "/feeds:import",
    response_model=ImportAnswer,
    responses={**problems(400, 413), 202: {"model": JobAnswer}},
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {"text/x-opml": {"schema": {"type": "string", "format": "binary"}}},
        }
    },
)
async def import_opml(
    request: Request,
    deps: DepsDep,
    audit: Audit,
    *,
    job: Annotated[
        bool | None,
        Query(description="As a job; by default where there are more than 1,000 feeds."),
    ] = None,
) -> Response:
    """Add every feed of an OPML document, untried; a line for each says what became of it.

    As a job it is answered by 202 with the job, whose `lines` say that.
    """
    outlines = read_opml(await request.body())  # its length is capped by the middleware
    if job or (job is None and len(outlines) > MAX_AT_ONCE):
        return job_reply(request, await _begin_job(deps, audit, outlines), status=202)
    lines = []
    for start in range(0, len(outlines), BATCH):
        async with deps.database.write() as session:
            batch = outlines[start : start + BATCH]
            lines += await add_outlines(session, batch, deps.sealer, deps.clock())
            if start + BATCH >= len(outlines):
                await audit(session, "feeds.import", "feeds", after=counts_of(lines))
    deps.wake_poller()
    return reply(request, {"data": lines, "meta": counts_of(lines)})


async def _begin_job(deps: Deps, audit: Auditor, outlines: list[Outline]) -> Job:
    lines = [kept_line(outline, deps.sealer) for outline in outlines]
    now, total = deps.clock(), len(lines)
    async with deps.database.write() as session:
        job = await add_job(
            session, KIND, {}, actor=audit.actor.name, at=now, total=total, alone=False
        )
        await add_lines(session, job.id, lines)
        await audit(session, "feeds.import", f"job:{job.id}", after=job_shape(job))
    deps.wake_jobs()
    return job


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


async def _all_feeds(session: ReadSession) -> list[Feed]:
    found: list[Feed] = []
    after = None
    while page := await list_feeds(session, after=after, limit=EXPORT_PAGE):
        found += [each.feed for each in page]
        after = page[-1].place
    return found
