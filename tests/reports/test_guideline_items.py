"""The guidelines' items: as many as each has, each once."""

import pytest

from prevalens.reports.guideline_items import ITEMS, SOURCES


@pytest.mark.parametrize(
    ("guideline", "rows", "items"), [("STARD-AI", 48, 40), ("TRIPOD+AI", 52, 27), ("CLAIM", 44, 44)]
)
def test_every_sub_item_has_a_row(guideline: str, rows: int, items: int) -> None:
    """STARD-AI has 40 items in 48 rows, TRIPOD+AI 27 in 52, CLAIM 44."""
    own = [item for item in ITEMS if item.guideline == guideline]
    numbers = [int(item.number.rstrip("abcdefg")) for item in own]

    assert len(own) == len({item.key for item in own}) == rows
    assert sorted(set(numbers)) == list(range(1, items + 1))
    assert numbers == sorted(numbers)
    assert guideline in SOURCES
