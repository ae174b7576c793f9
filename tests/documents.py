"""What the project's documents and deployment files say, and what the code really has.

`test_docs.py` and `test_docker.py` hold the one against the other.
"""

from __future__ import annotations

import ast
import importlib
import pkgutil
import re
import shlex
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import typer

import app
from app.errors import AppError
from app.settings import PREFIX, Settings
from tests import house

METRICS = frozenset({"Counter", "Gauge", "Histogram", "Summary", "Info", "Enum"})
LOG_CALLS = frozenset({"debug", "info", "warning", "error", "critical", "exception"})
LINK = re.compile(r"(?<!!)\[[^\]]*\]\(<?([^)\s>]+)>?\)")
FENCE = re.compile(r"^```.*?^```", re.DOTALL | re.MULTILINE)
SHELL = re.compile(r"^```(?:sh|bash|shell|console)\n(.*?)^```", re.DOTALL | re.MULTILINE)


# --- what the code has ------------------------------------------------------------------------


def settings() -> set[str]:
    return {f"{PREFIX}{name.upper()}" for name in Settings.model_fields}


def error_codes() -> set[str]:
    """The codes of all errors there are, wherever they are defined."""
    for module in pkgutil.walk_packages(app.__path__, "app."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    found, waiting = {AppError}, [AppError]
    while waiting:
        kinds = waiting.pop().__subclasses__()
        found.update(kinds)
        waiting.extend(kinds)
    return {kind.code for kind in found if kind.__module__.startswith("app.")}


def metrics(source: str) -> set[str]:
    """The names under which metrics are made: `Counter("copydesk_polls", …)`."""
    return {name for call, name in _named_calls(source) if _last(call) in METRICS}


def events(source: str) -> set[str]:
    """The names of log events: `log.info("feed_polled", …)`."""
    return {
        name
        for call, name in _named_calls(source)
        if isinstance(call, ast.Attribute)
        and call.attr in LOG_CALLS
        and _last(call.value).strip("_") in {"log", "logger"}
    }


def _named_calls(source: str) -> Iterator[tuple[ast.expr, str]]:
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Call(func=called, args=[ast.Constant(value=str(name)), *_]):
                yield called, name


def _last(expression: ast.expr) -> str:
    match expression:
        case ast.Attribute(attr=name) | ast.Name(id=name):
            return name
        case ast.Call(func=called):
            return _last(called)
    return ""


# --- the command ------------------------------------------------------------------------------


def command() -> Any:
    """The root of the `copydesk` command, as the entry point runs it."""
    return typer.main.get_command(importlib.import_module("app.cli").app)


def commands(group: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """The words of every command that does something: ("feeds", "add")."""
    for name, child in group.commands.items():
        if getattr(child, "commands", None):
            yield from commands(child, (*path, name))
        else:
            yield (*path, name)


def misused(root: Any, words: list[str]) -> list[str]:
    """What a command line that begins with `copydesk` asks for and there is not."""
    node, rest = root, words[1:]
    while rest and getattr(node, "commands", None) and not rest[0].startswith("-"):
        if rest[0] not in node.commands:
            return [f"no command {rest[0]!r}"]
        node, rest = node.commands[rest[0]], rest[1:]
    known = {"--help", "-h"} | {
        option for p in node.params for option in (*p.opts, *p.secondary_opts)
    }
    asked = (word.split("=")[0] for word in rest if word.startswith("-"))
    return [f"no option {option!r} of {node.name!r}" for option in asked if option not in known]


# --- what the documents say -------------------------------------------------------------------


def pages(root: Path) -> list[Path]:
    return [path for path in house.files(root) if path.suffix == ".md"]


def missing(names: Iterable[str], text: str) -> list[str]:
    """The names that do not stand in the text as whole words."""
    return sorted(n for n in names if not re.search(rf"(?<![\w-]){re.escape(n)}(?![\w-])", text))


def examples(text: str) -> list[list[str]]:
    """The command lines in fenced shell blocks, without prompts, comments and continuations."""
    lines = "\n".join(SHELL.findall(text)).replace("\\\n", " ").splitlines()
    found = []
    for line in lines:
        words = shlex.split(line.removeprefix("$ "), comments=True)
        while words and re.match(r"^[A-Z][A-Z0-9_]*=", words[0]):
            words = words[1:]
        if words:
            found.append(words)
    return found


def make_targets(makefile: str) -> set[str]:
    return set(re.findall(r"^([a-z][a-z-]*):", makefile, re.MULTILINE))


def broken_links(page: Path) -> list[str]:
    """Links to files or headings of the project that are not there."""
    text = FENCE.sub("", page.read_text(encoding="utf-8"))
    found = []
    for target in LINK.findall(text):
        if re.match(r"^[a-z]+:", target):
            continue
        name, _, anchor = target.partition("#")
        path = (page.parent / name).resolve() if name else page
        if not path.exists() or (anchor and path.suffix == ".md" and anchor not in anchors(path)):
            found.append(target)
    return found


def anchors(page: Path) -> set[str]:
    """The names that headings get, as the usual hosts make them."""
    text = FENCE.sub("", page.read_text(encoding="utf-8"))
    headings = re.findall(r"^#+\s+(.+?)\s*#*$", text, re.MULTILINE)
    plain = (re.sub(r"[^\w\s-]", "", heading.lower()) for heading in headings)
    return {re.sub(r"\s", "-", heading) for heading in plain}
