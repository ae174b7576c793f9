"""The rules of the house hold in every file, and each scan finds what it is for."""

from __future__ import annotations

import importlib.metadata
import re
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest

from tests import house
from tests.conftest import ROOT

APP = ROOT / "app"
PURITY_EXCEPTIONS: dict[tuple[str, str], str] = {
    # (file, what the scan says of it): why it is allowed
    ("app/core/tagging/model.py", "imports contextvars.ContextVar"): (
        "a process has its model as it has its vocabulary: set once, before its first story"
    ),
}
SIZE_EXCEPTIONS: dict[str, str] = {}
HTTP_CLIENTS = frozenset({"httpx", "httpcore", "requests", "aiohttp", "urllib3", "urllib.request"})
DATABASES = frozenset({"sqlalchemy", "aiosqlite", "asyncpg", "sqlite3", "alembic"})
HANDED_OUT = frozenset({"sqlalchemy.exc", "sqlalchemy.Row"})
"""What the store raises and returns, and its callers may name."""


def modules(folder: Path) -> list[Path]:
    return [path for path in house.files(ROOT) if path.suffix == ".py" and folder in path.parents]


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def faults(scan: Callable[[str], list[str]], paths: list[Path]) -> list[str]:
    assert paths, "there is nothing to scan"
    found = ((name(path), scan(path.read_text(encoding="utf-8"))) for path in paths)
    return [f"{where}:{fault}" for where, all_of_one in found for fault in all_of_one]


def excused(fault: str) -> bool:
    return any(fault.startswith(where) and what in fault for where, what in PURITY_EXCEPTIONS)


def test_the_core_is_pure():
    found = faults(house.impurities, modules(APP / "core"))
    assert [fault for fault in found if not excused(fault)] == []


@pytest.mark.parametrize(
    "impure",
    [
        "import os",
        "import os.path",
        "import time as t",
        "from time import monotonic",
        "from urllib import request",
        "import urllib.request",
        "import random",
        "from secrets import token_hex",
        "import logging",
        "import structlog",
        "import asyncio",
        "import socket",
        "from uuid import uuid4",
        "from pathlib import Path",
        "import httpx",
        "import sqlalchemy as sa",
        "from app.store import engine",
        "from app import settings",
        "from app.settings import Settings",
        "def f():\n    import subprocess",
        "open('x')",
        "print('x')",
        "a = datetime.now(UTC)",
        "a = datetime.datetime.utcnow()",
        "a = date.today()",
        "a = field(default_factory=datetime.now)",
        "a = Path('x').read_text()",
        "a = files('app.other').joinpath('x').read_bytes()",
        "async def f(): ...",
        "def f():\n    global a\n    a = 1",
    ],
)
def test_an_impure_core_is_seen(impure: str):
    assert house.impurities(impure)


def test_a_pure_core_is_let_through():
    pure = (
        "from __future__ import annotations\nimport re, io\nfrom datetime import UTC, datetime\n"
        "from urllib.parse import urlsplit\nimport feedparser\nfrom app.core.types import Entry\n"
        "from app.errors import Invalid\nfrom app import core\n"
        "a = files('app.core.vocab').joinpath('a.json').read_text('utf-8')\n"
        "def f(self, now: datetime) -> str:\n    self.now = now\n    return self.now.isoformat()\n"
    )
    assert house.impurities(pure) == []


def test_only_the_net_has_http_clients():
    elsewhere = [path for path in modules(APP) if not name(path).startswith("app/net")]
    assert faults(lambda s: house.foreign_imports(s, HTTP_CLIENTS), elsewhere) == []


@pytest.mark.parametrize(
    "line", ["import httpx", "from httpx import get", "def f():\n  import httpcore._async"]
)
def test_an_http_client_elsewhere_is_seen(line: str):
    assert house.foreign_imports(line, HTTP_CLIENTS)
    assert not house.foreign_imports("from app.net import httpx_like", HTTP_CLIENTS)


def test_only_the_store_has_sql():
    elsewhere = [path for path in modules(APP) if not name(path).startswith("app/store/")]
    assert faults(house.sql, elsewhere) == []
    assert faults(seen_from_outside, elsewhere) == []


def seen_from_outside(source: str) -> list[str]:
    return house.foreign_imports(source, DATABASES, but=HANDED_OUT)


@pytest.mark.parametrize(
    "line",
    [
        'text("SELECT id\\nFROM stories")',
        "a = 'DELETE FROM feeds'",
        'f"UPDATE feeds SET {x} = 1"',
        "'INSERT OR IGNORE INTO t VALUES (1)'",
        "'CREATE UNIQUE INDEX i ON t (a)'",
    ],
)
def test_sql_elsewhere_is_seen(line: str):
    assert house.sql(line)


def test_prose_is_not_taken_for_sql():
    assert house.sql('"""Select a feed from the list and update it; delete from there."""') == []


def test_a_database_elsewhere_is_seen():
    assert seen_from_outside("import sqlalchemy.orm")
    assert seen_from_outside("import sqlalchemy as sa")
    assert seen_from_outside("from sqlalchemy import Row, text") == ["1: imports sqlalchemy.text"]
    assert seen_from_outside("from sqlalchemy.exc import DataError") == []


def test_modules_and_functions_can_be_read_at_once():
    found = faults(house.oversized, modules(APP))
    assert [fault for fault in found if not fault.startswith(tuple(SIZE_EXCEPTIONS))] == []


def test_what_is_too_long_is_seen():
    body = "    a = 1\n" * house.MAX_FUNCTION_LINES
    assert house.oversized(f"def f():\n{body}") == ["1: f has 61 lines"]
    assert house.oversized(f"class C:\n    async def f():\n{body.replace('    a', '        a')}")
    assert house.oversized("a = 1\n" * 301) == ["301: the module has 301 lines"]
    assert house.oversized("a = 1\n" * 300) == []


def test_each_exception_is_still_needed():
    impure = faults(house.impurities, modules(APP / "core"))
    for where, what in PURITY_EXCEPTIONS:
        assert any(fault.startswith(where) and what in fault for fault in impure), where
    long = faults(house.oversized, modules(APP))
    for where in SIZE_EXCEPTIONS:
        assert any(fault.startswith(where) for fault in long), where


def test_what_the_code_imports_is_what_the_project_asks_for():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wishes = [*project["dependencies"], *project["optional-dependencies"]["otel"]]
    asked = {plain(re.split(r"[^\w.-]", wish)[0]) for wish in wishes}
    owners = importlib.metadata.packages_distributions()
    undeclared = {
        library: name(path)
        for path in modules(APP)
        for library in house.libraries(path.read_text(encoding="utf-8"))
        if not {plain(owner) for owner in owners.get(library, [library])} & asked
    }
    assert undeclared == {}


def plain(distribution: str) -> str:
    """The name in the form in which names are compared (PEP 503)."""
    return re.sub(r"[-_.]+", "-", distribution).lower()


def test_what_is_used_is_seen_as_a_library():
    source = "import os, lxml.etree\nfrom app.core import types\nimport h2\na = files('b.c')\n"
    assert house.libraries(source) == {"lxml", "h2", "b"}


@pytest.mark.parametrize("pattern", [house.REGISTRY, house.WORKPLACE, house.UNFINISHED])
def test_nothing_in_the_repository_says(pattern: re.Pattern[str]):
    found = [
        f"{name(path)}:{fault}"
        for path, text in house.texts(ROOT)
        for fault in house.lines_with(pattern, text)
        if path != Path(__file__)  # the bad examples below
    ]
    assert found == []


def test_no_file_knows_where_it_was_written():
    here = str(ROOT)
    if len(ROOT.parts) < 3:
        pytest.skip("the folder's name is too short to look for")
    assert [name(path) for path, text in house.texts(ROOT) if f"{here}/" in text] == []


@pytest.mark.parametrize(
    ("pattern", "line"),
    [
        (house.REGISTRY, "--index-url https://packages.example/simple"),
        (house.REGISTRY, "https://files.pythonhosted.example/a.whl"),
        (house.REGISTRY, "--find-links /opt/wheels"),
        (house.REGISTRY, 'source = { registry = "https://packages.example" }'),
        (house.WORKPLACE, "see /home/somebody/project"),
        (house.WORKPLACE, '"/root/.cache"'),
        (house.WORKPLACE, "cd /Users/somebody"),
        (house.UNFINISHED, "# TODO: later"),
        (house.UNFINISHED, "FIXME"),
        (house.UNFINISHED, "raise NotImplementedError"),
    ],
)
def test_such_words_are_seen(pattern: re.Pattern[str], line: str):
    assert house.lines_with(pattern, line)


@pytest.mark.parametrize(
    "line", ["https://news.example/home/world", "GET /v1/stories", "todo el mundo", "app/root/x"]
)
def test_such_words_are_let_through(line: str):
    for pattern in (house.REGISTRY, house.WORKPLACE, house.UNFINISHED):
        assert house.lines_with(pattern, line) == []


def test_the_files_are_seen_with_and_without_git(tmp_path: Path):
    (tmp_path / "app").mkdir()
    (tmp_path / "app" / "a.py").write_text("a = 1\n")
    (tmp_path / ".venv").mkdir()
    (tmp_path / ".venv" / "b.py").write_text("b = 1\n")
    assert house.files(tmp_path) == [tmp_path / "app" / "a.py"]
    assert ROOT / "pyproject.toml" in house.files(ROOT)
