"""Make app/core/vocab/mediatopics.json from the IPTC's own workbook of its Media Topics:

    python -m tools.mediatopics IPTC-MediaTopic-NewsCodes.xlsx

The first row says when the workbook was last updated, the second names the columns; then each row
is one topic, below the last row that stands a level higher. Left out are definitions, names of
regions (en-US, nn, pt-BR), names that are the English ones, and all but the English of retired
topics: so the file stays below 200 kB, and a line of it can be read.
"""

from __future__ import annotations

import argparse
import json
import re
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final
from xml.etree import ElementTree as ET  # the workbook is the IPTC's, not a stranger's

TARGET: Final = Path(__file__).parent.parent / "app" / "core" / "vocab" / "mediatopics.json"
MAIN: Final = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
LEVELS: Final = 6
ENGLISH: Final = "en-GB"
LANGUAGES: Final = {
    "ar": "ar",
    "da": "dk",
    "de": "de",
    "es": "es",
    "fr": "fr",
    "no": "no-NB",
    "pt": "pt-PT",
    "sv": "se",
    "zh": "zh-Hans",
}
"""Languages as the rest of Copydesk names them, and as the workbook's columns do."""

BETWEEN: Final = "|"

CREDIT: Final = {
    "title": "IPTC Media Topics",
    "source": "https://cv.iptc.org/newscodes/mediatopic/",
    "copyright": "International Press Telecommunications Council (IPTC), https://iptc.org",
    "license": "CC BY 4.0, https://creativecommons.org/licenses/by/4.0/",
    "changes": "converted from the IPTC's workbook; definitions and mappings left out",
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("workbook", type=Path, help="the IPTC's .xlsx file")
    workbook: Path = parser.parse_args().workbook
    rows = read_rows(workbook)
    dated = " ".join(next(rows)).rpartition("last updated ")[2]
    topics = list(read_topics(rows))
    TARGET.write_text(document(topics, dated), encoding="utf-8")
    print(f"{TARGET.name}: {dated}, {len(topics)} topics, {TARGET.stat().st_size} bytes")  # noqa: T201 - its report


def document(topics: list[list[str]], dated: str) -> str:
    """The file: the credit, then one topic a line, so that editions can be compared.

    A topic is code, parent, day of retirement, English name, and other names in the order of
    LANGUAGES, any of them empty, with BETWEEN between them.
    """
    head = {**CREDIT, "edition": dated, "languages": list(LANGUAGES)}
    lines = [json.dumps(BETWEEN.join(topic), ensure_ascii=False) for topic in topics]
    credit = json.dumps(head, ensure_ascii=False, indent=1)[: -len("\n}")]
    return credit + ',\n "topics": [\n' + ",\n".join(lines) + "\n]}\n"


def read_topics(rows: Iterator[list[str]]) -> Iterator[list[str]]:
    heads = next(rows)
    above = [""] * (LEVELS + 1)
    for cells in rows:
        row = dict(zip(heads, cells, strict=False))
        level, code = next(
            (level, code)
            for level in range(1, LEVELS + 1)
            if (code := _code(row.get(f"Level{level}/NewsCode", "")))
        )
        above[level:] = [code] + [""] * (LEVELS - level)
        retired = row.get("RetiredDate", "")[:10]
        names = [] if retired else list(_names(row))
        yield [code, above[level - 1], retired, _name(row, ENGLISH), *names]


def _code(cell: str) -> str:
    found = re.search(r"\d{8}", cell)
    return found[0] if found else ""


def _names(row: Mapping[str, str]) -> Iterator[str]:
    """A name for each of LANGUAGES, "" where it is the English one or there is none."""
    english = _name(row, ENGLISH)
    for column in LANGUAGES.values():
        name = _name(row, column)
        yield "" if name.casefold() == english.casefold() else name


def _name(row: Mapping[str, str], column: str) -> str:
    return " ".join(row.get(f"Name ({column})", "").replace(BETWEEN, " ").split())


def read_rows(workbook: Path) -> Iterator[list[str]]:
    """The cells of the first sheet, row by row, as text."""
    with zipfile.ZipFile(workbook) as archive:
        strings = _strings(ET.fromstring(archive.read("xl/sharedStrings.xml")))  # noqa: S314
        sheet = ET.fromstring(archive.read("xl/worksheets/sheet1.xml"))  # noqa: S314
    for row in sheet.iter(f"{MAIN}row"):
        cells: list[str] = []
        for cell in row.iter(f"{MAIN}c"):
            column = _column(cell.get("r", ""))
            cells += [""] * (column - len(cells))
            value = cell.findtext(f"{MAIN}v") or ""
            cells.append(strings[int(value)] if cell.get("t") == "s" and value else value)
        yield cells


def _strings(table: ET.Element) -> list[str]:
    return ["".join(t.text or "" for t in si.iter(f"{MAIN}t")) for si in table.iter(f"{MAIN}si")]


def _column(reference: str) -> int:
    """A1 → 0, AB7 → 27."""
    number = 0
    for letter in reference.rstrip("0123456789"):
        number = number * 26 + ord(letter) - ord("A") + 1
    return number - 1


if __name__ == "__main__":
    main()
