"""A document's text, made fit for an XML parser without changing what it says."""

from __future__ import annotations

import re

_ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")  # XML 1.0 §2.2
_DECLARATION = re.compile(r"<\?xml\s[^>]*>", re.IGNORECASE)
_REFERENCES = re.compile(r"(?:&#(?:[xX][0-9a-fA-F]+|[0-9]+);)++")
_LAST = 0x10FFFF  # code point of Unicode
_MAX_DIGITS = 7  # of it, in decimal
_JUNK_CHARS = 4096

_ROOT = re.compile(r"<[\w:]")
_ENTITY = re.compile(r"<!ENTITY\s", re.IGNORECASE)
_PLAIN_ENTITY = re.compile(
    r"""<!ENTITY\s+(\w{1,40})\s+(?:"(&\#\w{1,8};|[^&%"<>]{0,100})"|'(&\#\w{1,8};|[^&%"'<>]{0,100})')\s*>"""
)


def prepare(text: str) -> tuple[str, tuple[str, ...]]:
    """The document from its first character on, and notes on what was left out.

    Left out: what stands before it, characters that XML does not know, as they are or by number,
    and entities that name other entities, files or addresses. feedparser sees to those only where
    each has its own line. Two references that are one character in UTF-16 become it.
    """
    notes: list[str] = []
    cleaned, illegal = _ILLEGAL.subn("", text)
    referring = cleaned
    cleaned = _REFERENCES.sub(_legal_references, referring) if "&#" in cleaned else cleaned
    if illegal:
        notes.append(f"{illegal} characters removed that XML does not allow")
    if cleaned != referring:
        notes.append("references mended or removed to characters that XML does not allow")
    declaration = _DECLARATION.search(cleaned, 0, _JUNK_CHARS)
    start = declaration.start() if declaration else len(cleaned) - len(cleaned.lstrip())
    if start:
        before = "text" if cleaned[:start].strip() else "white space"
        notes.append(f"{before} before the document skipped ({start} characters)")
    defused = _defuse(cleaned[start:])
    return defused, tuple(notes)


def _legal_references(found: re.Match[str]) -> str:
    """A run of character references without those that would make a parser refuse the document."""
    kept: list[str] = []
    high: int | None = None
    for reference in found[0].split(";")[:-1]:
        code = _code(reference)
        if high is not None and 0xDC00 <= code <= 0xDFFF:  # noqa: PLR2004 - Unicode §3.8
            kept.append(chr(0x10000 + ((high - 0xD800) << 10) + code - 0xDC00))
        elif code <= _LAST and not _ILLEGAL.match(chr(code)):
            kept.append(f"{reference};")
        high = code if 0xD800 <= code <= 0xDBFF else None  # noqa: PLR2004 - Unicode §3.8
    return "".join(kept)


def _code(reference: str) -> int:
    """The number in "&#x41" or "&#65"; one beyond Unicode for any that is."""
    digits, base = (reference[3:], 16) if reference[2] in "xX" else (reference[2:], 10)
    digits = digits.lstrip("0") or "0"
    return int(digits, base) if len(digits) <= _MAX_DIGITS else _LAST + 1


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
