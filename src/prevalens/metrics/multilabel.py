"""Several labels a row: each alone where it is known, their means, and all labels together."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from numpy.typing import ArrayLike

from prevalens.metrics.estimate import Estimate
from prevalens.metrics.inputs import check_confidence_level
from prevalens.metrics.label_columns import LabelColumns, check_label_columns
from prevalens.metrics.label_measures import label_estimates, label_settings
from prevalens.metrics.registry import measure_of
from prevalens.metrics.settings import Settings

RANKED = ("prevalence", "auroc", "average_precision", "brier")
DECIDED = ("sensitivity", "specificity", "ppv", "npv", "f1")


@dataclass(frozen=True)
class MultilabelEstimates:
    """Estimates of a model of several labels a row.

    Args:
        per_label: By label, its estimates on the rows where it is known: `prevalence`, `auroc`,
            `average_precision` and `brier`; with thresholds also `sensitivity`, `specificity`,
            `ppv`, `npv` and `f1`.
        overall: Of all labels together: `macro_auroc`, `micro_auroc`, `macro_average_precision`,
            `micro_average_precision`, `macro_brier` and `label_ranking_average_precision`; with
            thresholds also `macro_sensitivity`, `macro_specificity`, `macro_f1`, `micro_f1`,
            `subset_accuracy` and `hamming_loss`.
        unknown: Rows on which each label is not known, by name.

    Examples:
        >>> made = multilabel_estimates(
        ...     [[0, 1], [1, 0], [1, 1], [0, 0]], [[0.2, 0.9], [0.7, 0.4], [0.8, 0.6], [0.1, 0.3]],
        ...     names=["mass", "node"],
        ... )
        >>> made.per_label["mass"]["auroc"].value
        1.0
    """

    per_label: dict[str, dict[str, Estimate]]
    overall: dict[str, Estimate]
    unknown: dict[str, int]

    def to_dict(self) -> dict[str, Any]:
        """Return the estimates as plain values."""
        return {
            "per_label": {
                name: {key: made.to_dict() for key, made in estimates.items()}
                for name, estimates in self.per_label.items()
            },
            "overall": {key: made.to_dict() for key, made in self.overall.items()},
            "unknown": self.unknown,
        }


def multilabel_estimates(
    labels: ArrayLike,
    scores: ArrayLike,
    *,
    names: Sequence[str],
    thresholds: float | Mapping[str, float] | None = None,
    patients: ArrayLike | None = None,
    confidence_level: float = 0.95,
) -> MultilabelEstimates:
    """Compute estimates of each label, their means, and those of all labels together.

    A label counts on the rows where it is known; the others are left out and counted. Limits of a
    mean over labels carry those of every label, and one of few patients is named in the note.

    Args:
        labels: 0, 1, or nan where a label is not known, shape `(n_rows, n_labels)`.
        scores: Score of each label, shape `(n_rows, n_labels)`, in [0, 1].
        names: Names of the labels, in the order of the columns; at least two.
        thresholds: Score from which a label is predicted, one for all or one for each by name;
            None leaves out what needs predictions.
        patients: Patient id of each row, shape `(n_rows,)`; None: images are independent.
        confidence_level: Coverage the intervals aim at.

    Raises:
        InvalidInputError: shapes do not fit, a label is neither 0, 1 nor missing or is known of
            no row, or a threshold is missing or outside [0, 1].

    Examples:
        >>> made = multilabel_estimates(
        ...     [[0, 1], [1, 0], [1, 1]], [[0.2, 0.9], [0.7, 0.4], [0.8, 0.3]],
        ...     names=["mass", "node"], thresholds=0.5,
        ... )
        >>> made.overall["macro_auroc"].value, round(made.overall["hamming_loss"].value, 3)
        (0.75, 0.167)
    """
    level = check_confidence_level(confidence_level)
    columns = check_label_columns(labels, scores, patients, names=names, thresholds=thresholds)
    settings = Settings(None, level)
    return MultilabelEstimates(
        per_label=per_label_estimates(columns, settings),
        overall=label_estimates(columns, settings),
        unknown=unknown_rows(columns),
    )


def per_label_estimates(
    columns: LabelColumns, settings: Settings
) -> dict[str, dict[str, Estimate]]:
    """Compute the estimates of each label, by name and key."""
    keys = RANKED if columns.thresholds is None else RANKED + DECIDED
    made = {}
    for which, name in enumerate(columns.names):
        rows, own = columns.of_label(which), label_settings(columns, which, settings)
        made[name] = {key: measure_of(key).compute(rows, own) for key in keys}
    return made


def unknown_rows(columns: LabelColumns) -> dict[str, int]:
    """Return the rows on which each label is not known, by name."""
    counts = (~columns.known).sum(axis=0).tolist()
    return dict(zip(columns.names, counts, strict=True))
