"""What the demo asks the API, as it is asked, and answers cut down to what matters."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from rich.console import Console
from rich.highlighter import JSONHighlighter
from rich.text import Text

from app.cli.calling import Api
from app.cli.outcome import Stopped

Shorten = Callable[[Any], list[Any]]
"""An answer to the values to be shown of it, a line for each."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """A caller of the API whose every call can be watched."""

    api: Api
    out: Console

    def say(self, text: str) -> None:
        self.out.print(f"\n{text}", style="bold")

    async def get(self, path: str, shorten: Shorten, **parameters: str) -> Any:  # noqa: ANN401 - JSON
        response = await self.api.call("GET", path, params=parameters)
        self._show("GET", path, parameters, None)
        return self._answer(response.status_code, response.json(), shorten)

    async def post(
        self,
        path: str,
        shorten: Shorten,
        body: dict[str, Any] | None = None,
        **parameters: str,
    ) -> Any:  # noqa: ANN401 - JSON
        response = await self.api.call("POST", path, params=parameters, json=body)
        self._show("POST", path, parameters, body)
        return self._answer(response.status_code, response.json(), shorten)

    def _show(
        self, method: str, path: str, parameters: dict[str, str], body: dict[str, Any] | None
    ) -> None:
        asked = "&".join(
            f"{name}={value}" for name, value in parameters.items()
        )  # as read, not sent
        line = Text.assemble((f"{method} ", "cyan"), path, f"?{asked}" if asked else "")
        if body is not None:
            line.append(f"  {json.dumps(body, ensure_ascii=False)}", "dim")
        self._line(line)

    def _answer(self, status: int, answer: Any, shorten: Shorten) -> Any:  # noqa: ANN401 - JSON
        highlight = JSONHighlighter()
        lead = f"  {status} "
        for value in shorten(answer):
            self._line(Text(lead).append_text(highlight(json.dumps(value, ensure_ascii=False))))
            lead = " " * len(lead)
        return answer

    def _line(self, line: Text) -> None:
        self.out.print(line, no_wrap=True, overflow="ellipsis", crop=True)


def expect(what: str, seen: object, wanted: object) -> None:
    """Stopped, unless what was seen is what the demo is about to claim."""
    if seen != wanted:
        raise Stopped(f"the demo did not go as it should: {what}: {seen!r} in place of {wanted!r}")


def stories(answer: Any) -> list[Any]:  # noqa: ANN401 - JSON
    return [_story(story) for story in answer["data"]] or [[]]


def texts(answer: Any) -> list[Any]:  # noqa: ANN401 - JSON
    """A story's origin, and its text block by block."""
    story = answer["data"]
    origin = {name: story[name] for name in ("agency", "dateline", "word_count")}
    return [origin, *({block["type"]: block["text"]} for block in story["blocks"])]


def polls(answer: Any) -> list[Any]:  # noqa: ANN401 - JSON
    rows = answer["data"] if isinstance(answer["data"], list) else [answer["data"]]
    return [_poll(row) for row in rows]


def changes(answer: Any) -> list[Any]:  # noqa: ANN401 - JSON
    return [
        {
            "seq": change["seq"],
            "type": change["type"],
            "revision": change["revision"],
            "title": change["story"]["title"],
        }
        for change in answer["data"]
    ]


def picked(names: Sequence[str]) -> Shorten:
    """Only these of each item."""

    def shorten(answer: Any) -> list[Any]:  # noqa: ANN401 - JSON
        rows = answer["data"] if isinstance(answer["data"], list) else [answer["data"]]
        return [{name: row[name] for name in names} for row in rows]

    return shorten


def _story(story: dict[str, Any]) -> dict[str, Any]:
    return {
        "title": story["title"],
        "source": story["source"]["name"],
        "tags": [tag["tag"] for tag in story["tags"]],
        "revision": story["revision"],
        "published_at": story["published_at"],
    }


def _poll(row: dict[str, Any]) -> dict[str, Any]:
    counted = ("outcome", "status", "new", "changed", "failure")
    shown = {name: row[name] for name in counted if row[name]}
    return {**shown, "next_poll": "; ".join(row["next_poll_reasons"])}
