"""One estimate by its name."""

from prevalens.metrics.calibration import brier_estimate
from prevalens.metrics.cells import Cells
from prevalens.metrics.estimate import Estimate
from prevalens.metrics.inputs import Columns
from prevalens.metrics.precision_recall import average_precision_estimate
from prevalens.metrics.ranking import auroc_estimate
from prevalens.metrics.utility import benefit_estimate


def single_estimate(
    name: str, columns: Columns, *, threshold: float | None, confidence_level: float
) -> Estimate:
    """Compute one of the estimates that can be compared, at a threshold where it needs one."""
    if name == "auroc":
        return auroc_estimate(columns, confidence_level=confidence_level)
    if name == "average_precision":
        return average_precision_estimate(columns, confidence_level=confidence_level)
    if threshold is None:
        return brier_estimate(columns, confidence_level=confidence_level)
    calls = columns.scores >= threshold
    if name == "net_benefit":
        return benefit_estimate(columns, calls, threshold, confidence_level=confidence_level)
    cells = Cells(columns.labels, calls, columns.codes, confidence_level)
    made: Estimate = getattr(cells, name)()
    return made
