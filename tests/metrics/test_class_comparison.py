"""Tests of comparing two models of several classes, and one in two groups."""

import numpy as np
import pytest

from prevalens.exceptions import InvalidInputError
from prevalens.metrics import all_class_measures, compare_multiclass, compare_multiclass_groups

RNG = np.random.default_rng(8)
Y = RNG.choice(3, 300, p=[0.6, 0.3, 0.1])
PATIENTS = RNG.integers(0, 100, 300)


def scores(gain: float, seed: int) -> np.ndarray:
    """Draw scores that favour the label."""
    rng = np.random.default_rng(seed)
    logits = rng.normal(size=(300, 3)) + gain * np.eye(3)[Y]
    odds = np.exp(logits)
    return odds / odds.sum(axis=1, keepdims=True)


GOOD, POOR = scores(2.5, 1), scores(0.3, 2)
COMPARED = [
    measure.key
    for measure in all_class_measures()
    if measure.changes is not None and measure.least_classes <= 3
]


@pytest.mark.parametrize("key", COMPARED)
def test_a_better_model_is_told_from_a_poorer_and_turning_round_changes_the_sign(key: str) -> None:
    """Every measure that is comparable: interval beyond 0, and the same p value both ways."""
    ask = {"classes": "abc", "measure": key, "patients": PATIENTS, "ordered": True}
    one, two = (compare_multiclass(Y, *pair, **ask) for pair in ((GOOD, POOR), (POOR, GOOD)))
    made = one.difference
    assert made.value == pytest.approx(one.first.value - one.second.value)
    assert made.lower * made.upper > 0
    assert one.p_value == pytest.approx(two.p_value, rel=1e-6)
    assert one.p_value < 0.05
    assert (made.lower, made.upper) == pytest.approx((-two.difference.upper, -two.difference.lower))


def test_a_model_against_itself_has_no_difference() -> None:
    """Wholly correlated sides: no width, which is no interval."""
    made = compare_multiclass(Y, GOOD, GOOD, classes="abc", patients=PATIENTS)
    assert (made.difference.value, made.difference.lower, made.p_value) == (0.0, None, None)


def test_pairing_makes_the_interval_shorter_than_that_of_two_groups() -> None:
    """Two models of the same rows go together; rows of two groups do not."""
    near = GOOD * 0.9 + POOR * 0.1
    paired = compare_multiclass(Y, GOOD, near, classes="abc", measure="accuracy").difference
    both = np.vstack([GOOD, near])
    first = np.arange(600) < 300
    apart = compare_multiclass_groups(
        np.tile(Y, 2), both, first, classes="abc", measure="accuracy"
    ).difference
    assert paired.value == pytest.approx(apart.value)
    assert paired.upper - paired.lower < 0.6 * (apart.upper - apart.lower)
    assert (paired.n, apart.n) == (300, 600)


def test_two_groups_of_one_model_differ_by_what_each_has() -> None:
    """By hand: the difference of both accuracies; patients may be in both groups."""
    first = np.arange(300) % 2 == 0
    made = compare_multiclass_groups(
        Y, GOOD, first, classes="abc", measure="accuracy", patients=PATIENTS
    )
    right = GOOD.argmax(axis=1) == Y
    assert made.difference.value == pytest.approx(right[first].mean() - right[~first].mean())
    assert "both groups" in made.hypothesis


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"measure": "classwise_calibration_error"}, "`measure`"),
        ({"measure": "linear_kappa"}, r"needs grades \(ordered=True\)"),
        ({"second": POOR[:5]}, "`second` has 5"),
        ({"second": POOR[:, :2]}, "`second` must have shape"),
    ],
)
def test_what_cannot_be_compared_is_refused(change: dict[str, object], message: str) -> None:
    """A measure without a spread, one of grades, and scores of other rows."""
    ask: dict[str, object] = {"first": GOOD, "second": POOR, "classes": "abc", **change}
    with pytest.raises(InvalidInputError, match=message):
        compare_multiclass(Y, **ask)  # type: ignore[arg-type]


def test_an_empty_group_is_refused() -> None:
    """With how many are in it."""
    with pytest.raises(InvalidInputError, match="0 of 300"):
        compare_multiclass_groups(Y, GOOD, np.zeros(300, dtype=bool), classes="abc")


def test_a_side_that_is_undefined_leaves_no_difference() -> None:
    """A group without a class has no macro estimate."""
    made = compare_multiclass_groups(Y, GOOD, Y < 2, classes="abc")
    assert made.difference.not_estimable is not None
