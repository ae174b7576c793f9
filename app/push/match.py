"""Which webhooks are to be told of a change: found by what their searches need, not one by one."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from typing import Final

import structlog

from app.core.search.asked import search_of
from app.core.search.book import BookedSearch, SearchBook
from app.core.search.index import Indexable, IndexTerms
from app.errors import Invalid
from app.store.changes import Change, last_seq, read_changes
from app.store.deliveries import NewDelivery, any_webhook, move_head, read_head, told_last
from app.store.engine import Database, ReadSession
from app.store.reindex import read_stories
from app.store.searches import SavedSearch, list_searches
from app.store.tag_edits import with_merges
from app.store.webhooks import Webhook, list_webhooks
from app.work.loop import Loop

log = structlog.get_logger()

IDLE_S: Final = 0.2
BATCH: Final = 200


class Matcher(Loop):
    """Turns the log into deliveries, each change once, whoever else does."""

    def __init__(
        self,
        database: Database,
        *,
        index_terms: Callable[[Sequence[Indexable]], Awaitable[Sequence[IndexTerms]]],
        clock: Callable[[], datetime],
        on_made: Callable[[], None] = lambda: None,
    ) -> None:
        super().__init__("webhook matcher", self.match_some)
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
                changes = await read_changes(session, head, BATCH)
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
        """The searches that are followed, laid out anew where one of them has changed."""
        followed = {hook.search_id for hook in hooks}
        every = await list_searches(session, owner_id=None, everybodys=True)
        kept = [search for search in every if search.id in followed]
        written_as = tuple((search.id, search.version) for search in kept)
        if written_as != self._written_as:
            self._book = SearchBook(await _booked(session, kept))
            self._written_as = written_as

    async def _matching(self, changes: Sequence[Change]) -> Mapping[int, frozenset[int]]:
        """Of stories in the stream, the searches that find them as they are now."""
        ids = list({change.story_id for change in changes})
        if not ids:
            return {}
        async with self._database.read() as session:
            found = await read_stories(session, ids)
        terms = await self._index_terms([story.words for story in found])
        return {
            story.id: frozenset(self._book.matching(each, story.words.language))
            for story, each in zip(found, terms, strict=True)
        }

    async def _new(
        self,
        changes: Sequence[Change],
        hooks: Sequence[Webhook],
        matching: Mapping[int, frozenset[int]],
    ) -> list[NewDelivery]:
        """What each webhook is to be told: of what matches, and of what it has been told of and
        matches no more.
        """
        ids = [hook.id for hook in hooks]
        async with self._database.read() as session:
            told = await told_last(session, ids, [change.story_id for change in changes])
        new: list[NewDelivery] = []
        for change in changes:
            found = matching.get(change.story_id)
            for hook in hooks:
                if change.seq <= hook.after or (hook.types and change.type not in hook.types):
                    continue
                matches = found is not None and (hook.search_id is None or hook.search_id in found)
                if matches or told.get((hook.id, change.story_id)):
                    new.append(NewDelivery(webhook_id=hook.id, change=change, matches=matches))
                    told[hook.id, change.story_id] = matches
        return new


async def _booked(session: ReadSession, searches: Sequence[SavedSearch]) -> dict[int, BookedSearch]:
    booked: dict[int, BookedSearch] = {}
    for saved in searches:
        try:
            search = await with_merges(session, search_of(saved.asked))
        except Invalid as error:  # kept by a release that read it otherwise
            log.warning("search_not_read", search_id=saved.id, detail=error.detail)
            continue
        if (tree := search.tree) is not None:
            booked[saved.id] = BookedSearch(tree=tree, field=search.field)
    return booked
