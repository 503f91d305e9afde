"""Tests of the calibration test: intercept 0 and slope 1 together."""

import numpy as np
import pytest
import statsmodels.api as sm
from hypothesis import given, settings
from scipy import special, stats
from strategies import ScoredRows, columns_of, scored_rows

from prevalens.metrics import calibration_test


def study(seed: int, patients: int, images: int, *, bend: float = 1.0) -> tuple[np.ndarray, ...]:
    """Draw labels whose chance is exactly the score, with patients that go together.

    A copula keeps the chance of each label at its score, whatever its patient's effect.
    """
    rng = np.random.default_rng(seed)
    codes = np.repeat(np.arange(patients), images)
    scores = special.expit(
        rng.normal(-1.5, 1.2, codes.size) + 0.6 * rng.normal(size=patients)[codes]
    )
    effect, own = rng.normal(size=patients)[codes], rng.normal(size=codes.size)
    labels = np.sqrt(0.5) * effect + np.sqrt(0.5) * own < special.ndtri(scores)
    return labels, special.expit(bend * special.logit(scores)), codes


def test_independent_images_have_the_likelihood_ratio_test_of_two_models() -> None:
    """As statsmodels gives it: the fitted line against the offset alone."""
    labels, scores, _ = study(1, 300, 1)
    odds = special.logit(scores)
    fitted = sm.GLM(labels, sm.add_constant(odds), family=sm.families.Binomial()).fit()
    null = np.where(labels, np.log(scores), np.log(1 - scores)).sum()
    ratio = 2 * (fitted.llf - null)
    made = calibration_test(labels, scores)
    assert made.statistic == pytest.approx(ratio / 2, rel=1e-8)
    assert made.df == (2.0, None)
    assert made.p_value == pytest.approx(stats.chi2.sf(ratio, 2), rel=1e-6)
    assert (made.n, made.patients) == (300, None)


def test_one_image_each_is_the_test_of_independent_images() -> None:
    """Patient ids that part every image change nothing but what is said of them."""
    labels, scores, codes = study(2, 150, 1)
    one, two = calibration_test(labels, scores), calibration_test(labels, scores, patients=codes)
    assert (one.statistic, one.p_value) == (two.statistic, two.p_value)


@pytest.mark.parametrize(("patients", "images"), [(20, 15), (40, 15)])
def test_calibrated_scores_are_rejected_about_as_often_as_promised(
    patients: int, images: int
) -> None:
    """200 studies at 5 %: between 0 and 10 %; images taken as independent reject above 20 %."""
    made = [study(100 + run, patients, images) for run in range(200)]
    over = [calibration_test(y, s, patients=c).p_value for y, s, c in made]
    alone = [calibration_test(y, s).p_value for y, s, _ in made]
    assert sum(p is not None and p < 0.05 for p in over) <= 20
    assert sum(p is not None and p < 0.05 for p in alone) > 40


def test_scores_that_are_too_extreme_are_rejected() -> None:
    """Log odds doubled, over 60 patients."""
    labels, scores, codes = study(3, 60, 20, bend=2.0)
    made = calibration_test(labels, scores, patients=codes)
    assert made.p_value is not None
    assert made.p_value < 1e-4
    assert "Lumley & Scott 2014" in made.method
    assert made.to_dict()["hypothesis"].endswith("intercept 0 and slope 1")


def test_every_image_of_a_patient_twice_is_the_same_evidence() -> None:
    """A copy of each image adds nothing: p values agree to a few per cent."""
    labels, scores, codes = study(4, 40, 10, bend=1.3)
    once = calibration_test(labels, scores, patients=codes).p_value
    twice = calibration_test(
        np.tile(labels, 2), np.tile(scores, 2), patients=np.tile(codes, 2)
    ).p_value
    assert once is not None
    assert twice == pytest.approx(once, rel=1e-6)


@pytest.mark.parametrize(
    ("labels", "scores", "patients", "why"),
    [
        ([0, 0, 0], [0.1, 0.2, 0.3], None, "no positive images"),
        ([0, 1, 1], [0.2, 0.2, 0.2], None, "all scores are equal"),
        ([0, 0, 1, 1], [0.1, 0.2, 0.8, 0.9], None, "separate the classes"),
        ([0, 1, 0, 1], [0.1, 0.2, 0.8, 0.9], [1, 1, 1, 1], "one patient dominates"),
    ],
)
def test_what_cannot_be_tested_says_why(
    labels: list[int], scores: list[float], patients: list[int] | None, why: str
) -> None:
    """One class, one score, separation, one patient."""
    made = calibration_test(labels, scores, patients=patients)
    assert (made.statistic, made.df, made.p_value) == (None, None, None)
    assert why in str(made.not_estimable)


@settings(deadline=None, max_examples=50)
@given(rows=scored_rows(least=6, tenths=(1, 9), patients=6))
def test_the_other_class_has_the_same_test(rows: ScoredRows) -> None:
    """Labels and scores turned round: the same statistic, or none for both."""
    labels, scores, patients = columns_of(rows)
    one = calibration_test(labels, scores, patients=patients)
    two = calibration_test(~labels.astype(bool), 1 - scores, patients=patients)
    assert (one.statistic is None) == (two.statistic is None)
    if one.statistic is not None:
        assert one.statistic >= 0
        assert two.statistic == pytest.approx(one.statistic, rel=1e-5, abs=1e-7)
        assert one.p_value is not None
        assert 0 < one.p_value <= 1


def test_scores_too_near_for_a_slope_are_not_tested() -> None:
    """They differ by rounding errors only: no line, and no p value."""
    made = calibration_test([1, 0, 1, 0], 0.5 + 1e-12 * np.arange(4))
    assert made.not_estimable == "the scores say too little for a line to be seen"


def test_patients_who_are_all_alike_are_not_tested() -> None:
    """Each has the same four images: how patients differ is not seen, whatever rounding leaves."""
    labels, scores = [0, 1, 0, 1, 1], [0.1, 0.3, 0.4, 0.6, 0.9]
    for n in (2, 3, 7):
        made = calibration_test(labels * n, scores * n, patients=np.repeat(np.arange(n), 5))
        assert made.not_estimable == "one patient dominates, or all patients are alike"
