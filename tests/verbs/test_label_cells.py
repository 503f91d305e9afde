"""Cells that name several findings, and cells that name none."""

import pytest

from prevalens.exceptions import InvalidInputError
from prevalens.verbs.label_cells import (
    classes_in,
    one_finding,
    refuse_ambiguous,
    separator_of,
    without_blanks,
)

CELLS = ["Edema|Effusion", "Effusion", "No Finding", "Edema", None]


def test_a_cell_with_the_positive_among_others_is_refused() -> None:
    """Taken whole it would be negative: the number of rows, an example and both ways on."""
    with pytest.raises(InvalidInputError, match=r"In 1 rows 'Effusion' .* 'Edema\|Effusion'") as up:
        refuse_ambiguous(CELLS, "Effusion")

    assert "--separator '|'" in str(up.value)
    assert "--separator none" in str(up.value)


@pytest.mark.parametrize("cells", [["a|b", "c"], ["Effusion, large", "Effus"], ["Effusion"]])
def test_cells_without_it_are_left_alone(cells: list[str]) -> None:
    """Other findings may stand together; a part of a word is no finding."""
    refuse_ambiguous(cells, "Effus" if "Effus" in cells else "Effusion")


@pytest.mark.parametrize(
    ("cells", "positive", "expected"),
    [
        (CELLS, "Effusion", "|"),
        (["a; b", "c"], "b", ";"),
        (["a,b"], "a", ","),
        (["a,b"], None, None),
        (["a|b"], None, "|"),
    ],
)
def test_the_separator_is_found(
    cells: list[str | None], positive: str | None, expected: str | None
) -> None:
    """By the class that stands beside others; a comma alone proves nothing."""
    assert separator_of(cells, positive) == expected


def test_findings_are_counted_and_taken_apart() -> None:
    """Each image counts for each of its findings; a blank stays blank."""
    assert classes_in(CELLS, "|") == {"Effusion": 2, "Edema": 2, "No Finding": 1}
    assert one_finding(CELLS, "Effusion", "|") == [
        *("Effusion", "Effusion", "not Effusion", "not Effusion", None),
    ]


def test_rows_without_a_label_ask_what_they_are() -> None:
    """Refused, left out, or named; the other columns follow."""
    columns = {"image": ["a", "b", "c"], "y": ["1", "", None]}
    with pytest.raises(InvalidInputError, match=r"2 of 3 rows have no label .*--blank drop"):
        without_blanks(columns, "y", None)

    assert without_blanks(columns, "y", "drop") == ({"image": ["a"], "y": ["1"]}, 2)
    assert without_blanks(columns, "y", "0") == (columns | {"y": ["1", "0", "0"]}, 2)
    assert without_blanks({"y": ["1"]}, "y", "drop") == ({"y": ["1"]}, 0)
