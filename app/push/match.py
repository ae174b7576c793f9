"""Which webhooks are to be told of a change: found by what their searches need, not one by one."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import structlog

from app.core.search.asked import search_of
from app.core.search.book import BookedSearch, SearchBook
from app.core.search.index import Indexable, IndexTerms
from app.core.tagging.edits import Merges
from app.errors import Invalid
from app.store.changes import EVERY_TYPE, Change, ChangeType, Entry, last_seq, read_changes
from app.store.deliveries import NewDelivery, any_webhook, move_head, read_head, told_last
from app.store.engine import Database, ReadSession
from app.store.policy import policy_version
from app.store.reindex import StoredStory, read_gone, read_stories
from app.store.searches import SavedSearch, list_searches
from app.store.tag_edits import merged, read_merges
from app.store.webhooks import Webhook, list_webhooks
from app.work.loop import Loop

log = structlog.get_logger()

IDLE_S: Final = 0.2
BATCH: Final = 200

GIVEN_UP: Final = 5
"""So often a batch is tried none of whose stories can be read: then it may be the stories."""

LEAVING: Final = frozenset({ChangeType.KILLED, ChangeType.DROPPED})
"""Whom a story concerned as it was is told of these, whether or not it was told of the story: of
other types it may not have wanted to know.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A story, and the searches that find it, or would if it were live; without `searches` nobody
    can say which: its words cannot be read.
    """

    live: bool
    searches: frozenset[int] | None


NOTHING: Final = Found(live=False, searches=frozenset())


class Matcher(Loop):
    """Turns the log into deliveries, each change once, whoever else does."""

    def __init__(
        self,
        database: Database,
        *,
        index_terms: Callable[[Sequence[Indexable]], Awaitable[Sequence[IndexTerms]]],
        clock: Callable[[], datetime],
        on_made: Callable[[], None] = lambda: None,
        on_unread: Callable[[], None] = lambda: None,
    ) -> None:
        super().__init__("webhook matcher", self.match_some)
        self._on_unread = on_unread
        self._tried = 0  # how often the batch that comes next could not be read
        self._database = database
        self._index_terms = index_terms
        self._clock = clock
        self._on_made = on_made
        self._book = SearchBook({})
        self._written_as: tuple[tuple[int, int], ...] = ()

    async def match_some(self) -> float:
        """A batch of the log; how long to wait for the next."""
        async with self._database.read() as session:
            head, last = await read_head(session), await last_seq(session)
            if head >= last:
                return IDLE_S
            if not await any_webhook(session):
                changes, hooks = [], []
            else:
                changes = await read_changes(session, head, BATCH, types=EVERY_TYPE)
                hooks = await list_webhooks(session, owner_id=None, everybodys=True)
                await self._read_book(session, hooks)
        matching = await self._matching(changes)
        new = await self._new(changes, hooks, matching)
        until = changes[-1].seq if changes else last
        async with self._database.write() as session:
            made = await move_head(session, head, until, new, self._clock())
        if made and new:
            self._on_made()
        return 0.0

    async def _read_book(self, session: ReadSession, hooks: Sequence[Webhook]) -> None:
        """The searches that are followed, laid out anew where one of them has changed, or what
        their tags stand for.
        """
        followed = {hook.search_id for hook in hooks}
        every = await list_searches(session, owner_id=None, everybodys=True)
        kept = [search for search in every if search.id in followed]
        policy = await policy_version(session)
        written_as = ((0, policy), *((search.id, search.version) for search in kept))
        if written_as != self._written_as:
            booked = _booked(kept, await read_merges(session))
            self._book = await asyncio.to_thread(SearchBook, booked)
            self._written_as = written_as

    async def _matching(self, changes: Sequence[Entry]) -> Mapping[int, Found]:
        """What each story is, and the searches that find it; those that are out of the stream are
        looked at in the words that they had.
        """
        ids = story_ids(changes)
        if not ids:
            return {}
        async with self._database.read() as session:
            live, gone = await read_stories(session, ids), await read_gone(session, ids)
        stories = [*live, *gone]
        terms = await self._terms(stories)
        return {
            story.id: Found(
                live=n < len(live),
                searches=None
                if each is None
                else frozenset(self._book.matching(each, story.words.language)),
            )
            for n, (story, each) in enumerate(zip(stories, terms, strict=True))
        }

    async def _terms(self, stories: Sequence[StoredStory]) -> Sequence[IndexTerms | None]:
        """The terms of each story; of one that cannot be read none, so that it stops no other.

        Where no story at all can be read it is hardly for their words: raises, and is tried again.
        """
        try:
            terms: Sequence[IndexTerms | None] = await self._index_terms([s.words for s in stories])
        except Exception:
            log.exception("batch_not_read", stories=len(stories))
            terms = [await self._terms_of_one(story) for story in stories]
            self._tried += 1
            if self._tried < GIVEN_UP and all(each is None for each in terms):
                raise
        for story, each in zip(stories, terms, strict=True):
            if each is None:
                self._on_unread()
                log.error("story_not_matched", story_id=story.id)
        self._tried = 0
        return terms

    async def _terms_of_one(self, story: StoredStory) -> IndexTerms | None:
        try:
            (terms,) = await self._index_terms([story.words])
        except Exception:  # noqa: BLE001 - whatever a story's words provoke; the batch's is logged
            return None
        return terms

    async def _new(
        self,
        changes: Sequence[Entry],
        hooks: Sequence[Webhook],
        matching: Mapping[int, Found],
    ) -> list[NewDelivery]:
        """What each webhook is to be told: of what matches, and of what did and does no more."""
        if not changes:
            return []
        async with self._database.read() as session:
            told = await told_last(session, story_ids(changes))
        return told_apart(changes, hooks, matching, told)


def story_ids(changes: Sequence[Entry]) -> list[int]:
    return list({change.story_id for change in changes if isinstance(change, Change)})


def told_apart(
    changes: Sequence[Entry],
    hooks: Sequence[Webhook],
    matching: Mapping[int, Found],
    told: dict[int, dict[int, bool]],
) -> list[NewDelivery]:
    """What each webhook is told of changes; `told`, by story and webhook, is kept up to date."""
    of_search: dict[int | None, set[int]] = {}
    for hook in hooks:
        of_search.setdefault(hook.search_id, set()).add(hook.id)
    by_id = {hook.id: hook for hook in hooks}
    new: list[NewDelivery] = []
    for change in changes:
        if not isinstance(change, Change):
            new += [
                NewDelivery(webhook_id=hook.id, change=change, matches=True)
                for hook in hooks
                if change.seq > hook.after and change.type in hook.types
            ]
            continue
        found = matching.get(change.story_id, NOTHING)
        searches = found.searches or ()
        finding: set[int] = set().union(*(of_search.get(n, ()) for n in (None, *searches)))
        matched = told.setdefault(change.story_id, {})
        unread = found.searches is None
        concerned = set() if unread else {n for n, still in matched.items() if still}
        if found.live or change.type in LEAVING:
            concerned |= finding
        elif change.type is not ChangeType.CREATED:
            concerned |= of_search.get(None, set())
        for hook in (by_id[n] for n in sorted(concerned & by_id.keys())):
            if change.seq > hook.after and (not hook.types or change.type in hook.types):
                matched[hook.id] = found.live and hook.id in finding
                new.append(NewDelivery(webhook_id=hook.id, change=change, matches=matched[hook.id]))
    return new


def _booked(searches: Sequence[SavedSearch], merges: Merges) -> dict[int, BookedSearch]:
    booked: dict[int, BookedSearch] = {}
    for saved in searches:
        try:
            search = merged(search_of(saved.asked), merges)
        except Invalid as error:  # kept by a release that read it otherwise
            log.warning("search_not_read", search_id=saved.id, detail=error.detail)
            continue
        if (tree := search.tree) is not None:
            booked[saved.id] = BookedSearch(tree=tree, field=search.field)
    return booked
