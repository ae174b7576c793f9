"""Bytes → text, by what the document and its server say and by what the bytes can be.

Order: byte order mark; UTF-8 where the bytes prove it; the server's charset, then the XML
declaration's (RFC 7303 §3), in the wider forms that browsers read them as (the Encoding Standard's
labels); the same with a few bad bytes replaced; a guess from the bytes. feedparser would re-read
a whole Japanese document as Latin for one bad byte.
"""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass

from resiliparse.parse.encoding import detect_encoding

_BOMS = (  # the longer first: UTF-32's begins as UTF-16's
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_SIGNATURES = (  # "<" or "<?" without a mark: XML 1.0, appendix F
    (b"<\0\0\0", "utf-32-le"),
    (b"\0\0\0<", "utf-32-be"),
    (b"<\0", "utf-16-le"),
    (b"\0<", "utf-16-be"),
    (b"\x4c\x6f\xa7\x94", "cp037"),
)
_JAPANESE_ESCAPES = (b"\x1b$B", b"\x1b$@")  # no XML has an ESC of its own
_WIDER = {
    "ascii": ("cp1252",),
    "iso8859-1": ("cp1252", "iso8859-1"),
    "cp1252": ("cp1252", "iso8859-1"),
    "iso8859-9": ("cp1254",),
    "iso8859-11": ("cp874",),
    "tis-620": ("cp874",),
    "gb2312": ("gb18030",),
    "gbk": ("gb18030",),
    "shift_jis": ("cp932", "shift_jis_2004"),
    "euc_jp": ("euc_jp", "euc_jis_2004"),
    "euc_kr": ("cp949",),
    "big5": ("cp950", "big5hkscs"),
}
_UNSPECIFIC = {"ascii", "iso8859-1", "cp1252"}  # what servers say of documents they do not know
_REFUSED = {"idna", "punycode", "raw-unicode-escape", "undefined", "unicode-escape", "utf-7"}
_PROOF = 4  # characters beyond ASCII that read as UTF-8: by chance about once in 10⁴
_DECLARED = re.compile(rb"""\s*<\?xml[^>]{0,200}?\sencoding\s*=\s*["']([\w.:-]{1,40})["']""")
_CHARSET = re.compile(r""";\s*charset\s*=\s*["']?\s*([\w.:-]{1,40})""", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Decoded:
    """A document as text, without its byte order mark; `notes` says where it had to be mended."""

    text: str
    charset: str
    notes: tuple[str, ...] = ()


def decode(body: bytes, content_type: str | None) -> Decoded:
    """The text of a document; never raises."""
    for mark, charset in _BOMS:
        if body.startswith(mark):
            return _as_marked(body[len(mark) :], charset)
    for mark, charset in _SIGNATURES:
        if body.startswith(mark):
            return _as_marked(body, charset)
    if any(escape in body for escape in _JAPANESE_ESCAPES):
        text = _strict(body, "iso2022_jp_2")
        if text is not None:
            return Decoded(text=text, charset="iso-2022-jp")
    server, document = _codec(_server_charset(content_type)), _codec(_xml_charset(body))
    declared = [name for name in _ranked(server, document) if name]
    return (
        _as_proven(body, declared)
        or _as_declared(body, declared)
        or _mended(body, declared)
        or _guessed(body)
    )


def _as_marked(body: bytes, charset: str) -> Decoded:
    text = body.decode(charset, "replace")
    return Decoded(text=text, charset=charset, notes=_replaced(text, charset))


def _as_proven(body: bytes, declared: list[str]) -> Decoded | None:
    """UTF-8 whatever was declared, if there is enough beyond ASCII to tell."""
    text = _strict(body, "utf-8")
    if text is None:
        return None
    if declared and declared[0] != "utf-8":
        enough = 1 if declared[0] in _UNSPECIFIC else _PROOF
        if len(body) == len(text) or sum(1 for _ in _BEYOND.finditer(text)) < enough:
            return None
        return Decoded(
            text=text, charset="utf-8", notes=(f"declared as {declared[0]}, read as utf-8",)
        )
    return Decoded(text=text, charset="utf-8")


_BEYOND = re.compile(r"[^\x00-\x7f]")


def _as_declared(body: bytes, declared: list[str]) -> Decoded | None:
    for name in declared:
        for charset in _WIDER.get(name, (name,)):
            text = _strict(body, charset)
            if text is not None:
                notes = () if name == declared[0] else (_override(declared[0], charset),)
                return Decoded(text=text, charset=charset, notes=notes)
    return None


def _mended(body: bytes, declared: list[str]) -> Decoded | None:
    """The first charset that fits all but a tenth of what is beyond ASCII."""
    for name in (*declared, "utf-8"):
        charset = _WIDER.get(name, (name,))[0]
        text = body.decode(charset, "replace")
        bad = text.count("\ufffd")
        if bad * 10 <= sum(1 for _ in _BEYOND.finditer(text)) - bad:
            return Decoded(text=text, charset=charset, notes=_replaced(text, charset))
    return None


def _guessed(body: bytes) -> Decoded:
    name = _codec(detect_encoding(body, html5_compatible=False)) or "cp1252"
    for charset in _WIDER.get(name, (name,)):
        text = _strict(body, charset)
        if text is not None:
            break
    else:
        text, charset = body.decode("cp1252", "replace"), "cp1252"
    note = f"no charset fits that was declared: read as {charset}, a guess from its bytes"
    return Decoded(text=text, charset=charset, notes=(note,))


def _ranked(server: str | None, document: str | None) -> tuple[str | None, ...]:
    """RFC 7303 puts the server first; its ISO 8859-1 is more often a default than a statement."""
    if server in _UNSPECIFIC and document not in (None, *_UNSPECIFIC):
        return document, server
    return server, document


def _strict(body: bytes, charset: str) -> str | None:
    try:
        return body.decode(charset)
    except UnicodeError:
        return None


def _codec(label: str | None) -> str | None:
    """Python's name of a text codec in which ASCII is ASCII; None for any other.

    A document that opens with "<" in ASCII is not UTF-16, whatever it says.
    """
    try:
        name = codecs.lookup(label or "").name
        fit = b"<?xml".decode(name) == "<?xml"
    except (LookupError, ValueError):
        return None
    return name if fit and name not in _REFUSED else None


def _server_charset(content_type: str | None) -> str | None:
    found = _CHARSET.search(content_type or "")
    return found[1] if found else None


def _xml_charset(body: bytes) -> str | None:
    found = _DECLARED.match(body)
    return found[1].decode("ascii", "replace") if found else None


def _override(declared: str, charset: str) -> str:
    return f"declared as {declared}, read as {charset}"


def _replaced(text: str, charset: str) -> tuple[str, ...]:
    bad = text.count("\ufffd")
    return (f"{bad} bad bytes or characters in {charset}",) if bad else ()
