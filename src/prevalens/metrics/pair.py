"""Two sides of a comparison, and the difference between them."""

import functools
import math
from dataclasses import dataclass, replace

import numpy as np

from prevalens.metrics.basis import INDEPENDENT, Basis
from prevalens.metrics.clusters import degrees_of_freedom
from prevalens.metrics.contrast import Contrast, p_from_limits, two_sided
from prevalens.metrics.estimate import Estimate
from prevalens.metrics.influences import Influence, independent_variance, spread_over
from prevalens.metrics.inputs import Columns
from prevalens.metrics.intervals import (
    Limits,
    added_limits,
    normal_critical,
    plain_limits,
    student_critical,
)
from prevalens.metrics.mcnemar import mcnemar_p_values
from prevalens.metrics.measure import Measure
from prevalens.metrics.moved import SKEWED, Moved
from prevalens.metrics.settings import Settings
from prevalens.typing import Codes, Flags

_OVER = (
    "difference over patients, paired where a patient is in both: delete-one-patient jackknife "
    "and Student's t (Obuchowski 1998; degrees of freedom: Satterthwaite 1946)"
)
_ADDED = (
    "square-and-add of both sides' own limits, with their correlation over patients (Zou & "
    "Donner 2008); p value: the level at which the limits reach 0"
)
_DELONG = f"DeLong's test, {INDEPENDENT} (DeLong 1988)"
_WALD = f"Student's t of the images' influence values, {INDEPENDENT} (Satterthwaite 1946)"
_BONETT = f"Bonett & Price 2012 interval, {INDEPENDENT}; p value: McNemar mid-p (Fagerland 2013)"
_NEWCOMBE = (
    f"square-and-add of the Wilson limits, {INDEPENDENT} (Newcombe 1998, method 10); p value: "
    "pooled z test"
)

_PROPORTIONS = ("sensitivity", "specificity", "accuracy")


@dataclass(frozen=True)
class _Result:
    """A difference, its p value, and the standard error behind them if there is one."""

    difference: Estimate
    p_value: float | None = None
    error: float | None = None
    df: float = math.inf


@dataclass(frozen=True, eq=False)
class Pair:
    """Two models on the same rows, or one model on two parts of them.

    Args:
        measure: The measure that is compared.
        columns: All rows; the scores are not used.
        sides: What each side saw: labels, scores and patients of its rows.
        members: Which of all rows each side saw, masks of shape `(n_rows,)`.
        thresholds: Threshold of each side; None for estimates that take none.
    """

    measure: Measure
    columns: Columns
    sides: tuple[Columns, Columns]
    members: tuple[Flags, Flags]
    thresholds: tuple[float | None, float | None]

    @property
    def same_rows(self) -> bool:
        """Whether both sides saw every row."""
        return bool(self.members[0].all() and self.members[1].all())

    @property
    def _widest(self) -> float:
        return self.measure.high - self.measure.low

    def contrast(self, confidence_level: float, hypothesis: str) -> Contrast:
        """Compute the difference, first minus second.

        Args:
            confidence_level: Coverage the interval aims at.
            hypothesis: What the p value speaks against, in words.
        """
        first, second = (
            self.measure.compute(side, Settings(at, confidence_level))
            for side, at in zip(self.sides, self.thresholds, strict=True)
        )
        labels = self.columns.labels
        events = int(np.count_nonzero(labels))
        basis = Basis.of(
            self.columns.codes, confidence_level=confidence_level, n=labels.size, events=events
        )
        missing = [self.measure.missing_class(side) for side in self.sides]
        if reason := next(filter(None, missing), None):
            result = _Result(basis.refuse(reason, _OVER))
        elif basis.unclustered and self.measure.key in _PROPORTIONS:
            pair = self._paired_shares(basis) if self.same_rows else None
            result = pair or _separate_shares(basis, first, second)
        elif self._adds_squares(first, second):
            result = self._square_and_add(basis, first, second)
        elif (codes := self.columns.codes) is not None and not basis.unclustered:
            result = self._over_patients(basis, codes)
        else:
            result = self._independent(basis)
        made, method = result.difference, result.difference.method
        return Contrast(
            made, first, second, result.p_value, hypothesis, method, result.error, result.df
        )

    def _adds_squares(self, first: Estimate, second: Estimate) -> bool:
        """Tell whether each side's own limits must carry its uncertainty.

        They must between groups, for shares, and where a side is at the end of its range: there
        its spread over patients is 0, and its limits are not.
        """
        ends = {self.measure.low, self.measure.high}
        return (
            not self.same_rows
            or (
                self.measure.formula is not None
                and self.measure.needs_threshold
                and self.measure.high <= 1
            )
            or not ends.isdisjoint({first.value, second.value})
        )

    def _square_and_add(self, basis: Basis, first: Estimate, second: Estimate) -> _Result:
        if first.value is None or second.value is None:
            reason = first.not_estimable or second.not_estimable or "a side is infinite"
            return _Result(basis.refuse(reason, _ADDED))
        value = first.value - second.value
        if None in {first.lower, second.lower}:
            side = first if first.lower is None else second
            return _Result(basis.without_limits(value, _ADDED, f"a side has none. {side.note}"))
        error, df, together = self._correlation(basis)
        rules = [
            functools.partial(_own_limits, self.measure, side, at)
            if made.limits_at is None
            else made.limits_at
            for made, side, at in zip((first, second), self.sides, self.thresholds, strict=True)
        ]
        rule = functools.partial(
            added_limits,
            (first.value, second.value),
            (rules[0], rules[1]),
            together,
            self._widest,
        )
        limits = rule(basis.confidence_level)
        if not limits[1] - limits[0] > 1e-12:
            why = "the two never differ, so the spread is unseen"
            return _Result(basis.without_limits(value, _ADDED, why))
        note = " ".join(dict.fromkeys(filter(None, (first.note, second.note)))) or None
        made = replace(
            basis.estimate(value, limits, _ADDED, limits_at=rule),
            note=note,
        )
        return _Result(made, p_from_limits(rule, 0.0), error if error > 0 else None, df)

    def _correlation(self, basis: Basis) -> tuple[float, float, float]:
        """Return error and degrees of freedom by the jackknife, and both sides' correlation."""
        one, two = self._influences()
        codes = self.columns.codes
        rows = np.arange(self.columns.labels.size) if codes is None else codes
        k = int(rows.max()) + 1
        moved = [
            np.bincount(rows[members], side.influence_values, k)
            if side.patients_per_kind(rows[members]) < 2
            else side.changes(rows[members], k)
            for side, members in zip((one, two), self.members, strict=True)
        ]
        spread = spread_over(np.nan_to_num(moved[0] - moved[1]), rows)
        scale = math.sqrt(float(moved[0] @ moved[0]) * float(moved[1] @ moved[1]))
        together = float(moved[0] @ moved[1]) / scale if scale > 0 else 0.0
        del basis
        return spread.error, spread.df, together if math.isfinite(together) else 0.0

    def _influences(self) -> tuple[Influence, Influence]:
        one, two = (
            self.measure.influence_of(side, at)
            for side, at in zip(self.sides, self.thresholds, strict=True)
        )
        return one, two

    def _over_patients(self, basis: Basis, codes: Codes) -> _Result:
        one, two = self._influences()
        value, own = one.value - two.value, [codes[rows] for rows in self.members]
        if min(one.patients_per_kind(own[0]), two.patients_per_kind(own[1])) < 2:
            why = "the images of a class or group come from one patient"
            return _Result(basis.without_limits(value, _OVER, why))
        k = int(codes.max()) + 1
        moved = Moved.of(one.changes(own[0], k), two.changes(own[1], k), codes)
        return self._from_changes(basis, (one, two), moved, _OVER)

    def _independent(self, basis: Basis) -> _Result:
        """Compare two models on the same images, which are independent."""
        one, two = self._influences()
        with np.errstate(invalid="ignore"):  # two infinite losses have no difference
            moved = one.influence_values - two.influence_values
        variance = independent_variance(moved, one.kinds)
        delong = self.measure.key == "auroc"
        df = math.inf if delong else degrees_of_freedom(moved)
        made = Moved.of(one.influence_values, two.influence_values, None)
        spread = replace(made.spread, variance=variance, df=df)
        method = _DELONG if delong else _WALD
        return self._from_changes(basis, (one, two), replace(made, spread=spread), method)

    def _from_changes(
        self, basis: Basis, sides: tuple[Influence, Influence], moved: Moved, method: str
    ) -> _Result:
        """Make the difference from how far each side moves without each patient, or image."""
        value, spread = sides[0].value - sides[1].value, moved.spread
        if not spread.error > 1e-12:
            why = "the two never part, or a class has one image, so the spread is unseen"
            return _Result(basis.without_limits(value, method, why))
        error, df = spread.error, spread.df
        if self.measure.skewed and math.isfinite(value):
            ends = self.measure.low, self.measure.high
            rule = functools.partial(moved.limits, (sides[0].value, sides[1].value), ends)
            limits = rule(basis.confidence_level)
            made = basis.estimate(value, limits, f"{method}; {SKEWED}", limits_at=rule)
            return _Result(made, p_from_limits(rule, 0.0), error, df)
        critical = student_critical(basis.confidence_level, df)
        limits = plain_limits(value, error * critical, low=-self._widest, high=self._widest)
        return _Result(
            basis.estimate(value, limits, method), two_sided(value, error, df), error, df
        )

    def _paired_shares(self, basis: Basis) -> _Result:
        labels = self.columns.labels
        rows = {"sensitivity": labels, "specificity": ~labels}.get(self.measure.key, labels | True)
        right = [
            (side.scores >= (0.0 if at is None else at))[rows] == labels[rows]
            for side, at in zip(self.sides, self.thresholds, strict=True)
        ]
        n = right[0].size
        b, c = (int(np.count_nonzero(x & ~y)) for x, y in (right, right[::-1]))
        up, down = (b + 1) / (n + 2), (c + 1) / (n + 2)
        half = normal_critical(basis.confidence_level) * math.sqrt(
            (up + down - (up - down) ** 2) / (n + 2)
        )
        limits = plain_limits(up - down, half, low=-1.0, high=1.0)
        return _Result(basis.estimate((b - c) / n, limits, _BONETT), mcnemar_p_values(b, c)[1])


def _own_limits(
    measure: Measure, columns: Columns, threshold: float | None, confidence_level: float
) -> Limits:
    made = measure.compute(columns, Settings(threshold, confidence_level))
    value = made.value or 0.0
    lower = value if made.lower is None else made.lower
    return lower, value if made.upper is None else made.upper


def _separate_shares(basis: Basis, first: Estimate, second: Estimate) -> _Result:
    """Compare two shares of two sets of independent images."""
    (low1, at1, high1), (low2, at2, high2) = _arms(first), _arms(second)
    value = at1 - at2
    lower = max(value - math.hypot(at1 - low1, high2 - at2), -1.0)
    upper = min(value + math.hypot(high1 - at1, at2 - low2), 1.0)
    made = basis.estimate(value, (lower, upper), _NEWCOMBE)
    pooled = ((first.events or 0) + (second.events or 0)) / (first.n + second.n)
    error = math.sqrt(pooled * (1 - pooled) * (1 / first.n + 1 / second.n))
    return _Result(made, two_sided(value, error, math.inf) if error > 0 else None)


def _arms(estimate: Estimate) -> tuple[float, float, float]:
    return (
        estimate.lower or 0.0,
        estimate.value or 0.0,
        1.0 if estimate.upper is None else estimate.upper,
    )
