"""The table of measures of several classes: one entry each, in a report's order."""

import copyreg
from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np

from prevalens._checks import check_choice
from prevalens.exceptions import InvalidInputError
from prevalens.metrics.agreement import agreement_estimate, agreement_pulls
from prevalens.metrics.class_columns import ClassColumns
from prevalens.metrics.class_means import (
    macro_changes,
    macro_estimate,
    weighted_changes,
    weighted_estimate,
)
from prevalens.metrics.class_measure import ClassMeasure
from prevalens.metrics.class_probabilities import (
    among_top,
    brier_pulls,
    calibration_error_of_classes,
    distance_pulls,
    log_loss_of_classes,
    loss_pulls,
    rank_pulls,
    right_rows,
    share_of,
)
from prevalens.metrics.class_ranking import (
    micro_changes,
    micro_estimate,
    pairs_changes,
    pairs_estimate,
)
from prevalens.metrics.class_smooth import changes_from, estimate_from, mean_pulls
from prevalens.metrics.estimate import Estimate
from prevalens.metrics.registry import Registration, all_measures, measure_of
from prevalens.metrics.settings import Settings

_decision = partial(ClassMeasure, group="decision", direction="higher")
_ranking = partial(ClassMeasure, group="ranking", direction="higher")
_loss = partial(ClassMeasure, group="probability", direction="lower", high=np.inf)


def _macro(key: str, title: str, group: str, *, name: str = "") -> ClassMeasure:
    return ClassMeasure(
        key=name or f"macro_{key}",
        title=title,
        group=group,
        direction="higher",
        references=(*measure_of(key).references, "Zou & Donner 2008"),
        estimate=macro_estimate(key),
        changes=macro_changes(key),
    )


def _weighted(key: str, title: str, group: str) -> ClassMeasure:
    return ClassMeasure(
        key=f"weighted_{key}",
        title=title,
        group=group,
        direction="higher",
        references=measure_of(key).references,
        estimate=weighted_estimate(key),
        changes=weighted_changes(key),
    )


def _micro(key: str, title: str) -> ClassMeasure:
    return _ranking(
        key=f"micro_{key}",
        title=title,
        references=measure_of(key).references,
        estimate=partial(micro_estimate, key),
        changes=partial(micro_changes, key),
    )


def _top(k: int) -> ClassMeasure:
    return _decision(
        key=f"top_{k}_accuracy",
        title=f"Top-{k} accuracy",
        counted=True,
        references=("Brodersen 2010",),
        estimate=lambda columns, settings: share_of(among_top(columns, k), columns, settings),
        changes=changes_from(lambda columns: mean_pulls(among_top(columns, k).astype(float))),
        least_classes=k + 1,
    )


def _agreement(key: str, title: str, *cited: str, graded: bool = False) -> ClassMeasure:
    return _decision(
        key=key,
        title=title,
        low=-1.0,
        references=cited,
        estimate=agreement_estimate(key),
        changes=changes_from(agreement_pulls(key)),
        graded=graded,
    )


CLASS_TABLE = (
    _decision(
        key="accuracy",
        title="Accuracy",
        counted=True,
        references=("Brodersen 2010",),
        estimate=lambda columns, settings: share_of(right_rows(columns), columns, settings),
        changes=changes_from(lambda columns: mean_pulls(right_rows(columns).astype(float))),
    ),
    _macro(
        "sensitivity",
        "Balanced accuracy",
        "decision",
        name="balanced_accuracy",
    ),
    _macro("specificity", "Macro specificity", "decision"),
    _macro("ppv", "Macro positive predictive value", "decision"),
    _macro("npv", "Macro negative predictive value", "decision"),
    _macro("f1", "Macro F1", "decision"),
    _weighted("ppv", "Weighted positive predictive value", "decision"),
    _weighted("f1", "Weighted F1", "decision"),
    _agreement("mcc", "Matthews correlation", "Gorodkin 2004"),
    _agreement("kappa", "Cohen's kappa", "Cohen 1960"),
    _agreement("linear_kappa", "Weighted kappa, linear", "Cohen 1968", graded=True),
    _agreement("quadratic_kappa", "Weighted kappa, quadratic", "Cohen 1968", graded=True),
    _top(2),
    _top(3),
    ClassMeasure(
        key="grade_distance",
        title="Mean distance of predicted and true grade",
        group="decision",
        direction="lower",
        high=np.inf,
        references=("Willmott & Matsuura 2005",),
        estimate=estimate_from(
            distance_pulls, name="mean distance in grades", high=np.inf, skewed=True
        ),
        changes=changes_from(distance_pulls),
        graded=True,
    ),
    _macro("auroc", "Macro AUROC, each class against the rest", "ranking"),
    _weighted("auroc", "Weighted AUROC, each class against the rest", "ranking"),
    _ranking(
        key="hand_till_auroc",
        title="Hand & Till's AUROC, mean over pairs of classes",
        references=("Hand & Till 2001", "Zou & Donner 2008"),
        estimate=pairs_estimate,
        changes=pairs_changes,
    ),
    _micro("auroc", "Micro AUROC, all classes pooled"),
    _macro("average_precision", "Macro average precision", "ranking"),
    _weighted("average_precision", "Weighted average precision", "ranking"),
    _micro("average_precision", "Micro average precision, all classes pooled"),
    _loss(
        key="multiclass_brier",
        title="Brier score, sum over classes (0 to 2)",
        references=("Brier 1950",),
        estimate=estimate_from(
            brier_pulls, name="Brier score (Brier 1950)", high=np.inf, skewed=True
        ),
        changes=changes_from(brier_pulls),
    ),
    _loss(
        key="log_loss",
        title="Log loss",
        references=("Good 1952",),
        estimate=log_loss_of_classes,
        changes=changes_from(loss_pulls),
    ),
    _loss(
        key="ranked_probability_score",
        title="Ranked probability score",
        references=("Epstein 1969",),
        estimate=estimate_from(
            rank_pulls, name="ranked probability score (Epstein 1969)", high=np.inf, skewed=True
        ),
        changes=changes_from(rank_pulls),
        graded=True,
    ),
    _loss(
        key="classwise_calibration_error",
        title="Classwise calibration error",
        high=1.0,
        references=("Kull 2019",),
        estimate=calibration_error_of_classes,
    ),
)
_BY_KEY = {measure.key: measure for measure in CLASS_TABLE}
_OWN = frozenset(_BY_KEY)


def _reduced(measure: ClassMeasure) -> Any:
    """Send a measure of the table to another process by its key; it is there, too."""
    if _BY_KEY.get(measure.key) is measure and measure.key in _OWN:
        return class_measure_of, (measure.key,)
    return measure.__reduce_ex__(2)


copyreg.pickle(ClassMeasure, _reduced)


def all_class_measures() -> tuple[ClassMeasure, ...]:
    """Return every measure of several classes, in the order of a report; a user's own come last.

    Examples:
        >>> [measure.key for measure in all_class_measures()][:2]
        ['accuracy', 'balanced_accuracy']
    """
    return tuple(_BY_KEY.values())


def class_measure_of(key: str) -> ClassMeasure:
    """Return a measure of several classes by its key.

    Raises:
        InvalidInputError: there is no measure of this key.
    """
    return _BY_KEY[check_choice("measure", key, _BY_KEY)]


def register_class_measure(measure: ClassMeasure) -> Registration[ClassMeasure]:
    """Register a measure of several classes: estimates, comparisons and reports have it then.

    Args:
        measure: The measure; its key must be new, among measures of two classes, too.

    Returns:
        A context manager that removes the measure again; leave it alone to keep the measure.

    Raises:
        InvalidInputError: the key is taken.

    Examples:
        What the predicted classes cost, as a mean over images:

        >>> import numpy as np
        >>> from prevalens.metrics import (
        ...     ClassMeasure, multiclass_estimates, register_class_measure,
        ... )
        >>> cost = np.array([[0.0, 1.0], [5.0, 0.0]])
        >>> mean_cost = ClassMeasure(
        ...     key="mean_cost", title="Mean cost", group="decision", direction="lower",
        ...     references=("Elkan 2001",), high=5.0,
        ...     of_images=lambda labels, scores: cost[labels, scores.argmax(axis=1)],
        ... )
        >>> with register_class_measure(mean_cost):
        ...     made = multiclass_estimates(
        ...         [0, 1, 1], [[0.7, 0.3], [0.6, 0.4], [0.2, 0.8]], classes="ab"
        ...     )
        >>> round(made.overall["mean_cost"].value, 3)
        1.667
    """
    taken = {**dict.fromkeys(each.key for each in all_measures()), **_BY_KEY}
    if measure.key in taken:
        yours = measure.key in _BY_KEY and measure.key not in _OWN
        more = f", or unregister_class_measure({measure.key!r}) first." if yours else "."
        raise InvalidInputError(
            f"A measure with the key {measure.key!r} is registered already. Use another key{more}"
        )
    _BY_KEY[measure.key] = measure
    return Registration(measure.key, measure, unregister_class_measure)


def unregister_class_measure(key: str) -> None:
    """Remove a measure that was registered by `register_class_measure`.

    Raises:
        InvalidInputError: no such measure is registered, or it is the library's own.

    Examples:
        >>> import numpy as np
        >>> from prevalens.metrics import ClassMeasure, all_class_measures, register_class_measure
        >>> made = ClassMeasure(
        ...     key="error", title="Error", group="decision", direction="lower",
        ...     references=("Brodersen 2010",), of_matrix=lambda matrix: 1 - np.trace(matrix),
        ... )
        >>> registered = register_class_measure(made)
        >>> unregister_class_measure("error")
        >>> "error" in [each.key for each in all_class_measures()]
        False
    """
    class_measure_of(key)
    if key in _OWN:
        raise InvalidInputError(f"{key!r} is one of the library's own measures and stays.")
    del _BY_KEY[key]


def class_estimates(
    columns: ClassColumns, settings: Settings, keys: Sequence[str] | None = None
) -> dict[str, Estimate]:
    """Compute every measure that suits the classes, or those named, by key."""
    chosen = all_class_measures() if keys is None else [class_measure_of(key) for key in keys]
    return {each.key: each.estimate(columns, settings) for each in chosen if each.suits(columns)}
