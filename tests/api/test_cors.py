"""Pages of other origins: none but those that were named, and never in the admin API."""

from __future__ import annotations

import httpx
import pytest

from app.settings import SettingsError, load_settings
from tests.api.conftest import Api, on_sqlite, running

OURS, OTHER = "https://app.example", "https://elsewhere.example"


def allowed(answer: httpx.Response) -> str | None:
    return answer.headers.get("access-control-allow-origin")


async def ask(api: Api, method: str, path: str, origin: str) -> httpx.Response:
    preflight = {
        "Access-Control-Request-Method": "GET",
        "Access-Control-Request-Headers": "authorization",
    }
    headers = {"Origin": origin} | (preflight if method == "OPTIONS" else {})
    return await api.reader.request(method, path, headers=headers)


@on_sqlite
async def test_nobody_is_let_in_unless_named(api: Api):
    for method in ("GET", "OPTIONS"):
        assert allowed(await ask(api, method, "/v1/stories", OURS)) is None


@on_sqlite
async def test_named_origins_may_call_and_read_refusals(migrated_url: str):
    async with running(
        migrated_url, read_auth="open", cors_origins=f"{OURS}, https://b.example:8443"
    ) as api:
        for path in ("/v1/stories", "/v1/stories?odd=1", "/v1/searches", "/v2/everything", "/v2/x"):
            answer = await ask(api, "GET", path, OURS)
            assert allowed(answer) == OURS, path
            assert "RateLimit" in answer.headers["access-control-expose-headers"]
            assert "access-control-allow-credentials" not in answer.headers
            assert allowed(await ask(api, "GET", path, OTHER)) is None
        preflight = await ask(api, "OPTIONS", "/v1/stories", OURS)
        assert preflight.status_code == 200
        assert "Authorization" in preflight.headers["access-control-allow-headers"]
        for path in ("/v1/admin/feeds", "/admin", "/metrics"):
            for method in ("GET", "OPTIONS"):
                assert allowed(await ask(api, method, path, OURS)) is None, path


@on_sqlite
async def test_all_origins(migrated_url: str):
    async with running(migrated_url, read_auth="open", cors_origins="*") as api:
        assert allowed(await ask(api, "GET", "/v1/stories", OTHER)) == "*"
        assert allowed(await ask(api, "GET", "/v1/admin/feeds", OTHER)) is None


@pytest.mark.parametrize("origin", ["app.example", "https://app.example/", "https://App.example"])
def test_what_is_no_origin_is_refused(origin: str):
    with pytest.raises(SettingsError, match="is no origin"):
        load_settings(cors_origins=origin)
