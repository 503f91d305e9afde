"""Sensitivity, specificity and PPV over thresholds, with intervals, for bands and sliders."""

import numpy as np

from prevalens._records import Count, Share, TablePart
from prevalens.metrics.inputs import Columns
from prevalens.metrics.proportion import patients_of, proportion_estimate
from prevalens.typing import Flags

_POINTS = 81


class OperatingPoints(TablePart, frozen=True, kw_only=True):
    """One entry a threshold, rising; a limit is None where there is no interval."""

    thresholds: list[Share]
    true_positive: list[Count]
    false_positive: list[Count]
    sensitivity: list[Share | None]
    sensitivity_lower: list[Share | None]
    sensitivity_upper: list[Share | None]
    specificity: list[Share | None]
    specificity_lower: list[Share | None]
    specificity_upper: list[Share | None]
    ppv: list[Share | None]
    ppv_lower: list[Share | None]
    ppv_upper: list[Share | None]


def operating_points(
    columns: Columns, *, threshold: float, confidence_level: float
) -> OperatingPoints:
    """Compute the estimates at thresholds spread over the scores, the report's among them.

    Args:
        columns: The checked columns.
        threshold: The report's threshold.
        confidence_level: Coverage of the intervals, at each threshold by itself.
    """
    shares = np.linspace(0, 1, _POINTS)
    # As many by the scores of the rare class as of the other, so that both axes are covered.
    sides = [columns.scores[side] for side in (columns.labels, ~columns.labels) if side.any()]
    spread = [np.quantile(side, shares, method="inverted_cdf") for side in sides]
    thresholds = np.unique(np.concatenate([*(part[:: len(sides)] for part in spread), [threshold]]))
    positive, codes = columns.labels, columns.codes
    found: dict[str, list[float | None]] = {}
    true, false = [], []

    def add(name: str, hits: Flags, rows: Flags) -> None:
        estimate = proportion_estimate(
            hits[rows], patients_of(codes, rows), confidence_level=confidence_level, empty="none"
        )
        for suffix, value in (
            ("", estimate.value),
            ("_lower", estimate.lower),
            ("_upper", estimate.upper),
        ):
            found.setdefault(name + suffix, []).append(value)

    for at in thresholds.tolist():
        predicted = columns.scores >= at
        true.append(int((predicted & positive).sum()))
        false.append(int((predicted & ~positive).sum()))
        add("sensitivity", predicted, positive)
        add("specificity", ~predicted, ~positive)
        add("ppv", positive, predicted)
    return OperatingPoints(
        thresholds=thresholds.tolist(), true_positive=true, false_positive=false, **found
    )
