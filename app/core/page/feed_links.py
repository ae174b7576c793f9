"""The feeds that a page names: in its link elements (RSS Autodiscovery), or by links to them.

Whatever a page says is an address to try and no more: whether a feed is there, its answer tells.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice
from typing import Final
from urllib.parse import urlsplit

from lxml import html

from app.core.page.tree import decode_page, parse_page
from app.core.page.types import FeedLink, FoundBy, PageRefused
from app.core.urls import MAX_URL_CHARS, absolute_url, registrable_domain, without_credentials

MAX_FOUND: Final = 50
MAX_LOOKED_AT: Final = 20_000
MAX_TITLE_CHARS: Final = 200

FEED_TYPES: Final = frozenset(
    {
        "application/rss+xml",
        "application/atom+xml",
        "application/rdf+xml",
        "application/feed+json",
        "application/rss",
        "application/atom",
        "text/rss+xml",
        "text/atom+xml",
        "text/rdf+xml",
        "text/rss",
        "application/x-rss+xml",
        "application/x-atom+xml",
    }
)
OTHER_TYPES: Final = frozenset({"", "application/xml", "text/xml", "application/json"})
"""Of link elements that may be a feed, if the address looks like one's."""

_LIKE_A_FEED: Final = re.compile(
    r"(?:^|/)(?:feeds?|rss[12]?|atom|rdf)(?:/|$)"
    r"|(?:^|[/._-])(?:feeds?|rss\w{0,12}|atom\w{0,12})\.(?:xml|php|aspx?|json|rdf|cgi)$"
    r"|\.(?:rss|atom|rdf)$|/index\.(?:xml|rdf)$",
    re.IGNORECASE,
)
_LIKE_A_FEED_QUERY: Final = re.compile(
    r"(?:^|&)(?:(?:feed|format|output|type|alt)=(?:rss2?|atom|feed)|feed)(?:&|$)", re.IGNORECASE
)
_SAYS_FEED: Final = re.compile(r"\b(?:rss|atom|feeds?)\b|フィード|订阅|訂閱|피드", re.IGNORECASE)
_XML: Final = re.compile(r"\.(?:xml|rdf|json)$", re.IGNORECASE)
_FEED_HOST: Final = re.compile(r"^(?:feeds?|rss)\d*\.|(?:^|\.)feedburner\.com$", re.IGNORECASE)
_COMMENTS_PATH: Final = re.compile(r"(?:^|[/=._-])comments?(?:[/._-]|$)", re.IGNORECASE)
_COMMENTS_TITLE: Final = re.compile(
    r"\bcomments\b|commentaires|kommentare|comentarios|comentários|commenti|комментари"
    r"|コメント|评论|評論|댓글",
    re.IGNORECASE,
)
_PART: Final = re.compile(r"/(?:tags?|categor(?:y|ies)|authors?|topics?|search)/", re.IGNORECASE)
_NOT_A_FEED: Final = re.compile(r"oembed|/wp-json/|\.(?:css|js|png|jpe?g|gif|svg|ico|woff2?)$")


def feed_links(body: bytes, *, content_type: str | None, url: str) -> tuple[FeedLink, ...]:
    """What the page at `url` names, the likeliest main feed first; heavy, for a worker process.

    At most MAX_FOUND, each address once, the page's own left out. Never raises but MemoryError.
    """
    charset = (content_type or "").partition(";")[2]
    markup = decode_page(body, f"text/html;{charset}")
    if isinstance(markup, PageRefused):
        return ()
    tree = parse_page(markup)
    if tree is None:
        return ()
    found: dict[str, FeedLink] = {}
    for link in _links(tree, _base(tree, url)):
        if link.url != url and _is_surer(link, found.get(link.url)):
            found[link.url] = link
    for plain in [each for each in found if each.startswith("http:")]:
        if f"https:{plain.removeprefix('http:')}" in found:
            del found[plain]
    ranked = sorted(found.values(), key=lambda link: _rank(link, url))
    return tuple(ranked[:MAX_FOUND])


def _is_surer(link: FeedLink, present: FeedLink | None) -> bool:
    return present is None or (present.found_by is FoundBy.ANCHOR and link.found_by is FoundBy.LINK)


def _base(tree: html.HtmlElement, url: str) -> str:
    """What addresses are resolved against: the first <base href> (WHATWG HTML §4.2.3)."""
    for element in tree.iter("base"):
        if href := element.get("href"):
            return absolute_url(href.strip(), url) or url
    return url


def _links(tree: html.HtmlElement, base: str) -> Iterator[FeedLink]:
    elements = islice(tree.iter("link", "a", "area"), MAX_LOOKED_AT)
    for element in elements:
        href = (element.get("href") or "").strip()
        if not href or href.startswith("#") or len(href) > MAX_URL_CHARS:
            continue
        address = absolute_url(href, base)
        if address is None or _NOT_A_FEED.search(address):
            continue
        address = without_credentials(address).partition("#")[0]
        read = _of_link if element.tag == "link" else _of_anchor
        link = read(element, address, base)
        if link is not None:
            yield link


def _of_link(element: html.HtmlElement, address: str, _base: str) -> FeedLink | None:
    rel = (element.get("rel") or "").lower().split()
    kind = (element.get("type") or "").partition(";")[0].strip().lower()
    if "stylesheet" in rel or not {"alternate", "feed"} & set(rel):
        return None
    if kind in FEED_TYPES or ("feed" in rel and "alternate" not in rel):
        return _link(address, FoundBy.LINK, element.get("title"))
    if kind in OTHER_TYPES and _looks_like_a_feed(address):
        return _link(address, FoundBy.LINK, element.get("title"))
    return None


def _of_anchor(element: html.HtmlElement, address: str, base: str) -> FeedLink | None:
    """Of the page's own site only: pages link to other people's feeds as well."""
    path = urlsplit(address).path
    kind = (element.get("type") or "").partition(";")[0].strip().lower()
    said = element.get("title") or _text(element)
    looks = (
        kind in FEED_TYPES
        or _looks_like_a_feed(address)
        or (_XML.search(path) is not None and _SAYS_FEED.search(said) is not None)
    )
    if not looks or not _is_of(address, base):
        return None
    return _link(address, FoundBy.ANCHOR, said)


def _link(address: str, found_by: FoundBy, title: str | None) -> FeedLink:
    said = " ".join((title or "")[: 4 * MAX_TITLE_CHARS].split())[:MAX_TITLE_CHARS] or None
    parts = urlsplit(address)
    comments = (
        _COMMENTS_PATH.search(parts.path) is not None
        or "comment" in parts.query
        or _COMMENTS_TITLE.search(said or "") is not None
    )
    return FeedLink(url=address, found_by=found_by, title=said, comments=comments)


def _text(element: html.HtmlElement) -> str:
    """The beginning of what a link says; its pictures count by what stands for them."""
    words = list(islice(element.itertext(), 20))
    words += [image.get("alt") or "" for image in islice(element.iter("img"), 3)]
    return " ".join(word[:MAX_TITLE_CHARS] for word in words)[:MAX_TITLE_CHARS]


def _looks_like_a_feed(address: str) -> bool:
    parts = urlsplit(address)
    return bool(
        _LIKE_A_FEED.search(parts.path)
        or _LIKE_A_FEED_QUERY.search(parts.query)
        or _FEED_HOST.search(parts.hostname or "")
    )


def _is_of(address: str, page: str) -> bool:
    host = urlsplit(address).hostname or ""
    return _FEED_HOST.search(host) is not None or (
        registrable_domain(address) == registrable_domain(page)
    )


def _rank(link: FeedLink, page: str) -> tuple[bool, bool, bool, bool]:
    """Readers' comments last; first what belongs to the part of the site that was asked for."""
    place = urlsplit(page).path.rstrip("/")
    path = urlsplit(link.url).path
    of_the_page = bool(place) and path.startswith(f"{place}/")
    return (
        link.comments,
        bool(place) and not of_the_page,
        not of_the_page and _PART.search(path) is not None,
        link.found_by is FoundBy.ANCHOR,
    )
