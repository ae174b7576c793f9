"""What a doctor looks at and what he says: facts of a deployment, and findings."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Severity(StrEnum):
    """How bad a finding is."""

    ERROR = "error"  # it does not work, or will not for long
    WARNING = "warning"  # it works, and somebody should look
    NOTE = "note"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """`code` is stable, `detail` says what was seen, `step` what to do next."""

    severity: Severity
    code: str
    detail: str
    step: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingFacts:
    """What of the settings bears on whether a deployment is sound."""

    contact: bool
    secret_key: bool
    public_url: bool
    open_to_strangers: bool  # reading needs no key on an address that others reach
    concurrency: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MachineFacts:
    """The machine of a process; `database_*` are of the folder of an SQLite file."""

    now: datetime
    descriptors_free: int | None = None
    database_disk_free: int | None = None
    database_file_system: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DatabaseFacts:
    """What the database says; `now` is by its clock, read in the moment of `MachineFacts.now`."""

    engine: str
    version: str
    now: datetime
    present_revision: str | None
    needed_revision: str | None
    polling: PollingFacts | None = None  # None while the schema is another one


@dataclass(frozen=True, slots=True, kw_only=True)
class PollingFacts:
    """How polling stands: counts, and how late the latest of each is."""

    feeds: dict[str, int]  # by health
    due: int
    most_overdue_s: float | None
    last_poll_s: float | None  # since the last poll of any feed
    stale_leases: int
    hosts_backing_off: int
    sealed_credentials: int
    outdated_index: int
    outdated_entries: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """A `…_fault` is why there is nothing to say of that; None where all is well or unasked."""

    settings: SettingFacts
    machine: MachineFacts
    database: DatabaseFacts | None = None
    database_fault: str | None = None
    workers_fault: str | None = None
    online_fault: str | None = None
