"""Intervals from drawing the patients again: a check on the closed forms, and a cover for all."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

import numpy as np
from scipy import special

from prevalens._seeding import generator
from prevalens._threads import one_blas_thread
from prevalens.metrics.basis import Basis
from prevalens.metrics.estimate import Estimate
from prevalens.metrics.inputs import Columns, without_gaps
from prevalens.metrics.intervals import student_critical
from prevalens.metrics.weighted import WeightedEstimates
from prevalens.typing import Codes, Numbers

if TYPE_CHECKING:
    from prevalens.metrics.measure import Measure

T = TypeVar("T")
_GROUPS = 5_000
_CELLS = 2_000_000  # rows times draws held at once


def bootstrap_estimates(
    estimates: dict[str, Estimate],
    columns: Columns,
    measures: "Sequence[Measure]",
    *,
    threshold: float,
    draws: int,
    seed: int,
) -> dict[str, Estimate]:
    """Replace the limits of estimates by those of a bootstrap over patients.

    Limits are percentiles of the estimate over draws of as many patients, with replacement,
    widened for few patients. Where images are independent, images are drawn.

    Args:
        estimates: Estimates by name, as the closed forms give them.
        columns: The checked columns they come from.
        measures: The measures they are of; those without a formula or an engine keep their limits.
        threshold: A score of at least this is predicted positive.
        draws: Number of draws.
        seed: Seed of the draws.

    References:
        Field & Welsh, J R Stat Soc B 2007;69:369-390.
        Hesterberg, Am Stat 2015;69:371-386.
    """
    engine = WeightedEstimates(in_fixed_order(columns), threshold, measures)
    at_once = _CELLS // columns.labels.size
    weights = draw_weights(engine.n_units, draws=draws, seed=seed, at_once=at_once)
    with one_blas_thread():
        parts = [engine.estimates(times) for times in weights]
    drawn = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    return {
        name: estimate
        if estimate.value is None or name not in drawn
        else _with_limits(estimate, drawn[name], units=engine.n_units)
        for name, estimate in estimates.items()
    }


def in_fixed_order(columns: Columns) -> Columns:
    """Sort rows, so that draws do not depend on the order in which rows came.

    Patients without a row, as where their label is not known, are left out of the numbering, so
    that they are not drawn. More than 5,000 patients, or independent images, come as 5,000 random
    groups of them.
    """
    keys = [columns.labels, columns.scores]
    order = np.lexsort(keys if columns.codes is None else [*keys, columns.codes])
    codes = None if columns.codes is None else without_gaps(columns.codes[order])
    return Columns(columns.labels[order], columns.scores[order], _grouped(codes, order.size))


def _grouped(codes: Codes | None, n: int) -> Codes | None:
    """Put very many patients, or images, into random groups, which are drawn as one.

    Groups of independent patients are independent and alike, so their bootstrap has the same
    spread, and costs as much as there are groups.
    """
    units = n if codes is None else int(codes.max()) + 1
    if units <= _GROUPS:
        return codes
    groups = generator(0, "groups of patients").permutation(units) % _GROUPS
    return groups if codes is None else groups[codes]


def draw_weights(n_units: int, *, draws: int, seed: int, at_once: int) -> Iterator[Numbers]:
    """Draw how often each patient counts.

    Args:
        n_units: Number of patients, or of images where they are independent.
        draws: Number of draws.
        seed: Seed of the draws.
        at_once: Number of draws held at once; does not change what is drawn.

    Yields:
        Counts of shape `(at_once, n_units)`; the last may hold fewer draws. Each row adds up to
        `n_units`.
    """
    rng = generator(seed, "bootstrap over patients")
    at_once = max(at_once, 1)
    for first in range(0, draws, at_once):
        here = min(at_once, draws - first)
        chosen = rng.integers(0, n_units, (here, n_units))
        chosen += n_units * np.arange(here)[:, None]
        counts = np.bincount(chosen.reshape(-1), minlength=here * n_units)
        yield counts.reshape(here, n_units).astype(np.float64)


def percentile_limits(
    values: Numbers, *, confidence_level: float, units: int
) -> tuple[float, float]:
    """Return percentiles of draws, widened as Student's t is wider than the normal.

    Args:
        values: Estimate of each draw, shape `(draws,)`, finite.
        confidence_level: Coverage aimed at.
        units: Number of patients drawn from, at least 2.

    References:
        Hesterberg, Am Stat 2015;69:371-386 (expanded percentile interval).
    """
    lower, upper = wide_quantiles(values, confidence_level=confidence_level, units=units)
    return float(lower), float(upper)


def wide_quantiles(
    values: Numbers, *, confidence_level: float, units: int
) -> tuple[Numbers, Numbers]:
    """Return the limits of `percentile_limits` along the last axis: of many estimates at once."""
    reach = np.sqrt(units / (units - 1)) * student_critical(confidence_level, units - 1)
    tail = float(special.ndtr(-reach))
    lower, upper = np.nanquantile(values, [tail, 1 - tail], axis=-1)
    return lower, upper


def drawn_estimate(
    basis: Basis,
    columns: Columns,
    statistic: Callable[[Numbers], Numbers],
    method: str,
    *,
    draws: int,
    seed: int,
    per_draw: int | None = None,
) -> Estimate:
    """Make the estimate of a statistic that has no closed form.

    Args:
        basis: What the estimate is computed from.
        columns: The checked columns, as `in_fixed_order` leaves them.
        statistic: Values of shape `(draws,)` for weights of shape `(draws, n_units)`, where a
            unit is a patient, or an image where images are independent.
        method: How the value is computed.
        draws: Number of draws.
        seed: Seed of the draws.
        per_draw: How many numbers one draw holds; by default one for each row.
    """
    value = float(statistic(np.ones((1, units_of(columns))))[0])
    if not np.isfinite(value):
        return basis.estimate(value, None, method)
    values = np.concatenate(
        each_draw(columns, statistic, draws=draws, seed=seed, per_draw=per_draw)
    )
    return estimate_of_draws(basis, value, values, method, units=units_of(columns))


def units_of(columns: Columns) -> int:
    """Return the number of patients, or of images where these are independent."""
    return columns.labels.size if columns.codes is None else int(columns.codes.max()) + 1


def each_draw(
    columns: Columns,
    statistic: Callable[[Numbers], T],
    *,
    draws: int,
    seed: int,
    per_draw: int | None = None,
) -> list[T]:
    """Return what a statistic makes of each batch of draws; arguments as in `drawn_estimate`."""
    at_once = _CELLS // (per_draw or columns.labels.size)
    weights = draw_weights(units_of(columns), draws=draws, seed=seed, at_once=at_once)
    with one_blas_thread():
        return [statistic(times) for times in weights]


def estimate_of_draws(
    basis: Basis, value: float, values: Numbers, method: str, *, units: int
) -> Estimate:
    """Make an estimate whose limits are percentiles of draws.

    Args:
        basis: What the estimate is computed from.
        value: The estimate.
        values: Estimate of each draw, shape `(draws,)`; nan where a draw leaves it undefined.
        method: How the value is computed.
        units: Number of patients, or images, drawn from.
    """
    bare = basis.estimate(value, None, method)
    made = _with_limits(bare, values, units=units, remarks=basis.remarks)
    return replace(made, method=f"{method}; {made.method}")


def _with_limits(
    estimate: Estimate, values: Numbers, *, units: int, remarks: Sequence[str] = ()
) -> Estimate:
    drawn = "images" if estimate.patients is None else "patients"
    method = (
        f"bootstrap over {drawn}, {values.size} draws, expanded percentile interval "
        "(Field & Welsh 2007; Hesterberg 2015)"
    )
    bare = replace(
        estimate,
        lower=None,
        upper=None,
        method=method,
        limits_at=None,
        design_effect=None,
        effective_n=None,
    )
    if estimate.note is not None and estimate.note.startswith("No interval"):
        estimate = replace(estimate, note=None)
    kept = values[np.isfinite(values)]
    lost = values.size - kept.size
    if units < 2:
        return replace(bare, note=f"No interval: there is one of the {drawn} alone.")
    if lost > values.size / 20 or np.ptp(kept) == 0:
        why = "the draws do not differ" if lost == 0 else f"{lost} draws leave it undefined"
        return replace(bare, note=f"No interval: {why}.")
    lower, upper = percentile_limits(kept, confidence_level=estimate.confidence_level, units=units)
    lost_note = f"{lost} draws that leave it undefined were set aside." if lost else None
    note = " ".join(filter(None, (lost_note, estimate.note, *remarks))) or None
    value = estimate.value or 0.0
    # A percentile may pass the value by where an estimate is biased in the draws.
    return replace(bare, lower=min(lower, value), upper=max(upper, value), note=note)
