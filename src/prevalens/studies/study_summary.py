"""What a study found, beside its report."""

from typing import Any, ClassVar

from prevalens._records import Record


class StudySummary(Record, frozen=True, kw_only=True):
    """What a study found, beside its report.

    Args:
        estimates: By name, estimates as plain values: `auroc` over all held-out images,
            `auroc_within_folds` (the mean of the models), `sensitivity` and `specificity` of the
            decisions, each by the threshold of the fold that held the image out.
            Of several classes `accuracy`, `balanced_accuracy`, the same where all scores are turned
            to equal classes (`balanced_accuracy_at_equal_shares`), `macro_f1`, `macro_auroc`,
            `macro_auroc_within_folds`, `log_loss`. Of several labels means over them:
            `macro_auroc`, `macro_auroc_within_folds`, `macro_average_precision`, `macro_brier`,
            and of the decisions `macro_sensitivity` and `macro_specificity`.
        baselines: By baseline, its `auroc`, of several classes or labels its `macro_auroc`.
        threshold: Threshold of the saved model; None of several classes or labels.
        folds: What each fold chose.
        patients: Where patients are the unit: their `estimates` (`brier` of the recalibrated
            risks), the `threshold` of the saved model's pooled scores, and by class how many are
            `not_classifiable`; else None.
        labels: Where an image may have several labels: by label its `estimates`, and the
            `threshold` of the saved model; else None.
        files: What stands in the folder, and what it is.
        backend: Keras' backend that the study ran on; None where an earlier version wrote it.
        versions: Versions of Python and of the packages that the result may depend on, by name.

    Examples:
        >>> summary = StudySummary(
        ...     estimates={"auroc": {"value": 0.93}}, baselines={"thumbnail": {"auroc": 0.7}},
        ...     threshold=0.4, folds=[], files={"report.html": "the report"},
        ... )
        >>> summary.to_dict()["threshold"]
        0.4
    """

    FORMAT: ClassVar[str] = "prevalens study"
    estimates: dict[str, dict[str, Any]]
    baselines: dict[str, dict[str, Any]]
    threshold: float | None
    folds: list[dict[str, Any]]
    files: dict[str, str]
    patients: dict[str, Any] | None = None
    labels: dict[str, dict[str, Any]] | None = None
    backend: str | None = None
    versions: dict[str, str | None] = {}  # noqa: RUF012 - msgspec copies it
