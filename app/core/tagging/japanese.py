"""People and organizations in Japanese text: 岸田文雄外相, ティラーソン米国務長官, 外務省."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import Final

from app.core.tagging.name_mentions import Mention
from app.core.tagging.name_words import any_of, known_organizations, listed, listed_set

_LOOK_BACK: Final = 26
_MAX_MODIFIERS: Final = 3
_CUT_SHORT: Final = 20
_MAX_GIVEN: Final = 3
_KATAKANA = re.compile(r"[ァ-ヺー]+(?:[・＝=][ァ-ヺー]+)*$")
_HAN = re.compile(r"[\u3400-\u9fff々ヶ]{1,10}$")
_AGED = re.compile(
    r"([\u3400-\u9fff々]{3,6})(?:さん|氏|容疑者|被告)?[（(][0-9０-９]{1,3}(?:歳)?[)）]"
)
_NO_TITLE_BEFORE = frozenset("団会権号室官戦村級選職任率国制法課部格")
_NOT_IN_GIVEN = re.compile("[省庁党社県府院局課室会相官員者前元新表準両]")
_ENDS_WORD = frozenset(
    "党省庁社国県市区町村長相官員会院部局者人手役隊軍団校学所銀派前元兼氏系側米英仏独露韓"
)
_LOCAL = frozenset({"知事", "副知事", "市長", "副市長", "町長", "村長", "区長"})
_COURTESIES: Final = frozenset({"氏", "さん", "容疑者", "被告", ""})
"""Nobody calls 東証 or 関税 so, though 東 and 関 are family names."""

_SHORTEST: Final = 2
_SHORT_PLACE: Final = 3  # letters; names may end as short ones do
_REGIONS: Final = ("都", "道", "府", "県", "市", "区", "町", "村")
_FAMILY_LENGTHS: Final = (3, 2, 1)
_UNKNOWN_NAME: Final = 4
_SURE_TITLES = frozenset(
    {"氏", "さん", "容疑者", "被告", "選手", "首相", "大統領", "外相", "議員", "監督"}
)
_PERSONAL = frozenset(
    {"氏", "さん", "大統領", "副大統領", "首相", "副首相", "外相", "国防相", "長官", "国務長官",
     "国防長官", "財務長官", "容疑者", "被告", "議員", "上院議員", "下院議員", "国王", "女王",
     "教皇", "法王", "主席", "国家主席", "書記長", "大使", "報道官", "大統領補佐官", "補佐官",
     "将軍", "教授", "博士", "枢機卿", "事務総長"}
)  # fmt: skip
_NAME_RUN: Final = r"[\u3400-\u9fff々ァ-ヺーA-Za-z0-9＆&・]"
_UNNAMED: Final = (
    "会社", "支社", "商社", "神社", "与党", "野党", "政党", "省庁", "各社", "同社", "両社", "本社",
    "労働組合", "同組合", "機関", "旅行社", "公社", "生放送", "連立与党", "各省", "各党",
    "帰省", "高校",
)  # fmt: skip
_NO_BEGINNING = frozenset("同両各年月日後全当本今前他第一二三四五六七八九十")
_NO_PART = re.compile(
    r".*(?:[与野政]党|以下|結果|解散|決議|解雇|命令|勧告|会見"
    r"|[0-9０-９](?:[票円人年月日時分歳位戦回敗勝]|[万億]円?))(?=..)"
)
"""What stands before a name without a break, and is none of it: 野党国民党."""

_SHORT_HEADS: Final = {"省": 0.75, "庁": 0.75, "党": 0.65, "社": 0.55}


def japanese_people(text: str) -> list[Mention]:
    """Names before a title, a courtesy or an age."""
    found = [one for one in (_titled(text, title) for title in _titles().finditer(text)) if one]
    for aged in _AGED.finditer(text):
        name = _han_name(aged[1], "")
        if name is not None and not name[2]:
            start = aged.start(1) + name[0]
            whole = aged[1][name[0] :]
            found.append(Mention(start, start + len(whole), whole, {"age": 0.75}, name[1]))
    return found


@cache
def _titles() -> re.Pattern[str]:
    return re.compile(any_of("ja_titles"))


def _titled(text: str, title: re.Match[str]) -> Mention | None:
    if text[title.end() : title.end() + 1] in _NO_TITLE_BEFORE:
        return None
    floor = max(0, title.start() - _LOOK_BACK)
    before = text[floor : title.start()]
    for _ in range(_MAX_MODIFIERS + 1):
        named = _name_at_end(before, title[0])
        if named is not None:
            start, family, alone = named
            name = before[start:]
            team = alone and name[0] >= "ァ" and name[0] <= "ヺ" and title[0] not in _PERSONAL
            evidence = {"title": 0.35 if team else 0.6 if alone else 0.85}
            return Mention(floor + start, floor + len(before), name, evidence, family, alone)
        modifiers = (*listed("ja_between"), *listed("ja_kana_places"))
        between = next((one for one in modifiers if before.endswith(one)), None)
        if between is None:
            return None
        before = before[: -len(between)].removesuffix("・")
    return None


def _name_at_end(before: str, title: str) -> tuple[int, str, bool] | None:
    """Where a name begins that ends there, the family name, and whether that is all of it."""
    katakana = _KATAKANA.search(before)
    if katakana is not None:
        return _katakana_name(katakana) if title not in _COURTESIES else _mixed(before, katakana)
    han = _HAN.search(before)
    if han is None:
        return None
    name = _han_name(han[0], title)
    return None if name is None else (han.start() + name[0], name[1], name[2])


def _mixed(before: str, given: re.Match[str]) -> tuple[int, str, bool] | None:
    """A given name in katakana, with the family name in Han characters that stands before it."""
    name = _katakana_name(given)
    for length in _FAMILY_LENGTHS[:-1]:
        family = before[max(0, given.start() - length) : given.start()]
        if name is not None and name[2] and family in listed_set("ja_surnames"):
            return given.start() - length, family, False
    return name


def _katakana_name(found: re.Match[str]) -> tuple[int, str, bool] | None:
    """Whose name a run of katakana is: nobody's, where it is a country's or longer than names."""
    parts = re.split("[・＝=]", found[0])
    if len(found[0]) >= _CUT_SHORT:
        return None
    places = listed_set("ja_kana_places")
    strange = listed_set("ja_kana_not") | places
    if any(part in strange for part in parts) or len(parts[-1]) == 1:
        return None
    if any(parts[-1].endswith(place) for place in places if len(place) > _SHORT_PLACE):
        return None  # オバマアメリカ大統領: the name ends before the country
    return found.start(), parts[-1], len(parts) == 1


def _han_name(run: str, title: str) -> tuple[int, str, bool] | None:
    """The name that a run of Han characters ends in; family names are known."""
    families = listed_set("ja_surnames")
    common = run[:2] in listed_set("ja_not") and run[:2] not in families
    if common or run in listed_set("ja_not") or (title in _LOCAL and run.endswith(_REGIONS)):
        return None
    if run in families:
        place = title in _LOCAL and run in listed_set("ja_places")
        return None if place else (0, run, True)
    for start in range(len(run) - 1):
        if start and run[start - 1] not in _ENDS_WORD:
            continue
        if run[start:] in families:
            return start, run[start:], True
        if len(run) - start == _SHORTEST and title not in _COURTESIES:
            continue
        for length in _FAMILY_LENGTHS:
            family, given = run[start : start + length], run[start + length :]
            if family in families and _is_given(given):
                return start, family, False
    if len(run) == _UNKNOWN_NAME and title in _SURE_TITLES and _is_given(run[1:]):
        return 0, run[:2], False
    return None


def _is_given(given: str) -> bool:
    return 0 < len(given) <= _MAX_GIVEN and not _NOT_IN_GIVEN.search(given)


def japanese_organizations(text: str) -> list[Mention]:
    """Names that end in what an organization is, such as 省, 銀行 or 大学, and 株式会社."""
    return list(_headed(text))


@cache
def _heads() -> re.Pattern[str]:
    return re.compile(rf"({any_of('ja_org_heads')})(?![\u3400-\u9fff々ァ-ヺー])")


_KATAKANA_DOT = re.compile("[ァ-ヺー]・[ァ-ヺー]")
_TAIL = re.compile(rf"(?:{_NAME_RUN}){{1,18}}$")
_COMPANY = re.compile(rf"株式会社({_NAME_RUN}{{2,20}})")


def _headed(text: str) -> Iterator[Mention]:
    for company in _COMPANY.finditer(text):
        yield Mention(company.start(), company.end(), _called(company[1]), {"suffix": 0.9})
    unnamed = listed_set("ja_org_not")
    for head in _heads().finditer(text):
        floor = max(0, head.start() - _LOOK_BACK)
        tail = _TAIL.search(text[floor : head.start()])
        if tail is None:
            continue
        name = tail[0].lstrip("・ー0123456789") + head[0]
        if (before := _NO_PART.match(name[: -len(head[0])])) is not None:
            name = name[before.end() :]
        if "・" in name and not _KATAKANA_DOT.search(name):
            name = name.rpartition("・")[2]
        if (
            name in unnamed
            or name[0] in _NO_BEGINNING
            or name[-2:-1].isdecimal()
            or name.endswith(_UNNAMED)
            or len(name) == len(head[0])
        ):
            continue
        weight = _SHORT_HEADS.get(head[0], 0.7)
        own = name[: -len(head[0])]
        if head[0] == "社" and not re.search(r"[ァ-ヺ]", own) and len(own) < len("講談") + 1:
            continue
        start = head.end() - len(name)
        yield Mention(start, head.end(), _called(name), {"head": weight})


def _called(name: str) -> str:
    """新聞 for 新聞社, 共同通信 for 共同通信社, Apple for Apple社 and 株式会社Apple."""
    name = name.removeprefix("株式会社").removesuffix("株式会社")
    bare = name.removesuffix("社")
    return known_organizations().get(bare, bare if name.endswith("新聞社") else name)
