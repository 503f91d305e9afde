"""A loss that broke is located."""

import math

import pytest

from prevalens.callbacks.broken_loss import BrokenLoss, is_finite


def test_the_first_broken_batch_counts_in_whatever_order_batches_report() -> None:
    """Batch 3 and then batch 1 report a broken loss: batch 2, from 1, is named."""
    watch = BrokenLoss()
    for batch, loss in ((0, 0.5), (3, math.inf), (1, math.nan), (2, 0.1)):
        watch.note(batch, {"loss": loss})

    assert watch.where(steps_per_execution=1, steps=4) == ", batch 2"


@pytest.mark.parametrize(("steps", "where"), [(8, "4 to 6"), (5, "4 to 5"), (None, "4 to 6")])
def test_several_steps_that_report_as_one_are_a_range(steps: int | None, where: str) -> None:
    """Of executions of three steps the second, cut by the epoch's end, holds the broken batch."""
    watch = BrokenLoss()
    watch.note(4, {"loss": math.nan})

    text = watch.where(steps_per_execution=3, steps=steps)
    assert text == f", in one of the batches {where}"


def test_a_new_epoch_forgets_and_no_loss_is_no_break() -> None:
    """After an epoch begins nothing is broken; logs without a loss are finite."""
    watch = BrokenLoss()
    watch.note(0, {"loss": math.nan})
    watch.begin_epoch()

    assert watch.where(steps_per_execution=1, steps=1) == ""
    assert is_finite({"accuracy": 0.5})
