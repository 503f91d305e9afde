"""A test of calibration: whether the recalibration line may be intercept 0 and slope 1."""

import math
import sys
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from prevalens.metrics.basis import INDEPENDENT, Basis
from prevalens.metrics.calibration import why_no_line
from prevalens.metrics.clusters import degrees_of_freedom
from prevalens.metrics.inputs import Columns, check_columns
from prevalens.metrics.linear import basis_of
from prevalens.metrics.logistic import Line, NoLineError, fit_line, log_odds
from prevalens.typing import Codes

_HYPOTHESIS = "the scores are calibrated: recalibration intercept 0 and slope 1"
_RATIO = "likelihood ratio test of intercept 0 and slope 1 together (Miller, Hui & Tierney 1991)"
_OVER = (
    f"{_RATIO} over its design effects by the delete-one-patient jackknife (Lumley & Scott 2014; "
    "degrees of freedom: Satterthwaite 1946)"
)


@dataclass(frozen=True)
class CalibrationTest:
    """Whether scores are calibrated, as far as a line can tell.

    Args:
        statistic: F statistic, at least 0; None where `not_estimable` says why.
        df: Its degrees of freedom, fractions; the second is None where it is infinite (images
            independent); None without a statistic.
        p_value: Chance of a statistic at least as large if scores are calibrated.
        hypothesis: What the p value speaks against, in words.
        method: How it was computed, with the references.
        n: Number of images.
        events: Number of positive images.
        patients: Number of patients; None where images are independent.
        not_estimable: Why there is no test; None where there is one.
        note: What a reader should know.

    Examples:
        >>> made = calibration_test([0, 1], [0.2, 0.8])
        >>> made.p_value is None, made.not_estimable
        (True, 'the scores separate the classes perfectly, so the slope has no finite value')
    """

    statistic: float | None
    df: tuple[float, float | None] | None
    p_value: float | None
    hypothesis: str
    method: str
    n: int
    events: int
    patients: int | None
    not_estimable: str | None = None
    note: str | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return the test as plain values."""
        return asdict(self)


def calibration_test(
    labels: ArrayLike, scores: ArrayLike, *, patients: ArrayLike | None = None
) -> CalibrationTest:
    """Test whether scores are calibrated: recalibration intercept 0 and slope 1 together.

    The likelihood ratio of the fitted line against the scores as they are. With several images
    per patient it is divided by its design effects over patients. Time and memory grow with the
    rows.

    Args:
        labels: 1 or True where the image is positive, shape `(n_rows,)`.
        scores: Score of the positive class, shape `(n_rows,)`, in [0, 1].
        patients: Patient id of each row, shape `(n_rows,)`; None: images are independent.

    Returns:
        The test. A large p value does not show calibration: few patients tell little.

    Raises:
        InvalidInputError: a column is empty, of another length, or breaks its rule.

    References:
        Miller, Hui & Tierney, Stat Med 1991;10:1213-1226.
        Lumley & Scott, Aust N Z J Stat 2014;56:1-14.

    Examples:
        >>> rng = np.random.default_rng(0)
        >>> risks = rng.uniform(0.05, 0.6, 400)
        >>> labels = rng.random(400) < risks
        >>> calibration_test(labels, risks).p_value > 0.05
        True
        >>> calibration_test(labels, risks**2).p_value < 0.001
        True
    """
    return calibration_test_of(check_columns(labels, scores, patients))


def calibration_test_of(columns: Columns) -> CalibrationTest:
    """Test the calibration of checked columns."""
    # Notes of a basis do not depend on the level.
    basis, codes = basis_of(columns, 0.95), columns.codes
    independent = codes is None or basis.unclustered
    if reason := why_no_line(columns, slope=True):
        return _refused(basis, reason)
    odds = log_odds(columns.scores)
    try:
        line = fit_line(columns.labels, odds, slope=True)
    except NoLineError:
        return _refused(basis, "the scores say too little for a line to be seen")
    signs = np.where(columns.labels, 1.0, -1.0)
    gain = special.log_expit(signs * (line.design @ line.coefficients))
    ratio = max(2 * float((gain - special.log_expit(signs * odds)).sum()), 0.0)
    if codes is None or independent:
        statistic, first, second = ratio / 2, 2.0, math.inf
    else:
        effects = _design_effects(line, codes)
        if effects is None:
            return _refused(basis, "one patient dominates, or all patients are alike")
        (total, first), freedom = effects
        statistic, second = ratio / total, first * freedom
    chance = (
        special.chdtrc(2, ratio) if math.isinf(second) else special.fdtrc(first, second, statistic)
    )
    return CalibrationTest(
        statistic=statistic,
        df=(first, None if math.isinf(second) else second),
        p_value=max(float(chance), sys.float_info.min),  # small, and never 0
        hypothesis=_HYPOTHESIS,
        method=f"{_RATIO}, {INDEPENDENT}" if independent else _OVER,
        n=basis.n,
        events=basis.events or 0,
        patients=basis.patients,
        note=basis.note(None, (0.0, 0.0)),
    )


def _design_effects(line: Line, codes: Codes) -> tuple[tuple[float, float], float] | None:
    """Return the sum of both design effects, its degrees of freedom, and those over patients.

    The ratio is a sum of two squared normal variables, each times a design effect: an eigenvalue of
    Fisher's information times the covariance over patients. Satterthwaite's match of the first two
    moments gives the degrees of freedom of the sum; the sum is at least 2, as for images alone.
    """
    changes = line.changes(codes)
    if changes is None:
        return None
    effects = np.linalg.eigvals(line.information @ (changes.T @ changes)).real.clip(min=0.0)
    total, squares = float(effects.sum()), float(effects @ effects)
    if not (math.isfinite(total) and total > 1e-12):  # alike patients leave rounding errors
        return None
    freedom = min(degrees_of_freedom(changes[:, which]) for which in (0, 1))
    return (max(total, 2.0), total**2 / squares), freedom


def _refused(basis: Basis, reason: str) -> CalibrationTest:
    return CalibrationTest(
        statistic=None,
        df=None,
        p_value=None,
        hypothesis=_HYPOTHESIS,
        method=f"{_RATIO}, {INDEPENDENT}" if basis.unclustered else _OVER,
        n=basis.n,
        events=basis.events or 0,
        patients=basis.patients,
        not_estimable=reason,
    )
