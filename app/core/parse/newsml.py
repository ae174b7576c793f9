"""NewsML-G2 (iptc.org/standards/newsml-g2): a news item, or a message with several.

What is no news item (packages, concepts, plans) lists or describes others: it is left out with a
note. Of the versions of an item in one message the last is taken.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final
from xml.etree.ElementTree import Element

from app.core.parse.fields import absolute, count, position, sealed, text_of, unique
from app.core.parse.newsml_body import Body, read_body
from app.core.parse.tree import Tree, child, children, language_of, words
from app.core.parse.wire import code_of, pub_status, topic_name
from app.core.types import (
    Category,
    Entry,
    Failure,
    Markup,
    ParsedFeed,
    ParseFailed,
    ParseResult,
    Place,
)

ROOTS: Final = (
    "newsitem", "newsmessage", "packageitem", "conceptitem", "knowledgeitem", "planningitem",
    "catalogitem",
)  # fmt: skip
_NO_STORIES: Final = ("packageItem", "conceptItem", "knowledgeItem", "planningItem", "catalogItem")


def newsml_feed(tree: Tree, *, url: str, max_entries: int, notes: tuple[str, ...]) -> ParseResult:
    """The news items of a document; a refusal if it has none."""
    found = tree.whole("newsItem")
    others = Counter({name: len(tree.whole(name)) for name in _NO_STORIES})
    if not found:
        return _refused(tree, +others)
    notes += tuple(f"{number} {name} skipped" for name, number in (+others).items())
    if tree.fault:
        notes += (f"not well-formed: {tree.fault}; read up to there",)
    items = _latest(found)
    if len(items) < len(found):
        notes += (f"{len(found) - len(items)} older versions skipped",)
    entries = [_Item(item, url).entry() for item in items[:max_entries]]
    stories = tuple(e for e in entries if e.title or e.content or e.summary or e.pub_status)
    if not stories:
        why = "NewsML-G2 whose news items have neither headline nor text"
        return ParseFailed(kind=Failure.NOT_A_FEED, detail=f"{why}: ask the provider for its text")
    if len(stories) < len(entries):
        notes += (f"{len(entries) - len(stories)} items without headline and text skipped",)
    return ParsedFeed(
        format="newsml_g2",
        language=language_of(tree.root),
        entries=stories,
        dropped=len(items) - len(entries),
        notes=notes,
    )


def _refused(tree: Tree, others: Mapping[str, int]) -> ParseFailed:
    if tree.cut:
        why = f"NewsML-G2 that ends before its first whole news item ({tree.fault})"
        return ParseFailed(kind=Failure.TRUNCATED, detail=f"{why}: the next poll may get all of it")
    if tree.fault:
        why = f"NewsML-G2 that is not well-formed ({tree.fault})"
        return ParseFailed(kind=Failure.NOT_XML, detail=f"{why}: check the address")
    what = ", ".join(f"{number} {name}" for name, number in others.items()) or "nothing"
    why = f"NewsML-G2 without news items ({what}), which tells no story"
    return ParseFailed(
        kind=Failure.NOT_A_FEED, detail=f"{why}: ask the provider for its news items"
    )


def _latest(items: Iterable[Element]) -> list[Element]:
    """One item for each guid, its highest version, at the first one's place."""
    latest: dict[str, Element] = {}
    for number, item in enumerate(items):
        guid = text_of(item.get("guid")) or f"item {number}"
        if guid not in latest or _version(item) >= _version(latest[guid]):
            latest[guid] = item
    return list(latest.values())


def _version(item: Element) -> int:
    return count(item.get("version")) or 0


@dataclass(frozen=True, slots=True, kw_only=True)
class _Named:
    """A concept that an item refers to: its QCode or address, its kind and its name."""

    code: str | None
    kind: str  # "person", "organisation", "geoArea" …; "" where nothing says so
    name: str | None
    place: Place

    @property
    def category(self) -> Category:
        return Category(term=self.code or self.name or "", label=self.name)


class _Item:
    """One newsItem, while it is read."""

    def __init__(self, item: Element, url: str) -> None:
        self.item = item
        self.meta = child(item, "itemMeta")
        self.content = child(item, "contentMeta")
        self.language = self._language()
        self.asserts = {
            code: concept
            for concept in children(item, "assert")
            if (code := _code(concept)) is not None
        }
        self.body: Body = read_body(child(item, "contentSet"), url)
        self.url = url

    def entry(self) -> Entry:
        guid = text_of(self.item.get("guid"))
        title, summary = self._title(), self._summary()
        subjects = [self._named(subject) for subject in self._all("subject")]
        authors, organisations = self._authors()
        return sealed(
            Entry(
                raw_hash=0,
                guid=guid,
                url=absolute(guid, self.url) if guid and "://" in guid else None,
                title=Markup(value=title, html=False) if title else None,
                summary=summary,
                content=self.body.content,
                authors=authors,
                published_raw=words(self.meta, "firstCreated")
                or words(self.content, "contentCreated")
                or words(self.meta, "versionCreated"),
                updated_raw=words(self.meta, "versionCreated")
                or words(self.content, "contentModified"),
                categories=tuple(self._categories(subjects)),
                enclosures=self.body.enclosures,
                image_url=self.body.image_url,
                language=self.language,
                base_url=self.url,
                embargo_raw=words(self.meta, "embargoed"),
                pub_status=pub_status(_said(self.meta, "pubStatus", "qcode", "uri")),
                dateline=words(self.content, "dateline") or self.body.dateline,
                located=next((n for e in self._all("located") if (n := self._named(e).name)), None),
                credits=tuple(self._credits(organisations)),
                publisher=self._provider(),
                editor_note=self._note(),
                places=tuple(n.place for n in subjects if n.kind in _PLACES and n.name),
                people=tuple(n.category for n in subjects if n.kind == "person" and n.name),
                organisations=tuple(
                    n.category for n in subjects if n.kind == "organisation" and n.name
                ),
            )
        )

    def _all(self, name: str) -> list[Element]:
        return [] if self.content is None else list(children(self.content, name))

    def _language(self) -> str | None:
        return _said(self.content, "language", "tag") or language_of(self.item)

    def _title(self) -> str | None:
        headlines = self._all("headline")
        main = [h for h in headlines if "main" in (h.get("role") or "main")] or headlines
        return (
            next((said for headline in main if (said := words(headline))), None)
            or self.body.headline
            or words(self.meta, "title")
            or words(self.content, "slugline")
        )

    def _summary(self) -> Markup | None:
        """The description that calls itself a summary, a lead or a caption, else the first."""
        if self.body.abstract:
            return Markup(value=self.body.abstract)
        said = [(d.get("role") or "", text) for d in self._all("description") if (text := words(d))]
        said.sort(key=lambda one: not one[0].endswith(("summary", "lead", "caption")))
        return Markup(value=said[0][1], html=False) if said else None

    def _authors(self) -> tuple[tuple[str, ...], list[str]]:
        """People who wrote it, from its by-line or as creators; and the creators that are none."""
        creators = [self._named(creator) for creator in self._all("creator")]
        organisations = [c.name for c in creators if c.kind == "organisation" and c.name]
        by = [said for line in self._all("by") if (said := words(line))]
        if by or self.body.byline:
            return unique(by or [self.body.byline or ""]), organisations
        people = [c.name for c in creators if c.kind != "organisation" and c.name]
        return unique(people), organisations

    def _credits(self, creators: list[str]) -> Iterator[str]:
        said = [words(line) for line in self._all("creditline")]
        sources = [self._named(source) for source in self._all("infoSource")]
        said += [name for source in sources for name in (source.name, _literal(source.code))]
        yield from unique([*filter(None, said), *creators])

    def _provider(self) -> str | None:
        provider = child(self.meta, "provider")
        if provider is None:
            return None
        named = self._named(provider)
        return named.name or _literal(named.code)

    def _categories(self, subjects: list[_Named]) -> Iterator[Category]:
        """Subjects that are topics, genres and keywords. Codes without a name tell readers nothing,
        but those of the Media Topics, whose names we know.
        """
        topics = [named for named in subjects if named.kind not in (*_PLACES, *_ACTORS)]
        for named in topics:
            if label := named.name or topic_name(named.code or ""):
                yield Category(term=named.code or label, label=label)
        for name in ("genre", "keyword", "slugline"):
            for element in self._all(name):
                said = self._named(element).name or words(element)
                if said:
                    yield Category(term=said, scheme=None if name == "keyword" else name)

    def _note(self) -> str | None:
        notes = [] if self.meta is None else list(children(self.meta, "edNote"))
        return "\n".join(said for note in notes if (said := words(note))) or None

    def _named(self, element: Element) -> _Named:
        """A concept by what is said of it here, else in the item's assertions."""
        code = _code(element)
        about = [element, *([self.asserts[code]] if code in self.asserts else [])]
        kind = next((code_of(k) for e in about for k in _kinds(e)), "")
        name = next((name for e in about if (name := self._name(e))), None)
        where = next(
            (p for e in about if (p := child(e, "geoAreaDetails", "position")) is not None), None
        )
        latitude, longitude = (
            position(where.get("latitude"), where.get("longitude"))
            if where is not None
            else (None, None)
        )
        return _Named(
            code=code,
            kind=kind,
            name=name,
            place=Place(name=name, code=code, latitude=latitude, longitude=longitude),
        )

    def _name(self, concept: Element) -> str | None:
        """The name in the item's language if there is one."""
        names = [
            (language_of(name), said) for name in children(concept, "name") if (said := words(name))
        ]
        names.sort(key=lambda one: one[0] is not None and one[0] != self.language)
        return names[0][1] if names else None


_PLACES: Final = ("geoArea", "poi")
_ACTORS: Final = ("person", "organisation")


def _code(element: Element) -> str | None:
    said = (text_of(element.get(name)) for name in ("qcode", "uri", "literal"))
    return next(filter(None, said), None)


def _kinds(element: Element) -> Iterator[str]:
    """What a concept is: by its `type`, or by the elements that only one kind has."""
    if said := text_of(element.get("type")):
        yield said
    for name in ("person", "organisation", "geoArea", "poi"):
        if child(element, f"{name}Details") is not None:
            yield name


def _literal(code: str | None) -> str | None:
    """The last part of a QCode (`providercode:AP`: "AP"); None for an address."""
    return code_of(code) if code and "/" not in code else None


def _said(parent: Element | None, name: str, *attributes: str) -> str | None:
    found = child(parent, name)
    if found is None:
        return None
    return next((said for a in attributes if (said := text_of(found.get(a)))), None)
