import pytest

from app.core.types import Failure
from app.net import Blocked, BodyRefused, HTTPError, NotResolved, failure_of, one_line


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (Blocked("why"), Failure.BLOCKED),
        (NotResolved("why"), Failure.DNS),
        (BodyRefused(Failure.TOO_LARGE, "why"), Failure.TOO_LARGE),
        (TimeoutError(), Failure.TIMEOUT),
        (ConnectionResetError("why"), Failure.PROTOCOL),
        (HTTPError("why"), Failure.INTERNAL),
        (ZeroDivisionError("why"), Failure.INTERNAL),
    ],
)
def test_every_exception_has_a_kind_and_a_line(error: Exception, kind: Failure) -> None:
    found, detail = failure_of(error)
    assert found is kind
    assert detail


def test_what_a_server_says_makes_one_line_of_plain_text() -> None:
    said = BodyRefused(Failure.PROTOCOL, "a\r\nlevel=info \x1b[31m\u2028b" + "x" * 1000)
    _, detail = failure_of(said)
    assert detail.startswith("a level=info  [31m b")
    assert detail.isprintable()
    assert len(detail) == 300


def test_text_that_is_plain_stays_as_it_is() -> None:
    assert one_line("日本語 – ü") == "日本語 – ü"
