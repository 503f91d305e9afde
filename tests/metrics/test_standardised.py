"""Weighted rows are repeated rows, and a stated prevalence is one of the closed forms."""

import math

import numpy as np
import pytest

from prevalens.exceptions import InvalidInputError
from prevalens.metrics import all_estimates, predictive_values

RNG = np.random.default_rng(0)
PATIENTS = np.repeat(np.arange(30), 8)
LABELS = RNG.random(240) < RNG.beta(1, 2, 30)[PATIENTS]
SCORES = 1 / (
    1 + np.exp(1.2 - 1.5 * LABELS - 0.6 * RNG.normal(size=30)[PATIENTS] - RNG.normal(size=240))
)
TIMES = RNG.integers(0, 4, 240)
DRAWN = (
    "expected_calibration_error",
    "integrated_calibration_index",
    "calibration_e50",
    "calibration_e90",
)
# Their limits over patients are made otherwise: by square-and-add, or with the fit moved by each
# patient left out.
OTHERWISE = (
    *("youden", "balanced_accuracy", "standardised_net_benefit"),
    *("calibration_intercept", "calibration_slope", "calibration_joint_intercept"),
)


@pytest.mark.parametrize("scale", [1.0, 0.01])
def test_weights_are_repeated_rows(scale: float) -> None:
    """Value and limits over patients, whatever the weights add up to; 0 leaves a row out."""
    weighted = all_estimates(
        LABELS, SCORES, threshold=0.4, patients=PATIENTS, weights=scale * TIMES
    )
    labels, scores, patients = (np.repeat(column, TIMES) for column in (LABELS, SCORES, PATIENTS))
    repeated = all_estimates(labels, scores, threshold=0.4, patients=patients)
    for key, made in weighted.items():
        if key in DRAWN:
            assert made.not_estimable == "it has no weighted form"
            continue
        told = repeated[key]
        assert made.value == pytest.approx(told.value, rel=1e-8), key
        loose = 0.03 if key in OTHERWISE else 0.005
        assert (made.lower, made.upper) == pytest.approx((told.lower, told.upper), abs=loose), key
        assert made.n == np.count_nonzero(TIMES)
        assert "weighted rows" in made.method


def test_values_at_a_prevalence_by_hand() -> None:
    """From sensitivity, specificity and the classes' mean losses, at one positive in fifty."""
    share, at = 0.02, 0.4
    made = all_estimates(LABELS, SCORES, threshold=at, patients=PATIENTS, prevalence=share)
    hit, false = (float((SCORES[rows] >= at).mean()) for rows in (LABELS, ~LABELS))

    def mean(values: np.ndarray) -> float:
        return float(share * values[LABELS].mean() + (1 - share) * values[~LABELS].mean())

    precise = share * hit / (share * hit + (1 - share) * false)
    loss = mean(np.square(SCORES - LABELS))
    benefit = share * hit - (1 - share) * false * at / (1 - at)
    sides = (SCORES[LABELS], SCORES[~LABELS])
    average = 0.0
    for cut in sides[0]:
        hits, wrong = (float((side >= cut).mean()) for side in sides)
        average += share * hits / (share * hits + (1 - share) * wrong) / sides[0].size
    expected = {
        "sensitivity": hit,
        "specificity": 1 - false,
        "ppv": precise,
        "accuracy": share * hit + (1 - share) * (1 - false),
        "f1": 2 * precise * hit / (precise + hit),
        "brier": loss,
        "scaled_brier": 1 - loss / (share * (1 - share)),
        "log_loss": mean(-np.log(np.where(LABELS, SCORES, 1 - SCORES))),
        "observed_expected": share / mean(SCORES),
        "average_precision": average,
        "net_benefit": benefit,
        "net_benefit_treat_all": share - (1 - share) * at / (1 - at),
        "standardised_net_benefit": benefit / share,
        "prevalence": share,
    }
    for key, value in expected.items():
        assert made[key].value == pytest.approx(value), key
    for key in ("net_benefit_treat_all", "prevalence"):
        assert made[key].lower is None
        assert "stated prevalence" in str(made[key].note)


def test_limits_at_a_prevalence_hold_the_share_of_a_class() -> None:
    """Brier score of independent images: the variances of both classes' means, weighted."""
    made = all_estimates(LABELS, SCORES, threshold=0.5, prevalence=0.1, measures=["brier"])["brier"]
    losses = np.square(SCORES - LABELS)
    variance = sum(
        share**2 * losses[rows].var() * rows.sum() / (rows.sum() - 1) ** 2
        for rows, share in ((LABELS, 0.1), (~LABELS, 0.9))
    )
    logit = [math.log(x / (1 - x)) for x in (made.lower, made.value, made.upper)]  # type: ignore[operator]
    error = math.sqrt(variance) / (made.value * (1 - made.value))  # type: ignore[operator]
    # Student's t, of about a hundred degrees of freedom; skewed above, and so moved outwards.
    assert 1.96 * error < logit[1] - logit[0] < 2.05 * error
    assert 1.96 * error < logit[2] - logit[1] < 2.4 * error


def test_what_no_prevalence_moves_stays() -> None:
    """AUROC, sensitivity, likelihood ratios; PPV is that of `predictive_values`."""
    plain = all_estimates(LABELS, SCORES, threshold=0.4, patients=PATIENTS)
    made = all_estimates(LABELS, SCORES, threshold=0.4, patients=PATIENTS, prevalence=0.02)
    for key in ("auroc", "sensitivity", "specificity", "lr_positive", "youden"):
        assert made[key] == plain[key]
    both = predictive_values(LABELS, SCORES >= 0.4, prevalence=0.02, patients=PATIENTS)
    assert (made["ppv"], made["npv"]) == (both.ppv, both.npv)


def test_ends_of_a_range_keep_their_limits() -> None:
    """Perfect predictions, weighted: Wilson limits of the effective number, a bounded AUROC."""
    labels, patients = np.arange(80) % 2 == 1, np.arange(80) // 4
    made = all_estimates(
        labels,
        np.where(labels, 0.9, 0.1) + np.arange(80) / 1e4,
        threshold=0.5,
        patients=patients,
        weights=1 + np.arange(80) % 3,
    )
    assert (made["sensitivity"].value, made["auroc"].value) == (1, 1)
    assert 0.7 < made["sensitivity"].lower < 0.95  # type: ignore[operator]
    assert 0.6 < made["auroc"].lower < 0.95  # type: ignore[operator]
    assert made["lr_positive"].infinite


def test_unlike_weights_are_told() -> None:
    """One of forty patients with nearly all the weight is as few as one patient."""
    weights = np.where(PATIENTS == 0, 1000.0, 1.0)
    made = all_estimates(
        LABELS, SCORES, threshold=0.4, patients=PATIENTS, weights=weights, measures=["brier"]
    )["brier"]
    assert "1.1 patients of equal weight (Kish 1965)" in str(made.note)


@pytest.mark.parametrize(
    ("ask", "told"),
    [
        ({"weights": [1.0] * 239}, "239"),
        ({"weights": [-1.0] + [1.0] * 239}, "at least 0, some above 0, got -1 to 1"),
        ({"weights": [0.0] * 240}, "got 0 to 0"),
        ({"prevalence": 1.0}, "prevalence"),
        ({"prevalence": 0.1, "draws": 100}, "`draws` goes without"),
    ],
)
def test_what_cannot_be_is_refused(ask: dict[str, object], told: str) -> None:
    """Weights of another length, below or all 0; no share of images; the bootstrap."""
    with pytest.raises(InvalidInputError, match=told):
        all_estimates(LABELS, SCORES, threshold=0.4, **ask)  # type: ignore[arg-type]


def test_one_class_stands_for_no_prevalence() -> None:
    """What depends on the prevalence is refused, with the reason."""
    made = all_estimates(
        [1, 1, 1], [0.2, 0.8, 0.9], threshold=0.5, prevalence=0.1, measures=["brier", "sensitivity"]
    )
    assert "no negative images" in str(made["brier"].not_estimable)
    assert made["sensitivity"].value == pytest.approx(2 / 3)


def test_weights_of_a_few_rows_may_leave_no_line() -> None:
    """One image outweighs all others by 1e20: its score alone tells no slope."""
    weights = np.where(np.arange(240) == 0, 1e20, 1.0)
    ask = {"threshold": 0.4, "measures": ["calibration_slope"]}
    made = all_estimates(LABELS, SCORES, weights=weights, **ask)  # type: ignore[arg-type]
    reason = "the scores say too little for a line to be seen"
    assert made["calibration_slope"].not_estimable == reason


def test_weighted_positives_of_one_patient_have_no_interval() -> None:
    """Weights 1, 2 and 3 of one patient's positives, found but the second: 4 / 6."""
    made = all_estimates(
        [1, 1, 1, 0, 0], [0.9, 0.1, 0.8, 0.2, 0.3], threshold=0.5, measures=["sensitivity"],
        patients=[1, 1, 1, 2, 3], weights=[1, 2, 3, 1, 1],
    )["sensitivity"]  # fmt: skip
    assert made.value == pytest.approx(4 / 6)
    assert made.lower is None
    assert "all these images come from one patient" in str(made.note)
