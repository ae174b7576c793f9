"""Where each block stands in its story's text."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from app.core.normal.blocks import read_blocks
from app.core.story import OWN_BLOCKS, Block, BlockType, block_record, placed

blocks = st.lists(
    st.builds(
        Block,
        type=st.sampled_from(BlockType),
        text=st.text("ab 港😀\n", min_size=1, max_size=6),
        rule=st.just("r"),
    )
)


def text_of(said: list[Block]) -> str:
    return "\n\n".join(block.text for block in said if block.type in OWN_BLOCKS)


@given(blocks)
def test_own_words_are_where_they_are_said_to_be(said: list[Block]) -> None:
    text = text_of(said)
    places = placed(map(block_record, said))
    assert [place["type"] for place in places] == [block.type for block in said]
    end = 0
    for block, place in zip(said, places, strict=True):
        cut = slice(int(place["start"]), int(place["end"]))
        assert place["text"] == block.text
        assert text[cut] == (block.text if block.type in OWN_BLOCKS else "")
        assert cut.start in (end, end + 2) if block.type in OWN_BLOCKS else cut.start == end
        end = cut.stop
    assert end == len(text)


def test_places_are_counted_in_code_points() -> None:
    read = read_blocks(
        "<p>Kyodo</p><p>𠮷野 sailed 🚢.</p><p>Advertisement</p><h2>港</h2><p>Kyodo</p>",
        is_html=True,
    )
    assert [(p["type"], p["start"], p["end"]) for p in placed(map(block_record, read.blocks))] == [
        ("credit", 0, 0),
        ("paragraph", 0, 12),
        ("boilerplate", 12, 12),
        ("heading", 14, 15),
        ("credit", 15, 15),
    ]
    assert read.text[14:15] == "港"
