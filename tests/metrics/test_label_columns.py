"""Several labels a row are checked, and give each label the rows where it is known."""

import numpy as np
import pytest

from prevalens.exceptions import InvalidInputError
from prevalens.metrics.label_columns import check_label_columns

NAMES = ("mass", "node")
LABELS = np.array([[1, 0], [0, np.nan], [np.nan, 1], [1, 1]])
SCORES = np.array([[0.9, 0.2], [0.1, 0.3], [0.4, 0.8], [0.7, 0.6]])


def test_a_label_has_the_rows_where_it_is_known() -> None:
    """By hand: two labels of four rows, each not known on one; patients keep their numbers."""
    held = check_label_columns(LABELS, SCORES, ["b", "a", "b", "c"], names=NAMES)
    node = held.of_label(1)

    assert node.labels.tolist() == [False, True, True]
    assert node.scores.tolist() == [0.2, 0.8, 0.6]
    assert node.codes.tolist() == [1, 1, 2]
    assert held.counts.tolist() == [2, 2]
    assert [held.patients_of(which) for which in (0, 1)] == [2, 2]
    pooled = held.pooled()
    assert pooled.scores.tolist() == [0.9, 0.2, 0.1, 0.8, 0.7, 0.6]
    assert pooled.codes.tolist() == [1, 1, 0, 1, 2, 2]


def test_thresholds_are_one_for_all_or_one_for_each() -> None:
    """A number goes to every label, a mapping by name; without any nothing is predicted."""
    each = check_label_columns(
        LABELS, SCORES, None, names=NAMES, thresholds={"node": 0.3, "mass": 0.5}
    )
    alike = check_label_columns(LABELS, SCORES, None, names=NAMES, thresholds=0.5)

    assert each.predicted.tolist() == [[True, False], [False, True], [False, True], [True, True]]
    assert alike.thresholds.tolist() == [0.5, 0.5]
    with pytest.raises(InvalidInputError, match="at `thresholds`, got none"):
        _ = check_label_columns(LABELS, SCORES, None, names=NAMES).predicted


@pytest.mark.parametrize(
    ("labels", "names", "thresholds", "message"),
    [
        (LABELS[:, :1], NAMES, None, r"got shapes \(4, 1\) and \(4, 2\)"),
        (LABELS, ("mass", "mass"), None, "different names"),
        (np.where(LABELS == 0, 0.5, LABELS), NAMES, None, "got 0.5 in row 0 of"),
        (np.where([True, False], np.nan, LABELS), NAMES, None, r"\['mass'\] are known of no row"),
        (LABELS, NAMES, {"mass": 0.5}, r"one for each of \['mass', 'node'\], got \['mass'\]"),
        (LABELS, NAMES, 2.0, r"in \[0, 1\], got 2.0"),
    ],
)
def test_what_is_no_label_is_refused(
    labels: np.ndarray, names: tuple[str, ...], thresholds: object, message: str
) -> None:
    """Another shape, one name twice, a half label, a label never known, a threshold too few."""
    with pytest.raises(InvalidInputError, match=message):
        check_label_columns(labels, SCORES, None, names=names, thresholds=thresholds)  # type: ignore[arg-type]
