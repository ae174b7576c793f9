"""Countries: a closed set, and what a domain's ending says."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.countries import (
    COUNTRIES,
    SOLD_EVERYWHERE,
    country_of_domain,
    normalize_country,
)


@pytest.mark.parametrize(
    ("domain", "country"),
    [
        ("harbour.jp", "JP"),
        ("harbour.co.uk", "GB"),
        ("HARBOUR.CO.UK.", "GB"),
        ("harbour.com.au", "AU"),
        ("harbour.de", "DE"),
        ("harbour.us", "US"),
        ("xn--80a1acny.xn--p1ai", "RU"),
        ("harbour.xn--3e0b707e", "KR"),
        ("harbour.xn--fiqs8s", "CN"),
        ("harbour.com", None),
        ("harbour.news", None),
        ("harbour.example", None),
        ("harbour.eu", None),
        ("harbour.su", None),
        ("8.8.8.8", None),
        ("2001:db8::1", None),
        ("localhost", None),
        ("jp", None),
        ("", None),
    ],
)
def test_the_country_of_a_domain(domain: str, country: str | None) -> None:
    assert country_of_domain(domain) == country


@pytest.mark.parametrize("ending", "tv io co me ai fm cc ws to ly gg tk ml".split())
def test_endings_that_are_sold_everywhere_say_nothing(ending: str) -> None:
    assert ending.upper() in COUNTRIES
    assert country_of_domain(f"harbour.{ending}") is None


def test_the_sets_hold_what_they_should() -> None:
    assert len(COUNTRIES) == 249
    assert {ending.upper() for ending in SOLD_EVERYWHERE} < COUNTRIES | {"AC"}


@pytest.mark.parametrize(
    ("code", "country"),
    [("jp", "JP"), (" GB ", "GB"), ("UK", None), ("EU", None), ("JPN", None), ("", None)],
)
def test_codes(code: str, country: str | None) -> None:
    assert normalize_country(code) == country


@given(st.text())
def test_any_text_gives_a_country_or_none(text: str) -> None:
    assert country_of_domain(text) in {*COUNTRIES, None}
