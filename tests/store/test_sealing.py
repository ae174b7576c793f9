"""Sealed secrets: opened by their key, for what they were sealed for, and by nothing else."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.store.sealing import Sealer, SealFault

KEY, OTHER = "k" * 32, "o" * 32


@given(st.text(st.characters(exclude_categories=["Cs"])), st.text(st.characters(codec="utf-8")))
def test_what_is_sealed_is_opened(secret: str, bound_to: str):
    sealer = Sealer([KEY])
    sealed = sealer.seal(secret, bound_to=bound_to)
    assert sealer.open(sealed, bound_to=bound_to) == secret


def test_the_secret_is_not_in_it_and_no_two_are_alike():
    sealer = Sealer([KEY])
    one, two = (sealer.seal("harbour-secret", bound_to="7") for _ in range(2))
    assert b"harbour" not in one
    assert one != two


def test_after_a_change_of_keys_the_old_one_still_opens():
    before = Sealer([OTHER]).seal("x", bound_to="7")
    both = Sealer([KEY, OTHER])
    assert both.open(before, bound_to="7") == "x"
    assert Sealer([KEY]).open(both.seal("x", bound_to="7"), bound_to="7") == "x"


@pytest.mark.parametrize(
    ("keys", "bound_to", "fault"),
    [
        ([], "7", SealFault.NO_KEY),
        ([OTHER], "7", SealFault.OTHER_KEY),
        ([KEY], "8", SealFault.BROKEN),
    ],
)
def test_what_cannot_be_opened_says_why(keys: list[str], bound_to: str, fault: SealFault):
    sealed = Sealer([KEY]).seal("x", bound_to="7")
    assert Sealer(keys).open(sealed, bound_to=bound_to) is fault


def test_no_byte_of_it_can_be_changed():
    sealer = Sealer([KEY])
    sealed = sealer.seal("harbour-secret", bound_to="7")
    for place in range(len(sealed)):
        changed = bytes([*sealed[:place], sealed[place] ^ 1, *sealed[place + 1 :]])
        assert isinstance(sealer.open(changed, bound_to="7"), SealFault), place
        assert isinstance(sealer.open(sealed[:place], bound_to="7"), SealFault), place


def test_without_a_key_nothing_is_sealed():
    assert not Sealer().has_key
    with pytest.raises(RuntimeError, match="needs a key"):
        Sealer().seal("x", bound_to="7")
