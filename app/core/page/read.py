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
FULLER = 1.5
"""How many times as long another reading of the page must be, and MIN_WORDS more, to be taken in
place of the most careful one: the publisher's articleBody, or a less careful extraction. Measured
on 181 pages: F1 .968 with that, .965 without.
"""

MAX_TITLE_CHARS = 300
CHARS_OF_WORD = 3
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


def _is_fuller(words: int, fragment: str) -> bool:
    return words > FULLER * _words(fragment) + MIN_WORDS


def _extracted(tree: HtmlElement, url: str, *, careful: bool) -> str:
    """What trafilatura takes for the main text; the tree is left as it is."""
    found = extract(
        tree,
        url=url,
        favor_precision=careful,
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
    """The HTML fragment of the page's main text and how it was had; "" where there is none."""
    careful, body = _extracted(tree, url, careful=True), declared.body
    if _is_fuller(count_words(_plain(body), None), careful):
        return _as_html(body), "articleBody"
    bold = _extracted(tree, url, careful=False)
    return bold if _is_fuller(_words(bold), careful) else careful, "extracted"


def _as_html(body: str) -> str:
    if _TAG.search(body):
        return body
    parts = (part for part in _LINE_BREAKS.split(body) if part.strip())
    return "".join(f"<p>{entities.escape(part, quote=False)}</p>" for part in parts)


def _refused(
    tree: HtmlElement, declared: Declared, url: str, fragment: str, words: int
) -> PageRefused | None:
    spaced = min(words, len(_plain(fragment)) // CHARS_OF_WORD)  # each Han or kana is a word
    title = tree.find(".//title")
    seen = Seen(
        url=url,
        title=clean_text((title.text or "")[:MAX_TITLE_CHARS]) if title is not None else "",
        text=visible_lines(tree),
        script=scripts(tree),
        words=spaced,
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
