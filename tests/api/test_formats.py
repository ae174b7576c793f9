"""Which form an answer takes: by Accept, by suffix, or none that will do."""

from __future__ import annotations

import pytest

from app.api.formats.markup import held
from app.api.negotiate import choose

OFFERED = ["application/json", "application/feed+json", "application/atom+xml", "text/csv"]
JSON, FEED, ATOM, CSV = OFFERED
BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8"


@pytest.mark.parametrize(
    ("accept", "chosen"),
    [
        (None, JSON),
        ("", JSON),
        ("*/*", JSON),
        (BROWSER, JSON),
        ("application/atom+xml", ATOM),
        ("Application/Atom+XML", ATOM),
        ("application/json;q=0.5, application/atom+xml", ATOM),
        ("application/json;q=0.5, application/atom+xml;q=0.4", JSON),
        ("application/atom+xml;q=0.001", ATOM),
        ("application/atom+xml;q=0", None),
        ("application/json;q=0, */*", FEED),
        ("application/*;q=0, */*;q=0.1", CSV),
        ("text/*", CSV),
        ("text/*, text/csv;q=0", None),
        ("application/*;q=0.2, text/csv;q=0.1", JSON),
        # The closer range decides on a type, whatever the wider ones weigh.
        ("application/json;q=0.1, application/*;q=0.9", FEED),
        ("*/*, application/atom+xml", ATOM),
        ("application/atom+xml ; q=1.000 , */* ; q = 0.5", ATOM),
        ("application/atom+xml;charset=utf-8", ATOM),
        ('text/plain;a="x, application/atom+xml", text/csv', CSV),
        ("text/html", None),
        ("image/*", None),
        # What cannot be read is passed over.
        ("*/atom+xml, text/csv", CSV),
        ("application/atom+xml;q=7, text/csv", CSV),
        ("application/atom+xml;q=0.1234, text/csv", CSV),
        ("json", JSON),
        (",,;q=1", JSON),
    ],
)
def test_choice(accept: str | None, chosen: str | None):
    assert choose(accept, OFFERED) == chosen


def test_what_xml_cannot_hold_is_left_out():
    assert held("a\x00b\x0bc\ufffed\ud800e\t\n東😀") == "abcde\t\n東😀"
