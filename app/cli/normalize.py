"""`copydesk normalize`: what would become of a feed, and which rule decided what."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from app.cli.connect import AsJson, Url, with_api
from app.cli.outcome import fail
from app.cli.show import console, json_line, local, table

if TYPE_CHECKING:
    from app.cli.calling import Api


def normalize(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="A feed as a file; - reads standard input.")
    ],
    *,
    address: Annotated[
        str | None, typer.Option(help="The feed's address: links are resolved against it.")
    ] = None,
    content_type: Annotated[
        str | None, typer.Option(help="As its server says: text/xml; charset=shift_jis.")
    ] = None,
    language: Annotated[str | None, typer.Option(help="Its language, as en or ja.")] = None,
    time_zone: Annotated[
        str | None, typer.Option(help="For dates without a zone, as Asia/Tokyo.")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, max=100, help="Stories at most.")] = 20,
    as_json: AsJson = False,
    url: Url = None,
) -> None:
    """Show the stories and blocks that a feed would become, and the rules; stores nothing."""
    document = _read(file)
    given = {"url": address, "language": language, "time_zone": time_zone, "limit": limit}
    asked = {name: value for name, value in given.items() if value is not None}
    headers = {"Content-Type": content_type} if content_type else {}

    async def work(api: Api) -> None:
        answer = await api.post(
            "/v1/admin/normalize", content=document, params=asked, headers=headers
        )
        if as_json:
            json_line(answer["data"])
        else:
            _print_feed(console(), answer["data"])

    with_api(url, work)


def _read(file: Path) -> bytes:
    if str(file) == "-":
        return typer.get_binary_stream("stdin").read()
    try:
        return file.read_bytes()
    except OSError as error:
        fail(f"{file} cannot be read: {error.strerror}")


def _print_feed(out: Console, feed: dict[str, Any]) -> None:
    head = Text(f"{feed['title'] or 'No title'}: ", style="bold")
    head.append(
        f"{feed['format']}, {feed['entries']} entries, {feed['distinct']} stories", style="not bold"
    )
    out.print(head, soft_wrap=True)
    for note in feed["notes"]:
        out.print(Text(f"  note: {note}", style="yellow"), soft_wrap=True)
    affixes = feed["title_affixes"]
    for affix in (*affixes["prefixes"], *affixes["suffixes"]):
        out.print(Text(f"  titles lose “{affix}”"), soft_wrap=True)
    for line in feed["repeated_lines"]:
        said = f"  {line['stories']} stories lose the {line['place']} “{line['text']}”"
        out.print(Text(said), soft_wrap=True)
    for story in feed["stories"]:
        out.print()
        _print_story(out, story)
    if left := feed["distinct"] - len(feed["stories"]):
        out.print(Text(f"\n{left} more: see --limit.", style="dim"))


def _print_story(out: Console, story: dict[str, Any]) -> None:
    out.print(Text(story["title"], style="bold"), soft_wrap=True)
    fields = table(("", ""), [(name, value) for name, value in _fields(story) if value])
    out.print(Padding(fields, (0, 0, 0, 2)))
    blocks = [(block["type"], block["rule"], block["text"]) for block in story["blocks"]]
    if blocks:
        out.print(Padding(table(("block", "rule", "text"), blocks), (1, 0, 0, 2)))


def _fields(story: dict[str, Any]) -> list[tuple[str, str | None]]:
    agency, dateline = story["agency"], story["dateline"]
    return [
        ("published", _published(story)),
        ("known by", _known_by(story["identity"])),
        ("url", story["url"]),
        ("summary", story["summary"]),
        ("authors", "; ".join(author["name"] for author in story["authors"])),
        ("agency", agency and f"{agency['name']} ({agency['code']})"),
        ("dateline", dateline and dateline["text"]),
        ("language", story["language"]),
        ("tags", " ".join(f"{tag['tag']} ({tag['by']})" for tag in story["tags"])),
        ("words", str(story["word_count"])),
    ]


def _published(story: dict[str, Any]) -> str:
    """The time, the words that it was read from, and the rule."""
    raw = f"“{story['published_raw']}”" if story["published_raw"] else "no date"
    whence = story["published_from"].replace("_", " ")
    return f"{local(story['published_at'])}  from {whence}: {raw}, rule {story['published_rule']}"


def _known_by(identity: dict[str, Any]) -> str:
    """The key that counts most, and those that do not count."""
    said = f"its {identity['known_by']}"
    if identity["guid"]:
        counts = "" if identity["guid_counts"] else ", which others have too"
        said += f"; guid {identity['guid']}{counts}"
    if identity["url"] and not identity["url_counts"]:
        said += "; its URL does not tell it from others"
    return said
