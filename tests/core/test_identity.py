"""Which story an entry is, as feeds behave: unstable guids, moved links, shared links, repeats."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.hashing import hash64
from app.core.identity import (
    MAX_ID_MS,
    first_id_at,
    keys_of,
    lookup_of,
    story_id,
    url_hash,
)
from app.core.known import Known, KnownCopy, KnownStory
from app.core.match import Match, match_entries
from app.core.types import Entry, Markup

FEED = "https://news.example/rss"
DAY = datetime(2026, 11, 20, 9, tzinfo=UTC)


def entry(
    guid: str | None = None,
    url: str | None = None,
    title: str = "Harbour reopens",
    published: str | None = None,
    body: str = "",
) -> Entry:
    bare = Entry(
        raw_hash=0,
        guid=guid,
        url=url,
        title=Markup(value=title, html=False),
        content=Markup(value=body),
        published_raw=published,
    )
    return replace(bare, raw_hash=hash64(guid, url, title, published, body))


class Records:
    """A database of the one feed, as far as identity needs it."""

    def __init__(self) -> None:
        self.known = Known()
        self.made = 0

    def poll(self, *entries: Entry) -> tuple[Match, ...]:
        """Match a document against what is on record, then put it on record."""
        matches = match_entries(keys_of(entries), self.known, FEED)
        copies = {k: replace(c, present=False) for k, c in self.known.copies.items()}
        stories = dict(self.known.stories)
        for match in matches:
            story = match.story
            if story is None:
                self.made += 1
                story = KnownStory(
                    id=self.made,
                    url_hash=match.keys.url_hash,
                    identity=match.identity,
                    title_hash=match.keys.title_hash,
                    published_at=DAY,
                    content_hash=0,
                    revision=1,
                    owner_feed_id=1,
                    owner_has_it=True,
                    word_count=10,
                )
            stories[story.id] = replace(
                story, url_hash=match.keys.url_hash, title_hash=match.keys.title_hash
            )
            copies[match.ident] = KnownCopy(
                ident=match.ident,
                story_id=story.id,
                entry_hash=match.keys.entry.raw_hash,
                url_hash=match.keys.url_hash,
                present=True,
            )
        self.known = Known(copies=copies, stories=stories)
        return matches

    def stories(self, *entries: Entry) -> list[int]:
        """The stories that the entries of a document are, in its order."""
        before = self.made
        matches = self.poll(*entries)
        ids, fresh = [], before
        for match in matches:
            if match.story is None:
                fresh += 1
            ids.append(match.story.id if match.story else fresh)
        return ids


def test_an_entry_seen_before_is_the_same_story() -> None:
    records = Records()
    one = entry("g1", "https://news.example/a")
    assert records.stories(one) == [1]
    assert records.stories(one) == [1]
    assert records.poll(one)[0].copy is not None


@pytest.mark.parametrize(
    ("before", "after", "when"),
    [
        (
            entry("g1", "https://news.example/a"),
            entry("g2", "https://news.example/a"),
            "the guid changes at every poll",
        ),
        (
            entry("g1", "https://news.example/a"),
            entry("g1", "https://news.example/a?utm_source=x", title="Harbour reopens late"),
            "the link gets a tracking parameter and the title is corrected",
        ),
        (
            entry("g1", "https://news.example/a"),
            entry("g1", "https://news.example/2026/a"),
            "the link moves and the title stays",
        ),
        (
            entry("g1", "https://news.example/a", published="2026-11-20T09:00:00Z"),
            entry(
                "g1",
                "https://news.example/b",
                title="Harbour stays shut",
                published="2026-11-20T09:00:00Z",
            ),
            "link and title change and the date stays",
        ),
        (entry(None, "https://news.example/a"), entry("g1", "https://news.example/a"), "a guid"),
        (entry("g1", None), entry("g1", None, title="Harbour stays shut"), "no link at all"),
        (entry("g1", None), entry("g1", "https://news.example/a"), "a link comes later"),
        (entry("g1", "https://news.example/a"), entry("g1", None), "the link goes"),
        (
            entry("g1", "https://news.example/"),
            entry("g1", "https://news.example/", title="Harbour stays shut"),
            "the link names only the site, the guid the story",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_no_double_when(before: Entry, after: Entry, when: str) -> None:
    records = Records()
    assert records.stories(before) == [1]
    assert records.stories(after) == [1], when
    assert len(records.known.copies) == 1, "and no second copy in the same feed"


@pytest.mark.parametrize(
    ("before", "after", "when"),
    [
        (
            entry("1", "https://news.example/a"),
            entry("1", "https://news.example/b", title="Other news"),
            "guids number the places in the document",
        ),
        (
            entry("g1", "https://news.example/"),
            entry("g2", "https://news.example/", title="Other news"),
            "every link is the front page",
        ),
        (entry(None, None), entry(None, None, title="Other news"), "neither guid nor link"),
        (
            entry("g1", "https://news.example/live", published="2026-11-20T09:00:00Z"),
            entry(
                "g2",
                "https://news.example/live",
                title="Other news",
                published="2026-11-21T09:00:00Z",
            ),
            "one page is used again: guid, title and date are others",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_two_stories_when(before: Entry, after: Entry, when: str) -> None:
    records = Records()
    assert records.stories(before) == [1]
    assert records.stories(after) == [2], when
    assert records.stories(before, after) == [1, 2], "and each stays itself"


def test_one_link_for_several_entries_tells_nothing() -> None:
    page = "https://news.example/live"
    bulletins = [entry(f"g{n}", page, title=f"Bulletin {n}") for n in range(4)]
    records = Records()
    assert records.stories(*bulletins[:3]) == [1, 2, 3]
    assert records.stories(bulletins[3]) == [4], "also when only one of them is left"
    assert records.stories(*bulletins) == [1, 2, 3, 4]


def test_one_guid_for_several_links_tells_nothing() -> None:
    items = [entry("site", f"https://news.example/{n}", title=f"Item {n}") for n in range(3)]
    records = Records()
    assert records.stories(*items) == [1, 2, 3]
    assert records.stories(items[1]) == [2]


def test_repeats_within_a_document_are_one_entry() -> None:
    link = "https://news.example/a"
    assert len(keys_of([entry("g1", link), entry("g1", link)])) == 1
    assert len(keys_of([entry("g1", link), entry("g2", link)])) == 1
    assert len(keys_of([entry(None, None), entry(None, None)])) == 1


def test_where_guid_and_link_disagree_the_link_wins() -> None:
    records = Records()
    a, b = (entry(f"g{n}", f"https://news.example/{n}", title=f"Item {n}") for n in (1, 2))
    records.poll(a, b)
    swapped = entry("g1", "https://news.example/2", title="Item 2")
    assert records.stories(swapped) == [2]


def test_a_link_that_moves_onto_another_entry_takes_no_story_away() -> None:
    records = Records()
    old = entry("g1", "https://news.example/a", title="First")
    records.poll(old)
    moved = entry("g1", "https://news.example/b", title="First")
    newcomer = entry("g2", "https://news.example/a", title="Second")
    ids = records.stories(moved, newcomer)
    assert len(set(ids)) == 2
    assert records.stories(moved, newcomer) == ids, "and it is settled for good"


def test_a_mended_link_is_the_storys_own_from_then_on() -> None:
    records = Records()
    records.poll(entry("g1", "https://news.example/draft"))
    records.poll(entry("g1", "https://news.example/ferry-back"))
    assert records.stories(entry("g9", "https://news.example/ferry-back")) == [1]


def test_no_key_is_taken_twice() -> None:
    """A history that once led to a story with another's identity, which no database accepts."""
    link = "https://news.example/{}".format
    records = Records()
    records.poll(entry("g0", link("u0"), title="T0"))
    records.poll(entry("g0", link("u2"), title="T0"), entry("g1", link("u0"), title="T1"))
    records.poll(
        entry("g0", link("u2"), title="T0"),
        entry("g1", link("u0"), title="T1"),
        entry("g1", link("u3"), title="T0"),
    )
    identities = [story.identity for story in records.known.stories.values()]
    assert len(set(identities)) == len(identities)


def test_of_two_entries_that_are_one_the_fuller_is_kept_whatever_their_order() -> None:
    link = "https://news.example/a"
    short, full = entry("g1", link, body="Short."), entry("g2", link, body="A fuller text.")
    for document in ([short, full], [full, short]):
        assert [k.entry for k in keys_of(document)] == [full]


def test_words_seen_before_stay_where_they_are_though_every_key_is_shared() -> None:
    link = "https://news.example/a"
    records = Records()
    records.poll(entry("g2", link, title="X"))
    records.poll(entry("g2", None, title="X"), entry(None, link, title="X"))
    now = entry(None, link, title="Y")
    assert records.stories(now) == records.stories(now)


def test_another_feed_of_the_source_has_the_same_story_by_its_link() -> None:
    theirs = KnownStory(
        id=9,
        url_hash=url_hash("https://news.example/a"),
        identity=url_hash("https://news.example/a"),
        title_hash=1,
        published_at=DAY,
        content_hash=0,
        revision=1,
        owner_feed_id=2,
        owner_has_it=True,
        word_count=10,
    )
    known = Known(stories={9: theirs})
    (match,) = match_entries(keys_of([entry("x", "https://news.example/a")]), known, FEED)
    assert match.story == theirs
    assert match.copy is None


texts = st.sampled_from([None, "g1", "g2", "g3"])
links = st.sampled_from(
    [None, "https://news.example/", "https://news.example/a", "https://news.example/b"]
)
documents = st.lists(st.builds(entry, texts, links, st.sampled_from("XYZ")), max_size=5)


@given(st.lists(documents, max_size=5))
def test_a_document_read_twice_brings_nothing_new(history: Sequence[Sequence[Entry]]) -> None:
    records = Records()
    for document in history:
        first = records.stories(*document)
        assert len(set(first)) == len(first), "no two entries are one story"
        assert records.stories(*document) == first
        for match in match_entries(keys_of(document), records.known, FEED):
            assert match.copy is not None
            assert match.copy.entry_hash == match.keys.entry.raw_hash, "so nothing is normalized"


@given(documents)
def test_keys_are_asked_for_before_they_are_matched(document: Sequence[Entry]) -> None:
    keys = keys_of(document)
    lookup = lookup_of(keys, FEED)
    for match in match_entries(keys, Known(), FEED):
        assert match.ident in lookup.idents
        assert match.identity in lookup.identities


@given(st.datetimes(timezones=st.just(UTC)), st.integers(-(1 << 63), (1 << 63) - 1))
def test_ids_are_63_bits_in_the_order_of_time(moment: datetime, identity: int) -> None:
    made = story_id(moment, identity)
    assert 0 <= made < 1 << 63
    assert first_id_at(moment) <= made < first_id_at(moment) + (1 << 21)
    assert first_id_at(datetime.max.replace(tzinfo=UTC)) <= MAX_ID_MS << 21


@pytest.mark.parametrize(
    ("title", "title_hash", "rest_ident"),
    [
        ("The Ferry sails", 8324632369730309226, 9019087931504751862),
        ("CafÃ© <b>am</b>\u00ad Hafen &amp;amp; Kai", 2983270767890542620, -2023286542585017878),
        ("<i>Osprey</i>  SAILS &amp; sinks", 554310010071684684, -1130190162118535986),
        ("１号 渡轮", 3642556310779121626, 6397245590945237719),
    ],
)
def test_what_a_title_counts_for_never_changes(
    title: str, title_hash: int, rest_ident: int
) -> None:
    """However titles are mended for show: a changed number makes stories on record come again."""
    (keys,) = keys_of([Entry(raw_hash=0, title=Markup(value=title))])
    assert (keys.title_hash, keys.rest_ident) == (title_hash, rest_ident)


def test_an_entry_of_text_alone_is_known_by_it_whatever_else_is_read_of_it() -> None:
    said = Entry(raw_hash=1, content=Markup(value="The ferry sailed."), published_raw="2024-03-05")
    more = replace(said, raw_hash=2, language="en", authors=("Jane Roe",))
    other = replace(said, raw_hash=3, published_raw="2024-03-06")
    idents = [keys_of([e])[0].rest_ident for e in (said, more, other)]
    assert idents[0] == idents[1] != idents[2]
