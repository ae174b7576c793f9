"""Every error is a problem document with the next step, and tells nothing it should not."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import replace

import httpx
import pytest
from sqlalchemy.exc import DBAPIError, ProgrammingError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from app.api import story_pages
from app.api.middleware import MAX_BODY_BYTES
from app.api.opml import MAX_OPML_BYTES
from app.api.schemas import Problem
from app.store.engine import open_database
from tests.api.conftest import ADMIN, Api
from tests.databases import on_both


def check_problem(answer: httpx.Response, status: int, code: str) -> Problem:
    """What holds for every error."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["x-content-type-options"] == "nosniff"
    said = Problem.model_validate_json(answer.content)
    assert said.status == status
    assert said.code == code
    assert said.type == f"urn:copydesk:problem:{code}"
    assert said.instance == answer.request.url.path
    assert said.request_id == answer.headers["x-request-id"]
    assert said.title
    assert said.detail
    return said


async def test_paths_and_methods_that_are_not_there(api: Api):
    for path in ("/", "/v1", "/v1/story", "/v1/stories/", "/docs/assets/none.js", "/v1/admin"):
        said = check_problem(await api.admin.get(path), 404, "not_found")
        assert "/docs" in said.detail
    refused = await api.reader.delete("/v1/stories")
    said = check_problem(refused, 405, "method_not_allowed")
    assert refused.headers["allow"] == "GET, HEAD"
    assert said.detail == "/v1/stories does not take DELETE: use GET, HEAD"


async def test_nothing_is_reflected_but_as_json(api: Api):
    path = "/<script>alert(1)</script>"
    answer = await api.reader.get(path)
    check_problem(answer, 404, "not_found")
    asked = await api.get("/v1/stories", **{"<img src=x onerror=alert(1)>": 1})
    check_problem(asked, 400, "invalid_request")


async def test_keys_missing_unknown_and_too_weak(locked: Api):
    answer = await locked.get("/v1/stories")
    said = check_problem(answer, 401, "unauthorized")
    challenge = 'Bearer realm="copydesk", Basic realm="copydesk", charset="UTF-8"'
    assert answer.headers["www-authenticate"] == challenge
    assert "Authorization: Bearer KEY" in said.detail
    key = (await locked.key(scopes=["read"]))["key"]
    locked.reader.headers["Authorization"] = f"Bearer {key}"
    said = check_problem(await locked.get("/v1/admin/feeds"), 403, "forbidden")
    assert "admin" in said.detail


async def test_bodies_that_cannot_be_read(api: Api):
    async def post(content: bytes, kind: str = "application/json") -> httpx.Response:
        return await api.admin.post(
            "/v1/admin/feeds", content=content, headers={"Content-Type": kind}
        )

    broken = check_problem(await post(b'{"url": '), 400, "invalid_request")
    assert broken.errors[0].position == 8
    assert "no JSON" in broken.detail
    form = check_problem(
        await post(b'{"url":"https://x.example/"}', "application/x-www-form-urlencoded"),
        400,
        "invalid_request",
    )
    assert "Content-Type: application/json" in form.detail
    assert check_problem(await post(b""), 400, "invalid_request").errors
    extra = check_problem(
        await post(b'{"url":"https://x.example/","a/b~c":1}'), 400, "invalid_request"
    )
    assert extra.errors[0].pointer == "/a~1b~0c"
    unknown = await api.get("/v1/stories", **{f"x{n}": "1" for n in range(300)})
    assert len(check_problem(unknown, 400, "invalid_request").errors) == 20
    many = ",".join(f'"x{n}":1' for n in range(5000)).encode()
    said = check_problem(
        await post(b'{"url":"https://x.example/",' + many + b"}"), 400, "invalid_request"
    )
    assert len(said.errors) == 20


def endless(sent: list[int]) -> AsyncIterator[bytes]:
    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(50):
            sent.append(1 << 20)
            yield b"x" * (1 << 20)

    return chunks()


@pytest.mark.parametrize(
    ("path", "cap"),
    [
        ("/v1/admin/feeds", MAX_BODY_BYTES),
        ("/v1/admin/keys", MAX_BODY_BYTES),
        ("/v1/admin/feeds:import", MAX_OPML_BYTES),
    ],
)
async def test_bodies_over_the_cap_are_not_read(api: Api, path: str, cap: int):
    json = {"Content-Type": "application/json"}
    announced = await api.admin.post(path, content=b" " * (cap + 1), headers=json)
    said = check_problem(announced, 413, "too_large")
    assert str(cap) in said.detail
    exactly = await api.admin.post(path, content=b" " * cap, headers=json)
    assert exactly.status_code == 400
    sent: list[int] = []
    unannounced = await api.admin.post(path, content=endless(sent), headers=json)
    check_problem(unannounced, 413, "too_large")
    assert sum(sent) <= cap + (2 << 20)


async def receives_nothing() -> dict[str, object]:
    raise AssertionError("the body was read")


async def test_a_body_that_says_it_is_too_long_is_not_begun(api: Api):
    answered: list[dict[str, object]] = []

    async def send(message: dict[str, object]) -> None:
        answered.append(message)

    path = "/v1/admin/feeds"
    key = (b"authorization", ADMIN["Authorization"].encode())
    for length in (b"50000000", b"9" * 5000):
        scope = {
            "type": "http", "method": "POST", "path": path, "raw_path": path.encode(),
            "query_string": b"", "headers": [(b"content-length", length), key], "scheme": "http",
            "http_version": "1.1", "server": ("x", 1), "client": ("x", 1), "root_path": "",
        }  # fmt: skip
        await api.app(scope, receives_nothing, send)
        assert answered[0]["status"] == 413
        answered.clear()


async def test_a_caller_who_leaves_in_the_middle_is_no_fault_of_ours(api: Api):
    answered: list[dict[str, object]] = []

    async def send(message: dict[str, object]) -> None:
        answered.append(message)

    async def receive() -> dict[str, object]:
        return {"type": "http.disconnect"}

    key = api.admin.headers["Authorization"].encode()
    path = "/v1/admin/feeds:import"
    scope = {
        "type": "http", "method": "POST", "path": path, "raw_path": path.encode(),
        "query_string": b"", "headers": [(b"authorization", key)], "scheme": "http",
        "http_version": "1.1", "server": ("x", 1), "client": ("x", 1), "root_path": "",
    }  # fmt: skip
    await api.app(scope, receive, send)
    assert answered[0]["status"] == 400


def raises(error: Exception) -> Callable[..., object]:
    async def find_stories(*_given: object, **_named: object) -> object:
        raise error

    return find_stories


class Refused(Exception):
    """As asyncpg says that a text is too long for its column."""

    sqlstate = "22001"


@pytest.mark.parametrize(
    "error",
    [
        ValueError("secret"),
        ProgrammingError("SELECT secret", None, Exception("secret")),
        DBAPIError("SELECT secret", None, Refused("secret")),
    ],
    ids=lambda error: type(error).__name__,
)
async def test_faults_of_ours_tell_nothing(
    api: Api, monkeypatch: pytest.MonkeyPatch, error: Exception
):
    monkeypatch.setattr(story_pages, "find_stories", raises(error))
    answer = await api.reader.get("/v1/stories", headers={"X-Request-Id": "mine-1"})
    said = check_problem(answer, 500, "internal_error")
    assert "secret" not in answer.text
    assert said.request_id == "mine-1"
    assert (await api.get("/v1/tags")).status_code == 200
    assert 'route="/v1/stories",status="500"' in (await api.get("/metrics")).text


@pytest.mark.parametrize(
    "error", [PoolTimeout("pool"), ConnectionRefusedError(111, "refused"), TimeoutError()], ids=repr
)
async def test_a_database_out_of_reach_is_for_later(
    api: Api, monkeypatch: pytest.MonkeyPatch, error: Exception
):
    monkeypatch.setattr(story_pages, "find_stories", raises(error))
    answer = await api.get("/v1/stories")
    check_problem(answer, 503, "unavailable")
    assert answer.headers["retry-after"] == "5"


class Canceled(Exception):
    """As asyncpg says that a statement took too long."""

    sqlstate = "57014"


async def test_who_asks_for_too_much_is_told_to_ask_for_less(
    api: Api, monkeypatch: pytest.MonkeyPatch
):
    error = DBAPIError("SELECT secret", None, Canceled("secret"))
    monkeypatch.setattr(story_pages, "find_stories", raises(error))
    answer = await api.get("/v1/stories")
    assert "ask for less" in check_problem(answer, 503, "unavailable").detail


@on_both
async def test_without_its_database_the_service_is_alive_and_says_so(api: Api):
    """Pointed at nothing, as when the database has gone: reads, writes and keys alike are 503."""
    away = {
        "sqlite": "sqlite+aiosqlite:////nonexistent/folder/x.db",
        "postgresql": "postgresql+asyncpg://nobody:x@127.0.0.1:1/x",
    }[api.service.database.dialect]
    nowhere = open_database(away)
    api.app.state.deps = replace(api.app.state.deps, database=nowhere)
    calls = [
        api.reader.get("/v1/stories"),
        api.reader.get("/v1/changes"),
        api.reader.get("/v1/stories", headers={"Authorization": "Bearer x"}),
        api.admin.get("/v1/admin/status"),
        api.admin.post("/v1/admin/feeds", json={"url": "https://x.example/", "probe": False}),
        api.reader.get("/readyz"),
    ]
    for call in calls:
        answer = await call
        check_problem(answer, 503, "unavailable")
        assert int(answer.headers["retry-after"]) > 0
        assert "nobody" not in answer.text
        assert "nonexistent" not in answer.text
    assert (await api.reader.get("/healthz")).status_code == 200
    await nowhere.close()
