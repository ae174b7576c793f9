"""Countries by ISO 3166-1 alpha-2 code, and the one that a domain's ending stands for."""

from __future__ import annotations

from typing import Final

COUNTRIES: Final = frozenset(
    {
        "AD", "AE", "AF", "AG", "AI", "AL", "AM", "AO", "AQ", "AR", "AS", "AT", "AU", "AW", "AX",
        "AZ", "BA", "BB", "BD", "BE", "BF", "BG", "BH", "BI", "BJ", "BL", "BM", "BN", "BO", "BQ",
        "BR", "BS", "BT", "BV", "BW", "BY", "BZ", "CA", "CC", "CD", "CF", "CG", "CH", "CI", "CK",
        "CL", "CM", "CN", "CO", "CR", "CU", "CV", "CW", "CX", "CY", "CZ", "DE", "DJ", "DK", "DM",
        "DO", "DZ", "EC", "EE", "EG", "EH", "ER", "ES", "ET", "FI", "FJ", "FK", "FM", "FO", "FR",
        "GA", "GB", "GD", "GE", "GF", "GG", "GH", "GI", "GL", "GM", "GN", "GP", "GQ", "GR", "GS",
        "GT", "GU", "GW", "GY", "HK", "HM", "HN", "HR", "HT", "HU", "ID", "IE", "IL", "IM", "IN",
        "IO", "IQ", "IR", "IS", "IT", "JE", "JM", "JO", "JP", "KE", "KG", "KH", "KI", "KM", "KN",
        "KP", "KR", "KW", "KY", "KZ", "LA", "LB", "LC", "LI", "LK", "LR", "LS", "LT", "LU", "LV",
        "LY", "MA", "MC", "MD", "ME", "MF", "MG", "MH", "MK", "ML", "MM", "MN", "MO", "MP", "MQ",
        "MR", "MS", "MT", "MU", "MV", "MW", "MX", "MY", "MZ", "NA", "NC", "NE", "NF", "NG", "NI",
        "NL", "NO", "NP", "NR", "NU", "NZ", "OM", "PA", "PE", "PF", "PG", "PH", "PK", "PL", "PM",
        "PN", "PR", "PS", "PT", "PW", "PY", "QA", "RE", "RO", "RS", "RU", "RW", "SA", "SB", "SC",
        "SD", "SE", "SG", "SH", "SI", "SJ", "SK", "SL", "SM", "SN", "SO", "SR", "SS", "ST", "SV",
        "SX", "SY", "SZ", "TC", "TD", "TF", "TG", "TH", "TJ", "TK", "TL", "TM", "TN", "TO", "TR",
        "TT", "TV", "TW", "TZ", "UA", "UG", "UM", "US", "UY", "UZ", "VA", "VC", "VE", "VG", "VI",
        "VN", "VU", "WF", "WS", "YE", "YT", "ZA", "ZM", "ZW",
    }
)  # fmt: skip
"""Every code that is assigned (ISO 3166-1)."""

SOLD_EVERYWHERE: Final = frozenset(
    {
        "ac", "ag", "ai", "as", "bz", "cc", "cf", "co", "cx", "dj", "fm", "ga", "gd", "gg", "gl",
        "gq", "gs", "im", "io", "la", "lc", "ly", "me", "ml", "ms", "nu", "pw", "sc", "sh", "st",
        "tf", "tk", "to", "tv", "vc", "vg", "ws",
    }
)  # fmt: skip
"""Endings of a country that are sold to anybody for what they seem to say: they tell nothing."""

_IN_OTHER_SCRIPTS: Final = {
    "한국": "KR", "বাংলা": "BD", "срб": "RS", "бел": "BY", "мкд": "MK", "中国": "CN", "中國": "CN",
    "भारत": "IN", "укр": "UA", "香港": "HK", "台湾": "TW", "台灣": "TW", "мон": "MN",
    "امارات": "AE", "السعودية": "SA", "გე": "GE", "ไทย": "TH", "рф": "RU", "ελ": "GR",
    "مصر": "EG", "հայ": "AM", "新加坡": "SG", "қаз": "KZ", "ایران": "IR", "المغرب": "MA",
    "الجزائر": "DZ", "الاردن": "JO", "تونس": "TN", "இலங்கை": "LK", "ලංකා": "LK",
}  # fmt: skip

_OTHER_ENDINGS: Final = {
    "uk": "GB",
    **{name.encode("idna").decode(): country for name, country in _IN_OTHER_SCRIPTS.items()},
}


def normalize_country(code: str) -> str | None:
    """The code in capitals; None if it is not assigned ("UK": the United Kingdom is GB)."""
    country = code.strip().upper()
    return country if country in COUNTRIES else None


def country_of_domain(domain: str) -> str | None:
    """The country whose top-level domain this domain (in punycode) is in.

    None for generic ones, the EU's, those SOLD_EVERYWHERE, IP addresses and bare names.
    """
    name, _, ending = domain.lower().rstrip(".").rpartition(".")
    if not name or ending in SOLD_EVERYWHERE:
        return None
    if ending in _OTHER_ENDINGS:
        return _OTHER_ENDINGS[ending]
    return normalize_country(ending)
