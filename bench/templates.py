"""Reports that templates were filled for: alike in all but figures, places and people."""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from bench.reprints import Text

_SLOT: Final = re.compile(r"\{([\w:]+)\}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    language: str
    title: str
    text: str


ONSETS: Final = "B D F G H K L M N P R S T V Br Dr Gr Kl St Tr".split()
MIDDLES: Final = "a e i o u al en il or un".split()
ENDS: Final = "berg dal ford holm lin mar ner sson ton wick".split()
DAYS: Final = "Monday Tuesday Wednesday Thursday Friday Saturday".split()
PREFECTURES: Final = "福島県 茨城県 岩手県 千葉県 宮崎県 熊本県 石川県 長野県 青森県 静岡県".split()
TOWN: Final = "松田山川原浜島崎沢野".strip()

# Slots of one name are filled alike; the letter after a colon tells slots of a kind apart.
TEMPLATES: Final[dict[str, Template]] = {
    "loans": Template(
        language="en",
        title="BUSINESS LOANS {UPDOWN} {n3:a} MLN IN WEEK",
        text="Commercial and industrial loans on the books of the large reporting banks {updown} "
        "{n3:a} million dollars in the week to {day}, the central bank said. Loans outstanding "
        "stood at {n3:b}.{n1:c} billion dollars after a revised {n3:d}.{n1:e} billion a week "
        "earlier. Adjusted for the season, the figures cover banks with assets above one billion "
        "dollars. Loan sales by the banks to their own holding companies and to outside "
        "affiliates are left out of the count, as are loans to institutions that are themselves "
        "part of the report.",
    ),
    "quake": Template(
        language="en",
        title="Quake of magnitude {n1:a}.{n1:b} off {place}",
        text="An earthquake with a preliminary magnitude of {n1:a}.{n1:b} shook the coast near "
        "{place} "
        "on {day} at {n2:c}:{n2:d}, the weather agency said. The focus lay at a depth of {n2:e} "
        "kilometers. There was no danger of a tsunami. There were no immediate reports of "
        "injuries or damage. The agency asked residents to be ready for aftershocks in the coming "
        "week and to stay away from slopes that earlier rain may have loosened.",
    ),
    "earnings": Template(
        language="en",
        title="{person} Holdings posts profit of {n3:a} million",
        text="{person} Holdings of {place} said on {day} that its net profit for the quarter came "
        "to "
        "{n3:a} million euros, against {n3:b} million a year earlier. Sales {updown} "
        "{n1:c}.{n1:d} percent to {n3:e} million. The company kept its outlook for the year "
        "unchanged. The board will propose a dividend of {n1:f}.{n2:g} a share at the general "
        "meeting. Results are reported under international standards and have not been audited. "
        "The company will hold a call for analysts and investors later in the day, and a "
        "recording of it will be kept on its pages for investors.",
    ),
    "match": Template(
        language="en",
        title="{place} beat {place:b} {n1:a}-{n1:b}",
        text="{place} beat {place:b} {n1:a}-{n1:b} on {day} in the {n2:c}th round of the league, "
        "with "
        "{person} scoring in the {n2:d}th minute and {person:b} adding another in the {n2:e}th. "
        "The visitors were left without an answer in front of {n2:f},{n3:g} at the ground. "
        "{place} move up to place {n1:h} in the table with {n2:i} points, and meet {place:c} next "
        "week.",
    ),
    "court": Template(
        language="en",
        title="{person} given {n1} years over fraud in {place}",
        text="A court in {place} on {day} sentenced {person} to {n1} years in prison for fraud. "
        "Judge "
        "{person:b} said the defendant had abused the trust of people who had known the family "
        "for decades, and had shown little remorse in the course of the trial. The defence had "
        "asked for a suspended sentence and said it would study the ruling before deciding "
        "whether to appeal. The prosecution, led by {person:c}, said that it was content with the "
        "outcome. The ruling is not yet final, and the defendant stays at liberty until the time "
        "for an appeal has passed. The case had drawn attention far beyond the region.",
    ),
    "weather": Template(
        language="en",
        title="Weather for {place} on {day}",
        text="{place} can expect a high of {n2:a} degrees and a low of {n1:b} on {day}, with a "
        "chance "
        "of rain of {n2:c} percent. Winds from the west will reach {n2:d} kilometers an hour on "
        "the coast and ease towards evening. The warning for small boats stays in force until "
        "midnight. Pollen counts are moderate, and the air quality index stands at {n2:e}, which "
        "is good. The sun rises at {n1:f}:{n2:g} and sets at {n2:h}:{n2:i}.",
    ),
    "fire": Template(
        language="en",
        title="One hurt as house burns in {place}",
        text="One person was hurt when a house burned in {place} on {day}. Firefighters were "
        "called "
        "shortly after midnight and found the roof in flames. Neighbours had led the people of "
        "the house to safety before the crews arrived. What caused the fire is not known, and the "
        "police have opened an inquiry, said {person}, who led the operation. The street was "
        "closed to traffic until the morning, and those who live beside the house were taken in "
        "by relatives for the night.",
    ),
    "appointed": Template(
        language="en",
        title="{person} named head of {place} hospital",
        text="The hospital board of {place} on {day} named {person} as its new director. {person} "
        "succeeds {person:b}, who is to retire at the end of the month after many years at the "
        "head of the house. The chair of the board thanked the outgoing director for steering the "
        "hospital through difficult times, and said the new director brought the experience that "
        "the coming years would ask for. The appointment was unanimous. The new director said it "
        "was an honour to be asked, and that staff and patients would come first.",
    ),
    "shares": Template(
        language="en",
        title="{place} shares close {updown} {n1:a}.{n1:b} pct",
        text="Shares in {place} {updown} on {day}, with the main index closing {n3:c}.{n2:d} "
        "points at {n2:e},{n3:f}.{n2:g}, or {n1:a}.{n1:b} percent. Volume on the main part was "
        "{n3:h} million shares. {person} Motor led the gainers with {n1:i}.{n1:j} percent and "
        "{person:b} Steel the losers with {n1:k}.{n1:l}. The dollar stood at {n3:m}.{n2:n} "
        "against {n3:o}.{n2:p} late on the day before. Traders said that investors kept to the "
        "sidelines before figures on jobs.",
    ),
    "地震": Template(
        language="ja",
        title="{prefecture}で震度{n1:a}の地震",
        text="{n2:b}日{n2:c}時{n2:d}分ごろ、{prefecture}で震度{n1:a}を観測する地震があった。気象庁による"
        "と、震源の深さは約{n2:e}キロ、地震の規模を示すマグニチュードは{n1:f}.{n1:g}と推定される。この"
        "地震による津波の心配はない。警察や消防によると、これまでのところ被害の情報は入っていない。気象庁"
        "は今後の揺れに注意するよう呼びかけている。",
    ),
    "株価": Template(
        language="ja",
        title="東証、終値{n2:a}{n3:b}円{n2:c}銭",
        text="{n2:d}日の東京株式市場の株価指数は前日と比べて{n3:e}円{n2:f}銭{ja_updown}の{n2:a}{n3:b}円"
        "{n2:c}銭で取引を終えた。売買高は概算で{n2:g}億{n3:h}万株だった。米国の雇用統計の発表を控えて"
        "様子見の姿勢が強く、値動きは乏しかった。市場関係者は、当面は方向感のない展開が続くとの見方を示して"
        "いる。",
    ),
    "火災": Template(
        language="ja",
        title="{prefecture}{town}市で住宅全焼、けが人なし",
        text="{n2:a}日未明、{prefecture}{town}市の住宅から火が出ていると近所の人から消防に通報があった。"
        "消防車が出て消火にあたり、火はおよそ二時間後に消し止められたが、木造二階建ての住宅が全焼した。"
        "住んでいた家族は逃げて無事だった。警察と消防が火の出た原因を詳しく調べている。",
    ),
}


def filled(name: str, chance: random.Random) -> Text:
    """A report of a template with figures, places and people of its own."""
    template = TEMPLATES[name]
    values: dict[str, str] = {}
    up = chance.choice((True, False))

    def fill(found: re.Match[str]) -> str:
        slot = found[1]
        if slot not in values:
            values[slot] = _value(slot.partition(":")[0], chance, up=up)
        return values[slot]

    return Text(title=_SLOT.sub(fill, template.title), text=_SLOT.sub(fill, template.text))


def _value(kind: str, chance: random.Random, *, up: bool) -> str:
    of_kind: dict[str, Callable[[], str]] = {
        "n1": lambda: str(chance.randint(2, 9)),
        "n2": lambda: str(chance.randint(10, 59)),
        "n3": lambda: str(chance.randint(100, 999)),
        "day": lambda: chance.choice(DAYS),
        "prefecture": lambda: chance.choice(PREFECTURES),
        "town": lambda: chance.choice(TOWN) + chance.choice(TOWN),
        "updown": lambda: "rose" if up else "fell",
        "UPDOWN": lambda: "RISE" if up else "FALL",
        "ja_updown": lambda: "高" if up else "安",
    }
    name = chance.choice(ONSETS) + chance.choice(MIDDLES) + chance.choice(ENDS)
    return of_kind.get(kind, lambda: name)()
