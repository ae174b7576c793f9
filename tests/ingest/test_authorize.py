"""What a feed is asked with: each guard by itself, though others stand behind it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from app.core.credentials import CredentialKind
from app.core.types import Failure, FetchFailed, Redirect
from app.ingest.authorize import Authorization, FeedSecrets, authorize, refused
from app.store.credentials import Credentials, bound_to
from app.store.sealing import Sealer

ORIGIN = "https://wire.example"
URL = f"{ORIGIN}/feed"
SEALER = Sealer(["k" * 32])
SECRETS = FeedSecrets(
    sealer=SEALER, variables={"COPYDESK_FEED_WIRE": "tide", "DATABASE_URL": "postgresql://db"}
)
GIVEN = Credentials(
    kind=CredentialKind.BEARER,
    origin=ORIGIN,
    set_at=datetime(2026, 11, 20, tzinfo=UTC),
    variable="COPYDESK_FEED_WIRE",
)


def sealed(kind: CredentialKind, secret: str, feed_id: int = 7, **given: object) -> Credentials:
    closed = SEALER.seal(secret, bound_to=bound_to(feed_id, kind, ORIGIN))
    return replace(GIVEN, kind=kind, variable=None, sealed=closed, **given)


@pytest.mark.parametrize(
    ("given", "header", "value"),
    [
        (GIVEN, b"Authorization", b"Bearer tide"),
        (sealed(CredentialKind.BEARER, "tide"), b"Authorization", b"Bearer tide"),
        (
            sealed(CredentialKind.BASIC, "Flut ü", username="desk"),
            b"Authorization",
            b"Basic ZGVzazpGbHV0IMO8",
        ),
        (sealed(CredentialKind.HEADER, "tide", header="X-Key"), b"X-Key", b"tide"),
    ],
)
def test_each_kind_is_a_header_for_its_origin(given: Credentials, header: bytes, value: bytes):
    made = authorize(7, URL, given, SECRETS)
    assert made == Authorization(origin=ORIGIN, header=header, value=value)
    assert "tide" not in repr(made)


@pytest.mark.parametrize(
    "url",
    [
        "https://wire.example:8443/feed",
        "http://wire.example/feed",
        "https://www.wire.example/feed",
        "https://wire.example.evil.example/feed",
        "https://evil.example/?https://wire.example",
    ],
)
def test_at_another_origin_there_are_none(url: str):
    assert authorize(7, url, GIVEN, SECRETS) is None


def test_without_credentials_there_are_none():
    assert authorize(7, URL, None, SECRETS) is None


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (replace(GIVEN, variable="DATABASE_URL"), "a variable that no feed's secret may be in"),
        (replace(GIVEN, variable="COPYDESK_FEED_NONE"), "COPYDESK_FEED_NONE, which is not set"),
        (sealed(CredentialKind.BEARER, "tide", feed_id=8), "are damaged"),
        (sealed(CredentialKind.BEARER, "two words"), "the secret of its credentials"),
        (replace(GIVEN, variable=None, sealed=None), "another COPYDESK_SECRET_KEY"),
    ],
)
def test_what_cannot_be_sent_is_a_failure_with_the_next_step(given: Credentials, said: str):
    failed = authorize(7, URL, given, SECRETS)
    assert isinstance(failed, FetchFailed)
    assert (failed.kind, failed.status) == (Failure.UNAUTHORIZED, None)
    assert said in failed.detail
    for secret in ("tide", "two words", "postgresql"):
        assert secret not in failed.detail


def test_over_plain_http_only_by_an_operators_word():
    plain = replace(GIVEN, origin="http://wire.example")
    failed = authorize(7, "http://wire.example/feed", plain, SECRETS)
    assert isinstance(failed, FetchFailed)
    assert "--over-http" in failed.detail
    allowed = authorize(7, "http://wire.example/feed", replace(plain, over_http=True), SECRETS)
    assert isinstance(allowed, Authorization)


REFUSAL = FetchFailed(kind=Failure.UNAUTHORIZED, detail="status 401", url=URL, status=401)
AWAY = "https://login.example/feed"


@pytest.mark.parametrize(
    ("url", "given", "failed", "step"),
    [
        (URL, None, REFUSAL, "give it some: copydesk feeds credentials 7"),
        (URL, GIVEN, REFUSAL, "refuses the credentials: set them again: copydesk feeds cred"),
        (AWAY, GIVEN, REFUSAL, f"are for {ORIGIN} alone"),
        (
            URL,
            GIVEN,
            replace(REFUSAL, url=AWAY, redirects=(Redirect(status=302, url=AWAY),)),
            f"copydesk feeds move 7 {AWAY}",
        ),
    ],
)
def test_a_refusal_says_what_to_do(
    url: str, given: Credentials | None, failed: FetchFailed, step: str
):
    assert step in refused(7, url, given, failed).detail


def test_other_failures_are_left_as_they_are():
    gone = replace(REFUSAL, kind=Failure.GONE, status=410)
    assert refused(7, URL, None, gone) is gone
