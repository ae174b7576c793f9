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
    across = Axis(low=min(wide) * 0.8, high=max(wide) * 1.6, start=LEFT, end=WIDTH - RIGHT)
    up = Axis(low=min(high) * 0.7, high=max(high) * 1.3, start=HEIGHT - BOTTOM, end=TOP)
    ours = [(t, across.at(x), up.at(y)) for t, x, y in points if is_ours(t)]
    others = [(t, across.at(x), up.at(y)) for t, x, y in points if not is_ours(t)]
    line = " ".join(f"{x:.1f},{y:.1f}" for _, x, y in ours)
    parts = [
        _grid(title, across, up),
        f"<polyline points='{line}' fill='none' stroke='{OURS}' stroke-width='2'/>",
        *(_mark(x, y, t.name.removeprefix("ours, "), OURS) for t, x, y in ours),
        *(_mark(x, y, t.name, OTHERS) for t, x, y in others),
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


def _mark(x: float, y: float, name: str, colour: str) -> str:
    """A rule: hollow where it does not keep to what servers ask."""
    name, _, regardless = name.partition(", whatever")
    fill = "#fff" if regardless else colour
    anchor, shift = ("end", -7) if x > WIDTH * 0.72 else ("start", 7)
    dot = f"<circle cx='{x:.1f}' cy='{y:.1f}' r='4' fill='{fill}' stroke='{colour}'/>"
    if regardless:
        return dot
    said = f"x='{x + shift:.1f}' y='{y - 5:.1f}' text-anchor='{anchor}' fill='{colour}'"
    return f"{dot}<text {said} font-size='9.5'>{name}</text>"
