"""The rows that LearningRateAdjuster writes down: a table, a CSV file, a plot."""

import csv
import io
import math
import os
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import Any

import numpy as np

from prevalens._notebook import card, note, show_text, table
from prevalens._optional import require
from prevalens._writing import write_text
from prevalens.callbacks.adjuster_rule import Decision
from prevalens.callbacks.adjuster_table import AdjusterTable
from prevalens.exceptions import InvalidInputError


@dataclass(frozen=True, kw_only=True)
class AdjusterRow:
    """One epoch, as the table shows it.

    Args:
        epoch: Number of the epoch, from 1 as people count.
        loss: Training loss.
        accuracy: Training accuracy, or None where the logs have none.
        val_loss: Loss on the validation data, or None.
        val_accuracy: Accuracy on the validation data, or None.
        value: The monitored value, or None where the epoch was not validated.
        rate: Learning rate of the epoch; the highest where the optimizer has several.
        next_rate: Learning rate of the next epoch.
        followed: What progress was judged by: `"accuracy"` of the training, the monitored
            `"value"`, or nothing where the epoch was `"skipped"`.
        improvement: Change against the bar in per cent, positive when better, or None.
        action: What was done: kept, waited, lowered, lowered and restored, stopped; skipped
            where the epoch was not validated; unfreeze where the first of two phases ends.
        kept_epoch: The epoch that a restore goes back to, from 1; 0 is the start.
        duration: Seconds the epoch took, validation included.
    """

    epoch: int
    loss: float | None
    accuracy: float | None
    val_loss: float | None = None
    val_accuracy: float | None = None
    value: float | None
    rate: float
    next_rate: float
    followed: str
    improvement: float | None
    action: str
    kept_epoch: int
    duration: float

    @classmethod
    def of(
        cls,
        decision: Decision,
        *,
        logs: Mapping[str, Any],
        accuracy: str = "accuracy",
        duration: float,
    ) -> "AdjusterRow":
        """Make the row of a decision.

        Args:
            decision: What was decided.
            logs: The epoch's values by Keras' names.
            accuracy: Keras' name of the training accuracy.
            duration: Seconds the epoch took.
        """
        return cls(
            epoch=decision.epoch + 1,
            loss=_float(logs.get("loss")),
            accuracy=_float(logs.get(accuracy)),
            val_loss=_float(logs.get("val_loss")),
            val_accuracy=_float(logs.get(f"val_{accuracy}")),
            value=decision.value,
            rate=decision.rate,
            next_rate=decision.next_rate,
            followed=decision.phase,
            improvement=decision.improvement,
            action=_action(decision),
            kept_epoch=decision.kept_epoch + 1,
            duration=duration,
        )

    def ending_phase(self) -> "AdjusterRow":
        """Return the row of an epoch that ends the first of two phases, not the training."""
        words = [
            word for word in self.action.split(", ") if word not in ("stopped", "waited", "skipped")
        ]
        return replace(self, action=", ".join([*words, "unfreeze"]))


_COLUMNS = tuple(field.name for field in fields(AdjusterRow))


class AdjusterRecord:
    """The rows of one training, in order.

    Args:
        monitor: Name of the monitored value, for the heading.
        threshold: Training accuracy from which the monitor decides, or None.
        rows: The rows so far.
    """

    def __init__(
        self,
        *,
        monitor: str,
        threshold: float | None = None,
        rows: Iterable[AdjusterRow] = (),
    ) -> None:
        self.monitor = monitor
        self.threshold = threshold
        self.rows = list(rows)

    def __len__(self) -> int:
        return len(self.rows)

    def __str__(self) -> str:
        lines = [AdjusterTable(self.monitor).text(self.rows), self.remark()]
        return "\n".join(line for line in lines if line)

    _repr_pretty_ = show_text

    def _repr_html_(self) -> str:
        names = ("epoch", "loss", "accuracy", "value", "rate", "action")
        rows = [[_shown(row[name]) for name in names] for row in self.to_list()]
        left_out = [note(f"The last 20 of {len(rows)} epochs.")] if len(rows) > 20 else []
        heads = [self.monitor if name == "value" else name for name in names]
        remark = [note(self.remark())] if self.remark() else []
        return card(
            f"Learning rates of {len(rows)} epochs", table(heads, rows[-20:]), *left_out, *remark
        )

    def remark(self) -> str:
        """Return a line that says where the monitor decided in no epoch; empty elsewhere."""
        if not self.rows or any(row.followed == "value" for row in self.rows):
            return ""
        n_judged = sum(row.followed == "accuracy" for row in self.rows)
        if not n_judged:
            return (
                f"{self.monitor} never decided: none of the {len(self.rows)} epochs was validated, "
                "so no weights were judged and the last ones stay."
            )
        return (
            f"{self.monitor} never decided: the training accuracy stayed below "
            f"threshold={self.threshold:g} in all {n_judged} epochs that were judged. The weights "
            f"are those of epoch {self.rows[-1].kept_epoch}, the best by training accuracy. Lower "
            "the threshold, or leave it out."
        )

    def to_list(self) -> list[dict[str, Any]]:
        """Return the rows as dictionaries of texts and numbers."""
        return [asdict(row) for row in self.rows]

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the rows as a CSV file, whole or not at all; an empty cell is not known."""
        text = io.StringIO()
        writer = csv.DictWriter(text, _COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(self.to_list())
        write_text(path, text.getvalue())

    def plot(self, axes: Any = None) -> Any:
        """Draw the monitored value and the rate over the epochs, restores marked.

        Args:
            axes: matplotlib axes to draw on; new ones by default.

        Returns:
            The axes of the monitored value; the rate has a twin of them.

        Raises:
            InvalidInputError: no epoch has been recorded.
            MissingExtraError: matplotlib is not installed.
        """
        if not self.rows:
            raise InvalidInputError("There is no row to plot. Train for at least one epoch.")
        if axes is None:
            # Room for the second axis, which the usual margins cut off.
            figure = require("matplotlib.pyplot", extra="plot").subplots(layout="constrained")
            axes = figure[1]
        epochs = [row.epoch for row in self.rows]
        values = [math.nan if row.value is None else row.value for row in self.rows]
        axes.plot(epochs, values, marker="o", label=self.monitor)
        for row in self.rows:
            if "restored" in row.action:
                axes.axvline(row.epoch, linestyle=":", color="grey")
        axes.set_xlabel("epoch")
        axes.set_ylabel(self.monitor)
        twin = axes.twinx()
        twin.step(epochs, [row.rate for row in self.rows], where="mid", color="tab:red")
        twin.set_yscale("log")
        twin.set_ylabel("learning rate")
        return axes


def _shown(value: object) -> str:
    return "" if value is None else f"{value:.4g}" if isinstance(value, float) else str(value)


def _action(decision: Decision) -> str:
    if decision.value is None:
        return "skipped"
    words = ["kept"] if decision.keep else []
    if decision.next_rate < decision.rate:
        words.append("lowered")
    if decision.restore:
        words.append("restored")
    if decision.stop:
        words.append("stopped")
    return ", ".join(words) or "waited"


def _float(value: Any) -> float | None:
    if value is None or np.size(value) != 1:  # a metric may have one value a class
        return None
    return float(np.reshape(value, ()))


def rows_of(records: Iterable[Mapping[str, Any]]) -> list[AdjusterRow]:
    """Make the rows that `AdjusterRecord.to_list` described."""
    return [AdjusterRow(**record) for record in records]
