"""What a page says: its text, its charset, its facts."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.core.normal.blocks import read_blocks
from app.core.page.facts import facts_of, read_declared
from app.core.page.read import read_page
from app.core.page.tree import decode_page, parse_page
from app.core.page.types import Page, PageFacts, PageRefused
from tests.article_pages import PARAGRAPHS, article

URL = "https://news.example/2026/11/ferry"


def page(markup: str, **given: Any) -> Page:
    read = read_page(markup.encode(), content_type="text/html", url=URL, **given)
    assert isinstance(read, Page), read
    return read


def facts(markup: str) -> PageFacts:
    tree = parse_page(markup)
    assert tree is not None
    return facts_of(tree, read_declared(tree), URL)


def head(*elements: str) -> PageFacts:
    return facts(f"<html><head>{''.join(elements)}</head><body><p>x</p></body></html>")


def linked(data: object) -> str:
    said = data if isinstance(data, str) else json.dumps(data)
    return f'<script type="application/ld+json">{said}</script>'


def test_the_article_and_nothing_around_it():
    read = read_blocks(page(article()).html, is_html=True)
    assert [block.text for block in read.blocks] == list(PARAGRAPHS)


def test_a_heading_that_is_not_the_pages_headline_stays():
    told = page(article(before="<h2>What is known</h2>")).html
    assert read_blocks(told, is_html=True).blocks[0].text == "What is known"


def test_the_publishers_own_text_where_it_is_much_fuller():
    body = "\n\n".join(PARAGRAPHS)
    shown = article(
        "Pictures from the quay, where the first passengers went on board this morning.",
        facts={"articleBody": body},
    )
    read = page(shown)
    assert read.source == "articleBody"
    assert [b.text for b in read_blocks(read.html, is_html=True).blocks] == list(PARAGRAPHS)
    as_html = "".join(f"<p>{paragraph}</p>" for paragraph in PARAGRAPHS)
    assert page(article("Pictures.", facts={"articleBody": as_html})).html == as_html
    assert page(article(facts={"articleBody": body})).source == "extracted"


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        ("<p>café", "text/html; charset=latin-1"),
        ("<p>café", 'text/html; charset="ISO-8859-1"'),
        ('<meta charset="windows-1252"><p>café', "text/html"),
        ('<meta charset="windows-1252"><p>café', "text/html; charset=no-such-charset"),
    ],
)
def test_the_charset_is_the_headers_else_the_markups(body: str, content_type: str):
    markup = decode_page(body.encode("latin-1"), content_type)
    assert isinstance(markup, str)
    assert "café" in markup


def test_the_charset_is_guessed_where_nobody_says():
    assert "フェリー" in str(decode_page("<p>フェリーが再開した。</p>".encode() * 20, "text/html"))


def test_a_charset_that_does_not_fit_the_bytes_is_not_believed():
    assert "café" in str(decode_page("<p>café".encode("latin-1"), "text/html; charset=utf-8"))


def test_a_page_without_an_element_is_refused():
    refused = read_page(b"<!-- -->", content_type="text/html", url=URL)
    assert isinstance(refused, PageRefused)


# --- facts ------------------------------------------------------------------------------------


def test_structured_data_is_believed_first():
    told = facts(
        article(
            head='<meta property="og:title" content="Other"><meta name="author" content="Nobody">'
            '<meta property="article:published_time" content="1999-01-01T00:00:00Z">',
            facts={
                "headline": "Ferry &amp; harbour",
                "author": [{"@type": "Person", "name": "Ida Holm"}, {"name": "Jon Vik"}],
                "datePublished": "2026-11-24T08:00:00+01:00",
                "dateModified": "2026-11-24T09:00:00+01:00",
                "inLanguage": "en-GB",
                "image": [{"@type": "ImageObject", "url": "/ferry.jpg"}],
            },
        )
    )
    assert told == PageFacts(
        title="Ferry & harbour",
        authors=("Ida Holm", "Jon Vik"),
        published_raw="2026-11-24T08:00:00+01:00",
        updated_raw="2026-11-24T09:00:00+01:00",
        language="en-GB",
        canonical_url=None,
        image_url="https://news.example/ferry.jpg",
    )


def test_meta_elements_and_what_is_shown_come_after():
    told = facts(
        '<html lang="nl"><head><link rel="canonical" href="/ferry">'
        '<meta name="author" content="https://social.example/ida">'
        '<meta property="og:image" content="https://news.example/f.jpg"></head><body>'
        '<h1>Veerboot <b>vaart</b></h1><a rel="author" href="/ida">Ida Holm</a>'
        '<time>gisteren</time><time datetime=" 2026-11-24 ">24 november</time></body></html>'
    )
    assert told == PageFacts(
        title="Veerboot vaart",
        authors=("Ida Holm",),
        published_raw="2026-11-24",
        language="nl",
        canonical_url="https://news.example/ferry",
        image_url="https://news.example/f.jpg",
    )


@pytest.mark.parametrize(
    ("element", "field", "value"),
    [
        ("<title>Ferry</title>", "title", "Ferry"),
        ('<meta name="twitter:title" content="Ferry">', "title", "Ferry"),
        ('<meta name="pubdate" content="2026-11-24">', "published_raw", "2026-11-24"),
        ('<meta itemprop="datePublished" content="2026-11-24">', "published_raw", "2026-11-24"),
        ('<meta property="og:locale" content="fr_FR">', "language", "fr_FR"),
        ('<meta property="og:url" content="/b">', "canonical_url", "https://news.example/b"),
        ('<meta name="dc.creator" content="Ida Holm">', "authors", ("Ida Holm",)),
        ('<meta name="dateModified" content="2026-11-25">', "updated_raw", "2026-11-25"),
        ('<meta name="empty" content=""><meta content="x">', "title", None),
        (linked({"@type": "Article", "image": "a.jpg"}), "image_url", f"{URL[:-5]}a.jpg"),
        (linked({"@type": "Article", "image": ["b.jpg"]}), "image_url", f"{URL[:-5]}b.jpg"),
        (
            linked({"@type": "Article", "image": {"url": ["c.jpg"]}}),
            "image_url",
            f"{URL[:-5]}c.jpg",
        ),
        (linked({"@type": "Article", "headline": {"@value": "F"}}), "title", "F"),
        (linked({"@type": "Article", "headline": 7}), "title", None),
        (linked({"@type": "Article", "author": "Ida Holm"}), "authors", ("Ida Holm",)),
        (linked({"@type": "Article", "creator": ["A", "A", "B"]}), "authors", ("A", "B")),
        (linked({"@type": "Article", "author": {"url": "https://x.example"}}), "authors", ()),
        (linked({"@type": "Article", "author": {"name": "@ida"}}), "authors", ()),
        (linked({"@type": "Article", "author": {"name": "(Photo: A. Bek)"}}), "authors", ()),
    ],
)
def test_a_fact(element: str, field: str, value: object):
    assert getattr(head(element), field) == value


@pytest.mark.parametrize(
    "data",
    [
        {"@graph": [{"@type": "WebPage"}, {"@type": "NewsArticle", "headline": "Ferry"}]},
        [
            {"@type": "Organization"},
            {"@type": ["Thing", "ReportageNewsArticle"], "headline": "Ferry"},
        ],
        {"@type": "WebPage", "mainEntity": {"@type": "Article", "headline": "Ferry"}},
        {"@type": "http://schema.org/NewsArticle", "headline": "Ferry"},
        '{"@type": "NewsArticle",\n"headline": "Ferry", "x": "line\nbreak",}',
        '<!-- {"@type": "NewsArticle", "headline": "Ferry"} -->',
        '//<![CDATA[\n{"@type": "NewsArticle", "headline": "Ferry"}\n//]]>',
        '{"@type": "NewsArticle", "headline": "Ferry"};',
    ],
)
def test_structured_data_in_the_forms_that_pages_have(data: object):
    assert head(linked(data)).title == "Ferry"


def test_the_article_is_the_node_that_says_most():
    nodes = [{"@type": "NewsArticle", "headline": "Related"}] * 2
    own = {"@type": "NewsArticle", "headline": "Ferry", "datePublished": "2026-11-24"}
    assert head(linked([*nodes, own, nodes[0]])).title == "Ferry"


def test_what_is_no_json_is_left_out():
    assert head(linked("{nothing"), "<title>Ferry</title>").title == "Ferry"


def test_deep_and_large_structured_data_is_read_as_far_as_it_goes():
    deep: Any = {"@type": "NewsArticle", "headline": "Ferry"}
    for _ in range(200):
        deep = {"@type": "WebPage", "mainEntity": deep}
    assert head(linked(deep)).title == "Ferry"


# --- whatever comes ---------------------------------------------------------------------------


@settings(deadline=None)  # the first call loads the extraction
@given(st.binary(max_size=400), st.sampled_from([None, "text/html", "text/html; charset=utf-16"]))
def test_no_bytes_make_it_raise(body: bytes, content_type: str | None):
    read_page(b"<html>" + body, content_type=content_type, url=URL)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers(-9, 9) | st.text(max_size=9),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(
                    [
                        "@type",
                        "@graph",
                        "author",
                        "name",
                        "image",
                        "hasPart",
                        "headline",
                        "url",
                        "isAccessibleForFree",
                        "mainEntity",
                        "articleBody",
                        "datePublished",
                        "cssSelector",
                    ]
                ),
                inner,
                max_size=4,
            )
        ),
        max_leaves=12,
    )
)
def test_no_structured_data_makes_it_raise(data: object):
    node = {"@type": "NewsArticle", **data} if isinstance(data, dict) else data
    tree = parse_page(f"<html><body>{linked(node)}<p>x</p></body></html>")
    assert tree is not None
    declared = read_declared(tree)
    assert isinstance(declared.body, str)
    assert declared.paid is None or declared.paid
    assert replace(facts_of(tree, declared, URL), title=None).title is None


def test_a_page_nested_a_hundred_thousand_deep_is_read():
    nested = "<div>" * 100_000 + PARAGRAPHS[0] + "</div>" * 100_000
    read_page(f"<html><body>{nested}</body></html>".encode(), content_type="text/html", url=URL)


def test_only_so_much_of_what_is_shown_is_looked_at():
    lines = "".join(f"<p>Line {n} of a very long page about the harbour.</p>" for n in range(9000))
    read = read_page(
        f"<html><body><article>{lines}</article></body></html>".encode(),
        content_type="text/html",
        url=URL,
    )
    assert isinstance(read, Page)
