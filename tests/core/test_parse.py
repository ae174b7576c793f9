"""What is read from well-formed feeds, field by field."""

from __future__ import annotations

from dataclasses import fields, replace
from pathlib import Path

import pytest

from app.core.parse.document import parse
from app.core.parse.fields import sealed
from app.core.types import Category, Enclosure, Entry, Markup, ParsedFeed, Place

SAMPLES = Path(__file__).parent / "samples"
URL = "https://feeds.example/some/feed.xml"


def feed(source: str | bytes, *, url: str = URL, max_entries: int = 2000) -> ParsedFeed:
    body = source.encode() if isinstance(source, str) else source
    result = parse(body, content_type=None, url=url, max_entries=max_entries)
    assert isinstance(result, ParsedFeed), result
    return result


def sample(name: str) -> ParsedFeed:
    return feed((SAMPLES / name).read_bytes())


def item(inside: str, *, channel: str = "", root: str = "") -> Entry:
    """The one entry of an RSS 2.0 feed with the usual namespaces."""
    spaces = (
        'xmlns:content="http://purl.org/rss/1.0/modules/content/" '
        'xmlns:dc="http://purl.org/dc/elements/1.1/" '
        'xmlns:media="http://search.yahoo.com/mrss/" '
        'xmlns:itunes="http://www.itunes.com/dtds/podcast-1.0.dtd"'
    )
    body = f"<channel>{channel}<item>{inside}</item></channel>"
    (entry,) = feed(f'<rss version="2.0" {spaces} {root}>{body}</rss>').entries
    return entry


class TestRss20:
    def test_feed(self) -> None:
        got = sample("rss20.xml")
        assert (got.format, got.title, got.language) == ("rss20", "Harbour Courier", "en-gb")
        assert got.site_url == "https://courier.example/"
        assert got.self_url == "https://courier.example/feed.xml"
        assert got.hub_urls == ("https://hub.example/",)
        assert got.ttl_s == 15 * 60
        assert got.skip_hours == {0, 1, 2}
        assert got.skip_days == {0, 6}
        assert (len(got.entries), got.dropped, got.notes) == (4, 0, ())

    def test_entry(self) -> None:
        got = sample("rss20.xml").entries[0]
        assert replace(got, raw_hash=0) == Entry(
            raw_hash=0,
            guid="courier-1",
            url="https://courier.example/stories/pier?a=1&b=2",
            title=Markup(value="Tom & Jerry pier opens", html=False),
            summary=Markup(value="<p>The pier <b>opened</b>.</p>"),
            content=Markup(
                value='<p>The pier <b>opened</b> on Thursday.</p><img src="img/pier.jpg">'
            ),
            authors=("none@courier.example (A. Writer | B. Writer)",),
            published_raw="Thu,28 Jul 2022 4:35:5 GMT+9",
            updated_raw="2022-07-28T05:00:00+09:00",
            categories=(
                Category(term="Shipping", scheme="https://courier.example/topics"),
                Category(term="Shipping"),
            ),
            enclosures=(
                Enclosure(url="https://courier.example/sound.mp3", type="audio/mpeg", length=99),
                Enclosure(url="https://courier.example/film.mp4", type="video/mp4", length=1234),
            ),
            image_url="https://courier.example/large.jpg",
            base_url="https://courier.example/stories/pier?a=1&b=2",
        )

    def test_titles_are_plain_unless_they_hold_markup(self) -> None:
        titles = [entry.title for entry in sample("rss20.xml").entries]
        assert titles == [
            Markup(value="Tom & Jerry pier opens", html=False),
            Markup(value="AT&amp;T buys <i>Ulysses</i>", html=True),
            Markup(value="5 < 6", html=False),
            None,
        ]

    def test_the_address_before_the_click_counter_wins(self) -> None:
        assert sample("rss20.xml").entries[1].url == "https://courier.example/original"

    def test_several_authors_keep_their_order(self) -> None:
        assert sample("rss20.xml").entries[1].authors == ("C. Writer", "D. Writer")

    def test_a_guid_is_the_link_where_there_is_none_and_it_is_an_address(self) -> None:
        entries = sample("rss20.xml").entries
        assert entries[2].url == "https://courier.example/stories/3"
        assert (entries[3].guid, entries[3].url) == ("12345", None)

    def test_content_is_not_said_twice(self) -> None:
        got = sample("rss20.xml").entries[2]
        assert got.summary is None
        assert got.content == Markup(value="Only the whole text")

    def test_a_thumbnail_will_do(self) -> None:
        assert sample("rss20.xml").entries[2].image_url == "https://courier.example/thumb.png"


class TestAtom10:
    def test_feed(self) -> None:
        got = sample("atom10.xml")
        assert (got.format, got.title, got.language) == ("atom10", "Bay Review", "en")
        assert got.site_url == "https://bay.example/blog/"
        assert got.self_url == "https://bay.example/blog/atom.xml"

    def test_entry(self) -> None:
        got = sample("atom10.xml").entries[0]
        assert replace(got, raw_hash=0) == Entry(
            raw_hash=0,
            guid="https://bay.example/blog/post-1",
            url="https://bay.example/blog/1.html",
            title=Markup(value="Ferry &amp; tide"),
            summary=Markup(value="The ferry <waits>", html=False),
            content=Markup(value="<p>Le <em>ferry</em> attend.</p>"),
            authors=("E. Writer", "F. Writer"),
            published_raw="2024-02-03T04:05:06Z",
            updated_raw="2024-02-04T04:05:06Z",
            categories=(
                Category(term="transport", scheme="https://bay.example/terms", label="Transport"),
            ),
            enclosures=(
                Enclosure(url="https://bay.example/blog/1.ogg", type="audio/ogg", length=12),
            ),
            language="fr",
            base_url="https://bay.example/deep/",
        )

    def test_what_the_feed_says_of_its_entries(self) -> None:
        got = sample("atom10.xml").entries[1]
        assert got.authors == ("Bay Desk",)
        assert got.title == Markup(value="Plain <b>title</b>", html=False)
        assert (got.content, got.url) == (None, None)
        assert (got.published_raw, got.updated_raw) == (None, "2024-02-05T04:05:06Z")
        assert got.language == "en"


def test_atom03() -> None:
    got = sample("atom03.xml")
    (entry,) = got.entries
    assert (got.format, got.title, got.language) == ("atom03", "Hafenblatt", "de")
    assert entry.title == Markup(value="<b>Flut</b>")
    assert entry.content == Markup(value="<p>Die Flut kam.</p>")
    assert entry.url == "http://hafen.example/1.html"
    assert (entry.published_raw, entry.updated_raw) == (
        "2004-01-02T03:04:05Z",
        "2004-01-03T03:04:05Z",
    )


def test_rss10() -> None:
    got = sample("rss10.xml")
    (entry,) = got.entries
    assert (got.format, got.title, got.language) == ("rss10", "港の便り", "ja")
    assert got.ttl_s == 1800
    assert entry.guid == "http://minato.example/1"
    assert entry.url == "http://minato.example/1.html"
    assert entry.title == Markup(value="桟橋が開く", html=False)
    assert entry.summary == Markup(value="桟橋は木曜日に開いた。")
    assert entry.authors == ("港 太郎",)
    assert entry.categories == (Category(term="交通"),)
    assert (entry.published_raw, entry.updated_raw) == (None, "2023-11-12T13:14:15+09:00")


@pytest.mark.parametrize(
    ("version", "expected"),
    [("0.91", "rss091u"), ("0.92", "rss092"), ("0.93", "rss093"), ("2.0", "rss20"), ("9", "rss")],
)
def test_versions_of_rss(version: str, expected: str) -> None:
    got = feed(f'<rss version="{version}"><channel><item><title>a</title></item></channel></rss>')
    assert (got.format, len(got.entries)) == (expected, 1)


def test_cdf() -> None:
    got = feed(
        '<CHANNEL HREF="http://cdf.example/"><ITEM HREF="http://cdf.example/1" '
        'LASTMOD="2001-02-03T04:05"><TITLE>One</TITLE><ABSTRACT>Words</ABSTRACT></ITEM></CHANNEL>'
    )
    (entry,) = got.entries
    assert (got.format, got.site_url) == ("unknown", "http://cdf.example/")
    assert (entry.url, entry.updated_raw) == ("http://cdf.example/1", "2001-02-03T04:05")
    assert entry.summary == Markup(value="Words", html=False)


class TestText:
    @pytest.mark.parametrize(
        "inside",
        [
            "{text}<media:description>Cap</media:description>",
            "<media:description type='plain'>Cap</media:description>{text}",
            "<media:group><media:description>Cap</media:description></media:group>{text}",
        ],
    )
    def test_a_caption_does_not_take_the_place_of_the_text(self, inside: str) -> None:
        got = item(inside.format(text="<description>Story</description>"))
        assert (got.summary, got.content) == (Markup(value="Story"), None)

    def test_a_media_description_is_the_text_where_there_is_no_other(self) -> None:
        got = item("<media:group><media:description>About</media:description></media:group>")
        assert got.summary == Markup(value="About", html=False)

    def test_a_media_title_does_not_take_the_place_of_the_title(self) -> None:
        got = item("<media:title>Cap</media:title><title>Story</title><media:title>C</media:title>")
        assert got.title == Markup(value="Story", html=False)

    def test_the_longest_content_wins(self) -> None:
        got = item(
            "<content:encoded>Short</content:encoded>"
            "<content:encoded>Quite a bit longer</content:encoded>"
        )
        assert got.content == Markup(value="Quite a bit longer")

    def test_a_category_is_its_term_else_its_label(self) -> None:
        got = feed(
            '<feed xmlns="http://www.w3.org/2005/Atom"><entry><category scheme="http://s.example/"/>'
            '<category label="Tides"/><category term="t"/><category term="t"/></entry></feed>'
        )
        assert got.entries[0].categories == (
            Category(term="Tides", label="Tides"),
            Category(term="t"),
        )

    def test_language_of_an_entry(self) -> None:
        assert item("<dc:language>ja</dc:language><title>a</title>").language == "ja"

    def test_markup_is_left_as_it_is(self) -> None:
        got = item("<description>&lt;a href='/x' onclick='y()'&gt;z&lt;/a&gt;</description>")
        assert got.summary == Markup(value="<a href='/x' onclick='y()'>z</a>")


class TestAddresses:
    @pytest.mark.parametrize(
        ("channel", "root", "link", "expected"),
        [
            ("", "", "http://a.example/1", "http://a.example/1"),
            ("", "", "/1", "https://feeds.example/1"),
            ("", "", "1", "https://feeds.example/some/1"),
            ("<link>http://site.example/x/</link>", "", "1", "http://site.example/x/1"),
            ("<link>/x/</link>", "", "1", "https://feeds.example/x/1"),
            ("<link>http://site.example/</link>", 'xml:base="http://b.example/"', "1", "http://b.example/1"),
            ("", "", "//other.example/1", "https://other.example/1"),
            ("", "", "http://a.example/\n  1", "http://a.example/  1"),
            ("", "", "javascript:alert(1)", None),
            ("", "", "javascript://a.example/%0Aalert(1)", None),
            ("", "", "ftp://a.example/1", None),
            ("", "", "mailto:a@b.example", None),
            ("", "", "http://[::bad/", None),
            ("", "", "", None),
        ],
    )  # fmt: skip
    def test_links_are_absolute_or_nothing(
        self, channel: str, root: str, link: str, expected: str | None
    ) -> None:
        got = item(f"<title>a</title><link>{link}</link>", channel=channel, root=root)
        assert got.url == expected

    def test_a_guid_that_is_a_path_is_resolved_as_a_link_and_kept_as_a_guid(self) -> None:
        got = item("<guid>/1</guid>", channel="<link>http://site.example/</link>")
        assert (got.guid, got.url) == ("/1", "http://site.example/1")

    def test_a_guid_that_is_said_to_be_no_link_is_none(self) -> None:
        assert item('<guid isPermaLink="false">http://site.example/1</guid>').url is None

    def test_ids_do_not_depend_on_where_the_document_was_found(self) -> None:
        source = '<rss version="2.0"><channel><item><guid>a/1</guid></item></channel></rss>'
        first, second = (feed(source, url=f"http://{host}.example/") for host in "ab")
        assert first.entries[0].guid == second.entries[0].guid == "a/1"

    def test_atom_links_are_resolved_against_the_document(self) -> None:
        """RFC 4287 §2 leaves it to RFC 3986 §5.1, which does not know of an alternate link."""
        got = feed(
            '<feed xmlns="http://www.w3.org/2005/Atom"><link href="http://site.example/"/>'
            '<entry><link href="1"/></entry></feed>'
        )
        assert got.entries[0].url == "https://feeds.example/some/1"
        assert got.entries[0].base_url == URL

    def test_first_page_among_alternates(self) -> None:
        got = feed(
            '<feed xmlns="http://www.w3.org/2005/Atom"><entry>'
            '<link rel="alternate" type="application/pdf" href="http://a.example/pdf"/>'
            '<link rel="alternate" href="http://a.example/1"/>'
            '<link rel="alternate" type="text/html" href="http://a.example/2"/></entry></feed>'
        )
        assert got.entries[0].url == "http://a.example/1"

    def test_atom_link_without_href_holds_its_address_as_text(self) -> None:
        got = feed(
            '<feed xmlns="http://www.w3.org/2005/Atom"><entry>'
            "<link>http://a.example/1</link></entry></feed>"
        )
        assert got.entries[0].url == "http://a.example/1"


class TestImages:
    @pytest.mark.parametrize(
        ("inside", "expected"),
        [
            ("<itunes:image href='/cover.jpg'/>", "https://feeds.example/cover.jpg"),
            ("<media:content url='/a.PNG?x=1'/>", "https://feeds.example/a.PNG?x=1"),
            ("<media:content url='/a.mp4' medium='video'/>", None),
            ("<media:content url='/a'/>", None),
            ("<media:content url='data:image/png;base64,AA' medium='image'/>", None),
            ("<media:thumbnail url='/t.gif'/>", "https://feeds.example/t.gif"),
            ("<media:thumbnail url='/t.gif'/><media:content url='/c' medium='image'/>", "https://feeds.example/c"),
            ("<enclosure url='/e.jpg' type='image/jpeg'/>", None),
        ],
    )  # fmt: skip
    def test_picture_of_an_entry(self, inside: str, expected: str | None) -> None:
        assert item(inside).image_url == expected


class TestPace:
    @pytest.mark.parametrize(
        ("channel", "seconds"),
        [
            ("<ttl>60</ttl>", 3600),
            ("<ttl> 5 </ttl>", 300),
            ("<ttl>0</ttl>", None),
            ("<ttl>-5</ttl>", None),
            ("<ttl>soon</ttl>", None),
            ("<ttl>99999999999999999999</ttl>", None),
            ("{p}daily{/p}", 86_400),
            ("{p} Weekly {/p}", 604_800),
            ("{p}never{/p}", None),
            ("{p}daily{/p}{f}4{/f}", 21_600),
            ("{p}daily{/p}{f}0{/f}", 86_400),
            ("{p}hourly{/p}{f}9999{/f}", None),
            ("<ttl>5</ttl>{p}daily{/p}", 300),
        ],
    )  # fmt: skip
    def test_ttl(self, channel: str, seconds: int | None) -> None:
        for short, name in (("p}", "sy:updatePeriod>"), ("f}", "sy:updateFrequency>")):
            channel = channel.replace("{" + short, "<" + name).replace("{/" + short, "</" + name)
        space = 'xmlns:sy="http://purl.org/rss/1.0/modules/syndication/"'
        got = feed(f'<rss version="2.0" {space}><channel>{channel}</channel></rss>')
        assert got.ttl_s == seconds

    def test_nothing_is_skipped_unless_it_is_said(self) -> None:
        got = feed('<rss version="2.0"><channel><title>a</title></channel></rss>')
        assert (got.skip_hours, got.skip_days) == (frozenset(), frozenset())


class TestCap:
    ITEMS = "".join(f"<item><title>{number}</title></item>" for number in range(30))

    def test_the_first_entries_are_kept_and_the_rest_counted(self) -> None:
        got = feed(
            f'<rss version="2.0"><channel>{self.ITEMS}<title>P</title></channel></rss>',
            max_entries=10,
        )
        titles = [entry.title.value for entry in got.entries if entry.title]
        assert titles == [str(number) for number in range(10)]
        assert (got.dropped, got.title, got.notes) == (20, "P", ())

    @pytest.mark.parametrize("cap", [30, 31])
    def test_no_more_than_the_cap_means_all(self, cap: int) -> None:
        got = feed(f'<rss version="2.0"><channel>{self.ITEMS}</channel></rss>', max_entries=cap)
        assert (len(got.entries), got.dropped) == (30, 0)

    def test_a_cap_on_a_document_that_ends_in_the_middle(self) -> None:
        got = feed(f'<rss version="2.0"><channel>{self.ITEMS}<item><ti', max_entries=10)
        assert (len(got.entries), got.dropped) == (10, 21)
        assert got.notes == ("the document ends in the middle",)

    def test_a_cap_on_an_ill_formed_document(self) -> None:
        got = feed(
            f'<rss version="2.0"><channel>{self.ITEMS}&nbsp;</channel></rss>', max_entries=10
        )
        assert (len(got.entries), got.dropped) == (10, 20)

    def test_item_tags_inside_text_are_no_entries(self) -> None:
        text = "<![CDATA[" + "<item>x</item>" * 50 + "]]>"
        source = (
            '<rss version="2.0"><channel><!-- <item> --><item><title>a</title>'
            f"<description>{text}</description></item><item><title>b</title></item></channel></rss>"
        )
        got = feed(source, max_entries=2)
        assert [entry.title.value for entry in got.entries if entry.title] == ["a", "b"]
        assert got.dropped == 0

    def test_entries_without_a_feed(self) -> None:
        got = feed("<item><title>a</title></item>" * 9 + "<item>", max_entries=4)
        assert (got.format, len(got.entries), got.dropped) == ("unknown", 4, 6)

    def test_prefixed_atom(self) -> None:
        entries = "".join(f"<a:entry><a:title>{number}</a:title></a:entry>" for number in range(9))
        got = feed(
            f'<a:feed xmlns:a="http://www.w3.org/2005/Atom">{entries}</a:feed>', max_entries=4
        )
        assert (got.format, len(got.entries), got.dropped) == ("atom10", 4, 5)


class TestRawHash:
    FULL = sealed(
        Entry(
            raw_hash=0,
            guid="g",
            url="u",
            title=Markup(value="t", html=False),
            summary=Markup(value="s"),
            content=Markup(value="c"),
            authors=("a", "b"),
            published_raw="p",
            updated_raw="u",
            categories=(Category(term="c"),),
            enclosures=(Enclosure(url="e"),),
            image_url="i",
            language="l",
            base_url="b",
            pub_status="canceled",
            embargo_raw="e",
            dateline="d",
            located="d",
            credits=("a", "b"),
            publisher="p",
            editor_note="n",
            places=(Place(name="p", code="c", latitude=1.0, longitude=2.0),),
            people=(Category(term="p"),),
            organisations=(Category(term="p"),),
        )
    )

    @pytest.mark.parametrize("name", [f.name for f in fields(Entry) if f.name != "raw_hash"])
    def test_covers_every_field(self, name: str) -> None:
        blank = () if isinstance(getattr(self.FULL, name), tuple) else None
        assert sealed(replace(self.FULL, **{name: blank})).raw_hash != self.FULL.raw_hash

    @pytest.mark.parametrize(
        "change",
        [
            {"title": Markup(value="t", html=True)},
            {"authors": ("b", "a")},
            {"categories": (Category(term="c", label="c"),)},
            {"categories": (Category(term="c", scheme="c"),)},
            {"enclosures": (Enclosure(url="e", type="t"),)},
            {"enclosures": (Enclosure(url="e", length=1),)},
            {"credits": ("b", "a")},
            {"places": (Place(name="p", code="c", latitude=1.0, longitude=2.5),)},
            {"places": (Place(name="p", latitude=1.0, longitude=2.0),)},
            {"people": (Category(term="p", label="p"),)},
            {"organisations": (Category(term="p", scheme="p"),)},
        ],
    )
    def test_covers_every_part_of_a_field(self, change: dict[str, object]) -> None:
        assert sealed(replace(self.FULL, **change)).raw_hash != self.FULL.raw_hash

    def test_the_same_document_gives_the_same_hashes(self) -> None:
        first, second = sample("rss20.xml"), sample("rss20.xml")
        assert first == second
        assert len({entry.raw_hash for entry in first.entries}) == 4

    def test_position_does_not_count(self) -> None:
        one = item("<guid>1</guid><title>a</title>")
        items = "<item><title>new</title></item><item><guid>1</guid><title>a</title></item>"
        source = f'<rss version="2.0"><channel>{items}</channel></rss>'
        assert feed(source).entries[1].raw_hash == one.raw_hash
