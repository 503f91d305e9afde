"""The prevalence of unlabelled rows, from the scores alone, with its uncertainty."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import expit

from prevalens._checks import check_integer, check_number
from prevalens._numbers import as_floats
from prevalens._seeding import generator
from prevalens.decisions.recalibration import fit_recalibration, logits_of
from prevalens.exceptions import InvalidInputError
from prevalens.metrics.estimate import Estimate
from prevalens.metrics.inputs import check_patients, without_gaps
from prevalens.predictions.predictions import Predictions
from prevalens.typing import Column, Scores

_CHUNK = 4_000_000  # numbers held at once while draws are solved together
_TELLING = 20  # units from which the spread of likelihood ratios can be told
_STEPS = 60  # of the search for each maximum, at most; a halving gains a bit


def estimate_prevalence(
    scores: ArrayLike,
    *,
    train_prevalence: float,
    patients: ArrayLike | None,
    calibration: Predictions | None = None,
    confidence_level: float = 0.95,
    n_draws: int = 500,
    seed: int = 0,
) -> Estimate:
    """Estimate the share of positives among unlabelled rows.

    The maximum-likelihood prevalence under prior shift: the fixed point of Saerens' EM, found
    with Newton steps on the same concave likelihood. It needs scores that are calibrated at
    `train_prevalence`. Give labelled rows as `calibration` where that is not known: the scores
    are recalibrated on them first, anew in every draw, so that the interval covers what that
    leaves uncertain. Without them the interval covers the chance of who was seen alone, and an
    estimate of 0 or 1 is refused where the scores contradict it.

    Args:
        scores: Probability of the positive class at the training prevalence, shape `(n_rows,)`.
        train_prevalence: Share of the positive class among the rows trained on, in (0, 1).
        patients: Patient id of each row, shape `(n_rows,)`; None says rows are independent.
        calibration: Labelled two-class rows of the same model, not trained on, such as the
            validation rows, at whatever prevalence they have.
        confidence_level: Coverage of the interval, in (0, 1).
        n_draws: Bootstrap draws of patients, at least 50.
        seed: Seed of the draws.

    Returns:
        The prevalence with a percentile interval over patients.

    Raises:
        InvalidInputError: a score lies outside [0, 1] or lengths differ.

    References:
        Saerens, Latinne & Decaestecker (2002), Neural Computation 14:21-41.

    Examples:
        >>> scores = [0.9] * 30 + [0.1] * 70  # 0.9 is shown by 0.1 + 0.8 x prevalence of all
        >>> people = range(100)
        >>> made = estimate_prevalence(scores, train_prevalence=0.5, patients=people, n_draws=50)
        >>> round(made.value, 3)
        0.25
    """
    check_number("train_prevalence", train_prevalence, low=0, high=1, open_low=True, open_high=True)
    check_number("confidence_level", confidence_level, low=0, high=1, open_low=True, open_high=True)
    check_integer("n_draws", n_draws, minimum=50)
    values = raw = as_floats("scores", scores)
    if values.ndim != 1 or not values.size or not ((values >= 0) & (values <= 1)).all():
        raise InvalidInputError(
            f"`scores` must be probabilities in [0, 1] of shape (n_rows,), got {values.shape}."
        )
    codes = check_patients(patients, values.size)
    owner = np.arange(values.size) if codes is None else without_gaps(codes)
    unit = "images" if patients is None else "patients"
    basis: dict[str, Any] = {
        "confidence_level": confidence_level,
        "method": "maximum likelihood under prior shift (the fixed point of Saerens' EM, 2002); "
        f"percentile bootstrap of {n_draws} draws over {unit}",
        "unit": "image",
        "n": values.size,
        "patients": None if patients is None else int(owner.max()) + 1,
        "note": "Assumes scores calibrated at the training prevalence and classes that look alike.",
    }
    if np.ptp(values) == 0:
        reason = "all scores are equal, so they tell nothing of the prevalence"
        return Estimate(value=None, lower=None, upper=None, not_estimable=reason, **basis)
    trained = train_prevalence
    if calibration is not None:
        fitted = fit_recalibration(calibration)
        trained = float(calibration.labels.mean())
        values = fitted.correct(values)
        basis["note"] = (
            f"Scores were recalibrated (Platt) on {len(calibration)} labelled rows, anew in every "
            "draw. Assumes that the classes look there as they do here."
        )
    given = _likelihoods(values, trained)
    point = float(_most_likely(given, np.ones((1, len(values))))[0])
    contradiction = _contradiction(given, point, owner)
    if contradiction:
        return Estimate(value=None, lower=None, upper=None, not_estimable=contradiction, **basis)
    if int(owner.max()) == 0:
        return Estimate(value=point, lower=None, upper=None, **basis)
    draws = (
        _drawn(given, owner, n_draws=n_draws, seed=seed)
        if calibration is None
        else _recalibrated(raw, owner, calibration, n_draws=n_draws, seed=seed)
    )
    lower, upper = _limits(draws, point, (1 - confidence_level) / 2, int(owner.max()) + 1)
    return Estimate(value=point, lower=lower, upper=upper, **basis)


def _limits(draws: Scores, point: float, tail: float, n_units: int) -> tuple[float, float]:
    """Return percentile limits, which are no single point at the ends of the range."""
    low, high = np.quantile(draws, [tail, 1 - tail])
    # As many patients without (or with) a positive still leave what Clopper and Pearson's limit
    # of none of so many leaves.
    none_of_all = 1 - tail ** (1 / n_units)
    if point == 0:
        high = max(high, none_of_all)
    elif point == 1:
        low = min(low, 1 - none_of_all)
    return float(low), float(high)


def _likelihoods(values: Scores, trained: float) -> Scores:
    """Return the likelihood of each row under positive and negative, up to a factor of the row."""
    return np.column_stack([values / trained, (1 - values) / (1 - trained)])


def _contradiction(given: Scores, point: float, owner: Column) -> str | None:
    """Say that calibrated scores of one class alone would look otherwise, if they would.

    Over rows of one class the likelihood ratio of the other class against it has the mean 1. A
    mean that is clearly lower says that the scores lie further out than that class's should.
    """
    if 0 < point < 1:
        return None
    other, own = (given[:, 0], given[:, 1]) if point == 0 else (given[:, 1], given[:, 0])
    ratios = other / np.maximum(own, 1e-12)
    n_units = int(owner.max()) + 1
    if n_units < _TELLING:
        return None
    sizes = np.bincount(owner)
    mean = float(ratios.mean())
    off = np.bincount(owner, weights=ratios) - mean * sizes
    error = float(np.sqrt(n_units / (n_units - 1) * np.sum(off**2)) / len(ratios))
    if mean + 3 * error >= 1:
        return None
    return (
        f"the scores are not calibrated here: read at the training prevalence they say {point:.0%} "
        f"positive, but lie further out than those of one class alone (mean likelihood ratio "
        f"{mean:.2g} instead of 1). Give labelled rows as `calibration`, or count labels"
    )


def _drawn(given: Scores, owner: Column, *, n_draws: int, seed: int) -> Scores:
    rng = generator(seed, "estimate_prevalence")
    n_units = int(owner.max()) + 1
    found = []
    step = max(1, _CHUNK // len(owner))
    for start in range(0, n_draws, step):
        size = min(step, n_draws - start)
        counts = rng.multinomial(n_units, np.full(n_units, 1 / n_units), size=size)
        found.append(_most_likely(given, counts[:, owner].astype(np.float64)))
    return np.concatenate(found)


def _recalibrated(
    scores: Scores, owner: Column, calibration: Predictions, *, n_draws: int, seed: int
) -> Scores:
    """Draw the patients of both tables, fit the recalibration anew, and estimate."""
    rng = generator(seed, "estimate_prevalence", "recalibrated")
    labels = calibration.labels.astype(np.float64)
    known = (
        np.arange(len(labels))
        if calibration.patients is None
        else np.unique(calibration.patients, return_inverse=True)[1]
    )
    logits, mine = logits_of(calibration.scores), logits_of(scores)
    fitted = fit_recalibration(calibration)
    start = np.array([fitted.intercept, fitted.slope])
    found: list[Scores] = []
    while len(found) < n_draws:
        weights = _resampled(known, rng)
        trained = float(weights @ labels / weights.sum())
        if 0 < trained < 1:
            intercept, slope = _weighted_platt(logits, labels, weights, start)
            given = _likelihoods(expit(intercept + max(slope, 0.0) * mine), trained)
            found.append(_most_likely(given, _resampled(owner, rng)[None, :]))
    return np.concatenate(found)


def _resampled(owner: Column, rng: np.random.Generator) -> Scores:
    n_units = int(owner.max()) + 1
    return rng.multinomial(n_units, np.full(n_units, 1 / n_units))[owner].astype(np.float64)


def _weighted_platt(logits: Scores, labels: Scores, weights: Scores, start: Scores) -> Scores:
    """Fit intercept and slope by a few Newton steps from the fit on all rows."""
    design = np.column_stack([np.ones_like(logits), logits])
    now = start.copy()
    for _ in range(8):
        expected = expit(design @ now)
        slope = design.T @ (weights * (labels - expected))
        bend = (design * (weights * expected * (1 - expected))[:, None]).T @ design
        # A little of the identity keeps a draw whose classes do not overlap finite.
        step = np.linalg.solve(bend + 1e-6 * np.eye(2), slope)
        now = now + np.clip(step, -2, 2)
        if np.abs(step).max() < 1e-8:
            break
    return now


def _most_likely(given: Scores, weights: Scores) -> Scores:
    """Maximise each row of weights' concave log-likelihood over the prevalence in [0, 1]."""
    positive, negative = given.T
    difference = positive - negative
    low, high = np.zeros(len(weights)), np.ones(len(weights))
    now = np.full(len(weights), 0.5)
    for _ in range(_STEPS):
        share = negative + now[:, None] * difference
        ratio = difference / np.maximum(share, 1e-300)
        slope = np.einsum("ij,ij->i", weights, ratio)
        bend = np.einsum("ij,ij->i", weights, ratio**2)
        low, high = np.where(slope > 0, now, low), np.where(slope > 0, high, now)
        newton = now + slope / np.maximum(bend, 1e-300)
        # A Newton step that leaves the bracket, as it does beside 0 and 1, becomes a halving; one
        # that stands still at the bracket's end has arrived.
        inside = (newton >= low) & (newton <= high) & (newton > 0) & (newton < 1)
        last, now = now, np.where(inside, newton, (low + high) / 2)
        if np.max(np.abs(now - last)) < 1e-12:
            break
    # The likelihood is largest at an end of the range where its slope never changes sign.
    return np.where(now < 1e-9, 0.0, np.where(now > 1 - 1e-9, 1.0, now))
