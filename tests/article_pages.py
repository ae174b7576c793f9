"""Article pages of our own wording, as publishers build them."""

from __future__ import annotations

import json

PARAGRAPHS = (
    (
        "The ferry between the old harbour and the island sailed again on Tuesday morning "
        "after two weeks in the yard, and the first forty passengers were let on board free "
        "of charge."
    ),
    (
        "Engineers had found cracks in the bow door during a winter inspection. The yard "
        "replaced the hinges and tested the door twice at sea before the harbour office "
        "signed the papers."
    ),
    (
        "Shopkeepers on the island said that the fortnight without a boat had cost them a "
        "good part of their stock, since bread and milk had to be flown in by a small "
        "aircraft every second day."
    ),
    (
        "The operator plans one more trip each evening until the end of the month, so that "
        "everybody who put off a visit can make it before the first storms of the season "
        "arrive."
    ),
)
LEDE = PARAGRAPHS[0]


def article(
    *paragraphs: str,
    title: str = "Ferry sails again after two weeks in the yard",
    head: str = "",
    facts: dict[str, object] | None = None,
    before: str = "",
    after: str = "",
    lang: str = "en",
) -> str:
    """A page with navigation, an article and a footer; `facts` go into its JSON-LD."""
    told = "".join(f"<p>{paragraph}</p>" for paragraph in paragraphs or PARAGRAPHS)
    linked = json.dumps({"@context": "https://schema.org", "@type": "NewsArticle", **(facts or {})})
    script = f'<script type="application/ld+json">{linked}</script>' if facts is not None else ""
    return (
        f'<!DOCTYPE html><html lang="{lang}"><head><meta charset="utf-8">'
        f"<title>{title} | Harbour News</title>{head}{script}</head><body>"
        '<nav><ul><li><a href="/">Home</a></li><li><a href="/sport">Sport</a></li></ul></nav>'
        f"<main><article><h1>{title}</h1>{before}{told}{after}</article></main>"
        "<footer><p>Harbour News, Quay 1</p></footer></body></html>"
    )


def wall(title: str, *lines: str, head: str = "") -> str:
    """A page that stands where an article was asked for."""
    said = "".join(f"<p>{line}</p>" for line in lines)
    return (
        f"<!DOCTYPE html><html><head><title>{title}</title>{head}</head>"
        f"<body><div>{said}</div></body></html>"
    )
