"""Made-up vocabularies of several languages: word forms by Zipf's law, and how they are joined.

Words are put together from syllables, with the endings of the language, so that stemming has
something to do; only the commonest little words are real. Nothing is taken from any text.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import accumulate
from typing import Final

LEXEMES: Final = 9_000
"""Words of a vocabulary, each in several forms; names and numbers come on top without end."""

ZIPF: Final = 1.05
LITTLE_SHARE: Final = 0.4
"""How many of a text's words are little ones, in scripts with spaces."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Manner:
    """How words of a language are made; an empty `between` means that words stand without space."""

    share: float  # of all stories
    onsets: str
    nuclei: str
    codas: str
    endings: Sequence[str]
    little: Sequence[str]
    between: str = " "
    stop: str = "."


MANNERS: Final[Mapping[str, Manner]] = {
    "en": Manner(
        share=0.60,
        onsets="b br c ch cl d dr f fl g gr h j k l m n p pl pr r s sh sl st t th tr v w",
        nuclei="a e i o u ai ea ee oa ou",
        codas="- - b ck d g l ll m n nd nt p r rd rm s sk st t x",
        endings=("", "", "", "s", "ed", "ing", "er", "ers", "ly", "ation"),
        little="the of and to in a for on that with at by from as it was is said after has".split(),
    ),
    "de": Manner(
        share=0.06,
        onsets="b br d dr f fl g gr h k kl l m n p r s sch schl st str t tr v w z",
        nuclei="a e i o u ä ö ü au ei ie",
        codas="- ch ck d ff g l ll m n nd ng nn r rg rt s ss st t tz",
        endings=("", "", "e", "en", "er", "es", "ung", "ungen", "lich", "heit"),
        little="die der und in das den von zu mit auf für ist des sich im dem nicht ein".split(),
    ),
    "fr": Manner(
        share=0.06,
        onsets="b br c ch cl d f fr g gl j l m n p pl pr r s t tr v",
        nuclei="a e i o u é è ai eau ou eu oi",
        codas="- - - c l m n r s t x nt",
        endings=("", "", "s", "e", "es", "ement", "ation", "ations", "ait", "er"),
        little="le la les de des et à en un une du que pour dans sur par avec au est".split(),
    ),
    "es": Manner(
        share=0.06,
        onsets="b br c ch d f g gr j l ll m n p pr r s t tr v",
        nuclei="a e i o u á é ie ue ia",
        codas="- - - d l n r s z",
        endings=("o", "a", "os", "as", "ado", "ada", "ando", "ción", "ciones", "mente"),
        little="el la los las de y en que un una por con para del se al su más".split(),
    ),
    "ru": Manner(
        share=0.04,
        onsets="б бр в г гр д ж з к кр л м н п пр р с ст т тр ф х ч ш",
        nuclei="а е и о у ы я ю",
        codas="- - в д к л м н р с т ст",
        endings=("", "а", "ы", "ов", "ом", "ами", "ный", "ного", "ство", "ли"),
        little="и в на с по что не из к за от для о как при его у до".split(),
    ),
    "ko": Manner(
        share=0.04,
        onsets="가 나 다 라 마 바 사 아 자 차 카 타 파 하 고 노 도 로 모 보 소 오 조 구 누 두 부",
        nuclei="강 건 경 관 국 군 금 길 남 단 당 동 력 론 문 민 별 산 상 선 성 안 영 원 인 장 정",
        codas="- - - 계 도 력 률 사 자 적 전 지 체 회",
        endings=("은", "는", "이", "가", "을", "를", "에", "에서", "의", "로"),
        little="그 이 수 것 등 및 더 한 두 세".split(),
    ),
    "ja": Manner(
        share=0.10,
        onsets="安 委 運 衛 影 億 化 加 火 会 海 外 学 環 議 給 強 漁 金 銀 計 県 港 国 災 策 市",
        nuclei="員 業 区 軍 験 権 策 税 設 戦 相 待 団 地 庁 定 都 島 党 道 農 発 費 表 府 物 法",
        codas="- - - - 省 局 者 長 化 ター リー ック ング",
        endings=("は", "が", "を", "に", "の", "で", "と", "も", "した", "している"),
        little="この その また など ため こと もの から まで より".split(),
        between="",
        stop="。",
    ),
    "zh": Manner(
        share=0.04,
        onsets="安 部 产 长 成 大 当 地 东 多 发 防 分 改 高 工 公 关 国 合 华 会 机 基 计 加 建",
        nuclei="家 理 力 量 领 流 民 明 内 能 期 前 情 区 权 全 人 认 生 市 事 团 外 务 系 现 新",
        codas="- - - - 部 会 家 局 性 者",
        endings=("", "", "", "的", "了", "在", "和", "为"),
        little="这 那 也 都 就 并 将 已 对 与".split(),
        between="",
        stop="。",
    ),
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Vocabulary:
    """The word forms of a language with their weights, added up, and how to join them."""

    forms: Sequence[str]
    cumulative: Sequence[float]
    between: str
    stop: str

    def draw(self, rng: random.Random, count: int) -> list[str]:
        return rng.choices(self.forms, cum_weights=self.cumulative, k=count)


@cache
def vocabulary(language: str) -> Vocabulary:
    """The same vocabulary in every process and at every run."""
    manner = MANNERS[language]
    rng = random.Random(f"vocabulary of {language}")
    lexemes = [_lexeme(rng, manner) for _ in range(LEXEMES)]
    weighted = [
        (f"{lexeme}{ending}", 1 / (rank + 20) ** ZIPF / len(manner.endings))
        for rank, lexeme in enumerate(dict.fromkeys(lexemes))
        for ending in manner.endings
    ]
    share = LITTLE_SHARE if manner.between else LITTLE_SHARE / 4
    spare = sum(weight for _, weight in weighted) * share / (1 - share)
    little = [(word, spare / (rank + 2)) for rank, word in enumerate(manner.little)]
    scale = spare / sum(weight for _, weight in little)
    weighted += [(word, weight * scale) for word, weight in little]
    return Vocabulary(
        forms=[form for form, _ in weighted],
        cumulative=list(accumulate(weight for _, weight in weighted)),
        between=manner.between,
        stop=manner.stop,
    )


def name(rng: random.Random) -> str:
    """A made-up family name, of which there are some hundred thousand."""
    return "".join(_syllable(rng, MANNERS["en"]) for _ in range(2)).capitalize()


def _lexeme(rng: random.Random, manner: Manner) -> str:
    return "".join(_syllable(rng, manner) for _ in range(rng.choice((1, 1, 2, 2, 2, 3))))


def _syllable(rng: random.Random, manner: Manner) -> str:
    parts = (manner.onsets, manner.nuclei, manner.codas)
    return "".join(rng.choice(part.split()) for part in parts).replace("-", "")
