"""What hypothesis draws for the tests of several rooms."""

import numpy as np
from hypothesis import strategies as st

ScoredRows = list[tuple[bool, int, int]]


def scored_rows(
    *, least: int = 2, most: int = 40, tenths: tuple[int, int] = (1, 9), patients: int = 6
) -> st.SearchStrategy[ScoredRows]:
    """Draw rows of a label, a score in tenths (so that there are ties) and a patient."""
    row = st.tuples(st.booleans(), st.integers(*tenths), st.integers(0, patients - 1))
    return st.lists(row, min_size=least, max_size=most)


def columns_of(rows: ScoredRows) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the labels, the scores in [0, 1] and the patients of such rows, each `(n_rows,)`."""
    labels, tenths, patients = (np.array(column) for column in zip(*rows, strict=True))
    return labels, tenths / 10, patients


def has_both_classes(rows: ScoredRows) -> bool:
    """Tell whether a row of each class is there."""
    return 0 < sum(label for label, *_ in rows) < len(rows)
