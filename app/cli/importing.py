"""A list of feeds sent in parts, so that a long one shows how far it is."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

import typer
from lxml import etree
from rich.progress import Progress

from app.cli.calling import Api
from app.cli.outcome import fail
from app.cli.show import console

PART: Final = 100
"""Outlines in one request."""


def read_list(file: Path | None) -> bytes:
    """The OPML file, or the starter list where none is named."""
    if file is None:
        return files("app.core.vocab").joinpath("starter.opml").read_bytes()
    try:
        if str(file) == "-":
            return typer.get_binary_stream("stdin").read()
        return file.read_bytes()
    except OSError as error:
        fail(f"{file} cannot be read: {error.strerror}")


async def import_all(api: Api, document: bytes) -> list[dict[str, Any]]:
    """What became of each outline of the document, in its order."""
    parts = list(split(document))
    lines: list[dict[str, Any]] = []
    with Progress(console=console(stderr=True), transient=True, disable=len(parts) == 1) as bar:
        task = bar.add_task("Importing", total=len(parts))
        for part in parts:
            answer = await api.post(
                "/v1/admin/feeds:import", content=part, headers={"Content-Type": "text/x-opml"}
            )
            lines += answer["data"]
            bar.advance(task)
    return lines


def split(document: bytes) -> Iterator[bytes]:
    """The document as OPML documents of at most PART outlines with an address.

    One that is no OPML is passed on as it is: the server says what is wrong with it.
    """
    parser = etree.XMLParser(
        recover=True, resolve_entities=False, load_dtd=False, no_network=True, huge_tree=False
    )
    try:
        root = etree.fromstring(document, parser)
    except etree.XMLSyntaxError:
        root = None
    if root is None or etree.QName(root).localname.lower() != "opml":
        yield document
        return
    outlines = list(root.iter("{*}outline"))
    feeds = [{str(k): str(v) for k, v in one.items()} for one in outlines]
    feeds = [feed for feed in feeds if any(name.lower() == "xmlurl" for name in feed)]
    if len(feeds) <= PART:
        yield document
        return
    for start in range(0, len(feeds), PART):
        part = etree.Element("opml", version="2.0")
        body = etree.SubElement(part, "body")
        for feed in feeds[start : start + PART]:
            etree.SubElement(body, "outline", feed)
        yield etree.tostring(part, encoding="utf-8")
