"""Plain text that is clean, HTML that is safe, words that are counted."""

from __future__ import annotations

import re
import unicodedata
from html.parser import HTMLParser
from time import process_time
from unittest.mock import patch

import nh3
import pytest
import regex
from hypothesis import given
from hypothesis import strategies as st

from app.core import html_limits
from app.core.html_limits import MAX_DEPTH, MAX_PIECES, clean_html
from app.core.scripts import HAN_OR_KANA, WIDE, how_many
from app.core.text import (
    MAX_TITLE_CHARS,
    clean_text,
    count_words,
    parsable,
    sanitize_html,
    title_text,
)
from app.core.types import Markup

BASE = "https://news.example/2024/ferry/"


@pytest.mark.parametrize(
    ("raw", "clean"),
    [
        ("  a\n\t b\u00a0\u3000c ", "a b c"),
        ("har\u00adbour ves\u200bsel\ufeff", "harbour vessel"),
        ("\u202eoverride\u202c \u2066isolate\u2069 mark\u200e", "override isolate mark"),
        ("bell\x07 nul\x00 c1\x9b", "bell nul c1"),
        ("Zu\u0308rich", "Z\u00fcrich"),
        ("AT&amp;T &#8220;said&#x201D; &eacute;", "AT&T “said” é"),
        ("&amp;lt;b&amp;gt;", "<b>"),
        (
            "the port&amp;#8217;s &amp;amp;amp;#xE9; fish &amp;amp; chips",
            "the port’s é fish & chips",
        ),
        ("&#38;amp;#38;#8217;", "’"),
        ("It&acirc;&euro;&trade;s CafÃ©", "It’s Café"),
        (
            "Ã\u200b© har\U000e0041\U000e0042bour 🏴\U000e0067\U000e0062\U000e007f",
            "é harbour 🏴\U000e0067\U000e0062\U000e007f",
        ),
        ("R&D a&b; &unknown; &#9999999;", "R&D a&b; &unknown; \ufffd"),
        ("?a=1&copy=2", "?a=1&copy=2"),
        ("lone \ud800 surrogate", "lone \ufffd surrogate"),
        ("join\u200der, non\u200cjoiner", "joiner, nonjoiner"),
        ("می\u200cروم", "می\u200cروم"),
        ("👩\u200d🚀 👁\ufe0f\u200d🗨", "👩\u200d🚀 👁\ufe0f\u200d🗨"),
        ("", ""),
    ],
)
def test_one_clean_line(raw: str, clean: str) -> None:
    assert clean_text(raw) == clean


def test_what_is_escaped_without_end_is_left_at_some_depth() -> None:
    assert clean_text("&#38;" + "#38;" * 9 + "lt;") == "&#38;#38;lt;"
    assert parsable("&amp;amp;amp;amp;amp;lt;p>") == "&amp;lt;p>"


def test_marks_are_kept_but_not_without_end() -> None:
    assert clean_text("a" + "\u0301\u0316" * 200_000) == unicodedata.normalize(
        "NFC", "a" + "\u0301\u0316" * 15
    )


ODD_TEXTS = st.text() | st.lists(
    st.sampled_from(["&", "amp;", "#38;", "lt;", "#8217;", "Ã", "©", "â€", "™", "\u200b", " ", "é"])
).map("".join)


@given(ODD_TEXTS.filter(lambda text: text.count("&") < 3))
def test_clean_text_is_a_fixed_point(raw: str) -> None:
    clean = clean_text(raw)
    assert clean_text(clean) == clean
    assert not re.search("[\ud800-\udfff\x00]", clean)


@pytest.mark.parametrize(
    ("value", "html", "title"),
    [
        ("<i>Osprey</i> returns to the <b>h</b>arbour", True, "Osprey returns to the harbour"),
        ("Fish &amp; chips &lt;5 euros", True, "Fish & chips <5 euros"),
        ("Fish &amp;amp; chips", True, "Fish & chips"),
        ("Fish & chips <5 euros", False, "Fish & chips <5 euros"),
        ("<script>steal()</script>Calm<style>p{}</style>", True, "Calm"),
        ("Two\nlines", True, "Two lines"),
        ("<img src=x onerror=alert(1)>", True, ""),
        ("Vector<Pier> and <Quay> &lt;Dock&gt;", True, "Vector<Pier> and <Quay> <Dock>"),
        (
            "<HL1>Osprey</HL1> <FONT>returns</font> <my:b>home</my:b> <a-b>",
            True,
            "Osprey returns home",
        ),
        ("&amp;lt;i&amp;gt;Osprey&amp;lt;/i&amp;gt; returns", True, "Osprey returns"),
        ("har&shy;bour\u200b\x07", True, "harbour"),
        ("National â€º", True, "National ›"),
        ("\ud800", True, "\ufffd"),
        ("word " * 1000, True, ("word " * 1000)[: MAX_TITLE_CHARS - 1]),
    ],
)
def test_titles_are_text(value: str, html: bool, title: str) -> None:
    assert title_text(Markup(value=value, html=html)) == title


XSS = [
    "<script>alert(1)</script>",
    "<scr<script>ipt>alert(1)</scr</script>ipt>",
    "<img src=x onerror=alert(1)>",
    "<img src='javascript:alert(1)'>",
    "<a href='javascript:alert(1)'>a</a>",
    "<a href='jav&#x09;ascript:alert(1)'>a</a>",
    "<a href='jav&#10;ascript:alert(1)'>a</a>",
    "<a href='&#1;javascript:alert(1)'>a</a>",
    "<a href='&#106;avascript&colon;alert(1)'>a</a>",
    "<a href=' javascript:alert(1)'>a</a>",
    "<a href='JaVaScRiPt:alert(1)'>a</a>",
    "<a href='java\x00script:alert(1)'>a</a>",
    "<a href='vbscript:msgbox(1)'>a</a>",
    "<a href='data:text/html,<script>alert(1)</script>'>a</a>",
    "<a href='//evil.example/x' onclick='alert(1)' style='x:expression(1)'>a</a>",
    "<svg><script>alert(1)</script><a xlink:href='javascript:alert(1)'>x</a></svg>",
    "<svg/onload=alert(1)>",
    "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)></style></table>",
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
    "<iframe srcdoc='<script>alert(1)</script>'></iframe>",
    "<object data='javascript:alert(1)'></object><embed src='javascript:alert(1)'>",
    "<form action='javascript:alert(1)'><button formaction='javascript:alert(1)'>a</button></form>",
    "<meta http-equiv=refresh content='0;url=javascript:alert(1)'><base href='javascript:'>",
    "<link rel=stylesheet href='https://evil.example/x.css'><style>@import 'x'</style>",
    "<p style='background:url(javascript:alert(1))' onmouseover=alert(1)>x</p>",
    "<video><source onerror='alert(1)'></video><audio src=x onerror=alert(1)></audio>",
    "<!--<img src='--><img src=x onerror=alert(1)>//'>",
    "<![CDATA[<script>alert(1)</script>]]>",
    "<template><script>alert(1)</script></template>",
    "<textarea><img src=x onerror=alert(1)></textarea>",
    "<isindex type=image src=1 onerror=alert(1)>",
    "<details open ontoggle=alert(1)>x</details>",
    "&lt;p&gt;&lt;script&gt;alert(1)&lt;/script&gt;&lt;img src=x onerror=alert(1)&gt;",
    "<img src='x' alt='\"><script>alert(1)</script>'>",
    "<a title='\"onmouseover=alert(1) x=\"' href=x>a</a>",
    "<a href='https://a.example/?\"><script>alert(1)</script>'>a</a>",
    "<p lang='x\" onmouseover=\"alert(1)'>x</p>",
]

ALLOWED_ATTRIBUTES = frozenset("href src alt title width height rel lang dir".split())


class _Seen(HTMLParser):
    """What a reader of the markup sees, in its own tolerant way."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: list[tuple[str, str | None]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes += attrs


def assert_safe(html: str) -> None:
    seen = _Seen()
    seen.feed(html)
    seen.close()
    assert not seen.tags & {
        *("script", "style", "iframe", "object", "embed", "svg", "math", "form", "meta", "base"),
        *("link", "button", "template", "video", "audio", "textarea", "noscript", "details"),
    }
    for name, value in seen.attributes:
        assert name in ALLOWED_ATTRIBUTES
        if name in ("href", "src"):
            assert re.match(r"https?://[^/]", value or "")


@pytest.mark.parametrize("base", [BASE, None])
@pytest.mark.parametrize("html", XSS)
def test_nothing_runs(html: str, base: str | None) -> None:
    assert_safe(sanitize_html(html, base))


@given(st.lists(st.sampled_from(XSS) | st.sampled_from("<>'\"/=& ax") | st.text(max_size=3)))
def test_nothing_runs_however_it_is_cut(parts: list[str]) -> None:
    html = sanitize_html("".join(part[: len(part) // 2 + 1] for part in parts), BASE)
    assert_safe(html)
    assert sanitize_html(html, None) == html or "&lt;" in html


def test_addresses_are_made_absolute_and_links_unendorsed() -> None:
    html = "<p><a href='../b#c' target=_blank>b</a><img src='/i.jpg' alt='Quay' width=640></p>"
    assert sanitize_html(html, BASE) == (
        '<p><a href="https://news.example/2024/b#c" rel="nofollow noopener">b</a>'
        '<img src="https://news.example/i.jpg" alt="Quay" width="640"></p>'
    )
    assert sanitize_html(html, None) == '<p><a rel="nofollow noopener">b</a></p>'


@pytest.mark.parametrize(
    "pixel",
    [
        "<img src='https://count.example/a.gif' width=1 height=1>",
        "<img height='0' src='https://count.example/a.gif'>",
        "<img src='https://count.example/a.gif' alt='a > b' width='1'>",
        "<img src='https://feeds.feedburner.com/~r/a/~4/b'>",
        "<img src='https://pixel.wp.com/b.gif?host=a&post=1'>",
        "<img alt='no address'>",
        "<img src='cid:attachment'>",
    ],
)
def test_tracking_pixels_are_dropped(pixel: str) -> None:
    assert sanitize_html(f"<p>a{pixel}b</p>", BASE) == "<p>ab</p>"


def test_sizes_that_are_no_numbers_do_not_hide_a_picture() -> None:
    html = sanitize_html("<img src='/a.jpg' width='100%' height='auto'>", BASE)
    assert html == '<img src="https://news.example/a.jpg">'


def test_markup_that_was_escaped_twice_is_markup() -> None:
    assert sanitize_html("&lt;p&gt;Tide &amp;amp; wind&lt;/p&gt;", None) == "<p>Tide &amp; wind</p>"
    assert sanitize_html("<p>The &lt;p&gt; tag</p>", None) == "<p>The &lt;p&gt; tag</p>"
    assert sanitize_html("1 &lt; 2", None) == "1 &lt; 2"
    assert sanitize_html("&amp;lt;p&amp;gt;Tide&amp;lt;/p&amp;gt;", None) == "<p>Tide</p>"


def test_text_of_html_is_mended_and_stays_escaped() -> None:
    html = (
        "Ã©t <p>the port&amp;#8217;s CafÃ© &amp;amp;lt;b> R&amp;D <a href='?a=1&amp;amp;lt;b'>x</a>"
    )
    assert sanitize_html(html, "https://a.example/") == (
        "ét <p>the port&#8217;s Café &lt;b&gt; R&amp;D "
        '<a href="https://a.example/?a=1&amp;amp;lt;b" rel="nofollow noopener">x</a></p>'
    )


@pytest.mark.parametrize("unit", ["<div>", "<b><div id=a>", "<div></p>", "<a href=x><p>"])
def test_elements_are_not_nested_without_end(unit: str) -> None:
    html = parsable(unit * 100_000)
    assert len(re.findall("<(?:div|b|a)[ >]", html)) <= MAX_DEPTH
    assert sanitize_html(html, None)[:1] in ("<", "")


def test_what_lies_too_deep_keeps_its_text() -> None:
    deep = "<DIV>" * 500 + "<p>silt</p>" + "</div>" * 500 + "<div>bank</div>"
    assert parsable(deep).lower().count("<div>") == MAX_DEPTH + 1
    assert "<p>silt</p>" in sanitize_html(deep, None)
    flat = "<div>quay</div><p>pier<br>" * 500
    assert parsable(flat) == flat


PIECES = [
    *("&", "&amp;", "&amp", "&lt;", "&#60;", "&#169;", "&nbsp;", "&notit;", "&no;", "&#x26;", "é"),
    *("©", "\xa0", "¿", "a", " ", "<", ">", "<b>", "</b>", "<x>", "</x>", "<!-- & -->", "東", '"'),
    *("<a href='?a=1&b=2' title='©'>", "</a>", "<p>", "<script>&©</script>"),
]


CLEANER = nh3.Cleaner(tags={"p", "b", "a"}, attributes={"a": {"href", "title"}})


@given(st.lists(st.sampled_from(PIECES)).map("".join))
def test_what_is_hidden_from_the_parser_comes_back(html: str) -> None:
    with patch.object(html_limits, "MAX_PIECES", 0):
        assert clean_html(CLEANER, html) == CLEANER.clean(html)


def test_characters_that_stand_for_hidden_ones_are_not_taken_for_them() -> None:
    html = "\U0010f026lt;" + "&" * MAX_PIECES
    assert sanitize_html(html, None).startswith("\ufffdlt;&amp;")


@pytest.mark.parametrize("unit", ["©", "&", "&amp;"])
def test_a_megabyte_of_references_does_not_hold_up_a_worker(unit: str) -> None:
    """By the parser alone its time would grow with the square of the length."""
    started = process_time()
    sanitize_html(unit * (1_000_000 // len(unit)), None)
    assert process_time() - started < 5


@pytest.mark.parametrize(
    ("text", "language", "words"),
    [
        ("", None, 0),
        ("The ferry left at 9:30 – on time.", "en", 7),
        ("— … !", "en", 0),
        ("“Quay” (pier)", "en", 2),
        ("東京湾でフェリーが出航", "ja", 11),
        ("新船“海风”号 5日 启航", "zh", 9),
        ("부산항에서 여객선이 출항했다", "ko", 3),
        ("金 선장은 말했다", "ko", 3),
        ("وصلت العبارة إلى الميناء", "ar", 4),
        ("L’équipage du « Goéland »", "fr", 3),
    ],
)
def test_words(text: str, language: str | None, words: int) -> None:
    assert count_words(text, language) == words


def test_scripts_without_spaces_are_those_of_unicode() -> None:
    for ours, theirs in (
        (HAN_OR_KANA, r"[\p{Han}\p{Hiragana}\p{Katakana}]"),
        (WIDE, r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Hangul}]"),
    ):
        assigned = "".join(map(chr, (*range(0xD800), *range(0xE000, 0x34000))))
        assert "".join(ours.findall(assigned)) == "".join(regex.findall(theirs, assigned))
        assert how_many(ours, f"a{assigned}a") == len(regex.findall(theirs, assigned))
