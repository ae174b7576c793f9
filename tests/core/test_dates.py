"""Dates as feeds write them: the instant, the rule that read it, the zone that was meant."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from time import strptime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.core.normal.dates import MAX_DATE_CHARS, clamp_published, read_date
from app.core.normal.orders import DateOrder, date_order
from app.core.normal.zones import ZONE_HOURS

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
        ("5 березня 2024 02:00 +0200", "localized"),
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


@pytest.mark.parametrize(
    ("raw", "rule"),
    [
        ("28 Juli 2022 WIB", "localized"),
        ("Kamis, 28 Juli 2022 00.00 WIB", "localized"),
        ("Kamis, 28 Jul 2022 | 00:00 WIB", "localized"),
        ("28 Julai 2022 12:00 pagi +0700", "localized"),
        ("Thứ Năm, 28/7/2022, 00:00 (GMT+7)", "localized"),
        ("28 tháng 7 năm 2022 00:00 +07:00", "localized"),
        ("ngày 28 tháng bảy năm 2022 lúc 0h00 (+0700)", "localized"),
        ("28 กรกฎาคม 2565 00:00 น. (GMT+7)", "localized"),
        ("วันพฤหัสบดีที่ 28 ก.ค. พ.ศ. 2565 เวลา 00.00 น. (ICT)", "localized"),
        ("๒๘ กรกฎาคม ๒๕๖๕ (ICT)", "localized"),
        ("28/07/2565 00:00 ICT", "dateutil"),
        ("२८ जुलाई 2022 00:00 +0700", "localized"),
        ("২৮ জুলাই ২০২২ ০০:০০ +0700", "localized"),
        ("۶ مرداد ۱۴۰۱ ساعت ۰۰:۰۰ (GMT+7)", "localized"),
        ("6 مرداد 1401 00:00 +0700", "iso8601"),
        ("1401/05/06 00:00 +0700", "iso8601"),
        ("28 تموز 2022 00:00 +0700", "localized"),
        ("чт, 28 лип 2022 00:00 +0700", "localized"),
        ("28 липня 2022 року о 00:00 +0700", "localized"),
        ("28 Temmuz 2022 Perşembe, 00:00 +0700", "localized"),
        ("28 Ιουλίου 2022, 12:00 π.μ. +0700", "localized"),
        ("28 lipca 2022 r., godz. 00:00 +0700", "localized"),
        ("28. července 2022 v 00.00 hodin +0700", "localized"),
        ("2022. július 28., csütörtök 00:00 +0700", "localized"),
        ("donderdag 28 juli 2022 om 00.00 uur +0700", "localized"),
        ("torsdag den 28. juli 2022 kl. 00.00 +0700", "localized"),
        ("28. heinäkuuta 2022 klo 00.00 +0700", "localized"),
        ("to 28.7.2022 klo 00.00 +0700", "localized"),
        ("28 de julho de 2022 às 00h00 +0700", "localized"),
        ("giovedì 28 luglio 2022 ore 00.00 +0700", "localized"),
        ("28 iulie 2022, ora 00:00 +0700", "localized"),
        ("2022 m. liepos 28 d. 00:00 +0700", "localized"),
        ("28 ביולי 2022 00:00 +0700", "localized"),
    ],
)
def test_dates_of_many_languages_and_calendars(raw: str, rule: str) -> None:
    read = read_date(raw, time_zone="America/Lima")
    assert read is not None
    assert read.at == datetime(2022, 7, 27, 17, tzinfo=UTC)
    assert read.rule == rule


def test_every_month_is_known_by_its_short_and_long_names() -> None:
    for form, names in json.loads(
        files("app.core.vocab").joinpath("date_words.json").read_text("utf-8")
    )["months"].items():
        month = strptime(form, "%b").tm_mon
        for name in names:
            read = read_date(f"17 {name} 2022 10:30 +0000")
            assert read is not None, name
            assert read.at == datetime(2022, month, 17, 10, 30, tzinfo=UTC), name


@pytest.mark.parametrize(
    ("days", "first"),
    [
        ("1 فروردین 1403", (2024, 3, 20)),
        ("1 فروردین 1400", (2021, 3, 21)),
        ("30 اسفند 1399", (2021, 3, 20)),
        ("30 اسفند 1408", (2030, 3, 20)),
        ("31 شهریور 1402", (2023, 9, 22)),
        ("1 مهر 1402", (2023, 9, 23)),
    ],
)
def test_the_solar_hijri_calendar(days: str, first: tuple[int, int, int]) -> None:
    read = read_date(days)
    assert read is not None
    assert read.at == datetime(*first, tzinfo=UTC)


@pytest.mark.parametrize(
    ("raw", "day", "rule"),
    [
        ("03/05/2024", (2024, 3, 5), "iso8601+mdy+utc"),
        ("03-05-2024", (2024, 5, 3), "iso8601+dmy+utc"),
        ("03.05.2024", (2024, 5, 3), "iso8601+utc"),
        ("28/07/2022", (2022, 7, 28), "iso8601+utc"),
        ("07/28/2022", (2022, 7, 28), "iso8601+utc"),
        ("24-03-05", (2024, 3, 5), "iso8601+ymd+utc"),
        ("05-03-24", (2024, 3, 5), "iso8601+dmy+utc"),
        ("31-12-99", (1999, 12, 31), "iso8601+utc"),
        ("24.03.05", (2005, 3, 24), "iso8601+dmy+utc"),
        ("3/3/2024", (2024, 3, 3), "iso8601+utc"),
        ("05/03/24 09:00", (2024, 5, 3), "iso8601+mdy+utc"),
    ],
)
def test_dates_in_numbers_and_how_their_order_was_taken(
    raw: str, day: tuple[int, int, int], rule: str
) -> None:
    read = read_date(raw)
    assert read is not None
    assert (read.at.year, read.at.month, read.at.day) == day
    assert read.rule == rule


@pytest.mark.parametrize(
    ("raws", "language", "order"),
    [
        (["05/03/2024", "06/03/2024"], "en", "dmy"),
        (["03/05/2024", "03/06/2024"], "de", "mdy"),
        (["25-12-23", "24-12-23", "23-12-23"], None, "dmy"),
        (["23-12-25", "23-12-24"], "nl", "ymd"),
        (["24.03.05", "24.03.06"], "de", "ymd"),
        (["05/03/2024", "28/03/2024"], None, "dmy"),
        (["05/03/2024"], "en", None),
        (["05/03/2024"], "en-US", "mdy"),
        (["05/03/2024"], "en-gb", "dmy"),
        (["05/03/2024"], "fr", "dmy"),
        (["24.03.05"], "ko", "ymd"),
        (["05/03/2024"], None, None),
        (["2024-03-05", "Tue, 05 Mar 2024 09:00:00 GMT", None, "x"], "fr", None),
        (["05/28/2024", "28/05/2024"], None, None),
    ],
)
def test_the_order_that_a_document_has(
    raws: list[str | None], language: str | None, order: str | None
) -> None:
    assert date_order(raws, language) == order


def test_dates_are_read_in_the_documents_order() -> None:
    for order, day in (("dmy", (2024, 3, 5)), ("mdy", (2024, 5, 3)), ("ymd", (2024, 5, 3))):
        read = read_date("05/03/2024", order=DateOrder(order))
        assert read is not None
        assert (read.at.year, read.at.month, read.at.day) == day


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
        "31 اسفند 1402",
        "1402/13/01",
        "32/13/2024",
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
            "24-03-05",
            "1403/01/31",
            "อ 2565",
            "tháng 7",
            "14.30",
            "(GMT+7)",
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
    if moment.utcoffset() is not None and 1970 < moment.year < 2450:  # then Buddhist years
        assert read is not None
        assert read.at == moment.astimezone(UTC)
