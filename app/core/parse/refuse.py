"""Why a document is not a feed, and what an operator can do about it."""

from __future__ import annotations

import html
import re

from app.core.parse.fields import absolute
from app.core.parse.outline import names_a_feed
from app.core.types import Failure, ParseFailed

_BEFORE = r"(?>(?:\s|<\?.*?\?>|<!--.*?-->|<!DOCTYPE[^\[>]*(?:\[.*?\]\s*)?>)*)"
_PROLOG = re.compile(_BEFORE, re.DOTALL | re.IGNORECASE)
_ROOT = re.compile(_BEFORE + r"<([\w.:-]+)", re.DOTALL | re.IGNORECASE)
_TITLE = re.compile(r"<title[^<>]*>([^<]{1,500})", re.IGNORECASE)
_LINK = re.compile(r"<link\b[^<>]{0,2000}>", re.IGNORECASE)
_FEED_TYPE = re.compile(
    r"""type\s*=\s*["']?application/(?:rss\+xml|atom\+xml|rdf\+xml|feed\+json)""", re.IGNORECASE
)
_HREF = re.compile(r"""href\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))""", re.IGNORECASE)
_HTML_MARKS = re.compile(r"<(?:!doctype\s+html|html|head|body|script|meta)[\s>]", re.IGNORECASE)
_LOOK_CHARS = 200_000

_FEEDS = ("rss", "rdf", "feed", "channel")
_OTHERS = {
    "opml": "a list of feeds (OPML): import it, or add the feeds it names",
    **dict.fromkeys(
        ("contentset", "contentmeta", "groupset"),
        "a part of a NewsML-G2 item: ask the provider for the whole",
    ),
    "newsml": "NewsML 1, the older standard: ask the provider for NewsML-G2",
    "error": "an error message of the server: check the address and any key in it",
}


def empty() -> ParseFailed:
    return ParseFailed(
        kind=Failure.EMPTY,
        detail="the document is empty: if it stays so, ask the publisher for the feed's address",
    )


def truncated(length: int, *, begun: bool) -> ParseFailed:
    where = "in its first entry" if begun else "before its first entry"
    return ParseFailed(
        kind=Failure.TRUNCATED,
        detail=f"the document ends {where}, after {length} characters; the next poll may get all "
        "of it, else the publisher's server cuts it short",
    )


def refuse_unread(text: str, url: str) -> ParseFailed | None:
    """What need not be parsed to be refused; pages come in the place of feeds every day."""
    if not text:
        return empty()
    if "<" not in text:
        return ParseFailed(kind=Failure.NOT_XML, detail=f"{_not_markup(text)}: check the address")
    root = _ROOT.match(text)
    if root and root[1].lower() == "html" and not names_a_feed(text):
        return ParseFailed(kind=Failure.HTML_PAGE, detail=_page(text[:_LOOK_CHARS], url))
    return None


def root_of(text: str) -> str:
    """The name of the first element in small letters, without its prefix; "" if there is none."""
    root = _ROOT.match(text)
    return root[1].rpartition(":")[2].lower() if root else ""


def refuse_xml(text: str, fault: str | None, url: str) -> ParseFailed:
    """Why `text` is no RSS, Atom, RDF or CDF; `fault` says where it stops being XML, if it does."""
    root, name = _ROOT.match(text), root_of(text)
    if name == "html" or (name not in _OTHERS and _HTML_MARKS.search(text, 0, 4096)):
        return ParseFailed(kind=Failure.HTML_PAGE, detail=_page(text[:_LOOK_CHARS], url))
    if root is None and not _PROLOG.sub("", text, count=1).strip():
        return empty()
    if name in _OTHERS:
        return ParseFailed(kind=Failure.NOT_A_FEED, detail=f"the document is {_OTHERS[name]}")
    if fault is None and root:
        why = "holds no entries" if name in _FEEDS else "is neither RSS, Atom nor RDF"
        detail = f"XML whose root is <{root[1][:60]}>, which {why}"
        return ParseFailed(kind=Failure.NOT_A_FEED, detail=f"{detail}: check the address")
    why = f"neither a feed nor well-formed XML ({fault or 'no root element'}): check the address"
    return ParseFailed(kind=Failure.NOT_XML, detail=why)


def _page(text: str, url: str) -> str:
    title = _TITLE.search(text)
    named = f" titled “{_line(title[1])}”" if title and title[1].strip() else ""
    feeds = [
        address
        for link in _LINK.finditer(text)
        if _FEED_TYPE.search(link[0])
        and (href := _HREF.search(link[0]))
        and (address := absolute(_line(next(filter(None, href.groups()), "")), url))
    ]
    step = f"it names a feed, use {feeds[0]}" if feeds else "look on the site for its feed"
    return f"an HTML page{named}, not a feed: {step}"


def _line(text: str) -> str:
    return " ".join(html.unescape(text).split())[:200]


def _not_markup(text: str) -> str:
    start = text[:1000]
    printable = sum(char.isprintable() or char.isspace() for char in start)
    return f"{'plain text' if printable * 10 >= len(start) * 9 else 'binary data'}, no XML"
