"""Networks and origins as operators list them."""

from __future__ import annotations

from ipaddress import ip_network

import pytest

from app.core.origins import networks_of, origins_of

TEN = ip_network("10.0.0.0/8")


def test_networks():
    assert networks_of("10.0.0.0/8, ::1/128,,") == (TEN, ip_network("::1/128"))
    assert networks_of((TEN,)) == (TEN,)
    with pytest.raises(ValueError, match="does not appear"):
        networks_of("10.0.0.0/8,ten")


@pytest.mark.parametrize(
    "origin", ["https://app.example", "http://127.0.0.1:8080", "https://[2001:db8::1]:8443", "*"]
)
def test_origins(origin: str):
    assert origins_of(f" {origin} ,") == (origin,)
    assert origins_of((origin,)) == (origin,)


@pytest.mark.parametrize(
    "origin",
    ["app.example", "https://a.example/", "https://A.example", "null", "ftp://a.example", "*.a"],
)
def test_what_is_no_origin(origin: str):
    with pytest.raises(ValueError, match="is no origin"):
        origins_of(f"https://a.example,{origin}")
