"""`copydesk replay`: a feed's last document read again, shown or written."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from app.cli.connect import AsJson, Url, with_api
from app.cli.outcome import fail
from app.cli.show import console, json_line, local, size, table

if TYPE_CHECKING:
    from app.cli.calling import Api

MAX_EXCERPT: Final = 60
"""Characters shown of what stays the same around a change."""


def replay(
    feed_id: Annotated[int, typer.Argument(metavar="FEED", help="The feed's id, see feeds list.")],
    *,
    apply: Annotated[
        bool, typer.Option("--apply", help="Write what comes out; otherwise it is only shown.")
    ] = False,
    file: Annotated[
        Path | None,
        typer.Option("--file", metavar="BODY", help="A document in the place of the kept one."),
    ] = None,
    content_type: Annotated[
        str | None, typer.Option(help="The document's Content-Type, if there is one to tell.")
    ] = None,
    as_json: AsJson = False,
    url: Url = None,
) -> None:
    """Read a feed's last document again as if it had just come; nothing is fetched."""
    asked: dict[str, Any] = {"apply": apply}
    if file is not None:
        asked |= {"body": _read(file), "content_type": content_type}
    elif content_type is not None:
        fail("--content-type is that of a document given by --file: name one")

    async def work(api: Api) -> None:
        done = (await api.post(f"/v1/admin/feeds/{feed_id}:replay", json=asked))["data"]
        if as_json:
            json_line(done)
        else:
            _show(done)

    with_api(url, work)


def _read(file: Path) -> str:
    try:
        return base64.b64encode(file.read_bytes()).decode()
    except OSError as error:
        fail(f"{file} cannot be read: {error.strerror}")


def _show(done: dict[str, Any]) -> None:
    body, following = done["body"], done["would_be_next_poll"]
    origin = f"kept at {local(body['kept_at'])}" if body["kept_at"] else "given"
    out = console()
    out.print(f"The document {origin}: {size(body['bytes'])}, {done['entries']} entries")
    for note in done["notes"]:
        out.print(f"  {note}")
    if done["new_stories"]:
        rows = [(local(new["published_at"]), new["title"]) for new in done["new_stories"]]
        out.print(table(("published", f"new ({done['new']})"), rows))
    if done["changed_stories"]:
        rows = [_change(change) for change in done["changed_stories"]]
        out.print(table(("words", f"changed ({done['changed']})"), rows))
    if done["lessons"]:
        rows = [(str(lesson["stories"]), lesson["text"]) for lesson in done["lessons"]]
        out.print(table(("stories", "a line that repeats"), rows))
    out.print(_outcome(done))
    reasons = "; ".join(following["reasons"])
    out.print(f"A poll would have set the next for {local(following['at'])}: {reasons}")


def _outcome(done: dict[str, Any]) -> str:
    counts = f"{done['new']} new, {done['changed']} changed, {done['copies']} copies"
    if done["applied"]:
        return f"Written: {counts}."
    if done["new"] or done["changed"] or done["copies"] or done["lessons"]:
        return f"To be written: {counts}. Nothing is yet: add --apply."
    return "Nothing would change."


def _change(change: dict[str, Any]) -> tuple[str, str]:
    found = change["difference"]
    counts = f"+{found['words_added']} −{found['words_removed']}"
    shown = [
        f"{change['title']} (revision {change['revision']}: {', '.join(found['fields'])})",
        *(
            "".join(_piece(piece) for piece in found[name])
            for name in ("title", "text")
            if any(piece["kind"] != "same" for piece in found[name])
        ),
    ]
    return counts, "\n".join(shown)


def _piece(piece: dict[str, Any]) -> str:
    """As wdiff writes it: [-removed-] and {+added+}; what stays is cut where it is long."""
    text = piece["text"]
    match piece["kind"]:
        case "removed":
            return f"[-{text}-]"
        case "added":
            return f"{{+{text}+}}"
        case _ if len(text) > 2 * MAX_EXCERPT:
            return f"{text[:MAX_EXCERPT]} … {text[-MAX_EXCERPT:]}"
        case _:
            return str(text)
