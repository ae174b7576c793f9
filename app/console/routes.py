"""The addresses of the console."""

from __future__ import annotations

from importlib.resources import files

from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from app.console import (
    alerts,
    boilerplate,
    clusters,
    jobs,
    keys,
    overview,
    push,
    rules,
    session,
    stories,
    story,
    tags,
)
from app.console.guard import act, page
from app.console.render import STATIC


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
        page("/admin/stories", stories.search),
        act("/admin/stories/save", stories.save),
        page("/admin/stories/explain", stories.explain),
        page("/admin/stories/{story_id}", story.show),
        act("/admin/stories/{story_id}/tags", story.tag),
        act("/admin/stories/{story_id}/page", story.fetch_page),
        act("/admin/stories/{story_id}/kill", story.kill),
        act("/admin/stories/{story_id}/restore", story.restore),
        page("/admin/clusters/{cluster_id}", clusters.show),
        page("/admin/tags", tags.show),
        page("/admin/tags/edited", tags.edited),
        page("/admin/tags/suggest", tags.suggest),
        page("/admin/tags/{qcode}", tags.one),
        act("/admin/tags/{qcode}", tags.edit),
        page("/admin/rules", rules.show),
        page("/admin/rules/add", rules.new),
        act("/admin/rules/add", rules.add),
        act("/admin/rules/try", rules.attempt),
        act("/admin/rules/backfill", rules.backfill),
        page("/admin/rules/{rule_id}", rules.one),
        act("/admin/rules/{rule_id}", rules.change),
        act("/admin/rules/{rule_id}/switch", rules.switch),
        act("/admin/rules/{rule_id}/remove", rules.remove),
        page("/admin/boilerplate", boilerplate.show),
        act("/admin/boilerplate", boilerplate.add),
        page("/admin/boilerplate/{line_id}", boilerplate.one),
        act("/admin/boilerplate/{line_id}", boilerplate.switch),
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
        page("/admin/{rest:path}", overview.nowhere),  # the last one: what no other route has
    ]
