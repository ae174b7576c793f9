"""Bytes of a page → an HTML tree, with the pieces of it that others read."""

from __future__ import annotations

import codecs
import re

from lxml import etree, html
from resiliparse.parse.encoding import bytes_to_str, detect_encoding

from app.core.page.types import PageRefused, Refusal
from app.core.text import encodable

HTML_TYPES = frozenset({"text/html", "application/xhtml+xml"})
UNTOLD_TYPES = frozenset({"", "text/plain", "application/octet-stream", "binary/octet-stream"})
MAX_PAGE_CHARS = 8_000_000
MAX_SCRIPT_CHARS = 20_000
MAX_SCRIPTS_CHARS = 400_000
_SNIFF_BYTES = 1024
_BINARY = re.compile(rb"%PDF-|\x89PNG|GIF8|\xff\xd8\xff|PK\x03\x04|\x1f\x8b|RIFF")
_MARKUP = re.compile(
    rb"<(?:!doctype\s+html|html|head|body|meta|title|script|div|p|article)\b", re.IGNORECASE
)
_CHARSET = re.compile(r"charset\s*=\s*[\"']?\s*([\w.:-]+)", re.IGNORECASE)
_HIDDEN = frozenset({"script", "style", "noscript", "template", "head", "svg", "iframe", "select"})


def decode_page(body: bytes, content_type: str | None) -> str | PageRefused:
    """The page's markup, or that it is no HTML.

    The charset is the header's, else the markup's, else the likeliest (WHATWG HTML §13.2.3).
    """
    kind = (content_type or "").partition(";")[0].strip().lower()
    start = body[:_SNIFF_BYTES].lstrip(b"\xef\xbb\xbf \t\r\n")
    if kind not in HTML_TYPES | UNTOLD_TYPES:
        return PageRefused(kind=Refusal.NOT_HTML, detail=f"the answer is {kind[:80]}")
    if _BINARY.match(start) or (kind not in HTML_TYPES and not _MARKUP.search(start)):
        return PageRefused(kind=Refusal.NOT_HTML, detail="the answer's first bytes are not HTML")
    named = _CHARSET.search(content_type or "")
    encoding = named.group(1) if named and _known(named.group(1)) else None
    return _decoded(body, encoding or detect_encoding(body, from_html_meta=True) or "utf-8")


def parse_page(markup: str) -> html.HtmlElement | None:
    """None where there is not one element. The parser itself leaves out what lies too deep."""
    parser = html.HTMLParser(remove_comments=True, remove_pis=True, encoding="utf-8")
    text = encodable(markup[:MAX_PAGE_CHARS].replace("\0", ""))
    try:
        return html.document_fromstring(text.encode(), parser=parser)
    except etree.ParserError:
        return None


def scripts(tree: html.HtmlElement) -> str:
    """The addresses and the beginnings of the page's scripts: walls are known by them."""
    parts = [element.get("src") or "" for element in tree.iter("script")]
    parts += [element.text or "" for element in tree.iter("script") if not element.get("type")]
    return "\n".join(part[:MAX_SCRIPT_CHARS] for part in parts)[:MAX_SCRIPTS_CHARS]


def visible_lines(tree: html.HtmlElement, *, limit: int = 200_000) -> str:
    """What a reader sees, roughly: each run of text on a line of its own, at most `limit` long."""
    lines: list[str] = []
    size, skipped = 0, None
    for event, element in etree.iterwalk(tree, events=("start", "end")):
        if skipped is not None:
            if event == "end" and element is skipped:
                skipped = None
                _take(lines, element.tail)
            continue
        if event == "start" and element.tag in _HIDDEN:
            skipped = element
            continue
        size += _take(lines, element.text if event == "start" else element.tail)
        if size > limit:
            break
    return "\n".join(lines)


def _take(lines: list[str], text: str | None) -> int:
    line = " ".join(text.split()) if text else ""
    if line:
        lines.append(line)
    return len(line)


def _known(encoding: str) -> bool:
    try:
        return codecs.lookup(encoding).name != "undefined"
    except (LookupError, ValueError):
        return False


def _decoded(body: bytes, encoding: str) -> str:
    return bytes_to_str(body, encoding, "replace", fallback_encodings=("utf-8", "windows-1252"))
