"""The content of a NewsML-G2 item: its text in whatever markup it is, its pictures and files."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from xml.etree.ElementTree import Element

from app.core.parse.fields import absolute, count, text_of
from app.core.parse.markup import html_of
from app.core.parse.nitf import Article, read_article
from app.core.parse.tree import child, children
from app.core.types import Enclosure, Markup


@dataclass(frozen=True, slots=True, kw_only=True)
class Body:
    content: Markup | None = None
    headline: str | None = None
    byline: str | None = None
    dateline: str | None = None
    abstract: str | None = None  # HTML
    image_url: str | None = None
    enclosures: tuple[Enclosure, ...] = ()


def read_body(content: Element | None, url: str) -> Body:
    """What a contentSet holds; the longest of several texts."""
    if content is None:
        return Body()
    article = _article(content)
    texts = [*_texts(content)]
    if article and article.content:
        texts.append(Markup(value=article.content))
    remote = [*children(content, "remoteContent")]
    return Body(
        content=max(texts, key=lambda markup: len(markup.value), default=None),
        headline=article.headline if article else None,
        byline=article.byline if article else None,
        dateline=article.dateline if article else None,
        abstract=article.abstract or None if article else None,
        image_url=_picture(remote, url),
        enclosures=tuple(_files(remote, url)),
    )


def _article(content: Element) -> Article | None:
    for inline in children(content, "inlineXML"):
        if (nitf := child(inline, "nitf")) is not None:
            return read_article(nitf)
    return None


def _texts(content: Element) -> Iterator[Markup]:
    for inline in children(content, "inlineXML"):
        page = child(inline, "html")
        body = child(page, "body") if page is not None else None
        is_html = page is not None or "html" in (inline.get("contenttype") or "")
        if is_html and (html := html_of(body if body is not None else inline)):
            yield Markup(value=html)
    for inline in children(content, "inlineData"):
        kind = (inline.get("contenttype") or "text/plain").partition(";")[0].strip().lower()
        text = text_of("".join(inline.itertext()))
        if text and kind in ("text/plain", "text/html") and inline.get("encoding") is None:
            yield Markup(value=text, html=kind == "text/html")


def _kind(remote: Element) -> str:
    return (remote.get("contenttype") or "").partition("/")[0].lower()


def _picture(remote: Iterable[Element], url: str) -> str | None:
    """The widest rendition that a browser shows: not a TIFF."""
    pictures = [
        (count(one.get("width")) or 0, address)
        for one in remote
        if _kind(one) == "image"
        and "tif" not in (one.get("contenttype") or "")
        and (address := absolute(one.get("href"), url))
    ]
    return max(pictures, key=lambda picture: picture[0])[1] if pictures else None


def _files(remote: Iterable[Element], url: str) -> Iterator[Enclosure]:
    for one in remote:
        if _kind(one) != "image" and (address := absolute(one.get("href"), url)):
            kind = text_of(one.get("contenttype"))
            yield Enclosure(url=address, type=kind, length=count(one.get("size")))
