"""UTF-8 that was read as Windows-1252 or Windows-1251 and written again: "CafÃ©", "Itâ€™s".

Only what is certain: characters must pair as the bytes of UTF-8 do, and the repair may bring no
character that nobody writes. Text with Chinese, Japanese or Korean letters is never touched.
"""

from __future__ import annotations

import re
from functools import cache

import regex
from ftfy import TextFixerConfig, fix_encoding

MAX_CHARS = 20_000

# What the bytes 80 to BF are in Windows-1252, Latin-1 and Windows-1251.
_LATIN_TAIL = "\u0080-\u00bf€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ"
_CYRILLIC_TAIL = (
    "\u00a0\u00a4\u00a6\u00a7\u00a9\u00ab-\u00ae\u00b0\u00b1\u00b5-\u00b7\u00bb"
    "ЂЃ‚ѓ„…†‡€‰Љ‹ЊЌЋЏђ‘’“”•–—™љ›њќћџЎўЈҐЁЄЇІіґё№єјЅѕї"
)
_QUOTES = "‘’“”‚„«»‹›"
_TELL = regex.compile(
    # A capital before Â or Ã is Portuguese or Romanian in capitals: “AMANHÔ; and a letter
    # between quotation marks is itself: the letter “Ã”, the word „ROMÎ“.
    rf"(?:(?<![A-ZÀ-ÖØ-Þ])[ÂÃ]|[Ä-ô])(?:[{_LATIN_TAIL}--{_QUOTES}]"
    rf"|(?<![{_QUOTES}\"'][\p{{Ll}}\p{{Lu}}]{{0,12}}.)[{_QUOTES}])"
    r"|(?<![A-ZÀ-ÖØ-Þ])Ã [a-z]"
    rf"|(?:[РСГ][{_CYRILLIC_TAIL}]){{3}}",
    regex.VERSION1,
)
# The same without a look around, which is many times faster to search for.
_HINT = re.compile(rf"[Â-ôРСГ][{_LATIN_TAIL}{_CYRILLIC_TAIL}]")
_CJK = regex.compile(r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Hangul}]")
_ODD = regex.compile(r"[\p{Co}\p{Cn}\ufffd]")
_CONTROL = regex.compile(r"[\x80-\x9f]")


def repaired(text: str) -> str:
    """The text as it was meant; itself where that is not certain. Never raises.

    Text without the tell-tale pairs costs one scan; text longer than MAX_CHARS is left alone.
    """
    if not may_need_repair(text) or not _TELL.search(text):
        return text
    if len(text) > MAX_CHARS or _CJK.search(text):
        return text
    fixed = fix_encoding(text, _only_encoding())
    worse = any(len(odd.findall(fixed)) > len(odd.findall(text)) for odd in (_ODD, _CONTROL))
    return text if worse else fixed


def may_need_repair(text: str) -> bool:
    """Whether a text has pairs that need a closer look; a fast no for nearly all."""
    return not text.isascii() and (_HINT.search(text) is not None or "Ã " in text)


@cache
def _only_encoding() -> TextFixerConfig:
    return TextFixerConfig(
        unescape_html=False,
        remove_terminal_escapes=False,
        replace_lossy_sequences=False,  # puts U+FFFD for what is lost
        fix_c1_controls=False,
        fix_latin_ligatures=False,
        fix_character_width=False,
        uncurl_quotes=False,
        fix_line_breaks=False,
        remove_control_chars=False,
        normalization=None,
        explain=False,
    )
