"""For the machines around the service: is it alive, is it ready, how does it do."""

from __future__ import annotations

import asyncio
from typing import Final

import structlog
from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from app.api.callers import may_read
from app.api.deps import DepsDep
from app.api.gauges import database_gauges
from app.api.replies import reply
from app.api.schemas import problems
from app.errors import Unavailable
from app.store.changes import last_seq
from app.store.engine import DATABASE_FAULTS
from app.store.figures import read_figures

log = structlog.get_logger()

READY_TIMEOUT_S: Final = 5.0

router = APIRouter(tags=["operations"])
metrics_router = APIRouter(tags=["operations"], dependencies=[Depends(may_read)])


@router.get("/healthz")
async def healthz(request: Request) -> Response:
    """200 while the process runs and its loop turns."""
    return reply(request, {"status": "alive"})


@router.get("/readyz", responses=problems(503))
async def readyz(request: Request, deps: DepsDep) -> Response:
    """200 while requests should be sent here: the database answers, and no stop has begun."""
    if deps.is_draining():
        raise Unavailable("the service is stopping: send requests elsewhere")
    try:
        async with asyncio.timeout(READY_TIMEOUT_S), deps.database.read() as session:
            await last_seq(session)
    except (*DATABASE_FAULTS, TimeoutError):
        raise Unavailable("the database does not answer") from None
    return reply(request, {"status": "ready"})


@metrics_router.get("/metrics", responses={200: {"content": {"text/plain": {}}}, **problems(401)})
async def metrics(deps: DepsDep) -> Response:
    """Prometheus metrics of this process, and of the database; needs a key wherever reading does.

    While the database does not answer, those of it are left out.
    """
    figures = None
    try:
        async with asyncio.timeout(READY_TIMEOUT_S), deps.database.read() as session:
            figures = await read_figures(session)
    except (*DATABASE_FAULTS, TimeoutError):
        log.warning("database_not_counted")
    of_all = database_gauges(figures, deps.disk_free())
    told = generate_latest(deps.registry) + generate_latest(of_all)
    return Response(told, media_type=CONTENT_TYPE_LATEST)
