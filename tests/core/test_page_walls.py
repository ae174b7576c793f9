"""Walls are no text; articles that speak of walls are."""

from __future__ import annotations

import pytest

from app.core.page.read import read_page
from app.core.page.types import Page, PageRefused, Refusal
from tests.article_pages import PARAGRAPHS, article, wall

URL = "https://news.example/2026/11/ferry"


def refusal(page: str, *, url: str = URL, content_type: str | None = "text/html") -> Refusal | None:
    read = read_page(page.encode(), content_type=content_type, url=url)
    return read.kind if isinstance(read, PageRefused) else None


@pytest.mark.parametrize(
    "facts",
    [
        {"isAccessibleForFree": False},
        {"isAccessibleForFree": "False"},
        {"isAccessibleForFree": "http://schema.org/False"},
        {"isAccessibleForFree": 0},
        {"hasPart": {"isAccessibleForFree": "false", "cssSelector": ".paid"}},
        {"hasPart": [{"isAccessibleForFree": True}, {"isAccessibleForFree": False}]},
    ],
)
def test_what_is_declared_to_be_paid_for_is_not_taken(facts: dict[str, object]):
    assert refusal(article(facts=facts)) is Refusal.PAYWALL


@pytest.mark.parametrize(
    ("tier", "refused"), [("locked", Refusal.PAYWALL), ("metered", None), ("free", None)]
)
def test_content_tier(tier: str, refused: Refusal | None):
    head = f'<meta property="article:content_tier" content="{tier}">'
    assert refusal(article(head=head)) is refused


@pytest.mark.parametrize("free", [True, "True", 1, None])
def test_what_is_declared_to_be_free_is_taken(free: object):
    assert refusal(article(facts={"isAccessibleForFree": free})) is None


@pytest.mark.parametrize(
    "line",
    [
        "This article is for subscribers only.",
        "Subscribe to continue reading",
        "You have reached your limit of free articles.",
        "Sign up to read the full story",
        "Dieser Artikel ist nur für unsere Abonnenten lesbar.",
        "Jetzt weiterlesen mit dem Hafen-Abo",
        "Il vous reste 72.5% de cet article à lire.",
        "Cet article est réservé aux abonnés.",
        "Suscríbete para seguir leyendo",
        "Contenido exclusivo para suscriptores",
        "Questo articolo è riservato agli abbonati",
        "Conteúdo exclusivo para assinantes",
        "Dit artikel is alleen voor abonnees",
        "Материал доступен только подписчикам",
        "この記事は有料会員限定です",
        "残り1234文字",
        "이 기사는 유료 구독자 전용 콘텐츠입니다",
        "本文为付费内容",
        "هذا المقال متاح للمشتركين فقط",
    ],
)
def test_a_teaser_before_a_paywall_is_no_text(line: str):
    page = article(*PARAGRAPHS[:2], after=f'<div class="offer">{line}</div>')
    assert refusal(page) is Refusal.PAYWALL


def test_a_japanese_teaser_may_have_several_hundred_characters():
    told = [
        f"港と島を結ぶ第{n}連絡船は{n}週間の修理を終え、火曜の朝に{n * 7}人を乗せて再開した。"
        "島の商店主らは船のない間、パンや牛乳を小型機で運ばなければならなかったと話している。"
        for n in range(1, 9)
    ]
    assert refusal(article(*told, lang="ja")) is None
    assert refusal(article(*told, after="<p>残り1,234文字</p>", lang="ja")) is Refusal.PAYWALL


def test_a_long_article_that_quotes_a_paywall_is_one():
    told = [
        f"Publisher {n} in street {n} wrote above its stories: subscribe to continue reading. "
        "Readers there told our reporter that they went to the library instead on most days."
        for n in range(20)
    ]
    assert refusal(article(*told)) is None


@pytest.mark.parametrize(
    "page",
    [
        wall("Just a moment...", "Enable JavaScript and cookies to continue"),
        wall("Access Denied", "You don't have permission to access this server.", "Reference 18"),
        wall("news.example", "Checking your browser before accessing news.example."),
        wall("news.example", "Bitte aktivieren Sie JavaScript, um fortzufahren."),
        wall("news.example", "ロボットではないことを確認してください"),
        wall("news.example", "", head="<script>window._cf_chl_opt={}</script>"),
        wall("", "", head='<script src="https://ct.captcha-delivery.com/c.js"></script>'),
    ],
)
def test_bot_checks(page: str):
    assert refusal(page) is Refusal.BOT_CHECK


@pytest.mark.parametrize(
    ("page", "url"),
    [
        (wall("Before you continue", "We use cookies.", "Accept all"), URL),
        (wall("news.example", "We value your privacy", "Agree", "More options"), URL),
        (wall("news.example", "Mit Werbung weiterlesen", "Zum Abo"), URL),
        (wall("news.example", "Continuer sans accepter", "Accepter et fermer"), URL),
        (wall("news.example", *PARAGRAPHS), "https://consent.news.example/v2?next=1"),
        (wall("news.example", *PARAGRAPHS), "https://news.example/cookiewall?to=2"),
    ],
)
def test_consent_pages(page: str, url: str):
    assert refusal(page, url=url) is Refusal.CONSENT


@pytest.mark.parametrize(
    ("page", "url"),
    [
        (wall("Log in | Harbour News", "E-mail", "Password"), URL),
        (wall("ログイン", "メールアドレス"), URL),
        (wall("news.example", "Please log in to continue"), URL),
        (wall("Harbour", *PARAGRAPHS), "https://news.example/login?return=/a"),
        (wall("Harbour", *PARAGRAPHS), "https://sso.news.example/x"),
    ],
)
def test_login_pages(page: str, url: str):
    assert refusal(page, url=url) is Refusal.LOGIN


@pytest.mark.parametrize(
    "page",
    [
        wall("404 - Harbour News", "There is nothing here."),
        wall("Page not found | Harbour News", "Try the search."),
        wall("Seite nicht gefunden", "Bitte suchen Sie."),
        wall("Harbour", "The page you are looking for no longer exists."),
        wall("港ニュース", "お探しのページは見つかりません"),
    ],
)
def test_pages_that_say_there_is_nothing(page: str):
    assert refusal(page) is Refusal.ERROR_PAGE


def test_an_article_with_a_cookie_banner_and_a_log_in_link_is_one():
    after = (
        "<div>We use cookies and similar tools, see our policy.</div><a>Log in to your account</a>"
        "<noscript>Please enable JavaScript to continue</noscript>"
        "<script src='/cdn-cgi/challenge-platform/scripts/jsd/main.js'></script>"
    )
    assert refusal(article(after=after)) is None


@pytest.mark.parametrize(
    "url", ["https://news.example/", "https://news.example", "http://news.example/#top"]
)
def test_a_front_page_is_no_article(url: str):
    assert refusal(article(), url=url) is Refusal.NOT_AN_ARTICLE


def test_a_page_behind_a_query_of_the_root_may_be_one():
    assert refusal(article(), url="https://news.example/?p=12") is None


def test_a_list_is_no_article():
    links = [f'<a href="/{n}">{paragraph}</a>' for n, paragraph in enumerate(PARAGRAPHS)]
    assert refusal(article(*links)) is Refusal.NOT_AN_ARTICLE
    declared = '<script type="application/ld+json">{"@type": "CollectionPage"}</script>'
    assert refusal(article(head=declared)) is Refusal.NOT_AN_ARTICLE


def test_too_little_text_is_none():
    assert refusal(article("The ferry sails again.")) is Refusal.TOO_SHORT
    assert refusal("<html><body></body></html>") is Refusal.TOO_SHORT


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b"%PDF-1.7", "application/pdf"),
        (b"%PDF-1.7", "text/html"),
        (b"\x89PNG\r\n", None),
        (b'{"a": 1}', "application/json"),
        (b'{"a": 1}', None),
        (b"<?xml version='1.0'?><rss/>", "application/rss+xml"),
        (b"just words", "text/plain"),
        (b"", "text/html"),
        (b"  ", "text/html; charset=utf-8"),
    ],
)
def test_what_is_no_html(body: bytes, content_type: str | None):
    read = read_page(body, content_type=content_type, url=URL)
    assert isinstance(read, PageRefused)
    assert read.kind is Refusal.NOT_HTML


@pytest.mark.parametrize("content_type", [None, "", "text/plain", "application/xhtml+xml"])
def test_html_is_known_by_its_looks_where_nothing_better_is_said(content_type: str | None):
    assert isinstance(read_page(article().encode(), content_type=content_type, url=URL), Page)
