"""Which of a gazetteer's matches are words of their own, by the rules of each script.

Latin letters stand between others' ends, katakana in runs, hangul before particles; and of Chinese
characters there are the few neighbours that make another word of them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Final, TypeAlias

from app.core.tagging.gazetteer import Gazetteer

Match: TypeAlias = tuple[int, int, int]
"""Index of the form, start and end in code points."""

LOOK_AHEAD: Final = 16
KATAKANA: Final = re.compile(r"[\u30a1-\u30fa\u30fc]")
_HANGUL: Final = re.compile(r"[\uac00-\ud7a3]")
_HAN: Final = re.compile(r"[\u3400-\u9fff]")
_HAN_OR_KATAKANA: Final = re.compile(r"[\u3400-\u9fff\u30a1-\u30fa\u30fc]")
_PARTICLES: Final = re.compile(
    r"(?:인들?|산|군|팀|대표팀|정부|의회|행|발|식|계|령|전|측|내|시|시내|주|지역|지방|시민|국민|시장|총리|대통령|"
    r"당국|대사|대사관|여행|여성|남성|출신|국적|주재|현지|본토|전역|[북남동서]부|국제공항|공항|항|역|상공|해역|앞바다|"
    r"땅|등지?|간|판|제|영화|드라마|축구|선수|선수단|기업|경제|올림픽|[동하]계올림픽|월드컵|아시안게임|광장|구치소|"
    r"지하철|시청|도청|광역시|특별시|월드컵경기장|도심|일대|근교|인근|거리|국제영화제|도지사|특파원|모터쇼|어선|"
    r"외교부?|국방부?|언론|경찰)?"
    r"(?:은|는|이|가|을|를|의|에|에서|에게|와|과|도|만|으?로|까지|부터|보다|처럼|마저|조차|이?나|이란|이?라|이?라는|엔|"
    r"에선|서|이?며|이?고|이다|입니다|였다|이었다|뿐|하고|이지만|인|일|들)*(?![\uac00-\ud7a3])"
)
"""What may follow a Korean name without a space: a noun that goes with it, and particles."""

_NEVER_BEFORE: Final = {
    "中国": re.compile("际|際|民族|[・、とや]?(?:近畿|四国|北陸)"),  # and the region of Japan
    "中东": re.compile("部"),
    "中東": re.compile("部"),
    "日中": re.compile("(?![首韓関両外共間友国戦平貿台])"),  # else "in the daytime"
    "タイ": re.compile("記録"),
    "서해": re.compile("안"),
    "일본": re.compile("뇌염"),
}
_NEVER_AFTER: Final = {
    "タイ": re.compile("[位録点数差率]"),  # a tie
    "주일": re.compile("[0-9]"),  # weeks
}
_DAY_OR_DATE: Final = re.compile("[0-9０-９一二三四五六七八九十曜今昨明前当毎休祝同先後終平]")
_HONORIFIC: Final = re.compile("さん|氏|容疑者|被告|選手|投手|議員|くん|ちゃん|先生")
_ANOTHER_NAME: Final = re.compile("国(?![際交民会境防内連])|[國本罗羅洲度尼克斯]")
"""After 日米 and the like: 米国, 日本 … begin there; but not in 日米国際."""

_SIGNS: Final = frozenset("日米中韓韩英法德印俄美")
_MAKERS: Final = frozenset("米英仏独露伊豪韓印加")
_COUNTRY_SIGNS: Final = frozenset("国州米英仏独露伊豪韓中朝印台欧")
_OF_POLITICS: Final = frozenset("対中日韓北露ロ欧制関大追初軍利")


def find_matches(text: str, names: Gazetteer) -> Iterator[Match]:
    """Matches that stand alone, in order; for one that does not, those that it hides."""
    stands = _STANDS_ALONE.get(names.language, _latin)
    last = 0
    for index, start, end in names.automaton.find_matches_as_indexes(text):
        if start < last:
            continue
        if stands(text, start, end):
            yield index, start, end
            continue
        for inner in _hidden(text, start, end, names):
            if inner[1] >= last and stands(text, inner[1], inner[2]):
                yield inner
                last = inner[2]


def _hidden(text: str, start: int, end: int, names: Gazetteer) -> Iterator[Match]:
    """A shorter match at the same place, then those that begin later inside of it."""
    find = names.automaton.find_matches_as_indexes
    for index, first, last in find(text[start : end - 1])[:1]:
        if first == 0:
            yield index, start, start + last
    rest = start + 1
    for index, first, last in find(text[rest : end + LOOK_AHEAD]):
        if rest + first < end:
            yield index, rest + first, rest + last


def _latin(text: str, start: int, end: int) -> bool:
    if start and ((before := text[start - 1]).isalnum() or before in "_@#"):
        return False
    after = text[end : end + 2]
    if not after or not (after[0].isalnum() or after[0] in "_@$€£."):
        return True
    return after[0] == "." and not after[1:].isalnum()


def _german(text: str, start: int, end: int) -> bool:
    return _latin(text, start, end + 1 if text[end : end + 1] == "s" else end)


def _japanese(text: str, start: int, end: int) -> bool:
    surface, before, after = text[start:end], text[start - 1 : start], text[end : end + 3]
    if len(surface) == 1:
        return _begins_headline(surface, before, after)
    if _spoilt(surface, before, after):
        return False
    if KATAKANA.match(surface[0]) or KATAKANA.match(surface[-1]):
        return not (
            (KATAKANA.match(surface[0]) and KATAKANA.match(before))
            or (KATAKANA.match(surface[-1]) and KATAKANA.match(after))
        )
    if surface[0] == "日" and _DAY_OR_DATE.match(before):
        return False
    if _is_pair(surface) and _ANOTHER_NAME.match(after):
        return False
    if surface[0] in _MAKERS and surface[1] not in _COUNTRY_SIGNS:
        return _HAN_OR_KATAKANA.match(before) is None
    return _HONORIFIC.match(after) is None


def _begins_headline(surface: str, before: str, after: str) -> bool:
    """Whether a single character is the country that a headline begins with: 英、…

    米、… may be about rice.
    """
    begins = not before or before in " \u3000\n。」』】…"
    return begins and after[:1] == "、" and (surface != "米" or after[1:2] in _OF_POLITICS)


def _chinese(text: str, start: int, end: int) -> bool:
    surface, before, after = text[start:end], text[start - 1 : start], text[end : end + 3]
    if _spoilt(surface, before, after):
        return False
    return not (_is_pair(surface) and _ANOTHER_NAME.match(after))


def _spoilt(surface: str, before: str, after: str) -> bool:
    never = _NEVER_BEFORE.get(surface)
    if never is not None and never.match(after):
        return True
    never = _NEVER_AFTER.get(surface)
    return never is not None and never.match(before) is not None


def _is_pair(surface: str) -> bool:
    """Two or three countries in a character each."""
    return len(surface) <= 3 and surface[-1] in _SIGNS  # noqa: PLR2004 - as said


def _korean(text: str, start: int, end: int) -> bool:
    surface, before, after = text[start:end], text[start - 1 : start], text[end : end + 12]
    if _HAN.match(surface):
        alone = len(surface) == 1
        return not (alone and (_HAN.search(before + after[:1]) or before.isalnum()))
    if _HANGUL.match(before) or _spoilt(surface, before, after):
        return False
    if surface[1:2] == " ":  # "미 국무", whatever follows
        return True
    return _HANGUL.match(after) is None or _PARTICLES.match(after) is not None


_STANDS_ALONE: Final[dict[str, Callable[[str, int, int], bool]]] = {
    "de": _german,
    "ja": _japanese,
    "zh": _chinese,
    "ko": _korean,
}
