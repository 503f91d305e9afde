"""The class of least expected cost, by hand and against every other class."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import softmax

from prevalens.decisions import cost_estimate, least_cost_classes
from prevalens.exceptions import InvalidInputError
from prevalens.predictions import Predictions


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


def seven(n_patients: int, seed: int) -> Predictions:
    """Three classes of unlike prevalence, two images a patient, with a shift of the patient's."""
    rng = np.random.default_rng(seed)
    labels = np.repeat(rng.choice(3, n_patients, p=[0.6, 0.3, 0.1]), 2)
    own = np.repeat(rng.normal(0, 0.8, (n_patients, 3)), 2, axis=0)
    logits = 1.5 * np.eye(3)[labels] + own + rng.normal(0, 0.5, own.shape)
    return Predictions(
        labels=labels,
        scores=softmax(logits, axis=1),
        patients=np.repeat(np.arange(n_patients), 2),
        classes=("nv", "bcc", "mel"),
    )


COSTS = np.array([[0.0, 1, 1], [5, 0, 1], [20, 10, -1]])


def test_the_mean_cost_is_that_of_the_decisions() -> None:
    """Summed by hand; costs below 0 are gains; given decisions are taken as they are."""
    seen = seven(60, 1)
    chosen = least_cost_classes(seen.scores, COSTS)
    by_hand = np.mean([COSTS[a, b] for a, b in zip(seen.labels, chosen, strict=True)])
    found = cost_estimate(seen, COSTS)

    assert found.value == pytest.approx(by_hand)
    assert found.lower < by_hand < found.upper
    assert (found.n, found.patients, found.events) == (120, 60, None)
    all_mel = cost_estimate(seen, COSTS, decisions=np.full(120, 2))
    assert all_mel.value == pytest.approx(np.mean(COSTS[seen.labels, 2]))


def test_the_interval_of_a_cost_covers_the_true_cost() -> None:
    """Over 200 draws of 80 patients, 95 % limits hold the cost of 40,000 in 91 % or more."""
    truth = cost_estimate(seven(40_000, 999), COSTS).value
    found = [cost_estimate(seven(80, seed), COSTS) for seed in range(200)]

    assert np.mean([one.lower <= truth <= one.upper for one in found]) >= 0.91


def test_costs_of_what_is_no_class_are_refused() -> None:
    """Several labels a row, a matrix of other classes, decisions that are none or too few."""
    seen = seven(5, 0)
    labels = Predictions(
        labels=[[0, 1], [1, 1]], scores=[[0.2, 0.3], [0.3, 0.4]], patients=None, classes="ab"
    )

    with pytest.raises(InvalidInputError, match="several labels"):
        cost_estimate(labels, COSTS)
    with pytest.raises(InvalidInputError, match=r"shapes \(10, 3\) and \(2, 2\)"):
        cost_estimate(seen, [[0, 1], [1, 0]])
    with pytest.raises(InvalidInputError, match=r"indices into .*got \[3\]"):
        cost_estimate(seen, COSTS, decisions=[3] * 10)
    with pytest.raises(InvalidInputError, match="`decisions` has 2"):
        cost_estimate(seen, COSTS, decisions=[0, 1])
    hidden = np.ma.array(np.zeros(10), mask=np.arange(10) == 3)
    with pytest.raises(InvalidInputError, match="`decisions` must be indices"):
        cost_estimate(seen, COSTS, decisions=hidden)
