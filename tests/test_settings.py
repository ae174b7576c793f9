"""Settings: what is taken, and what is refused with its name, its value and what is allowed."""

from __future__ import annotations

import ipaddress
import os
from pathlib import Path

import pytest

from app.policies import feed_variables
from app.settings import ReadAuth, SettingsError, load_settings


@pytest.fixture(autouse=True)
def _no_settings_of_this_machine(monkeypatch: pytest.MonkeyPatch, tmp_path) -> None:
    for name in [n for n in os.environ if n.startswith("COPYDESK_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)  # no .env


def test_defaults() -> None:
    settings = load_settings()
    assert settings.database_url == "sqlite+aiosqlite:///copydesk.db"
    assert (settings.host, settings.port, settings.poll) == ("127.0.0.1", 8000, True)
    assert settings.allow_private_networks == ()
    assert settings.reading_is_open


@pytest.mark.parametrize(
    ("host", "read_auth", "is_open"),
    [
        ("127.0.0.1", None, True),
        ("127.8.8.8", None, True),
        ("::1", None, True),
        ("localhost", None, True),
        ("0.0.0.0", None, False),
        ("::", None, False),
        ("10.0.0.1", None, False),
        ("news.example", None, False),
        ("0.0.0.0", ReadAuth.OPEN, True),
        ("127.0.0.1", ReadAuth.REQUIRED, False),
    ],
)
def test_reading_is_open_on_loopback_only_unless_said(
    host: str, read_auth: ReadAuth | None, is_open: bool
) -> None:
    assert load_settings(host=host, read_auth=read_auth).reading_is_open is is_open


def test_the_user_agent_tells_who_runs_the_service() -> None:
    assert "COPYDESK_CONTACT" in load_settings().user_agent
    told = load_settings(contact="https://desk.example/bot").user_agent
    assert told.startswith("Copydesk/")
    assert "+https://desk.example/bot" in told
    own = load_settings(contact="desk@news.example", user_agent="Desk/2").user_agent
    assert own == "Desk/2", "the whole header, if that is set"


def test_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COPYDESK_POLL", "off")
    monkeypatch.setenv("COPYDESK_ALLOW_PRIVATE_NETWORKS", "10.0.0.0/8, fd00::/8")
    monkeypatch.setenv("COPYDESK_DATABASE_URL", "postgresql://u:p%40@db/news")
    settings = load_settings()
    assert settings.poll is False
    assert settings.allow_private_networks == (
        ipaddress.ip_network("10.0.0.0/8"),
        ipaddress.ip_network("fd00::/8"),
    )
    assert settings.database_url == "postgresql+asyncpg://u:p%40@db/news"


@pytest.mark.parametrize(
    ("name", "value", "allowed"),
    [
        ("PORT", "70000", "the port to listen on"),
        ("PORT", "http", "the port to listen on"),
        ("POLL", "sometimes", "on or off"),
        ("READ_AUTH", "maybe", "open or required"),
        ("ALLOW_PRIVATE_NETWORKS", "10.0.0.1/8", "such as 10.0.0.0/8"),
        ("CONCURRENCY", "0", "fetches in flight"),
        ("USER_AGENT", "Zeitung ✓", "printable ASCII"),
        ("CONTACT", "desk (news)", "an address or URL of who runs this service"),
        ("REQUESTS_PER_HOUR", "0", "requests in an hour"),
        ("LOG_LEVEL", "loud", "debug, info, warning or error"),
        ("MIN_INTERVAL_S", "-1", "shortest time between two polls"),
    ],
)
def test_a_wrong_value_is_named_with_what_is_allowed(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, allowed: str
) -> None:
    monkeypatch.setenv(f"COPYDESK_{name}", value)
    with pytest.raises(SettingsError) as refused:
        load_settings()
    line = str(refused.value)
    assert line.startswith(f"COPYDESK_{name}='{value}'")
    assert allowed in line


@pytest.mark.parametrize(
    "url", ["mysql://h/d", "sqlite://", "sqlite:///:memory:", "copydesk.db", "postgresql"]
)
def test_a_database_that_cannot_be_taken(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.setenv("COPYDESK_DATABASE_URL", url)
    with pytest.raises(SettingsError, match="sqlite:///FILE"):
        load_settings()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ADMIN_KEY", "tooshort"),
        ("DATABASE_URL", "mysql://user:hunter2@h/d"),
        ("SECRET_KEY", "a-key-that-is-too-short"),
        ("SECRET_KEY", f"{'a' * 32},short"),
        ("ALERT_SECRET", "whsec_dG9vIHNob3J0"),
        ("ALERT_WEBHOOK", "ftp://hooks.example/T0KEN"),
        ("ALERT_WEBHOOK", "https://hooks.example/T0KEN"),  # nothing to sign with
    ],
)
def test_secrets_are_not_printed(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(f"COPYDESK_{name}", value)
    with pytest.raises(SettingsError) as refused:
        load_settings()
    assert value not in str(refused.value)
    assert "****" in str(refused.value)


def test_a_secret_key_is_followed_by_the_one_before(monkeypatch: pytest.MonkeyPatch) -> None:
    assert load_settings().secret_keys == ()
    monkeypatch.setenv("COPYDESK_SECRET_KEY", f"{'a' * 32}, {'b' * 40}")
    settings = load_settings()
    assert settings.secret_keys == ("a" * 32, "b" * 40)
    assert "a" * 32 not in repr(settings)


def test_of_the_environment_only_what_is_for_feeds_may_be_sent_to_them(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".env").write_text(
        "COPYDESK_FEED_WIRE=from-the-file\nCOPYDESK_FEED_PORT=of-the-file\nOTHER=x\n"
    )
    monkeypatch.setenv("COPYDESK_FEED_PORT", "of-the-environment")
    monkeypatch.setenv("COPYDESK_ADMIN_KEY", "not-for-any-feed-of-ours")
    assert feed_variables() == {
        "COPYDESK_FEED_WIRE": "from-the-file",
        "COPYDESK_FEED_PORT": "of-the-environment",
    }


def test_bounds_must_be_in_order() -> None:
    with pytest.raises(SettingsError, match="COPYDESK_MIN_INTERVAL_S"):
        load_settings(min_interval_s=7200, max_interval_s=3600)


def test_every_fault_is_told_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COPYDESK_PORT", "x")
    monkeypatch.setenv("COPYDESK_POLL", "sometimes")
    with pytest.raises(SettingsError) as refused:
        load_settings()
    assert len(str(refused.value).splitlines()) == 2


def test_a_model_that_is_not_installed_is_told_at_the_start(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("app.ingest.english_model.find_spec", lambda _: None)
    monkeypatch.setenv("COPYDESK_NLP", "on")
    with pytest.raises(SettingsError, match=r"pip install 'copydesk\[nlp\]'"):
        load_settings()
    monkeypatch.setattr("app.ingest.english_model.find_spec", lambda name: name)
    assert load_settings().nlp
    monkeypatch.delenv("COPYDESK_NLP")
    assert not load_settings().nlp


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("https://news.example", "https://news.example"),
        ("https://news.example/", "https://news.example"),
        ("http://10.0.0.1:8000/copydesk/", "http://10.0.0.1:8000/copydesk"),
    ],
)
def test_the_public_address_is_kept_without_a_slash(given: str, kept: str) -> None:
    assert load_settings(public_url=given).public_url == kept


@pytest.mark.parametrize(
    "given",
    [
        "news.example",
        "ftp://news.example",
        "https://",
        "https://u:p@news.example",
        "https://news.example/?x=1",
        "https://news.example/#x",
        "https://news.example/a b",
        "https://bücher.example/",
    ],
)
def test_a_public_address_that_no_path_can_be_added_to_is_refused(given: str) -> None:
    with pytest.raises(SettingsError, match="COPYDESK_PUBLIC_URL"):
        load_settings(public_url=given)
