"""The prevalence of unlabelled rows, from the scores alone, with its uncertainty."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from prevalens._checks import check_integer, check_number
from prevalens._seeding import generator
from prevalens.exceptions import InvalidInputError
from prevalens.metrics.estimate import Estimate
from prevalens.metrics.inputs import check_patients
from prevalens.typing import Column, Scores

_CHUNK = 4_000_000  # numbers held at once while draws are solved together
_STEPS = 60  # of the search for each maximum, at most; a halving gains a bit


def estimate_prevalence(
    scores: ArrayLike,
    *,
    train_prevalence: float,
    patients: ArrayLike | None,
    confidence_level: float = 0.95,
    n_draws: int = 500,
    seed: int = 0,
) -> Estimate:
    """Estimate the share of positives among unlabelled rows.

    The maximum-likelihood prevalence under prior shift: the fixed point of Saerens' EM, found
    with Newton steps on the same concave likelihood. It needs scores that are calibrated at
    `train_prevalence`; the interval covers the chance of who was seen, not a miscalibration.

    Args:
        scores: Probability of the positive class at the training prevalence, shape `(n_rows,)`.
        train_prevalence: Share of the positive class among the rows trained on, in (0, 1).
        patients: Patient id of each row, shape `(n_rows,)`; None says rows are independent.
        confidence_level: Coverage of the interval, in (0, 1).
        n_draws: Bootstrap draws of patients, at least 50.
        seed: Seed of the draws.

    Returns:
        The prevalence with a percentile interval over patients.

    Raises:
        InvalidInputError: a score lies outside [0, 1] or lengths differ.

    References:
        Saerens, Latinne & Decaestecker (2002), Neural Computation 14:21-41.
    """
    check_number("train_prevalence", train_prevalence, low=0, high=1, open_low=True, open_high=True)
    check_number("confidence_level", confidence_level, low=0, high=1, open_low=True, open_high=True)
    check_integer("n_draws", n_draws, minimum=50)
    values = np.asarray(scores, dtype=np.float64)
    if values.ndim != 1 or not values.size or not ((values >= 0) & (values <= 1)).all():
        raise InvalidInputError(
            f"`scores` must be probabilities in [0, 1] of shape (n_rows,), got {values.shape}."
        )
    codes = check_patients(patients, values.size)
    owner = np.arange(values.size) if codes is None else codes
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
    # Likelihood of each row under positive and under negative, up to a factor of the row.
    given = np.column_stack([values / train_prevalence, (1 - values) / (1 - train_prevalence)])
    point = float(_most_likely(given, np.ones((1, values.size)))[0])
    limits: tuple[float | None, float | None] = (None, None)
    if int(owner.max()) > 0:
        draws = _drawn(given, owner, n_draws=n_draws, seed=seed)
        low, high = np.quantile(draws, [(1 - confidence_level) / 2, (1 + confidence_level) / 2])
        limits = (float(low), float(high))
    return Estimate(value=point, lower=limits[0], upper=limits[1], **basis)


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
