import base64
import ipaddress

import pytest

from app.net import AddressPolicy, Blocked, check_url

OPEN = AddressPolicy(allow=(ipaddress.ip_network("0.0.0.0/0"), ipaddress.ip_network("::/0")))


@pytest.mark.parametrize(
    ("raw", "url", "host", "port"),
    [
        ("HTTP://Feeds.Example/A?b#c", "http://feeds.example/A?b", "feeds.example", 80),
        ("https://bücher.example/ü", "https://xn--bcher-kva.example/%C3%BC",
         "xn--bcher-kva.example", 443),
        ("https://新聞.example", "https://xn--efvv70d.example/", "xn--efvv70d.example", 443),
        ("http://2130706433/", "http://127.0.0.1/", "127.0.0.1", 80),
        ("http://0x7f.1:8080/", "http://127.0.0.1:8080/", "127.0.0.1", 8080),
        ("http://0177.0.0.1", "http://127.0.0.1/", "127.0.0.1", 80),
        ("http://１２７。０。０。１/", "http://127.0.0.1/", "127.0.0.1", 80),
        ("http://[0:0:0:0:0:0:0:1]/", "http://[::1]/", "::1", 80),
        ("http:\\\\feeds.example\\x", "http://feeds.example/x", "feeds.example", 80),
        ("  http://feeds.example/\n", "http://feeds.example/", "feeds.example", 80),
        ("http://a_b.example/", "http://a_b.example/", "a_b.example", 80),
    ],
)  # fmt: skip
def test_every_spelling_has_one_form(raw: str, url: str, host: str, port: int) -> None:
    target = check_url(raw, OPEN)
    assert (target.url, target.host, target.port) == (url, host, port)


@pytest.mark.parametrize(
    "raw",
    ["", "feeds.example/rss", "/etc/passwd", "file:///etc/passwd", "ftp://a.example/",
     "gopher://a.example/", "javascript:alert(1)", "data:text/xml,x", "http://", "http://[::1",
     "http://[fe80::1%25eth0]/", "http://a.example:99999/", "http://a b.example/",
     "http://1.2.3.4.5/", "http://256.1.1.1/", "http://\ud800.example/", "http://a..example/",
     "http://" + "a" * 64 + ".example/", "http://" + "a." * 140 + "example/",
     "http://a.example/" + "x" * 9000, "http://a.example:22/", "http://a.example:25/"],
)  # fmt: skip
def test_what_cannot_be_fetched_is_refused_whatever_is_allowed(raw: str) -> None:
    with pytest.raises(Blocked) as refused:
        check_url(raw, OPEN)
    assert "\n" not in refused.value.reason
    assert len(refused.value.reason) < 400


def test_credentials_are_in_no_text_but_the_header() -> None:
    target = check_url("https://ada:s%C3%A9cret%3A@feeds.example/x", AddressPolicy())
    assert target.authorization == b"Basic " + base64.b64encode("ada:sécret:".encode())
    assert target.url == "https://feeds.example/x"
    assert "cret" not in repr(target)
    for raw in ("http://ada:secret@127.0.0.1/", "ftp://ada:secret@a.example/"):
        with pytest.raises(Blocked) as refused:
            check_url(raw, AddressPolicy())
        assert "secret" not in refused.value.reason


def test_a_reference_is_resolved_against_its_base() -> None:
    base = "https://feeds.example/a/b?c"
    for raw, url in {
        "../d": "https://feeds.example/d",
        "?e": "https://feeds.example/a/b?e",
        "//other.example/f": "https://other.example/f",
        "http://other.example/": "http://other.example/",
    }.items():
        assert check_url(raw, AddressPolicy(), base=base).url == url
    with pytest.raises(Blocked, match="loopback"):
        check_url("//127.1/", AddressPolicy(), base=base)
