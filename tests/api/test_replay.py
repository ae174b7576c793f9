"""A feed's document read again: shown, written, and what of the feed stays as it is."""

from __future__ import annotations

import base64
import zlib
from typing import Any

from sqlalchemy import select, update

from app.core.plan import body_hash
from app.core.schedule import PollPolicy
from app.store.models import bodies, copies, feeds
from app.store.replay import claim_for_replay
from tests.api.conftest import Api
from tests.api.publisher import Item, Publisher, atom
from tests.databases import on_both
from tests.ingest import servers

FERRY = Item(title="Ferry sails again", text="The ferry left the north pier at six.", day=3)
CORRECTED = Item(title="Ferry sails again", text="The ferry left the south pier at six.", day=3)
BRIDGE = Item(title="Bridge closed for a week", text="Repairs begin on Monday.", day=4)


async def replay(api: Api, feed_id: str, **asked: Any) -> dict[str, Any]:
    answer = await api.admin.post(f"/v1/admin/feeds/{feed_id}:replay", json=asked)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()["data"]
    return found


async def feed_row(api: Api) -> dict[str, Any]:
    """All columns of the only feed, but for those that a lease leaves behind."""
    async with api.service.database.read() as session:
        row = (await session.execute(select(feeds))).one()._asdict()
    assert row["lease_until"] is None
    return {name: value for name, value in row.items() if name != "lease_token"}


async def ledger(api: Api, feed_id: str) -> list[dict[str, Any]]:
    answer = await api.admin.get(f"/v1/admin/feeds/{feed_id}/fetches")
    rows: list[dict[str, Any]] = answer.json()["data"]
    return rows


async def last_seq(api: Api) -> int:
    return int((await api.admin.get("/v1/admin/status")).json()["data"]["last_seq"])


async def keep(api: Api, document: str) -> None:
    """Put a document in the place of the one that the only feed has given, as if an older release
    had not understood all of it.
    """
    async with api.service.database.write() as session:
        await session.execute(update(bodies).values(body=zlib.compress(document.encode())))
        await session.execute(update(feeds).values(body_hash=body_hash(document.encode())))


def given(*items: Item) -> dict[str, Any]:
    body = base64.b64encode(atom(*items).encode()).decode()
    return {"body": body, "content_type": "application/atom+xml"}


async def test_the_same_document_over_the_same_code_changes_nothing(api: Api, harbour: Publisher):
    harbour.pages["/feed"] = servers.answer(
        200,
        atom(FERRY, BRIDGE).encode(),
        (("ETag", '"1"'), ("Content-Type", "application/atom+xml")),
    )
    feed_id = await api.poll(harbour.url())
    before, seq, asked = await feed_row(api), await last_seq(api), len(harbour.asked)
    shown = await replay(api, feed_id)
    assert not shown["applied"]
    assert len(await ledger(api, feed_id)) == 1, "what is only shown is not on record"
    written = await replay(api, feed_id, apply=True)
    assert written["applied"]
    for found in (shown, written):
        assert (found["entries"], found["outcome"]) == (2, "unchanged")
        assert (found["new"], found["changed"], found["copies"], found["lessons"]) == (0, 0, 0, [])
        assert found["would_be_next_poll"]["reasons"]
        assert found["body"]["kept_at"] is not None
    assert await feed_row(api) == before
    assert await last_seq(api) == seq
    assert len(harbour.asked) == asked, "nobody was asked"


async def test_a_story_that_was_lost_is_there_again(api: Api, harbour: Publisher):
    harbour.pages["/feed"] = atom(FERRY)
    feed_id = await api.poll(harbour.url())
    await keep(api, atom(FERRY, BRIDGE))
    before = await feed_row(api)
    shown = await replay(api, feed_id)
    assert [new["title"] for new in shown["new_stories"]] == [BRIDGE.title]
    assert await api.titles() == [FERRY.title], "not yet"
    written = await replay(api, feed_id, apply=True)
    assert written["new_stories"] == shown["new_stories"]
    assert await api.titles() == [BRIDGE.title, FERRY.title]
    row, first = await ledger(api, feed_id)
    assert (row["outcome"], row["new"], row["entries"]) == ("replayed", 1, 2)
    assert row["notes"][0].startswith("replayed: the body of 2026-")
    assert (row["status"], row["wire_bytes"]) == (None, 0)
    assert row["next_poll_at"] == first["next_poll_at"]
    after = await feed_row(api)
    assert after["last_new_at"] > before["last_new_at"]
    assert {**after, "last_new_at": None} == {**before, "last_new_at": None}
    feed = (await api.admin.get(f"/v1/admin/feeds/{feed_id}")).json()["data"]
    assert feed["last_poll"]["id"] == first["id"], "a replay is no poll"


async def test_a_given_document_shows_the_words_that_it_would_change(api: Api, harbour: Publisher):
    harbour.pages["/feed"] = atom(FERRY, BRIDGE)
    feed_id = await api.poll(harbour.url())
    shown = await replay(api, feed_id, **given(CORRECTED))
    assert shown["body"]["kept_at"] is None
    (change,) = shown["changed_stories"]
    assert (change["revision"], change["difference"]["against"]) == (2, 1)
    assert change["difference"]["fields"] == ["summary", "text"]
    changed = [p for p in change["difference"]["text"] if p["kind"] != "same"]
    assert changed == [
        {"kind": "removed", "text": "north"},
        {"kind": "added", "text": "south"},
    ]
    written = await replay(api, feed_id, apply=True, **given(CORRECTED))
    assert written["changed_stories"] == [change]
    newest, _first = await ledger(api, feed_id)
    assert newest["notes"][0] == "replayed: a body that was given"
    async with api.service.database.read() as session:
        there = await session.execute(select(copies.c.last_seen_at))
        assert there.scalars().all() == [None, None], "what it left out may be in the feed still"


async def test_after_a_given_document_the_feeds_own_is_read_though_it_is_the_same(
    api: Api, harbour: Publisher
):
    harbour.pages["/feed"] = atom(FERRY)
    feed_id = await api.poll(harbour.url())
    await replay(api, feed_id, apply=True, **given(CORRECTED))
    assert (await api.refresh(feed_id))["outcome"] == "changed"
    (story,) = await api.data("/v1/stories")
    assert story["revision"] == 3
    body = await api.admin.get(f"/v1/admin/feeds/{feed_id}/body")
    assert body.content == atom(FERRY).encode(), "what was given is not kept"


@on_both
async def test_after_a_kept_document_that_is_not_the_latest_the_feeds_own_is_read(
    api: Api, harbour: Publisher
):
    """What a server has sent as the new entries alone (226) is read, and not kept."""
    harbour.pages["/feed"] = atom(CORRECTED)
    feed_id = await api.poll(harbour.url())
    await keep(api, atom(FERRY))
    async with api.service.database.write() as session:
        await session.execute(update(feeds).values(body_hash=None))
    await replay(api, feed_id, apply=True)
    (told,) = await api.data("/v1/stories")
    assert told["revision"] == 2
    row = await feed_row(api)
    assert (row["etag"], row["last_modified"], row["body_hash"]) == (None, None, None)
    assert (await api.refresh(feed_id))["outcome"] == "changed"
    (story,) = await api.data("/v1/stories")
    assert story["revision"] == 3


@on_both
async def test_a_paused_feed_that_failed_is_replayed_and_still_fails(api: Api, harbour: Publisher):
    harbour.pages["/feed"] = atom(FERRY)
    feed_id = await api.poll(harbour.url())
    harbour.pages["/feed"] = servers.answer(500, b"")
    assert (await api.refresh(feed_id))["failure"] == "http_server"
    await api.admin.post(f"/v1/admin/feeds/{feed_id}:pause")
    await keep(api, atom(FERRY, BRIDGE))
    before = await feed_row(api)
    assert (await replay(api, feed_id, apply=True))["new"] == 1
    after = await feed_row(api)
    assert (after["failures"], after["failure"]) == (1, "http_server")
    assert after["state"] == before["state"] == "paused"


@on_both
async def test_a_feed_that_is_being_polled_is_not_replayed_meanwhile(api: Api, harbour: Publisher):
    harbour.pages["/feed"] = atom(FERRY)
    feed_id = await api.poll(harbour.url())
    async with api.service.database.write() as session:
        held = await claim_for_replay(
            session, int(feed_id), owner="another", lease_s=60, policy=PollPolicy()
        )
    assert held is not None
    answer = await api.admin.post(f"/v1/admin/feeds/{feed_id}:replay", json={"apply": True})
    assert answer.status_code == 409
    assert (await replay(api, feed_id))["outcome"] == "unchanged", "it may be looked at"
    async with api.service.database.write() as session:
        await session.execute(update(feeds).values(lease_until=None))
    assert (await replay(api, feed_id, apply=True))["applied"]


async def test_what_cannot_be_replayed(api: Api, harbour: Publisher):
    unread = await api.add_feed(harbour.url("/nothing"))
    paths = {
        f"/v1/admin/feeds/{unread}:replay": (404, {}),
        "/v1/admin/feeds/99:replay": (404, {"apply": True}),
    }
    for path, (status, asked) in paths.items():
        assert (await api.admin.post(path, json=asked)).status_code == status
    page = {"body": base64.b64encode(b"<html><p>no feed</p></html>").decode()}
    for apply in (False, True):
        answer = await api.admin.post(
            f"/v1/admin/feeds/{unread}:replay", json={"apply": apply, **page}
        )
        assert (answer.status_code, answer.json()["code"]) == (422, "not_a_feed")
    assert await ledger(api, unread) == []
    await feed_row(api)  # no lease is left


async def test_the_kept_body_is_a_download_that_runs_nothing(api: Api, harbour: Publisher):
    harbour.pages["/feed"] = servers.answer(
        200, atom(FERRY).encode(), (("Content-Type", "text/html; charset=utf-8"),)
    )
    feed_id = await api.poll(harbour.url())
    answer = await api.admin.get(f"/v1/admin/feeds/{feed_id}/body")
    assert answer.content == atom(FERRY).encode()
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.headers["content-disposition"].startswith("attachment")
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in answer.headers["content-security-policy"]
    assert (await api.reader.get(f"/v1/admin/feeds/{feed_id}/body")).status_code == 401
    unread = await api.add_feed(harbour.url("/other"))
    assert (await api.admin.get(f"/v1/admin/feeds/{unread}/body")).status_code == 404


async def test_a_gathered_site_map_is_replayed_from_what_was_gathered(api: Api, harbour: Publisher):
    news = (
        "<urlset xmlns='http://www.sitemaps.org/schemas/sitemap/0.9'"
        " xmlns:n='http://www.google.com/schemas/sitemap-news/0.9'><url>"
        "<loc>https://harbour.example/ferry</loc><n:news><n:publication><n:name>Harbour News"
        "</n:name><n:language>en</n:language></n:publication>"
        "<n:publication_date>2026-11-03T06:00:00Z</n:publication_date>"
        f"<n:title>{FERRY.title}</n:title></n:news></url></urlset>"
    )
    index = (
        "<sitemapindex xmlns='http://www.sitemaps.org/schemas/sitemap/0.9'>"
        f"<sitemap><loc>{harbour.url('/news.xml')}</loc></sitemap></sitemapindex>"
    )
    harbour.pages |= {"/index.xml": index, "/news.xml": news}
    feed_id = await api.poll(harbour.url("/index.xml"))
    asked = len(harbour.asked)
    shown = await replay(api, feed_id)
    assert (shown["entries"], shown["outcome"]) == (1, "unchanged")
    assert shown["body"]["content_type"] == "application/vnd.copydesk.gathered"
    assert (await replay(api, feed_id, apply=True))["applied"]
    assert len(harbour.asked) == asked
    kept = await api.admin.get(f"/v1/admin/feeds/{feed_id}/body")
    assert kept.headers["content-type"] == "application/vnd.copydesk.gathered"
