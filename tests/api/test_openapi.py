"""The description of the API: true to what is answered, complete, and committed."""

from __future__ import annotations

import importlib
import json
import pkgutil
import re
from typing import Any

import pytest

import app.api
from app.api.examples import EXAMPLES, PROBLEM
from tests.api.conftest import Api
from tests.tools.openapi import SNAPSHOT, description

OPERATIONS = [
    pytest.param(path, method, operation, id=f"{method} {path}")
    for path, item in json.loads(description())["paths"].items()
    for method, operation in item.items()
]


def schema() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(description())
    return found


def test_the_committed_description_is_this_one():
    assert SNAPSHOT.read_text(encoding="utf-8") == description(), (
        "the API has changed: write its description by `python -m tests.tools.openapi`, read the "
        "difference as a caller would, and commit it"
    )


def test_it_is_openapi_3_1_and_its_references_lead_somewhere():
    found = schema()
    assert found["openapi"].startswith("3.1")
    assert found["info"]["title"] == "Copydesk"
    assert found["info"]["version"]
    models = found["components"]["schemas"]
    named = set(re.findall(r'"#/components/schemas/([^"]+)"', description()))
    assert named - models.keys() == set()
    assert models.keys() - named == set()
    assert not {"HTTPValidationError", "ValidationError"} & models.keys()
    ids = [operation.values[2]["operationId"] for operation in OPERATIONS]
    assert len(ids) == len(set(ids))


def needs_scope(path: str, method: str) -> bool:
    """Whether a key that may read is not enough, for all that can be asked for."""
    of_feeds = path in ("/v1/changes", "/v1/changes.ndjson", "/v1/changes/stream")
    webhooks = path.startswith("/v1/webhooks") or path.endswith("/webhooks")
    changes_searches = path.startswith("/v1/searches") and method != "get"
    return path.startswith("/v1/admin") or webhooks or changes_searches or of_feeds


@pytest.mark.parametrize(("path", "method", "operation"), OPERATIONS)
def test_every_operation_says_what_it_does(path: str, method: str, operation: dict[str, Any]):
    assert operation["summary"][0].isupper() or operation["summary"][0].isdigit()
    assert " " in operation["summary"]
    assert operation["tags"]
    answers = operation["responses"]
    needs_key = path.startswith("/v1/") or path == "/metrics"
    assert ("401" in answers) is needs_key
    assert operation.get("security") == ([{"key": []}] if needs_key else None)
    assert ("403" in answers) is needs_scope(path, method)
    for status, answer in answers.items():
        if status == "default" or status[0] in "45":
            reference = answer["content"]["application/problem+json"]["schema"]["$ref"]
            assert reference == "#/components/schemas/Problem"
    parameters = operation.get("parameters", [])
    if any(parameter["in"] == "query" for parameter in parameters):
        assert "400" in answers
    if any(parameter["in"] == "path" for parameter in parameters):
        assert "404" in answers
    for parameter in parameters:
        plain = {"limit", "state", "health"}
        assert parameter.get("description") or parameter["name"] in plain, parameter["name"]


@pytest.mark.parametrize(("path", "method", "operation"), OPERATIONS)
def test_every_json_answer_has_an_example(path: str, method: str, operation: dict[str, Any]):
    for answer in operation["responses"].values():
        for kind, content in answer.get("content", {}).items():
            if "json" in kind and "$ref" in content.get("schema", {}):
                model = content["schema"]["$ref"].rpartition("/")[2]
                if model != "Problem":  # its own is in its schema
                    assert content["example"] == EXAMPLES[model]


@pytest.mark.parametrize("name", [*EXAMPLES, "Problem"])
def test_examples_are_what_they_are_examples_of(name: str):
    names = [m.name for m in pkgutil.iter_modules(app.api.__path__) if m.name.startswith("schemas")]
    modules = [importlib.import_module(f"app.api.{module}") for module in names]
    model = next(vars(m)[name] for m in modules if name in vars(m))
    model.model_validate_json(json.dumps(EXAMPLES.get(name, PROBLEM)))


async def test_it_is_served_with_a_page_that_needs_nothing_from_elsewhere(api: Api):
    assert (await api.get("/openapi.json")).json() == schema()
    page = await api.get("/docs")
    assert page.status_code == 200
    assert "http://" not in page.text
    assert "https://" not in page.text
    for asset in re.findall(r'(?:src|href)="([^"]+)"', page.text):
        assert (await api.get(asset)).status_code == 200, asset
