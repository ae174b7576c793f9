"""What is wrong with a deployment: from facts to findings, each with what to do about it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from app.core.deployment import (
    DatabaseFacts,
    Facts,
    Finding,
    MachineFacts,
    PollingFacts,
    SettingFacts,
    Severity,
)
from app.core.schedule import words

SKEW_NOTED_S: Final = 2.0
SKEW_WRONG_S: Final = 60.0
LATE_S: Final = 10 * 60
"""By how much what is due may be late before it is a finding."""

DISK_LOW_BYTES: Final = 1 << 30
DISK_OUT_BYTES: Final = 100 << 20
SPARE_DESCRIPTORS: Final = 64
NETWORK_FILE_SYSTEMS: Final = frozenset(
    {
        "nfs",
        "nfs4",
        "cifs",
        "smb3",
        "smbfs",
        "9p",
        "afs",
        "ceph",
        "fuse.sshfs",
        "glusterfs",
        "lustre",
    }
)


def diagnose(facts: Facts) -> tuple[Finding, ...]:
    """What is wrong, the worst first."""
    order = list(Severity)
    return tuple(sorted(_findings(facts), key=lambda finding: order.index(finding.severity)))


def _findings(facts: Facts) -> Iterator[Finding]:
    yield from _settings(facts.settings)
    yield from _machine(facts.machine, facts.settings)
    if facts.workers_fault is not None:
        yield Finding(
            severity=Severity.ERROR,
            code="workers",
            detail=f"no worker process can start: {facts.workers_fault}",
            step="raise COPYDESK_PARSE_MEMORY_MB, or give the machine more memory",
        )
    if facts.online_fault is not None:
        yield Finding(
            severity=Severity.ERROR,
            code="offline",
            detail=f"a request to the outside failed: {facts.online_fault}",
            step="see to name resolution, to the firewall and to the machine's route out",
        )
    if facts.database is None:
        yield Finding(
            severity=Severity.ERROR,
            code="database",
            detail=f"the database cannot be used: {facts.database_fault}",
            step="start it, or set COPYDESK_DATABASE_URL",
        )
        return
    yield from _database(facts.database, facts.machine)
    if facts.database.polling is not None:
        yield from _polling(facts.database.polling, facts.settings)


def _settings(settings: SettingFacts) -> Iterator[Finding]:
    if not settings.contact:
        yield Finding(
            severity=Severity.WARNING,
            code="contact",
            detail="publishers cannot tell who polls them: COPYDESK_CONTACT is not set",
            step="set it to an address or a page of yours, which the User-Agent then names",
        )
    if not settings.secret_key:
        yield Finding(
            severity=Severity.NOTE,
            code="secret_key",
            detail="secrets of feeds cannot be kept encrypted: COPYDESK_SECRET_KEY is not set",
            step="set it before feeds are given credentials (openssl rand -hex 32)",
        )
    if not settings.public_url:
        yield Finding(
            severity=Severity.NOTE,
            code="public_url",
            detail="hubs cannot push to this service: COPYDESK_PUBLIC_URL is not set",
            step="set it to where the internet reaches this service; polling goes on without",
        )
    if settings.open_to_strangers:
        yield Finding(
            severity=Severity.WARNING,
            code="open_reading",
            detail="everybody who reaches this address may read all stories",
            step="set COPYDESK_READ_AUTH=required, unless that is meant",
        )


def _machine(machine: MachineFacts, settings: SettingFacts) -> Iterator[Finding]:
    free = machine.database_disk_free
    if free is not None and free < DISK_LOW_BYTES:
        yield Finding(
            severity=Severity.ERROR if free < DISK_OUT_BYTES else Severity.WARNING,
            code="disk",
            detail=f"{free // (1 << 20)} MB are left where the database is",
            step="make room there: with none left nothing can be written",
        )
    needed = settings.concurrency + SPARE_DESCRIPTORS
    if machine.descriptors_free is not None and machine.descriptors_free < needed:
        yield Finding(
            severity=Severity.ERROR,
            code="descriptors",
            detail=f"{machine.descriptors_free} files and sockets may be opened, of {needed} that "
            "this concurrency may need",
            step="raise the limit (ulimit -n, LimitNOFILE=), or lower COPYDESK_CONCURRENCY",
        )
    if machine.database_file_system in NETWORK_FILE_SYSTEMS:
        yield Finding(
            severity=Severity.ERROR,
            code="network_file_system",
            detail=f"the SQLite file is on {machine.database_file_system}, a network file system, "
            "whose locks and shared memory SQLite cannot rest on",
            step="move it to a disk of this machine, or use PostgreSQL",
        )


def _database(database: DatabaseFacts, machine: MachineFacts) -> Iterator[Finding]:
    if database.present_revision != database.needed_revision:
        there = database.present_revision or "none"
        yield Finding(
            severity=Severity.ERROR,
            code="schema",
            detail=f"the schema is {there}, this release needs {database.needed_revision}",
            step="run copydesk migrate, or start a server; if the schema is the newer one, "
            "install the release that made it",
        )
    skew_s = abs((database.now - machine.now).total_seconds())
    if skew_s >= SKEW_NOTED_S:
        yield Finding(
            severity=Severity.ERROR if skew_s >= SKEW_WRONG_S else Severity.WARNING,
            code="clock",
            detail=f"this machine's clock and the database's are {skew_s:.1f} s apart",
            step="run a time service (chrony, systemd-timesyncd) on both; leases go by the "
            "database's clock and hold all the same",
        )


def _polling(polling: PollingFacts, settings: SettingFacts) -> Iterator[Finding]:
    late_s = polling.most_overdue_s or 0.0
    if polling.due and late_s > LATE_S:
        yield _lateness(polling, late_s)
    if polling.stale_leases:
        yield Finding(
            severity=Severity.NOTE,
            code="stale_leases",
            detail=f"{polling.stale_leases} leases are past their end: a process was killed, or "
            "is frozen",
            step="nothing: the next claim takes them over; if they stay, no poller runs",
        )
    if polling.sealed_credentials and not settings.secret_key:
        yield Finding(
            severity=Severity.ERROR,
            code="sealed",
            detail=f"{polling.sealed_credentials} feeds have secrets that cannot be opened here",
            step="set COPYDESK_SECRET_KEY to what they were sealed with",
        )
    yield from _feeds(polling.feeds)
    yield from _told_by_counts(polling)


def _told_by_counts(polling: PollingFacts) -> Iterator[Finding]:
    if polling.hosts_backing_off:
        yield Finding(
            severity=Severity.NOTE,
            code="backing_off",
            detail=f"{polling.hosts_backing_off} hosts have asked to be left alone (429, 503)",
            step="nothing: they are asked again when their time is over",
        )
    if polling.outdated_index:
        yield Finding(
            severity=Severity.WARNING,
            code="index",
            detail=f"{polling.outdated_index} stories are indexed as an older release did",
            step="run copydesk reindex: a search may miss them until then",
        )
    if polling.outdated_entries:
        yield Finding(
            severity=Severity.NOTE,
            code="normal_form",
            detail=f"{polling.outdated_entries} stories have the normal form of an older release",
            step="run copydesk reprocess when it suits",
        )


def _lateness(polling: PollingFacts, late_s: float) -> Finding:
    behind = f"{polling.due} feeds are due, the first for {words(late_s)}"
    if polling.last_poll_s is None or polling.last_poll_s > LATE_S:
        last = words(polling.last_poll_s) if polling.last_poll_s is not None else None
        since = f"no feed was polled for {last}" if last else "no feed was ever polled"
        return Finding(
            severity=Severity.ERROR,
            code="no_poller",
            detail=f"{behind}, and {since}: no poller is alive",
            step="start copydesk poll, or a server with COPYDESK_POLL=on",
        )
    return Finding(
        severity=Severity.WARNING,
        code="behind",
        detail=f"{behind}: polling does not keep up, or their hosts do not answer",
        step="see the ledger (/v1/admin/fetches); start another poller on PostgreSQL, or raise "
        "COPYDESK_CONCURRENCY or COPYDESK_REQUESTS_PER_HOUR",
    )


_OF_FEEDS: Final = (
    ("quarantined", Severity.WARNING, "are quarantined: they killed their workers"),
    ("gone", Severity.WARNING, "are gone: their servers say for good"),
    ("failing", Severity.WARNING, "have failed at their last poll"),
    ("silent", Severity.NOTE, "are silent for unusually long"),
)


def _feeds(counts: dict[str, int]) -> Iterator[Finding]:
    for health, severity, what in _OF_FEEDS:
        if counts.get(health):
            yield Finding(
                severity=severity,
                code=f"feeds_{health}",
                detail=f"{counts[health]} feeds {what}",
                step=f"copydesk feeds list --health {health}",
            )
