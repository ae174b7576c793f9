"""Which slots a host has beside its own."""

from __future__ import annotations

import pytest

from app.core.slots import (
    BUDGET,
    HOSTS_IN_LANE,
    MAX_LANES,
    MAX_NAME,
    address_slots,
    domain_slot,
    is_at,
    lane_for,
    named,
)
from app.core.urls import host_of


@pytest.mark.parametrize(
    ("host", "domain"),
    [
        ("news.example.co.uk", "example.co.uk"),
        ("example.org", "example.org"),
        ("a.blogspot.com", "a.blogspot.com"),
        ("someone.github.io", "someone.github.io"),
        ("localhost", "localhost"),
        ("192.0.2.7", None),
        ("2001:db8::7", None),
    ],
)
def test_hosts_of_one_registrable_domain_share_its_slot(host: str, domain: str | None) -> None:
    assert named(domain_slot(host)) == domain


def test_no_slot_can_be_taken_for_a_host_or_another() -> None:
    slots = [domain_slot("a.example.org"), lane_for("192.0.2.7", 0), BUDGET]
    assert len(set(slots)) == 3
    for slot in slots:
        assert host_of(f"http://{slot}/") is None, slot


def test_slots_of_the_longest_names_fit_their_column() -> None:
    host = ".".join(["h" * 63] * 3 + ["h" * 61])
    assert len(host) == 253
    assert len(domain_slot(host) or "") <= MAX_NAME


def test_an_address_fills_lane_by_lane() -> None:
    lanes = [lane_for("192.0.2.7", n) for n in range(HOSTS_IN_LANE * MAX_LANES + 1)]
    assert len(set(lanes[:HOSTS_IN_LANE])) == 1
    assert list(dict.fromkeys(lanes)) == address_slots("192.0.2.7")
    assert lanes[-1] == lanes[0]


def test_an_address_is_not_another_that_begins_alike() -> None:
    assert is_at(lane_for("192.0.2.7", 40), "192.0.2.7")
    assert not is_at(lane_for("192.0.2.70", 0), "192.0.2.7")
    assert not is_at(None, "192.0.2.7")
