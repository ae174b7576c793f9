from datetime import UTC, datetime

import pytest

from app.core.types import ServerHints, Validators
from app.ingest.answers import MAX_SECONDS, hints, validators

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
DATE = (b"Date", b"Sun, 01 Mar 2026 12:00:10 GMT")


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        (b"max-age=600", 600),
        (b"public, MAX-AGE=600, must-revalidate", 600),
        (b'max-age="600"', 600),
        (b"max-age = 600", 600),
        (b"max-age=0", 0),
        (b"max-age=600, max-age=1200", 600),
        (b"no-cache;max-age=600", 600),
        (b"s-maxage=600", None),
        (b"x-max-age=600", None),
        (b"max-age=soon", None),
        (b"max-age=-5", None),
        (b"max-age=", None),
        (b"", None),
        (b"\xff\xfe max-age=600", 600),
        (b"max-age=" + b"9" * 5000, MAX_SECONDS),
        ("max-age=６００".encode(), None),
    ],
)
def test_max_age_is_read_out_of_whatever_surrounds_it(header: bytes, seconds: int | None) -> None:
    assert hints([(b"CACHE-control", header)], NOW).max_age_s == seconds


@pytest.mark.parametrize(
    ("age", "seconds"), [(b"100", 500), (b"700", 0), (b"garbage", 600), (b"100, 200", 500)]
)
def test_what_a_cache_has_kept_it_is_taken_off(age: bytes, seconds: int) -> None:
    assert hints([(b"cache-control", b"max-age=600"), (b"age", age)], NOW).max_age_s == seconds


def test_headers_given_twice_are_read_as_one_list() -> None:
    headers = [(b"cache-control", b"public"), (b"Cache-Control", b"max-age=60")]
    assert hints(headers, NOW).max_age_s == 60


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        (b"120", 120),
        (b' "120" ', 120),
        (b"864000", 864_000),
        (b"9" * 400, MAX_SECONDS),
        (b"Sun, 01 Mar 2026 13:00:10 GMT", 3600),
        (b"Sunday, 01-Mar-26 13:00:10 GMT", 3600),
        (b"Sun Mar  1 13:00:10 2026", 3600),
        (b"Tue, 01 Mar 2033 12:00:10 GMT", 220_924_800),
        (b"Sun, 01 Mar 2020 12:00:00 GMT", 0),
        (b"soon", None),
        (b"-1", None),
        (b"1.5", None),
        (b"\xe9", None),
        (b"Sun, 99 Mar 2026 99:00:10 GMT", None),
    ],
)
def test_retry_after_is_kept_in_full(value: bytes, seconds: int | None) -> None:
    assert hints([DATE, (b"Retry-After", value)], NOW).retry_after_s == seconds


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        (b"Sun, 01 Mar 2026 12:30:10 GMT", 1800),
        (b"Thu, 01 Jan 1970 00:00:00 GMT", 0),
        (b"0", None),
        (b"-1", None),
    ],
)
def test_expires_counts_from_the_servers_own_date(value: bytes, seconds: int | None) -> None:
    assert hints([DATE, (b"Expires", value)], NOW).expires_s == seconds


def test_without_a_date_of_the_servers_ours_is_taken() -> None:
    headers = [(b"expires", b"Sun, 01 Mar 2026 12:30:00 GMT")]
    assert hints(headers, NOW) == ServerHints(expires_s=1800)
    assert hints([*headers, (b"date", b"yesterday")], NOW) == ServerHints(expires_s=1800)


@pytest.mark.parametrize(
    "etag", [b'"a"', b'W/"a"', b"bare", '"é"'.encode(), '"é"'.encode("latin-1"), b"x" * 1024]
)
def test_validators_are_kept_byte_for_byte(etag: bytes) -> None:
    headers = [(b"ETag", etag), (b"Last-Modified", b"yesterday, around noon")]
    expected = Validators(etag=etag, last_modified=b"yesterday, around noon")
    assert validators(headers) == expected


@pytest.mark.parametrize(
    "etag", [b"", b"  ", b"x" * 1025, b'"\x00"', b'"a\r\nX: y"', b'"\x1b[2J"', b'"\x7f"']
)
def test_poisoned_validators_are_dropped(etag: bytes) -> None:
    assert validators([(b"etag", etag), (b"last-modified", etag)]) == Validators()


@pytest.mark.parametrize(
    ("headers", "quota_s"),
    [
        ([(b"RateLimit", b'"default";r=0;t=30')], 30),
        ([(b"RateLimit", b'"default";r=3;t=30')], None),
        ([(b"RateLimit", b"limit=100, remaining=0, reset=50")], 50),
        ([(b"RateLimit-Remaining", b"0"), (b"RateLimit-Reset", b"45")], 45),
        ([(b"X-Ratelimit-Remaining", b"0.0"), (b"X-Ratelimit-Reset", b"34")], 34),
        ([(b"X-RateLimit-Remaining", b"96.0"), (b"X-RateLimit-Reset", b"34")], None),
        ([(b"X-RateLimit-Remaining", b"0"), (b"X-RateLimit-Reset", b"1772366430")], 30),
        ([(b"X-RateLimit-Remaining", b"0")], None),
        ([(b"X-RateLimit-Remaining", b"none"), (b"X-RateLimit-Reset", b"soon")], None),
        ([], None),
    ],
)
def test_a_quota_that_is_spent(headers: list[tuple[bytes, bytes]], quota_s: int | None) -> None:
    date = (b"Date", b"Sun, 01 Mar 2026 12:00:00 GMT")  # 1772366400
    assert hints([date, *headers], datetime(2026, 3, 1, tzinfo=UTC)).quota_s == quota_s
