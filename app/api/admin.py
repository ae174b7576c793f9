"""The admin endpoint: everything under /v1/admin, behind one key check."""

from __future__ import annotations

import platform

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response

from app import __version__
from app.api import (
    activity,
    alerts,
    audit_log,
    boilerplate,
    credentials,
    discovery,
    doctor,
    feed_acts,
    feed_entries,
    feed_list,
    feeds,
    hosts,
    jobs,
    keys,
    ledgers,
    moves,
    normalize,
    opml,
    pages,
    reindex,
    replay,
    reprocess,
    rules,
    sections,
    story_kills,
    story_tags,
    tag_edits,
)
from app.api.callers import may_administer
from app.api.deps import DepsDep, Reading
from app.api.replies import reply
from app.api.schemas import problems
from app.api.schemas_status import StatusAnswer
from app.core.make import NORMAL_FORM_VERSION
from app.core.search.analyze import ANALYZER_VERSION
from app.store.migrate import schema_revision
from app.store.status import read_status

# Each router has its whole prefix: FastAPI gives metrics the path as the innermost router has it.
router = APIRouter(dependencies=[Depends(may_administer)], responses=problems(401, 403))
router.include_router(activity.router)
router.include_router(opml.router)
router.include_router(feed_list.router)
router.include_router(feeds.router)
router.include_router(feed_acts.router)
router.include_router(ledgers.router)
router.include_router(feed_entries.router)
router.include_router(credentials.router)
router.include_router(hosts.router)
router.include_router(moves.router)
router.include_router(doctor.router)
router.include_router(alerts.router)
router.include_router(discovery.router)
router.include_router(replay.router)
router.include_router(keys.router)
router.include_router(boilerplate.router)
router.include_router(rules.router)
router.include_router(tag_edits.router)
router.include_router(sections.router)
router.include_router(story_tags.router)
router.include_router(story_kills.router)
router.include_router(reindex.router)
router.include_router(reprocess.router)
router.include_router(normalize.router)
router.include_router(pages.router)
router.include_router(jobs.router)
router.include_router(audit_log.router)


@router.get("/v1/admin/status", response_model=StatusAnswer, tags=["operations"])
async def status(request: Request, session: Reading, deps: DepsDep) -> Response:
    """Feeds by health, backlog, the last hour, delay from publication, database."""
    now = deps.clock()
    found = await read_status(session, now, deps.taggers)
    revision, _ = await schema_revision(deps.database)
    data = {
        "version": __version__,
        "python": platform.python_version(),
        "now": now,
        "feeds": found.feeds,
        "due": found.due,
        "most_overdue_s": found.most_overdue_s,
        "leased": found.leased,
        "stories": found.stories,
        "last_seq": found.last_seq,
        "last_hour": {
            "polls": found.polls,
            "failures": found.failures,
            "new_stories": found.new_stories,
            "delay": {"p50_s": found.delay_p50_s, "p95_s": found.delay_p95_s},
        },
        "index": {"version": ANALYZER_VERSION, "outdated": found.outdated},
        "normal_form": {"version": NORMAL_FORM_VERSION, "outdated": found.outdated_entries},
        "tags": {"taggers": deps.taggers, "outdated": found.outdated_tags},
        "pages": found.pages,
        "database": {
            "engine": found.database,
            "version": found.database_version,
            "bytes": found.database_bytes,
            "schema_revision": revision,
        },
    }
    return reply(request, {"data": data})
