"""Jobs: started, watched, stopped, tried again; their steps under leases, and lists as jobs."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import text

from app.api.schemas_jobs import JobAnswer, JobLineList, JobList, JobOut
from app.store.job_leases import (
    MAX_ATTEMPTS,
    ClaimedJob,
    JobTakenAway,
    Progress,
    advance_job,
    claim_jobs,
    hold_job,
)
from app.store.jobs import add_job
from app.work.jobs import JobLoop
from tests.api.conftest import Api, running
from tests.api.publisher import Publisher
from tests.api.stocked import stock
from tests.databases import on_both
from tests.plans import NOW


async def start(api: Api, kind: str) -> JobOut:
    answer = await api.admin.post("/v1/admin/jobs", json={"kind": kind})
    assert answer.status_code == 202, answer.text
    job = JobAnswer.model_validate_json(answer.content).data
    assert answer.headers["location"] == f"/v1/admin/jobs/{job.id}"
    assert (job.kind, job.state.value, job.actor) == (kind, "waiting", "COPYDESK_ADMIN_KEY")
    return job


async def look(api: Api, job_id: str) -> JobOut:
    answer = await api.admin.get(f"/v1/admin/jobs/{job_id}")
    assert answer.status_code == 200, answer.text
    return JobAnswer.model_validate_json(answer.content).data


async def execute(api: Api, sql: str, **given: Any) -> None:
    async with api.service.database.write() as session:
        await session.execute(text(sql), given)


async def claim(api: Api) -> list[ClaimedJob]:
    async with api.service.database.write() as session:
        return await claim_jobs(session, limit=1, lease_s=60)


class Counting:
    """A kind of ten steps, some of which break or are seen by a test."""

    def __init__(self, api: Api, *, breaks: int = 0) -> None:
        self._database = api.service.database
        self._breaks = breaks
        self.steps: list[int] = []

    async def step(self, job: ClaimedJob, so_far: Progress) -> Progress:
        place = 0 if so_far.position is None else int(so_far.position)
        self.steps.append(place)
        if self._breaks:
            self._breaks -= 1
            raise ValueError("a step that breaks")
        progress = Progress(
            done=place + 1,
            total=10,
            position=place + 1,
            detail={"counted": place + 1},
            finished=place == 9,
        )
        async with self._database.write() as session:
            await hold_job(session, job)
            await advance_job(session, job, progress)
        return progress


async def counting_job(api: Api) -> int:
    async with api.service.database.write() as session:
        return (await add_job(session, "counting", {}, actor="a test", at=NOW)).id


@on_both
async def test_stories_are_brought_up_to_date_by_jobs(api: Api, harbour: Publisher) -> None:
    await stock(api, harbour)
    await execute(api, "UPDATE story_weights SET version = 0")
    await execute(api, "UPDATE entries SET version = 1")
    for kind, counted in (("reindex", "indexed"), ("reprocess", "unchanged"), ("backfill", "")):
        job = await start(api, kind)
        await api.service.jobs.run_once()
        ended = await look(api, job.id)
        total = 3 if counted else 0
        assert (ended.state.value, ended.done, ended.total) == ("done", total, total)
        assert ended.detail.get(counted, 0) == total
        assert ended.detail["outdated"] == 0
        assert ended.started_at is not None
        assert ended.finished_at is not None
        assert (ended.due_at, ended.error) == (None, None)


async def test_retention_by_the_days_of_a_feed_is_begun_each_day(
    api: Api, harbour: Publisher
) -> None:
    await stock(api, harbour)
    path = "/v1/admin/feeds/1"
    for days, status in ((-1, 400), (36_501, 400), (7, 200), (None, 200), (7, 200)):
        etag = {"If-Match": (await api.admin.get(path)).headers["etag"]}
        answer = await api.admin.patch(path, json={"keep_days": days}, headers=etag)
        assert answer.status_code == status, answer.text
    assert (await api.admin.get(path)).json()["data"]["keep_days"] == 7
    await execute(api, "UPDATE copies SET last_seen_at = 0")
    await execute(api, "UPDATE stories SET ingested_at = 0")
    for _ in range(2):
        await api.service.jobs.begin_daily()
    (job,) = (await api.admin.get("/v1/admin/jobs?kind=retention")).json()["data"]
    assert (job["state"], job["actor"]) == ("waiting", "this service")
    await api.service.jobs.run_once()
    done = await look(api, job["id"])
    assert done.state.value == "done"
    assert done.detail["stories"] + len(await api.data("/v1/stories")) == 3
    await api.service.jobs.begin_daily()
    assert len((await api.admin.get("/v1/admin/jobs?kind=retention")).json()["data"]) == 1


async def test_of_one_kind_one_at_a_time(api: Api) -> None:
    job = await start(api, "reindex")
    other = await api.admin.post("/v1/admin/jobs", json={"kind": "reindex"})
    assert (other.status_code, other.json()["code"]) == (409, "conflict")
    assert f"/v1/admin/jobs/{job.id}" in other.json()["detail"]
    await start(api, "reprocess")
    listed = JobList.model_validate_json((await api.admin.get("/v1/admin/jobs?limit=1")).content)
    assert [one.kind for one in listed.data] == ["reprocess"]
    assert listed.links.next is not None
    rest = JobList.model_validate_json((await api.admin.get(listed.links.next)).content)
    assert job.id in [one.id for one in rest.data]
    for query, kinds in (
        ("state=waiting&kind=reindex", ["reindex"]),
        ("state=done&kind=reindex", []),
    ):
        found = (await api.admin.get(f"/v1/admin/jobs?{query}")).json()["data"]
        assert [one["kind"] for one in found] == kinds


async def test_what_cannot_be_started_or_found(api: Api) -> None:
    unknown = await api.admin.post("/v1/admin/jobs", json={"kind": "opml_import"})
    assert unknown.status_code == 400
    for path in ("/v1/admin/jobs/99", "/v1/admin/jobs/99/lines"):
        assert (await api.admin.get(path)).status_code == 404
    for action in ("stop", "retry"):
        assert (await api.admin.post(f"/v1/admin/jobs/99:{action}")).status_code == 404


async def test_stopped_before_it_began_and_taken_up_again(api: Api) -> None:
    job = await start(api, "reindex")
    path = f"/v1/admin/jobs/{job.id}"
    stopped = JobAnswer.model_validate_json((await api.admin.post(f"{path}:stop")).content).data
    assert (stopped.state.value, stopped.due_at) == ("stopped", None)
    assert (await api.admin.post(f"{path}:stop")).status_code == 409
    await api.service.jobs.run_once()
    assert (await look(api, job.id)).state.value == "stopped"
    assert (await api.admin.post(f"{path}:retry")).json()["data"]["state"] == "waiting"
    assert (await api.admin.post(f"{path}:retry")).status_code == 409
    await api.service.jobs.run_once()
    assert (await look(api, job.id)).state.value == "done"


@on_both
async def test_a_job_that_is_stopped_midway_ends_and_goes_on_there(api: Api) -> None:
    job_id = await counting_job(api)
    (job,) = await claim(api)
    kind = Counting(api)
    first = await kind.step(job, Progress(done=0, total=None, position=None))
    stopping = await api.admin.post(f"/v1/admin/jobs/{job_id}:stop")
    assert stopping.json()["data"]["state"] == "stopping"
    with pytest.raises(JobTakenAway):
        await kind.step(job, first)
    loop = JobLoop(api.service.database, {"counting": kind})
    await execute(api, "UPDATE jobs SET lease_until = 0 WHERE id = :id", id=job_id)
    await loop.run_once()
    stopped = await look(api, str(job_id))
    assert (stopped.state.value, stopped.done, stopped.detail) == ("stopped", 1, {"counted": 1})
    kind.steps.clear()
    await api.admin.post(f"/v1/admin/jobs/{job_id}:retry")
    await loop.run_once()
    assert kind.steps == list(range(1, 10))
    assert (await look(api, str(job_id))).state.value == "done"


@on_both
async def test_a_killed_worker_s_job_is_taken_up_where_it_stood_and_he_writes_no_more(
    api: Api,
) -> None:
    job_id = await counting_job(api)
    (dead,) = await claim(api)
    kind = Counting(api)
    progress = Progress(done=0, total=None, position=None)
    for _ in range(4):
        progress = await kind.step(dead, progress)
    assert await claim(api) == [], "it is leased"
    await execute(api, "UPDATE jobs SET lease_until = 0 WHERE id = :id", id=job_id)
    (heir,) = await claim(api)
    assert (heir.position, heir.done, heir.detail) == (4, 4, {"counted": 4})
    with pytest.raises(JobTakenAway):
        await kind.step(dead, progress)
    assert (await look(api, str(job_id))).done == 4


async def test_a_step_that_breaks_is_tried_again_later_and_given_up_in_the_end(api: Api) -> None:
    job_id = await counting_job(api)
    kind = Counting(api, breaks=1)
    loop = JobLoop(api.service.database, {"counting": kind})
    await loop.run_once()
    waiting = await look(api, str(job_id))
    assert waiting.state.value == "waiting"
    assert waiting.error is not None
    assert "ValueError" in waiting.error
    await execute(api, "UPDATE jobs SET due_at = 0")
    await loop.run_once()
    done = await look(api, str(job_id))
    assert (done.state.value, done.error, done.done) == ("done", None, 10)
    other = await counting_job(api)
    loop = JobLoop(api.service.database, {"counting": Counting(api, breaks=100)})
    for _ in range(MAX_ATTEMPTS):
        assert (await look(api, str(other))).state.value == "waiting"
        await execute(api, "UPDATE jobs SET due_at = 0 WHERE due_at IS NOT NULL")
        await loop.run_once()
    failed = await look(api, str(other))
    assert (failed.state.value, failed.due_at) == ("failed", None)


async def test_a_job_that_kills_whoever_takes_it_is_given_up(api: Api) -> None:
    job_id = await counting_job(api)
    for _ in range(MAX_ATTEMPTS):
        assert len(await claim(api)) == 1
        await execute(api, "UPDATE jobs SET lease_until = 0 WHERE id = :id", id=job_id)
    assert await claim(api) == []
    assert (await look(api, str(job_id))).state.value == "failed"


def opml(*urls: str) -> bytes:
    lines = "".join(f'<outline xmlUrl="{url}" text="Feed {n}"/>' for n, url in enumerate(urls))
    return f"<opml version='2.0'><body>{lines}</body></opml>".encode()


@on_both
async def test_a_list_of_feeds_as_a_job_says_what_became_of_each_line(api: Api) -> None:
    await api.add_feed("https://there.example/feed")
    urls = [f"https://paper{n}.example/feed" for n in range(250)]
    document = opml("https://there.example/feed", "gopher://old.example/", *urls)
    answer = await api.admin.post("/v1/admin/feeds:import?job=true", content=document)
    assert answer.status_code == 202, answer.text
    job = JobAnswer.model_validate_json(answer.content).data
    assert (job.kind, job.total, job.done) == ("opml_import", 252, 0)
    waiting = await lines(api, job.id)
    assert [line["status"] for line in waiting[:3]] == ["waiting", "refused", "waiting"]
    await api.service.jobs.run_once()
    ended = await look(api, job.id)
    assert (ended.state.value, ended.done) == ("done", 252)
    assert ended.detail == {"added": 250, "present": 1, "refused": 1}
    told = await lines(api, job.id)
    assert [line["line"] for line in told] == list(range(1, 253))
    assert [line["status"] for line in told[:3]] == ["present", "refused", "added"]
    assert "gopher" in told[1]["detail"]
    added = await api.admin.get(f"/v1/admin/feeds/{told[2]['feed_id']}")
    assert added.json()["data"]["url"] == "https://paper0.example/feed"


async def lines(api: Api, job_id: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    path: str | None = f"/v1/admin/jobs/{job_id}/lines?limit=100"
    while path is not None:
        page = JobLineList.model_validate_json((await api.admin.get(path)).content)
        found += [line.model_dump(mode="json") for line in page.data]
        path = page.links.next
    return found


async def test_credentials_in_a_list_are_kept_sealed(migrated_url: str) -> None:
    async with running(
        migrated_url, read_auth="open", secret_key="a-key-of-these-tests-and-no-other"
    ) as api:
        assert await imported(api) == ("waiting", "added")
        path = "/v1/admin/feeds/1/credentials"
        assert (await api.admin.get(path)).json()["data"]["username"] == "reader"


async def test_credentials_without_a_key_to_seal_them_are_refused_at_once(api: Api) -> None:
    assert await imported(api) == ("refused", "refused")


async def imported(api: Api) -> tuple[str, str]:
    """What is said of an address with a password, before it was added and after."""
    document = opml("https://reader:open-sesame@paper.example/feed")
    answer = await api.admin.post("/v1/admin/feeds:import?job=true", content=document)
    job_id = answer.json()["data"]["id"]
    (before,) = await lines(api, job_id)
    async with api.service.database.read() as session:
        kept = (await session.execute(text("SELECT given, became FROM job_lines"))).all()
    assert "open-sesame" not in f"{before} {kept}"
    await api.service.jobs.run_once()
    (after,) = await lines(api, job_id)
    return before["status"], after["status"]


async def test_a_long_list_becomes_a_job_by_itself(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.api.opml.MAX_AT_ONCE", 2)
    urls = [f"https://paper{n}.example/feed" for n in range(3)]
    for asked, count, status in (("", 2, 200), ("", 3, 202), ("?job=false", 3, 200)):
        path = f"/v1/admin/feeds:import{asked}"
        answer = await api.admin.post(path, content=opml(*urls[:count]))
        assert answer.status_code == status, answer.text
