"""The part of the ROC curve that a clinic would use."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike

from prevalens._checks import check_integer, check_number
from prevalens.metrics.basis import Basis
from prevalens.metrics.bootstrap import drawn_estimate, in_fixed_order
from prevalens.metrics.estimate import Estimate
from prevalens.metrics.inputs import Columns, check_columns, check_confidence_level
from prevalens.typing import Numbers

_METHOD = "area under the ROC curve for false positive rates from 0 to {:g}"


@dataclass(frozen=True)
class PartialAuroc:
    """The area under the ROC curve up to a false positive rate, on two scales.

    Args:
        max_false_positive_rate: Where the part ends.
        raw: The area itself, from 0 to `max_false_positive_rate`.
        standardised: McClish's: 0.5 for a useless ranking, 1 for a perfect one.

    Examples:
        >>> made = partial_auroc([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8], max_false_positive_rate=0.5)
        >>> made.max_false_positive_rate, made.raw.value
        (0.5, 0.25)
    """

    max_false_positive_rate: float
    raw: Estimate
    standardised: Estimate


def partial_auroc(
    labels: ArrayLike,
    scores: ArrayLike,
    *,
    max_false_positive_rate: float,
    patients: ArrayLike | None = None,
    confidence_level: float = 0.95,
    draws: int = 1000,
    seed: int = 0,
) -> PartialAuroc:
    """Compute the partial area under the ROC curve, raw and standardised.

    Args:
        labels: 1 or True where the image is positive, shape `(n_rows,)`.
        scores: Score of the positive class, shape `(n_rows,)`, in [0, 1].
        max_false_positive_rate: Where the part ends, in (0, 1].
        patients: Patient id of each row, shape `(n_rows,)`; None: images are independent.
        confidence_level: Coverage the intervals aim at.
        draws: Number of bootstrap draws, at least 100.
        seed: Seed of the draws.

    Raises:
        InvalidInputError: a column or setting breaks its rule.

    References:
        McClish, Med Decis Making 1989;9:190-195.

    Examples:
        >>> made = partial_auroc([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8], max_false_positive_rate=0.5)
        >>> made.raw.value, round(made.standardised.value, 4)
        (0.25, 0.6667)
    """
    end = check_number(
        "max_false_positive_rate", max_false_positive_rate, low=0, high=1, open_low=True
    )
    check_integer("draws", draws, minimum=100)
    columns, confidence_level = (
        in_fixed_order(check_columns(labels, scores, patients)),
        check_confidence_level(confidence_level),
    )
    n, events = columns.labels.size, int(np.count_nonzero(columns.labels))
    basis = Basis.of(columns.codes, confidence_level=confidence_level, n=n, events=events)
    method = _METHOD.format(end)
    if events in {0, n}:
        refused = basis.refuse(f"no {'negative' if events else 'positive'} images", method)
        return PartialAuroc(end, refused, refused)
    area = _PartialArea(columns, end).values
    raw = drawn_estimate(basis, columns, area, method, draws=draws, seed=seed)
    scaled = replace(
        raw,
        value=None if raw.value is None else mcclish(raw.value, end),
        lower=None if raw.lower is None else mcclish(raw.lower, end),
        upper=None if raw.upper is None else mcclish(raw.upper, end),
        method=f"{raw.method}; standardised (McClish 1989)",
    )
    return PartialAuroc(end, raw, scaled)


def mcclish(area: float, end: float) -> float:
    """Standardise a partial area up to the false positive rate `end`."""
    least = end**2 / 2
    return (1 + (area - least) / (end - least)) / 2


class _PartialArea:
    """Partial areas of rows whose patients are weighted."""

    def __init__(self, columns: Columns, end: float) -> None:
        scores, n = columns.scores, columns.scores.size
        order = np.argsort(-scores, kind="stable")
        self._codes = order if columns.codes is None else columns.codes[order]
        self._ends = np.append(np.flatnonzero(np.diff(scores[order])), n - 1)
        self._labels, self._end = columns.labels[order].astype(float), end

    def values(self, weights: Numbers) -> Numbers:
        """Return the area for each weighting, shape `(draws, n_units)`."""
        rows = weights[:, self._codes]
        true = np.cumsum(rows * self._labels, axis=1)[:, self._ends]
        false = np.cumsum(rows * (1 - self._labels), axis=1)[:, self._ends]
        start = np.zeros((len(rows), 1))
        with np.errstate(invalid="ignore"):
            x = np.concatenate([start, false / false[:, -1:]], axis=1)
            y = np.concatenate([start, true / true[:, -1:]], axis=1)
        width, cut = np.diff(x), np.minimum(x[:, 1:], self._end)
        kept = np.maximum(cut - x[:, :-1], 0)
        rise = np.divide(np.diff(y), width, out=np.zeros_like(width), where=width > 0)
        areas: Numbers = (kept * (y[:, :-1] + rise * kept / 2)).sum(axis=1)
        return areas
