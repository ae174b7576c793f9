"""XML that is no feed of entries, as a tree of elements by their local names.

The parser is told of no namespace, because publishers forget to declare theirs; it loads nothing
from outside, and of entities knows what `prepare` left in the document, and HTML's by name.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from html.entities import html5
from typing import Final
from xml.etree.ElementTree import Element, TreeBuilder
from xml.parsers import expat

from app.core.parse.fields import text_of

MAX_DEPTH: Final = 256
"""Elements within each other: inline text is no deeper, and whoever walks a tree may recurse."""

STEP: Final = 1 << 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Tree:
    """A document up to its end, or up to where it stops being XML.

    `unclosed` are the elements that were open there, so their contents may be wanting.
    """

    root: Element
    length: int  # of the text, in characters
    fault: str | None = None
    cut: bool = False  # the fault is that the document ends in the middle
    unclosed: tuple[Element, ...] = ()

    def whole(self, name: str) -> list[Element]:
        """The elements of a name that are there to their end, in document order."""
        ended = (element for element in self.root.iter(name) if element not in self.unclosed)
        return list(ended)


@dataclass(frozen=True, slots=True, kw_only=True)
class NoTree:
    """A text without a first element, and what an XML parser said of it."""

    fault: str
    cut: bool  # it ends before there was one


def read_tree(text: str) -> Tree | NoTree:
    """The tree of a document that `prepare` has seen; never raises."""
    builder = _Builder()
    parser = builder.parser
    fault, cut = None, False
    try:
        for start in range(0, len(text), STEP):
            parser.Parse(text[start : start + STEP], False)  # noqa: FBT003 - takes no keyword
        parser.Parse("", True)  # noqa: FBT003 - takes no keyword
    except expat.ExpatError as error:
        fault = f"{expat.ErrorString(error.code)} in line {error.lineno}"
        cut = error.code in _ENDS
    except _TooDeep:
        fault = f"elements more than {MAX_DEPTH} deep in line {parser.CurrentLineNumber}"
    unclosed = tuple(builder.open)
    root = builder.finish()
    if root is None:
        return NoTree(fault=fault or "no root element", cut=cut)
    return Tree(root=root, length=len(text), fault=fault, cut=cut, unclosed=unclosed)


_ENDS = {
    expat.errors.codes[message]
    for message in (
        expat.errors.XML_ERROR_NO_ELEMENTS,
        expat.errors.XML_ERROR_UNCLOSED_TOKEN,
        expat.errors.XML_ERROR_UNCLOSED_CDATA_SECTION,
        expat.errors.XML_ERROR_PARTIAL_CHAR,
    )
}


class _TooDeep(Exception):
    """Ends the parsing from within; it does not leave this module."""


class _Builder:
    """Takes what expat finds, and remembers which elements are open."""

    def __init__(self) -> None:
        self.open: list[Element] = []
        self._tree = TreeBuilder()
        self._begun = False
        self.parser = expat.ParserCreate("utf-8")
        self.parser.buffer_text = True
        self.parser.UseForeignDTD(True)  # noqa: FBT003 - undeclared entities are no errors then
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._data
        self.parser.SkippedEntityHandler = self._entity

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        if len(self.open) >= MAX_DEPTH:
            raise _TooDeep
        self._begun = True
        self.open.append(self._tree.start(_local(tag), attributes))

    def _end(self, tag: str) -> None:
        self.open.pop()
        self._tree.end(_local(tag))

    def _data(self, words: str) -> None:
        self._tree.data(words)

    def _entity(self, name: str, _is_parameter: bool) -> None:  # noqa: FBT001 - expat's signature
        self._tree.data(html5.get(f"{name};", f"&{name};"))

    def finish(self) -> Element | None:
        if not self._begun:
            return None
        while self.open:
            self._tree.end(self.open.pop().tag)
        return self._tree.close()


def _local(tag: str) -> str:
    return tag.rpartition(":")[2]


def child(parent: Element | None, *path: str) -> Element | None:
    """The first element at a path of names, each in any case."""
    found = parent
    for name in path:
        if found is None:
            return None
        found = next(children(found, name), None)
    return found


def children(parent: Element, name: str) -> Iterator[Element]:
    wanted = name.lower()
    return (element for element in parent if element.tag.lower() == wanted)


def words(parent: Element | None, *path: str) -> str | None:
    """All text within the element at a path, white space folded; None where there is none."""
    found = child(parent, *path)
    if found is None:
        return None
    said = text_of("".join(found.itertext()))
    return " ".join(said.split()) if said else None


def language_of(element: Element) -> str | None:
    return text_of(element.get("xml:lang"))
