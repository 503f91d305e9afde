"""Every estimate with limits in closed form."""

from prevalens.metrics.calibration import (
    brier_estimate,
    intercept_estimate,
    log_loss_estimate,
    slope_estimate,
)
from prevalens.metrics.cells import Cells
from prevalens.metrics.confusion import estimates_of
from prevalens.metrics.estimate import Estimate
from prevalens.metrics.inputs import Columns
from prevalens.metrics.precision_recall import average_precision_estimate
from prevalens.metrics.ranking import auroc_estimate


def closed_estimates(
    columns: Columns, *, threshold: float, confidence_level: float
) -> dict[str, Estimate]:
    """Compute every estimate of checked columns, in the order of a report."""
    cells = Cells(columns.labels, columns.scores >= threshold, columns.codes, confidence_level)
    estimates = estimates_of(cells)
    prevalence = estimates.pop("prevalence")
    return estimates | {
        "auroc": auroc_estimate(columns, confidence_level=confidence_level),
        "average_precision": average_precision_estimate(columns, confidence_level=confidence_level),
        "brier": brier_estimate(columns, confidence_level=confidence_level),
        "log_loss": log_loss_estimate(columns, confidence_level=confidence_level),
        "calibration_intercept": intercept_estimate(columns, confidence_level=confidence_level),
        "calibration_slope": slope_estimate(columns, confidence_level=confidence_level),
        "prevalence": prevalence,
    }
