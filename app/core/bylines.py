"""Lines that say who wrote a story: "By Jane Roe, Reuters", 홍길동 기자, （记者王小明）.

A sentence that begins with "By" is left alone: after the names only a role, an agency, a place or
an address may follow.
"""

from __future__ import annotations

import regex

from app.core.people import Authors, read_authors

MAX_BYLINE_CHARS = 120

_JAPANESE = r"\p{Han}\p{Hiragana}\p{Katakana}ー、・　 "
_NAME = r"\p{Lu}[\p{L}\p{M}.'’-]*"
_PERSON = rf"{_NAME}(?: (?:(?:de|da|van|von|der|den|la|le|bin|al|el|dos|di) )*{_NAME}){{1,4}}"
_AND = r"(?:, and |, with |, | and | AND | with | & | et | und | y | e | og | och | en | и )"
_BY = (
    r"(?:By|BY|Por|POR|Par|PAR|Von|VON|Di|DI|Door|Av|Af|Автор|Авторы"
    r"|(?:Written|Story|Words|Text|Report|Reported) [Bb]y|Propos recueillis par|Texte?|Texto)"
)
_BYLINE = regex.compile(rf"{_BY}\s*:?\s+(?P<names>{_PERSON}(?:{_AND}{_PERSON}){{0,5}})(?P<rest>.*)")
_ARABIC = regex.compile(r"بقلم\s*[:：]?\s+(?P<names>\p{Arabic}+(?: \p{Arabic}+){1,3})")
_REST = regex.compile(
    rf"\s*(?:[,|/–—-].*[^.?!]|(?:in|from|of|for|at|à|in) {_NAME}(?: {_NAME}){{0,3}}"
    rf"|with (?:agencies|wires|AFP|AP|Reuters)|[(<\[]?[^\s@]+@[^\s@]+[)>\]]?)?"
)
_LEAD = regex.compile(
    rf"By (?P<names>{_PERSON}?(?:{_AND}{_PERSON}?){{0,5}}?) "
    r"(?=\p{Lu}{3,}[\p{Lu} ./'’-]*[,(（ ])"
)
_KOREAN = r"(?P<names>\p{Hangul}{2,4}(?:[·, ]+\p{Hangul}{2,4}){0,4})\s*(?:선임기자|특파원|기자)"
_KOREAN_LEAD = regex.compile(rf"{_KOREAN}\s*=\s*")
_EAST_ASIAN = tuple(
    regex.compile(form)
    for form in (
        rf"[\[(<]?\s*(?:글[·=: ]*)?{_KOREAN}\s*(?:[\[(<]?[^\s@]+@[^\s@]+)?\s*[\])>]?",
        (
            r"[（(]?\s*(?:本报|本刊|本台|本网|新华社|中新社|央视)?(?:见习|特约|驻\p{Han}{1,6})?[记記]者"
            r"\s*[:：/／]?\s*(?P<names>\p{Han}{2,4}(?:[、， ]+(?![报報][道導])\p{Han}{2,4}){0,5})"
            r"(?:\s*(?:报道|報道|報導|摄|攝|文))?\s*[)）]?"
        ),
        rf"(?:取材・)?文責?\s*[/／＝=:：・]\s*(?P<names>[{_JAPANESE}]{{2,30}})",
        r"(?P<names>\p{Han}{2,4}[ 　]?[\p{Han}\p{Hiragana}\p{Katakana}]{0,4})\s?記者",
        r"記者\s*[:：・ 　]\s*(?P<names>[\p{Han}\p{Hiragana}\p{Katakana}、 　]{2,20})",
    )
)
_HANGUL_NAMES = regex.compile(r"[·, ]+")
_LISTED = (
    r"(?:[\p{Lu}(][\p{L}\p{N}.'’()/-]*|and|und|et|y|in|of|the|der|dpa|agencies|agences|wires|&)"
)
_SIGN_OFF = regex.compile(
    r"[(（\[—–-]*\s*(?:"
    r"(?:(?:With )?(?:[Aa]dditional )?[Rr]eporting|Writing|Editing|Compiled|Edited) by "
    r"\p{Lu}.{1,300}"
    r"|[Ww]ith (?:(?:files|inputs|reporting|reports) from|inputs by)"
    rf" {_LISTED}(?:,? {_LISTED}){{0,19}}"
    r"|[Ww]ith (?:agency|\p{Lu}[\p{L} ]{1,30}) inputs"
    r"|\p{Lu}.{1,250} contributed (?:reporting )?to this (?:report|story|article)"
    r"|(?:责任编辑|责编|编辑|編輯|責任編輯|校对|编译|監製|监制)\s*[:：].{1,60}"
    rf"|(?:Mit Material (?:von|der)|Avec(?= (?:AFP|AP|Reuters|agences))|Con información de)"
    rf" {_LISTED}(?:,? {_LISTED}){{0,9}}"
    r")[)）\].]*"
)


def byline(line: str) -> Authors | None:
    """The authors, and their agency, of a line that is nothing but a byline."""
    if len(line) > MAX_BYLINE_CHARS:
        return None
    found = _BYLINE.fullmatch(line)
    if found is None:
        found = _ARABIC.fullmatch(line)
        return _read(found["names"]) if found else None
    if not _REST.fullmatch(found["rest"]):
        return None
    said = _read(found["names"])
    beside = read_authors((found["rest"].strip(" ,|/–—-").removeprefix("with "),)).agency
    return Authors(names=said.names, agency=said.agency or beside) if said else None


def reporter_line(line: str) -> tuple[str, ...] | None:
    """The reporters of a line in Korean, Chinese or Japanese that says no more.

    Their word for a reporter makes such a line certain wherever it stands.
    """
    if len(line) > MAX_BYLINE_CHARS or line.isascii():
        return None
    found = next((hit for form in _EAST_ASIAN if (hit := form.fullmatch(line))), None)
    return east_asian_names(found["names"]) or None if found else None


def is_sign_off(line: str) -> bool:
    """Whether a line is the reporters' and editors' sign-off: "(Reporting by …; Editing by …)"."""
    return _SIGN_OFF.fullmatch(line) is not None


def byline_before_lead(text: str) -> tuple[int, tuple[str, ...]]:
    """Where the dateline begins after "By Jane Roe DUBAI (Reuters) -", and who wrote; else 0."""
    found = _LEAD.match(text)
    return (found.end(), read_authors((found["names"],)).names) if found else (0, ())


def reporters_after_lead(text: str, start: int) -> tuple[int, tuple[str, ...]]:
    """Where the story goes on after "홍길동 기자 =", and who wrote; else `start`."""
    found = _KOREAN_LEAD.match(text, start)
    return (found.end(), east_asian_names(found["names"])) if found else (start, ())


def east_asian_names(words: str) -> tuple[str, ...]:
    """Names in Korean are parted by spaces too."""
    parts = _HANGUL_NAMES.split(words) if regex.search(r"\p{Hangul}", words) else [words]
    return read_authors(parts).names


def _read(names: str) -> Authors | None:
    said = read_authors((names,))
    return said if said.names or said.agency else None
