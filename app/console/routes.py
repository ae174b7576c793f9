"""The addresses of the console."""

from __future__ import annotations

from importlib.resources import files

from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from app.console import (
    alerts,
    jobs,
    keys,
    overview,
    push,
    session,
)
from app.console.feed_routes import feed_routes
from app.console.guard import act, page
from app.console.render import STATIC
from app.console.story_routes import story_routes


def console_routes() -> list[BaseRoute]:
    """Everything under /admin; `app.state.console` holds what the pages work with."""
    return [
        Mount(STATIC, StaticFiles(directory=str(files("app.console") / "static"))),
        Route("/admin/login", session.log_in, methods=["POST"]),
        Route("/admin/welcome", session.welcome, methods=["GET"]),
        act("/admin/logout", session.log_out),
        act("/admin/theme", session.set_theme),
        page("/admin", overview.show),
        page("/admin/health", overview.health),
        *story_routes(),
        page("/admin/push", push.show),
        page("/admin/push/searches/{search_id}", push.search),
        act("/admin/push/searches/{search_id}/remove", push.remove_search),
        act("/admin/push/webhooks", push.add_webhook),
        page("/admin/push/webhooks/{webhook_id}", push.webhook),
        act("/admin/push/webhooks/{webhook_id}/test", push.try_webhook),
        act("/admin/push/webhooks/{webhook_id}/pause", push.pause),
        act("/admin/push/webhooks/{webhook_id}/resume", push.resume),
        act("/admin/push/webhooks/{webhook_id}/rotate", push.rotate),
        act("/admin/push/webhooks/{webhook_id}/redeliver", push.redeliver),
        act("/admin/push/webhooks/{webhook_id}/remove", push.remove_webhook),
        page("/admin/keys", keys.show),
        act("/admin/keys", keys.create),
        act("/admin/keys/{key_id}/rate", keys.change),
        act("/admin/keys/{key_id}/revoke", keys.revoke),
        page("/admin/jobs", jobs.show),
        act("/admin/jobs", jobs.start),
        page("/admin/jobs/{job_id}", jobs.one),
        act("/admin/jobs/{job_id}/stop", jobs.stop),
        act("/admin/jobs/{job_id}/retry", jobs.retry),
        page("/admin/alerts", alerts.show),
        page("/admin/audit", alerts.audit),
        *feed_routes(),
        page("/admin/{rest:path}", overview.nowhere),  # the last one: what no other route has
    ]
