"""Requests against delay as a picture: both logarithmic, our schedule as a line."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from tools.simulate.feeds import DAYS, MINUTE
from tools.simulate.front import is_ours
from tools.simulate.run import Tally

WIDTH, HEIGHT = 460, 400
LEFT, RIGHT, TOP, BOTTOM = 56, 16, 40, 48
INK, FAINT, OURS, OTHERS = "#222", "#ddd", "#0b63b0", "#b3541e"
NEAR: Final = 6  # pixels within which two marks share their label
LABEL_WIDTH, LABEL_HEIGHT = 130, 11
REGARDLESS: Final = "whatever is asked"
TICKS: Final = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000)
FONT: Final = "font-family='system-ui,sans-serif' font-size='11'"


@dataclass(frozen=True, slots=True, kw_only=True)
class Axis:
    """A logarithmic scale: values from `low` to `high` on pixels from `start` to `end`."""

    low: float
    high: float
    start: float
    end: float

    def at(self, value: float) -> float:
        share = math.log(value / self.low) / math.log(self.high / self.low)
        return self.start + share * (self.end - self.start)

    @property
    def ticks(self) -> list[int]:
        return [tick for tick in TICKS if self.low <= tick <= self.high]


def picture(tallies: Sequence[Tally], feeds: int) -> str:
    """Two panels: the mean of the delays, and what one in twenty is longer than."""
    panels = (
        ("mean delay", lambda t: t.mean_s / MINUTE),
        ("95th percentile of delay", lambda t: t.quantile_s(0.95) / MINUTE),
    )
    drawn = "".join(
        f"<g transform='translate({n * WIDTH} 0)'>{_panel(title, tallies, feeds, of)}</g>"
        for n, (title, of) in enumerate(panels)
    )
    size = f"width='{2 * WIDTH}' height='{HEIGHT}' viewBox='0 0 {2 * WIDTH} {HEIGHT}'"
    ground = f"<rect width='{2 * WIDTH}' height='{HEIGHT}' fill='#fff'/>"
    return f"<svg xmlns='http://www.w3.org/2000/svg' {size} {FONT}>{ground}{drawn}</svg>\n"


def _panel(
    title: str, tallies: Sequence[Tally], feeds: int, delay: Callable[[Tally], float]
) -> str:
    points = [(t, t.requests / feeds / DAYS, delay(t)) for t in tallies]
    wide, high = [x for _, x, _ in points], [y for _, _, y in points]
    across = Axis(low=min(wide) * 0.4, high=max(wide) * 1.6, start=LEFT, end=WIDTH - RIGHT)
    up = Axis(low=min(high) * 0.7, high=max(high) * 1.3, start=HEIGHT - BOTTOM, end=TOP)
    ours = [(t, across.at(x), up.at(y)) for t, x, y in points if is_ours(t)]
    others = [(t, across.at(x), up.at(y)) for t, x, y in points if not is_ours(t)]
    line = " ".join(f"{x:.1f},{y:.1f}" for _, x, y in ours)
    parts = [
        _grid(title, across, up),
        f"<polyline points='{line}' fill='none' stroke='{OURS}' stroke-width='2'/>",
        *(_dot(x, y, t.name, OURS) for t, x, y in ours),
        *(_dot(x, y, t.name, OTHERS) for t, x, y in others),
        *(_said(x - 7, y + 12, t.name.removeprefix("ours, "), OURS, "end") for t, x, y in ours),
        *_labels(_named(others)),
    ]
    return "".join(parts)


def _grid(title: str, across: Axis, up: Axis) -> str:
    below = f"x='{WIDTH - RIGHT}' y='{HEIGHT - 10}' text-anchor='end'"
    parts = [
        f"<text x='{LEFT}' y='20' fill='{INK}' font-weight='bold'>{title}, minutes</text>",
        f"<text {below} fill='{INK}'>requests a feed and day</text>",
    ]
    for tick in across.ticks:
        x = across.at(tick)
        parts.append(f"<path d='M{x:.1f} {TOP}V{HEIGHT - BOTTOM}' stroke='{FAINT}'/>")
        parts.append(
            f"<text x='{x:.1f}' y='{HEIGHT - BOTTOM + 16}' text-anchor='middle'>{tick}</text>"
        )
    for tick in up.ticks:
        y = up.at(tick)
        parts.append(f"<path d='M{LEFT} {y:.1f}H{WIDTH - RIGHT}' stroke='{FAINT}'/>")
        parts.append(f"<text x='{LEFT - 6}' y='{y + 4:.1f}' text-anchor='end'>{tick}</text>")
    return "".join(parts)


def _dot(x: float, y: float, name: str, colour: str) -> str:
    """A rule: hollow where it does not keep to what servers ask."""
    fill = "#fff" if REGARDLESS in name else colour
    return f"<circle cx='{x:.1f}' cy='{y:.1f}' r='4' fill='{fill}' stroke='{colour}'/>"


def _named(points: Sequence[tuple[Tally, float, float]]) -> list[tuple[str, float, float]]:
    """Names with their places, those of one place together."""
    places: dict[tuple[int, int], list[tuple[str, float, float]]] = {}
    for tally, x, y in points:
        if REGARDLESS not in tally.name:
            places.setdefault((round(x / NEAR), round(y / NEAR)), []).append((tally.name, x, y))
    return [(", ".join(n for n, _, _ in same), *same[0][1:]) for same in places.values()]


def _labels(named: Sequence[tuple[str, float, float]]) -> list[str]:
    """From the left, each above its mark, or below where the one before is in the way."""
    labels: list[str] = []
    last_x, last_y = 0.0, 0.0
    for name, x, y in sorted(named, key=lambda place: place[1]):
        taken = x - last_x < LABEL_WIDTH and abs(y - 6 - last_y) < LABEL_HEIGHT
        last_x, last_y = x, y + 14 if taken else y - 6
        left = x > WIDTH * 0.72
        labels.append(
            _said(x - 7 if left else x + 7, last_y, name, OTHERS, "end" if left else "start")
        )
    return labels


def _said(x: float, y: float, words: str, colour: str, anchor: str) -> str:
    place = f"x='{x:.1f}' y='{y:.1f}' text-anchor='{anchor}' fill='{colour}'"
    return f"<text {place} font-size='9.5'>{words}</text>"
