"""More than two classes: each against the rest, their means, and all rows together."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from numpy.typing import ArrayLike

from prevalens.metrics.class_columns import ClassColumns, check_class_columns
from prevalens.metrics.class_means import AT
from prevalens.metrics.class_measures import class_estimates
from prevalens.metrics.estimate import Estimate
from prevalens.metrics.inputs import check_confidence_level
from prevalens.metrics.registry import all_measures
from prevalens.metrics.settings import Settings


@dataclass(frozen=True)
class MulticlassEstimates:
    """Estimates of a model with more than two classes.

    Args:
        per_class: By class, the estimates of that class against the rest: those of the 2x2 table
            (the prediction is the class with the highest score), `auroc` and `average_precision`.
        overall: The estimates of all classes together, by the keys of `all_class_measures`:
            `accuracy` (which is micro-averaged sensitivity, PPV and F1), `balanced_accuracy`
            (macro-averaged sensitivity), `macro_f1`, `mcc`, `kappa`, `macro_auroc`,
            `hand_till_auroc`, `multiclass_brier` and so on; for grades also weighted kappas and the
            ranked probability score.
        confusion_matrix: Images by label (rows) and prediction (columns).
        classes: Names of the classes, in the order of rows and columns.

    Examples:
        >>> made = multiclass_estimates([0, 1], [[0.7, 0.3], [0.6, 0.4]], classes=["a", "b"])
        >>> made.confusion_matrix, made.per_class["b"]["sensitivity"].value
        ([[1, 0], [1, 0]], 0.0)
    """

    per_class: dict[str, dict[str, Estimate]]
    overall: dict[str, Estimate]
    confusion_matrix: list[list[int]]
    classes: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return the estimates as plain values."""
        return {
            "per_class": {name: _plain(estimates) for name, estimates in self.per_class.items()},
            "overall": _plain(self.overall),
            "confusion_matrix": self.confusion_matrix,
            "classes": list(self.classes),
        }


def multiclass_estimates(
    labels: ArrayLike,
    scores: ArrayLike,
    *,
    classes: Sequence[str],
    patients: ArrayLike | None = None,
    confidence_level: float = 0.95,
    ordered: bool = False,
    seed: int = 0,
) -> MulticlassEstimates:
    """Compute estimates of each class against the rest, their means, and those of all rows.

    Limits of a mean over classes carry those of every class: one of a few patients makes them
    wide, and is named in the note.

    Args:
        labels: Class of each image as an index into `classes`, shape `(n_rows,)`.
        scores: Score of each class, shape `(n_rows, n_classes)`, in [0, 1]; rows add up to 1,
            within what rounding to two decimals moves.
        classes: Names of the classes, in the order of the columns of `scores`; at least two.
        patients: Patient id of each row, shape `(n_rows,)`; None: images are independent.
        confidence_level: Coverage the intervals aim at.
        ordered: Whether the classes are grades, from the lowest to the highest.
        seed: Seed of the bootstrap, which the classwise calibration error alone needs.

    Raises:
        InvalidInputError: shapes do not fit, a label is not an index, or rows of scores do not
            add up to 1.

    Examples:
        >>> made = multiclass_estimates([0, 1], [[0.7, 0.3], [0.4, 0.6]], classes=["a", "b"])
        >>> made.overall["accuracy"].value, round(made.overall["multiclass_brier"].value, 3)
        (1.0, 0.25)
    """
    level = check_confidence_level(confidence_level)
    columns = check_class_columns(labels, scores, patients, classes=classes, ordered=ordered)
    settings = Settings(None, level, seed=seed)
    return MulticlassEstimates(
        per_class=per_class_estimates(columns, level),
        overall=class_estimates(columns, settings),
        confusion_matrix=columns.matrix.tolist(),
        classes=columns.names,
    )


def per_class_estimates(
    columns: ClassColumns, confidence_level: float
) -> dict[str, dict[str, Estimate]]:
    """Compute each class against the rest: every measure of two classes at the prediction.

    Args:
        columns: The checked columns.
        confidence_level: Coverage the intervals aim at.

    Returns:
        By class and key, in the order of `all_measures`: those at a threshold (the prediction
        stands for it), of the ranking, and the prevalence.
    """
    return {
        name: _one_against_rest(columns, which, confidence_level)
        for which, name in enumerate(columns.names)
    }


def _one_against_rest(
    columns: ClassColumns, which: int, confidence_level: float
) -> dict[str, Estimate]:
    ranked, decided = columns.ranked(which), columns.decided(which)
    made: dict[str, Estimate] = {}
    for measure in all_measures():
        if measure.of_predictions:
            made[measure.key] = measure.compute(decided, Settings(AT, confidence_level))
        elif measure.group == "ranking":
            made[measure.key] = measure.compute(ranked, Settings(None, confidence_level))
    return made


def _plain(estimates: dict[str, Estimate]) -> dict[str, Any]:
    return {name: estimate.to_dict() for name, estimate in estimates.items()}
