"""Alerts, the audit log: what is wrong and what to do, who did what."""

from __future__ import annotations

from typing import Final

from starlette.responses import Response

from app.console.visit import Visit

STATES: Final = ("standing", "ended")
AUDIT: Final = ("actor", "action", "subject", "after", "before", "cursor")


async def show(visit: Visit) -> Response:
    """GET /admin/alerts: those that stand, or those that are over."""
    asked = {
        "state": visit.asked("state") or "standing",
        "kind": visit.asked("kind"),
        "cursor": visit.asked("cursor"),
    }
    answer = await visit.api.get("/v1/admin/alerts", asked)
    return visit.render(
        "alerts.html", alerts=answer.data, page=answer.page, asked=asked, states=STATES
    )


async def audit(visit: Visit) -> Response:
    """GET /admin/audit: every act, the newest first."""
    asked = {name: visit.asked(name) for name in AUDIT}
    answer = await visit.api.get("/v1/admin/audit", {"limit": 50, **asked})
    return visit.render("audit.html", acts=answer.data, page=answer.page, asked=asked)
