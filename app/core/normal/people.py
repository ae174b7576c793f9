"""Authors as feeds give them → names and, among them, agencies."""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Iterator
from dataclasses import dataclass

import regex

from app.core.normal.agencies import agency_named
from app.core.normal.beside import is_about_pictures, is_beside, is_outlet
from app.core.story import Agency
from app.core.text import clean_text

MAX_AUTHORS = 16
MAX_NAME_CHARS = 100
_MAX_ROUNDS = 4  # what is left of a name may be read further

_ADDRESS = re.compile(r"[^\s<>()\[\],;:|]+@[^\s<>()\[\],;:|]+|https?://[^\s<>()\[\],;|]+")
_BRACKETS = re.compile(r"[<\[(]\s*[>\])]")
_INSIDE = re.compile(r"^\s*\((.*)\)\s*$")
_BY = re.compile(
    r"^(?:(?:by|written by|story by|words by|text by|reported by|authors?|von|por|par)\s*[:：]?\s+"
    r"|(?:text|texte|texto|words)\s*[:：]\s+"
    r"|(?:文|記者|记者|取材|글)\s*[:：・/／＝= ]\s*)",
    re.IGNORECASE,
)
_HARD = regex.compile(r"\s*[;|/；、｜／•·]\s*|\s+[-–—]\s+")
_DESK = regex.compile(r"(?P<agency>.+)/\p{Ll}{2,3}")  # dpa/lno
_REPORTER_OF = regex.compile(  # 新华社记者 王小明
    r"(?P<agency>\p{Han}{2,4}社)?(?:本[报報刊台网網])?(?:特约|特約|驻\p{Han}{1,6})?[记記]者[\s:：]*(?=\p{Han}{2,4}$)"
)
_ACCOUNT = regex.compile(r"(?:/?u/|@)[\w.-]+|[^\p{Lu}\s]+/[^\p{Lu}\s]+")  # /u/ferry, srf/hosb
_SHORTENED = regex.compile(r"(?:\b(?:Jr|Sr|Inc|Ltd|Co|Corp|Bros|Ph)|\b\p{Lu}(?:\.-?\p{Lu})*)\.$")
_INITIALS = regex.compile(r"\p{Lu}\p{L}?\.(?:[ -]?\p{Lu}\p{L}?\.)*")
_SOFT = regex.compile(
    r"\s*(?:,\s*(?:and|with)\s|,|，|\s(?:and|AND|with|WITH|und|et|y|e|&|en|og|och|и)\s)\s*"
)
_EQUALS = regex.compile(r"\s*[=＝]\s*")
_KATAKANA = regex.compile(r"[\p{Katakana}ー・]+")
_TITLE = regex.compile(
    r"(?:(?:Dr|Prof|Mr|Mrs|Ms|Mme|Dipl|Mag|Ing)\.|Dr|Prof|Professor|Mme|Herr|Frau)\s+(?=\p{Lu}\S*\s)"
)
_DEGREE = regex.compile(r"(?:,?\s+(?:Ph\.?D\.?|M\.?D\.?|MBA|Esq\.?|R\.?N\.?|CFA))+$")
_PLACE = regex.compile(r"(?<=\S \S.*)\s(?:in|from|at)\s(?:the\s)?\p{Lu}[\p{L} .,'’-]*$")
_FOR = regex.compile(r"(?<=\S \S.*)\s(?:for|of)\s(?:the\s)?(?P<outlet>\p{Lu}[\p{L} .,'’-]*)$")
_BESIDE = regex.compile(r"(.+?)\s*[(\[]([^()\[\]]+)[)\]]")  # Jane Roe (Harbour News)
_AFTER_CAPITALS = regex.compile(  # JANE ROE Harbour News
    r"((?:\p{Lu}[\p{Lu}.'’-]+ )+\p{Lu}[\p{Lu}.'’-]+)(?: \p{Lu}\p{L}*\p{Ll}\p{L}*){2,}"
)
_POST_AFTER = regex.compile(
    r"(?<=\S \S.*)\s+(?:(?:Staff|Senior|Chief|Special|Contributing|Political|Foreign|Sports?"
    r"|Business|Science|Health|Education|Associate|Managing|Deputy|World|National"
    r"|STAFF|SENIOR|SPORTS?) )+"
    r"(?i:writer|reporter|correspondent|editor|columnist|contributor|producer|photographer)s?$"
)
_REPORTER = regex.compile(
    r"\s*(?:선임기자|특파원|기자|[记記]者|特派员|特派員|編集委員|論説委員|通讯员)$"
)
_ROLE = re.compile(
    r"(?:(?:\w+\s+)?(?:senior|chief|special|staff|contributing|political|foreign|news|our|guest|web"
    r"|digital|business|sports?|science|world|deputy|managing|associate|assistant|health|economics)\s+)*"
    r"(?:writer|writers|reporter|reporters|correspondent|editor|editors|contributor|staff|report"
    r"|desk|team|newsroom|agencies|agency|admin|administrator|webmaster|none|null|n/a|unknown"
    r"|anonymous|nobody|no-?reply|undefined|author|user|root|redaktion|redacción|rédaction|redazione|redação|wires"
    r"|chefredakteur(?:in)?|redakteur(?:in)?|korrespondent(?:in)?|journaliste?|journalistin|redactora?"
    r"|news service|newswires?|press release|associated press writers?|columnist|bureau chief)"
    r"(?:\s+(?:in|at|of|for)\s.*)?",
    re.IGNORECASE,
)
_POST = re.compile(
    r"(?:\w+ ){0,2}(?:correspondent|editor|reporter|writer|columnist)s?", re.IGNORECASE
)
_LETTER = regex.compile(r"\p{L}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Authors:
    names: tuple[str, ...] = ()
    agency: Agency | None = None  # the first that stands among the names


def read_authors(raw: Iterable[str], outlets: Container[str] = ()) -> Authors:
    """People's names without addresses, "By" and roles; agencies are taken out of them.

    Names joined by a comma or "and" are parted only where each part has two words, so that
    "Roe, Jane" and "Smith and Sons" stay whole. `outlets` are names in small letters that are the
    source's own: beside people they are no authors, whatever their form.
    """
    names, agency = tuple(raw), None
    for _ in range(_MAX_ROUNDS):
        said = _read_once(names, outlets)
        agency = agency or said.agency
        if said.names == names:
            break
        names = said.names
    return Authors(names=names, agency=agency)


def _read_once(raw: Iterable[str], outlets: Container[str]) -> Authors:
    names: dict[str, str] = {}
    agency = None
    for line in raw:
        for part in _parts(line, outlets):
            name, found = _with_agency(part)
            if name:
                names.setdefault(name.casefold(), name)
            agency = agency or found
    people = [n for n in names.values() if not is_beside(n) and n.casefold() not in outlets]
    return Authors(names=tuple(people or names.values())[:MAX_AUTHORS], agency=agency)


def is_role(words: str) -> bool:
    """Whether words name a post or a collective, not a person: "Political Editor", "Staff"."""
    return (_ROLE.fullmatch(words) or _POST.fullmatch(words)) is not None


def _names_agency_after(name: str) -> bool:
    return _with_agency(name)[1] is not None


def _with_agency(part: str) -> tuple[str, Agency | None]:
    """The name and the agency of "JANE ROE Associated Press"."""
    if whole := agency_named(part):
        return "", whole
    words = part.split()
    for start in range(2, len(words)):
        if agency := agency_named(" ".join(words[start:])):
            return " ".join(words[:start]), agency
    return part, None


def _parts(line: str, outlets: Container[str]) -> Iterator[str]:
    bare = _BRACKETS.sub("", _ADDRESS.sub(" ", clean_text(line[: MAX_NAME_CHARS * 10])))
    inside = _INSIDE.match(bare)
    bare = _BY.sub("", (inside[1] if inside else bare).strip())
    if (desk := _DESK.fullmatch(bare)) and agency_named(desk["agency"]):
        bare = desk["agency"]
    for hard in [bare] if _ACCOUNT.fullmatch(bare) else _HARD.split(bare):
        for soft in _soft_parts(_DEGREE.sub("", hard), outlets):
            for part in _person_and_beside(soft):
                name = clean_text(part[:MAX_NAME_CHARS])  # certain of a part, not of the line
                if _LETTER.search(name) and not is_role(name) and not is_about_pictures(name):
                    yield name


def _person_and_beside(words: str) -> Iterator[str]:
    """The name, and the agency in brackets after it; other words in brackets are no authors."""
    if (reporter := _REPORTER_OF.match(words)) and agency_named(reporter["agency"] or ""):
        yield reporter["agency"]
        words = words[reporter.end() :]
    found = _BESIDE.fullmatch(words)
    if found is None:
        yield _bare_name(words)
        return
    outside, inside = _bare_name(found[1]), found[2].strip()
    yield inside if is_role(outside) else outside
    if agency_named(inside):
        yield inside


def _bare_name(part: str) -> str:
    """Without title, place and the word for a reporter."""
    edges = " ,-–—()[]<>\"'“”"
    name = part.strip(edges) if _SHORTENED.search(part.rstrip(edges)) else part.strip(f"{edges}.")
    if agency_named(name):
        return name
    if (found := _FOR.search(name)) and is_outlet(found["outlet"]):
        name = name[: found.start()]
    name = _POST_AFTER.sub("", _PLACE.sub("", _TITLE.sub("", _REPORTER.sub("", name))))
    if (capitals := _AFTER_CAPITALS.fullmatch(name)) and not _names_agency_after(name):
        name = capitals[1]
    halves = [half for half in _EQUALS.split(name) if not _KATAKANA.fullmatch(half)]
    return halves[-1] if halves else name


def _soft_parts(words: str, outlets: Container[str]) -> list[str]:
    """Parted where each part is a name, an agency or a role."""
    parts = [part for part in _SOFT.split(words) if part]
    if len(parts) > 2 and all(_INITIALS.fullmatch(part) for part in parts[1::2]):  # noqa: PLR2004
        return [", ".join(parts[n : n + 2]) for n in range(0, len(parts), 2)]  # Roe, J., Doe, J.
    whole = all(
        " " in part
        or agency_named(part)
        or is_role(part)
        or (n > 0 and (is_outlet(part) or part.casefold() in outlets))
        or not part.isascii()
        for n, part in enumerate(parts)
    )
    return parts if whole else [words]
