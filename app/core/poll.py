"""One poll as values: the feed as it was claimed, the document that was read, the plan to apply."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from app.core.feed_news import Trouble
from app.core.identity import EntryKeys, Lookup
from app.core.make import Made
from app.core.moves import Move, Overlap, Sighting
from app.core.normal.repeats import UNDECIDED, Decided, Lesson
from app.core.refusal import Answer
from app.core.schedule import NextPoll, Outcome, Pace, PollPolicy
from app.core.trust import Trust
from app.core.types import Dialled, Failure, ParsedFeed, Validators
from app.core.websub import NamedHubs


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimedFeed:
    """A feed as it was when it was claimed, with the lease that allows one plan to be applied."""

    id: int
    url: str
    host: str
    source_id: int
    source_name: str | None
    source_domain: str
    lease_token: int
    claimed_at: datetime  # by the database's clock, as every time of a poll
    due_at: datetime  # another time at the end means that somebody asked for another poll
    worker: str | None = None
    source_country: str | None = None
    full_text: bool = False  # its stories are told by their pages where these have more
    authenticates: bool = False  # it has credentials; they are not here, where they might be shown
    attempts: int = 0  # polls in a row that were reading its document and ended without a result
    title: str | None = None
    site_url: str | None = None
    language: str | None = None
    time_zone: str | None = None
    validators: Validators = field(default_factory=Validators)
    validators_url: str | None = None  # whose answer gave them, after redirects
    body_hash: int | None = None
    failures: int = 0
    pace: Pace = field(default_factory=Pace)
    policy: PollPolicy = field(default_factory=PollPolicy)
    last_success_at: datetime | None = None
    last_new_at: datetime | None = None
    history: bytes | None = None  # when its entries appeared, packed
    silent_since: datetime | None = None
    trouble: Trouble | None = None  # as the log has told it
    guids_unstable: bool = False
    trust: Trust = field(default_factory=Trust)
    sighting: Sighting | None = None
    alternates: tuple[str, ...] = ()  # addresses of feeds that it named when it was none itself
    push_id: int | None = None  # what is read is what a hub pushed, and nobody is asked


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """What an address turned out to be when it was tried; `url` is where, after redirects."""

    url: str
    feed: ParsedFeed


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A body that was read as a feed, its entries told apart."""

    feed: ParsedFeed
    keys: tuple[EntryKeys, ...]
    lookup: Lookup


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerRow:
    """One poll, for the ledger: what came of it, and why the next one is when it is."""

    at: datetime
    outcome: Outcome
    failure: Failure | None
    status: int | None
    detail: str | None
    url: str
    redirects: tuple[tuple[int, str], ...]
    wire_bytes: int
    body_bytes: int
    elapsed_ms: int
    entries: int
    new: int
    changed: int
    notes: tuple[str, ...]
    next_poll: NextPoll


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedUpdate:
    """The columns of a feed that polling owns, as they are after this poll."""

    title: str | None
    site_url: str | None
    language: str | None
    validators: Validators
    validators_url: str | None
    body_hash: int | None
    attempts: int
    failures: int
    failure: Failure | None
    failure_detail: str | None
    pace: Pace
    last_success_at: datetime | None
    last_new_at: datetime | None
    quarantined: bool
    history: bytes | None
    silent_since: datetime | None
    guids_unstable: bool
    trust: Trust
    sighting: Sighting | None
    alternates: tuple[str, ...]


def as_it_was(feed: ClaimedFeed) -> FeedUpdate:
    """The feed with its failures forgotten and all else unchanged."""
    return FeedUpdate(
        title=feed.title,
        site_url=feed.site_url,
        language=feed.language,
        validators=feed.validators,
        validators_url=feed.validators_url,
        body_hash=feed.body_hash,
        attempts=0,
        failures=0,
        failure=None,
        failure_detail=None,
        pace=feed.pace,
        last_success_at=feed.last_success_at,
        last_new_at=feed.last_new_at,
        quarantined=False,
        history=feed.history,
        silent_since=feed.silent_since,
        guids_unstable=feed.guids_unstable,
        trust=feed.trust,
        sighting=feed.sighting,
        alternates=feed.alternates,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class CopyWrite:
    """A copy that is new, or whose words or link changed, or that is in the document again."""

    ident: int
    story_id: int
    guid: str | None
    url: str | None
    url_hash: int | None
    entry_hash: int


@dataclass(frozen=True, slots=True, kw_only=True)
class NewStory:
    id: int
    identity: int
    url_hash: int | None
    title_hash: int
    made: Made


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangedStory:
    """The next revision of a story; `published_at` and the id stay as they are."""

    id: int
    revision: int
    url_hash: int | None
    title_hash: int
    made: Made


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptBody:
    """The feed's last body, zlib-packed, for replay."""

    packed: bytes
    content_type: str | None
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedPlan:
    """What to write for one poll.

    `expected` is what was known of the source's stories (id → revision) under `lookup`: the plan
    is good only while that still holds, and what was `decided` of the source's lines too. `lessons`
    are the lines that it decides anew.
    """

    feed: ClaimedFeed
    ledger: LedgerRow
    update: FeedUpdate
    new: tuple[NewStory, ...] = ()
    changed: tuple[ChangedStory, ...] = ()
    copies: tuple[CopyWrite, ...] = ()
    left: tuple[int, ...] = ()  # idents of copies that are no longer in the document
    body: KeptBody | None = None
    lookup: Lookup = field(default_factory=Lookup)
    expected: tuple[tuple[int, int], ...] = ()
    decided: Decided = UNDECIDED
    answers: tuple[Answer, ...] = ()  # what the hosts said that were asked
    dialled: Dialled = ()
    lessons: tuple[Lesson, ...] = ()
    overlap: Overlap | None = None  # with the document before; None where none was read
    move: Move | None = None
    hubs: NamedHubs | None = None  # as its document names them; None where none was read
    replayed: bool = False  # no poll: of the feed itself hardly anything changes
    reread: bool = False  # its own document must be read again, though it may be the same

    @property
    def writes_stories(self) -> bool:
        return bool(self.new or self.changed or self.copies)
