"""Estimates of rows that weigh unlike: sampling weights, and a stated prevalence.

A weighted estimate is that of rows repeated as often as they weigh. At a stated prevalence the
positive and the negative images are weighed to that share of each, and the share is taken as
known. The spread comes from the slopes of the estimate in the rows' weights, summed over patients
(or over images, where these are independent), each left out in turn.
"""

import functools
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike

from prevalens._checks import check_number, check_same_length
from prevalens._numbers import as_numbers
from prevalens.exceptions import InvalidInputError
from prevalens.metrics.basis import FEW_PATIENTS, Basis
from prevalens.metrics.clusters import (
    Spread,
    count_held,
    effective_number,
    leave_out,
    per_patient,
)
from prevalens.metrics.confusion_matrix import matrix_of
from prevalens.metrics.estimate import Estimate
from prevalens.metrics.inputs import Columns
from prevalens.metrics.intervals import scale_of
from prevalens.metrics.linear import JACKKNIFE, SKEWED, basis_of
from prevalens.metrics.logistic import NoLineError
from prevalens.metrics.measure import Measure
from prevalens.metrics.near_ends import fewer_units, ranking_estimate
from prevalens.metrics.predictive import PredictiveValues, predictive_values_of
from prevalens.metrics.proportion import blend, share_limits
from prevalens.metrics.settings import Settings
from prevalens.typing import Codes, Flags, Numbers


@dataclass(frozen=True)
class Target:
    """The images an estimate is about, where they are not the rows as they are.

    Args:
        weights: How many images each row stands for, shape `(n_rows,)`; None: one each.
        prevalence: Share of positive images among them, in (0, 1); None: that of the rows.
    """

    weights: Numbers | None
    prevalence: float | None

    @property
    def words(self) -> str:
        """Say it in words."""
        parts = []
        if self.weights is not None:
            parts.append("weighted rows")
        if self.prevalence is not None:
            parts.append(f"a stated prevalence of {self.prevalence:g}")
        return " and ".join(parts)

    def of_rows(self, labels: Flags) -> Numbers:
        """Return what each row weighs; all rows together 1."""
        weights = np.ones(labels.size) if self.weights is None else self.weights
        if self.prevalence is None:
            return weights / weights.sum()
        shares = (labels, self.prevalence), (~labels, 1 - self.prevalence)
        made = np.zeros(labels.size)
        for rows, share in shares:
            made[rows] = weights[rows] * share / weights[rows].sum()
        return made


def check_target(
    columns: Columns, weights: ArrayLike | None, prevalence: float | None
) -> tuple[Columns, Target | None]:
    """Check weights and prevalence; rows that weigh nothing are left out.

    Returns:
        The rows that count, and what they stand for; None for the rows as they are.

    Raises:
        InvalidInputError: a weight is missing, infinite or below 0, all are 0, there are not as
            many as rows, or the prevalence is not in (0, 1).
    """
    if prevalence is not None:
        check_number("prevalence", prevalence, low=0, high=1, open_low=True, open_high=True)
    if weights is None:
        return columns, None if prevalence is None else Target(None, prevalence)
    numbers = as_numbers("weights", weights)
    check_same_length(labels=columns.labels, weights=numbers)
    if not np.isfinite(numbers).all() or numbers.min() < 0 or not numbers.any():
        raise InvalidInputError(
            "`weights` must be finite numbers of at least 0, some above 0, got "
            f"{numbers.min():g} to {numbers.max():g}. A weight says how many images a row stands "
            "for."
        )
    kept = numbers > 0
    codes = None if columns.codes is None else columns.codes[kept]
    rows = Columns(columns.labels[kept], columns.scores[kept], codes, columns.ids)
    return rows, Target(numbers[kept], prevalence)


def estimate_at(
    measure: Measure, columns: Columns, settings: Settings, target: Target | None
) -> Estimate:
    """Compute a measure of the rows as they are, or of what they stand for."""
    if target is None:
        return measure.compute(columns, settings)
    return standardised(measure, columns, settings, target)


def standardised(
    measure: Measure, columns: Columns, settings: Settings, target: Target
) -> Estimate:
    """Compute a measure for the images that rows stand for.

    Args:
        measure: The measure; one without a formula and without slopes is refused.
        columns: The checked columns.
        settings: Threshold and confidence level.
        target: What the rows stand for.
    """
    plain = measure.compute(columns, settings)
    if target.weights is None and (measure.prevalence_free or plain.value is None):
        return plain
    if target.prevalence is not None and target.weights is None and measure.key in {"ppv", "npv"}:
        both = _predictive_values(columns, settings, target.prevalence)
        return both.ppv if measure.key == "ppv" else both.npv
    method = f"{measure.title} at {target.words}, {JACKKNIFE}"
    basis = _basis(columns, settings, target)
    labels = columns.labels
    if target.prevalence is not None and (labels.all() or not labels.any()):
        kind = "negative" if labels.all() else "positive"
        return basis.refuse(f"no {kind} images", method)
    if plain.value is None and not plain.infinite:
        return plain
    weights = target.of_rows(labels)
    try:
        value, slopes = measure.slopes(columns, settings.threshold, weights)
    except NoLineError:
        return basis.refuse("the scores say too little for a line to be seen", method)
    except NotImplementedError:
        return basis.refuse("it has no weighted form", method)
    if not np.isfinite(value) or (value in {measure.low, measure.high} and not measure.counted):
        # At the end of its range an estimate does not depend on how rows weigh.
        return replace(plain, method=f"{plain.method}, whatever rows weigh")
    return _Weighing(measure, columns, target, weights, value, slopes).estimate(
        basis, settings, method
    )


@dataclass(frozen=True, eq=False)
class _Weighing:
    """A weighted value and how it moves with each row."""

    measure: Measure
    columns: Columns
    target: Target
    weights: Numbers
    value: float
    slopes: Numbers

    @functools.cached_property
    def codes(self) -> Codes:
        codes = self.columns.codes
        return np.arange(self.columns.labels.size) if codes is None else codes

    def kinds(self, threshold: float | None) -> list[Flags]:
        """Return the rows that are averaged apart."""
        labels = self.columns.labels
        if self.measure.formula is None:
            found: tuple[Flags, ...] = (labels, ~labels) if self.measure.needs == "both" else ()
            found = found or (np.ones(labels.size, dtype=bool),)
        else:
            found = self.measure.formula.kinds(self.columns, threshold or 0.0)
        if self.target.prevalence is not None:
            found = tuple(rows & side for rows in found for side in (labels, ~labels))
        return [rows for rows in found if rows.any()]

    @functools.cached_property
    def pulls(self) -> Numbers:
        """Return each row's influence; a stated prevalence holds the weight of a class."""
        pulls = self.weights * self.slopes
        if self.target.prevalence is not None:
            for rows in (self.columns.labels, ~self.columns.labels):
                pulls[rows] -= self.weights[rows] * pulls[rows].sum() / self.weights[rows].sum()
        return pulls

    def spread(self, kinds: list[Flags]) -> Spread:
        k, pulls, codes = int(self.codes.max()) + 1, self.pulls, self.codes
        if min(count_held(codes[rows]) for rows in kinds) < 2:
            return Spread.unseen(k)
        moved = np.zeros(k)
        for rows in kinds:
            sizes = per_patient(self.weights * rows, codes, k)
            moved += leave_out(per_patient(pulls * rows, codes, k), sizes)
        return Spread.of(moved[np.bincount(codes, minlength=k) > 0])

    def estimate(self, basis: Basis, settings: Settings, method: str) -> Estimate:
        measure, kinds = self.measure, self.kinds(settings.threshold)
        spread = self.spread(kinds)
        if self.target.prevalence is not None and not np.abs(self.pulls).max() > 1e-12:
            why = "it follows from the stated prevalence alone"
            return basis.without_limits(self.value, method, why)
        if measure.counted:
            return self._share(basis, kinds, spread, method)
        if measure.group == "ranking" and (measure.low, measure.high) == (0.0, 1.0):
            units = fewer_units(self.columns.labels, self.codes, self.weights)
            method = f"{method}, logit scale"
            return ranking_estimate(basis, self.value, spread, method, units=units)
        at = settings.threshold or 0.0
        low = measure.low if measure.floor is None else measure.floor(at)
        high = measure.high if measure.ceiling is None else measure.ceiling(at)
        scale, words = scale_of(low, high)
        method = f"{method}, {words}" + (f", {SKEWED}" if measure.skewed else "")
        return basis.from_spread(self.value, spread, scale, method, skewed=measure.skewed)

    def _share(self, basis: Basis, kinds: list[Flags], spread: Spread, method: str) -> Estimate:
        """Make a share's estimate, as `proportion_estimate` does for rows that weigh alike."""
        rows, value = np.any(kinds, axis=0), self.value
        weighed, k = self.weights * rows, int(self.codes.max()) + 1
        sizes = per_patient(weighed, self.codes, k)
        sizes = sizes[sizes > 0]
        if sizes.size < 2:
            return basis.without_limits(value, method, "all these images come from one patient")
        n = effective_number(weighed)
        together = n / effective_number(sizes)
        sides = [
            per_patient(weighed * side, self.codes, k)
            for side in (self.slopes > 0, self.slopes < 0)
        ]
        if not all(side.any() for side in sides) or np.isnan(spread.variance):
            effect, df = together, max(n / together - 1, 1.0)
        else:
            effect = spread.variance * n / (value * (1 - value))
            seen = min(map(effective_number, sides))
            effect, df = blend(seen, effect, together, spread.df, n / together - 1)
        rule = functools.partial(share_limits, value, n / effect, df, False)
        method = f"{method}, Wilson interval over an effective number of images"
        return basis.estimate(value, rule(basis.confidence_level), method, limits_at=rule)


def _predictive_values(columns: Columns, settings: Settings, prevalence: float) -> PredictiveValues:
    return predictive_values_of(matrix_of(columns, settings), prevalence)


def _basis(columns: Columns, settings: Settings, target: Target) -> Basis:
    """Return the basis of the rows, and tell where they weigh as few."""
    basis = basis_of(columns, settings.confidence_level)
    if target.weights is None:
        return basis
    codes = np.arange(columns.labels.size) if columns.codes is None else columns.codes
    sizes = np.bincount(codes, target.weights)
    kish = effective_number(sizes.astype(np.float64))
    if kish >= FEW_PATIENTS:
        return basis
    unit = "images" if columns.codes is None else "patients"
    told = f"The weights make them {kish:.1f} {unit} of equal weight (Kish 1965)."
    return replace(basis, remarks=(*basis.remarks, told))
