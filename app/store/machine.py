"""The machine that a process runs on, as far as it bears on the database."""

from __future__ import annotations

import resource
import shutil
from pathlib import Path

MOUNTS = Path("/proc/self/mounts")
DESCRIPTORS = Path("/proc/self/fd")


def descriptors_free() -> int | None:
    """How many more files and sockets this process may open; None where that is not told."""
    limit, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if limit == resource.RLIM_INFINITY or not DESCRIPTORS.is_dir():
        return None
    return limit - sum(1 for _ in DESCRIPTORS.iterdir())


def is_file(file: str) -> bool:
    return Path(file).is_file()


def disk_free(file: str) -> int | None:
    """Bytes left where a file is or would be; None if there is no such place."""
    try:
        return shutil.disk_usage(_folder(file)).free
    except OSError:
        return None


def file_system(file: str, mounts: Path = MOUNTS) -> str | None:
    """The type of the file system that a file is or would be on; None where that is not told."""
    try:
        lines = mounts.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return None
    place = str(_folder(file))
    found: tuple[int, str] | None = None
    for _, point, kind, *_ in (line.split(" ") for line in lines):
        mounted = point.replace("\\040", " ").rstrip("/")
        inside = place == mounted or place.startswith(mounted + "/")
        if inside and (found is None or len(mounted) >= found[0]):
            found = len(mounted), kind
    return found and found[1]


def _folder(file: str) -> Path:
    """The nearest folder of a file that is there already."""
    folder = Path(file).resolve().parent
    while not folder.is_dir() and folder != folder.parent:
        folder = folder.parent
    return folder
