"""`copydesk tags add`, `remove`, `reset`: the tags of one story by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import quote

import typer

from app.cli.connect import AsJson, Url, with_api
from app.cli.show import json_line
from app.cli.tags import Tag

if TYPE_CHECKING:
    from app.cli.calling import Api

Story = Annotated[int, typer.Argument(metavar="STORY", min=1, help="A story's id.")]


def add(
    story: Story,
    tag: Tag,
    *,
    name: Annotated[str | None, typer.Option(help="What it is called.")] = None,
    as_json: AsJson = False,
    url: Url = None,
) -> None:
    """Give a story a tag by hand, whatever taggers and rules say."""
    given: dict[str, Any] = {} if name is None else {"json": {"name": name}}
    _edit("PUT", _path(story, tag), url, as_json=as_json, **given)


def remove(story: Story, tag: Tag, *, as_json: AsJson = False, url: Url = None) -> None:
    """Take a tag from a story by hand: it does not get it again."""
    _edit("DELETE", _path(story, tag), url, as_json=as_json)


def reset(
    story: Story,
    tag: Annotated[
        str | None, typer.Argument(metavar="TAG", help="Left out, all that was done.")
    ] = None,
    *,
    as_json: AsJson = False,
    url: Url = None,
) -> None:
    """Undo what was done by hand to a tag of a story, or to all of them."""
    if tag is None:
        _edit("DELETE", _path(story), url, as_json=as_json)
    else:
        _edit("POST", f"{_path(story, tag)}:reset", url, as_json=as_json)


def _path(story: int, tag: str | None = None) -> str:
    tags = f"/v1/admin/stories/{story}/tags"
    return tags if tag is None else f"{tags}/{quote(tag, safe='')}"


def _edit(
    method: str,
    path: str,
    url: str | None,
    *,
    as_json: bool,
    **given: Any,  # noqa: ANN401 - whatever httpx takes
) -> None:
    async def work(api: Api) -> None:
        found = (await api.call(method, path, **given)).json()["data"]
        if as_json:
            json_line(found)
            return
        edits = [f"{'+' if e['given'] else '-'}{e['tag']}" for e in found["edits"]]
        typer.echo(f"Story {found['story_id']} has {', '.join(t['tag'] for t in found['tags'])}.")
        typer.echo(f"  By hand: {', '.join(edits) or 'nothing'}.")

    with_api(url, work)
