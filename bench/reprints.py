"""Copies of a text as publishers edit them."""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import regex

_SENTENCE: Final = re.compile(r"(?<=[.!?])\s+|(?<=[。！？])")
_TOKEN: Final = regex.compile(
    r"\p{Han}{1,2}|\p{Hiragana}{1,2}|[\p{Katakana}ー]+|(?:(?![\p{Han}\p{Hiragana}\p{Katakana}])\S)+|\s+"
)

ADDED_BEFORE: Final = {
    "en": "Our newsroom follows this story. Support local reporting from as little as a coffee.",
    "ja": "この記事は提携する通信社から配信されています。会員登録で続きをお読みいただけます。",
    "ko": "이 기사는 제휴 통신사가 제공했습니다. 회원으로 가입하면 모두 읽을 수 있습니다.",
    "zh": "本文由合作通讯社提供。注册会员后可阅读全文。",
}
ADDED_AFTER: Final = {
    "en": "Read on: what else happened this week. Sign up for the morning letter, or write to the "
    "desk with what you know. The views of our readers are their own.",
    "ja": "関連する話題は特集のページにまとめています。ご意見は編集部までお寄せください。",
    "ko": "관련 소식은 특집 면에 모았습니다. 의견은 편집국으로 보내 주십시오.",
    "zh": "相关话题请见专题页面。欢迎来信告诉编辑部您的意见。",
}
OTHER_TITLE: Final = {
    "en": "What we know so far",
    "ja": "これまでの経緯",
    "ko": "지금까지 알려진 것",
    "zh": "目前所知",
}
SUMMARY_TOKENS: Final = 60
"""Words and the spaces between them: 30 words; or 60 characters of a script without spaces."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    title: str
    text: str


Edit = Callable[[Text, str, random.Random], Text]


def headline_changed(told: Text, language: str, _chance: random.Random) -> Text:
    return Text(title=OTHER_TITLE[language], text=told.text)


def boilerplate_added(told: Text, language: str, _chance: random.Random) -> Text:
    text = f"{ADDED_BEFORE[language]}\n\n{told.text}\n\n{ADDED_AFTER[language]}"
    return Text(title=told.title, text=text)


def cut_to(share: float) -> Edit:
    def cut(told: Text, _language: str, _chance: random.Random) -> Text:
        tokens = _TOKEN.findall(told.text)
        return Text(title=told.title, text="".join(tokens[: round(len(tokens) * share)]))

    return cut


def words_edited(share: float) -> Edit:
    """Words left out, doubled by another of the text, or replaced by one."""

    def edit(told: Text, _language: str, chance: random.Random) -> Text:
        tokens = _TOKEN.findall(told.text)
        words = [token for token in tokens if not token.isspace()]
        for n, token in enumerate(tokens):
            if token.isspace() or chance.random() >= share:
                continue
            other, gap = chance.choice(words), " " if len(token) > 1 else ""
            tokens[n] = chance.choice(("", other, f"{token}{gap}{other}"))
        return Text(title=told.title, text="".join(tokens))

    return edit


def summary_only(told: Text, _language: str, _chance: random.Random) -> Text:
    """The first sentences, as feeds that carry only a summary have them."""
    summary = ""
    for sentence in _SENTENCE.split(told.text.replace("\n", " ")):
        summary = f"{summary} {sentence}".strip()
        if len(_TOKEN.findall(summary)) >= SUMMARY_TOKENS:
            break
    tokens = _TOKEN.findall(summary)
    rest = "…" if len(tokens) > 2 * SUMMARY_TOKENS else ""
    return Text(title=told.title, text="".join(tokens[: 2 * SUMMARY_TOKENS]) + rest)


def all_at_once(told: Text, language: str, chance: random.Random) -> Text:
    for edit in (cut_to(0.5), words_edited(0.03), boilerplate_added, headline_changed):
        told = edit(told, language, chance)
    return told


EDITS: Final[dict[str, Edit]] = {
    "headline changed": headline_changed,
    "boilerplate added": boilerplate_added,
    "cut to 60 %": cut_to(0.6),
    "cut to 40 %": cut_to(0.4),
    "cut to 25 %": cut_to(0.25),
    "5 % of words edited": words_edited(0.05),
    "summary only": summary_only,
    "half, edited, retitled, added to": all_at_once,
}
