"""One figure by its name."""

from prevalens.metrics.calibration import brier_figure
from prevalens.metrics.cells import Cells
from prevalens.metrics.figure import Figure
from prevalens.metrics.inputs import Columns
from prevalens.metrics.precision_recall import average_precision_figure
from prevalens.metrics.ranking import auroc_figure
from prevalens.metrics.utility import benefit_figure


def single_figure(name: str, columns: Columns, *, threshold: float | None, level: float) -> Figure:
    """Compute one of the figures that can be compared, at a threshold where it needs one."""
    if name == "auroc":
        return auroc_figure(columns, level=level)
    if name == "average_precision":
        return average_precision_figure(columns, level=level)
    if threshold is None:
        return brier_figure(columns, level=level)
    calls = columns.scores >= threshold
    if name == "net_benefit":
        return benefit_figure(columns, calls, threshold, level=level)
    cells = Cells(columns.labels, calls, columns.codes, level)
    made: Figure = getattr(cells, name)()
    return made
