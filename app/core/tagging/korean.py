"""People and organizations in Korean text: 윤석열 대통령, 배우 홍길동은, 국방부, 한국은행."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import Final

from app.core.tagging.name_mentions import Mention
from app.core.tagging.name_words import any_of, listed_set

_WORD = re.compile(r"[가-힣]+")
_FULL: Final = 3
_SHORT: Final = 2
_MAX_NAME: Final = 4
_ACADEMIC: Final = ("교수", "총장", "학생", "명예교수", "부교수", "조교수", "연구")
_PERSONAL: Final = ("씨", "의원", "선수", "대통령", "감독", "총리", "장관", "주석")
_ARTISTS: Final = (
    "배우",
    "가수",
    "작가",
    "할머니",
    "할아버지",
    "어린이",
    "디자이너",
    "셰프",
    "학생",
    "씨",
)
_FOREIGN_SYLLABLE = re.compile(
    "[트프스크르드브슨턴틴셸젤켈릭핀펜텐퍼커터베벨첸쉬콜콥클플블즈츠켄펠롤랑렌렉웨윌존잭톰팀빌밥닉맥]"
)
_AFTER_AGE = re.compile(r"\s?\([0-9]{1,3}(?:세|살)?\)")
_OFFICE: Final = "전 현 신임 차기 당 총 원내 수석 공동 "


@cache
def _titled() -> re.Pattern[str]:
    """A title as a word of its own, with particles; before it up to two words of its office."""
    title, particles = any_of("ko_titles"), any_of("ko_particles")
    return re.compile(rf"(?:{title})(?:님)?(?:{particles})*(?![가-힣])")


def korean_people(text: str) -> list[Mention]:
    """Names before a title or an age, or after what somebody is by trade."""
    words = [(found[0], found.start(), found.end()) for found in _WORD.finditer(text)]
    found: list[Mention] = []
    for at, (word, start, end) in enumerate(words):
        name = _before_title(text, words, at)
        if name is not None:
            found.append(name)
        elif _AFTER_AGE.match(text, end) and _is_native(word):
            found.append(_native(start, word, {"age": 0.8}))
        elif at and words[at - 1][0] in listed_set("ko_roles") and text[start - 1] == " ":
            bare = _bare(word)
            if bare is not None:
                found.append(_native(start, bare, {"role": 0.6}))
    return found


def _before_title(text: str, words: list[tuple[str, int, int]], at: int) -> Mention | None:
    """The name that this word is, ends in or begins with, where a title follows."""
    word, start, _ = words[at]
    attached = _attached(word)
    if attached is not None:
        return _native(start, attached, {"title": 0.7})
    title = _title_after(text, words, at)
    if title is None or (word.endswith("대") and title.startswith(_ACADEMIC)):
        return None
    if len(word) == _SHORT and not title.startswith(_PERSONAL):
        return (
            _foreign(text, words, at, {"title": 0.85}) if word in listed_set("ko_foreign") else None
        )
    if _is_native(word) and word not in listed_set("ko_foreign"):
        return _native(start, word, {"title": 0.85})
    if word in listed_set("ko_foreign"):
        return _foreign(text, words, at, {"title": 0.85})
    beside = at + 1 < len(words) and words[at + 1][0].startswith(title)
    if beside and not title.startswith(_ARTISTS) and _may_be_foreign(word):
        return _foreign(text, words, at, {"title": 0.6})
    return None


def _attached(word: str) -> str | None:
    """홍길동씨는 → 홍길동."""
    stem = _PARTICLE.sub("", word)
    for title in ("씨", "군", "양"):
        if stem.endswith(title) and len(stem) == _FULL + 1 and _is_native(stem[:_FULL]):
            return stem[:_FULL] if title == "씨" else None
    return None


_PARTICLE = re.compile(r"(?:은|는|이|가|을|를|의|에게|와|과|도|만|로|측)$")


def _title_after(text: str, words: list[tuple[str, int, int]], at: int) -> str | None:
    """The next word if it is a title, or the one after the name of an office (외교부 장관)."""
    for ahead in (1, 2, 3):
        if at + ahead >= len(words) or text[words[at + ahead][1] - 1] not in " \u00a0":
            return None
        if text[words[at + ahead - 1][2] : words[at + ahead][1]] != " ":
            return None
        word = words[at + ahead][0]
        if _titled().fullmatch(word):
            return word
        if not _is_office(word):
            return None
    return None


def _is_office(word: str) -> bool:
    """What stands between a name and a title: 미국, 외교부, 새누리당, 전."""
    return word in _OFFICES or word in listed_set("ko_not") or _OFFICE_END.search(word) is not None


_OFFICES = frozenset(_OFFICE.split())
_OFFICE_END = re.compile(
    r"(?:부|청|처|원|당|회|대|도|시|군|구|국|청와대|그룹|은행|전자|대학교|병원|센터|지검|지법|공사)$"
)


def _is_native(word: str) -> bool:
    """Whether a word may be a Korean name, of a known family."""
    if not (1 < len(word) <= _MAX_NAME) or word in listed_set("ko_not"):
        return False
    families = listed_set("ko_surnames")
    if len(word) == _MAX_NAME:
        return word[:2] in families
    common = word[:2] in listed_set("ko_not") and word[:2] not in families
    if common or word.endswith(_NOT_AT_END):
        return len(word) == _FULL and word[:2] in listed_set("ko_given_like")
    return word[0] in families and (len(word) == _FULL or word[0] not in "이전대주지")


_NOT_AT_END = (
    "의",
    "는",
    "을",
    "를",
    "에",
    "들",
    "과",
    "와",
    "당",
    "부",
    "청",
    "처",
    "팀",
    "측",
    "된",
    "한",
    "할",
)


def _bare(word: str) -> str | None:
    """A Korean name of three syllables, with or without a particle after it."""
    if len(word) == _FULL and _is_native(word):
        return word
    name, rest = word[:_FULL], word[_FULL:]
    return name if rest in listed_set("ko_particles") and _is_native(name) else None


def _native(start: int, name: str, evidence: dict[str, float]) -> Mention:
    family = name[:2] if len(name) == _MAX_NAME else name[0]
    return Mention(start, start + len(name), name, evidence, family)


def _may_be_foreign(word: str) -> bool:
    if len(word) == 1 or not _FOREIGN_SYLLABLE.search(word):
        return False
    return word not in listed_set("ko_not") and not word.endswith(_NOT_AT_END + _FOREIGN_NOT)


_FOREIGN_NOT = (
    "스트",
    "센터",
    "팀",
    "클럽",
    "그룹",
    "리그",
    "국",
    "회",
    "전",
    "스포츠",
    "프로",
    "코치",
    "서비스",
    "뉴스",
)


def _foreign(
    text: str, words: list[tuple[str, int, int]], at: int, evidence: dict[str, float]
) -> Mention:
    """A family name, with the word before it where that may be the given one."""
    word, start, end = words[at]
    if at and text[words[at - 1][2] : start] == " ":
        given = words[at - 1][0]
        if given in listed_set("ko_given_foreign"):
            return Mention(words[at - 1][1], end, f"{given} {word}", evidence, word)
    return Mention(start, end, word, evidence, word, alone=True)


def korean_organizations(text: str) -> list[Mention]:
    """Names that end in what an organization is, such as 그룹, 은행 or 위원회; ministries."""
    return list(_headed(text))


@cache
def _organization() -> re.Pattern[str]:
    heads, particles = any_of("ko_org_heads"), any_of("ko_particles")
    return re.compile(rf"([가-힣A-Z]{{1,12}}?(?:{heads}))(?:{particles})?(?![가-힣])")


@cache
def _alone() -> re.Pattern[str]:
    particles = any_of("ko_particles")
    return re.compile(rf"(?<![가-힣A-Z])({any_of('ko_org_alone')})(?:{particles})?(?![가-힣A-Z])")


def _headed(text: str) -> Iterator[Mention]:
    for found in _alone().finditer(text):
        yield Mention(found.start(1), found.end(1), found[1], {"known": 0.8})
    unnamed = listed_set("ko_org_not")
    for word in _RUN.finditer(text):
        match = _organization().fullmatch(word[0])
        if match and match[1] not in unnamed and match[1] not in listed_set("ko_not"):
            weak = match[1].endswith(("당", "대학", "신문", "방송", "법원", "의회"))
            yield Mention(
                word.start(),
                word.start() + len(match[1]),
                match[1],
                {"head": 0.55 if weak else 0.65},
            )


_RUN = re.compile(r"[가-힣A-Z]{2,24}(?![가-힣A-Z])")
