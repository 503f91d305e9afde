"""The class of least expected cost, by hand and against every other class."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from prevalens.decisions import least_cost_classes
from prevalens.exceptions import InvalidInputError


def test_a_miss_of_twenty_false_alarms_turns_at_one_in_twenty_one() -> None:
    """Two classes: decide positive from a risk of 1 / 21 on; equal errors take the likeliest."""
    costs = [[0, 1], [20, 0]]
    risks = np.array([0.04, 0.047, 0.048, 0.5])

    assert least_cost_classes(np.stack([1 - risks, risks], axis=1), costs).tolist() == [0, 0, 1, 1]
    scores = [[0.2, 0.5, 0.3], [0.4, 0.2, 0.4]]
    assert least_cost_classes(scores, 1 - np.eye(3)).tolist() == [1, 0]


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 999), n_classes=st.integers(2, 5))
def test_no_other_class_costs_less(seed: int, n_classes: int) -> None:
    """Expected costs summed one by one, for every class that could have been decided for."""
    rng = np.random.default_rng(seed)
    scores, costs = rng.dirichlet(np.ones(n_classes), 6), rng.random((n_classes, n_classes))
    for row, decided in zip(scores, least_cost_classes(scores, costs).tolist(), strict=True):
        expected = [
            sum(row[true] * costs[true, other] for true in range(n_classes))
            for other in range(n_classes)
        ]
        assert expected[decided] == pytest.approx(min(expected))


@pytest.mark.parametrize(
    ("scores", "costs", "message"),
    [
        ([0.1, 0.9], [[0, 1], [1, 0]], r"shapes \(2,\) and \(2, 2\)"),
        ([[0.1, 0.9]], [[0, 1, 2]], r"shapes \(1, 2\) and \(1, 3\)"),
        ([[0.1, 0.9]], [[0, np.inf], [1, 0]], "finite row"),
        ([[-1.0, 2.0]], [[0, 1], [1, 0]], "got -1 to 2"),
    ],
)
def test_what_does_not_fit_is_refused(
    scores: list[object], costs: list[object], message: str
) -> None:
    """Scores of one column, costs of other shape, infinite costs, logits."""
    with pytest.raises(InvalidInputError, match=message):
        least_cost_classes(scores, costs)  # type: ignore[arg-type]
