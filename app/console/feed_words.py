"""What a feed's troubles mean and what to do, in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

ADVICE: Final[Mapping[str, str]] = {
    "dns": "The host's name is not known. If the site has moved, give the feed its new address "
    "under Settings; if other feeds fail so too, look at the resolver of this machine.",
    "blocked": "The address may not be asked from here. If it is a host of your own network, allow "
    "it by COPYDESK_ALLOW_PRIVATE_NETWORKS.",
    "connect": "Its server does not take connections. It is tried again by itself; after days, "
    "look whether the site has moved.",
    "tls": "Its certificate is not valid. The site has to mend that; it is tried again by itself.",
    "timeout": "Its server is too slow. It is tried again by itself.",
    "protocol": "Its server breaks off or answers no HTTP. It is tried again by itself.",
    "encoding": "Its body cannot be decompressed. The site has to mend that.",
    "too_large": "Its body is larger than is read: raise COPYDESK_MAX_BODY_BYTES if it is to be.",
    "redirect": "It is sent in a circle or nowhere. Look in a browser where the feed is now, and "
    "give the new address under Settings.",
    "unauthorized": "Its server wants credentials, or refuses this one: set them under Settings.",
    "not_found": "There is nothing at its address. Search the site for its feed (Add feeds) and "
    "give the new address under Settings, which keeps all that the feed has brought.",
    "gone": "Its server says that it is gone for good. Remove it, or give it another address.",
    "rate_limited": "Its server wants fewer requests: the host backs off by itself. Set a longer "
    "shortest interval if that goes on.",
    "http_client": "Its server refuses the request. Look at the document in a browser; "
    "COPYDESK_CONTACT lets publishers write to you.",
    "http_server": "Its server has a fault. It is tried again by itself.",
    "http_unexpected": "Its server answers without a document. It is tried again by itself.",
    "empty": "Its document is empty. It is tried again by itself.",
    "html_page": "There is a page in the feed's place, often since a site was rebuilt. The feeds "
    "that it names, if any, are listed here; give the right one as the new address under Settings.",
    "not_a_feed": "What is there is no feed. Search the site for its feed (Add feeds).",
    "not_xml": "Its document is broken beyond reading. The site has to mend that.",
    "truncated": "Its document ends in the middle. It is tried again by itself.",
    "parse_timeout": "Its document takes too long to read. Look at it under Document.",
    "parse_crashed": "Reading its document killed the process that read it. Look at it under "
    "Document, and report it.",
    "abandoned": "Several polls in a row ended without a result, so it is polled no more. Look at "
    "its document, then release it.",
    "internal": "A fault of this service, which the log tells. It is tried again by itself.",
}

OUTCOMES: Final[Mapping[str, tuple[str, str]]] = {
    "new": ("new stories", "ok"),
    "changed": ("revisions", "ok"),
    "unchanged": ("nothing new", "quiet"),
    "same_body": ("same document", "quiet"),
    "not_modified": ("not modified", "quiet"),
    "failed": ("failed", "bad"),
    "replayed": ("read again", "note"),
}
"""What became of a poll, in words, and its colour."""


def advice(feed: Mapping[str, Any]) -> str | None:
    """What to do about a feed's health; None where there is nothing to do."""
    match feed["health"]:
        case "quarantined":
            return ADVICE["abandoned"]
        case "gone" | "failing":
            return ADVICE.get(feed["failure"] or "")
        case "silent":
            return (
                "It answers, and has been quiet for longer than it ever is. Look whether its site "
                "has news that the feed has not: feeds are abandoned without a word."
            )
        case "paused":
            return "It is polled no more until it is resumed."
        case "new":
            return "It has not been polled yet; that takes seconds where polling runs."
        case _:
            return None


def told(row: Mapping[str, Any]) -> str:
    """A row of the ledger in one line."""
    if row["outcome"] == "failed":
        return f"failed ({row['failure']}): {row['detail'] or 'no more is known'}"
    news = [
        f"{count} {one if count == 1 else many}"
        for count, one, many in (
            (row["new"], "new story", "new stories"),
            (row["changed"], "revision", "revisions"),
        )
        if count
    ]
    what = " and ".join(news) or OUTCOMES[row["outcome"]][0]
    return f"{what}, {row['entries']} entries read in {row['elapsed_ms']} ms"
