"""NewsML-G2 and NITF: what is read of an item, and why documents without stories are refused."""

from __future__ import annotations

import pytest

from app.core.parse.document import parse
from app.core.types import (
    Category,
    Enclosure,
    Entry,
    Failure,
    Markup,
    ParsedFeed,
    ParseFailed,
    ParseResult,
    Place,
)

URL = "https://wire.example/latest.xml"
SPACE = "http://iptc.org/std/nar/2006-10-01/"

NITF = """<inlineXML contenttype="application/nitf+xml">
 <nitf xmlns="http://iptc.org/std/NITF/2006-10-18/"><body><body.head>
  <hedline><hl1>Ferry stops in Arvik</hl1></hedline>
  <byline>By <person>Ada Lund</person>, <byttl>Harbour Reporter</byttl></byline>
  <dateline><location>ARVIK</location>, <story.date>Nov. 3</story.date></dateline>
  <abstract><p>The ferry is out of service.</p></abstract>
 </body.head><body.content>
  <p>The ferry &amp; its crew stayed in <location>Arvik</location> on Tuesday.</p>
  <hl2>What now</hl2>
  <media media-type="image"><media-reference mime-type="image/jpeg" source="ferry.jpg"/>
   <media-caption>The ferry at its pier</media-caption></media>
  <bq><block><p>Nobody knows yet</p></block></bq>
  <ul><li>Buses run instead</li></ul>
 </body.content><body.end><tagline>ad/kl</tagline></body.end></body></nitf></inlineXML>"""

XHTML = """<inlineXML contenttype="application/xhtml+xml"><html xmlns="http://www.w3.org/1999/xhtml">
 <head><title>Not the text</title></head>
 <body><p>The <b>ferry</b> stayed<br/>in Arvik.</p><script>alert(1)</script>
 </body></html></inlineXML>"""


def item(
    content: str = NITF,
    *,
    meta: str = "",
    about: str = "<headline>Ferry in Arvik is out of service</headline>",
    guid: str = "urn:newsml:wire.example:ferry",
    version: int = 1,
    rest: str = "",
) -> str:
    return (
        f"<newsItem xmlns='{SPACE}' guid='{guid}' version='{version}' xml:lang='en'>"
        "<itemMeta><itemClass qcode='ninat:text'/><provider qcode='prov:CPW'/>"
        f"<versionCreated>2026-11-03T12:00:00Z</versionCreated>{meta}</itemMeta>"
        f"<contentMeta>{about}</contentMeta><contentSet>{content}</contentSet>{rest}</newsItem>"
    )


def read(text: str) -> ParseResult:
    return parse(text.encode(), content_type="application/xml", url=URL)


def feed(text: str) -> ParsedFeed:
    result = read(text)
    assert isinstance(result, ParsedFeed), result
    assert result.format in ("newsml_g2", "nitf")
    return result


def entry(text: str) -> Entry:
    (only,) = feed(text).entries
    return only


def failed(text: str) -> ParseFailed:
    result = read(text)
    assert isinstance(result, ParseFailed), result
    return result


def test_the_fields_of_an_item() -> None:
    got = entry(
        item(
            meta="<firstCreated>2026-11-03T10:00:00Z</firstCreated><pubStatus qcode='stat:usable'/>"
            "<edNote>Adds quote</edNote><edNote>More at 1500</edNote>",
            about="<contentCreated>2026-11-03T09:00:00Z</contentCreated>"
            "<located qcode='city:ARV'><name>Arvik</name></located>"
            "<creditline>CPW/Ada Lund</creditline><by>Ada Lund and Kim Low</by>"
            "<infoSource qcode='is:CP'><name>Coast Press</name></infoSource>"
            "<language tag='en-GB'/><genre qcode='genre:Current'><name>Current</name></genre>"
            "<keyword>ferries</keyword><keyword/><slugline>Ferry-Arvik</slugline>"
            "<subject qcode='medtop:20000350'/>"
            "<subject qcode='medtop:04000000'><name xml:lang='de'>Wirtschaft</name>"
            "<name xml:lang='en-GB'>economy</name></subject>"
            "<subject qcode='own:12'/>"
            "<subject type='cpnat:person' qcode='p:1'><name>Mia Berg</name></subject>"
            "<subject type='cpnat:organisation' qcode='o:1'><name>Arvik Ferries</name></subject>"
            "<subject type='cpnat:geoArea' qcode='g:1'/>"
            "<dateline>ARVIK, Nov. 3 (CPW)</dateline>"
            "<headline> Ferry in Arvik\n is out of service </headline>"
            "<description role='drol:caption'>A pier</description>",
            rest="<assert qcode='g:1'><name>Arvik</name><geoAreaDetails>"
            "<position latitude='60.5' longitude='5.25'/></geoAreaDetails></assert>",
        )
    )
    assert got.guid == "urn:newsml:wire.example:ferry"
    assert got.url is None
    assert got.title == Markup(value="Ferry in Arvik is out of service", html=False)
    assert got.authors == ("Ada Lund and Kim Low",)
    assert (got.published_raw, got.updated_raw) == ("2026-11-03T10:00:00Z", "2026-11-03T12:00:00Z")
    assert got.language == "en-GB"
    assert got.pub_status is None
    assert got.dateline == "ARVIK, Nov. 3 (CPW)"
    assert got.located == "Arvik"
    assert got.credits == ("CPW/Ada Lund", "Coast Press", "CP")
    assert got.publisher == "CPW"
    assert got.editor_note == "Adds quote\nMore at 1500"
    assert got.categories == (
        Category(term="medtop:20000350", label="central bank"),
        Category(term="medtop:04000000", label="economy"),
        Category(term="Current", scheme="genre"),
        Category(term="ferries"),
        Category(term="Ferry-Arvik", scheme="slugline"),
    )
    assert got.places == (Place(name="Arvik", code="g:1", latitude=60.5, longitude=5.25),)
    assert got.people == (Category(term="p:1", label="Mia Berg"),)
    assert got.organisations == (Category(term="o:1", label="Arvik Ferries"),)


def test_a_body_in_nitf() -> None:
    got = entry(item(about=""))
    assert got.title == Markup(value="Ferry stops in Arvik", html=False)
    assert got.authors == ("Ada Lund",)
    assert got.dateline == "ARVIK, Nov. 3"
    assert got.summary == Markup(value="<p>The ferry is out of service.</p>")
    assert got.content is not None
    assert got.content.html
    said = "".join(line.strip() for line in got.content.value.splitlines())
    assert said == (
        "<p>The ferry &amp; its crew stayed in Arvik on Tuesday.</p><h3>What now</h3>"
        '<figure><img src="ferry.jpg"><figcaption>The ferry at its pier</figcaption></figure>'
        "<blockquote><div><p>Nobody knows yet</p></div></blockquote>"
        "<ul><li>Buses run instead</li></ul><p>ad/kl</p>"
    )


def test_a_body_in_xhtml() -> None:
    got = entry(item(XHTML))
    assert got.content == Markup(value="<p>The <b>ferry</b> stayed<br>in Arvik.</p>")


@pytest.mark.parametrize(
    ("kind", "html"), [("text/plain", False), ("text/html; charset=utf-8", True), ("", False)]
)
def test_a_body_as_text(kind: str, html: bool) -> None:
    got = entry(item(f"<inlineData contenttype='{kind}'>One.&#10;&#10;Two.</inlineData>"))
    assert got.content == Markup(value="One.\n\nTwo.", html=html)


def test_the_longest_of_several_bodies() -> None:
    got = entry(item("<inlineData>" + "Words. " * 200 + "</inlineData>" + NITF))
    assert got.content is not None
    assert got.content.value.startswith("Words.")


def test_pictures_and_films() -> None:
    got = entry(
        item(
            "<remoteContent href='a.jpg' contenttype='image/jpeg' width='100'/>"
            "<remoteContent href='https://i.wire.example/b.jpg' contenttype='image/jpeg'"
            " width='900'/>"
            "<remoteContent href='c.tif' contenttype='image/tiff' width='9000'/>"
            "<remoteContent href='/v.mp4' contenttype='video/mp4' size='77'/>"
        )
    )
    assert got.image_url == "https://i.wire.example/b.jpg"
    assert got.enclosures == (
        Enclosure(url="https://wire.example/v.mp4", type="video/mp4", length=77),
    )


@pytest.mark.parametrize(
    ("said", "status"),
    [
        ("qcode='stat:canceled'", "canceled"),
        ("uri='http://cv.iptc.org/newscodes/pubstatusg2/canceled'", "canceled"),
        ("qcode='stat:withheld'", "withheld"),
        ("qcode='stat:usable'", None),
    ],
)
def test_what_may_be_published(said: str, status: str | None) -> None:
    assert entry(item(meta=f"<pubStatus {said}/>")).pub_status == status


def test_an_embargo() -> None:
    meta = "<embargoed>2026-11-05T06:00:00Z</embargoed>"
    assert entry(item(meta=meta)).embargo_raw == "2026-11-05T06:00:00Z"


def test_a_cancelled_item_needs_no_words() -> None:
    got = entry(item("", about="", meta="<pubStatus qcode='stat:canceled'/>"))
    assert (got.pub_status, got.title) == ("canceled", None)


def test_a_message_with_several_items_and_what_is_none() -> None:
    got = feed(
        f"<newsMessage xmlns='{SPACE}'><header/><itemSet>"
        + item(guid="a", version=2, about="<headline>Second</headline>")
        + item(guid="b")
        + item(guid="a", version=10, about="<headline>Tenth</headline>")
        + item(guid="a", version=9, about="<headline>Ninth</headline>")
        + "<packageItem><groupSet/></packageItem></itemSet></newsMessage>"
    )
    assert [(e.guid, e.title and e.title.value) for e in got.entries] == [
        ("a", "Tenth"),
        ("b", "Ferry in Arvik is out of service"),
    ]
    assert got.notes == ("1 packageItem skipped", "2 older versions skipped")


def test_a_truncated_message_gives_its_whole_items() -> None:
    text = f"<newsMessage xmlns='{SPACE}'><itemSet>" + item(guid="a") + item(guid="b")
    got = feed(text[:-40])
    assert [e.guid for e in got.entries] == ["a"]
    assert "not well-formed" in got.notes[-1]


@pytest.mark.parametrize("space", ["", "urn:of-somebody-else"])
def test_a_wrong_namespace_is_no_reason_to_refuse(space: str) -> None:
    assert entry(item().replace(SPACE, space)).guid == "urn:newsml:wire.example:ferry"


@pytest.mark.parametrize(
    ("text", "kind", "said"),
    [
        ("<packageItem><groupSet/></packageItem>", Failure.NOT_A_FEED, "1 packageItem"),
        ("<planningItem/>", Failure.NOT_A_FEED, "1 planningItem"),
        ("<newsMessage/>", Failure.NOT_A_FEED, "nothing"),
        (item("", about=""), Failure.NOT_A_FEED, "neither headline nor text"),
        (item()[:300], Failure.TRUNCATED, "first whole news item"),
        ("<newsItem><itemMeta></newsItem>", Failure.NOT_XML, "not well-formed"),
        ("<contentSet/>", Failure.NOT_A_FEED, "part of a NewsML-G2 item"),
        ("<NewsML Version='1.2'/>", Failure.NOT_A_FEED, "NewsML 1"),
    ],
)
def test_says_why(text: str, kind: Failure, said: str) -> None:
    got = failed(text)
    assert (got.kind, said in got.detail) == (kind, True), got


def test_entities_stay_what_they_are() -> None:
    bomb = (
        "<!DOCTYPE newsItem [<!ENTITY a 'xxxxxxxxxx'><!ENTITY b '&a;&a;&a;'>"
        "<!ENTITY c SYSTEM 'file:///etc/passwd'>]>"
    )
    got = entry(bomb + item("<inlineData>&a; &b; &c; &eacute;</inlineData>"))
    assert got.content == Markup(value="xxxxxxxxxx &b; &c; é", html=False)


def test_elements_too_deep_end_the_reading() -> None:
    text = item("<inlineXML><html><body>" + "<div>" * 10_000)
    assert failed(text).kind is Failure.NOT_XML


class TestNitf:
    TEXT = (
        "<nitf xml:lang='en'><head><title>Ferry</title><tobject>"
        "<tobject.subject tobject.subject.refnum='20000350' tobject.subject.type='banks'/>"
        "<tobject.subject tobject.subject.refnum='15007000' tobject.subject.matter='baseball'/>"
        "</tobject><docdata management-status='canceled'><doc-id id-string='f1'/>"
        "<date.issue norm='20261103T120000Z'/><key-list><keyword key='ferries'/></key-list>"
        "<doc.copyright holder='Coast Press'/></docdata></head>"
        "<body><body.head><hedline><hl1>Ferry stops</hl1></hedline>"
        "<byline>By Ada Lund, <byttl>Reporter</byttl></byline></body.head>"
        "<body.content><p>It stops.</p></body.content></body></nitf>"
    )

    def test_by_itself_is_a_feed_of_one(self) -> None:
        got = entry(self.TEXT)
        assert (got.guid, got.published_raw, got.language) == ("f1", "20261103T120000Z", "en")
        assert got.title == Markup(value="Ferry stops", html=False)
        assert got.content == Markup(value="<p>It stops.</p>")
        assert got.authors == ("By Ada Lund",)
        assert got.publisher == "Coast Press"
        assert got.pub_status == "canceled"
        assert got.categories == (
            Category(term="medtop:20000350", label="banks"),
            Category(term="subj:15007000", label="baseball"),
            Category(term="ferries"),
        )

    def test_that_ends_in_the_middle_is_not_taken(self) -> None:
        assert failed(self.TEXT[:-30]).kind is Failure.TRUNCATED

    def test_of_nothing_is_refused(self) -> None:
        assert failed("<nitf><body/></nitf>").kind is Failure.NOT_A_FEED

    def test_says_what_it_is_about_in_words_alone(self) -> None:
        got = entry(
            "<nitf><head><tobject><tobject.subject tobject.subject.type='ships'/>"
            "<tobject.subject/></tobject><docdata><key-list><keyword/></key-list></docdata></head>"
            "<body><body.head><hedline><hl1>A</hl1></hedline></body.head></body></nitf>"
        )
        assert got.categories == (Category(term="ships", label="ships"),)


def test_items_without_words_are_skipped_beside_others() -> None:
    empty = item("", about="", guid="b")
    got = feed(f"<newsMessage><itemSet>{item()}{empty}</itemSet></newsMessage>")
    assert got.notes == ("1 items without headline and text skipped",)


@pytest.mark.parametrize(
    "position", ["latitude='x' longitude='1'", "latitude='91' longitude='1'", ""]
)
def test_degrees_that_are_none(position: str) -> None:
    about = (
        "<subject type='cpnat:geoArea' qcode='g:1'><name>Arvik</name><geoAreaDetails>"
        f"<position {position}/></geoAreaDetails></subject>"
    )
    assert entry(item(about=about)).places == (Place(name="Arvik", code="g:1"),)


def test_an_item_without_content_or_provider() -> None:
    got = entry("<newsItem guid='a'><contentMeta><headline>A</headline></contentMeta></newsItem>")
    assert (got.guid, got.content, got.publisher) == ("a", None, None)


def test_details_tell_a_concept_s_kind() -> None:
    about = "<subject qcode='p:1'><name>Mia Berg</name><personDetails/></subject>"
    assert entry(item(about=about)).people == (Category(term="p:1", label="Mia Berg"),)


def test_what_is_no_text_is_not_the_text() -> None:
    got = entry(
        item(
            "<inlineXML contenttype='application/own+xml'><x>1</x></inlineXML>"
            "<inlineXML contenttype='application/xhtml+xml'/>"
            "<inlineData contenttype='image/png' encoding='e:base64'>iVBOR</inlineData>"
            "<inlineXML contenttype='application/nitf+xml'><nitf><body><body.content><media>"
            "<media-reference mime-type='video/mp4' source='v.mp4'/></media><p>It stops.</p>"
            "</body.content></body></nitf></inlineXML>"
        )
    )
    assert got.content == Markup(value="<figure></figure><p>It stops.</p>")
