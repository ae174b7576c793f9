"""What the entries of one document come to: new stories, revisions, copies."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Final

from app.core.identity import story_id
from app.core.kept import KeptEntry, unpack_entry
from app.core.known import Known, KnownStory
from app.core.make import complete, story_of
from app.core.match import Match
from app.core.normal.dates import read_date
from app.core.normal.normalize import normalize
from app.core.normal.orders import date_order
from app.core.normal.titles import title_affixes
from app.core.page.choose import Kept, still_better
from app.core.poll import ChangedStory, ClaimedFeed, CopyWrite, NewStory
from app.core.revise import WITHDRAWN_HASH, WITHDRAWN_STATUSES, is_withdrawn, withdrawn
from app.core.search.facets import StorySource
from app.core.story import FeedContext, Story
from app.core.text import title_text
from app.core.types import Entry, ParsedFeed

FULLER: Final = 1.5
"""How much longer another feed's text must be before the story takes its words from there."""


def feed_context(
    parsed: ParsedFeed,
    *,
    feed_url: str,
    names: tuple[str | None, str | None] = (None, None),
    language: str | None = None,
    time_zone: str | None = None,
) -> FeedContext:
    """What a document says of its entries as a whole.

    `names` are those of the source and of the feed; `language` and `time_zone` the operator's, who
    may know better than the document.
    """
    titles = (title_text(entry.title) for entry in parsed.entries if entry.title)
    dates = (entry.published_raw or entry.updated_raw for entry in parsed.entries)
    return FeedContext(
        feed_url=feed_url,
        source_name=names[0],
        language=language or parsed.language,
        time_zone=time_zone,
        date_order=date_order(dates, language or parsed.language),
        title_affixes=title_affixes(titles, (*names, parsed.title)),
    )


def context_of(feed: ClaimedFeed, parsed: ParsedFeed) -> FeedContext:
    """What a polled document says of its entries as a whole."""
    return feed_context(
        parsed,
        feed_url=feed.url,
        names=(feed.source_name, feed.title),
        language=feed.language,
        time_zone=feed.time_zone,
    )


class Writes:
    """Collects what a document's entries come to: new stories, revisions, copies."""

    def __init__(
        self, feed: ClaimedFeed, context: FeedContext, known: Known, now: datetime
    ) -> None:
        """`context` with the lines that are known today, which are not kept with an entry."""
        self.feed = feed
        self.context = replace(context, learned=frozenset())
        self.taught_context = context
        self.now = now
        self.source = StorySource(
            id=feed.source_id, domain=feed.source_domain, country=feed.source_country
        )
        self.ids = set(known.stories)
        self.new: list[NewStory] = []
        self.changed: list[ChangedStory] = []
        self.copies: list[CopyWrite] = []
        self.told_by_page = known.told_by_page
        self.wired = known.wired
        self.policy = known.policy
        self.edits = known.edits

    def add(self, match: Match) -> None:
        entry = match.keys.entry
        if match.copy and match.copy.entry_hash == entry.raw_hash:
            if not match.copy.present:
                self._keep_copy(match, match.copy.story_id)
            return
        kept = KeptEntry(entry=entry, context=self.context, first_seen=self.now)
        story = normalize(entry, self.taught_context, self.now)
        if match.story is not None:
            self._revise(match, story, kept)
            self._keep_copy(match, match.story.id)
        elif entry.pub_status not in WITHDRAWN_STATUSES:  # what was never here need not go
            self._keep_copy(match, self._create(match, story, kept))

    def _create(self, match: Match, story: Story, kept: KeptEntry) -> int:
        new_id = story_id(story.published_at, match.identity)
        while new_id in self.ids:
            new_id += 1
        self.ids.add(new_id)
        self.new.append(
            NewStory(
                id=new_id,
                identity=match.identity,
                url_hash=match.keys.url_hash,
                title_hash=match.keys.title_hash,
                made=complete(story, kept, self.source, self.policy),
            )
        )
        return new_id

    def _revise(self, match: Match, story: Story, kept: KeptEntry) -> None:
        """A revision, if the words changed and this feed is the one the story is taken from."""
        known = match.story
        if known is None or self._is_older(known, kept.entry):
            return
        if is_withdrawn(kept.entry, story):
            story = withdrawn(story)
        elif not self._may_revise(known, story):
            return
        else:
            story, kept = self._by_page(known, story, kept)
        if known.content_hash == story.content_hash:
            return
        self.changed.append(
            ChangedStory(
                id=known.id,
                revision=known.revision + 1,
                url_hash=match.keys.url_hash,
                title_hash=match.keys.title_hash,
                made=complete(story, kept, self.source, self.policy, self.edits.get(known.id, ())),
            )
        )

    def _is_older(self, known: KnownStory, entry: Entry) -> bool:
        """Whether a wire's item is an earlier version than the one on record, out of a cache that
        is behind: it must not bring back what was corrected or withdrawn since.
        """
        if known.id not in self.wired:
            return False
        before = unpack_entry(self.wired[known.id]).entry
        was, now = (read_date(each.updated_raw or "") for each in (before, entry))
        return was is not None and now is not None and now.at < was.at

    def _by_page(self, known: KnownStory, story: Story, kept: KeptEntry) -> tuple[Story, KeptEntry]:
        """The story with its page's text, where it has that and the feed says no more now."""
        if known.id not in self.told_by_page:
            return story, kept
        by_page = replace(kept, page=unpack_entry(self.told_by_page[known.id]).page)
        told = story_of(by_page, self.taught_context.learned)
        better = still_better(story, told).kept is Kept.PAGE
        return (told, by_page) if better else (story, kept)

    def _may_revise(self, known: KnownStory, story: Story) -> bool:
        """Whether the story is taken from this feed. Any feed of its source may withdraw it; only
        that feed brings it back.
        """
        owns = known.owner_feed_id in (self.feed.id, None)
        if owns or known.content_hash == WITHDRAWN_HASH:
            return owns
        if not known.owner_has_it:
            return True
        return story.word_count > known.word_count * FULLER

    def _keep_copy(self, match: Match, story_id: int) -> None:
        self.copies.append(
            CopyWrite(
                ident=match.ident,
                story_id=story_id,
                guid=match.keys.entry.guid,
                url=match.keys.url,
                url_hash=match.keys.url_hash,
                entry_hash=match.keys.entry.raw_hash,
            )
        )
