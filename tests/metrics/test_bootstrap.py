"""Tests of the bootstrap over patients."""

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from prevalens.decisions import estimate_prevalence
from prevalens.exceptions import InvalidInputError
from prevalens.metrics import (
    Estimate,
    all_estimates,
    expected_calibration_error,
    integrated_calibration_index,
)
from prevalens.metrics.basis import Basis
from prevalens.metrics.bootstrap import (
    draw_weights,
    drawn_estimate,
    in_fixed_order,
    percentile_limits,
)
from prevalens.metrics.inputs import Numbered, check_columns

RNG = np.random.default_rng(13)
PATIENTS = np.repeat(np.arange(60), 6)
LABELS = RNG.random(360) < 0.3
SCORES = np.clip(0.25 * LABELS + 0.7 * RNG.random(360), 0.02, 0.98)


def test_limits_are_near_the_closed_ones() -> None:
    """Two ways to the same end: each limit within a quarter of the width."""
    closed = all_estimates(LABELS, SCORES, threshold=0.4, patients=PATIENTS)
    drawn = all_estimates(LABELS, SCORES, threshold=0.4, patients=PATIENTS, draws=1000)
    for name, estimate in closed.items():
        made = drawn[name]
        assert made.value == estimate.value
        if name == "calibration_joint_intercept":
            assert made == estimate, name
            continue
        assert "bootstrap over patients, 1000 draws" in made.method
        width = estimate.upper - estimate.lower  # type: ignore[operator]
        assert made.lower == pytest.approx(estimate.lower, abs=width / 4), name
        assert made.upper == pytest.approx(estimate.upper, abs=width / 4), name


def test_a_seed_fixes_the_limits_whatever_the_order_of_rows() -> None:
    """Shuffled rows give the same draws; another seed gives others."""
    mixed = RNG.permutation(360)
    for ids in (PATIENTS, None):
        one, two, other = (
            all_estimates(
                LABELS[rows],
                SCORES[rows],
                threshold=0.4,
                patients=None if ids is None else ids[rows],
                draws=100,
                seed=seed,
            )["auroc"]
            for rows, seed in ((np.arange(360), 1), (mixed, 1), (mixed, 2))
        )
        assert (one.lower, one.upper) == pytest.approx((two.lower, two.upper), rel=1e-12)
        assert one.lower != other.lower


def test_draws_do_not_depend_on_how_many_are_held() -> None:
    """As many patients in each draw; the same in parts of 7 and of 100."""
    whole = np.concatenate(list(draw_weights(9, draws=100, seed=3, at_once=100)))
    parts = np.concatenate(list(draw_weights(9, draws=100, seed=3, at_once=7)))
    np.testing.assert_array_equal(whole, parts)
    assert (whole.sum(axis=1) == 9).all()


def test_percentiles_are_widened_for_few_patients() -> None:
    """From 2.5 % towards the ends; next to nothing for many patients."""
    values = np.linspace(0, 1, 10_001)
    many = percentile_limits(values, confidence_level=0.95, units=10**7)
    few = percentile_limits(values, confidence_level=0.95, units=10)
    assert many == pytest.approx((0.025, 0.975), abs=1e-4)
    # Student's t on 9 degrees, 2.2622, times sqrt(10/9): 2.3845, whose normal tail is .00855.
    assert few == pytest.approx((0.00855, 0.99145), abs=2e-4)


def test_rows_are_sorted_before_they_are_drawn() -> None:
    """By patient, then score, then label."""
    columns = in_fixed_order(check_columns([1, 0, 1], [0.5, 0.2, 0.1], ["b", "a", "b"]))
    assert columns.scores.tolist() == [0.2, 0.1, 0.5]
    assert columns.labels.tolist() == [False, True, True]


def test_patients_without_a_row_are_not_drawn() -> None:
    """Of a label that is not known of whole patients, the others keep the numbers they had."""
    whole = tuple(f"p{number}" for number in range(200))
    dense = Numbered(PATIENTS, whole[5::3][:60])
    sparse = Numbered(3 * PATIENTS + 5, whole)
    assert np.asarray(dense).tolist() == np.asarray(sparse).tolist()
    for estimate in (expected_calibration_error, integrated_calibration_index):
        one, two = (estimate(LABELS, SCORES, patients=p, draws=200) for p in (dense, sparse))
        assert one == two
    one, two = (
        estimate_prevalence(SCORES, train_prevalence=0.3, patients=p, n_draws=50)
        for p in (dense, sparse)
    )
    assert one == two


def test_what_draws_cannot_give_is_said() -> None:
    """One patient; an estimate that too many draws leave undefined."""
    one = all_estimates(
        [1, 0, 1, 0], [0.6, 0.7, 0.8, 0.1], threshold=0.5, patients=[7] * 4, draws=100
    )
    assert "one of the patients alone" in str(one["auroc"].note)
    rare = all_estimates(
        [1, 0, 0, 0], [0.6, 0.7, 0.2, 0.1], threshold=0.5, patients=list("abcd"), draws=100
    )
    assert rare["auroc"].lower is None
    assert "draws leave it undefined" in str(rare["auroc"].note)


def test_too_few_draws_are_refused() -> None:
    """Percentiles need at least 100."""
    with pytest.raises(InvalidInputError, match="`draws`"):
        all_estimates(LABELS, SCORES, threshold=0.4, draws=10)


def test_a_statistic_without_a_value_is_not_drawn() -> None:
    """Infinite on all rows: refused before a single draw."""
    columns = check_columns([1, 0, 1], [0.5, 0.2, 0.1], None)
    asked = []

    def endless(weights: np.ndarray) -> np.ndarray:
        asked.append(len(weights))
        return np.full(len(weights), np.inf)

    basis = Basis.of(None, confidence_level=0.95, n=3, events=2)
    made = drawn_estimate(basis, columns, endless, "by hand", draws=100, seed=0)
    assert (made.value, made.method, asked) == (None, "by hand", [1])
    assert "too extreme" in str(made.not_estimable)


def drawn(values: list[float], *, patients: list[str] | None = None) -> Estimate:
    """Make the estimate of a statistic that is .5 on all rows and as told in 100 draws."""
    columns = check_columns([1, 0, 1], [0.5, 0.2, 0.1], patients)
    basis = Basis.of(columns.codes, confidence_level=0.9, n=3, events=2)

    def statistic(weights: np.ndarray) -> np.ndarray:
        return np.array([0.5]) if len(weights) == 1 else np.resize(values, len(weights))

    return drawn_estimate(basis, columns, statistic, "by hand", draws=100, seed=0)


def test_up_to_a_twentieth_of_the_draws_may_be_undefined() -> None:
    """Five in a hundred are set aside and counted, infinite ones too; six leave no limits."""
    rest = np.linspace(0.2, 0.9, 95).tolist()
    made = drawn([*rest, np.nan, np.inf, np.nan, -np.inf, np.nan])
    assert made.note == "5 draws that leave it undefined were set aside."
    assert (made.lower, made.upper) == percentile_limits(
        np.array(rest), confidence_level=0.9, units=3
    )
    many = drawn([*rest[:94], *[np.nan] * 6])
    assert (many.lower, many.upper) == (None, None)
    assert many.note == "No interval: 6 draws leave it undefined."
    whole = drawn(np.linspace(0.2, 0.9, 100).tolist())
    assert whole.note is None
    assert whole.confidence_level == 0.9


def test_draws_that_do_not_differ_give_no_limits() -> None:
    """A width of 0 is not an interval; what is undefined is said first."""
    assert drawn([0.5]).note == "No interval: the draws do not differ."
    assert drawn([*[0.5] * 96, *[np.nan] * 4]).note == "No interval: 4 draws leave it undefined."
    assert drawn([0.5]).lower is None


def test_limits_always_hold_the_value() -> None:
    """Draws that all lie on one side of .5 end at it."""
    above, below = drawn([0.6, 0.7, 0.8]), drawn([0.2, 0.3, 0.4])
    assert (above.lower, below.upper) == (0.5, 0.5)
    assert above.upper == pytest.approx(0.8)
    assert below.lower == pytest.approx(0.2)


def test_the_method_tells_what_was_drawn() -> None:
    """Images where they are independent, else patients; how often, and how the value is made."""
    words = "by hand; bootstrap over {}, 100 draws, expanded percentile interval ("
    assert drawn([0.4, 0.6]).method.startswith(words.format("images"))
    made = drawn([0.4, 0.6], patients=["a", "b", "b"])
    assert made.method.startswith(words.format("patients"))
    assert (made.n, made.events, made.patients) == (3, 2, 2)
    # Two patients: reach sqrt(2) times Student's t on one degree at 90 %, 6.3138, which is the end.
    assert (made.lower, made.upper) == pytest.approx((0.4, 0.6))
    one = drawn([0.4, 0.6], patients=["a", "a", "a"])
    assert one.note == "No interval: there is one of the patients alone."
    assert one.lower is None


def test_the_spread_of_independent_images_goes_with_the_limits() -> None:
    """A design effect is of the closed form and does not stay beside limits that were drawn."""
    closed = all_estimates(LABELS, SCORES, threshold=0.4, patients=PATIENTS)["accuracy"]
    made = all_estimates(LABELS, SCORES, threshold=0.4, patients=PATIENTS, draws=100)["accuracy"]
    assert closed.design_effect is not None
    assert (made.design_effect, made.effective_n, made.note) == (None, None, None)
    assert (made.n, made.events, made.patients) == (closed.n, closed.events, closed.patients)


def test_drawn_limits_are_the_percentiles_of_the_estimate_of_drawn_rows() -> None:
    """The same draws, each estimate from repeated rows, and the widened percentiles."""
    made = all_estimates(
        LABELS, SCORES, threshold=0.4, patients=PATIENTS, draws=100, seed=5, confidence_level=0.8
    )
    columns = in_fixed_order(check_columns(LABELS, SCORES, PATIENTS))
    sensitivities, areas = [], []
    for times in np.concatenate(list(draw_weights(60, draws=100, seed=5, at_once=50))):
        rows = np.repeat(np.arange(360), times[columns.codes].astype(int))
        labels, scores = columns.labels[rows], columns.scores[rows]
        sensitivities.append((scores[labels] >= 0.4).mean())
        areas.append(roc_auc_score(labels, scores))
    for name, values in (("sensitivity", sensitivities), ("auroc", areas)):
        limits = percentile_limits(np.array(values), confidence_level=0.8, units=60)
        assert (made[name].lower, made[name].upper) == pytest.approx(limits)


def test_what_has_no_value_is_left_as_it_is() -> None:
    """Its reason, and the method of the closed form."""
    columns = {"labels": [0, 0, 0, 0], "scores": [0.1, 0.7, 0.3, 0.2], "patients": list("aabb")}
    closed, made = (all_estimates(**columns, threshold=0.5, draws=draws) for draws in (0, 100))
    assert made["auroc"] == closed["auroc"]
    assert made["specificity"] != closed["specificity"]


def test_holding_no_draw_at_once_is_holding_one() -> None:
    """More rows than fit still leave each draw of its own."""
    one, none = (np.concatenate(list(draw_weights(4, draws=3, seed=1, at_once=n))) for n in (1, 0))
    np.testing.assert_array_equal(one, none)
    assert one.shape == (3, 4)


def test_limits_of_the_closed_form_never_stay_beside_a_bootstrap_that_has_none() -> None:
    """Two of six patients with positives: (4/6)^6, one draw in eleven, has none: too many."""
    columns = {"labels": [1, 0, 1, 0] + [0] * 4, "scores": [0.6, 0.7, 0.3, 0.1] + [0.2] * 4}
    ask = {**columns, "patients": list("aabbcdef"), "threshold": 0.5}
    closed, made = (all_estimates(**ask, draws=draws)["sensitivity"] for draws in (0, 400))  # type: ignore[arg-type]
    assert closed.lower is not None
    assert closed.upper is not None
    assert (made.value, made.lower, made.upper) == (closed.value, None, None)
    assert "draws leave it undefined" in str(made.note)
