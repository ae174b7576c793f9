"""Trees of XHTML and NITF → HTML, which is cleaned like any other afterwards."""

from __future__ import annotations

import html
from collections.abc import Iterator
from typing import Final
from xml.etree.ElementTree import Element

_KEPT: Final = frozenset(
    {
        "a", "b", "blockquote", "br", "caption", "cite", "code", "dd", "div", "dl", "dt", "em",
        "figcaption", "figure", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "i", "img", "li", "ol",
        "p", "pre", "q", "s", "section", "strong", "sub", "sup", "table", "tbody", "td", "tfoot",
        "th", "thead", "tr", "u", "ul",
    }
)  # fmt: skip
_OF_NITF: Final = {
    "hl1": "h2",
    "hl2": "h3",
    "bq": "blockquote",
    "block": "div",
    "credit": "p",
    "media": "figure",
    "media-caption": "figcaption",
    "media-producer": "figcaption",
    "fn": "p",
    "note": "div",
    "tagline": "p",
    "nitf-table": "div",
    "nitf-col": "",
}
_DROPPED: Final = frozenset(
    {"script", "style", "head", "media-metadata", "media-object", "nitf-table-metadata"}
)
_EMPTY: Final = frozenset({"br", "hr", "img"})
_ADDRESSES: Final = ("href", "src", "alt")


def html_of(parent: Element | None) -> str:
    """What is within an element as HTML; names of neither vocabulary leave their text."""
    return "".join(_within(parent)).strip() if parent is not None else ""


def _within(parent: Element) -> Iterator[str]:
    yield _escaped(parent.text)
    for element in parent:
        yield from _whole(element)
        yield _escaped(element.tail)


def _whole(element: Element) -> Iterator[str]:
    name = element.tag.lower()
    if name in _DROPPED:
        return
    if name == "media-reference":
        yield from _picture(element)
        return
    name = _OF_NITF.get(name, name)
    if name not in _KEPT:
        yield from _within(element)
        return
    said = ((key, element.get(key)) for key in _ADDRESSES)
    attributes = "".join(f' {key}="{html.escape(value)}"' for key, value in said if value)
    yield f"<{name}{attributes}>"
    if name not in _EMPTY:
        yield from _within(element)
        yield f"</{name}>"


def _picture(reference: Element) -> Iterator[str]:
    """NITF's media-reference; only pictures can be shown."""
    kind, source = reference.get("mime-type", "image/"), reference.get("source")
    if source and kind.startswith("image/"):
        yield f'<img src="{html.escape(source)}">'


def _escaped(text: str | None) -> str:
    return html.escape(text, quote=False) if text else ""
