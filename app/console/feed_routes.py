"""The addresses of the pages about feeds."""

from __future__ import annotations

from starlette.routing import BaseRoute

from app.console import add, feed, feed_settings, feeds, opml
from app.console.guard import act, page
from app.console.opml import IMPORT


def feed_routes() -> list[BaseRoute]:
    return [
        page("/admin/feeds", feeds.show),
        page("/admin/feeds.opml", feeds.export),
        act("/admin/feeds/bulk", feeds.bulk),
        page("/admin/feeds/add", add.show),
        act("/admin/feeds/add", add.add),
        act("/admin/feeds/find", add.find),
        act("/admin/feeds/preview", add.preview),
        page(IMPORT, opml.show),
        act(IMPORT, opml.take),
        page("/admin/feeds/{feed_id}", feed.show),
        act("/admin/feeds/{feed_id}/poll", feed.poll),
        act("/admin/feeds/{feed_id}/pause", feed.pause),
        act("/admin/feeds/{feed_id}/resume", feed.resume),
        act("/admin/feeds/{feed_id}/remove", feed.remove),
        act("/admin/feeds/{feed_id}/replay", feed.replay),
        act("/admin/feeds/{feed_id}/moves/{move_id}/revert", feed.revert),
        act("/admin/feeds/{feed_id}/settings", feed_settings.save),
        act("/admin/feeds/{feed_id}/try", feed_settings.attempt),
        act("/admin/feeds/{feed_id}/credentials", feed_settings.set_credentials),
        act("/admin/feeds/{feed_id}/credentials/forget", feed_settings.forget_credentials),
    ]
