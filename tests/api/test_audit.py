"""The audit log: every act leaves one row, in the transaction of the act, without secrets."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.routing import iter_route_contexts
from sqlalchemy import text

from app.api import auditing
from app.api.schemas_audit import AuditList, AuditOut
from tests.api.conftest import Api, running
from tests.api.publisher import Publisher
from tests.api.stocked import stock
from tests.api.test_jobs import opml

NO_ACT = {
    "POST /v1/webhooks/{webhook_id}:test": "sends a message that means nothing; changes nothing",
    "POST /v1/admin/feeds:discover": "looks at a site; changes nothing",
    "POST /v1/admin/feeds:preview": "a dry run",
    "POST /v1/admin/tag-rules:try": "a dry run",
    "POST /v1/admin/normalize": "a dry run",
}
"""Routes that leave no row, and why."""

AUDITED = ("/v1/admin", "/v1/searches", "/v1/webhooks")
SECRET = "open-sesame-to-nobody"


@dataclass
class Act:
    """A request, and the one row that it leaves: its action, and whether it has a before or after.

    `{feed}` and its like in path and body are what earlier acts have made.
    """

    route: str
    action: str
    json: Any = None
    content: bytes | None = None
    query: str = ""
    keeps: str = ""  # under this name the id of what was made
    etag: bool = False
    tokens: dict[str, str] = field(default_factory=dict)
    before: bool = True
    after: bool = True


def made(route: str, action: str, keeps: str = "", **given: Any) -> Act:
    return Act(route, action, keeps=keeps, before=False, **given)


def gone(route: str, action: str, **given: Any) -> Act:
    return Act(route, action, after=False, **given)


FEED, RULE, TAGS = "/v1/admin/feeds/{feed_id}", "/v1/admin/tag-rules/{rule_id}", "/v1/admin/tags"
SEARCH, HOOK = "/v1/searches/{search_id}", "/v1/webhooks/{webhook_id}"
STORY = "/v1/admin/stories/{story_id}"
QUERY = {"name": "ferries", "query": {"q": "ferry"}}
RECEIVER = {"url": "https://receiver.example/hook"}
ACTIONS = {"add": [{"tag": "label:desk", "name": "Desk"}]}

ACTS = [
    made(
        "POST /v1/admin/feeds",
        "feed.add",
        "feed",
        json={"url": "https://paper.example/feed", "probe": False},
    ),
    Act(f"PATCH {FEED}", "feed.change", json={"title": "The Paper"}, etag=True),
    Act(f"POST {FEED}:pause", "feed.pause"),
    Act(f"POST {FEED}:resume", "feed.resume"),
    made(f"POST {FEED}:refresh", "feed.refresh", "", after=False),
    made(
        f"PUT {FEED}/credentials",
        "feed.set_credentials",
        json={"kind": "bearer", "secret": SECRET},
    ),
    gone(f"DELETE {FEED}/credentials", "feed.forget_credentials"),
    made(f"POST {FEED}:replay", "feed.replay", json={"apply": True}, tokens={"feed_id": "stocked"}),
    made("POST /v1/admin/feeds:import", "feeds.import", content=opml("https://one.example/feed")),
    gone(f"DELETE {FEED}", "feed.delete"),
    made("POST /v1/searches", "search.add", "search", json=QUERY),
    Act(f"PATCH {SEARCH}", "search.change", json={"name": "boats"}, etag=True),
    made(f"POST {SEARCH}/webhooks", "webhook.add", json=RECEIVER),
    made("POST /v1/webhooks", "webhook.add", "webhook", json=RECEIVER),
    Act(f"PATCH {HOOK}", "webhook.change", json={"name": "desk"}, etag=True),
    Act(f"POST {HOOK}:pause", "webhook.pause"),
    Act(f"POST {HOOK}:resume", "webhook.resume"),
    Act(f"POST {HOOK}:rotate", "webhook.rotate", json={}),
    made(f"POST {HOOK}:redeliver", "webhook.redeliver", json={"after": 0, "until": 1}),
    gone(f"DELETE {HOOK}", "webhook.delete"),
    gone(f"DELETE {SEARCH}", "search.delete"),
    made("POST /v1/admin/keys", "key.create", "key", json={"name": "desk", "scopes": ["read"]}),
    Act("PATCH /v1/admin/keys/{key_id}", "key.change", json={"name": "night desk"}, etag=True),
    Act("DELETE /v1/admin/keys/{key_id}", "key.revoke"),
    made(
        "POST /v1/admin/boilerplate-rules",
        "boilerplate.add",
        "line",
        json={"source_id": 1, "place": "line", "text": "All rights reserved by the harbour."},
    ),
    Act(
        "PATCH /v1/admin/boilerplate-rules/{rule_id}",
        "boilerplate.change",
        json={"state": "reverted"},
        tokens={"rule_id": "line"},
    ),
    made(
        "POST /v1/admin/tag-rules",
        "tag_rule.add",
        "rule",
        json={"name": "desk", "query": "ferry", "actions": ACTIONS},
    ),
    Act(f"PATCH {RULE}", "tag_rule.change", json={"enabled": False}, etag=True),
    gone(f"DELETE {RULE}", "tag_rule.delete"),
    Act("POST /v1/admin/tag-rules:backfill", "tag_backfill.pause", json={"paused": True}),
    Act(f"POST {TAGS}/{{qcode}}:block", "tag.block"),
    Act(f"POST {TAGS}/{{qcode}}:unblock", "tag.unblock"),
    Act(f"POST {TAGS}/{{qcode}}:rename", "tag.rename", json={"name": "Quay"}),
    Act(f"POST {TAGS}/{{qcode}}:merge", "tag.merge", json={"into": "label:pier"}),
    Act(f"POST {TAGS}/{{qcode}}:unmerge", "tag.unmerge"),
    Act(
        "PUT /v1/admin/sources/{source}/sections",
        "source.set_sections",
        json={"sections": {"World News": None}},
    ),
    Act(f"PUT {STORY}/tags/{{qcode}}", "story.give_tag"),
    Act(f"POST {STORY}/tags/{{qcode}}:reset", "story.reset_tag"),
    Act(f"DELETE {STORY}/tags/{{qcode}}", "story.take_tag"),
    Act(f"DELETE {STORY}/tags", "story.reset_tags"),
    Act(f"POST {STORY}/page", "story.fetch_page"),
    Act(f"POST {STORY}:kill", "story.kill", json={"reason": "wrong"}),
    Act(f"POST {STORY}:restore", "story.restore"),
    made("POST /v1/admin/reindex", "stories.reindex"),
    made("POST /v1/admin/reprocess", "stories.reprocess"),
    made("POST /v1/admin/jobs", "job.start", "job", json={"kind": "reindex"}),
    Act("POST /v1/admin/jobs/{job_id}:stop", "job.stop"),
    Act("POST /v1/admin/jobs/{job_id}:retry", "job.retry"),
]

ELSEWHERE = {
    f"POST {FEED}/moves/{{move_id}}:revert": "test_a_move_that_is_taken_back",
    "POST /v1/admin/feeds:bulk": "test_one_act_on_many_feeds_is_done_with_each_and_on_record",
}
"""Acts that need more than a request before them, and their tests."""


def mutating(app: FastAPI) -> Iterator[str]:
    for found in iter_route_contexts(app.routes):
        path = found.path or ""
        if path.startswith(AUDITED):
            yield from (f"{m} {path}" for m in (found.methods or ()) if m not in ("GET", "HEAD"))


async def rows(api: Api, **asked: Any) -> list[AuditOut]:
    answer = await api.admin.get("/v1/admin/audit", params={"limit": 100, **asked})
    return AuditList.model_validate_json(answer.content).data


async def perform(api: Api, act: Act, known: dict[str, str]) -> None:
    method, path = act.route.split()
    names = {"search_id": "search", "webhook_id": "webhook", "rule_id": "rule", **act.tokens}
    for name, value in known.items():
        path = path.replace(f"{{{name}}}", value)
    for token, name in names.items():
        path = path.replace(f"{{{token}}}", known.get(name, ""))
    for name in ("feed", "key", "job", "story"):
        path = path.replace(f"{{{name}_id}}", known.get(name, ""))
    assert "{" not in path, path
    headers = {}
    if act.etag:
        headers["If-Match"] = (await api.admin.get(path)).headers["etag"]
    answer = await api.admin.request(
        method, path + act.query, json=act.json, content=act.content, headers=headers
    )
    assert answer.is_success, (act.route, answer.text)
    if act.keeps:
        known[act.keeps] = answer.json()["data"]["id"]


async def test_every_act_leaves_one_row(migrated_url: str, harbour: Publisher) -> None:
    secret_key = "a-key-of-these-tests-and-no-other"
    async with running(migrated_url, read_auth="open", secret_key=secret_key) as api:
        await stock(api, harbour)
        walked = set(mutating(api.app))
        assert walked == {act.route for act in ACTS} | NO_ACT.keys() | ELSEWHERE.keys()
        story = (await api.data("/v1/stories"))[0]["id"]
        feed = (await api.admin.get("/v1/admin/feeds")).json()["data"][0]["id"]
        known = {"story": story, "stocked": feed, "qcode": "label:quay", "source": "1"}
        await prepare(api, story)
        seen = {row.id for row in await rows(api)}
        for act in ACTS:
            await perform(api, act, known)
            new = [row for row in await rows(api) if row.id not in seen]
            assert [row.action for row in new] == [act.action], act.route
            (row,) = new
            assert ((row.before is not None), (row.after is not None)) == (act.before, act.after)
            assert (row.actor, row.key_id, row.via) == ("COPYDESK_ADMIN_KEY", "1", "api")
            assert row.request_id
            seen.add(row.id)
        assert SECRET not in str(await rows(api))


async def prepare(api: Api, story: str) -> None:
    """A page of a story, and stories that are to be made again and indexed anew."""
    async with api.service.database.write() as session:
        await session.execute(text("UPDATE entries SET version = 1"))
        await session.execute(text("UPDATE story_weights SET version = 0"))
        await session.execute(
            text(
                "INSERT INTO pages (story_id, feed_id, url, host, state, due_at, attempts,"
                " lease_token)"
                " VALUES (:story, 1, 'https://harbour.example/ferry', 'harbour.example', 'done',"
                " 0, 1, 0)"
            ),
            {"story": int(story)},
        )


async def test_a_move_that_is_taken_back(api: Api) -> None:
    feed_id = await api.add_feed("https://old.example/feed")
    path = f"/v1/admin/feeds/{feed_id}"
    etag = {"If-Match": (await api.admin.get(path)).headers["etag"]}
    moving = {"url": "https://new.example/feed", "probe": False}
    assert (await api.admin.patch(path, json=moving, headers=etag)).is_success
    (move,) = (await api.admin.get(f"{path}/moves")).json()["data"]
    assert (await api.admin.post(f"{path}/moves/{move['id']}:revert")).is_success
    newest, changed, *_ = await rows(api, subject=f"feed:{feed_id}")
    assert (newest.action, newest.after["id"]) == ("feed.revert_move", move["id"])
    assert changed.before["url"] == "https://old.example/feed"
    assert changed.after["url"] == "https://new.example/feed"


async def test_what_is_refused_leaves_no_row(api: Api) -> None:
    feed_id = await api.add_feed("https://paper.example/feed")
    before = await rows(api)
    for method, path, body in (
        ("POST", "/v1/admin/feeds", {"url": "https://paper.example/feed", "probe": False}),
        ("PATCH", f"/v1/admin/feeds/{feed_id}", {"title": "x"}),
        ("DELETE", "/v1/admin/feeds/99", None),
        ("POST", "/v1/admin/jobs/99:stop", None),
    ):
        assert (await api.admin.request(method, path, json=body)).is_client_error
    assert await rows(api) == before


async def test_an_act_that_cannot_be_put_on_record_is_not_done(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    feed_id = await api.add_feed("https://paper.example/feed")

    async def fails(*_given: object, **_named: object) -> None:
        raise RuntimeError("no room for the log")

    monkeypatch.setattr(auditing, "add_audit", fails)
    failed = await api.admin.post(f"/v1/admin/feeds/{feed_id}:pause")
    assert failed.status_code == 500
    feed = await api.admin.get(f"/v1/admin/feeds/{feed_id}")
    assert feed.json()["data"]["state"] == "active"


async def test_the_log_is_filtered_and_paged(api: Api) -> None:
    ids = [await api.add_feed(f"https://paper{n}.example/feed") for n in range(3)]
    for act in ("pause", "resume"):
        await api.admin.post(f"/v1/admin/feeds/{ids[0]}:{act}")
    made_by = await api.key(name="desk", scopes=["admin"])
    other = {"Authorization": f"Bearer {made_by['key']}"}
    await api.reader.post(f"/v1/admin/feeds/{ids[1]}:pause", headers=other)
    assert [row.action for row in await rows(api, subject=f"feed:{ids[0]}")] == [
        "feed.resume",
        "feed.pause",
        "feed.add",
    ]
    assert [row.subject for row in await rows(api, action="feed.pause")] == [
        f"feed:{ids[1]}",
        f"feed:{ids[0]}",
    ]
    assert len(await rows(api, action="feed")) == 6
    assert await rows(api, action="fee") == []
    (by_desk,) = await rows(api, actor="desk")
    assert (by_desk.key_id, by_desk.subject) == (made_by["id"], f"feed:{ids[1]}")
    at = by_desk.at.isoformat()
    assert [row.id for row in await rows(api, after=at)] == [by_desk.id]
    assert by_desk.id not in [row.id for row in await rows(api, before=at)]
    walked, path = [], "/v1/admin/audit?action=feed&limit=4"
    while path:
        page = AuditList.model_validate_json((await api.admin.get(path)).content)
        walked += [row.id for row in page.data]
        path = page.links.next or ""
    assert walked == [row.id for row in await rows(api, action="feed")]


async def test_the_machine_s_own_command_is_named(migrated_url: str) -> None:
    async with running(migrated_url, local_key="of-this-machine-alone") as api:
        headers = {"Authorization": "Bearer of-this-machine-alone"}
        await api.reader.post("/v1/admin/jobs", json={"kind": "reindex"}, headers=headers)
        (row,) = await rows(api, action="job")
        assert (row.actor, row.key_id, row.via) == ("this machine", None, "command")
