"""People and organizations in Chinese text: 国家主席习近平, 外交部发言人华春莹表示, 某某公司."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import Final

from app.core.tagging.name_mentions import Mention
from app.core.tagging.name_words import any_of, listed, listed_set

_HAN: Final = r"\u3400-\u9fff"
_NOT_GIVEN: Final = (
    "的了在是和与與对對将將会會说說表称稱不人年月日市省县区国國部委党们們这那其中个個"
    "两一二三四五六七八九十"
)
_BREAKS: Final = "的和与與、在由对對向了是及为为被让令据"


@cache
def _patterns() -> tuple[re.Pattern[str], ...]:
    surname, title = any_of("zh_surnames"), any_of("zh_titles")
    follow, speech = any_of("zh_follow"), any_of("zh_speech")
    given = f"[{_HAN}]"
    given = rf"(?:(?![{_NOT_GIVEN}]){given})"
    end = rf"(?=[^{_HAN}·・‧•]|$|{follow})"
    translit = "[" + listed("zh_translit")[0] + "]"
    foreign = rf"{translit}{{2,7}}"
    after = any_of("zh_after") + "|" + title
    return (
        re.compile(rf"(?:{title})(?P<name>(?P<family>{surname}){given}{{2}}{end})"),
        re.compile(rf"(?:{title})(?P<name>(?P<family>{surname}){given}{end})"),
        re.compile(rf"(?<![{_HAN}])(?P<name>(?P<family>{surname}){given}{{1,2}})(?={speech})"),
        re.compile(rf"(?<![^{_BREAKS}\W])(?P<name>(?P<family>{surname}){given}{{1,2}})(?={after})"),
        re.compile(
            rf"(?<![^{_BREAKS}\W])(?P<name>(?P<family>{surname}))(?={after})(?!局长|处长|院长)"
        ),
        re.compile(
            rf"(?P<name>{translit}{{1,7}}(?:[·・‧•]{translit}{{1,8}}){{0,3}}[·・‧•](?P<family>{translit}{{2,8}}))"
        ),
        re.compile(rf"(?:{title})(?P<name>(?P<family>{foreign}){end})"),
        re.compile(rf"(?<![^{_BREAKS}\W])(?P<name>(?P<family>{foreign}))(?={after})"),
    )


_WEIGHTS: Final = (
    {"title": 0.85}, {"title": 0.8}, {"speech": 0.6}, {"title": 0.7}, {"title": 0.4},
    {"foreign": 0.75}, {"title": 0.7}, {"title": 0.6},
)  # fmt: skip
_SURNAME_ONLY: Final = 4
_FULL_FOREIGN: Final = 5
_MIN_OWN: Final = 2


def chinese_people(text: str) -> list[Mention]:
    """Names after a title, or before one or a verb of speech; foreign names with a middle dot."""
    found: dict[int, Mention] = {}
    titles = listed("zh_titles")
    for number, pattern in enumerate(_patterns()):
        for match in pattern.finditer(text):
            start, end = match.span("name")
            name = match["name"]
            if start in found or name in listed_set("zh_places") or name.endswith(titles):
                continue
            alone = number == _SURNAME_ONLY or (number > _FULL_FOREIGN)
            weight = _WEIGHTS[number]
            found[start] = Mention(start, end, name, weight, match["family"], alone)
    return list(found.values())


@cache
def _heads() -> re.Pattern[str]:
    return re.compile(rf"(?:{any_of('zh_org_heads')})(?!股东|法|员)")


_TAIL = re.compile(rf"[{_HAN}A-Za-z]{{2,12}}$")
_CUT = re.compile(r".*(?:[的在和与與对對向由从從是为為至往到据了让]|表示|宣布|指出|称)")


def chinese_organizations(text: str) -> list[Mention]:
    """Names that end in what an organization is, such as 公司, 大学 or 委员会."""
    return list(_headed(text))


def _headed(text: str) -> Iterator[Mention]:
    unnamed = listed_set("zh_org_not")
    for head in _heads().finditer(text):
        floor = max(0, head.start() - 14)
        tail = _TAIL.search(text[floor : head.start()])
        if tail is None:
            continue
        own = tail[0]
        cut = _CUT.match(own)
        own = own[cut.end() :] if cut else own
        name = own + head[0]
        if len(own) < _MIN_OWN or name in unnamed:
            continue
        yield Mention(head.end() - len(name), head.end(), name, {"head": 0.6})
