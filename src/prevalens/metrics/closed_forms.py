"""Every figure with limits in closed form."""

from prevalens.metrics.calibration import (
    brier_figure,
    intercept_figure,
    log_loss_figure,
    slope_figure,
)
from prevalens.metrics.cells import Cells
from prevalens.metrics.confusion import figures_of
from prevalens.metrics.figure import Figure
from prevalens.metrics.inputs import Columns
from prevalens.metrics.precision_recall import average_precision_figure
from prevalens.metrics.ranking import auroc_figure


def closed_figures(columns: Columns, *, threshold: float, level: float) -> dict[str, Figure]:
    """Compute every figure of checked columns, in the order of a report."""
    cells = Cells(columns.labels, columns.scores >= threshold, columns.codes, level)
    figures = figures_of(cells)
    prevalence = figures.pop("prevalence")
    return figures | {
        "auroc": auroc_figure(columns, level=level),
        "average_precision": average_precision_figure(columns, level=level),
        "brier": brier_figure(columns, level=level),
        "log_loss": log_loss_figure(columns, level=level),
        "calibration_intercept": intercept_figure(columns, level=level),
        "calibration_slope": slope_figure(columns, level=level),
        "prevalence": prevalence,
    }
