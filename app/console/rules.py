"""Tag rules: written with what they would do beside, tried, saved, and followed through."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from starlette.responses import Response

from app.console.inside import Refused
from app.console.rules_form import RuleForm, faults_by_field, form_of, read_form
from app.console.stories_asked import query_fault
from app.console.visit import Visit

HERE: Final = "/admin/rules"
API: Final = "/v1/admin/tag-rules"
CHANGED: Final = 412
INVALID: Final = 400
VISIBILITIES: Final = (
    ("", "As it is"),
    ("drop", "Drop: out of the stream"),
    ("keep", "Keep, whatever an earlier rule says"),
)


async def show(visit: Visit) -> Response:
    """GET /admin/rules: in their order, with how far stories on record are brought up to them."""
    backfill = await visit.api.get(f"{API}:backfill")
    if visit.is_fragment:
        return visit.render("rules_backfill.html", backfill=backfill.data)
    cursor = visit.asked("cursor")
    found = await visit.api.get(API, {"limit": 100, "cursor": cursor})
    return visit.render(
        "rules.html", rules=found.data, page=found.page, cursor=cursor, backfill=backfill.data
    )


async def new(visit: Visit) -> Response:
    """GET /admin/rules/add; begun with a search, if one is given."""
    return _form(visit, RuleForm(query=visit.asked("q") or ""), rule=None)


async def one(visit: Visit) -> Response:
    """GET /admin/rules/{id}."""
    found = await visit.api.get(f"{API}/{visit.path('rule_id')}")
    return _form(visit, form_of(found.data), rule=found.data, version=found.headers["etag"])


async def add(visit: Visit) -> Response:
    """POST /admin/rules/add."""
    form = read_form(await visit.form())
    try:
        made = await visit.api.post(API, form.asked())
    except Refused as problem:
        return _form(visit, form, rule=None, problem=problem)
    return visit.go(HERE, said=f"The rule “{made.data['name']}” is added, and judges new stories.")


async def change(visit: Visit) -> Response:
    """POST /admin/rules/{id}; refused where somebody has changed it since it was shown."""
    path, sent = f"{API}/{visit.path('rule_id')}", await visit.form()
    form, version = read_form(sent), str(sent.get("version", ""))
    asked = form.asked()
    if asked["position"] is None:
        del asked["position"]
    try:
        made = await visit.api.patch(path, asked, headers={"If-Match": version})
    except Refused as problem:
        rule = (await visit.api.get(path)).data
        return _form(visit, form, rule=rule, version=version, problem=problem)
    return visit.go(HERE, said=f"The rule “{made.data['name']}” is changed.")


async def switch(visit: Visit) -> Response:
    """POST /admin/rules/{id}/switch: on or off."""
    path = f"{API}/{visit.path('rule_id')}"
    on = (await visit.form()).get("enabled") == "true"
    now = await visit.api.get(path)
    headers = {"If-Match": now.headers["etag"]}
    await visit.api.patch(path, {"enabled": on}, headers=headers)
    return visit.go(HERE, said=f"The rule “{now.data['name']}” is {'on' if on else 'off'}.")


async def remove(visit: Visit) -> Response:
    """POST /admin/rules/{id}/remove."""
    await visit.api.delete(f"{API}/{visit.path('rule_id')}")
    return visit.go(HERE, said="The rule is gone, and what it did is taken back from its stories.")


async def attempt(visit: Visit) -> Response:
    """POST /admin/rules/try: what the form would do as it stands; a part of its page."""
    form = read_form(await visit.form())
    if not form.query:
        return visit.render("rules_tried.html", form=form, **_nothing())
    asked = {name: value for name, value in form.asked().items() if name in ("query", "actions")}
    try:
        tried = await visit.api.post(f"{API}:try", asked)
    except Refused as problem:
        if problem.status != INVALID:
            raise
        return visit.render("rules_tried.html", form=form, **_wrong(problem, form))
    return visit.render("rules_tried.html", form=form, **{**_nothing(), "tried": tried.data})


async def backfill(visit: Visit) -> Response:
    """POST /admin/rules/backfill: as a job, or paused and resumed."""
    form = await visit.form()
    match form.get("do"):
        case "pause" | "resume" as do:
            await visit.api.post(f"{API}:backfill", {"paused": do == "pause"})
            return visit.go(HERE)
        case _:
            begun = await visit.api.post("/v1/admin/jobs", {"kind": "backfill"})
            return visit.go(f"/admin/jobs/{begun.data['id']}")


def _form(
    visit: Visit,
    form: RuleForm,
    *,
    rule: Mapping[str, Any] | None,
    version: str = "",
    problem: Refused | None = None,
) -> Response:
    overtaken = problem is not None and problem.status == CHANGED
    wrong = _nothing() if problem is None or overtaken else _wrong(problem, form)
    return visit.render(
        "rule.html",
        code=200 if problem is None else problem.status,
        form=form,
        rule=rule,
        version=version,
        overtaken=overtaken,
        visibilities=VISIBILITIES,
        **wrong,
    )


def _nothing() -> dict[str, Any]:
    return {"faults": {}, "fault": None, "tried": None}


def _wrong(problem: Refused, form: RuleForm) -> dict[str, Any]:
    return {
        "faults": faults_by_field(problem),
        "fault": query_fault(problem, form.query),
        "tried": None,
    }
