"""Documents that are not what they should be: charsets, faults, ends, other things, traps."""

from __future__ import annotations

import re
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.parse.charset import decode
from app.core.parse.document import parse
from app.core.types import Failure, Markup, ParsedFeed, ParseFailed, ParseResult

SAMPLES = Path(__file__).parent / "samples"
URL = "https://feeds.example/feed"
JAPANESE = "港の桟橋が木曜日に開いた。市長は安全を第一に進めると述べた。"
XML = "application/xml"


def read(body: bytes, content_type: str | None = None) -> ParseResult:
    return parse(body, content_type=content_type, url=URL)


def feed(body: bytes, content_type: str | None = None) -> ParsedFeed:
    result = read(body, content_type)
    assert isinstance(result, ParsedFeed), result
    return result


def failed(body: bytes, content_type: str | None = None) -> ParseFailed:
    result = read(body, content_type)
    assert isinstance(result, ParseFailed), result
    return result


def titles(result: ParsedFeed) -> list[str]:
    return [entry.title.value for entry in result.entries if entry.title]


def rss(title: str, *, declared: str | None = None, before: str = "") -> str:
    declaration = f'<?xml version="1.0" encoding="{declared}"?>' if declared else ""
    item = f"<item><title>{title}</title></item>"
    return f'{before}{declaration}<rss version="2.0"><channel>{item}</channel></rss>'


class TestCharset:
    @pytest.mark.parametrize(
        ("text", "charset"),
        [
            (JAPANESE, "shift_jis"),
            (JAPANESE, "euc_jp"),
            (JAPANESE, "iso2022_jp"),
            ("上海港口工程今天开工，市长表示安全第一。", "gb2312"),
            ("臺北港口工程今天開工，市長表示安全第一。", "big5"),
            ("서울 항만 공사가 오늘 시작되었다. 시장은 안전을 말했다.", "euc_kr"),
            ("Сегодня в порту начались работы по расширению.", "windows-1251"),
            ("Сегодня в порту начались работы по расширению.", "koi8-r"),
            ("Die Fähre fährt früh über den Fluß.", "iso-8859-1"),
            ("Die Fähre “fährt” für 5 €.", "windows-1252"),
            (JAPANESE, "utf-8"),
            (JAPANESE, "utf-16"),
        ],
    )
    class TestDeclared:
        def test_in_the_document(self, text: str, charset: str) -> None:
            got = feed(rss(text, declared=charset).encode(charset), XML)
            assert titles(got) == [text]
            assert got.notes == ()

        def test_by_the_server(self, text: str, charset: str) -> None:
            got = feed(rss(text).encode(charset), f'text/xml; charset="{charset}"')
            assert titles(got) == [text]

        def test_nowhere(self, text: str, charset: str) -> None:
            """Western charsets differ too little to be told apart, so any of them will do."""
            got = feed(rss(text).encode(charset), "text/xml")
            western = charset in ("iso-8859-1", "windows-1252")
            assert [title[:3] for title in titles(got)] == [text[:3]]
            assert western or titles(got) == [text]

    @pytest.mark.parametrize(
        "charset", ["utf-8", "iso-8859-1", "windows-1252", "us-ascii", "nonsense"]
    )
    @pytest.mark.parametrize("real", ["shift_jis", "euc_jp"])
    def test_a_wrong_declaration_does_not_garble_japanese(self, charset: str, real: str) -> None:
        got = feed(rss(JAPANESE, declared=charset).encode(real), f"{XML}; charset={real}")
        assert titles(got) == [JAPANESE]

    def test_a_server_default_does_not_beat_the_document(self) -> None:
        body = rss(JAPANESE, declared="shift_jis").encode("shift_jis")
        assert titles(feed(body, "text/xml; charset=ISO-8859-1")) == [JAPANESE]

    def test_the_next_declaration_where_the_first_does_not_fit(self) -> None:
        russian = "Сегодня в порту начались работы по расширению."
        body = rss(russian, declared="windows-1251").encode("windows-1251")
        got = feed(body, "text/xml; charset=euc-jp")
        assert titles(got) == [russian]
        assert got.notes == ("declared as euc_jp, read as cp1251",)

    @pytest.mark.parametrize("said", ["iso-8859-1", "windows-1251", "shift_jis", "us-ascii"])
    def test_utf8_is_utf8_whatever_is_said_of_it(self, said: str) -> None:
        got = feed(rss(JAPANESE, declared=said).encode(), f"text/xml; charset={said}")
        assert titles(got) == [JAPANESE]
        assert len(got.notes) == 1
        assert "read as utf-8" in got.notes[0]

    def test_one_bad_byte_costs_one_character(self) -> None:
        body = rss(JAPANESE, declared="utf-8").encode().replace("桟".encode(), b"\xe6\xa1", 1)
        got = feed(body)
        assert titles(got)[0].replace("\ufffd", "") == JAPANESE.replace("桟", "")
        assert got.notes == ("1 bad bytes or characters in utf-8",)

    def test_a_mark_beats_every_declaration(self) -> None:
        body = b"\xef\xbb\xbf" + rss(JAPANESE, declared="shift_jis").encode()
        assert titles(feed(body, "text/xml; charset=euc-jp")) == [JAPANESE]

    @pytest.mark.parametrize("charset", ["utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"])
    def test_wide_characters_are_known_by_their_first_ones(self, charset: str) -> None:
        assert titles(feed(rss("port").encode(charset))) == ["port"]

    @pytest.mark.parametrize("said", ["utf-16", "utf-32", "cp037"])
    @pytest.mark.parametrize("title", ["harbour", "harbours", JAPANESE])
    def test_what_is_readable_as_ascii_is_nothing_wider(self, said: str, title: str) -> None:
        got = feed(rss(title, declared=said).encode(), f"text/xml; charset={said}")
        assert titles(got) == [title]

    def test_escapes_that_are_not_japanese_are_control_characters(self) -> None:
        assert titles(feed(rss("a \x1b$B\xff b").encode("latin-1"))) == ["a $Bÿ b"]

    def test_windows_quotes_called_latin(self) -> None:
        body = rss("a “b”", declared="iso-8859-1").encode("cp1252")
        assert titles(feed(body)) == ["a “b”"]

    @pytest.mark.parametrize(
        "label",
        [
            "punycode",
            "idna",
            "unicode_escape",
            "rot13",
            "zlib",
            "hex",
            "undefined",
            "utf-7",
            "\u00fc",
        ],
    )
    def test_codecs_that_are_not_for_documents_are_refused(self, label: str) -> None:
        assert (
            decode(b"<a>+AGE-\\x41</a>", f"text/xml; charset={label}").text == "<a>+AGE-\\x41</a>"
        )

    @given(st.binary(max_size=200), st.text(max_size=30))
    def test_any_bytes_are_some_text(self, body: bytes, charset: str) -> None:
        assert isinstance(decode(body, f"text/xml; charset={charset}").text, str)


class TestFaultsReadAllTheSame:
    @pytest.mark.parametrize(
        "content_type",
        [None, "text/html", "text/plain", "application/json", "image/png", "; charset="],
    )
    def test_the_content_type_does_not_decide(self, content_type: str | None) -> None:
        assert titles(feed(rss("port").encode(), content_type)) == ["port"]

    @pytest.mark.parametrize(
        "before", ["\n\n  ", "\ufeff", "\ufeff\n", "Warning: line 3\n", "<br />\n"]
    )
    def test_something_before_the_declaration(self, before: str) -> None:
        got = feed(rss("port", declared="utf-8", before=before).encode())
        assert titles(got) == ["port"]
        assert all("not well-formed" not in note for note in got.notes)

    def test_skipped_text_is_noted(self) -> None:
        assert feed(rss("port", declared="utf-8", before="PHP: oops\n").encode()).notes == (
            "text before the document skipped (10 characters)",
        )

    def test_control_characters(self) -> None:
        got = feed(rss("po\x0brt\x00\ufffe").encode())
        assert titles(got) == ["port"]
        assert got.notes == ("3 characters removed that XML does not allow",)

    @pytest.mark.parametrize(
        ("title", "expected"),
        [
            ("Fish & chips", "Fish & chips"),
            ("Caf&eacute;&nbsp;1", "Café\xa01"),
            ("a <br> b", "a <br> b"),
        ],
    )
    def test_ill_formed_text(self, title: str, expected: str) -> None:
        result = feed(rss(title).encode())
        assert titles(result) == [expected]
        assert [note for note in result.notes if note.startswith("not well-formed: ")]

    def test_undeclared_prefix(self) -> None:
        body = (
            b'<rss version="2.0"><channel><item><title>a</title><x:y>b</x:y></item></channel></rss>'
        )
        assert titles(feed(body)) == ["a"]


class TestTruncated:
    WHOLE = "".join(
        f"<item><title>{n}</title><description>Words of {n}</description></item>" for n in range(3)
    )
    START = f'<rss version="2.0"><channel><title>P</title>{WHOLE}'

    @pytest.mark.parametrize(
        "rest",
        [
            "<item>",
            "<item><title>Half",
            "<item><title>3</title><description>Half a te",
            "<item><title>3</title><description><![CDATA[Half </item> a",
            "<item><title>3</title><description>x</descr",
            "<item><title>3</title><description>x</description></ite",
        ],
    )
    def test_half_an_entry_is_left_for_the_next_poll(self, rest: str) -> None:
        got = feed((self.START + rest).encode())
        assert titles(got) == ["0", "1", "2"]
        assert got.title == "P"
        (note,) = got.notes
        assert note.endswith("the last whole entry, without its last entry, which is not whole")

    @pytest.mark.parametrize("rest", ["", "</channel>"[:5], "<it", "\n", "<!-- "])
    def test_an_end_between_entries_loses_none(self, rest: str) -> None:
        got = feed((self.START + rest).encode())
        assert titles(got) == ["0", "1", "2"]
        assert got.notes == ("the document ends in the middle: read up to the last whole entry",)

    def test_an_ill_formed_document_with_its_end_loses_none(self) -> None:
        got = feed((self.START + "<item><title>3 & </title></channel></rss>").encode())
        assert [title[0] for title in titles(got)] == ["0", "1", "2", "3"]

    def test_atom_and_rdf(self) -> None:
        for name, cut in (("atom10.xml", b"<entry>"), ("rss10.xml", b"<item ")):
            whole = (SAMPLES / name).read_bytes()
            entry = whole[whole.index(cut) : whole.rindex(b"</")]
            got = feed(whole[: whole.rindex(b"</")] + entry[: len(entry) // 3])
            assert len(got.entries) == len(feed(whole).entries)

    @pytest.mark.parametrize("length", range(40, len(START), 7))
    def test_at_whatever_place(self, length: int) -> None:
        """No entry is ever read in part."""
        result = read(self.START[:length].encode())
        whole = self.START[:length].count("</item>")
        if whole == 0:
            assert isinstance(result, ParseFailed)
            assert result.kind is Failure.TRUNCATED
            return
        assert isinstance(result, ParsedFeed)
        assert [(e.title, e.summary) for e in result.entries] == [
            (Markup(value=str(n), html=False), Markup(value=f"Words of {n}")) for n in range(whole)
        ]

    @pytest.mark.parametrize(
        ("body", "where"),
        [
            (b'<rss version="2.0"><channel><title>P', "before its first entry"),
            (b'<rss version="2.0"><channel><item><title>P', "in its first entry"),
            (
                b'{"version": "https://jsonfeed.org/version/1.1", "title": "P',
                "before its first entry",
            ),
            (
                b'{"version": "https://jsonfeed.org/version/1.1", "items": [{"id": "1"}, {"i',
                "in its first entry",
            ),
        ],
    )
    def test_without_a_whole_entry(self, body: bytes, where: str) -> None:
        got = failed(body)
        assert got.kind is Failure.TRUNCATED
        assert where in got.detail


class TestNotAFeed:
    @pytest.mark.parametrize(
        ("body", "kind", "said"),
        [
            (b"", Failure.EMPTY, "empty"),
            (b" \n\t\r ", Failure.EMPTY, "empty"),
            (b"\xef\xbb\xbf\n", Failure.EMPTY, "empty"),
            (b"\0\0\0\0", Failure.EMPTY, "empty"),
            (b"\x01\x02", Failure.EMPTY, "empty"),
            (b'<?xml version="1.0"?>\n<!-- nothing -->\n', Failure.EMPTY, "empty"),
            (b"<!DOCTYPE html><html><head><title>Log  in &amp; go</title></head></html>",
             Failure.HTML_PAGE, "titled “Log in & go”"),
            (b"<html><body><br>Access denied</body></html>", Failure.HTML_PAGE, "HTML page, not"),
            (b'<?xml version="1.0"?><!DOCTYPE html PUBLIC "-//W3C//DTD XHTML" "x"><html/>',
             Failure.HTML_PAGE, "page"),
            (b"<!-- cached --><body><p>Moved</p></body>", Failure.HTML_PAGE, "page"),
            (b"<html><head><link rel='alternate' href='/real.xml' type='application/rss+xml'>",
             Failure.HTML_PAGE, "use https://feeds.example/real.xml"),
            (b"<html><head><link type=application/atom+xml href=a.xml rel=alternate>",
             Failure.HTML_PAGE, "use https://feeds.example/a.xml"),
            (b"<opml version='2.0'><body><outline xmlUrl='http://a.example/'/></body></opml>",
             Failure.NOT_A_FEED, "OPML"),
            (b"<urlset xmlns='http://www.sitemaps.org/schemas/sitemap/0.9'/>",
             Failure.NOT_A_FEED, "site map"),
            (b"<catalog><book/></catalog>", Failure.NOT_A_FEED, "<catalog>"),
            (b"<channel><title>a</title></channel>", Failure.NOT_A_FEED, "holds no entries"),
            (b"<catalog><book></catalog>", Failure.NOT_XML, "mismatched tag"),
            (b"503 try again later", Failure.NOT_XML, "plain text"),
            (b"\x1f\x8b\x08\x00\xff\xfe\x80\x81\x82\x83\x84\x85", Failure.NOT_XML, "no XML"),
            (b'{"error": "no key"}', Failure.NOT_A_FEED, "no list of items"),
            (b"[1, 2]", Failure.NOT_A_FEED, "neither JSON Feed"),
            (b'{"items": [1}', Failure.NOT_A_FEED, "cannot be read"),
        ],
    )  # fmt: skip
    def test_says_why(self, body: bytes, kind: Failure, said: str) -> None:
        got = failed(body)
        assert (got.kind, said in got.detail, "\n" in got.detail) == (kind, True, False), got

    def test_a_feed_without_entries_is_a_feed(self) -> None:
        got = feed(b'<rss version="2.0"><channel><title>Quiet</title></channel></rss>')
        assert (got.title, got.entries) == ("Quiet", ())

    def test_a_feed_in_a_page_is_read(self) -> None:
        body = b"<html>" + rss("port").encode() + b"</html>"
        assert titles(feed(body)) == ["port"]


@pytest.fixture(params=["secret.xml", "<rss>.xml"])
def secret(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A well-formed feed in a file: whoever opens it has entries to show.

    By its second name its path could be taken for a document.
    """
    path = tmp_path / request.param
    path.write_text(rss("secret"))
    return path


class TestTraps:
    @pytest.mark.parametrize("form", ["{path}", "file://{path}", " {path}\n"])
    def test_a_body_that_is_a_path_is_not_opened(self, secret: Path, form: str) -> None:
        got = read(form.format(path=secret).encode())
        assert isinstance(got, ParseFailed)

    def test_an_external_entity_is_not_read(self, secret: Path) -> None:
        doctype = f'<?xml version="1.0"?><!DOCTYPE rss [<!ENTITY x SYSTEM "{secret}">]>'
        got = read((doctype + rss("a &x; b")).encode())
        assert "secret" not in repr(got).replace("secret.xml", "")

    def test_an_external_definition_is_not_read(self, secret: Path) -> None:
        doctype = f'<!DOCTYPE rss SYSTEM "file://{secret}">'
        assert titles(feed((doctype + rss("a")).encode())) == ["a"]

    @pytest.mark.parametrize("between", ["", "\n"])
    @pytest.mark.parametrize("names", ["abcd", "abcdefghij"])  # a thousandfold, 10⁹-fold
    def test_entities_that_name_entities_are_not_expanded(self, between: str, names: str) -> None:
        laughs = ['<!ENTITY a "ha">'] + [
            f'<!ENTITY {name} "{f"&{last};" * 10}">' for last, name in pairwise(names)
        ]
        doctype = f'<?xml version="1.0"?>{between}<!DOCTYPE rss [{between.join(laughs)}]>'
        last = f"&{names[-1]};"
        got = feed((doctype + rss(last)).encode())
        assert titles(got) == [last]

    def test_entities_of_plain_text_are(self) -> None:
        doctype = (
            '<?xml version="1.0"?><!DOCTYPE rss [<!ENTITY nbsp "&#160;"><!ENTITY who \'The Port\'>'
            '<!ENTITY bad SYSTEM "http://127.0.0.1:9/">]>'
        )
        got = feed((doctype + rss("by&nbsp;&who;")).encode())
        assert titles(got) == ["by\xa0The Port"]
        assert got.notes == ()

    def test_depth(self) -> None:
        deep = "<x>" * 20_000 + "</x>" * 20_000
        assert titles(feed(rss("port").replace("</item>", deep + "</item>").encode())) == ["port"]

    def test_namespaces(self) -> None:
        spaces = " ".join(f'xmlns:n{n}="http://n{n}.example/"' for n in range(8000))
        assert titles(feed(rss("port").replace("<rss ", f"<rss {spaces} ").encode())) == ["port"]

    def test_what_the_parser_raises_is_a_value(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def give_up(*args: object, **kwargs: object) -> None:
            raise AssertionError("unexpected\nstate")

        monkeypatch.setattr("app.core.parse.xml.feedparser.parse", give_up)
        assert failed(rss("a").encode()) == ParseFailed(
            kind=Failure.NOT_XML,
            detail="the parser gave up (AssertionError: unexpected state): check the address",
        )

    def test_want_of_memory_is_not_the_documents_fault(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def run_out(*args: object, **kwargs: object) -> None:
            raise MemoryError

        monkeypatch.setattr("app.core.parse.xml.feedparser.parse", run_out)
        with pytest.raises(MemoryError):
            read(rss("a").encode())


MARKUP = re.compile(rb"<[^<>]+>|[^<>]+")


@given(st.data())
def test_no_document_raises(data: st.DataObject) -> None:
    """Pieces of the samples, in any order and number, some of them damaged."""
    name = data.draw(st.sampled_from(["rss20.xml", "atom10.xml", "rss10.xml", "feed11.json"]))
    pieces = MARKUP.findall((SAMPLES / name).read_bytes())
    chosen = data.draw(st.lists(st.sampled_from(pieces) | st.binary(max_size=6), max_size=60))
    result = read(b"".join(chosen), data.draw(st.none() | st.text(max_size=20)))
    assert isinstance(result, ParsedFeed | ParseFailed)


@given(st.binary(max_size=300))
def test_no_bytes_raise(body: bytes) -> None:
    assert isinstance(read(body), ParsedFeed | ParseFailed)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("&#xD83D;&#xDE00;", "\U0001f600"),
        ("&#55357;&#56832;", "\U0001f600"),
        ("&#xD83D;&#xD83D;&#xDE00;&#xDE00;", "\U0001f600"),
        ("&#xD800;", ""),
        ("&#xD83D; &#xDE00;", ""),
        ("&#x110000;", ""),
        (f"&#{'9' * 5000};", ""),
        ("&#0;", ""),
        ("&#8;", ""),
        ("&#xFFFF;", ""),
        ("&#0000065;&#x1F600;&#233;", "A\U0001f600é"),
    ],
)
def test_one_reference_to_no_character_does_not_cost_the_feed(written: str, meant: str) -> None:
    assert titles(feed(rss(f"Sails {written}").encode())) == [f"Sails {meant}".strip()]
