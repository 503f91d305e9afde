"""Two models of several labels on the same rows."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from numpy.typing import ArrayLike

from prevalens._checks import check_choice
from prevalens.metrics.class_comparison import class_contrast
from prevalens.metrics.contrast import Contrast
from prevalens.metrics.inputs import check_confidence_level
from prevalens.metrics.label_columns import LabelColumns, check_label_columns
from prevalens.metrics.label_measures import LABEL_TABLE, label_measure_of
from prevalens.typing import Numbers


def compare_multilabel(
    labels: ArrayLike,
    first: ArrayLike,
    second: ArrayLike,
    *,
    names: Sequence[str],
    measure: str = "macro_auroc",
    thresholds: float | Mapping[str, float] | None = None,
    patients: ArrayLike | None = None,
    confidence_level: float = 0.95,
) -> Contrast:
    """Compare two models of several labels that scored the same rows.

    For one label pass its column, where it is known, to `compare_models`.

    Args:
        labels: 0, 1, or nan where a label is not known, shape `(n_rows, n_labels)`.
        first: Scores of the first model, shape `(n_rows, n_labels)`, in [0, 1].
        second: Scores of the second model, of the same shape.
        names: Names of the labels, in the order of the columns; at least two.
        measure: Key of a mean over labels: `"macro_auroc"`, `"macro_average_precision"`,
            `"macro_brier"`; with thresholds `"macro_sensitivity"`, `"macro_specificity"` and
            `"macro_f1"`.
        thresholds: As in `multilabel_estimates`; both models are predicted at the same.
        patients: Patient id of each row, shape `(n_rows,)`; None: images are independent.
        confidence_level: Coverage the interval aims at.

    Returns:
        The difference, first minus second, with its interval and p value.

    Raises:
        InvalidInputError: a column breaks its rule, the measure is unknown, or it needs thresholds
            and there are none.

    Examples:
        >>> truth = [[0, 1], [1, 0], [1, 1], [0, 0]]
        >>> one, two = [[0.2, 0.9], [0.7, 0.4], [0.8, 0.6], [0.1, 0.3]], [[0.5, 0.5]] * 4
        >>> compare_multilabel(truth, one, two, names=["mass", "node"]).difference.value
        0.5
    """
    level = check_confidence_level(confidence_level)
    known = [each.key for each in LABEL_TABLE if each.changes is not None]
    check_choice("measure", measure, known)
    columns = check_label_columns(labels, first, patients, names=names, thresholds=thresholds)
    other = check_label_columns(labels, second, None, names=names)
    if thresholds is None:
        kept = [each.key for each in LABEL_TABLE if each.key in known and not each.decided]
        check_choice("measure without `thresholds`", measure, kept)
    return label_contrast(measure, columns, other.scores, level)


def label_contrast(
    key: str, columns: LabelColumns, scores: Numbers, confidence_level: float
) -> Contrast:
    """Compare the scores of checked columns with others of the same rows."""
    sides = columns, replace(columns, scores=scores)
    return class_contrast(label_measure_of(key), sides, confidence_level)
