"""One measure of a model of several classes: its name, its place, how it is computed."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from prevalens._checks import check_choice
from prevalens.metrics.class_columns import ClassColumns
from prevalens.metrics.estimate import Estimate
from prevalens.metrics.measure import DIRECTIONS
from prevalens.metrics.references import REFERENCES
from prevalens.metrics.settings import Settings
from prevalens.typing import Numbers

CLASS_GROUPS = {
    "decision": "Predicted classes",
    "ranking": "Discrimination",
    "probability": "Probabilities",
}


@dataclass(frozen=True, kw_only=True)
class ClassMeasure:
    """A measure of all classes together.

    Args:
        key: Name in code and records, such as `"macro_auroc"`.
        title: Name for readers.
        group: A key of `CLASS_GROUPS`.
        direction: What is better: `"higher"` or `"lower"`.
        references: Papers that define it, as they are cited: keys of `REFERENCES`.
        estimate: Computes value and interval.
        changes: Returns how far the value moves without each patient, shape `(n_units,)`; None
            where two of its values are not compared.
        low: Least value possible.
        high: Largest value possible.
        graded: Whether the classes must be grades.
        counted: Whether its `events` are what is counted.
        least_classes: Number of classes from which it says something.

    Examples:
        >>> from prevalens.metrics import all_class_measures
        >>> [each.key for each in all_class_measures() if each.graded]
        ['linear_kappa', 'quadratic_kappa', 'grade_distance', 'ranked_probability_score']
    """

    key: str
    title: str
    group: str
    direction: str
    references: tuple[str, ...]
    estimate: Callable[[ClassColumns, Settings], Estimate]
    changes: Callable[[ClassColumns], Numbers] | None = None
    low: float = 0.0
    high: float = 1.0
    graded: bool = False
    counted: bool = False
    least_classes: int = 2

    def __post_init__(self) -> None:
        check_choice("group", self.group, CLASS_GROUPS)
        check_choice("direction", self.direction, DIRECTIONS)

    def suits(self, columns: ClassColumns) -> bool:
        """Tell whether it is a measure of these classes: grades, and enough of them."""
        return (columns.ordered or not self.graded) and len(columns.names) >= self.least_classes

    @property
    def widest(self) -> float:
        """Largest difference of two of its values."""
        return self.high - self.low if np.isfinite(self.high) else np.inf

    def full_references(self) -> list[str]:
        """Return the papers that define the measure, in full."""
        return [REFERENCES.get(cited, cited) for cited in self.references]
