"""Text made plain and HTML made safe."""

from __future__ import annotations

import html as entities
import re
import unicodedata
from functools import lru_cache, partial

import nh3
import regex

from app.core.html_limits import clean_html, shallow
from app.core.normal.mojibake import may_need_repair, repaired
from app.core.scripts import HAN_OR_KANA
from app.core.types import Markup
from app.core.urls import absolute_url

MAX_TITLE_CHARS = 1000
MAX_HTML_CHARS = 1_000_000

_REFERENCE = r"(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});"
_ENTITY = re.compile(rf"&(?:amp;)*({_REFERENCE})")
_ESCAPED_ENTITY = re.compile(rf"&amp;(?:amp;)*(?={_REFERENCE})")
_MAX_ESCAPES = 4
_MAX_ROUNDS = 8  # what one step mends another may read anew
_SURROGATE = re.compile("[\ud800-\udfff]")
_CONTROL = re.compile("[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f]")
# Soft hyphen, zero-width space, marks and overrides of direction, word joiners, BOM; and tag
# characters, which may hide words, except those that make a flag of 🏴.
_INVISIBLE = re.compile(
    "(?<![\U0001f3f4\U000e0020-\U000e007f])[\U000e0000-\U000e007f]+|[\u00ad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufeff"
    "\ufdd0-\ufdef\ufff9-\ufffb\ufffe\uffff]"
)
# Joiners shape Arabic and Indic scripts and emoji; after other letters they are noise.
_JOINER = re.compile(
    "(?<![\u0590-\u1cff\u2190-\u2bff\ufb50-\ufdff\ufe70-\ufefc\ufe0f\U0001f000-\U0001faff])"
    "[\u200c\u200d]+"
)
_MARKS = regex.compile(r"(\p{M}{30})\p{M}+")
_TAG_START = re.compile(r"<[a-zA-Z/!]")
_ESCAPED_TAG = re.compile(
    r"&(?:amp;)*lt;/?(?:p|br|div|a|img|b|i|em|strong|span|ul|ol|li)\b", re.IGNORECASE
)
_RUN = re.compile(r"(?:^|>)[^<>]+")

_TAGS = frozenset(
    {
        "a", "abbr", "b", "blockquote", "br", "caption", "cite", "code", "dd", "del", "dfn",
        "div", "dl", "dt", "em", "figcaption", "figure", "h1", "h2", "h3", "h4", "h5", "h6",
        "hr", "i", "img", "ins", "kbd", "li", "mark", "ol", "p", "pre", "q", "rp", "rt",
        "ruby", "s", "samp", "small", "span", "strong", "sub", "sup", "table", "tbody", "td",
        "tfoot", "th", "thead", "time", "tr", "u", "ul", "var", "wbr",
    }
)  # fmt: skip
HIDDEN_TAGS = frozenset(
    {
        "script", "style", "template", "noscript", "iframe", "object", "embed", "applet",
        "svg", "math", "textarea", "select", "option", "title", "head", "audio", "video",
        "canvas", "frameset", "noembed", "noframes", "xmp", "button",
    }
)  # fmt: skip
_ATTRIBUTES = {
    "a": {"href", "title"},
    "img": {"src", "alt", "title", "width", "height"},
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan"},
    "time": {"datetime"},
    "*": {"lang", "dir"},
}
_IMAGE = re.compile(r'<img(?: [a-z]+="[^"]*")*>')
_ATTRIBUTE = re.compile(r' ([a-z]+)="([^"]*)"')
_COUNTERS = (
    "feeds.feedburner.com/~",
    "feedsportal.com/",
    "pixel.wp.com/",
    "stats.wordpress.com/",
    "google-analytics.com/",
    "scorecardresearch.com/",
    "quantserve.com/",
    "doubleclick.net/",
)
_OTHER_TAGS = frozenset(
    {
        "acronym", "address", "area", "article", "aside", "base", "basefont", "bdi", "bdo", "big",
        "blink", "body", "center", "col", "colgroup", "data", "details", "dialog", "dir",
        "fieldset", "font", "footer", "form", "frame", "header", "html", "input", "label",
        "legend", "link", "main", "map", "marquee", "menu", "meta", "nav", "nobr", "output",
        "param", "picture", "plaintext", "progress", "section", "slot", "source", "strike",
        "summary", "track", "tt",
    }
)  # fmt: skip
_LONE_TAG = re.compile(r"<([A-Za-z][A-Za-z0-9]*)>")
_TITLE_CLEANER = nh3.Cleaner(tags=set(), clean_content_tags={"script", "style"})


def clean_text(raw: str) -> str:
    """One line of plain text: NFC, spaces folded, no control or invisible character.

    What was decoded once too few is decoded: character references that are left in a text, in
    UTF-8 that was read as Windows-1252. Lone surrogates become U+FFFD, so the text can always be
    encoded.
    """
    text = raw
    for _ in range(_MAX_ROUNDS):
        before = text
        text = fold_space(visible(repaired(decoded(text))))
        if text == before or (text.isascii() and "&" not in text):
            break
    return text


def decoded(text: str) -> str:
    """The text without character references, however often they were escaped: &amp;amp;#8217;

    A feed that shows how a reference is written is rarer by far than one that escapes twice.
    """
    if "&" not in text:
        return text
    return _ENTITY.sub(lambda found: entities.unescape(f"&{found[1]}"), text)


def visible(text: str) -> str:
    """The text in NFC without control and invisible characters; spaces as they are.

    At most 30 marks in a row (UAX #15, stream-safe text): putting more in order takes quadratic
    time.
    """
    if not text.isprintable():
        text = _JOINER.sub("", _INVISIBLE.sub("", _CONTROL.sub("", encodable(text))))
    if text.isascii():
        return text
    return unicodedata.normalize("NFC", _MARKS.sub(r"\1", text))


def fold_space(text: str) -> str:
    return " ".join(text.split())


def title_text(markup: Markup) -> str:
    """A title as one line of plain text, at most MAX_TITLE_CHARS long; "" if there is none."""
    value = encodable(markup.value[: MAX_TITLE_CHARS * 10])
    if markup.html:
        marked = _LONE_TAG.sub(_unknown_as_text, value) if "<" in value else value
        value = entities.unescape(clean_html(_TITLE_CLEANER, parsable(marked)))
    title = clean_text(value)
    return title if len(title) <= MAX_TITLE_CHARS else clean_text(title[:MAX_TITLE_CHARS])


def _unknown_as_text(found: re.Match[str]) -> str:
    """<Vector> in a title is a word that was decoded once too often; HTML knows no such tag."""
    name = found[1].lower()
    known = name in _TAGS or name in HIDDEN_TAGS or name in _OTHER_TAGS
    closed = f"</{found[1]}>" in found.string
    return found[0] if known or closed else f"&lt;{found[1]}&gt;"


def sanitize_html(html: str, base_url: str | None) -> str:
    """HTML that is safe to show on any page, addresses absolute http(s).

    Scripts, styles, forms, frames, comments and event handlers go; so do images without an
    address and tracking pixels: those 0 or 1 pixel wide or high, and those of known counters.
    """
    cleaner = _cleaner(base_url)
    clean = _IMAGE.sub(_shown_image, clean_html(cleaner, parsable(html))).strip()
    return _RUN.sub(_mended_run, clean) if may_need_repair(clean) or "&amp;" in clean else clean


@lru_cache(maxsize=64)
def _cleaner(base_url: str | None) -> nh3.Cleaner:
    """Made once for the entries of a document, which have one base."""
    return nh3.Cleaner(
        tags=_TAGS,
        clean_content_tags=HIDDEN_TAGS,
        attributes=_ATTRIBUTES,
        attribute_filter=partial(_safe_attribute, base_url),
        link_rel="nofollow noopener",
        url_schemes={"http", "https"},
    )


def _mended_run(found: re.Match[str]) -> str:
    """Text between tags as clean_text has it; what is escaped stays escaped."""
    return repaired(_ESCAPED_ENTITY.sub("&", found[0]))


def _safe_attribute(base_url: str | None, tag: str, name: str, value: str) -> str | None:
    if name in ("href", "src"):
        return absolute_url(value, base_url)
    if name in ("width", "height") and tag == "img":
        return value if value.isdecimal() else None
    return value


def _shown_image(found: re.Match[str]) -> str:
    attributes = dict(_ATTRIBUTE.findall(found[0]))
    sizes = (attributes.get("width"), attributes.get("height"))
    src = attributes.get("src", "")
    hidden = not src or any(size is not None and int(size) <= 1 for size in sizes)
    return "" if hidden or any(counter in src for counter in _COUNTERS) else found[0]


def parsable(html: str) -> str:
    """HTML that the parser takes in time linear in its length, in well-formed Unicode.

    Cut to MAX_HTML_CHARS; unescaped where a feed escaped all its tags too often.
    """
    html = encodable(_CONTROL.sub("", html[:MAX_HTML_CHARS]))
    for _ in range(_MAX_ESCAPES):
        if _TAG_START.search(html) or not _ESCAPED_TAG.search(html):
            break
        html = entities.unescape(html)
    return shallow(html)


def count_words(text: str, language: str | None) -> int:
    """Runs between spaces that hold a letter or digit; each Han or kana character is one word.

    Korean is counted by spaces alone, also where it is written with Han characters.
    """
    if text.isascii() or language == "ko":
        return _runs(text)
    between = HAN_OR_KANA.split(text)
    characters = len(text) - sum(map(len, between))
    return characters + sum(map(_runs, between))


def _runs(text: str) -> int:
    return sum(1 for run in text.split() if run[0].isalnum() or any(map(str.isalnum, run)))


def encodable(text: str) -> str:
    """The text with U+FFFD for lone surrogates, which UTF-8 cannot hold."""
    return text if text.isascii() else _SURROGATE.sub("\ufffd", text)
