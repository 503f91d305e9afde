"""Rows are printed late, once, and where Keras prints."""

import logging

import pytest

from prevalens.callbacks import AdjusterRule
from prevalens.callbacks.adjuster_record import AdjusterRow

keras = pytest.importorskip("keras", exc_type=ImportError)
epoch_printer = pytest.importorskip("prevalens.callbacks.epoch_printer", exc_type=ImportError)
pytestmark = pytest.mark.keras


def row() -> AdjusterRow:
    """Return the row of a first epoch."""
    (decision,) = AdjusterRule().simulate([0.5], rate=0.1)
    return AdjusterRow.of(decision, logs={"loss": 0.5}, duration=1.0)


def test_a_row_waits_may_change_and_is_printed_once(capsys: pytest.CaptureFixture[str]) -> None:
    """Heading and row come with the flush; changed before it counts, after it does not."""
    printer = epoch_printer.EpochPrinter("val_loss", verbose=1)
    printer.wait(row())
    assert capsys.readouterr().out == ""
    printer.amend(row().ending_phase())
    printer.flush()
    printer.amend(row())
    printer.flush()
    printer.say("the end")
    printer.say("")
    lines = capsys.readouterr().out.splitlines()

    assert len(lines) == 4
    assert "unfreeze" in lines[2]
    assert lines[3] == "the end"


def test_what_is_silent_prints_nothing_and_a_log_is_written_where_keras_writes_one(
    capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    """Silence gives neither; without interactive logging the rows are in the log."""
    for verbose in (0, 1):
        keras.config.disable_interactive_logging()
        try:
            with caplog.at_level(logging.INFO, logger="prevalens"):
                printer = epoch_printer.EpochPrinter("val_loss", verbose=verbose)
                printer.wait(row())
                printer.flush()
                printer.say("the end")
        finally:
            keras.config.enable_interactive_logging()
        assert [each.name for each in caplog.records].count("prevalens") == 2 * verbose
    assert capsys.readouterr().out == ""
