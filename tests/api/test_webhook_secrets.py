"""Secrets of webhooks: sealed where there is a key to seal them with, and opened to sign."""

from __future__ import annotations

import pytest
from sqlalchemy import text
from standardwebhooks import Webhook as Verifier

from app.store.sealing import Sealer, SealFault, open_text, seal_text
from tests.api.conftest import Api, running
from tests.api.publisher import Item, Publisher, atom
from tests.api.test_webhooks import HOOKS, Receiver, add, desk, push
from tests.databases import on_sqlite

__all__ = ["desk"]

FERRY = Item(title="Ferry sails", text="The ferry sailed at noon.")
KEYS = ["a-key-of-these-tests-and-no-other", "another-key-of-these-tests-alone"]


async def kept(api: Api) -> list[str]:
    async with api.service.database.read() as session:
        rows = await session.execute(text("SELECT secret, old_secret FROM webhooks"))
        return [secret for row in rows for secret in row if secret is not None]


async def tried(api: Api, hook: str) -> dict[str, str | None]:
    found: dict[str, str | None] = (await api.admin.post(f"{HOOKS}/{hook}:test")).json()["data"]
    return found


@on_sqlite
async def test_secrets_are_sealed_and_messages_signed_with_them(
    migrated_url: str, harbour: Publisher, desk: Receiver
):
    async with running(migrated_url, read_auth="open", secret_key=KEYS[0]) as api:
        hook, secret = await add(api, desk.root)
        rotated = await api.admin.post(f"{HOOKS}/{hook}:rotate", json={})
        new = rotated.json()["data"]["secret"]
        stored = await kept(api)
        assert len(stored) == 2
        assert not any(word in one for one in stored for word in ("whsec_", secret, new))
        harbour.pages["/feed"] = atom(FERRY)
        await api.poll(harbour.url())
        await push(api)
        (headers, body) = desk.taken[0]
        for good in (secret, new):
            Verifier(good).verify(body, headers)
    async with running(migrated_url, read_auth="open", secret_key=KEYS[1]) as other:
        attempt = await tried(other, hook)
        assert (attempt["status"], attempt["failure"]) == (None, "sealed")
        assert "rotate" in str(attempt["detail"])
        await other.admin.post(f"{HOOKS}/{hook}:rotate", json={"overlap_s": 0})
        assert (await tried(other, hook))["status"] == 204


@on_sqlite
async def test_what_was_kept_before_there_was_a_key_is_good_still(
    migrated_url: str, desk: Receiver
):
    async with running(migrated_url, read_auth="open") as api:
        hook, secret = await add(api, desk.root)
        assert await kept(api) == [secret]
    async with running(migrated_url, read_auth="open", secret_key=KEYS[0]) as sealing:
        assert (await tried(sealing, hook))["status"] == 204


@pytest.mark.parametrize(
    ("text_kept", "fault"),
    [("sealed:%", SealFault.BROKEN), ("sealed:AAAA", SealFault.OTHER_KEY)],
)
def test_what_is_no_sealed_text_is_said_to_be_none(text_kept: str, fault: SealFault):
    assert open_text(Sealer(KEYS), text_kept, bound_to="this") is fault


def test_text_is_opened_for_what_it_was_sealed_for():
    sealed = seal_text(Sealer(KEYS), "whsec_x", bound_to="this")
    assert open_text(Sealer(KEYS[:1]), sealed, bound_to="this") == "whsec_x"
    assert open_text(Sealer(KEYS), sealed, bound_to="that") is SealFault.BROKEN
    assert open_text(Sealer(), sealed, bound_to="this") is SealFault.NO_KEY
