"""A page's bytes → the article on it, or why there is none to take."""

from __future__ import annotations

import html as entities
import re
from urllib.parse import urlsplit

from lxml.html import HtmlElement
from trafilatura.core import extract

from app.core.normal.blocks import read_blocks
from app.core.page.facts import Declared, facts_of, read_declared
from app.core.page.tree import decode_page, parse_page, scripts, visible_lines
from app.core.page.types import Page, PageRead, PageRefused, Refusal
from app.core.page.walls import Seen, wall_of
from app.core.text import clean_text, count_words

MIN_WORDS = 40
FULLER_BODY = 1.5
"""How much longer the publisher's articleBody must be than what was extracted, to be taken."""

MAX_LINK_SHARE = 0.6
_LINK = re.compile(r"<a\b[^>]*>(.*?)</a>", re.DOTALL)
_TAG = re.compile(r"<[^>]*>")
_OPENING = re.compile(r"\s*<(h[1-6]|p)\b[^>]*>(.*?)</\1>\s*", re.DOTALL)
_FRAME = re.compile(r"</?(?:html|body)>")
_LINE_BREAKS = re.compile(r"\s*\n\s*")


def read_page(body: bytes, *, content_type: str | None, url: str) -> PageRead:
    """The article that a page holds, never the teaser before a wall; heavy, for a worker process.

    `url` is where the page was found, after redirects.
    """
    markup = decode_page(body, content_type)
    if isinstance(markup, PageRefused):
        return markup
    tree = parse_page(markup)
    if tree is None:
        return PageRefused(kind=Refusal.NOT_HTML, detail="there is not one element in it")
    declared = read_declared(tree)
    fragment, source = choose_body(tree, declared, url)
    words = _words(fragment)
    return _refused(tree, declared, url, fragment, words) or Page(
        url=url, html=fragment, facts=facts_of(tree, declared, url), source=source
    )


def extract_article(tree: HtmlElement, url: str) -> str:
    """The HTML fragment of the tree's main text; "" where there is none. The tree is kept."""
    found = extract(
        tree,
        url=url,
        favor_precision=True,
        include_comments=False,
        include_links=True,
        include_formatting=True,
        output_format="html",
    )
    return _without_title(_FRAME.sub("", found or "").strip(), tree)


def _without_title(fragment: str, tree: HtmlElement) -> str:
    """A page's headline is no part of its text, though it stands in the same element."""
    opening = _OPENING.match(fragment)
    if opening is None:
        return fragment
    headlines = ("".join(element.itertext()) for element in tree.iter("h1"))
    said = _bare(_plain(entities.unescape(opening[2])))
    repeated = said and said in {_bare(headline) for headline in headlines}
    return fragment[opening.end() :] if repeated else fragment


def _bare(text: str) -> str:
    """Letters and digits only: markup and spaces come and go."""
    return "".join(filter(str.isalnum, text)).casefold()


def choose_body(tree: HtmlElement, declared: Declared, url: str) -> tuple[str, str]:
    """What was extracted, or the publisher's own articleBody where that is much fuller."""
    extracted = extract_article(tree, url)
    body = declared.body
    if count_words(_plain(body), None) > FULLER_BODY * _words(extracted) + MIN_WORDS:
        return _as_html(body), "articleBody"
    return extracted, "extracted"


def _as_html(body: str) -> str:
    if _TAG.search(body):
        return body
    parts = (part for part in _LINE_BREAKS.split(body) if part.strip())
    return "".join(f"<p>{entities.escape(part, quote=False)}</p>" for part in parts)


def _refused(
    tree: HtmlElement, declared: Declared, url: str, fragment: str, words: int
) -> PageRefused | None:
    title = tree.find(".//title")
    seen = Seen(
        url=url,
        title=clean_text(title.text or "") if title is not None else "",
        text=visible_lines(tree),
        script=scripts(tree),
        words=words,
    )
    if wall := wall_of(seen):
        return wall
    if paid := declared.paid:
        return PageRefused(kind=Refusal.PAYWALL, detail=paid)
    if no_article := _not_an_article(declared, url, fragment):
        return PageRefused(kind=Refusal.NOT_AN_ARTICLE, detail=no_article)
    if words < MIN_WORDS:
        return PageRefused(kind=Refusal.TOO_SHORT, detail=f"{words} words of text")
    return None


def _not_an_article(declared: Declared, url: str, fragment: str) -> str | None:
    if urlsplit(url).path in ("", "/") and not urlsplit(url).query:
        return "the address is a front page's"
    if declared.list_page:
        return "the page says that it is a list"
    linked = sum(len(_plain(link)) for link in _LINK.findall(fragment))
    if fragment and linked > MAX_LINK_SHARE * len(_plain(fragment)):
        return "most of its text is links"
    return None


def _plain(fragment: str) -> str:
    return _TAG.sub(" ", fragment).strip()


def _words(fragment: str) -> int:
    """Words of the story's own blocks: what stands before a wall often is a caption, a credit."""
    return count_words(read_blocks(fragment, is_html=True).text, None)
