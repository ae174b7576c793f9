"""The API's own description, as OpenAPI and as a page; everything on it is served from here."""

from __future__ import annotations

from importlib.resources import files
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.docs import get_swagger_ui_html
from fastapi.responses import HTMLResponse
from fastapi.staticfiles import StaticFiles

from app.api.schemas import Problem

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
    """Problem documents in place of FastAPI's validation errors, and the key scheme."""
    components = schema.setdefault("components", {})
    components["securitySchemes"] = {"key": {"type": "http", "scheme": "bearer"}}
    models = components.setdefault("schemas", {})
    problem = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
    models |= problem.pop("$defs", {})
    models["Problem"] = problem
    for framework in ("HTTPValidationError", "ValidationError"):
        models.pop(framework, None)
    for path, item in schema["paths"].items():
        for operation in item.values():
            answers = operation["responses"]
            if "HTTPValidationError" in str(answers.get("422")):
                del answers["422"]
            if path.startswith(("/v1/", "/metrics")):
                operation["security"] = [{"key": []}]
    return schema
