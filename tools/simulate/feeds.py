"""Made-up feeds: when their entries appear, what date they bear, what their servers ask for.

Nothing here knows how the schedule thinks: newsrooms write by day and less at weekends, in their
own time zone and in bursts; machines write round the clock; some sites are built by a timer, some
publish at a fixed time of day. Rates are log-normal, from one entry a month to hundreds a day.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Final

MINUTE: Final = 60.0
HOUR: Final = 3600.0
DAY: Final = 86_400.0
DAYS: Final = 14
END: Final = DAYS * DAY
MONDAY: Final = 1_778_457_600.0  # 2026-05-11, the moment 0 of a simulation

MEDIAN_A_DAY: Final = 2.5
SPREAD: Final = 1.9
LEAST_A_DAY, MOST_A_DAY = 1 / 30, 500.0
LONGEST_PAST_DAYS: Final = 400.0

ZONES: Final = (-8, -7, -5, -5, -5, -3, 0, 0, 1, 1, 1, 2, 3, 5.5, 8, 8, 9, 9)
WINDOWS: Final = (10, 10, 10, 15, 20, 20, 25, 30, 40, 50)
LONG_WINDOWS: Final = (20, 25, 30, 40, 50, 50)
MANY_A_DAY: Final = 30.0  # feeds of so many have longer documents, and no editions
# Shares of an hour of a newsroom's day, from midnight on
NIGHT: Final = (0.15, 0.08, 0.06, 0.06, 0.1, 0.3)
MORNING: Final = (0.8, 1.3, 1.7, 1.9, 1.9, 1.8)
AFTERNOON: Final = (1.6, 1.7, 1.8, 1.8, 1.7, 1.6)
EVENING: Final = (1.3, 1.0, 0.8, 0.6, 0.45, 0.3)
BY_DAY: Final = (*NIGHT, *MORNING, *AFTERNOON, *EVENING)
ASKED_TTL: Final = (5, 10, 15, 30, 60, 60, 60, 120, 1440)
ASKED_MAX_AGE: Final = (0, 0, 60, 60, 120, 300, 300, 600, 900, 1800, 3600)


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """One feed; `past` and `times` are sorted seconds from the start, `dates` belong to both."""

    number: int
    kind: str
    past: tuple[float, ...]  # of the entries in its document at the start
    times: tuple[float, ...]
    dates: tuple[float | None, ...]
    window: int
    first_poll: float
    ttl_s: int | None
    max_age_s: int | None
    stopped: float | None  # since when nothing comes any more

    @property
    def asked_s(self) -> int:
        """How long its server wants to be left alone."""
        return max(self.ttl_s or 0, self.max_age_s or 0)


def make_feed(number: int, seed: int, *, hints: bool) -> Feed:
    chance = Random(f"{seed}:{number}")  # noqa: S311 - it makes feeds, not secrets
    a_day = min(max(chance.lognormvariate(math.log(MEDIAN_A_DAY), SPREAD), LEAST_A_DAY), MOST_A_DAY)
    window = chance.choice(WINDOWS if a_day < MANY_A_DAY else LONG_WINDOWS)
    past_days = min(max(1.5 * window / a_day, 2.0), LONGEST_PAST_DAYS)
    weights = (60, 12, 16, 12 if a_day < MANY_A_DAY else 0)
    kind = chance.choices(tuple(_KINDS), weights=weights)[0]
    if kind == "daily":
        window = max(window, math.ceil(2 * a_day))
    times = sorted(_KINDS[kind](chance, a_day, -past_days * DAY))
    stopped = chance.uniform(DAY, END) if chance.random() < STOPPING else None
    past = tuple(t for t in times if t <= 0)[-window:]
    coming = tuple(t for t in times if 0 < t < (END if stopped is None else stopped))
    return Feed(
        number=number,
        kind=kind,
        past=past,
        times=coming,
        dates=_dates(chance, past + coming),
        window=window,
        first_poll=chance.uniform(0, 10 * MINUTE),
        ttl_s=_ttl_s(chance) if hints else None,
        max_age_s=_max_age_s(chance) if hints else None,
        stopped=stopped,
    )


STOPPING: Final = 0.02


def _newsroom(chance: Random, a_day: float, start: float) -> list[float]:
    zone = chance.choice(ZONES) * HOUR
    weekend = chance.choice((0.15, 0.4, 0.6, 0.9))
    followers = chance.choice((0.0, 0.3, 0.3, 0.6))
    night = chance.choice((0.0, 0.05, 0.3))  # of what day and night have in equal parts

    def share(moment: float) -> float:
        local = moment + zone
        day = weekend if int(local // DAY) % 7 >= SATURDAY else 1.0
        return day * (night + (1 - night) * BY_DAY[int(local // HOUR) % 24])

    mean = night + (1 - night) * sum(BY_DAY) / 24
    most = max(BY_DAY)
    mean *= (5 + 2 * weekend) / 7
    times: list[float] = []
    first = a_day * (1 - followers) / mean * most / DAY
    moment = start
    while (moment := moment + chance.expovariate(first)) < END:
        if chance.random() * most < share(moment):
            times += _burst(chance, moment, followers)
    return times


SATURDAY: Final = 5


def _burst(chance: Random, moment: float, followers: float) -> list[float]:
    """An entry and those that it brings about, which bring about others."""
    burst, waiting = [], [moment]
    while waiting:
        time = waiting.pop()
        burst.append(time)
        if chance.random() < followers:
            waiting.append(time + chance.expovariate(1 / (25 * MINUTE)))
    return [time for time in burst if time < END]


def _machine(chance: Random, a_day: float, start: float) -> list[float]:
    times, moment = [], start
    while (moment := moment + chance.expovariate(a_day / DAY)) < END:
        times.append(moment)
    return times


def _timer(chance: Random, a_day: float, start: float) -> list[float]:
    """What a newsroom writes, let out when the site is built: every so many hours at one minute."""
    longest = 8 * 24 / a_day  # hours, lest more come at once than a document holds
    every = min(chance.choice((0.5, 1, 1, 2, 3, 6)), longest) * HOUR
    at = chance.uniform(0, every)
    written = _newsroom(chance, a_day, start)
    built = (math.ceil((time - at) / every) * every + at for time in written)
    return [time + chance.uniform(0, 20) for time in built if time < END]


def _daily(chance: Random, a_day: float, start: float) -> list[float]:
    """Editions at fixed times of day, on weekdays or every day, all of their entries at once."""
    editions = chance.choice((1, 1, 1, 2, 3))
    every_day = chance.random() < EVERY_DAY
    of_day = [chance.uniform(5, 20) * HOUR for _ in range(editions)]
    each = a_day / editions * (1 if every_day else 7 / 5)
    times = []
    for day in range(int(start // DAY), DAYS):
        if not every_day and day % 7 >= SATURDAY:
            continue
        for hour in of_day:
            moment = day * DAY + hour + chance.gauss(0, 4 * MINUTE)
            count = int(each) + (chance.random() < each % 1)
            times += [moment + n * 2.0 for n in range(count)]
    return [time for time in times if start <= time < END]


EVERY_DAY: Final = 0.5

_KINDS: Final[dict[str, Callable[[Random, float, float], list[float]]]] = {
    "newsroom": _newsroom,
    "machine": _machine,
    "timer": _timer,
    "daily": _daily,
}


def _dates(chance: Random, times: tuple[float, ...]) -> tuple[float | None, ...]:
    """Dates as feeds bear them: mostly true, some none, some of the day only, some off by hours."""
    kind = chance.random()
    if kind < NO_DATES:
        return (None,) * len(times)
    if kind < NO_DATES + DAYS_ONLY:
        return tuple(time // DAY * DAY for time in times)
    off = chance.choice((-9, -5, 2, 8)) * HOUR if kind < NO_DATES + DAYS_ONLY + OFF else 0.0
    return tuple(time + off for time in times)


NO_DATES, DAYS_ONLY, OFF = 0.08, 0.04, 0.03


def _ttl_s(chance: Random) -> int | None:
    kind = chance.random()
    if kind < SYNDICATION:
        return int(HOUR)  # what one common system writes into all of its feeds
    if kind < SYNDICATION + TTL:
        return int(chance.choice(ASKED_TTL) * MINUTE)
    return None


def _max_age_s(chance: Random) -> int | None:
    return chance.choice(ASKED_MAX_AGE) if chance.random() < MAX_AGE else None


SYNDICATION, TTL, MAX_AGE = 0.2, 0.12, 0.35
