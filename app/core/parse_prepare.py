"""A document's text, made fit for an XML parser without changing what it says."""

from __future__ import annotations

import re

_ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")  # XML 1.0 §2.2
_DECLARATION = re.compile(r"<\?xml\s[^>]*>", re.IGNORECASE)
_JUNK_CHARS = 4096

_ROOT = re.compile(r"<[\w:]")
_ENTITY = re.compile(r"<!ENTITY\s", re.IGNORECASE)
_PLAIN_ENTITY = re.compile(
    r"""<!ENTITY\s+(\w{1,40})\s+(?:"(&\#\w{1,8};|[^&%"<>]{0,100})"|'(&\#\w{1,8};|[^&%"'<>]{0,100})')\s*>"""
)


def prepare(text: str) -> tuple[str, tuple[str, ...]]:
    """The document from its first character on, and notes on what was left out.

    Left out: what stands before it, characters that XML does not know, and entities that name
    other entities, files or addresses. feedparser sees to those only where each has its own line.
    """
    notes: list[str] = []
    cleaned, illegal = _ILLEGAL.subn("", text)
    if illegal:
        notes.append(f"{illegal} characters removed that XML does not allow")
    declaration = _DECLARATION.search(cleaned, 0, _JUNK_CHARS)
    start = declaration.start() if declaration else len(cleaned) - len(cleaned.lstrip())
    if start:
        before = "text" if cleaned[:start].strip() else "white space"
        notes.append(f"{before} before the document skipped ({start} characters)")
    defused = _defuse(cleaned[start:])
    return defused, tuple(notes)


def _defuse(text: str) -> str:
    """The document with a DOCTYPE that defines plain text and single characters only."""
    root = _ROOT.search(text)
    head = text[: root.start()] if root else text
    if not _ENTITY.search(head):
        return text
    plain = "".join(
        f'<!ENTITY {e[1]} "{e[2] or e[3] or ""}">\n' for e in _PLAIN_ENTITY.finditer(head)
    )
    declaration = _DECLARATION.match(head)
    doctype = f"<!DOCTYPE feed [\n{plain}]>\n" if plain else ""
    return (declaration[0] + "\n" if declaration else "") + doctype + text[len(head) :]
