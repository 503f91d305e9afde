"""Every estimate for many weightings of the patients at once: the engine of the bootstrap."""

import contextlib

import numpy as np
from scipy import sparse

from prevalens.metrics.calibration import why_no_line
from prevalens.metrics.cells import Cells
from prevalens.metrics.inputs import Columns
from prevalens.metrics.logistic import NoLineError
from prevalens.metrics.weighted_line import WeightedLine
from prevalens.typing import Codes, Flags, Numbers


class WeightedEstimates:
    """Estimates of rows whose patients count 0, 1, 2 ... times.

    What does not depend on the weights (sums by patient, the order of scores, the recalibration
    line of all rows) is computed once.

    Args:
        columns: Checked columns.
        threshold: A score of at least this is a positive call.
    """

    def __init__(self, columns: Columns, threshold: float) -> None:
        labels, scores = columns.labels, columns.scores
        codes = np.arange(scores.size) if columns.codes is None else columns.codes
        k = self.n_units = int(codes.max()) + 1
        self._counts = Cells(labels, scores >= threshold, codes, 0.95).by_patient
        self._sums = {"brier": np.bincount(codes, np.square(scores - labels.astype(float)), k)}
        right = np.where(labels, scores, 1 - scores)
        if (right > 0).all():
            self._sums["log_loss"] = np.bincount(codes, -np.log(right), k)
        self._ranks = WeightedRanks(labels, scores, codes) if labels.any() else None
        self._lines: dict[str, WeightedLine] = {}
        for name, slope in (("calibration_intercept", False), ("calibration_slope", True)):
            if why_no_line(columns, slope=slope) is None:
                with contextlib.suppress(NoLineError):
                    self._lines[name] = WeightedLine(columns, codes, slope=slope)

    def estimates(self, weights: Numbers) -> dict[str, Numbers]:
        """Compute each estimate for each weighting.

        Args:
            weights: How often each patient counts, shape `(draws, n_units)`, whole numbers.

        Returns:
            Values by name, each of shape `(draws,)`; nan or infinite where undefined.
        """
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            made = confusion_values(weights @ self._counts)
            total = weights @ self._counts.sum(axis=1)
            made |= {name: weights @ sums / total for name, sums in self._sums.items()}
            if self._ranks is not None:
                made |= self._ranks.estimates(weights)
            return made | {name: line.values(weights) for name, line in self._lines.items()}


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


def confusion_values(counts: Numbers) -> dict[str, Numbers]:
    """Compute the estimates of many 2x2 tables.

    Args:
        counts: True positives, false negatives, false positives, true negatives of each table,
            shape `(draws, 4)`.

    Returns:
        Values by name, each of shape `(draws,)`; nan or infinite where undefined.
    """
    tp, fn, fp, tn = counts.T
    n, positive, negative = counts.sum(axis=1), tp + fn, fp + tn
    sensitivity, specificity = tp / positive, tn / negative
    chance = (tp + fp) * (fp + tn) + (tp + fn) * (fn + tn)
    product = (tp + fp) * positive * negative * (tn + fn)
    return {
        "sensitivity": sensitivity,
        "specificity": specificity,
        "ppv": tp / (tp + fp),
        "npv": tn / (tn + fn),
        "lr_positive": sensitivity / (1 - specificity),
        "lr_negative": (1 - sensitivity) / specificity,
        "dor": tp * tn / (fp * fn),
        "accuracy": (tp + tn) / n,
        "balanced_accuracy": (sensitivity + specificity) / 2,
        "youden": sensitivity + specificity - 1,
        "f1": np.where(positive > 0, 2 * tp / (2 * tp + fp + fn), np.nan),
        "mcc": (tp * tn - fp * fn) / np.sqrt(product),
        "kappa": np.where(positive * negative > 0, 2 * (tp * tn - fn * fp) / chance, np.nan),
        "prevalence": positive / n,
    }
