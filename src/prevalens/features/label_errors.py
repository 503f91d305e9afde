"""Labels that may be wrong: what models that never saw the patient contradict."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from prevalens._checks import check_same_length
from prevalens._numbers import as_floats, as_numbers
from prevalens.exceptions import InvalidInputError
from prevalens.typing import Labels, Rows


@dataclass(frozen=True, eq=False)
class LabelErrors:
    """Rows whose label may be wrong, the most suspicious first; candidates to look at, no verdict.

    Attributes:
        rows: Positions of the rows, shape `(n_candidates,)`.
        labels: Their labels, as class codes.
        suggested: The class that the scores are confident of.
        margins: Score of the label minus the largest other score, rising, in `[-1, 1]`.

    Examples:
        >>> found = find_label_errors([0.1, 0.2, 0.95, 0.9, 0.8, 0.85], [0, 0, 0, 1, 1, 1])
        >>> found.margins.round(2).tolist()  # 0.05 - 0.95
        [-0.9]
    """

    rows: Rows
    labels: Labels
    suggested: Labels
    margins: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.rows)


def find_label_errors(scores: ArrayLike, labels: ArrayLike) -> LabelErrors:
    """Find labels that out-of-fold scores contradict with confidence (confident learning).

    A class is confident where its score reaches the mean score that the class gets on its own
    rows. A row is a candidate where the confident class of the largest score is not its label.

    Args:
        scores: Scores of models that saw no image of the row's patient, such as
            `cross_fit_head` gives: `(n_rows,)` of the second of two classes, or `(n_rows,
            n_classes)`.
        labels: Class codes, `(n_rows,)`.

    Raises:
        InvalidInputError: lengths differ, a score is not finite, or a code is no column.

    References:
        Northcutt C., Jiang L., Chuang I. (2021). Confident learning: estimating uncertainty in
        dataset labels. Journal of Artificial Intelligence Research 70.

    Examples:
        >>> scores = np.array([0.1, 0.2, 0.95, 0.9, 0.8, 0.85])
        >>> found = find_label_errors(scores, [0, 0, 0, 1, 1, 1])
        >>> found.rows.tolist(), found.suggested.tolist()  # the third label may be wrong
        ([2], [1])
    """
    given, numbers = as_floats("scores", scores), as_numbers("labels", labels)
    check_same_length(scores=given, labels=numbers)
    full = np.column_stack([1 - given, given]) if given.ndim == 1 else given
    n_classes = full.shape[1]
    if not np.isfinite(full).all() or not np.isin(numbers, np.arange(n_classes)).all():
        raise InvalidInputError(
            f"`scores` must be finite and `labels` codes from 0 to {n_classes - 1}, got labels "
            f"[{', '.join(f'{code:g}' for code in np.unique(numbers)[:10])}]."
        )
    codes = numbers.astype(np.int64)
    own = full[np.arange(len(full)), codes]
    usual = np.array(
        [
            own[codes == each].mean() if (codes == each).any() else np.inf
            for each in range(n_classes)
        ]
    )
    confident = np.where(full >= usual, full, -np.inf)
    suggested = confident.argmax(axis=1)
    flagged = np.isfinite(confident.max(axis=1)) & (suggested != codes)
    others = full.copy()
    others[np.arange(len(full)), codes] = -np.inf
    margins = own - others.max(axis=1)
    rows = np.flatnonzero(flagged)
    rows = rows[np.argsort(margins[rows], kind="stable")]
    return LabelErrors(rows, codes[rows], suggested[rows], margins[rows])
