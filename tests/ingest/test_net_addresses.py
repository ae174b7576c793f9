import ipaddress

import pytest

from app.net import AddressPolicy, check_address, check_port

PUBLIC = ["1.1.1.1", "93.184.216.34", "223.255.255.255", "100.63.255.255", "100.128.0.0",
          "172.15.255.255", "172.32.0.0", "198.17.255.255", "198.20.0.0", "192.0.1.0",
          "2606:4700::1111", "2a00:1450:4001::1", "2001:200::1", "2001:4860:4860::8888",
          "2003::1", "::ffff:1.1.1.1", "3ffe::1"]  # fmt: skip

REFUSED = ["0.0.0.0", "0.255.255.255", "10.0.0.0", "10.255.255.255", "100.64.0.0",
           "100.127.255.255", "127.0.0.1", "127.255.255.255", "169.254.169.254", "172.16.0.0",
           "172.31.255.255", "192.0.0.1", "192.0.2.1", "192.88.99.1", "192.168.0.1",
           "198.18.0.0", "198.19.255.255", "198.51.100.1", "203.0.113.1", "224.0.0.1",
           "239.255.255.255", "240.0.0.1", "255.255.255.255",
           "::", "::1", "::127.0.0.1", "::ffff:127.0.0.1", "::ffff:10.0.0.1",
           "::ffff:169.254.169.254", "::ffff:0:127.0.0.1", "64:ff9b::7f00:1", "64:ff9b::101:101",
           "64:ff9b:1::a00:1", "100::1", "2001::1", "2001:0:7f00:1::", "2001:1ff::1",
           "2001:db8::1", "2002:7f00:1::", "2002:101:101::1", "3fff::1", "3fff:fff::1",
           "4000::1", "5f00::1", "fc00::1", "fd00:ec2::254", "fe80::1", "fe80::1%eth0", "fec0::1",
           "ff02::1", "2606:4700::1%eth0"]  # fmt: skip


@pytest.mark.parametrize("address", PUBLIC)
def test_public_addresses_are_dialled(address: str) -> None:
    assert check_address(address, AddressPolicy()) is None


@pytest.mark.parametrize("address", REFUSED)
def test_what_is_not_public_is_refused_unless_allowed(address: str) -> None:
    assert check_address(address, AddressPolicy())
    networks = tuple(ipaddress.ip_network(n) for n in ("0.0.0.0/0", "::/0"))
    assert check_address(address, AddressPolicy(allow=networks)) is None


def test_the_standard_library_would_let_some_of_them_through() -> None:
    """Why `is_global` is not asked; if this fails one day, the table is still right."""
    fooled = [a for a in REFUSED if ipaddress.ip_address(a).is_global]
    assert {"224.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::", "::127.0.0.1"} <= set(fooled)


def test_a_mapped_address_is_allowed_as_the_address_in_it() -> None:
    policy = AddressPolicy(allow=(ipaddress.ip_network("10.0.0.0/8"),))
    assert check_address("::ffff:10.1.2.3", policy) is None
    assert check_address("::ffff:127.0.0.1", policy)


def test_text_that_is_no_address_is_refused() -> None:
    assert check_address("localhost", AddressPolicy()) == "not an IP address"


def test_ports_of_other_protocols_are_refused_and_odd_ones_are_not() -> None:
    assert all(check_port(port) for port in (0, 22, 25, 110, 587, 6667))
    assert not any(check_port(port) for port in (80, 443, 3000, 8000, 8080, 8443, 65535))
