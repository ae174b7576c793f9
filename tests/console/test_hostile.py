"""Texts of strangers and of operators that would be script if a page let them."""

from __future__ import annotations

from itertools import product
from xml.sax.saxutils import escape

from tests.console.conftest import Desk, Look, on_sqlite
from tests.console.stage import stock
from tests.ingest import servers

pytestmark = on_sqlite

CALL = "window.ran=1"
WRAPPINGS = (
    "<script>{}</script>",
    '"><script>{}</script>',
    "'><script>{}</script>",
    "</title><script>{}</script>",
    "</textarea><script>{}</script>",
    "</style><script>{}</script>",
    "<svg><script>{}</script></svg>",
    "<img src=x onerror={}>",
    '<img src="x" onerror="{}">',
    '" onerror={} src=x "',
    '" autofocus onfocus="{}" x="',
    "' autofocus onfocus='{}' x='",
    "<svg onload={}>",
    '<body onload="{}">',
    "<details open ontoggle={}>",
    "<video><source onerror={}></video>",
    "<input autofocus onfocus={}>",
    "<marquee onstart={}>",
    '<a href="javascript:{}">go</a>',
    '<a href="JaVaScRiPt:{}">go</a>',
    '<a href="java&#9;script:{}">go</a>',
    '<iframe srcdoc="<script>{}</script>"></iframe>',
    '<iframe src="javascript:{}"></iframe>',
    '<form action="javascript:{}"><button>go</button></form>',
    '<object data="javascript:{}"></object>',
    '<base href="//elsewhere.example/"><script>{}</script>',
    '<meta http-equiv="refresh" content="0;url=javascript:{}">',
    "<math><mtext><mglyph><style><!--</style><img src=x onerror={}>",
    "<noscript><p title='</noscript><img src=x onerror={}>'>",
    '<div hx-get="/admin" hx-on::load="{}" hx-trigger="load">x</div>',
    '<div hx-on:click="{}" hx-vals="js:x:{}">x</div>',
    "{{{{ {} }}}}",
    "{{% set x = {} %}}",
    "${{{}}}",
    "javascript:{}//",
    "data:text/html,<script>{}</script>",
)
CALLS = (CALL, f"`${{{CALL}}}`", f"({CALL})")
VECTORS = [wrapping.format(*[call] * 2) for wrapping, call in product(WRAPPINGS, CALLS)]


def hostile_feed() -> str:
    """An entry for each vector, which stands in every place that a feed has for text."""
    items = "".join(
        f"<item><guid>{n}</guid><title>{escape(vector)}</title>"
        f"<link>https://harbour.example/{n}?q={escape(vector, {chr(34): '%22', ' ': '%20'})}</link>"
        f"<author>{escape(vector)}</author><category>{escape(vector)}</category>"
        f"<pubDate>Mon, 23 Nov 2026 06:00:{n % 60:02} GMT</pubDate>"
        f"<description>{escape(vector)} and more of it</description></item>"
        for n, vector in enumerate(VECTORS)
    )
    name = escape(VECTORS[0] + VECTORS[8])
    return f'<rss version="2.0"><channel><title>{name}</title>{items}</channel></rss>'


async def test_nothing_that_a_stranger_or_a_colleague_writes_is_run(look: Look, desk: Desk) -> None:
    """Every page, with vectors in feeds, stories, tags, names, addresses and errors."""
    assert len(VECTORS) >= 100
    stocked = await stock(desk)
    pages = desk.publisher.pages
    pages["/hostile"] = hostile_feed()
    pages["/broken"] = servers.answer(
        500, VECTORS[1].encode(), (("Content-Type", f"text/html; x={VECTORS[1]}"),)
    )
    pages["/hook"] = servers.answer(500, "".join(VECTORS[:20]).encode())
    hostile = await desk.poll("/hostile", title="".join(VECTORS[:12]))
    broken = await desk.api.add_feed(desk.publisher.url(f"/broken?q={VECTORS[8]}"))
    await desk.api.admin.post(f"/v1/admin/feeds/{broken}:refresh?wait=true")
    await desk.api.key(name=VECTORS[8])
    for vector in (VECTORS[0], VECTORS[8], VECTORS[10]):
        await desk.api.admin.post("/v1/searches", json={"name": vector, "query": {"q": "islands"}})
        await desk.api.admin.post(
            "/v1/webhooks", json={"name": vector, "url": desk.publisher.url("/hook")}
        )
        await desk.api.admin.post(
            "/v1/admin/tag-rules",
            json={"name": vector, "query": "ferry", "actions": {"add": [{"tag": "label:x"}]}},
        )
    await desk.api.admin.post("/v1/webhooks/2:test")
    operator = await look()
    await operator.page.context.add_init_script("window.ran = 0")
    stories = await desk.api.admin.get("/v1/stories", params={"limit": 100})
    ids = [story["id"] for story in stories.json()["data"]]
    seen = [*stocked.pages(), f"/admin/feeds/{hostile}", f"/admin/feeds/{broken}"]
    seen += ["/admin/push/webhooks/2", *(f"/admin/stories/{one}" for one in ids[:5])]
    seen += [f"/admin/stories?q={VECTORS[8].replace('<', '%3C')}", "/admin/feeds?q=%3Cscript%3E"]
    for path in seen:
        page = await operator.open(path)
        assert await page.evaluate("window.ran") == 0, path
        for name in ("script", "iframe", "object", "base", "marquee", "video"):
            own = 2 if name == "script" else 0
            assert await page.locator(name).count() == own, (path, name)
        handlers = await page.evaluate(
            "[...document.querySelectorAll('*')].filter("
            "one => [...one.attributes].some(a => /^on|^hx-on/.test(a.name))).length"
        )
        assert handlers == 0, path
        schemes = await page.evaluate(
            "[...document.links].map(one => one.protocol).filter(one => !/^https?:$/.test(one))"
        )
        assert schemes == [], path
    operator.complaints = [one for one in operator.complaints if "status of 4" not in one]
