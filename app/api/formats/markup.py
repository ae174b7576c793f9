"""XML as it must be: elements with text that XML 1.0 can hold."""

from __future__ import annotations

import re
from typing import Final

from lxml import etree

ATOM: Final = "http://www.w3.org/2005/Atom"
XML_LANG: Final = "{http://www.w3.org/XML/1998/namespace}lang"
_UNHELD: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def held(text: str) -> str:
    """The text without characters that XML 1.0 §2.2 has no way to write."""
    return _UNHELD.sub("", text)


def add(
    parent: etree._Element, tag: str, text: str | None = None, **attributes: str | None
) -> etree._Element:
    """A new last child; attributes that are None are left out."""
    said = {name: held(value) for name, value in attributes.items() if value is not None}
    child = etree.SubElement(parent, tag, said)
    child.text = None if text is None else held(text)
    return child


def document(root: etree._Element) -> bytes:
    return etree.tostring(root, xml_declaration=True, encoding="utf-8")
