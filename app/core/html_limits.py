"""What keeps an HTML5 parser linear: a bound on depth, and text that it takes in one piece.

The parser behind nh3 walks its stack of open elements at every tag, and copies the text before
each character that it looks at by itself: 180,000 nested <div> took it 220 s, a megabyte of "&"
or "©" 8 s.
"""

from __future__ import annotations

import html as entities
import re
from collections import Counter
from typing import Final

import nh3

MAX_DEPTH: Final = 200
MAX_PIECES: Final = 2000
"""Characters that the parser looks at one by one; where there are more they are hidden from it."""

_ANY_TAG = re.compile(r"<(/?)([a-zA-Z][^\s/>]*)[^>]*>?")
_NOT_NESTING = frozenset(
    {
        "area", "base", "br", "col", "dd", "dt", "embed", "hr", "img", "input", "li", "link",
        "meta", "option", "p", "param", "source", "tbody", "td", "tfoot", "th", "thead", "tr",
        "track", "wbr",
    }
)  # fmt: skip
_RUN = re.compile(r"(?<![^>])[^<>]+")
_REFERENCE = re.compile(r"&(#[0-9]{1,7};|#[xX][0-9a-fA-F]{1,6};|[A-Za-z][A-Za-z0-9]{1,31};?)?")
_PIECE = re.compile("[&\x80-\xbf]")  # in UTF-8 the latter begin with C2, the parser's mark
_HIDDEN_BASE = 0x10F000  # private characters, which the parser passes over
_AMPERSAND = chr(_HIDDEN_BASE + ord("&"))
_HIDDEN = re.compile("[\U0010f026\U0010f080-\U0010f0bf]")
_HIDE = {n: n + _HIDDEN_BASE for n in range(0x80, 0xC0)}
_SHOWN = {"&": "&amp;", "\xa0": "&nbsp;"}  # as the parser writes them


def clean_html(cleaner: nh3.Cleaner, html: str) -> str:
    """What the cleaner makes of HTML, in time linear in its length."""
    if len(html) < MAX_PIECES or len(_PIECE.findall(html)) < MAX_PIECES:
        return cleaner.clean(html)
    return _HIDDEN.sub(_shown, cleaner.clean(_RUN.sub(_hidden, _HIDDEN.sub("\ufffd", html))))


def _hidden(found: re.Match[str]) -> str:
    """A run of text with its ampersands and such characters hidden, its references resolved."""
    return _REFERENCE.sub(_resolved, found[0]).translate(_HIDE)


def _resolved(found: re.Match[str]) -> str:
    said = entities.unescape(found[0])
    if said[0] == "&":
        return _AMPERSAND + said[1:]
    return found[0] if said[0] in "<>" else said


def _shown(found: re.Match[str]) -> str:
    said = chr(ord(found[0]) - _HIDDEN_BASE)
    return _SHOWN.get(said, said)


def shallow(html: str) -> str:
    """HTML without the start tags that lie deeper than MAX_DEPTH.

    Elements without an end tag of their own, or with an optional one, do not nest.
    """
    return html if html.count("<") < MAX_DEPTH else _Shallow().sub(html)


class _Shallow:
    """Counts the elements that are open."""

    def __init__(self) -> None:
        self.open: Counter[str] = Counter()
        self.depth = 0

    def sub(self, html: str) -> str:
        return _ANY_TAG.sub(self._tag, html)

    def _tag(self, found: re.Match[str]) -> str:
        name = found[2].lower()
        if name in _NOT_NESTING:
            return found[0]
        if found[1]:
            if self.open[name]:
                self.open[name] -= 1
                self.depth -= 1
            return found[0]
        if self.depth >= MAX_DEPTH:
            return ""
        self.open[name] += 1
        self.depth += 1
        return found[0]
