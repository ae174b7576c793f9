"""The addresses of stories, clusters, tags, rules and boilerplate."""

from __future__ import annotations

from starlette.routing import BaseRoute

from app.console import boilerplate, clusters, rules, stories, story, tags
from app.console.guard import act, page


def story_routes() -> list[BaseRoute]:
    return [
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
        page("/admin/boilerplate", boilerplate.show),
        act("/admin/boilerplate", boilerplate.add),
        page("/admin/boilerplate/{line_id}", boilerplate.one),
        act("/admin/boilerplate/{line_id}", boilerplate.switch),
        *_rule_routes(),
    ]


def _rule_routes() -> list[BaseRoute]:
    return [
        page("/admin/rules", rules.show),
        page("/admin/rules/add", rules.new),
        act("/admin/rules/add", rules.add),
        act("/admin/rules/try", rules.attempt),
        act("/admin/rules/backfill", rules.backfill),
        page("/admin/rules/{rule_id}", rules.one),
        act("/admin/rules/{rule_id}", rules.change),
        act("/admin/rules/{rule_id}/switch", rules.switch),
        act("/admin/rules/{rule_id}/remove", rules.remove),
    ]
