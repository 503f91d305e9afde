"""One measure of a model of several classes: its name, its place, how it is computed."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np

from prevalens._checks import check_choice
from prevalens.exceptions import InvalidInputError
from prevalens.metrics.class_columns import ClassColumns
from prevalens.metrics.estimate import Estimate
from prevalens.metrics.measure import DIRECTIONS
from prevalens.metrics.own_class_measure import (
    changes_of_pulls,
    estimate_of_pulls,
    pulls_of_images,
    pulls_of_matrix,
)
from prevalens.metrics.references import REFERENCES
from prevalens.metrics.settings import Settings
from prevalens.typing import Labels, Numbers

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
        estimate: Computes value and interval; not with `of_matrix` or `of_images`.
        changes: Returns how far the value moves without each patient, shape `(n_units,)`; None
            where two of its values are not compared. It follows from the two below.
        of_matrix: The measure as a function of the confusion matrix: of a float array of shape
            `(n_classes, n_classes)` that sums to 1, with labels as rows and predictions as
            columns. The interval over patients is by the delta method, the slopes by central
            differences.
        of_images: The measure as a mean over images: returns the value of each, shape
            `(n_rows,)`, from labels `(n_rows,)` and scores `(n_rows, n_classes)`.
        low: Least value possible.
        high: Largest value possible.
        graded: Whether the classes must be grades.
        counted: Whether its `events` are what is counted.
        least_classes: Number of classes from which it says something.

    Raises:
        InvalidInputError: the group or direction is unknown, no paper is named, or not one of
            `estimate`, `of_matrix` and `of_images` is given.

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
    # None until `__post_init__` has made it of the functions below.
    estimate: Callable[[ClassColumns, Settings], Estimate] = None  # type: ignore[assignment]
    changes: Callable[[ClassColumns], Numbers] | None = None
    of_matrix: Callable[[Numbers], float] | None = None
    of_images: Callable[[Labels, Numbers], Numbers] | None = None
    low: float = 0.0
    high: float = 1.0
    graded: bool = False
    counted: bool = False
    least_classes: int = 2

    def __post_init__(self) -> None:
        check_choice("group", self.group, CLASS_GROUPS)
        check_choice("direction", self.direction, DIRECTIONS)
        if not self.references:
            raise InvalidInputError(
                f"Measure {self.key!r} needs the paper that defines it in `references`, got none."
            )
        given: object = self.estimate
        own = given is not None and not self._derived
        if own + (self.of_matrix is not None) + (self.of_images is not None) != 1:
            raise InvalidInputError(
                f"Measure {self.key!r} needs one of `estimate`, `of_matrix` and `of_images`."
            )
        pulls: Callable[[ClassColumns], tuple[float, Numbers]] | None = None
        if self.of_matrix is not None:
            pulls = partial(pulls_of_matrix, self.key, self.of_matrix)
        if self.of_images is not None:
            pulls = partial(pulls_of_images, self.key, self.of_images)
        if pulls is not None:
            # Partials of functions of modules are sent to other processes as the user's own is.
            made = partial(estimate_of_pulls, pulls, name=self.title, low=self.low, high=self.high)
            object.__setattr__(self, "estimate", made)
            object.__setattr__(self, "changes", partial(changes_of_pulls, pulls))

    @property
    def _derived(self) -> bool:
        """Whether the estimate follows from a function, as in a copy of such a measure."""
        return getattr(self.estimate, "func", None) is estimate_of_pulls

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
