"""What a page says of itself: JSON-LD (schema.org), Open Graph and other meta elements."""

from __future__ import annotations

import html as entities
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

import orjson
from lxml.html import HtmlElement

from app.core.page.types import PageFacts
from app.core.text import clean_text
from app.core.urls import absolute_url

MAX_NODES = 2000
MAX_SCRIPT_CHARS = 2_000_000
MAX_AUTHORS = 20
MAX_FACT_CHARS = 1000

_ARTICLE = re.compile(r"(?:\w*Article|Report|BlogPosting|LiveBlogPosting|Review)$")
_NO_NAME = ("@", "(", "[")
_LIST_PAGE = frozenset({"CollectionPage", "SearchResultsPage", "ItemList"})
_RAW_CONTROL = re.compile(r"[\x00-\x1f]")
_TRAILING_COMMA = re.compile(r",\s*([}\]])")
_TITLES = ("og:title", "twitter:title", "title", "dc.title")
_DATES = (
    "article:published_time", "og:article:published_time", "datepublished", "date", "pubdate",
    "publishdate", "publish-date", "publication_date", "dc.date", "dc.date.issued",
    "dcterms.created", "dcterms.date", "parsely-pub-date", "sailthru.date",
    "cxenseparse:publishtime",
    "og:published_time", "article:published", "article.published", "last-modified",
)  # fmt: skip
_CHANGES = ("article:modified_time", "og:updated_time", "datemodified", "dcterms.modified")
_AUTHORS = ("author", "article:author", "dc.creator", "parsely-author", "sailthru.author", "byl")


@dataclass(frozen=True, slots=True, kw_only=True)
class Declared:
    """The page's structured data, as far as it is about the article."""

    article: dict[str, Any]
    metas: dict[str, tuple[str, ...]]  # by lower-case name, in document order
    list_page: bool = False

    @property
    def body(self) -> str:
        """The text that the publisher gives to machines; "" where there is none."""
        said = self.article.get("articleBody")
        return entities.unescape(said) if isinstance(said, str) else ""

    @property
    def paid(self) -> str | None:
        """What declares that the article, or a part of it, is not free to read; None for nothing.

        schema.org isAccessibleForFree, also of hasPart; `article:content_tier`, where "metered"
        says nothing of this reader.
        """
        if _is_false(self.article.get("isAccessibleForFree")):
            return "isAccessibleForFree: false"
        for part in _nodes_of(self.article.get("hasPart")):
            if _is_false(part.get("isAccessibleForFree")):
                return f"hasPart {_text(part.get('cssSelector')) or ''} is not free".replace(
                    "  ", " "
                )
        if "locked" in {tier.lower() for tier in self.metas.get("article:content_tier", ())}:
            return "article:content_tier: locked"
        return None


def read_declared(tree: HtmlElement) -> Declared:
    """Structured data and meta elements; what is not well-formed is left out."""
    nodes = list(islice(_ld_nodes(tree), MAX_NODES))
    articles = [node for node in nodes if any(map(_ARTICLE.match, _types(node)))]
    best = max(articles, key=len, default={})  # a page repeats related articles with fewer fields
    kinds = {kind for node in nodes for kind in _types(node)}
    return Declared(
        article=best, metas=_metas(tree), list_page=not best and bool(kinds & _LIST_PAGE)
    )


def facts_of(tree: HtmlElement, declared: Declared, url: str) -> PageFacts:
    """Structured data first, then meta elements, then what the page shows."""
    article, metas = declared.article, declared.metas
    return PageFacts(
        title=_first(
            _text(article.get("headline")),
            _meta(metas, _TITLES),
            _text_of(tree, ".//h1"),
            _text_of(tree, ".//title"),
        ),
        authors=_authors(tree, declared),
        published_raw=_first(
            _text(article.get("datePublished")), _meta(metas, _DATES), _time_of(tree)
        ),
        updated_raw=_first(_text(article.get("dateModified")), _meta(metas, _CHANGES)),
        language=_first(
            _text(article.get("inLanguage")),
            tree.get("lang"),
            tree.get("{http://www.w3.org/XML/1998/namespace}lang"),
            _meta(metas, ("og:locale", "content-language", "language")),
        ),
        canonical_url=_canonical(tree, metas, url),
        image_url=_image(article, metas, url),
    )


# --- structured data --------------------------------------------------------------------------


def _ld_nodes(tree: HtmlElement) -> Iterator[dict[str, Any]]:
    for element in tree.iter("script"):
        if (element.get("type") or "").partition(";")[0].strip().lower() == "application/ld+json":
            yield from _walk(_loads((element.text or "")[:MAX_SCRIPT_CHARS]))


def _loads(text: str) -> object:
    """Lenient in what real pages get wrong: line breaks in strings, commas before a bracket."""
    text = text.strip().removeprefix("<!--").removesuffix("-->").removeprefix("//<![CDATA[")
    text = text.strip().removesuffix("//]]>").rstrip(" ;\n")
    for mended in (text, _TRAILING_COMMA.sub(r"\1", _RAW_CONTROL.sub(" ", text))):
        try:
            return orjson.loads(mended)
        except orjson.JSONDecodeError:
            continue
    return None


def _walk(value: object) -> Iterator[dict[str, Any]]:
    """Each node that stands by itself: in lists, in @graph, as a page's main entity."""
    waiting = [value]
    while waiting:
        match waiting.pop(0):
            case list() as values:
                waiting[:0] = values
            case dict() as node:
                yield node
                waiting += [
                    node.get("@graph"),
                    node.get("mainEntity"),
                    node.get("mainEntityOfPage"),
                ]
            case _:
                continue


def _types(node: dict[str, Any]) -> list[str]:
    said = node.get("@type")
    return [kind.rpartition("/")[2] for kind in _strings(said)]


def _nodes_of(value: object) -> list[dict[str, Any]]:
    values = value if isinstance(value, list) else [value]
    return [node for node in values if isinstance(node, dict)]


def _strings(value: object) -> list[str]:
    values = value if isinstance(value, list) else [value]
    return [text for text in values if isinstance(text, str)]


def _is_false(value: object) -> bool:
    if isinstance(value, str):
        return value.strip().rpartition("/")[2].lower() in ("false", "no", "0")
    return value is False or (isinstance(value, int) and value == 0)


def _text(value: object) -> str | None:
    """The one line that a value is: of a text, of the first of several, of an object's @value."""
    match value:
        case str():
            return clean_text(entities.unescape(value)[:MAX_FACT_CHARS]) or None
        case [first, *_]:
            return _text(first)
        case {"@value": inner} | {"name": inner} | {"url": inner}:
            return _text(inner)
        case _:
            return None


# --- authors ----------------------------------------------------------------------------------


def _authors(tree: HtmlElement, declared: Declared) -> tuple[str, ...]:
    """Names as they stand there, none twice; addresses of profiles and credits of pictures, which
    stand in brackets, are none.
    """
    said = declared.article.get("author") or declared.article.get("creator")
    values = said if isinstance(said, list) else [said]
    found = [name for value in values if (name := _name(value))]
    for key in _AUTHORS:
        found = found or [name for value in declared.metas.get(key, ()) if (name := _name(value))]
    found = found or [
        name
        for element in tree.iterfind(".//*[@rel='author']")
        if (name := clean_text("".join(element.itertext())))
    ]
    return tuple(dict.fromkeys(found))[:MAX_AUTHORS]


def _name(value: object) -> str | None:
    name = _text(value)
    return None if name is None or "://" in name or name.startswith(_NO_NAME) else name


# --- meta elements and what is shown ----------------------------------------------------------


def _metas(tree: HtmlElement) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for element in islice(tree.iter("meta"), MAX_NODES):
        name = element.get("property") or element.get("name") or element.get("itemprop")
        value = clean_text((element.get("content") or "")[:MAX_FACT_CHARS])
        if name and value:
            key = name.strip().lower()
            found[key] = (*found.get(key, ()), value)
    return found


def _meta(metas: dict[str, tuple[str, ...]], names: tuple[str, ...]) -> str | None:
    return next((metas[name][0] for name in names if name in metas), None)


def _first(*values: str | None) -> str | None:
    return next((value for value in values if value), None)


def _text_of(tree: HtmlElement, path: str) -> str | None:
    element = tree.find(path)
    if element is None:
        return None
    return clean_text("".join(element.itertext())[:MAX_FACT_CHARS]) or None


def _time_of(tree: HtmlElement) -> str | None:
    times = (element.get("datetime") for element in tree.iter("time"))
    return next((time.strip() for time in times if time and time.strip()), None)


def _canonical(tree: HtmlElement, metas: dict[str, tuple[str, ...]], url: str) -> str | None:
    links = (element.get("href") for element in tree.iterfind(".//link[@rel='canonical']"))
    said = _first(*links, _meta(metas, ("og:url",)))
    return absolute_url(said, url) if said else None


def _image(article: dict[str, Any], metas: dict[str, tuple[str, ...]], url: str) -> str | None:
    image = article.get("image")
    first = image[0] if isinstance(image, list) and image else image
    said = _meta(metas, ("og:image", "og:image:url", "twitter:image")) or (
        _text(first.get("url")) if isinstance(first, dict) else _text(first)
    )
    return absolute_url(said, url) if said else None
