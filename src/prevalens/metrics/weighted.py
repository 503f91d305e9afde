"""Every measure for many weightings of the patients at once: the engine of the bootstrap."""

import contextlib
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

from prevalens.metrics.calibration import why_no_line
from prevalens.metrics.inputs import Columns
from prevalens.metrics.logistic import NoLineError
from prevalens.metrics.weighted_line import WeightedLine
from prevalens.typing import Codes, Flags, Numbers

if TYPE_CHECKING:
    from prevalens.metrics.measure import Engine, Measure


class WeightedEstimates:
    """Estimates of rows whose patients count 0, 1, 2 ... times.

    What does not depend on the weights (sums by patient, the order of scores, the recalibration
    line of all rows) is computed once.

    Args:
        columns: Checked columns.
        threshold: A score of at least this is predicted positive.
        measures: What is computed, where it has a formula or an engine.
    """

    def __init__(self, columns: Columns, threshold: float, measures: "Sequence[Measure]") -> None:
        codes = np.arange(columns.scores.size) if columns.codes is None else columns.codes
        k = self.n_units = int(codes.max()) + 1
        self._sizes = np.bincount(codes, minlength=k).astype(np.float64)
        self._positive = np.bincount(codes, columns.labels, k)
        self._measures = {each.key: each for each in measures}
        formulas = {
            each.key: each.formula
            for each in measures
            if each.formula is not None and not (each.below_one and threshold == 1)
        }
        # Measures of one table of rows, such as the confusion matrix, share its sums.
        self._sums = {
            rows: np.stack(
                [np.bincount(codes, part, k) for part in rows(columns, threshold)], axis=1
            )
            for rows in {formula.rows for formula in formulas.values()}
        }
        self._formulas = formulas
        engines = {each.engine for each in measures if each.engine is not None}
        self._engines = [engine(columns, codes) for engine in engines]

    def estimates(self, weights: Numbers) -> dict[str, Numbers]:
        """Compute each estimate for each weighting.

        Args:
            weights: How often each patient counts, shape `(draws, n_units)`, whole numbers.

        Returns:
            Values by name, each of shape `(draws,)`; nan or infinite where undefined.
        """
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            total = weights @ self._sizes
            means = {rows: (weights @ sums).T / total for rows, sums in self._sums.items()}
            positive = weights @ self._positive
            lacking = {"positive": positive == 0, "negative": positive == total, "any": False}
            lacking["both"] = lacking["positive"] | lacking["negative"]
            made = {
                name: np.where(
                    lacking[self._measures[name].needs],
                    np.nan,
                    formula.combine(*means[formula.rows]),
                )
                for name, formula in self._formulas.items()
            }
            for engine in self._engines:
                made |= engine(weights)
            return made


def rank_engine(columns: Columns, codes: Codes) -> Callable[[Numbers], dict[str, Numbers]]:
    """Return what computes AUROC and average precision for many weightings."""
    if not columns.labels.any():
        return _nothing
    return WeightedRanks(columns.labels, columns.scores, codes).estimates


def line_engine(name: str, *, slope: bool) -> "Engine":
    """Return what makes the computation of one coefficient of the recalibration line."""

    def engine(columns: Columns, codes: Codes) -> Callable[[Numbers], dict[str, Numbers]]:
        if why_no_line(columns, slope=slope) is None:
            with contextlib.suppress(NoLineError):
                line = WeightedLine(columns, codes, slope=slope)
                return lambda weights: {name: line.values(weights)}
        return _nothing

    return engine


def _nothing(weights: Numbers) -> dict[str, Numbers]:
    del weights
    return {}


class WeightedRanks:
    """AUROC and average precision of weighted rows.

    Rows are counted from the highest score down, in steps that end at each distinct score of a
    positive image: a sparse table of steps by patients turns weights into counts.

    Args:
        labels: True where the image is positive, shape `(n_rows,)`; some are.
        scores: Score of the positive class, shape `(n_rows,)`.
        codes: Number of each row's patient, shape `(n_rows,)`.
    """

    def __init__(self, labels: Flags, scores: Numbers, codes: Codes) -> None:
        marks = np.unique(-scores[labels])
        shape = (2 * marks.size + 1, int(codes.max()) + 1)
        # Even steps lie between two distinct scores of positive images, odd steps at one.
        above, at = (
            np.searchsorted(marks, -scores, "left"),
            np.searchsorted(marks, -scores, "right"),
        )
        steps = above + at
        ones = np.ones(scores.size, dtype=np.float32)
        self._all = sparse.csr_array((ones, (steps, codes)), shape=shape)
        chosen = (ones[labels], (above[labels], codes[labels]))
        self._positive = sparse.csr_array(chosen, shape=(marks.size, shape[1]))

    def estimates(self, weights: Numbers) -> dict[str, Numbers]:
        """Compute both for each weighting of shape `(draws, n_units)`."""
        columns = np.ascontiguousarray(weights.T, dtype=np.float32)
        gained = self._positive @ columns
        true = np.cumsum(gained, axis=0)
        called = np.cumsum(self._all @ columns, axis=0)
        before, upto, events = called[:-1:2], called[1::2], true[-1].astype(float)
        others = called[-1] - events
        false = (before - (true - gained) + upto - true) / 2
        beaten = others - np.einsum("ij,ij->j", gained, false, dtype=float) / events
        precise = np.divide(true, upto, out=np.zeros_like(true), where=upto > 0)
        average = np.einsum("ij,ij->j", gained, precise, dtype=float) / events
        return {
            "auroc": beaten / others,
            "average_precision": np.where(others > 0, average, np.nan),
        }
