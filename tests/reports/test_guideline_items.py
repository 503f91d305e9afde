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


def test_probast_ai_asks_16_and_18_questions() -> None:
    """Sixteen on development and eighteen on evaluation, in four domains each."""
    own = [item.number for item in ITEMS if item.guideline == "PROBAST+AI"]
    domains = {letter: [n[1] for n in own if n[0] == letter] for letter in "DE"}

    assert len(own) == len(set(own)) == 34
    assert {letter: [d.count(n) for n in "1234"] for letter, d in domains.items()} == {
        "D": [3, 4, 4, 5],
        "E": [3, 4, 4, 7],
    }
