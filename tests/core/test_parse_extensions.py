"""Elements of other vocabularies in RSS and Atom: what they say of a story, and what not."""

from __future__ import annotations

import pytest

from app.core.parse.document import parse
from app.core.types import Category, Entry, Markup, ParsedFeed, Place

SPACES = """xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:dcterms="http://purl.org/dc/terms/"
 xmlns:media="http://search.yahoo.com/mrss/" xmlns:thr="http://purl.org/syndication/thread/1.0"
 xmlns:itunes="http://www.itunes.com/dtds/podcast-1.0.dtd"
 xmlns:georss="http://www.georss.org/georss" xmlns:gml="http://www.opengis.net/gml"
 xmlns:geo="http://www.w3.org/2003/01/geo/wgs84_pos#"
 xmlns:slash="http://purl.org/rss/1.0/modules/slash/"
 xmlns:feedburner="http://rssnamespace.org/feedburner/ext/1.0"
 xmlns:prism="http://prismstandard.org/namespaces/basic/2.0/"
 xmlns:content="http://purl.org/rss/1.0/modules/content/"
 xmlns:excerpt="http://wordpress.org/export/1.2/excerpt/" """


def rss(inner: str) -> Entry:
    return _only(
        f"<rss version='2.0' {SPACES}><channel><title>N</title><item><title>Ferry stops</title>"
        f"<link>https://n.example/1</link>{inner}</item></channel></rss>"
    )


def atom(inner: str) -> Entry:
    return _only(
        f"<feed xmlns='http://www.w3.org/2005/Atom' {SPACES}><title>N</title><entry><id>e1</id>"
        f"<title>Ferry stops</title><link href='https://n.example/1'/>{inner}</entry></feed>"
    )


def _only(document: str) -> Entry:
    result = parse(document.encode(), content_type=None, url="https://n.example/feed")
    assert isinstance(result, ParsedFeed), result
    assert result.notes == ()
    (entry,) = result.entries
    return entry


def html(value: str) -> Markup:
    return Markup(value=value, html=True)


CASES = {
    "several dc:creator": (
        "<dc:creator>Ada Lund</dc:creator><dc:creator>Kim Low</dc:creator>",
        {"authors": ("Ada Lund", "Kim Low")},
    ),
    "dc:date": ("<dc:date>2026-11-03T10:00Z</dc:date>", {"updated_raw": "2026-11-03T10:00Z"}),
    "dcterms:created and modified": (
        (
            "<dcterms:created>2026-11-02</dcterms:created>"
            "<dcterms:modified>2026-11-03</dcterms:modified>"
        ),
        {"published_raw": "2026-11-02", "updated_raw": "2026-11-03"},
    ),
    "dcterms:issued": (
        "<dcterms:issued>2026-11-02</dcterms:issued>",
        {"published_raw": "2026-11-02"},
    ),
    "dc:subject": ("<dc:subject>ferries</dc:subject>", {"categories": (Category(term="ferries"),)}),
    "dc:language": ("<dc:language>nb</dc:language>", {"language": "nb"}),
    "dc:publisher": ("<dc:publisher>Coast Press</dc:publisher>", {"publisher": "Coast Press"}),
    "dc:source": ("<dc:source>Kyodo</dc:source>", {"credits": ("Kyodo",)}),
    "dc:source that is an address": (
        "<dc:source>https://k.example/</dc:source>",
        {"credits": ()},
    ),
    "dc:identifier": ("<dc:identifier>doi:10.1/x</dc:identifier>", {"guid": "doi:10.1/x"}),
    "dc:identifier beside a guid": (
        "<guid>g</guid><dc:identifier>doi:10.1/x</dc:identifier>",
        {"guid": "g"},
    ),
    "source": ("<source url='https://r.example/'>Reuters</source>", {"credits": ("Reuters",)}),
    "excerpt:encoded": (
        "<content:encoded>All of it.</content:encoded><excerpt:encoded>In short.</excerpt:encoded>",
        {"content": html("All of it."), "summary": html("In short.")},
    ),
    "excerpt beside a description": (
        "<description>Own.</description><excerpt:encoded>In short.</excerpt:encoded>",
        {"summary": html("Own.")},
    ),
    "itunes": (
        (
            "<itunes:author>Ada Lund</itunes:author><itunes:summary>Sea.</itunes:summary>"
            "<itunes:image href='https://n.example/i.jpg'/><itunes:duration>3600</itunes:duration>"
            "<itunes:subtitle>Ferries</itunes:subtitle><itunes:keywords>a, b</itunes:keywords>"
        ),
        {
            "authors": ("Ada Lund",),
            "image_url": "https://n.example/i.jpg",
            "categories": tuple(
                Category(term=t, scheme="http://www.itunes.com/") for t in ("a", "b")
            ),
        },
    ),
    "media:keywords": (
        "<media:keywords>pier, boats , </media:keywords>",
        {"categories": (Category(term="pier"), Category(term="boats"))},
    ),
    "media:group": (
        (
            "<media:group><media:content url='https://n.example/a.jpg' medium='image' width='300'/>"
            "<media:content url='https://n.example/b.jpg' medium='image' width='900'>"
            "<media:title>Pier</media:title><media:credit>Kim Low</media:credit></media:content>"
            "</media:group><media:thumbnail url='https://n.example/t.jpg' width='2000'/>"
        ),
        {"image_url": "https://n.example/b.jpg", "authors": (), "credits": ()},
    ),
    "georss:point": (
        "<georss:point>60.5 5.25</georss:point><georss:featurename>Arvik</georss:featurename>",
        {"places": (Place(name="Arvik", latitude=60.5, longitude=5.25),)},
    ),
    "georss:where": (
        "<georss:where><gml:Point><gml:pos>60.5 5.25</gml:pos></gml:Point></georss:where>",
        {"places": (Place(latitude=60.5, longitude=5.25),)},
    ),
    "georss:box": ("<georss:box>1 2 3 4</georss:box>", {"places": ()}),
    "geo:lat and geo:long": (
        "<geo:lat>60.5</geo:lat><geo:long>5.25</geo:long>",
        {"places": (Place(latitude=60.5, longitude=5.25),)},
    ),
    "degrees that are none": ("<geo:lat>north</geo:lat><geo:long>999</geo:long>", {"places": ()}),
    "degrees beyond the poles": ("<geo:lat>91</geo:lat><geo:long>0</geo:long>", {"places": ()}),
    "no number at all": ("<geo:lat>nan</geo:lat><geo:long>0</geo:long>", {"places": ()}),
    "feedburner:origLink": (
        "<feedburner:origLink>https://n.example/real</feedburner:origLink>",
        {"url": "https://n.example/real"},
    ),
    "prism": (
        (
            "<prism:publicationDate>2026-11-02</prism:publicationDate>"
            "<prism:modificationDate>2026-11-03</prism:modificationDate>"
            "<prism:keyword>pier</prism:keyword><prism:section>Sea</prism:section>"
            "<prism:location>Arvik</prism:location><prism:person>Mia Berg</prism:person>"
            "<prism:organization>Arvik Ferries</prism:organization>"
            "<prism:publicationName>Sea</prism:publicationName>"
            "<prism:teaser>It stops.</prism:teaser>"
        ),
        {
            "published_raw": "2026-11-02",
            "updated_raw": "2026-11-03",
            "categories": (Category(term="pier"), Category(term="Sea")),
            "places": (Place(name="Arvik"),),
            "people": (Category(term="Mia Berg", label="Mia Berg"),),
            "organisations": (Category(term="Arvik Ferries", label="Arvik Ferries"),),
            "publisher": "Sea",
            "summary": html("It stops."),
        },
    ),
}


@pytest.mark.parametrize(("inner", "said"), CASES.values(), ids=CASES)
def test_what_is_read(inner: str, said: dict[str, object]) -> None:
    entry = rss(inner)
    assert {name: getattr(entry, name) for name in said} == said


def test_an_atom_entry_from_elsewhere_has_its_source_s_author() -> None:
    source = (
        "<source><title>Reuters</title><id>s</id><author><name>Ada Lund</name></author></source>"
    )
    entry = atom(source)
    assert (entry.authors, entry.credits) == (("Ada Lund",), ("Reuters",))
    assert atom(f"<author><name>Kim Low</name></author>{source}").authors == ("Kim Low",)


@pytest.mark.parametrize(
    "counts",
    [
        "<slash:comments>{}</slash:comments>",
        "<thr:total>{}</thr:total>",
        (
            "<media:community><media:statistics views='{}' favorites='3'/>"
            "<media:starRating average='{}'/></media:community>"
        ),
        "<comments>https://n.example/1#comments-{}</comments>",
        "<itunes:order>{}</itunes:order>",
    ],
)
@pytest.mark.parametrize("read", [rss, atom])
def test_counts_make_no_other_entry(read: object, counts: str) -> None:
    assert callable(read)
    none, few, many = (read(said) for said in ("", counts.format(3, 3), counts.format(40, 40)))
    assert few.raw_hash == many.raw_hash == none.raw_hash


def test_counts_of_replies_in_atom_links_make_no_other_entry() -> None:
    link = "<link rel='replies' href='https://n.example/1/replies' thr:count='{}'/>"
    assert atom(link.format(1)).raw_hash == atom(link.format(9)).raw_hash


def test_the_uri_of_a_link_is_not_its_address() -> None:
    document = (
        "<rss version='2.0'><channel><item><link uri='at://did:plc:abc/post/1'>"
        "https://n.example/1</link><title>A</title></item></channel></rss>"
    )
    assert _only(document).url == "https://n.example/1"
