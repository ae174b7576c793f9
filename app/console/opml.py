"""Lists of feeds taken in: a file or a pasted text, and what became of each line."""

from __future__ import annotations

from typing import Final

from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.responses import Response

from app.console.feeds import PATH
from app.console.inside import Refused
from app.console.visit import Visit

IMPORT: Final = "/admin/feeds/import"
MAX_BYTES: Final = 8 * 1024 * 1024
"""Of a list, as the API has it."""

MAX_FORM_BYTES: Final = MAX_BYTES + 64 * 1024
"""With what a browser puts around it."""

BEGUN: Final = 202


async def show(visit: Visit) -> Response:
    """GET /admin/feeds/import."""
    return visit.render("opml.html", lines=None, wrong=None)


async def take(visit: Visit) -> Response:
    """POST /admin/feeds/import: done at once, or a long list by a job that is watched."""
    try:
        content = await _content(visit)
        if not content.strip():
            raise EMPTY
        answer = await visit.api.call(
            "POST",
            f"{PATH}:import",
            content=content,
            headers={"Content-Type": "text/x-opml"},
            timeout=None,
        )
    except Refused as problem:
        return visit.render("opml.html", code=problem.status, lines=None, wrong=problem)
    if answer.status == BEGUN:
        return visit.go(
            f"/admin/jobs/{answer.data['id']}", said="The list is taken in line by line."
        )
    return visit.render("opml.html", lines=answer.data, meta=answer.meta, wrong=None)


EMPTY: Final = Refused(
    400,
    {
        "code": "invalid",
        "title": "Nothing to take in",
        "detail": "there was no file and no text: choose an OPML file, or paste what is in one",
    },
)


async def _content(visit: Visit) -> bytes:
    """The file, or else the text."""
    try:
        async with visit.request.form(max_part_size=MAX_BYTES) as form:
            given = form.get("file")
            content = await given.read() if isinstance(given, UploadFile) else b""
            return content or str(form.get("text", "")).encode()
    except HTTPException as error:  # too large for us, or no form
        problem = {"title": "Not taken in", "detail": f"{error.detail}: split the list"}
        raise Refused(error.status_code, problem) from error
