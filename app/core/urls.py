"""Addresses: absolute, canonical, and whose they are. Parsing is the URL Standard's (WHATWG)."""

from __future__ import annotations

import ipaddress
import re
from urllib.parse import urlsplit

import can_ada
import tldextract

MAX_URL_CHARS = 4096

TRACKING_PREFIXES = (
    "utm_",  # Google Analytics campaigns
    "at_",  # AT Internet / Piano: at_medium, at_campaign …
    "mc_",  # Mailchimp: mc_cid, mc_eid
    "pk_",  # Matomo (Piwik)
    "mtm_",  # Matomo
    "matomo_",
    "hsa_",  # HubSpot ads
    "_hs",  # HubSpot: _hsenc, _hsmi
    "oly_",  # Omeda
    "vero_",
    "ns_",  # comScore: ns_mchannel, ns_source, ns_campaign …
    "wt_",  # Webtrekk: wt_mc, wt_zmc
    "stm_",
)
TRACKING_NAMES = frozenset(
    {
        "fbclid",  # Facebook
        "gclid",  # Google Ads, with its successors
        "gbraid",
        "wbraid",
        "dclid",
        "gclsrc",
        "_ga",
        "_gl",
        "msclkid",  # Microsoft
        "twclid",  # X
        "ttclid",  # TikTok
        "igshid",  # Instagram
        "igsh",
        "li_fat_id",  # LinkedIn
        "epik",  # Pinterest
        "yclid",  # Yandex
        "ysclid",
        "wickedid",
        "mkt_tok",  # Marketo
        "cmpid",
        "ito",  # Daily Mail
        "cmp",
        "xtor",  # AT Internet
        "ncid",
        "soc_src",
        "soc_trk",
        "guccounter",  # Yahoo
        "guce_referrer",
        "guce_referrer_sig",
        "smid",  # New York Times
        "ocid",  # MSN, BBC
        "traffic_source",
        "__twitter_impression",
        "amp_js_v",
        "usqp",
        "wprov",  # Wikimedia
        "sref",
        "sh",  # Forbes
    }
)
FEED_NAMES = frozenset({"ref", "source", "src", "from", "partner", "via", "emc", "origin", "feed"})
FEED_VALUES = frozenset({"rss", "rss2", "feed", "feeds", "atom", "rssfeed", "rss_feed", "rss-feed"})
AMP_PARAMETERS = frozenset({"amp", "amp=", "amp=1", "amp=true", "outputtype=amp"})

_CREDENTIALS = re.compile(r"^\s*(https?:)[/\\]*[^/\\?#]*@", re.IGNORECASE)
_SURROGATE = re.compile("[\ud800-\udfff]")
_SPACES = ("%20", "%09", "%0A", "%0D", "%00", "%C2%A0", "%E3%80%80", "%E2%80%8B")
_ESCAPE = re.compile("%[0-9a-fA-F]{2}")
_AMP_CACHE = re.compile(r"^/(?:[civwr]/)?(?:(s)/)?([^/]+\.[^/]+/.*)$")
_AMP_ENDING = re.compile(r"(?<=[^/])(?:(?<!/amp)(?:/amp)+(/?)|(?:\.amp)+(\.html))$")
_DOMAINS = tldextract.TLDExtract(
    suffix_list_urls=(), cache_dir=None, include_psl_private_domains=True
)


def canonical_url(url: str, base: str | None = None) -> str | None:
    """The one spelling of an http(s) address, for telling stories apart; None if it is not one.

    Host lower-case and punycode, no default port, credentials, fragment (but `#!` routes),
    tracking parameter, empty parameter or trailing space; other parameters stay in order, and
    the scheme as it is. AMP caches give the page that they hold, AMP paths and parameters the
    page that they vary. canonical_url(canonical_url(x)) == canonical_url(x).
    """
    parsed = _parse(url, base)
    while parsed is not None:
        spelled = _spell(parsed)
        inner = _amp_original(spelled)
        if inner is None:
            return spelled if len(spelled) <= MAX_URL_CHARS else None
        parsed = _parse(inner, None)
    return None


def absolute_url(url: str, base: str | None) -> str | None:
    """The address resolved against `base` and otherwise as it is; None if not http(s)."""
    parsed = _parse(url, base)
    return parsed.href if parsed is not None and len(parsed.href) <= MAX_URL_CHARS else None


def without_credentials(url: str) -> str:
    """The address without user name and password (RFC 3986 §3.2.1), for logs and ledgers.

    Any text is taken; one that holds none, or is no http(s) address, comes back as it is.
    """
    return _CREDENTIALS.sub(r"\1//", url)


def host_of(url: str) -> str | None:
    """The lower-case punycode host without port or brackets; None if the URL is not http(s)."""
    parsed = _parse(url, None)
    return parsed.hostname.strip("[]").rstrip(".") or None if parsed is not None else None


def origin_of(url: str) -> str | None:
    """Scheme, host and port, the latter where it is not the scheme's own (RFC 6454 §6.2)."""
    parsed = _parse(url, None)
    return parsed.origin if parsed is not None else None


def registrable_domain(url_or_host: str) -> str | None:
    """The domain that somebody registered ("news.example.co.uk" → "example.co.uk").

    Private suffixes count (two blogs of one host are two sites). An IP address, a name without
    a public suffix and a suffix itself stand for themselves.
    """
    host = host_of(url_or_host if "://" in url_or_host else _as_url(url_or_host))
    if host is None:
        return None
    return _DOMAINS(host).top_domain_under_public_suffix or host


def _as_url(host: str) -> str:
    bare_v6 = host.count(":") > 1 and not host.startswith("[")
    return f"http://[{host}]/" if bare_v6 else f"http://{host}/"


def _parse(url: str, base: str | None) -> can_ada.URL | None:
    """None unless the outcome is http or https with a host."""
    if len(url) > MAX_URL_CHARS or _SURROGATE.search(url):
        return None
    try:
        parsed = can_ada.parse(base) + url if base else can_ada.parse(url)
    except (ValueError, TypeError):  # TypeError: a base with lone surrogates
        return _parse(url, None) if base else None
    return parsed if parsed.protocol in ("http:", "https:") and parsed.hostname else None


def _spell(parsed: can_ada.URL) -> str:
    host = parsed.hostname.rstrip(".")
    port = f":{parsed.port}" if parsed.port else ""
    path = _without_trailing_space(_upper_escapes(parsed.pathname))
    query = _kept_query(_upper_escapes(parsed.search)[1:])
    route = parsed.hash if parsed.hash.startswith("#!") else ""
    return f"{parsed.protocol}//{host}{port}{path or '/'}{query}{route}"


def _upper_escapes(text: str) -> str:
    return _ESCAPE.sub(lambda found: found[0].upper(), text) if "%" in text else text


def _without_trailing_space(text: str) -> str:
    while text.endswith(_SPACES):
        text = next(text.removesuffix(space) for space in _SPACES if text.endswith(space))
    return text


def _kept_query(query: str) -> str:
    parts = (_without_trailing_space(part) for part in query.split("&"))
    kept = [part for part in parts if part and not _is_tracking(part)]
    return f"?{'&'.join(kept)}" if kept else ""


def _is_tracking(parameter: str) -> bool:
    folded = parameter.lower()
    name, _, value = folded.partition("=")
    return (
        name in TRACKING_NAMES
        or name.startswith(TRACKING_PREFIXES)
        or (name in FEED_NAMES and value in FEED_VALUES)
        or folded in AMP_PARAMETERS
    )


def _amp_original(url: str) -> str | None:
    """The address of the page that an AMP address stands for; None where it is not one."""
    scheme, _, rest = url.partition("://")
    host, _, path = rest.partition("/")
    if host.endswith(".cdn.ampproject.org"):
        return _inside(f"/{path}")
    if host.startswith("www.google.") and path.startswith("amp/"):
        return _inside(path.removeprefix("amp"))
    bare, mark, query = path.partition("?")
    plain = _AMP_ENDING.sub(lambda found: found[1] or found[2] or "", bare)
    return None if plain == bare else f"{scheme}://{host}/{plain}{mark}{query}"


def _inside(path: str) -> str | None:
    found = _AMP_CACHE.match(path)
    return f"http{found[1] or ''}://{found[2]}" if found else None


def base_address(url: str) -> str:
    """An address that paths can be added to: http(s), with a host and no more but a path."""
    parts = urlsplit(url)
    odd = parts.query or parts.fragment or "@" in parts.netloc or not url.isascii()
    if parts.scheme not in ("http", "https") or not parts.hostname or odd or " " in url:
        raise ValueError("an http:// or https:// address without credentials, query or fragment")
    return url.rstrip("/")


def is_loopback(host: str) -> bool:
    """Whether a host, by name or address, is this machine alone."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False
