"""Lines that publishers put under any story, known by their form alone.

Only a whole, short line that reads as such lines do: a paragraph that mentions newsletters or
copyright is the story's own. The forms are regular expressions in vocab/boilerplate.json.
"""

from __future__ import annotations

import json
import re
from functools import cache
from importlib.resources import files

MAX_LINE_CHARS = 320
MAX_TAIL_CHARS = 60

_LAST_SENTENCE = re.compile(r"(?:[.!?…][\"”’»)]?\s+|[。！？」])([^.!?…。！？]+(?:…|\.\.\.|\.)?)$")


def boilerplate_rule(line: str) -> str | None:
    """The rule that says a line is the publisher's, not the story's; None for the story's own."""
    if len(line) > MAX_LINE_CHARS:
        return None
    rules, forms = _forms()
    found = forms.fullmatch(line)
    return rules[found.lastindex - 1] if found and found.lastindex else None


def read_more_start(text: str) -> int | None:
    """Where a link to the rest begins that a paragraph ends with: "… at nine. Read more"."""
    found = _LAST_SENTENCE.search(text, max(0, len(text) - MAX_TAIL_CHARS))
    if found is None or boilerplate_rule(found[1]) != "read-more":
        return None
    return found.start(1)


@cache
def _forms() -> tuple[tuple[str, ...], re.Pattern[str]]:
    """The rules, and one pattern whose n-th group is the n-th rule's form."""
    table = json.loads(files("app.core.vocab").joinpath("boilerplate.json").read_text("utf-8"))
    forms = re.compile("|".join(f"({row['form']})" for row in table))
    return tuple(row["rule"] for row in table), forms
