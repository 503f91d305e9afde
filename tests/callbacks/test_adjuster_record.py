"""The rows of a training: table, CSV, plot."""

import csv
import json
from dataclasses import replace
from pathlib import Path

import matplotlib as mpl
import matplotlib.pyplot  # noqa: ICN001 - makes mpl.pyplot
import pytest

from prevalens.callbacks import AdjusterRule
from prevalens.callbacks.adjuster_record import AdjusterRecord, AdjusterRow, rows_of
from prevalens.exceptions import InvalidInputError


def record() -> AdjusterRecord:
    """Return the record of four epochs: kept, kept, lowered and restored, kept."""
    decisions = AdjusterRule().simulate(
        [(0.5, 0.7), (0.95, 0.5), (0.95, 0.6), (0.96, 0.4)], rate=0.1
    )
    rows = [
        AdjusterRow.of(decision, logs={"loss": 0.5, "val_accuracy": 0.75}, duration=2.0)
        for decision in decisions
    ]
    return AdjusterRecord(monitor="val_loss", rows=rows)


def test_the_actions_are_named() -> None:
    """Each row says what was done in the epoch."""
    assert [row.action for row in record().rows] == ["kept", "kept", "lowered, restored", "kept"]


def test_as_text_it_is_the_table() -> None:
    """Printed, the record has two lines of heading and a line an epoch."""
    lines = str(record()).splitlines()

    assert len(lines) == 2 + 4
    assert lines[-1].split()[0] == "4"


def test_the_end_of_a_first_phase_is_no_stop() -> None:
    """Where an epoch ends the first of two phases, its row says so in place of stopped."""
    row = replace(record().rows[2], action="lowered, restored, stopped")

    assert row.ending_phase().action == "lowered, restored, unfreeze"
    assert replace(row, action="waited").ending_phase().action == "unfreeze"


def test_the_csv_holds_each_row(tmp_path: Path) -> None:
    """Reading the CSV file gives each epoch's numbers; what is not known is empty."""
    record().save(tmp_path / "rows.csv")
    with (tmp_path / "rows.csv").open(newline="") as stream:
        rows = list(csv.DictReader(stream))

    assert [row["epoch"] for row in rows] == ["1", "2", "3", "4"]
    assert rows[0]["improvement"] == rows[0]["val_loss"] == ""
    assert rows[0]["val_accuracy"] == "0.75"
    assert float(rows[2]["next_rate"]) == 0.05


def test_rows_survive_json() -> None:
    """The rows written as JSON come back equal."""
    made = record()

    assert rows_of(json.loads(json.dumps(made.to_list()))) == made.rows


def test_the_plot_shows_each_epoch() -> None:
    """The curve has one point an epoch, at its value, and restores are marked."""
    mpl.use("Agg")
    axes = record().plot()
    curve, mark = axes.get_lines()

    assert curve.get_ydata().tolist() == [0.7, 0.5, 0.6, 0.4]
    assert mark.get_xdata() == [3, 3]
    mpl.pyplot.close(axes.figure)


def test_nothing_to_plot_is_said() -> None:
    """A record without rows is refused."""
    with pytest.raises(InvalidInputError, match="Train for at least one epoch"):
        AdjusterRecord(monitor="loss").plot()


def test_axes_that_are_given_are_drawn_on() -> None:
    """A figure of one's own takes the curve; a row that stopped says so."""
    mpl.use("Agg")
    axes = mpl.pyplot.figure().subplots()
    assert record().plot(axes) is axes
    mpl.pyplot.close(axes.figure)
    decisions = AdjusterRule(threshold=None, stop_patience=1).simulate([0.5, 0.6], rate=0.1)
    last = AdjusterRow.of(decisions[-1], logs={}, duration=2.0)
    assert last.action == "lowered, restored, stopped"


def test_a_notebook_shows_the_last_epochs() -> None:
    """Under the monitor's name, with what was done; of many epochs the last twenty."""
    page = record()._repr_html_()
    many = AdjusterRecord(monitor="val_loss", rows=record().rows * 6)._repr_html_()

    assert "Learning rates of 4 epochs" in page
    assert ">val_loss<" in page
    assert "lowered, restored" in page
    assert "The last 20 of 24 epochs." in many
    assert many.count("<tr>") == 21
