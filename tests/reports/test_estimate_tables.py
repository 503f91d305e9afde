"""Estimates as rows of a table, and the notes beneath it."""

from msgspec.structs import replace

from prevalens.reports.document import Paragraph
from prevalens.reports.estimate_tables import (
    estimate_row,
    estimate_table,
    keys_of,
    notes_of,
)
from prevalens.reports.record_parts import EstimatePart

HALF = EstimatePart(
    value=0.5,
    lower=0.25,
    upper=0.75,
    confidence_level=0.95,
    method="m",
    unit="image",
    n=8,
    events=4,
    patients=None,
)
NONE = replace(HALF, value=None, lower=None, upper=None, not_estimable="no positives")


def test_a_row_tells_name_value_interval_and_basis() -> None:
    """Four cells; where there is no value, the reason takes the interval's place."""
    assert estimate_row("npv", HALF) == (
        "Negative predictive value",
        "0.500",
        "0.250 to 0.750",
        "4 of 8 images",
    )
    assert estimate_row("npv", NONE)[1:3] == ("not estimable", "no positives")


def test_rows_carry_their_address() -> None:
    """Each row knows where its estimate stands in the record."""
    table = estimate_table(
        {"f1": HALF, "mcc": NONE}, ["mcc", "f1"], caption="c", address="estimates"
    )

    assert table.keys == ["estimates.mcc", "estimates.f1"]
    assert [row[0] for row in table.rows] == ["Matthews correlation", "F1"]


def test_an_n_that_rows_share_is_written_once() -> None:
    """It stands in the caption: in no cell where most share it, in no column where all do."""
    one = replace(HALF, n=9)
    most = estimate_table(
        {"f1": HALF, "mcc": HALF, "f2": HALF, "kappa": one},
        ["f1", "mcc", "f2", "kappa"], caption="c", address="e",
    )  # fmt: skip
    same = estimate_table(
        {"f1": HALF, "mcc": HALF, "f2": NONE}, ["f1", "mcc", "f2"], caption="c", address="e"
    )
    few = estimate_table({"f1": HALF, "mcc": HALF}, ["f1", "mcc"], caption="c", address="e")

    assert most.caption == "c; n: 8 images, 4 positive unless another is told"
    assert [row[3] for row in most.rows] == ["", "", "", "9 images, 4 positive"]
    assert same.caption == "c; n: 8 images, 4 positive"
    assert [len(row) for row in (same.header, *same.rows)] == [3] * 4
    assert few.caption == "c"
    assert [row[3] for row in few.rows] == ["8 images, 4 positive"] * 2


def test_a_note_is_written_once() -> None:
    """Two estimates with one note share it; an estimate without one has none."""
    noted = replace(HALF, note="few patients")
    (paragraph,) = notes_of([("A", noted), ("B", HALF), ("C", noted)])

    assert isinstance(paragraph, Paragraph)
    assert paragraph.text == "A, C: few patients"


def test_keys_are_chosen_by_group() -> None:
    """Ranking estimates are found by name."""
    assert keys_of({"auroc": HALF, "f1": HALF}, "ranking") == ["auroc"]
