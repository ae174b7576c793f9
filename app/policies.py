"""Settings as the small policies that the parts work by."""

from __future__ import annotations

import os
import secrets
import socket

from dotenv import dotenv_values

from app.core.alerts import AlertPolicy
from app.core.credentials import VARIABLE_PREFIX
from app.core.deployment import SettingFacts
from app.core.retention import RetentionPolicy
from app.core.schedule import PollPolicy
from app.core.types import FetchPolicy
from app.core.urls import is_loopback
from app.ingest.poller import PollerPolicy
from app.push.alerting import AlertReceiver
from app.settings import Settings


def fetch_policy_of(settings: Settings) -> FetchPolicy:
    return FetchPolicy(
        deadline_s=settings.fetch_deadline_s,
        max_wire_bytes=settings.max_wire_bytes,
        max_body_bytes=settings.max_body_bytes,
        user_agent=settings.user_agent,
    )


def poller_policy_of(settings: Settings) -> PollerPolicy:
    """With an owner of its own: each call is another holder of leases."""
    return PollerPolicy(
        owner=f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(3)}",
        concurrency=settings.concurrency,
        lease_s=lease_s_of(settings),
        intervals=PollPolicy(
            min_interval_s=settings.min_interval_s,
            max_interval_s=settings.max_interval_s,
            greed=settings.greed,
        ),
    )


def retention_policy_of(settings: Settings) -> RetentionPolicy:
    return RetentionPolicy(
        story_days=settings.story_days,
        ledger_days=settings.ledger_days,
        audit_days=settings.audit_days,
    )


def lease_s_of(settings: Settings) -> float:
    """Longer than a poll may take that does all in its own time, renewed where it takes longer."""
    return 10 + 2 * (settings.fetch_deadline_s + settings.parse_timeout_s)


def alert_policy_of(settings: Settings) -> AlertPolicy:
    return AlertPolicy(delay_s=settings.alert_delay_s, disk_bytes=settings.alert_disk_mb << 20)


def alert_receiver_of(settings: Settings) -> AlertReceiver | None:
    """Who is told of alerts, if anybody is."""
    url, secret = settings.alert_webhook, settings.alert_secret
    if url is None or secret is None:
        return None
    return AlertReceiver(url=url, secret=secret.get_secret_value())


def setting_facts(settings: Settings) -> SettingFacts:
    """What a doctor looks at."""
    return SettingFacts(
        contact="nobody has set" not in settings.user_agent,
        secret_key=bool(settings.secret_keys),
        public_url=settings.public_url is not None,
        open_to_strangers=settings.reading_is_open and not is_loopback(settings.host),
        concurrency=settings.concurrency,
    )


def feed_variables() -> dict[str, str]:
    """What is set, in the environment or in `.env`, under names that feeds' secrets may have."""
    kept = {name: value for name, value in dotenv_values(".env").items() if value}
    given = {**kept, **os.environ}
    return {name: value for name, value in given.items() if name.startswith(VARIABLE_PREFIX)}
