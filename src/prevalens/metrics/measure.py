"""One measure: what it is called, where it stands, how it and its interval are computed."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from prevalens._checks import check_choice
from prevalens.exceptions import InvalidInputError
from prevalens.metrics.basis import INDEPENDENT
from prevalens.metrics.clusters import Spread
from prevalens.metrics.estimate import Estimate
from prevalens.metrics.formulas import Formula
from prevalens.metrics.influences import Influence, independent_variance, spread_over
from prevalens.metrics.inputs import Columns
from prevalens.metrics.intervals import scale_of
from prevalens.metrics.linear import JACKKNIFE, basis_of
from prevalens.metrics.references import REFERENCES
from prevalens.metrics.settings import Settings
from prevalens.typing import Codes, Numbers

GROUPS = {
    "threshold": "Estimates at the threshold",
    "ranking": "Discrimination",
    "calibration": "Calibration",
    "utility": "Clinical usefulness",
    "flow": "Who was studied",
}
DIRECTIONS = ("higher", "lower", "target", "none")
NEEDS = ("any", "positive", "negative", "both")


Engine = Callable[[Columns, Codes], Callable[[Numbers], dict[str, Numbers]]]


@dataclass(frozen=True, kw_only=True)
class Measure:
    """A measure of a two-class model.

    Only `key`, `title`, `group`, `direction`, `references` and a `formula` are needed: interval,
    comparison and bootstrap follow from the formula.

    Args:
        key: Name in code and records, such as `"f2"`.
        title: Name for readers, such as `"F2"`.
        group: Section of the report, a key of `GROUPS`.
        direction: What is better: `"higher"`, `"lower"`, nearer to `target`, or `"none"`.
        references: Papers that define it, as they are cited: keys of `REFERENCES`, or in full.
        formula: The measure as a smooth function of means over images.
        estimate: Computes value and interval where the formula's own interval is not the best.
        influence: Value and influence values of a measure without a formula.
        engine: Values for many weightings of the patients, of a measure without a formula.
        gradient: Value and slopes in the rows' weights, shape `(n_rows,)`, of a measure without a
            formula, from columns and weights.
        floor: Least value possible at a threshold, where it depends on it.
        ceiling: Largest value possible at a threshold, where it depends on it.
        skewed: Whether it is a mean whose limits move outwards where patients are skewed.
        prevalence_free: Whether the prevalence of the rows plays no part in it.
        needs_threshold: Whether it is a measure of predictions.
        below_one: Whether the threshold must be below 1.
        comparable: Whether a difference of two of its values means something.
        counted: Whether its `events` are what is counted, not the positive images.
        low: Least value possible.
        high: Largest value possible.
        target: The right value, where the direction is `"target"`.
        needs: The images without which it is undefined: `"positive"`, `"negative"`, `"both"`, or
            `"any"`.

    Examples:
        >>> from prevalens.metrics import of_counts
        >>> miss_rate = Measure(
        ...     key="miss_rate", title="Miss rate", group="threshold", direction="lower",
        ...     references=("Altman & Bland 1994",), needs_threshold=True, needs="positive",
        ...     formula=of_counts(lambda tn, fp, fn, tp: fn / (fn + tp)),
        ... )
        >>> miss_rate.title
        'Miss rate'
    """

    key: str
    title: str
    group: str
    direction: str
    references: tuple[str, ...]
    formula: Formula | None = None
    estimate: Callable[[Columns, Settings], Estimate] | None = None
    influence: Callable[[Columns, float], Influence] | None = None
    engine: Engine | None = None
    gradient: Callable[[Columns, Numbers], tuple[float, Numbers]] | None = None
    floor: Callable[[float], float] | None = None
    ceiling: Callable[[float], float] | None = None
    skewed: bool = False
    prevalence_free: bool = False
    needs_threshold: bool = False
    below_one: bool = False
    comparable: bool = False
    counted: bool = False
    low: float = -np.inf
    high: float = np.inf
    target: float | None = None
    needs: str = "any"

    def __post_init__(self) -> None:
        check_choice("group", self.group, GROUPS)
        check_choice("direction", self.direction, DIRECTIONS)
        check_choice("needs", self.needs, NEEDS)
        if (self.direction == "target") != (self.target is not None):
            raise InvalidInputError(
                f"Measure {self.key!r}: `target` goes with direction 'target', got direction "
                f"{self.direction!r} and target {self.target!r}."
            )
        if not self.references:
            raise InvalidInputError(
                f"Measure {self.key!r} needs the paper that defines it in `references`, got none."
            )
        if self.formula is None and self.estimate is None:
            raise InvalidInputError(
                f"Measure {self.key!r} needs a `formula`, or an `estimate` of its own, got neither."
            )
        if self.comparable and self.formula is None and self.influence is None:
            raise InvalidInputError(
                f"Measure {self.key!r} is comparable only with a `formula` or an `influence`."
            )

    @property
    def of_predictions(self) -> bool:
        """Whether labels and predictions are enough for it: no score, no odds at a threshold."""
        return self.group in {"threshold", "flow"}

    def compute(self, columns: Columns, settings: Settings) -> Estimate:
        """Compute the estimate of checked columns."""
        if self.needs_threshold and settings.threshold is None:
            raise InvalidInputError(
                f"{self.key!r} needs `threshold`, got None. Pass a number in [0, 1]."
            )
        if self.below_one and settings.threshold == 1:
            basis = basis_of(columns, settings.confidence_level)
            return basis.refuse("a threshold of 1 leaves no odds", f"{self.title} at a threshold")
        if self.estimate is not None:
            return self.estimate(columns, settings)
        return self._from_formula(columns, settings)

    def influence_of(self, columns: Columns, threshold: float | None) -> Influence:
        """Return value and influence values of checked columns."""
        at = 0.0 if threshold is None else threshold
        if self.influence is not None:
            return self.influence(columns, at)
        if self.formula is None:
            raise InvalidInputError(f"{self.key!r} has no influence values.")
        return self.formula.influence(columns, at)

    def slopes(
        self, columns: Columns, threshold: float | None, weights: Numbers
    ) -> tuple[float, Numbers]:
        """Return the value of weighted rows, and its slope in each row's weight.

        Args:
            columns: Checked columns.
            threshold: A score of at least this is predicted positive.
            weights: What each row weighs, shape `(n_rows,)`, above 0.

        Raises:
            NotImplementedError: the measure has neither a formula nor a gradient.
        """
        if self.gradient is not None:
            return self.gradient(columns, weights)
        if self.formula is None:
            raise NotImplementedError
        return self.formula.slopes(columns, 0.0 if threshold is None else threshold, weights)

    def missing_class(self, columns: Columns) -> str | None:
        """Return why the measure is undefined for these labels, or None where it is defined."""
        if self.needs in {"positive", "both"} and not columns.labels.any():
            return "no positive images"
        if self.needs in {"negative", "both"} and columns.labels.all():
            return "no negative images"
        return None

    def full_references(self) -> list[str]:
        """Return the papers that define the measure, in full."""
        return [REFERENCES.get(cited, cited) for cited in self.references]

    def _from_formula(self, columns: Columns, settings: Settings) -> Estimate:
        basis = basis_of(columns, settings.confidence_level)
        scale, words = scale_of(self.low, self.high)
        independent = columns.codes is None or basis.unclustered
        method = f"delta method, {words}, {INDEPENDENT if independent else JACKKNIFE}"
        if reason := self.missing_class(columns):
            return basis.refuse(reason, method)
        made = self.influence_of(columns, settings.threshold)
        if not np.isfinite(made.value):
            return basis.refuse("a share of no images is part of it", method)
        if made.value in {self.low, self.high}:
            why = "it is at the end of its range, so its spread is unseen"
            return basis.without_limits(made.value, method, why)
        alone = independent_variance(made.influence_values, made.kinds)
        codes = columns.codes
        if codes is None or basis.unclustered:
            spread = Spread.alone(alone, basis.n)
        elif made.patients_per_kind(codes) < 2:
            spread = Spread.unseen(basis.patients or 0)
        else:
            spread = spread_over(made.changes(codes, int(codes.max()) + 1), codes)
        return basis.from_spread(made.value, spread, scale, method, alone=alone)
