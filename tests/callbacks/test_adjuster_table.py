"""The printed table: lines that stand under one another within 80 columns."""

import io
import sys
from pathlib import Path
from typing import Any

import pytest

from prevalens.callbacks.adjuster_record import AdjusterRow
from prevalens.callbacks.adjuster_table import AdjusterTable


def row(**values: Any) -> AdjusterRow:
    """Return the row of a first epoch, with other values where given."""
    usual = {
        "epoch": 1,
        "loss": 0.69314,
        "accuracy": 0.5,
        "val_loss": 0.7,
        "val_accuracy": 0.25,
        "value": 0.7,
        "rate": 1e-3,
        "next_rate": 5e-4,
        "followed": "value",
        "improvement": None,
        "action": "kept",
        "kept_epoch": 1,
        "duration": 12.34,
    }
    return AdjusterRow(**{**usual, **values})


def test_a_row_shows_its_numbers_in_the_order_of_the_heading() -> None:
    """The columns are those of the notebooks' table; the heading stands over them."""
    table = AdjusterTable("val_loss")
    top, bottom = table.heading().splitlines()

    assert " ".join(bottom.split()) == "epoch loss acc. loss acc. rate rate by % action s"
    assert " ".join(top.split()) == "train train val. val. next judged gain"
    assert table.line(row()).split() == [
        *("1", "0.6931", "0.5000", "0.7000", "0.2500", "0.001", "0.0005"),
        *("val_loss", "-", "kept", "12.3"),
    ]


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"epoch": 10000, "loss": 123456.7, "val_loss": 1e30, "duration": 123456.7},
        {"rate": 1.25e-4, "next_rate": 6.25e-5, "improvement": -12345.6, "loss": 1e-12},
        {"val_loss": None, "val_accuracy": None, "accuracy": None, "action": "waited"},
        {"action": "lowered, restored, stopped", "followed": "accuracy"},
        {"loss": float("nan"), "val_loss": float("inf"), "improvement": float("-inf")},
    ],
)
@pytest.mark.parametrize("monitor", ["val_loss", "val_sensitivity_at_specificity"])
def test_every_line_has_the_same_width_within_80_columns(
    values: dict[str, Any], monitor: str
) -> None:
    """Whatever the numbers, a line is as wide as the heading, and that is at most 80."""
    table = AdjusterTable(monitor)
    widths = {len(line) for line in [*table.heading().splitlines(), table.line(row(**values))]}

    assert len(widths) == 1
    assert widths.pop() <= 80


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (0.69314, "0.6931"),
        (12.3456, "12.346"),
        (123456.7, "123457"),
        (1234567.8, "1e+06"),
        (0.00001, "1e-05"),
        (0.0, "0.0000"),
        (None, "-"),
    ],
)
def test_a_loss_is_never_cut_to_another_number(value: float | None, shown: str) -> None:
    """As many decimals as fit, or the power of ten; a small loss is not 0.0000."""
    assert AdjusterTable("val_loss").line(row(loss=value)).split()[1] == shown


@pytest.mark.parametrize(
    ("seconds", "shown"), [(0.01, "0.0"), (12.34, "12.3"), (12345.6, "12346"), (1e6, "1e+06")]
)
def test_seconds_are_never_cut_to_another_number(seconds: float, shown: str) -> None:
    """Tenths up to 999, whole seconds up to 99,999, then the power of ten."""
    assert AdjusterTable("val_loss").line(row(duration=seconds)).split()[-1] == shown


@pytest.mark.parametrize(
    ("gain", "shown"), [(20.0, "+20.0"), (-0.04, "+0.0"), (-12345.6, "-12346"), (1e7, "+1e+07")]
)
def test_a_gain_has_its_sign(gain: float, shown: str) -> None:
    """Progress is +, a loss of ground is -; what rounds to nothing is no loss."""
    assert AdjusterTable("val_loss").line(row(improvement=gain)).split()[8] == shown


def test_a_monitor_of_its_own_takes_the_place_of_the_accuracy() -> None:
    """With monitor="val_auc" its values stand where the validation accuracy would."""
    table = AdjusterTable("val_auc")

    assert table.heading().splitlines()[1].split()[4] == "auc"
    assert table.line(row(value=0.875)).split()[4] == "0.8750"


@pytest.mark.parametrize(
    ("action", "shown"),
    [
        ("lowered, restored", "restored"),
        ("kept, stopped", "stopped"),
        ("kept, unfreeze", "unfreeze"),
        ("lowered", "lowered"),
    ],
)
def test_the_weightiest_act_is_shown(action: str, shown: str) -> None:
    """One word an epoch; the two rates beside it tell of a lowering."""
    assert AdjusterTable("val_loss").line(row(action=action)).split()[-2] == shown


class Terminal(io.StringIO):
    """A standard output that says it is a terminal."""

    def isatty(self) -> bool:
        """Say so."""
        return True


def test_a_log_that_is_followed_shows_each_row_at_once(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A file as standard output holds the row after its epoch, not when a buffer is full."""
    with (tmp_path / "log").open("w", encoding="utf-8") as log:
        monkeypatch.setattr(sys, "stdout", log)
        table = AdjusterTable("val_loss")
        table.waiting = row()
        table.flush(interactive=True)
        read = (tmp_path / "log").read_text(encoding="utf-8")
    assert read == f"{table.heading()}\n{table.line(row())}\n"


@pytest.mark.parametrize("terminal", [True, False])
def test_colour_is_for_terminals_only(monkeypatch: pytest.MonkeyPatch, *, terminal: bool) -> None:
    """A terminal gets control codes, a file or pipe none; the text is the same, and once."""
    for name in ("NO_COLOR", "FORCE_COLOR", "TTY_COMPATIBLE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setattr(sys, "stdout", Terminal() if terminal else io.StringIO())
    table = AdjusterTable("val_loss")
    table.waiting = row()
    table.flush(interactive=True)
    table.flush(interactive=True)
    printed = sys.stdout.getvalue()  # type: ignore[attr-defined]

    assert ("\x1b[" in printed) == terminal
    assert table.line(row()) in printed
    assert printed.count("\n") == 3
    if not terminal:
        assert printed == f"{table.heading()}\n{table.line(row())}\n"
