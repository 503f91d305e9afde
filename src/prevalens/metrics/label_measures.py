"""The table of measures of several labels a row: one entry each, in a report's order."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import ClassVar

import numpy as np

from prevalens._checks import check_choice
from prevalens.metrics.calibration import mean_estimate
from prevalens.metrics.class_means import (
    AT,
    Side,
    changes_of,
    mean_of_sides,
    over_images,
    side_of,
)
from prevalens.metrics.estimate import Estimate
from prevalens.metrics.label_columns import LabelColumns
from prevalens.metrics.proportion import proportion_estimate
from prevalens.metrics.references import REFERENCES
from prevalens.metrics.registry import measure_of
from prevalens.metrics.settings import Settings
from prevalens.typing import Flags, Numbers

MACRO = (
    "mean over labels, each on the rows where it is known: square-and-add of the labels' own "
    "limits, with their correlation over patients (Zou & Donner 2008)"
)


@dataclass(frozen=True, kw_only=True)
class LabelMeasure:
    """A measure of all labels together.

    Args:
        key: Name in code and records, such as `"macro_auroc"`.
        title: Name for readers.
        direction: What is better: `"higher"` or `"lower"`.
        references: Papers that define it, as they are cited: keys of `REFERENCES`.
        estimate: Computes value and interval.
        changes: Returns how far the value moves without each patient, shape `(n_units,)`; None
            where two of its values are not compared.
        decided: Whether it is of predicted labels, and needs a threshold for each.
    """

    key: str
    title: str
    direction: str
    references: tuple[str, ...]
    estimate: Callable[[LabelColumns, Settings], Estimate]
    changes: Callable[[LabelColumns], Numbers] | None = None
    decided: bool = False
    low: ClassVar[float] = 0.0
    high: ClassVar[float] = 1.0
    widest: ClassVar[float] = 1.0

    def full_references(self) -> list[str]:
        """Return the papers that define the measure, in full."""
        return [REFERENCES.get(cited, cited) for cited in self.references]


def label_settings(columns: LabelColumns, which: int, settings: Settings) -> Settings:
    """Return the settings of one label, with its own threshold."""
    at = None if columns.thresholds is None else float(columns.thresholds[which])
    return replace(settings, threshold=at)


def macro_of_labels(key: str, columns: LabelColumns, settings: Settings) -> Estimate:
    """Compute the mean over labels of a measure of two classes."""
    return mean_of_sides(columns, _sides(key, columns, settings), MACRO, settings)


def macro_changes_of_labels(key: str, columns: LabelColumns) -> Numbers:
    """Return how far the mean over labels moves without each patient."""
    sides = _sides(key, columns, Settings(None, 0.95))
    return np.mean([changes_of(side, columns.n_units) for side in sides], axis=0)


def _sides(key: str, columns: LabelColumns, settings: Settings) -> list[Side]:
    return [
        side_of(
            name,
            key,
            columns.of_label(which),
            columns.units[columns.known[:, which]],
            label_settings(columns, which, settings),
        )
        for which, name in enumerate(columns.names)
    ]


def micro_of_labels(key: str, columns: LabelColumns, settings: Settings) -> Estimate:
    """Compute a measure of every known label of every row pooled."""
    measure = measure_of(key)
    if not measure.needs_threshold:
        made = measure.compute(columns.pooled(), replace(settings, threshold=None))
        return over_images(made, columns.codes)
    rows = columns.pooled(columns.predicted.astype(np.float64))
    return over_images(measure.compute(rows, replace(settings, threshold=AT)), columns.codes)


def subset_accuracy(columns: LabelColumns, settings: Settings) -> Estimate:
    """Compute the share of rows of which every label is predicted right.

    Rows of which a label is not known are left out.
    """
    whole = np.asarray(columns.known.all(axis=1))
    right = (columns.predicted == (columns.labels == 1)).all(axis=1)[whole]
    made = proportion_estimate(
        right,
        None if columns.codes is None else columns.codes[whole],
        confidence_level=settings.confidence_level,
        empty="no row of which every label is known",
        ids=columns.ids,
    )
    return _noted(made, ~whole, "of which a label is not known")


def hamming_loss(columns: LabelColumns, settings: Settings) -> Estimate:
    """Compute the share of known labels that are predicted wrong; those of an image are inside."""
    rows = columns.pooled(columns.predicted.astype(np.float64))
    made = proportion_estimate(
        rows.labels != (rows.scores > AT),
        rows.codes,
        confidence_level=settings.confidence_level,
        empty="no label is known",
        ids=columns.ids,
    )
    return over_images(made, columns.codes)


def ranking_precision(columns: LabelColumns, settings: Settings) -> Estimate:
    """Compute the label-ranking average precision of rows that have some label, and lack some.

    Of a row, the mean over its labels of the share of labels among those with at least their
    score. A row without any label, or with all, has nothing to rank: scikit-learn counts it as 1,
    here it is left out and counted.
    """
    has = columns.labels == 1
    ranked = has.any(axis=1) & (columns.labels == 0).any(axis=1)
    if not ranked.any():
        reason = "no row has some labels and lacks others"
        return columns.basis(settings.confidence_level).refuse(reason, "mean over images")
    values = _row_precisions(columns, has)[ranked]
    made = mean_estimate(
        values,
        columns.rows_where(ranked),
        confidence_level=settings.confidence_level,
        bounded=True,
    )
    made = replace(made, events=None)
    return _noted(made, ~ranked, "without a label, or with all, which have nothing to rank")


def _row_precisions(columns: LabelColumns, has: Flags) -> Numbers:
    total = np.zeros(len(has))
    for which in range(has.shape[1]):
        above = columns.known & (columns.scores >= columns.scores[:, [which]])
        share = (above & has).sum(axis=1) / np.maximum(above.sum(axis=1), 1)
        total += share * has[:, which]
    found: Numbers = total / np.maximum(has.sum(axis=1), 1)
    return found


def _noted(made: Estimate, left_out: Flags, why: str) -> Estimate:
    """Return an estimate with a note that counts the rows left out."""
    n = int(np.count_nonzero(left_out))
    if not n or made.value is None:
        return made
    told = f"Left out: {n:,} {'row' if n == 1 else 'rows'} {why}."
    return replace(made, note=" ".join(filter(None, (told, made.note))))


def _macro(key: str, title: str, *, decided: bool = False) -> LabelMeasure:
    measure = measure_of(key)
    return LabelMeasure(
        key=f"macro_{key}",
        title=title,
        direction=measure.direction,
        references=(*measure.references, "Zou & Donner 2008"),
        estimate=partial(macro_of_labels, key),
        changes=partial(macro_changes_of_labels, key),
        decided=decided,
    )


def _micro(key: str, title: str, *, decided: bool = False) -> LabelMeasure:
    measure = measure_of(key)
    return LabelMeasure(
        key=f"micro_{key}",
        title=title,
        direction=measure.direction,
        references=measure.references,
        estimate=partial(micro_of_labels, key),
        decided=decided,
    )


LABEL_TABLE = (
    _macro("auroc", "Macro AUROC"),
    _micro("auroc", "Micro AUROC, all labels pooled"),
    _macro("average_precision", "Macro average precision"),
    _micro("average_precision", "Micro average precision, all labels pooled"),
    _macro("brier", "Macro Brier score"),
    LabelMeasure(
        key="label_ranking_average_precision",
        title="Label-ranking average precision",
        direction="higher",
        references=("Tsoumakas 2010",),
        estimate=ranking_precision,
    ),
    _macro("sensitivity", "Macro sensitivity", decided=True),
    _macro("specificity", "Macro specificity", decided=True),
    _macro("f1", "Macro F1", decided=True),
    _micro("f1", "Micro F1, all labels pooled", decided=True),
    LabelMeasure(
        key="subset_accuracy",
        title="Subset accuracy, every label right",
        direction="higher",
        references=("Tsoumakas 2010",),
        estimate=subset_accuracy,
        decided=True,
    ),
    LabelMeasure(
        key="hamming_loss",
        title="Hamming loss, share of labels wrong",
        direction="lower",
        references=("Tsoumakas 2010",),
        estimate=hamming_loss,
        decided=True,
    ),
)


def label_measure_of(key: str) -> LabelMeasure:
    """Return the measure of several labels called `key`.

    Raises:
        InvalidInputError: there is none; the nearest is suggested.
    """
    known = {each.key: each for each in LABEL_TABLE}
    return known[check_choice("measure", key, known)]


def label_estimates(columns: LabelColumns, settings: Settings) -> dict[str, Estimate]:
    """Compute every measure of several labels, by key; those of predictions where there are."""
    chosen = [each for each in LABEL_TABLE if columns.thresholds is not None or not each.decided]
    return {each.key: each.estimate(columns, settings) for each in chosen}
