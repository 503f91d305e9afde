"""Tests of the recalibration line."""

import numpy as np
import pytest
import statsmodels.api as sm
from scipy import special

from prevalens.metrics import logistic
from prevalens.metrics.logistic import NoLineError, _conditions, _solutions, fit_line


def data() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Make labels, log odds and patients."""
    rng = np.random.default_rng(12)
    patients = np.repeat(np.arange(15), 20)
    log_odds = rng.normal(-1, 1.5, 300) + rng.normal(0, 0.5, 15)[patients]
    return rng.random(300) < special.expit(0.4 + 0.7 * log_odds), log_odds, patients


def test_the_fit_is_that_of_a_binomial_model() -> None:
    """Coefficients and standard errors as statsmodels', with slope and with offset."""
    labels, log_odds, _ = data()
    theirs = sm.GLM(labels, sm.add_constant(log_odds), family=sm.families.Binomial()).fit(tol=1e-12)
    ours = fit_line(labels, log_odds, slope=True)
    assert ours.coefficients == pytest.approx(theirs.params, abs=1e-9)
    assert np.sqrt(np.diag(ours.covariance())) == pytest.approx(theirs.bse, rel=1e-7)
    theirs = sm.GLM(labels, np.ones(300), family=sm.families.Binomial(), offset=log_odds).fit()
    ours = fit_line(labels, log_odds, slope=False)
    assert ours.coefficients == pytest.approx(theirs.params, abs=1e-8)


def test_extreme_log_odds_do_not_break_the_fit() -> None:
    """Scores of one in 10^12 and its complement, some of them wrong."""
    log_odds = np.array([-27.0, -27.0, -27.0, 27.0, 27.0, 27.0])
    line = fit_line(np.array([0, 0, 1, 1, 1, 0], dtype=bool), log_odds, slope=True)
    assert line.coefficients == pytest.approx([0, np.log(2) / 27], abs=1e-9)


def test_a_shift_between_saturated_scores_is_found() -> None:
    """Scores of 1e-12 and its complement: one in four of each is wrong, so no shift at all."""
    log_odds = np.repeat([-27.6, 27.6], 4)
    labels = np.array([1, 0, 0, 0, 0, 1, 1, 1], dtype=bool)
    assert fit_line(labels, log_odds, slope=False).coefficients == pytest.approx([0], abs=1e-3)
    # All events lie below: the shift lifts three of four low rows to a chance of 1/4 x 4 events.
    labels = np.array([1, 0, 0, 0, 1, 1, 1, 1], dtype=bool)
    made = fit_line(labels, log_odds, slope=False).coefficients
    assert made == pytest.approx([27.6 - np.log(3)], abs=1e-6)


def test_leaving_a_patient_out_moves_the_fit_as_refitting_does() -> None:
    """The one-step jackknife is close to the one that refits."""
    labels, log_odds, patients = data()
    whole = fit_line(labels, log_odds, slope=True)
    moves = []
    for patient in range(15):
        rest = patients != patient
        part = fit_line(labels[rest], log_odds[rest], slope=True)
        moves.append(part.coefficients - whole.coefficients)
    by_hand = np.square(moves).sum(axis=0)
    for which in (0, 1):
        assert whole.spread(patients, which).variance == pytest.approx(by_hand[which], rel=0.1)


def test_one_patient_has_no_spread() -> None:
    """Nothing is left when it is left out."""
    labels, log_odds, _ = data()
    line = fit_line(labels, log_odds, slope=True)
    assert np.isnan(line.spread(np.zeros(300, dtype=np.int64), 1).variance)


@pytest.mark.parametrize("far", [16.0, 13.0])
def test_a_fit_that_one_patient_carries_has_no_spread(far: float) -> None:
    """Four images at 0 and two at -16 or -13: without the four, 2e-7 or 5e-6 of the fit is left.

    Of the first nothing can be said; of the second one step would go 2e5 log odds far.
    """
    log_odds = np.array([0.0, 0.0, 0.0, 0.0, -far, -far])
    labels = np.array([1, 0, 0, 0, 1, 0], dtype=bool)
    line = fit_line(labels, log_odds, slope=False)
    assert line.coefficients == pytest.approx([0], abs=1e-5)  # two events in four even chances
    made = line.spread(np.array([0, 0, 0, 0, 1, 2]), 0)
    assert np.isnan(made.variance)
    assert made.patients == 3


def test_an_unseen_spread_counts_the_patients_that_occur() -> None:
    """One patient of each class is not enough, two are; numbers without rows are no patients."""
    labels, log_odds, _ = data()
    for slope in (False, True):
        line = fit_line(labels, log_odds, slope=slope)
        lone = np.where(labels, 0, 2 + np.arange(300) % 10)
        for codes in (lone, np.where(~labels, 0, 2 + np.arange(300) % 10)):
            spread = line.spread(codes, 0)
            assert np.isnan(spread.variance)
            assert spread.patients == 11
        pair = np.where(labels, np.arange(300) % 2, 3 + np.arange(300) % 10)
        made = line.spread(pair, 0)
        assert np.isfinite(made.variance)
        assert made.patients == 12


def test_a_number_without_rows_changes_no_spread() -> None:
    """Patients 0 to 14, and the same numbered by threes."""
    labels, log_odds, patients = data()
    line = fit_line(labels, log_odds, slope=True)
    for which in (0, 1):
        one, two = line.spread(patients, which), line.spread(3 * patients, which)
        assert (one.variance, one.df, one.patients) == (two.variance, two.df, two.patients)


def test_a_line_holds_what_it_was_fitted_to() -> None:
    """Risks are those of its coefficients; the score equations are met."""
    labels, log_odds, _ = data()
    line = fit_line(labels, log_odds, slope=True)
    intercept, slope = line.coefficients
    np.testing.assert_allclose(line.risks, special.expit(intercept + slope * log_odds))
    assert line.risks.sum() == pytest.approx(labels.sum())
    assert line.risks @ log_odds == pytest.approx(log_odds[labels].sum())
    fixed = fit_line(labels, log_odds, slope=False)
    np.testing.assert_allclose(fixed.risks, special.expit(fixed.coefficients[0] + log_odds))
    assert fixed.risks.sum() == pytest.approx(labels.sum())


def test_a_fit_far_from_its_start_is_found() -> None:
    """Log odds a hundred times too large, or shifted by 40: Newton alone would leap off."""
    labels, log_odds, _ = data()
    right = fit_line(labels, log_odds, slope=True).coefficients
    wide = fit_line(labels, 100 * log_odds, slope=True).coefficients
    assert wide == pytest.approx([right[0], right[1] / 100], rel=1e-7)
    far = fit_line(labels, log_odds + 40, slope=True).coefficients
    assert far == pytest.approx([right[0] - 40 * right[1], right[1]], rel=1e-6)
    moved = fit_line(labels, log_odds + 40, slope=False).coefficients
    assert moved == pytest.approx(fit_line(labels, log_odds, slope=False).coefficients - 40)


@pytest.mark.parametrize("gap", [1e-9, 1e-12])
def test_scores_too_near_for_a_slope_have_no_line(gap: float) -> None:
    """Information that is rounding error is no information; a shift can still be told."""
    labels, log_odds = np.array([1, 0, 1, 0], dtype=bool), 1 + gap * np.arange(4)
    with pytest.raises(NoLineError):
        fit_line(labels, log_odds, slope=True)
    assert fit_line(labels, log_odds, slope=False).coefficients == pytest.approx([-1])


def test_many_images_take_no_more_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of 300,000 images rounding hides the last gains: a few sums, not hundreds of halved steps."""
    rng = np.random.default_rng(3)
    log_odds = rng.normal(-3, 1, 300_000)
    labels = rng.random(log_odds.size) < special.expit(0.2 + 0.8 * log_odds)
    summed, plain = [], special.log_expit

    def counted(values: np.ndarray) -> np.ndarray:
        summed.append(1)
        return np.asarray(plain(values))

    monkeypatch.setattr("prevalens.metrics.logistic.special.log_expit", counted)
    line = fit_line(labels, log_odds, slope=True)

    assert len(summed) < 20
    left = np.array([labels.sum() - line.risks.sum(), (labels - line.risks) @ log_odds])
    assert np.abs(left).max() < 1e-6


@pytest.mark.parametrize("width", [1, 2])
def test_small_matrices_are_solved_as_numpy_solves_them(width: int) -> None:
    """Condition numbers and solutions of 200 positive definite matrices, some nearly singular."""
    rng = np.random.default_rng(4)
    parts = rng.normal(size=(200, 3, width)) * np.array([1.0, 1e-3])[:width]
    matrices, right = parts.transpose(0, 2, 1) @ parts, rng.normal(size=(200, width))
    made = _conditions(matrices)
    np.testing.assert_allclose(made, np.linalg.cond(matrices), rtol=1e-6)
    solved = np.linalg.solve(matrices, right[:, :, None])[:, :, 0]
    for which in range(width):
        np.testing.assert_allclose(_solutions(matrices, right, which), solved[:, which], rtol=1e-6)
    assert _conditions(np.ones((1, width, width)))[0] == (np.inf if width == 2 else 1)


def test_a_step_that_overshoots_is_halved() -> None:
    """Nearly all rows positive, the rest far off: the first full step loses likelihood."""
    log_odds = np.array([-16.6, 0.2, -0.1, -0.5, -5.3, -0.3, -16.6, -0.1])
    labels = np.array([1, 1, 1, 1, 1, 1, 0, 0], dtype=bool)
    weights = np.array([199.0, 139, 391, 704, 299, 821, 1, 1])
    made = fit_line(labels, log_odds, slope=True, weights=weights)
    theirs = sm.GLM(
        labels, sm.add_constant(log_odds), family=sm.families.Binomial(), freq_weights=weights
    ).fit(tol=1e-12)
    assert made.coefficients == pytest.approx(theirs.params, rel=1e-7)


def test_a_fit_that_does_not_end_is_no_line(monkeypatch: pytest.MonkeyPatch) -> None:
    """In one step no line is reached; in as many as it takes, that of 3 of 4 against 1 of 4."""
    labels = np.array([True, True, True, False, True, False, False, False])
    odds = np.repeat([0.5, -0.5], 4)
    line = fit_line(labels, odds, slope=True)
    np.testing.assert_allclose(line.coefficients, [0, 2 * np.log(3)], atol=1e-12)
    monkeypatch.setattr(logistic, "_STEPS", 1)
    with pytest.raises(NoLineError):
        fit_line(labels, odds, slope=True)
