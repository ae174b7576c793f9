"""How often a line must stand in a source's stories before it is taken for the source's.

It depends on its place and its looks, since writers repeat themselves too: quotes in follow-up
stories, headings, background, datelines, what every live report begins with.
"""

from __future__ import annotations

from dataclasses import dataclass

from app.core.normal.lines import Mark, Place, Shape


@dataclass(frozen=True, slots=True, kw_only=True)
class Enough:
    """How many stories, and which share of all, make a line believed."""

    stories: int
    share: float


def enough_for(mark: Mark, *, at_start: bool, at_end: bool) -> Enough | None:
    """What makes such a line believed; None where nothing does."""
    if mark.shape & Shape.LONG:
        return None
    if mark.place is Place.LINE:
        enough = _enough_for_line(mark.shape, at_start=at_start, at_end=at_end)
    else:
        enough = _enough_for_cut(mark)
    if enough is not None and mark.shape & Shape.QUOTED:
        return Enough(stories=8, share=max(0.8, enough.share))
    if enough is not None and mark.shape & Shape.NUMBERS:
        return Enough(stories=max(6, enough.stories), share=max(0.5, enough.share))
    return enough


def _enough_for_line(shape: Shape, *, at_start: bool, at_end: bool) -> Enough | None:
    if shape & Shape.SHORT:
        if at_end:
            return Enough(stories=5, share=0.3)
        return Enough(stories=8, share=0.8) if at_start else None
    if shape & Shape.SENTENCE:
        return Enough(stories=5, share=0.4 if at_end else 0.5)
    if at_end:
        return Enough(stories=4, share=0.2)
    return Enough(stories=5, share=0.4 if at_start else 0.3)


def _enough_for_cut(mark: Mark) -> Enough:
    """A short prefix or suffix may be a dateline, or a word that ends many stories."""
    if mark.shape & Shape.SHORT:
        return Enough(stories=8, share=0.9)
    if mark.place is Place.SUFFIX and not mark.shape & Shape.SENTENCE:
        return Enough(stories=4, share=0.3)
    return Enough(stories=5, share=0.5)
