"""Where a text names places: what the gazetteer finds, less what only looks like a place.

Each script has its own bounds: words in Latin letters, runs of katakana, particles after hangul,
and for Chinese characters the few neighbours that make another word of them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Final

from app.core.tagging.gazetteer import LATIN, Form, Gazetteer, Kind, Marks, Trust, Use
from app.core.tagging.types import Field, Span

LOOK_AHEAD: Final = 16

_SHORT: Final = frozenset({"US", "UK", "UAE", "USA"})
_WORD: Final = re.compile(r"[\w.'’-]+")
_LAST_WORD: Final = re.compile(r"[\w.'’-]+$")
_TITLE_CASE: Final = re.compile(r"(?<![\w'’])[^\W\d_]{4,}")
_STATE: Final = re.compile(r", ?([A-Z]{2}\b(?!\.)|(?:N\.|S\.|W\.|R\.)? ?[A-Z][a-z]*\.)")
_KATAKANA: Final = re.compile(r"[\u30a1-\u30fa\u30fc]")
_HANGUL: Final = re.compile(r"[\uac00-\ud7a3]")
_HAN: Final = re.compile(r"[\u3400-\u9fff]")
_PARTICLE: Final = re.compile(
    r"(?:인들?|산|군|팀|대표팀|정부|의회|행|발|식|계|령|전|측|내|시|시내|주|지역|지방|시민|국민|시장|총리|대통령|"
    r"당국|대사|대사관|여행|여성|남성|출신|국적|주재|현지|본토|전역|[북남동서]부|국제공항|공항|항|역|상공|해역|앞바다|"
    r"땅|등지?|간|판|제|영화|드라마|축구|선수|선수단|기업|경제|올림픽|월드컵|아시안게임|광장|구치소|지하철|시청|도청|"
    r"광역시|특별시|월드컵경기장|도심|일대|근교|인근|거리|국제영화제|도지사|특파원|모터쇼|[동하]계올림픽|어선|외교부?|국방부?|언론|경찰)?"
    r"(?:은|는|이|가|을|를|의|에|에서|에게|와|과|도|만|으?로|까지|부터|보다|처럼|마저|조차|이?나|이란|이?라|이?라는|엔|"
    r"에선|서|이?며|이?고|이다|입니다|였다|이었다|뿐|하고|이지만|인|일|들)*(?![\uac00-\ud7a3])"
)
_ABOUT_COUNTRY: Final = re.compile(
    r" ?(?:정부|총리|대통령|외교|국방|의회|당국|출신|국적|여행|북부|남부|동부|서부|수도|에서|정상|축구|대표팀|중앙은행|경제|전역)"
    r"|(?:の首都|の首相|の軍|の|政府|首相|国籍|北部|南部|東北部|中部|国境|王国|人|軍|国王|大統領|で|へ|に|、)"
    r"|(?:政府|总统|總統|军|首都|北部|南部|东部|人|总理)"
)
_NEVER_AFTER: Final = {
    "中国": re.compile("际|際|民族"),
    "中东": re.compile("部"), "中東": re.compile("部"), "日中": re.compile("(?![首韓関両外共間友国戦平貿台])"),
    "米中": re.compile("の家|継"), "タイ": re.compile("記録|の大物|・ブレーク|(?=$)(?!$)"),
    "서해": re.compile("안"), "남해": re.compile("안"), "동해": re.compile("안|시"),
    "경기": re.compile("는|가|를|도 "), "일본": re.compile("뇌염"),
}  # fmt: skip
_NOT_AFTER: Final = {"タイ": re.compile("[位録点数差率]")}
_OF_POLITICS: Final = frozenset("対中日韓北露ロ欧制関大追初軍利")
_NEVER_BEFORE: Final = re.compile("[0-9０-９一二三四五六七八九十曜今昨明前当毎休祝同先後終平]")
_HONORIFIC: Final = re.compile("さん|氏|容疑者|被告|選手|投手|議員|くん|ちゃん|先生")
_NAME_GOES_ON: Final = re.compile("[国國本罗羅洲度尼克斯]")
_NEW_WORD: Final = re.compile("国(?:際|交|民|会|境|防|内|連)")


class Part(Enum):
    """The longer name that a name is part of."""

    NO = "no"
    COUNTRYS = "country's"  # "China Mobile", "Canada Day": of that country, most likely
    NAME = "name"  # "Paris Hilton", "Bank of America"
    PERSON = "person"  # "Jack London"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mention:
    """A form as it stands in a story.

    `part` says of what longer name it seems to be; `placed`, that the words beside it speak of a
    place ("in Nice"); `state` is the code of the state that is named after it in short.
    """

    surface: str
    form: Form
    field: Field
    start: int
    end: int
    part: Part
    placed: bool
    state: str | None = None


def read_mentions(
    text: str, field: Field, names: Gazetteer, taken: Sequence[Span], marks: Marks
) -> list[Mention]:
    """Every mention that is not inside one of `taken`, in order."""
    if names.language in LATIN:
        text = text.replace("’", "'")
    spans = [(one.start, one.end) for one in taken if one.field == field]
    found = [
        match
        for match in _matches(text, names)
        if not any(
            start < match[2] and match[1] < end and end - start >= match[2] - match[1]
            for start, end in spans
        )
    ]
    starts = {start for _, start, _ in found}
    ends = {end for _, _, end in found}
    latin = names.language in LATIN
    loose = latin and (names.language == "de" or (field == "title" and _title_case(text)))
    mentions = []
    for index, start, end in found:
        form = names.forms[index]
        if form.use is Use.NOT:
            continue
        if latin:
            mentions.append(
                _latin(text, field, index, start, end, names, marks, starts, ends, loose)
            )
        else:
            mentions.append(_other(text, field, index, start, end, names, starts, ends))
    return mentions


def _matches(text: str, names: Gazetteer) -> Iterator[tuple[int, int, int]]:
    """Matches that stand alone; where one does not, those that begin inside of it."""
    bounded = _stands_alone if names.language in LATIN else _is_word
    find = names.automaton.find_matches_as_indexes
    last = 0
    for index, start, end in find(text):
        if start < last:
            continue
        if bounded(text, start, end, names):
            yield index, start, end
            continue
        for inner, inner_start, inner_end in _inside(text, start, end, names):
            if inner_start >= last and bounded(text, inner_start, inner_end, names):
                yield inner, inner_start, inner_end
                last = inner_end


def _inside(text: str, start: int, end: int, names: Gazetteer) -> Iterator[tuple[int, int, int]]:
    """A shorter match at the same place, then those that begin later inside of it."""
    find = names.automaton.find_matches_as_indexes
    for index, first, last in find(text[start : end - 1])[:1]:
        if first == 0:
            yield index, start, start + last
    rest = start + 1
    for index, first, last in find(text[rest : end + LOOK_AHEAD]):
        if rest + first < end:
            yield index, rest + first, rest + last


def _stands_alone(text: str, start: int, end: int, names: Gazetteer) -> bool:
    if start and ((before := text[start - 1]).isalnum() or before in "_@#"):
        return False
    after = text[end : end + 2]
    if not after or not (after[0].isalnum() or after[0] in "_@$€£."):
        return True
    if after[0] == ".":
        return not after[1:].isalnum()
    return names.language == "de" and after[0] == "s" and not after[1:].isalnum()


def _is_word(text: str, start: int, end: int, names: Gazetteer) -> bool:
    surface, before, after = text[start:end], text[start - 1 : start], text[end : end + 12]
    if (never := _NEVER_AFTER.get(surface)) is not None and never.match(after):
        return False
    if names.language == "ko":
        return _korean(surface, before, after)
    if len(surface) == 1:
        return _headline_sign(surface, before, after)
    if (never := _NOT_AFTER.get(surface)) is not None and never.match(before):
        return False
    if _KATAKANA.match(surface[0]) or _KATAKANA.match(surface[-1]):
        return _katakana(surface, before, after)
    if surface[0] == "日" and _NEVER_BEFORE.match(before):
        return False
    if (
        len(surface) <= 3
        and len(after)
        and surface[-1] in "日米中韓韩英法德印俄美"
        and _NAME_GOES_ON.match(after)
    ):
        return _NEW_WORD.match(after) is not None
    if (
        names.language == "ja"
        and surface[0] in "米英仏独露伊豪韓印加"
        and surface[1] not in "国国州米英仏独露伊豪韓中朝印台欧"
    ):
        return not (_HAN.match(before) or _KATAKANA.match(before))
    return not _HONORIFIC.match(after)


def _headline_sign(surface: str, before: str, after: str) -> bool:
    """Whether a single character is the country that a headline begins with: 英、…

    米、… may be about rice.
    """
    begins = not before or before in " \u3000\n。」』】…"
    return begins and after[:1] == "、" and (surface != "米" or after[1:2] in _OF_POLITICS)


def _katakana(surface: str, before: str, after: str) -> bool:
    if _KATAKANA.match(surface[0]) and before and _KATAKANA.match(before):
        return False
    return not (_KATAKANA.match(surface[-1]) and after and _KATAKANA.match(after))


def _korean(surface: str, before: str, after: str) -> bool:
    if _HAN.match(surface):
        beside = before + after[:1]
        return not (len(surface) == 1 and (_HAN.search(beside) or before.isalnum()))
    if before and _HANGUL.match(before):
        return False
    if " " in surface and surface.index(" ") == 1:  # "미 국무", whatever follows
        return True
    return not _HANGUL.match(after) or _PARTICLE.match(after) is not None


def _title_case(text: str) -> bool:
    """Whether most of its longer words begin with a capital, as headlines of some papers do."""
    words = _TITLE_CASE.findall(text)
    return sum(word[0].isupper() for word in words) * 2 > len(words) + 1


def _latin(
    text: str, field: Field, index: int, start: int, end: int, names: Gazetteer, marks: Marks,
    starts: set[int], ends: set[int], loose: bool,
) -> Mention:  # fmt: skip
    form, surface = names.forms[index], names.surfaces[index]
    before = (
        _LAST_WORD.search(text, max(0, start - 24), start - 1)
        if start and text[start - 1] == " "
        else None
    )
    word = before[0] if before else ""
    city = form.places[0].kind is Kind.CITY
    small = city and form.trust is Trust.AMBIGUOUS and form.places[0].state is not None
    where = marks.inside if small else marks.where
    placed = word.lower() in where or word == "the" and _word_before(text, before) in where
    part = Part.NAME if surface == "the States" and text.startswith(" of ", end) else Part.NO
    if form.use is Use.NAME and surface not in _SHORT and "." not in surface and not loose:
        part = _part_of(text, start, end, before, form, marks, starts, ends)
    state = _state_after(text, end, names) if city else None
    based = text.startswith(("-based", "-born"), end)
    return Mention(
        surface=surface, form=form, field=field, start=start, end=end,
        part=part, placed=placed or based, state=state,
    )  # fmt: skip


def _part_of(
    text: str, start: int, end: int, before: re.Match[str] | None, form: Form, marks: Marks,
    starts: set[int], ends: set[int],
) -> Part:  # fmt: skip
    word, kind = before[0] if before else "", form.places[0].kind
    if _began(word, before, marks, ends):
        return Part.PERSON
    if word in {"of", "de", "the"} and _is_part(text, start, marks, kind):
        return Part.NAME
    if not _goes_on(text, end, marks, starts) or kind is Kind.AREA and form.trust is Trust.SURE:
        return Part.NO
    countrys = kind is Kind.COUNTRY and form.trust is Trust.SURE
    return Part.COUNTRYS if countrys else Part.NAME


def _word_before(text: str, word: re.Match[str] | None) -> str:
    if word is None:
        return ""
    found = _LAST_WORD.search(text, max(0, word.start() - 16), max(0, word.start() - 1))
    return found[0].lower() if found else ""


def _goes_on(text: str, end: int, marks: Marks, starts: set[int]) -> bool:
    """Whether a capital follows that makes it a longer name: "Paris Hilton", "China Mobile"."""
    if text[end : end + 1] != " " or not text[end + 1 : end + 2].isupper() or end + 1 in starts:
        return False
    word = _WORD.match(text, end + 1)
    return (
        word is not None
        and word[0].rstrip(".'’s") not in marks.offices
        and word[0].rstrip(".") not in marks.offices
    )


def _began(word: str, found: re.Match[str] | None, marks: Marks, ends: set[int]) -> bool:
    """Whether a capital stands before it that makes it a longer name: "Jack London"."""
    if found is None or not word[:1].isupper() or found.end() in ends or word in marks.before:
        return False
    return not (
        (word.endswith((".", "'s", "’s")) and len(word) > 4) or word in {"U.S.", "U.K.", "US", "UK"}
    )


def _is_part(text: str, start: int, marks: Marks, kind: Kind) -> bool:
    words = [word.lstrip("(\"'“‘") for word in text[max(0, start - 40) : start].split()[-3:]]
    university = kind is Kind.AREA and "University" in words
    return university or not marks.parts_of.isdisjoint(words)


def _state_after(text: str, end: int, names: Gazetteer) -> str | None:
    if text[end : end + 1] != ",":
        return None
    found = _STATE.match(text, end)
    return names.states.get(found[1].replace(" ", "")) if found else None


def _other(
    text: str, field: Field, index: int, start: int, end: int, names: Gazetteer,
    starts: set[int], ends: set[int],
) -> Mention:  # fmt: skip
    form = names.forms[index]
    dotted = (
        (text[end : end + 1] == "・" and end + 1 not in starts and _KATAKANA.match(text, end + 1))
        or (text[start - 1 : start] == "・" and start - 1 not in ends and start > 1 and _KATAKANA.match(text, start - 2))
    )  # fmt: skip
    return Mention(
        surface=names.surfaces[index], form=form, field=field, start=start, end=end,
        part=Part.NAME if dotted and form.use is Use.NAME else Part.NO,
        placed=form.trust is not Trust.SURE and _ABOUT_COUNTRY.match(text, end) is not None,
    )  # fmt: skip
