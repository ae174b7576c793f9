"""The API's own description, as OpenAPI and as a page; everything on it is served from here."""

from __future__ import annotations

import re
from collections import Counter
from importlib.resources import files
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.docs import get_swagger_ui_html
from fastapi.responses import HTMLResponse
from fastapi.staticfiles import StaticFiles

from app.api.examples import EXAMPLES, PROBLEM
from app.api.schemas import Problem, problems

ASSETS = "/docs/assets"


class DescribedApp(FastAPI):
    """FastAPI, with a description that tells our errors and keys as they are."""

    def openapi(self) -> dict[str, Any]:
        if self.openapi_schema is None:
            self.openapi_schema = _completed(super().openapi())
        return self.openapi_schema


def serve_docs(app: FastAPI) -> None:
    """Serve /docs and the script and style it needs."""
    app.mount(ASSETS, StaticFiles(directory=str(files("fastapi_swagger.resources"))))
    app.get("/docs", include_in_schema=False)(_docs_page)


async def _docs_page() -> HTMLResponse:
    return get_swagger_ui_html(
        openapi_url="/openapi.json",
        title="Copydesk API",
        swagger_js_url=f"{ASSETS}/swagger-ui-bundle.js",
        swagger_css_url=f"{ASSETS}/swagger-ui.css",
        swagger_favicon_url=f"{ASSETS}/favicon-32x32.png",
    )


def _completed(schema: dict[str, Any]) -> dict[str, Any]:
    """Problem documents in place of FastAPI's validation errors, the key scheme, examples."""
    components = schema.setdefault("components", {})
    components["securitySchemes"] = {"key": {"type": "http", "scheme": "bearer"}}
    models = components.setdefault("schemas", {})
    problem = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
    models |= problem.pop("$defs", {})
    models["Problem"] = {**problem, "examples": [PROBLEM]}
    for framework in ("HTTPValidationError", "ValidationError"):
        models.pop(framework, None)
    _name_operations(schema["paths"])
    for path, item in schema["paths"].items():
        for method, operation in item.items():
            _summarize(operation)
            _complete_answers(operation["responses"], reads=method == "get")
            if path.startswith(("/v1/", "/metrics")):
                operation["security"] = [{"key": []}]
    return schema


def _name_operations(paths: dict[str, Any]) -> None:
    """Ids that generated clients can call their functions by: list_changes, add_webhooks."""
    named = [
        (operation, _function_of(operation["operationId"], path, method))
        for path, item in paths.items()
        for method, operation in item.items()
    ]
    often = Counter(name for _, name in named)
    for operation, name in named:
        group = operation["tags"][0].replace(" ", "_")
        operation["operationId"] = f"{name}_{group}" if often[name] > 1 else name


def _function_of(operation_id: str, path: str, method: str) -> str:
    """The name in an id that FastAPI made, which is of name, path and method."""
    return operation_id.removesuffix(re.sub(r"\W", "_", path) + f"_{method}")


def _summarize(operation: dict[str, Any]) -> None:
    """The first sentence of the description is the summary, and not said twice."""
    summary, _, rest = operation.pop("description", "").partition("\n")
    operation["summary"] = summary.rstrip(".") or operation["summary"]
    if rest.strip():
        operation["description"] = rest.strip()


def _complete_answers(answers: dict[str, Any], *, reads: bool) -> None:
    if "HTTPValidationError" in str(answers.get("422")):
        del answers["422"]
    if reads:
        answers["304"] = {"description": "It is as If-None-Match says."}
    answers |= {str(key): value for key, value in problems("default").items()}
    for answer in answers.values():
        for content in answer.get("content", {}).values():
            model = content.get("schema", {}).get("$ref", "").rpartition("/")[2]
            if model in EXAMPLES:
                content["example"] = EXAMPLES[model]
