"""The dateline after a standfirst; round-ups keep the places of their items."""

from __future__ import annotations

import pytest

from app.core.normal.blocks import read_blocks

STANDFIRST = "The ferry is back after a winter of repairs"
STORY = "The Osprey left the harbour on Tuesday morning."
MORE = "Three hundred were on board."


@pytest.mark.parametrize(
    ("lead", "place", "agency"),
    [
        ("LISBON — ", "LISBON", None),
        ("LISBON – ", "LISBON", None),
        ("PORTSIDE, Ohio -- ", "PORTSIDE, Ohio", None),
        ("Lisbon (AFP) - ", "Lisbon", "afp"),
        ("LISBON, March 5 (Reuters) - ", "LISBON", "reuters"),
        ("【東京共同】", "東京", "kyodo"),
    ],
)
@pytest.mark.parametrize("tag", ["p", "h2"])
def test_a_dateline_after_a_standfirst(lead: str, place: str, agency: str | None, tag: str) -> None:
    html = f"<{tag}>{STANDFIRST}</{tag}><p>{lead}{STORY}</p><p>{MORE}</p>"
    read = read_blocks(html, is_html=True)
    assert read.text == f"{STANDFIRST}\n\n{STORY}\n\n{MORE}"
    assert [(b.type.value, b.rule) for b in read.blocks][1] == ("dateline", "lead")
    assert read.blocks[1].text == lead.strip()
    assert read.dateline is not None
    assert read.dateline.place == place
    assert (read.agency.code if read.agency else None) == agency


@pytest.mark.parametrize(
    "paragraphs",
    [
        (STANDFIRST, f"LISBON — {STORY}", f"MADRID — {STORY}"),
        (STANDFIRST, f"Lisbon – {STORY}", MORE),
        (STANDFIRST, f"LISBON - {STORY}", MORE),
        (STANDFIRST, f"(Reuters) - {STORY}", MORE),
        (STANDFIRST, MORE, f"LISBON — {STORY}"),
        (STANDFIRST, "LISBON (AFP) - LISBON (AFP) - A.", MORE),
        ("".join(f"Ferry {n} sailed on its own. " for n in range(20)), f"LISBON — {STORY}", MORE),
    ],
)
def test_what_is_no_dateline_of_the_story_stays(paragraphs: tuple[str, ...]) -> None:
    said = "\n\n".join(paragraph.strip() for paragraph in paragraphs)
    read = read_blocks(said, is_html=False)
    assert (read.text, read.dateline) == (said, None)


def test_a_round_up_keeps_the_places_of_all_but_its_first_item() -> None:
    read = read_blocks(f"LISBON — {STORY}\n\nMADRID — {MORE}", is_html=False)
    assert read.text == f"{STORY}\n\nMADRID — {MORE}"
    assert read.dateline is not None
    assert read.dateline.place == "LISBON"
