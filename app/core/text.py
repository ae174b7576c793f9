"""Text made plain and HTML made safe."""

from __future__ import annotations

import html as entities
import re
import unicodedata
from functools import partial

import nh3
import regex

from app.core.types import Markup
from app.core.urls import absolute_url

MAX_TITLE_CHARS = 1000

_ENTITY = re.compile(r"&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")
_SURROGATE = re.compile("[\ud800-\udfff]")
_CONTROL = re.compile("[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f]")
# Soft hyphen, zero-width space, marks and overrides of direction, word joiners, BOM.
_INVISIBLE = re.compile(
    "[\u00ad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufeff"
    "\ufdd0-\ufdef\ufff9-\ufffb\ufffe\uffff]"
)
# Joiners shape Persian, Indic scripts and emoji; between other letters they are noise.
_JOINER = re.compile(
    "(?<![\u0590-\u1fff\u2190-\u2bff\ufb50-\ufeff\U0001f000-\U0001ffff])[\u200c\u200d]+"
)
_SPACE = re.compile(r"\s+")
_UNSPACED = r"\p{Han}\p{Hiragana}\p{Katakana}"
_WORD = regex.compile(rf"[{_UNSPACED}]|[\p{{L}}\p{{M}}\p{{N}}--{_UNSPACED}]", regex.V1)
_CJK = regex.compile(rf"[{_UNSPACED}]")
_SPOKEN = regex.compile(r"[\p{L}\p{N}]")
_TAG_START = re.compile(r"<[a-zA-Z/!]")
_ESCAPED_TAG = re.compile(r"&lt;/?(?:p|br|div|a|img|b|i|em|strong|span|ul|ol|li)\b", re.IGNORECASE)

_TAGS = frozenset(
    [
        "a",
        "abbr",
        "b",
        "blockquote",
        "br",
        "caption",
        "cite",
        "code",
        "dd",
        "del",
        "dfn",
        "div",
        "dl",
        "dt",
        "em",
        "figcaption",
        "figure",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "hr",
        "i",
        "img",
        "ins",
        "kbd",
        "li",
        "mark",
        "ol",
        "p",
        "pre",
        "q",
        "rp",
        "rt",
        "ruby",
        "s",
        "samp",
        "small",
        "span",
        "strong",
        "sub",
        "sup",
        "table",
        "tbody",
        "td",
        "tfoot",
        "th",
        "thead",
        "time",
        "tr",
        "u",
        "ul",
        "var",
        "wbr",
    ]
)
_DROPPED_WITH_CONTENT = frozenset(
    [
        "script",
        "style",
        "template",
        "noscript",
        "iframe",
        "object",
        "embed",
        "applet",
        "svg",
        "math",
        "textarea",
        "select",
        "option",
        "title",
        "head",
        "audio",
        "video",
        "canvas",
        "frameset",
        "noembed",
        "noframes",
        "xmp",
    ]
)
_ATTRIBUTES = {
    "a": {"href", "title"},
    "img": {"src", "alt", "title", "width", "height"},
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan"},
    "time": {"datetime"},
    "*": {"lang", "dir"},
}


def clean_text(raw: str) -> str:
    """One line of plain text: NFC, spaces folded, no control or invisible character.

    Character references are decoded once: the feed escaped them twice. Lone surrogates become
    U+FFFD, so the text can always be encoded.
    """
    text = _ENTITY.sub(lambda found: entities.unescape(found[0]), raw) if "&" in raw else raw
    return fold_space(visible(text))


def visible(text: str) -> str:
    """The text in NFC without control and invisible characters; spaces as they are."""
    text = _CONTROL.sub("", text)
    if text.isascii():
        return text
    text = unicodedata.normalize("NFC", _SURROGATE.sub("\ufffd", text))
    text = _JOINER.sub("", _INVISIBLE.sub("", text))
    return unicodedata.normalize("NFC", text)


def fold_space(text: str) -> str:
    return _SPACE.sub(" ", text).strip()


def title_text(markup: Markup) -> str:
    """A title as one line of plain text, at most MAX_TITLE_CHARS long; "" if there is none."""
    value = encodable(markup.value[: MAX_TITLE_CHARS * 10])
    if markup.html:
        value = entities.unescape(_TITLE_CLEANER.clean(value))
    return clean_text(value)[:MAX_TITLE_CHARS].rstrip()


def sanitize_html(html: str, base_url: str | None) -> str:
    """HTML that is safe to show on any page, addresses absolute http(s).

    Scripts, styles, forms, frames, comments and event handlers go; so do images of 1×1 pixel.
    """
    html = single_escaped(encodable(html))
    cleaner = nh3.Cleaner(
        tags=_TAGS,
        clean_content_tags=_DROPPED_WITH_CONTENT,
        attributes=_ATTRIBUTES,
        attribute_filter=partial(_safe_attribute, base_url),
        link_rel="nofollow noopener",
        url_schemes={"http", "https"},
    )
    return _NO_IMAGE.sub("", cleaner.clean(html)).strip()


def single_escaped(html: str) -> str:
    """The HTML itself where a feed gave it escaped once too often."""
    if not _TAG_START.search(html) and _ESCAPED_TAG.search(html):
        return entities.unescape(html)
    return html


def count_words(text: str, language: str | None) -> int:
    """Runs between spaces that hold a letter or digit; each Han or kana character is one word.

    Korean is counted by spaces alone, also where it is written with Han characters.
    """
    if language == "ko" or text.isascii() or not _CJK.search(text):
        return sum(1 for run in text.split() if _SPOKEN.search(run))
    characters = len(_CJK.findall(text))
    rest = _CJK.sub(" ", text)
    return characters + sum(1 for run in rest.split() if _SPOKEN.search(run))


def encodable(text: str) -> str:
    return text if text.isascii() else _SURROGATE.sub("\ufffd", text)


def _safe_attribute(base_url: str | None, tag: str, name: str, value: str) -> str | None:
    if name in ("href", "src"):
        return absolute_url(value, base_url)
    if name in ("width", "height") and tag == "img":
        return value if value.isdecimal() else None
    return value


_NO_IMAGE = re.compile(r'<img(?![^>]*\ssrc=")[^>]*>')
_TITLE_CLEANER = nh3.Cleaner(tags=set(), clean_content_tags={"script", "style"})
