"""Entry → Story: goldens in eight languages, each rule of the house form, and any entry at all."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from html import escape
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from app.core.normal.credits import lead_of
from app.core.normal.datelines import bare_lead
from app.core.normal.normalize import (
    MAX_ENCLOSURES,
    MAX_FALLBACK_TITLE_CHARS,
    MAX_RAW_CHARS,
    MAX_SUMMARY_CHARS,
    UNTITLED,
    normalize,
)
from app.core.normal.people import read_authors
from app.core.story import (
    OWN_BLOCKS,
    Block,
    BlockType,
    FeedContext,
    PublishedFrom,
    Story,
    TitleAffixes,
)
from app.core.types import Category, Enclosure, Entry, Markup
from app.core.urls import canonical_url
from tests.golden import SEEN, Golden, goldens, story_as_json

FEED = FeedContext(feed_url="https://harbour.example/rss", language="en")
FERRY = "<p>The ferry left the harbour on Tuesday morning.</p><p>Three hundred were on board.</p>"


def story_of(context: FeedContext = FEED, **said: Any) -> Story:
    return normalize(Entry(raw_hash=0, **said), context, SEEN)


@pytest.mark.parametrize("golden", goldens(), ids=lambda golden: golden.name)
def test_golden(golden: Golden) -> None:
    assert golden.made() == golden.story


def test_there_are_goldens_of_each_language() -> None:
    languages = Counter(golden.name.partition("-")[0] for golden in goldens())
    assert min(languages.values()) >= 6
    assert languages.keys() == {
        *("arabic", "chinese", "english", "french", "german", "japanese", "korean", "spanish")
    }


@pytest.mark.parametrize("golden", goldens(), ids=lambda golden: golden.name)
def test_a_story_in_its_normal_form_is_normal(golden: Golden) -> None:
    assert_normal(normalize(golden.entry, golden.context, SEEN))


def assert_normal(story: Story) -> None:
    """A story told again by its own fields is the same: nothing is left to be taken out."""
    again = normalize(told_again(story), FEED, SEEN)
    assert again.text == story.text
    assert again.title == story.title
    assert again.authors[: len(story.authors)] == story.authors
    assert again.url == story.url
    assert again.published_at == story.published_at


TAGS = {BlockType.HEADING: "h2", BlockType.LIST: "li", BlockType.QUOTE: "blockquote"}


def _element(block: Block) -> str:
    tag = TAGS.get(block.type, "p")
    return f"<{tag}>{escape(block.text).replace(chr(10), '<br>')}</{tag}>"


def told_again(story: Story) -> Entry:
    return Entry(
        raw_hash=0,
        url=story.url,
        title=Markup(value=story.title, html=False),
        content=Markup(value="".join(_element(b) for b in story.blocks if b.type in OWN_BLOCKS)),
        authors=story.authors,
        published_raw=story.published_at.isoformat(),
        language=story.language,
    )


# --- title, summary, text ---------------------------------------------------------------------


def test_a_title_is_made_of_the_first_words_or_the_address() -> None:
    assert story_of(content=Markup(value=FERRY)).title == (
        "The ferry left the harbour on Tuesday morning."
    )
    long = story_of(content=Markup(value="harbour " * 50)).title
    assert long.endswith("harbour…")
    assert len(long) <= MAX_FALLBACK_TITLE_CHARS
    unspaced = story_of(content=Markup(value="港" * 200)).title
    assert unspaced == "港" * (MAX_FALLBACK_TITLE_CHARS - 1) + "…"
    assert story_of(url="https://harbour.example/a").title == "https://harbour.example/a"
    assert story_of(title=Markup(value="<img>")).title == UNTITLED


def test_a_title_is_without_what_its_document_repeats() -> None:
    said = Markup(value="Ferry sails &amp; sinks - Harbour News")
    affixes = TitleAffixes(suffixes=(" - Harbour News",))
    assert story_of(title=said).title == "Ferry sails & sinks - Harbour News"
    assert story_of(replace(FEED, title_affixes=affixes), title=said).title == "Ferry sails & sinks"


def test_the_fuller_of_content_and_summary_is_the_text() -> None:
    short, long = Markup(value="<p>TOKYO (Kyodo) - A ferry left.</p>"), Markup(value=FERRY)
    for said in ({"content": short, "summary": long}, {"content": long, "summary": short}):
        story = story_of(**said)
        assert story.text.startswith("The ferry left the harbour")
        assert story.html is not None
        assert "Three hundred" in story.html
        assert story.agency is not None
        assert story.dateline is not None
        assert story.agency.code == "kyodo"
        assert story.dateline.place == "TOKYO"


def test_a_summary_is_the_feeds_or_the_first_paragraph() -> None:
    said = story_of(summary=Markup(value="A <b>ferry</b> left."), content=Markup(value=FERRY))
    assert said.summary == "A ferry left."
    assert story_of(summary=Markup(value="Continue reading…")).summary is None
    long = Markup(value="<p>The ferry left.</p>" + "<p>Three hundred were on board.</p>" * 50)
    assert story_of(content=long).summary == "The ferry left."
    cut = story_of(content=Markup(value="harbour " * 500)).summary
    assert cut is not None
    assert cut.endswith("harbour…")
    assert len(cut) <= MAX_SUMMARY_CHARS


def test_plain_text_has_no_html() -> None:
    story = story_of(content=Markup(value="Use <b>.\n\nTwice.", html=False))
    assert (story.text, story.html) == ("Use <b>.\n\nTwice.", None)
    assert story_of(content=Markup(value="<script>x</script>")).html is None
    assert story_of().text == ""


def test_long_texts_are_cut() -> None:
    story = story_of(content=Markup(value="<p>harbour</p>" * 200_000, html=True))
    assert len(story.text) <= 1_000_000
    assert len(story.html or "") <= 1_100_000


def test_what_cannot_be_seen_is_in_no_field() -> None:
    noise = "\u00ad\u200b\ufeff\x07\U000e0041"
    story = story_of(
        title=Markup(value=f"Fer{noise}ry &amp;shy;sails CafÃ©"),
        content=Markup(value=f"<p>TO{noise}KYO (Kyo{noise}do) - The har{noise}bour. Itâ€™s</p>"),
        authors=(f"Jane{noise} Roe",),
        categories=(Category(term=f"Po{noise}rts"),),
        published_raw=f"2024-03-05{noise}",
    )
    assert (story.title, story.text) == ("Ferry sails Café", "The harbour. It’s")
    assert story.html == f"<p>TO{noise}KYO (Kyo{noise}do) - The har{noise}bour. It’s</p>".replace(
        "\x07", ""
    )
    assert (story.authors, story.agency is not None) == (("Jane Roe",), True)
    assert [tag.name for tag in story.tags if tag.scheme == "category"][:1] == ["Ports"]
    shown = json.dumps(story_as_json(replace(story, html=None)), ensure_ascii=False)
    assert not set(noise) & set(shown)


# --- authors ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("raw", "names", "agency"),
    [
        (["Jane Roe"], ("Jane Roe",), None),
        (["By Jane Roe and John Doe"], ("Jane Roe", "John Doe"), None),
        (["a@b.example (Jane Roe, John Doe)"], ("Jane Roe", "John Doe"), None),
        (["Jane Roe <jane@b.example>"], ("Jane Roe",), None),
        (["Jane Roe; John Doe / Kyodo"], ("Jane Roe", "John Doe"), "kyodo"),
        (["none@none.com (AFP | Reuters)"], (), "afp"),
        (["Jane Roe and AFP"], ("Jane Roe",), "afp"),
        (["Roe, Jane"], ("Roe, Jane",), None),
        (["Smith and Sons"], ("Smith and Sons",), None),
        (["Jane Roe, Staff Writer"], ("Jane Roe",), None),
        (["John Doe Jr."], ("John Doe Jr.",), None),
        (["山田花子、田中太郎"], ("山田花子", "田中太郎"), None),
        (["Jane Roe", "JANE ROE", "jane@b.example"], ("Jane Roe",), None),
        (["admin", "none", "https://b.example/jane", "...", ""], (), None),
        (["Jane &amp; Co"], ("Jane & Co",), None),
        (["\ud800"], (), None),
    ],
)
def test_authors(raw: list[str], names: tuple[str, ...], agency: str | None) -> None:
    said = read_authors(raw)
    assert said.names == names
    assert (said.agency.code if said.agency else None) == agency


def test_authors_of_the_feed_go_before_those_of_the_text() -> None:
    text = Markup(value=f"<p>By John Doe</p>{FERRY}")
    assert story_of(content=text).authors == ("John Doe",)
    assert story_of(content=text, authors=("Jane Roe",)).authors == ("Jane Roe",)
    assert story_of(content=Markup(value=FERRY), summary=text).authors == ("John Doe",)
    assert story_of(content=text, authors=("AFP",)).agency is not None


# --- dates ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("published", "updated", "at", "whence", "rule"),
    [
        ("2024-03-05T00:00:00Z", "2024-03-06T00:00:00Z", 5, PublishedFrom.PUBLISHED, "iso8601"),
        (None, "2024-03-06T00:00:00Z", 6, PublishedFrom.UPDATED, "iso8601"),
        ("never", "2024-03-06T00:00:00Z", 6, PublishedFrom.UPDATED, "iso8601"),
        ("1901-01-01", "2024-03-06T00:00:00Z", 6, PublishedFrom.UPDATED, "iso8601"),
    ],
)
def test_publication_time(
    published: str | None, updated: str, at: int, whence: PublishedFrom, rule: str
) -> None:
    story = story_of(published_raw=published, updated_raw=updated)
    assert (story.published_at, story.published_from) == (datetime(2024, 3, at, tzinfo=UTC), whence)
    assert story.published_rule == rule
    assert story.published_raw == (published if whence is PublishedFrom.PUBLISHED else updated)


def test_without_a_date_it_is_when_it_was_first_seen() -> None:
    story = story_of(published_raw="x\ud800" * 500)
    assert (story.published_at, story.published_from) == (SEEN, PublishedFrom.FIRST_SEEN)
    assert story.published_raw == ("x\ufffd" * 500)[:MAX_RAW_CHARS]
    assert story_of(published_raw="2024-03-05\0").published_raw == "2024-03-05"
    assert story_of(published_raw="20\0xx").published_raw == "20xx"
    assert (story_of().published_raw, story_of().published_rule) == (None, "first_seen")


def test_times_are_utc_and_not_in_the_future() -> None:
    seen = SEEN.astimezone(timezone(timedelta(hours=9)))
    said = Entry(raw_hash=0, published_raw="2030-01-01", updated_raw="2031-01-01")
    story = normalize(said, FEED, seen)
    assert story.published_at == SEEN
    assert story.published_at.tzinfo is UTC
    assert story.published_rule.endswith("+clamped")
    assert story.updated_at is None


@pytest.mark.parametrize(
    ("updated", "at"),
    [
        ("2024-03-06T00:00:00Z", datetime(2024, 3, 6, tzinfo=UTC)),
        ("2024-03-05T09:00:00+09:00", None),
        ("2024-03-04T00:00:00Z", None),
        ("2030-01-01T00:00:00Z", SEEN),
        ("sometime", None),
        (None, None),
    ],
)
def test_an_update_is_a_later_date_of_the_publisher(updated: str | None, at: datetime) -> None:
    story = story_of(published_raw="2024-03-05T00:00:00Z", updated_raw=updated)
    assert story.updated_at == at


# --- language, pictures, enclosures -----------------------------------------------------------


def test_the_entrys_language_goes_before_the_feeds() -> None:
    assert story_of(title=Markup(value="新船出港式典"), language="ja-JP").language == "ja"
    assert story_of(title=Markup(value="Ferry"), language="US").language == "en"


def test_the_picture() -> None:
    text = Markup(value="<img src='/p.gif' width=1><img src='a.jpg?x=1&amp;y=2'><img src='b.jpg'>")
    base = "https://harbour.example/2024/"
    sound = Enclosure(url=f"{base}a.mp3")
    photo, typed = Enclosure(url=f"{base}e.JPG?w=1"), Enclosure(url=f"{base}e", type="Image/webp")
    said: dict[str, Any] = {"content": text, "base_url": base}
    assert story_of(**said, enclosures=(sound,)).image_url == f"{base}a.jpg?x=1&y=2"
    assert story_of(**said, enclosures=(sound, photo)).image_url == photo.url
    assert story_of(**said, enclosures=(typed, photo)).image_url == typed.url
    assert story_of(**said, image_url="/own.png").image_url == "https://harbour.example/own.png"
    assert story_of(**said, image_url="data:image/png,x").image_url == f"{base}a.jpg?x=1&y=2"
    assert story_of().image_url is None


def test_enclosures_are_absolute_once_and_bounded() -> None:
    said = (
        Enclosure(url="/a.mp3", type=" audio/mpeg ", length=7),
        Enclosure(url="https://harbour.example/a.mp3"),
        Enclosure(url="javascript:alert(1)"),
        Enclosure(url="/b.mp3", length=-1),
        Enclosure(url="/c.mp3", length=1 << 63),
        *(Enclosure(url=f"/{n}") for n in range(100)),
    )
    kept = story_of(enclosures=said, base_url="https://harbour.example/").enclosures
    assert kept[0] == Enclosure(url="https://harbour.example/a.mp3", type="audio/mpeg", length=7)
    assert [enclosure.length for enclosure in kept[1:3]] == [None, None]
    assert len(kept) == MAX_ENCLOSURES


# --- the content hash -------------------------------------------------------------------------

SAID = Entry(
    raw_hash=1,
    url="https://harbour.example/a",
    title=Markup(value="The ferry"),
    content=Markup(value=FERRY),
    authors=("Jane Roe", "John Doe"),
    categories=(Category(term="Ports"), Category(term="Asia")),
    published_raw="2024-03-05T00:00:00Z",
    image_url="https://harbour.example/a.jpg?sig=1",
    enclosures=(Enclosure(url="https://harbour.example/a.mp3?sig=1"),),
)


@pytest.mark.parametrize(
    "change",
    [
        {"raw_hash": 2, "guid": "other"},
        {"url": "https://harbour.example/a?utm_source=feed#top"},
        {"title": Markup(value=" The\n <b>ferry</b> ")},
        {"content": Markup(value=FERRY.replace("</p>", "</p>\n\n").replace(" ", "  "))},
        {"content": Markup(value=FERRY + "<p>Share this article</p>")},
        {"content": Markup(value=FERRY.replace("<p>", "<p class=x>"))},
        {"authors": ("John Doe", "Jane Roe")},
        {"categories": (Category(term="Asia"), Category(term="ports"))},
        {"published_raw": "2024-03-05T00:00:01Z", "updated_raw": "2024-03-07T00:00:00Z"},
        {"image_url": "https://harbour.example/a.jpg?sig=2"},
        {"enclosures": (Enclosure(url="https://harbour.example/a.mp3?sig=2", length=1),)},
    ],
    ids="-".join,
)
def test_what_a_reader_would_not_notice_keeps_the_hash(change: dict[str, Any]) -> None:
    changed = normalize(replace(SAID, **change), FEED, SEEN + timedelta(days=1))
    assert changed.content_hash == normalize(SAID, FEED, SEEN).content_hash


@pytest.mark.parametrize(
    "change",
    [
        {"url": "https://harbour.example/b"},
        {"title": Markup(value="The ferries")},
        {"summary": Markup(value="A ferry.")},
        {"content": Markup(value=FERRY.replace("Three", "Four"))},
        {"content": Markup(value=f"<p>Kyodo</p>{FERRY}")},
        {"authors": ("Jane Roe",)},
        {"categories": (Category(term="Ports"),)},
        {"image_url": "https://harbour.example/b.jpg"},
        {"enclosures": ()},
    ],
    ids="-".join,
)
def test_what_a_reader_would_notice_changes_the_hash(change: dict[str, Any]) -> None:
    changed = normalize(replace(SAID, **change), FEED, SEEN)
    assert changed.content_hash != normalize(SAID, FEED, SEEN).content_hash


# --- any entry --------------------------------------------------------------------------------

words = st.none() | st.text(max_size=30)
markups = st.none() | st.builds(
    Markup,
    value=st.lists(
        st.sampled_from(
            [
                *("<p>", "<br>", "<img src=a>", "AFP", "(Reuters) - ", "TOKYO", "。", "<div"),
                *("Correction: ", "Photo: ", "By Jane Roe", "홍길동 기자", "LONDON — The", "CafÃ©"),
                *("Read more", "LISBON — ", "Bild: Die", "EFE", "jr/jd", "a@b.example", "(完)"),
                *("Dekalb, Ill. — ", "Staff Reports", "</p><p>", "<h2>", "</h2>", "<li>", "Photo:"),
                *("【東京＝山田花子】", "(서울=연합뉴스)", "PARIS - Nice", "© AFP", "24-03-05"),
                *("The ferry left the pier at nine.", "&amp;#8217;", "&amp;lt;p&amp;gt;", "\u200b"),
            ]
        )
        | st.text(max_size=8)
    ).map(" ".join),
    html=st.booleans(),
)
entries = st.builds(
    Entry,
    raw_hash=st.just(0),
    guid=words,
    url=words,
    title=markups,
    summary=markups,
    content=markups,
    authors=st.lists(st.text(max_size=20), max_size=3).map(tuple),
    published_raw=words,
    updated_raw=words,
    categories=st.lists(
        st.builds(Category, term=st.text(max_size=9), scheme=words, label=words), max_size=3
    ).map(tuple),
    enclosures=st.lists(
        st.builds(Enclosure, url=st.text(max_size=9), type=words, length=st.none() | st.integers()),
        max_size=3,
    ).map(tuple),
    image_url=words,
    language=words,
    base_url=st.none() | st.just("https://harbour.example/") | st.text(max_size=9),
)


@settings(deadline=None)
@given(entries, st.builds(FeedContext, feed_url=st.text(), language=words, time_zone=words))
def test_every_entry_is_a_story(entry: Entry, context: FeedContext) -> None:
    story = normalize(entry, context, SEEN)
    assert story.title
    assert datetime(1970, 1, 1, tzinfo=UTC) <= story.published_at <= SEEN
    json.dumps(story_as_json(story), ensure_ascii=False).encode()
    assert normalize(entry, context, SEEN) == story


def test_a_title_cut_from_a_text_is_clean_by_itself() -> None:
    """Mojibake beside Korean is left alone, but the cut leaves the Korean out."""
    story = story_of(content=Markup(value="pier " * 13 + "CafÃ© " + "여객선" * 9, html=False))
    assert story.title.endswith("Café…")
    again = story_of(title=Markup(value=story.title, html=False))
    assert again.title == story.title


@settings(deadline=None)
@given(entries)
def test_normalizing_is_idempotent(entry: Entry) -> None:
    story = normalize(entry, FEED, SEEN)
    own = [block.text for block in story.blocks if block.type in OWN_BLOCKS]
    # Of a round-up each reading takes the place of the first item, so others come to the front.
    assume(not any(lead_of(text) or bare_lead(text) for text in own[1:]))
    assert_normal(story)


@given(
    st.text() | st.text("htps:/.?#&=%aé港 \\@[]1", max_size=40).map("https://a.example/".__add__)
)
def test_a_canonical_url_is_a_fixed_point(url: str) -> None:
    once = canonical_url(url, None)
    assert once is None or canonical_url(once, None) == once


@settings(deadline=None)
@given(entries)
def test_a_storys_words_in_their_house_form_stay(entry: Entry) -> None:
    story = normalize(entry, FEED, SEEN)
    said = normalize(
        Entry(raw_hash=0, title=Markup(value=story.title, html=False), authors=story.authors),
        FEED,
        SEEN,
    )
    assert said.title == story.title or "&" in story.title
    assert len(said.authors) <= len(story.authors)
