"""`copydesk search` and `copydesk status`: what a caller sees, and how the service does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.text import Text

from app.cli.connect import AsJson, Url, with_api
from app.cli.show import console, json_line, local, size, span, table

if TYPE_CHECKING:
    from app.cli.calling import Api

Values = list[str] | None


def search(  # noqa: PLR0913 - an option for each parameter of the API
    query: Annotated[
        str | None,
        typer.Argument(
            metavar="QUERY",
            help='Words (all of them), "exact phrases", -without, OR, title:word, begin*, '
            "author:name, domain:site; nothing finds all.",
        ),
    ] = None,
    *,
    tag: Annotated[Values, typer.Option(help="A tag such as agency:kyodo; several: all.")] = None,
    lang: Annotated[Values, typer.Option(help="A language such as ja; several: any.")] = None,
    source: Annotated[Values, typer.Option(help="A source by domain or id; several: any.")] = None,
    after: Annotated[
        str | None, typer.Option(help="Published from this time on, as 2026-11-24T06:00:00Z.")
    ] = None,
    sort: Annotated[
        str | None, typer.Option(help="-published, -ingested, -updated, or relevance: best first.")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, help="Stories at most.")] = 20,
    as_json: AsJson = False,
    url: Url = None,
) -> None:
    """Find stories, newest first or best first."""
    asked = {
        "q": query,
        "tag": tag or None,
        "lang": lang or None,
        "source": source or None,
        "published_after": after,
        "sort": sort,
    }

    async def work(api: Api) -> None:
        out, shown = console(), 0
        async for story in api.pages("/v1/stories", limit=limit, **asked):
            shown += 1
            if as_json:
                json_line(story)
            else:
                _print_story(out, story)
        if not as_json and not shown:
            typer.echo("No story found.", err=True)

    with_api(url, work)


def status(*, as_json: AsJson = False, url: Url = None) -> None:
    """Show feeds by health, what is due, the last hour, and the database."""

    async def work(api: Api) -> None:
        found = (await api.get("/v1/admin/status"))["data"]
        if as_json:
            json_line(found)
        else:
            console().print(table(("", ""), _status_rows(found)))

    with_api(url, work)


def _print_story(out: Console, story: dict[str, Any]) -> None:
    source = story["source"]["name"] or story["source"]["domain"]
    line = Text.assemble(
        (local(story["published_at"]), "cyan"), "  ", (story["title"], "bold"), f"  {source}"
    )
    if story["revision"] > 1:
        line.append(f"  (revision {story['revision']})", "yellow")
    out.print(line, soft_wrap=True)
    tags = " ".join(tag["tag"] for tag in story["tags"])
    out.print(Text(f"    {tags}", style="green"), soft_wrap=True)
    out.print(Text(f"    {story['url'] or 'no address'}", style="dim"), soft_wrap=True)


def _status_rows(found: dict[str, Any]) -> list[tuple[str, str]]:
    hour, database = found["last_hour"], found["database"]
    overdue = f", the oldest for {span(found['most_overdue_s'])}" if found["due"] else ""
    delay = hour["delay"]["p50_s"]
    return [
        ("feeds", _counts(found["feeds"])),
        ("due now", f"{found['due']}{overdue}; {found['leased']} being polled"),
        ("stories", f"{found['stories']}; the change log is at {found['last_seq']}"),
        ("polls, last hour", _counts(hour["polls"])),
        ("failures, last hour", _counts(hour["failures"])),
        ("new stories, last hour", str(hour["new_stories"])),
        ("from publication to here", "–" if delay is None else f"{span(delay)} (median)"),
        ("search index", _index(found["index"])),
        ("stories' form", _form(found["normal_form"])),
        ("tags", _tagged(found["tags"])),
        ("pages", _counts(found["pages"])),
        (
            "database",
            f"{database['engine']} {database['version']}, schema {database['schema_revision']}, "
            + size(database["bytes"]),
        ),
        ("version", f"{found['version']} on Python {found['python']}"),
    ]


def _index(index: dict[str, Any]) -> str:
    outdated = index["outdated"]
    state = f"{outdated} stories to be indexed anew: copydesk reindex" if outdated else "up to date"
    return f"version {index['version']}, {state}"


def _form(form: dict[str, Any]) -> str:
    outdated = form["outdated"]
    state = f"{outdated} stories to be made again: copydesk reprocess" if outdated else "up to date"
    return f"version {form['version']}, {state}"


def _tagged(tags: dict[str, Any]) -> str:
    outdated = tags["outdated"]
    state = f"{outdated} stories by others: copydesk reprocess --tags" if outdated else "up to date"
    return f"taggers {tags['taggers']}, {state}"


def _counts(counts: dict[str, int]) -> str:
    return ", ".join(f"{count} {what}" for what, count in counts.items() if count) or "none"
