"""The addresses of the console."""

from __future__ import annotations

from importlib.resources import files

from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from app.console import overview, session
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
        page("/admin/{rest:path}", overview.nowhere),  # the last one: what no other route has
    ]
