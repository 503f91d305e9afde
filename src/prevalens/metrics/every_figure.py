"""Every figure of one model on one set of rows."""

from numpy.typing import ArrayLike

from prevalens._checks import check_integer, check_number
from prevalens.metrics.calibration import (
    brier_figure,
    intercept_figure,
    log_loss_figure,
    slope_figure,
)
from prevalens.metrics.cells import Cells
from prevalens.metrics.confusion import figures_of
from prevalens.metrics.figure import Figure
from prevalens.metrics.inputs import check_columns, check_level
from prevalens.metrics.precision_recall import average_precision_figure
from prevalens.metrics.ranking import auroc_figure


def all_figures(
    labels: ArrayLike,
    scores: ArrayLike,
    *,
    threshold: float,
    patients: ArrayLike | None = None,
    level: float = 0.95,
    seed: int = 0,
) -> dict[str, Figure]:
    """Compute every figure at a threshold, with intervals that hold for images inside patients.

    Args:
        labels: 1 or True where the image is positive, shape `(n_rows,)`.
        scores: Score of the positive class, shape `(n_rows,)`, in [0, 1].
        threshold: A score of at least this is a positive call; in [0, 1].
        patients: Patient id of each row, shape `(n_rows,)`; None: images are independent.
        level: Coverage the intervals aim at.
        seed: Seed of what is drawn.

    Returns:
        The figures by name, in the order of a report: those of the 2x2 table, then `auroc`,
        `average_precision`, `brier`, `log_loss`, `calibration_intercept` and
        `calibration_slope`, then `prevalence`.

    Raises:
        InvalidInputError: a column is empty, of another length, or breaks its rule.

    Examples:
        >>> figures = all_figures([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8], threshold=0.5)
        >>> figures["auroc"].value, figures["sensitivity"].value
        (0.75, 0.5)
    """
    check_integer("seed", seed, minimum=0)
    threshold = check_number("threshold", threshold, low=0, high=1)
    columns, level = check_columns(labels, scores, patients), check_level(level)
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
