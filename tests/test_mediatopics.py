"""The IPTC's workbook is read row by row: who is below whom, retired when, called what."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

from tools.mediatopics import LANGUAGES, document, read_rows, read_topics

SHEET = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
HEADS = {
    "C": "Level1/NewsCode", "D": "Level2/NewsCode", "E": "Level3/NewsCode", "I": "RetiredDate",
    "L": "Name (en-GB)", "N": "Name (dk)", "AA": "Name (se)", "AB": "Name (de)",
}  # fmt: skip
ROWS = [
    {"A": "Topics last updated 2031-02-03"},
    HEADS,
    {"C": "medtop:01000000", "L": "ferries", "N": "færger", "AA": "färjor", "AB": "Fähren"},
    {"D": "medtop:20000001", "L": "car  ferries", "AB": "Autofähren | groß"},
    {"E": "medtop:20000002", "L": "ro-ro", "AA": "roro", "AB": "Ro-Ro"},
    {"D": "medtop:20000003", "I": "2024-07-01T12:00:00+00:00", "L": "rafts", "N": "flåder"},
]


def workbook(path: Path) -> Path:
    words = sorted({cell for row in ROWS for cell in row.values()})
    shared = "".join(f"<si><r><t>{word[:3]}</t></r><r><t>{word[3:]}</t></r></si>" for word in words)
    rows = "".join(
        f"<row>{''.join(cell(f'{at}{line}', words.index(said)) for at, said in row.items())}</row>"
        for line, row in enumerate(ROWS, 1)
    )
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("xl/sharedStrings.xml", f'<sst xmlns="{SHEET}">{shared}</sst>')
        archive.writestr(
            "xl/worksheets/sheet1.xml", f'<worksheet xmlns="{SHEET}">{rows}</worksheet>'
        )
    return path


def cell(reference: str, index: int) -> str:
    return f'<c r="{reference}" t="s"><v>{index}</v></c>'


def test_a_workbook_becomes_a_tree(tmp_path: Path):
    rows = read_rows(workbook(tmp_path / "topics.xlsx"))
    assert next(rows) == ["Topics last updated 2031-02-03"]
    found = list(read_topics(rows))
    assert [topic[:4] for topic in found] == [
        ["01000000", "", "", "ferries"],
        ["20000001", "01000000", "", "car ferries"],
        ["20000002", "20000001", "", "ro-ro"],
        ["20000003", "01000000", "2024-07-01", "rafts"],
    ]
    names = [dict(zip(LANGUAGES, topic[4:], strict=False)) for topic in found]
    assert {language for language, name in names[0].items() if name} == {"da", "de", "sv"}
    assert names[0]["sv"] == "färjor"
    assert names[1]["de"] == "Autofähren groß"
    assert (names[2]["de"], names[2]["sv"]) == ("", "roro")
    assert names[3] == {}


def test_the_file_has_a_topic_a_line():
    written = document([["01000000", "", "", "ferries", "Fähren"]], "2031-02-03")
    assert '\n"01000000|||ferries|Fähren"\n' in written
    assert json.loads(written)["edition"] == "2031-02-03"
