"""Dates as feeds write them: the instant, the rule that read it, the zone that was meant."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.core.normal.dates import MAX_DATE_CHARS, ZONE_HOURS, clamp_published, read_date

NINE_TOKYO = datetime(2024, 3, 5, 0, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("raw", "rule"),
    [
        ("2024-03-05T09:00:00+09:00", "iso8601"),
        ("2024-03-05T00:00:00Z", "iso8601"),
        ("2024-03-05T00:00:00.000000Z", "iso8601"),
        ("2024-03-05 09:00:00 +0900", "iso8601"),
        ("2024-03-05T09:00:00+09:00[Asia/Tokyo]", "iso8601"),
        ("20240305T000000Z", "iso8601"),
        ("2024-03-04T24:00:00Z", "iso8601"),
        ("Tue, 05 Mar 2024 09:00:00 +0900", "rfc5322"),
        ("Tue, 05 Mar 2024 00:00:00 GMT", "rfc5322"),
        ("Tue, 5 Mar 24 00:00 UT", "rfc5322"),
        ("  Tue,  05 Mar 2024\n09:00:00 +0900 (JST)", "rfc5322"),
        ("Tue,5 Mar 2024 9:0:0 GMT+9", "rfc5322"),
        ("Tue, 05 Mar 2024 09:00:00 GMT+0900", "rfc5322"),
        ("Tue, 05 Mar 2024 09:00:00 UTC+09:00", "rfc5322"),
        ("Mon, 04 Mar 2024 19:00:00 GMT-0500", "rfc5322"),
        ("Mon, 04 Mar 2024 24:00:00 GMT", "rfc5322"),
        ("Mon, 04 Mar 2024 24:00 GMT", "rfc5322"),
        ("Tuesday, 05-Mar-24 00:00:00 GMT", "rfc5322"),
        ("Tue, 05 Mar 2024 00:00:00 -0000", "dateutil"),
        ("Tue, 05 Mar 2024 09:00:00 JST", "dateutil"),
        ("Tue, 05 Mar 2024 09:00:00 KST", "dateutil"),
        ("Tue, 05 Mar 2024 08:00:00 HKT", "dateutil"),
        ("Tue, 05 Mar 2024 01:00:00 CET", "dateutil"),
        ("Tue, 05 Mar 2024 05:30:00 IST", "dateutil"),
        ("Mon, 04 Mar 2024 19:00:00 EST", "rfc5322"),
        ("Tue Mar  5 00:00:00 UTC 2024", "dateutil"),
        ("March 5, 2024 12:00 AM UTC", "dateutil"),
        ("2024/03/05 09:00:00 JST", "dateutil"),
        ("2024年3月5日（火）午前9時 JST", "cjk"),
        ("2024년 3월 5일 09:00 KST", "cjk"),
        ("mar., 05 mars 2024 01:00:00 +0100", "localized"),
        ("5 de marzo de 2024 00:00 +0000", "localized"),
        ("Вт, 05 мар 2024 03:00:00 +0300", "localized"),
        ("5 березня 2024 02:00 +0200", "dateparser"),
        ("2024-03-05T09:00:00GMT+9", "iso8601"),
        ("2024-03-05 09:00:00 Asia/Tokyo", "iso8601"),
        ("Tue, 05 Mar 2024 09:00:00 Asia/Tokyo", "dateutil"),
        ("2024-03-05 09:00:00 Etc/GMT-9", "iso8601"),
        ("Mon, 04 Mar 2024 19:00:00 ET", "dateutil"),
        ("Mon, 04 Mar 2024 19:00:00 Eastern Standard Time", "dateutil"),
        ("Mon, 04 Mar 2024 4:00 PM PT", "dateutil"),
        ("Tue Mar 05 2024 09:00:00 GMT+0900 (Japan Standard Time)", "dateutil"),
        ("Tues, 05 Mar 2024 00:00:00 WET", "dateutil"),
        ("5 марта 2024 года в 03:00 МСК", "localized"),
        ("2024年3月5日 09:00 +09:00", "cjk"),
        ("2024年3月4日 19:00 -0500", "cjk"),
        ("2024年3月5日 星期二 08:00 HKT", "cjk"),
        ("令和6年3月5日 9時 JST", "cjk"),
        ("平成36年3月5日 9時 JST", "cjk"),
        ("民國113年3月5日 09:00 JST", "cjk"),
        ("２０２４年３月５日 ９：００ JST", "cjk"),
        ("1709596800000000", "epoch"),
        ("/Date(1709596800000)/", "epoch"),
        ("/Date(1709596800000+0900)/", "epoch"),
        ("Published: March 5, 2024 12:00 AM UTC", "dateutil"),
        ("Updated 2024-03-05T00:00:00Z", "iso8601"),
        ("投稿日：2024年3月5日 9時 JST", "cjk"),
        ("1709596800", "epoch"),
        ("1709596800.0", "epoch"),
        ("1709596800000", "epoch"),
    ],
)
def test_the_same_moment_in_many_spellings(raw: str, rule: str) -> None:
    read = read_date(raw, time_zone="America/Lima")
    assert read is not None
    assert (read.at, read.rule, read.raw) == (NINE_TOKYO, rule, raw)
    assert read.at.tzinfo is UTC


@pytest.mark.parametrize(
    ("raw", "rule"),
    [
        ("2024-03-05T09:00:00", "iso8601"),
        ("2024-03-05 09:00", "iso8601"),
        ("Tue, 05 Mar 2024 09:00:00", "dateutil"),
        ("Tue, 05 Mar 2024 09:00:00 XYZ", "dateutil"),
        ("2024.03.05 09:00", "dateutil"),
        ("2024年3月5日 9時00分", "cjk"),
        ("2024년 3월 5일 오전 9:00", "cjk"),
        ("5. März 2024 09:00", "localized"),
        ("5. März 2024 um 09:00 Uhr", "localized"),
        ("05.03.2024 09:00", "iso8601"),
        ("05.03.2024, 09:00 Uhr", "localized"),
        ("mardi 5 mars 2024 à 09h00", "localized"),
        ("mar. 5 mars 2024 09:00", "localized"),
        ("martes, 5 de marzo de 2024, 09:00", "localized"),
        ("5 de março de 2024 às 9h00", "localized"),
        ("5 March, 2024 | 9:00 AM", "localized"),
        ("الثلاثاء، ٥ مارس ٢٠٢٤ ٠٩:٠٠ ص", "localized"),
        ("2024. 3. 5. 오전 9:00", "cjk"),
        ("2024년 3월 5일 화요일 09:00", "cjk"),
        ("입력 2024-03-05 09:00", "iso8601"),
    ],
)
def test_a_date_without_a_zone_is_in_the_sources_zone(raw: str, rule: str) -> None:
    tokyo, nowhere = read_date(raw, time_zone="Asia/Tokyo"), read_date(raw)
    assert tokyo is not None
    assert (tokyo.at, tokyo.rule) == (NINE_TOKYO, f"{rule}+zone")
    assert nowhere is not None
    assert (nowhere.at, nowhere.rule) == (NINE_TOKYO + timedelta(hours=9), f"{rule}+utc")


MONTHS = {
    "en": "January February March April May June July August September October November December",
    "fr": "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
    "de": "Januar Februar März April Mai Juni Juli August September Oktober November Dezember",
    "es": "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre "
    "diciembre",
    "ar": "يناير فبراير مارس أبريل مايو يونيو يوليو أغسطس سبتمبر أكتوبر نوفمبر ديسمبر",
    "ru": "января февраля марта апреля мая июня июля августа сентября октября ноября декабря",
    "it": "gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre "
    "dicembre",
    "pt": "janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro "
    "dezembro",
}


@pytest.mark.parametrize("language", MONTHS)
def test_months_by_their_names(language: str) -> None:
    for number, month in enumerate(MONTHS[language].split(), start=1):
        read = read_date(f"7 {month} 2024 10:30 +0000")
        assert read is not None, month
        assert read.at == datetime(2024, number, 7, 10, 30, tzinfo=UTC)
        assert read.rule != "dateparser"


@pytest.mark.parametrize("form", ["2024年{}月7日 10:30", "2024년 {}월 7일 10:30"])
def test_months_by_their_numbers(form: str) -> None:
    for number in range(1, 13):
        read = read_date(form.format(number))
        assert read is not None
        assert read.at == datetime(2024, number, 7, 10, 30, tzinfo=UTC)


def test_a_region_means_its_hours_of_the_day_and_goes_before_the_sources_zone() -> None:
    winter, summer = (
        read_date(f"2024-{month}-05 12:00 ET", time_zone="Asia/Tokyo") for month in ("01", "07")
    )
    assert winter is not None
    assert summer is not None
    assert (winter.at.hour, summer.at.hour) == (17, 16)
    assert read_date("2024-03-05 09:00 Asia/Nowhere") is None


def test_a_leap_second_is_the_second_before() -> None:
    read = read_date("Sat, 31 Dec 2016 23:59:60 GMT")
    assert read is not None
    assert read.at == datetime(2016, 12, 31, 23, 59, 59, tzinfo=UTC)


def test_the_first_year_of_an_era() -> None:
    read = read_date("令和元年5月1日")
    assert read is not None
    assert read.at == datetime(2019, 5, 1, tzinfo=UTC)


@pytest.mark.parametrize("zone", ["Nowhere/Land", "../etc/passwd", "America", "\0", ""])
def test_a_zone_that_does_not_exist_counts_as_none(zone: str) -> None:
    read = read_date("2024-03-05", time_zone=zone)
    assert read is not None
    assert (read.at, read.rule) == (NINE_TOKYO, "iso8601+utc")


@pytest.mark.parametrize(
    ("raw", "hour"),
    [
        ("2024年3月5日 午後0時30分", 12),
        ("2024年3月5日 午前12時30分", 0),
        ("2024年3月5日 下午4:30", 16),
        ("2024年3月5日 16:30:05", 16),
        ("2024年3月5日 16时30分05秒", 16),
    ],
)
def test_half_days_in_east_asian_dates(raw: str, hour: int) -> None:
    read = read_date(raw)
    assert read is not None
    assert (read.at.hour, read.at.minute) == (hour, 30)


def test_summer_time_is_that_of_the_day() -> None:
    winter = read_date("2024-01-05T12:00:00", time_zone="Europe/Paris")
    summer = read_date("2024-07-05T12:00:00", time_zone="Europe/Paris")
    assert winter is not None
    assert summer is not None
    assert (winter.at.hour, summer.at.hour) == (11, 10)


def test_a_slashed_date_is_month_first() -> None:
    read = read_date("03/05/2024 00:00 UTC")
    assert read is not None
    assert read.at == NINE_TOKYO


@pytest.mark.parametrize(
    "raw",
    [
        None,
        "",
        "   ",
        "yesterday",
        "2 hours ago",
        "10",
        "March 2024",
        "Tue, 05 Mar",
        "09:00",
        "2024-13-45",
        "Tue, 32 Mar 2024 09:00:00 GMT",
        "2024年13月45日",
        "99999999999999",
        "9999-12-31T24:00:00-10:00",
        "0000-00-00 00:00:00",
        "Mon, 01 Jan 0001 00:00:00 +0000",
        "Sat, 30 Feb 2024 09:00:00 GMT",
        "30. Februar 2024",
        "5 mars avril mai 2024",
        "5 nonsense 2024",
        "0001-01-01T00:00:00+14:00",
        "not a date in 2024",
        "\ud800",
        "2024-03-05T00:00:00Z" + " " * MAX_DATE_CHARS,
    ],
)
def test_what_is_no_whole_date(raw: str | None) -> None:
    assert read_date(raw, time_zone="Asia/Tokyo") is None


@pytest.mark.parametrize("name", sorted(ZONE_HOURS))
def test_every_named_zone_means_its_hours(name: str) -> None:
    read = read_date(f"Tue, 05 Mar 2024 12:00:00 {name}")
    assert read is not None
    assert read.at == NINE_TOKYO + timedelta(hours=12 - ZONE_HOURS[name])


def test_publication_is_not_in_the_future_and_not_before_1970() -> None:
    seen = NINE_TOKYO
    past, future = read_date("2024-03-04T00:00:00Z"), read_date("2024-03-06T00:00:00Z")
    assert clamp_published(past, seen) == past
    clamped = clamp_published(future, seen)
    assert clamped is not None
    assert (clamped.at, clamped.rule) == (seen, "iso8601+clamped")
    assert clamp_published(read_date("1969-12-31T23:59:59Z"), seen) is None
    assert clamp_published(read_date("0001-01-01T00:00:00Z"), seen) is None
    assert clamp_published(None, seen) is None


pieces = st.lists(
    st.sampled_from(
        [
            "2024",
            "24:00",
            "Mar",
            "Tue,",
            "GMT+9",
            "-",
            "+0900",
            "年",
            "月",
            "日",
            "午後",
            "5",
            "T",
            ":",
            "99",
            "令和",
            "元",
            "mars",
            "ET",
            "Etc/GMT+9",
            "/Date(",
            "9" * 16,
            "오전",
            "٣",
            "09h05",
            "23:59:60",
            "05.03.2024",
        ]
    )
    | st.text(max_size=4),
    max_size=12,
)


@settings(deadline=None)  # the first string in words loads dateparser's tables
@given(pieces.map(" ".join) | pieces.map("".join) | st.text(), st.none() | st.text(max_size=9))
def test_no_string_makes_it_raise(raw: str, zone: str | None) -> None:
    read = read_date(raw, time_zone=zone)
    assert read is None or read.at.tzinfo is UTC


@given(st.datetimes(min_value=datetime(1970, 1, 1), timezones=st.timezones()))  # noqa: DTZ001
def test_what_we_write_we_read(moment: datetime) -> None:
    read = read_date(moment.isoformat())
    if moment.utcoffset() is not None and 1970 < moment.year < 9999:
        assert read is not None
        assert read.at == moment.astimezone(UTC)
