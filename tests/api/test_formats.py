"""Which form an answer takes: by Accept, by suffix, or none that will do."""

from __future__ import annotations

import json
from base64 import b64encode

import httpx
import pytest

from app.api.formats import LIST_FORMATS, STORY_FORMATS
from app.api.formats.markup import held
from app.api.listing import BODY_FIELDS, LIST_FIELDS
from app.api.negotiate import choose
from tests.api.conftest import ADMIN_KEY, Api
from tests.api.publisher import Publisher
from tests.api.stocked import stock
from tests.api.test_problems import check_problem

OFFERED = ["application/json", "application/feed+json", "application/atom+xml", "text/csv"]
JSON, FEED, ATOM, CSV = OFFERED
BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8"


@pytest.mark.parametrize(
    ("accept", "chosen"),
    [
        (None, JSON),
        ("", JSON),
        ("*/*", JSON),
        (BROWSER, JSON),
        ("application/atom+xml", ATOM),
        ("Application/Atom+XML", ATOM),
        ("application/json;q=0.5, application/atom+xml", ATOM),
        ("application/json;q=0.5, application/atom+xml;q=0.4", JSON),
        ("application/atom+xml;q=0.001", ATOM),
        ("application/atom+xml;q=0", None),
        ("application/json;q=0, */*", FEED),
        ("application/*;q=0, */*;q=0.1", CSV),
        ("text/*", CSV),
        ("text/*, text/csv;q=0", None),
        ("application/*;q=0.2, text/csv;q=0.1", JSON),
        # The closer range decides on a type, whatever the wider ones weigh.
        ("application/json;q=0.1, application/*;q=0.9", FEED),
        ("*/*, application/atom+xml", ATOM),
        ("application/atom+xml ; q=1.000 , */* ; q = 0.5", ATOM),
        ("application/atom+xml;charset=utf-8", ATOM),
        ('text/plain;a="x, application/atom+xml", text/csv', CSV),
        ("text/html", None),
        ("image/*", None),
        # What cannot be read is passed over.
        ("*/atom+xml, text/csv", CSV),
        ("application/atom+xml;q=7, text/csv", CSV),
        ("application/atom+xml;q=0.1234, text/csv", CSV),
        ("json", JSON),
        (",,;q=1", JSON),
    ],
)
def test_choice(accept: str | None, chosen: str | None):
    assert choose(accept, OFFERED) == chosen


def test_what_xml_cannot_hold_is_left_out():
    assert held("a\x00b\x0bc\ufffed\ud800e\t\n東😀") == "abcde\t\n東😀"


LISTS = {
    ".json": "application/json",
    ".feed.json": "application/feed+json",
    ".atom": "application/atom+xml",
    ".rss": "application/rss+xml",
    ".ninjs": "application/vnd.iptc.ninjs+json",
    ".ndjson": "application/x-ndjson",
    ".csv": "text/csv",
}
STORIES = {
    ".json": "application/json",
    ".jsonld": "application/ld+json",
    ".ninjs": "application/vnd.iptc.ninjs+json",
}


@pytest.fixture
async def stocked(api: Api, harbour: Publisher) -> Api:
    return await stock(api, harbour)


def kind(answer: httpx.Response) -> str:
    assert answer.status_code == 200, answer.text
    assert answer.headers["vary"].startswith("Accept, Authorization")
    return answer.headers["content-type"].partition(";")[0]


async def test_lists_by_accept_and_by_suffix(stocked: Api):
    assert set(LISTS.items()) == {(form.suffix, form.media_type) for form in LIST_FORMATS}
    for suffix, media_type in LISTS.items():
        accepted = await stocked.reader.get("/v1/stories", headers={"Accept": media_type})
        assert kind(accepted) == media_type
        named = await stocked.reader.get(f"/v1/stories{suffix}", headers={"Accept": "image/png"})
        assert kind(named) == media_type


async def test_a_story_by_accept_and_by_suffix(stocked: Api):
    path = f"/v1/stories/{(await stocked.data('/v1/stories'))[0]['id']}"
    assert set(STORIES.items()) == {(form.suffix, form.media_type) for form in STORY_FORMATS}
    for suffix, media_type in STORIES.items():
        accepted = await stocked.reader.get(path, headers={"Accept": media_type})
        assert kind(accepted) == media_type
        named = await stocked.reader.get(f"{path}{suffix}", headers={"Accept": "image/png"})
        assert kind(named) == media_type
        assert named.content == accepted.content


async def test_who_does_not_say_gets_json(stocked: Api):
    for path in ("/v1/stories", f"/v1/stories/{(await stocked.data('/v1/stories'))[0]['id']}"):
        for headers in ({"Accept": "*/*"}, {"Accept": BROWSER}, {"Accept": ""}):
            assert kind(await stocked.reader.get(path, headers=headers)) == JSON
        request = stocked.reader.build_request("GET", path)
        del request.headers["Accept"]
        assert kind(await stocked.reader.send(request)) == JSON
        several = [("Accept", "text/html"), ("Accept", "application/vnd.iptc.ninjs+json")]
        assert "ninjs" in kind(await stocked.reader.get(path, headers=several))


async def test_what_cannot_be_had(stocked: Api):
    story = f"/v1/stories/{(await stocked.data('/v1/stories'))[0]['id']}"
    for path, forms in (("/v1/stories", LISTS), (story, STORIES)):
        refused = await stocked.reader.get(path, headers={"Accept": "text/html, */*;q=0"})
        said = check_problem(refused, 406, "not_acceptable")
        for suffix, media_type in forms.items():
            assert f"{media_type} ({suffix})" in said.detail
        said = check_problem(await stocked.get(f"{path}.xml"), 404, "not_found")
        assert ".json" in said.detail
    refused = await stocked.reader.get(story, headers={"Accept": "application/atom+xml"})
    check_problem(refused, 406, "not_acceptable")
    check_problem(await stocked.get(f"{story}.atom"), 404, "not_found")
    check_problem(await stocked.get("/v1/stories/0.jsonld"), 404, "not_found")
    check_problem(await stocked.get("/v1/stories/x.json"), 400, "invalid_request")


async def test_every_form_is_conditional(stocked: Api, harbour: Publisher):
    story = f"/v1/stories/{(await stocked.data('/v1/stories', q='umbrellas'))[0]['id']}"
    paths = [f"/v1/stories{suffix}" for suffix in LISTS] + [f"{story}{s}" for s in STORIES]
    etags = {path: (await stocked.get(path)).headers["etag"] for path in paths}
    assert len(set(etags.values())) == len(paths)
    for path, etag in etags.items():
        again = await stocked.reader.get(path, headers={"If-None-Match": etag})
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["etag"] == etag
    harbour.pages["/feed"] = harbour.pages["/feed"].replace("umbrellas", "parasols")
    await stocked.refresh((await stocked.admin.get("/v1/admin/feeds")).json()["data"][0]["id"])
    for path, etag in etags.items():
        newer = await stocked.reader.get(path, headers={"If-None-Match": etag})
        assert newer.status_code == 200, path
        assert newer.headers["etag"] != etag


# --- fields -----------------------------------------------------------------------------------


async def test_only_the_fields_asked_for(stocked: Api):
    listed = await stocked.data("/v1/stories")
    wanted = [{"id": s["id"], "title": s["title"], "url": s["url"]} for s in listed]
    for fields in ("title,url", "id, title ,url", ["title", "url"], ["title,url", "title"]):
        assert await stocked.data("/v1/stories", fields=fields) == wanted
    lines = (await stocked.get("/v1/stories.ndjson", fields="title,url")).text.splitlines()
    assert [json.loads(line) for line in lines] == wanted
    table = (await stocked.get("/v1/stories.csv", fields="url,title")).text
    assert table.splitlines()[0] == "id,url,title"
    one = await stocked.data(f"/v1/stories/{listed[0]['id']}", fields="title,url")
    assert one == wanted[0]


async def test_fields_of_the_body_load_it(stocked: Api):
    full = await stocked.data("/v1/stories", include="body")
    for name in ("published_rule", "text", "blocks", "html", "copies"):
        found = await stocked.data("/v1/stories", fields=name)
        assert found == [{"id": story["id"], name: story[name]} for story in full]
    lines = (await stocked.get("/v1/stories.ndjson", fields="text")).text.splitlines()
    assert [json.loads(line)["text"] for line in lines] == [story["text"] for story in full]


async def test_every_field_there_is_can_be_asked_for(stocked: Api):
    full = (await stocked.data("/v1/stories", include="body"))[0]
    assert [*LIST_FIELDS, *BODY_FIELDS] == list(full)
    found = await stocked.data("/v1/stories", fields=",".join(full), limit=1)
    assert found == [full]


async def test_highlights_beside_the_fields(stocked: Api):
    asked = {"fields": "title", "include": "highlights", "q": "umbrellas"}
    [story] = await stocked.data("/v1/stories", **asked)
    assert list(story) == ["id", "title", "highlights"]
    line = (await stocked.get("/v1/stories.ndjson", **asked)).text
    assert json.loads(line) == story
    table = (await stocked.get("/v1/stories.csv", **asked)).text
    assert table.startswith("id,title,highlights\r\n")
    assert "<mark>umbrellas</mark>" in table


async def test_fields_that_cannot_be_had(stocked: Api):
    for wrong in ("name", "", "title,", "content_hash", "title;url"):
        answer = await stocked.get("/v1/stories", fields=wrong)
        said = check_problem(answer, 400, "invalid_request")
        assert said.errors[0].parameter == "fields"
        assert "published_at" in said.errors[0].detail
    for suffix in (".atom", ".rss", ".feed.json", ".ninjs"):
        answer = await stocked.get(f"/v1/stories{suffix}", fields="title")
        assert check_problem(answer, 400, "invalid_request").errors[0].parameter == "fields"
        answer = await stocked.get(f"/v1/stories{suffix}", include="highlights", q="ferry")
        assert check_problem(answer, 400, "invalid_request").errors[0].parameter == "include"
    story = (await stocked.data("/v1/stories"))[0]["id"]
    answer = await stocked.get(f"/v1/stories/{story}.jsonld", fields="title")
    assert check_problem(answer, 400, "invalid_request").errors[0].parameter == "fields"


# --- keys -------------------------------------------------------------------------------------


def basic(pair: str) -> dict[str, str]:
    return {"Authorization": f"Basic {b64encode(pair.encode()).decode()}"}


async def test_readers_may_send_the_key_as_a_password(locked: Api):
    key = (await locked.key(scopes=["read"]))["key"]
    for pair in (f"reader:{key}", f":{key}", f"東:{key}"):
        answer = await locked.reader.get("/v1/stories.atom", headers=basic(pair))
        assert answer.status_code == 200
    for headers in (
        basic("reader:wrong"),
        basic(f"{key}:"),
        basic(key),
        {"Authorization": "Basic !!!"},
        {"Authorization": "Basic /w=="},
        {"Authorization": "Basic"},
        {},
    ):
        answer = await locked.reader.get("/v1/stories.atom", headers=headers)
        check_problem(answer, 401, "unauthorized")
        assert answer.headers["www-authenticate"].startswith("Bearer ")
    assert "Basic " in answer.headers["www-authenticate"]


async def test_nobody_administers_by_password(locked: Api):
    """A browser that remembers one sends it along with forms of other sites."""
    for method, path in (("POST", "/v1/admin/feeds"), ("GET", "/v1/admin/feeds")):
        answer = await locked.reader.request(method, path, headers=basic(f"admin:{ADMIN_KEY}"))
        check_problem(answer, 401, "unauthorized")
        assert answer.headers["www-authenticate"] == 'Bearer realm="copydesk"'
