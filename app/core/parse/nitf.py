"""NITF 3.x (iptc.org/standards/nitf): a story in one document, or the body of another one's."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from xml.etree.ElementTree import Element

from app.core.parse.fields import absolute, sealed, text_of
from app.core.parse.markup import html_of
from app.core.parse.tree import Tree, child, children, language_of, words
from app.core.parse.wire import pub_status, topic_name, topic_of
from app.core.types import (
    Category,
    Entry,
    Failure,
    Markup,
    ParsedFeed,
    ParseFailed,
    ParseResult,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Article:
    """The body of an NITF document; `content` and `abstract` are HTML."""

    headline: str | None
    byline: str | None
    dateline: str | None
    abstract: str
    content: str


def read_article(nitf: Element) -> Article:
    head, end = child(nitf, "body", "body.head"), child(nitf, "body", "body.end")
    tagline = html_of(child(end, "tagline"))
    content = html_of(child(nitf, "body", "body.content"))
    return Article(
        headline=words(head, "hedline", "hl1") or words(head, "headline", "hl1"),
        byline=_byline(child(head, "byline")),
        dateline=words(head, "dateline"),
        abstract=html_of(child(head, "abstract")),
        content=f"{content}<p>{tagline}</p>" if tagline else content,
    )


def _byline(byline: Element | None) -> str | None:
    """The names: of <person> if they are marked, else the line without the post."""
    if byline is None:
        return None
    people = [name for person in byline.iter("person") if (name := words(person))]
    if people:
        return "; ".join(people)
    for post in list(children(byline, "byttl")):
        tail = post.tail or ""
        post.clear()
        post.tail = tail
    return (words(byline) or "").rstrip(" ,") or None


def nitf_feed(tree: Tree, *, url: str, notes: tuple[str, ...]) -> ParseResult:
    """A feed of one story."""
    if tree.fault:
        why = f"NITF that is not well-formed ({tree.fault}): the next poll may get all of it"
        kind = Failure.TRUNCATED if tree.cut else Failure.NOT_XML
        return ParseFailed(kind=kind, detail=why)
    entry = _entry(tree.root, url)
    if entry.title is None and entry.content is None:
        why = "NITF without a headline or a text: check the address"
        return ParseFailed(kind=Failure.NOT_A_FEED, detail=why)
    return ParsedFeed(format="nitf", language=entry.language, entries=(entry,), notes=notes)


def _entry(nitf: Element, url: str) -> Entry:
    article, head = read_article(nitf), child(nitf, "head")
    data = child(head, "docdata")
    title = article.headline or words(head, "title")
    return sealed(
        Entry(
            raw_hash=0,
            guid=_said(data, "doc-id", "id-string"),
            url=absolute(_said(head, "pubdata", "ex-ref"), url),
            title=Markup(value=title, html=False) if title else None,
            summary=Markup(value=article.abstract) if article.abstract else None,
            content=Markup(value=article.content) if article.content else None,
            authors=(article.byline,) if article.byline else (),
            published_raw=_said(data, "date.release", "norm") or _said(data, "date.issue", "norm"),
            categories=tuple(_categories(head)),
            language=language_of(nitf),
            base_url=url,
            pub_status=pub_status(data.get("management-status") if data is not None else None),
            dateline=article.dateline,
            publisher=_said(data, "doc.copyright", "holder"),
            editor_note=_said(data, "ed-msg", "info"),
        )
    )


def _said(parent: Element | None, name: str, attribute: str) -> str | None:
    found = child(parent, name)
    return None if found is None else text_of(found.get(attribute))


def _categories(head: Element | None) -> Iterator[Category]:
    tobject = child(head, "tobject")
    for subject in () if tobject is None else children(tobject, "tobject.subject"):
        code = text_of(subject.get("tobject.subject.refnum"))
        names = (subject.get(f"tobject.subject.{level}") for level in ("detail", "matter", "type"))
        name = next((said for raw in names if (said := text_of(raw))), None)
        if code or name:
            term = topic_of(code) if code else name or ""
            yield Category(term=term, label=name or topic_name(term))
    keys = child(head, "docdata", "key-list")
    for key in () if keys is None else children(keys, "keyword"):
        if said := text_of(key.get("key")):
            yield Category(term=said)
