"""What a model is worth to the patients it is used on: net benefit at a threshold."""

import functools

import numpy as np

from prevalens.metrics.basis import INDEPENDENT
from prevalens.metrics.estimate import Estimate
from prevalens.metrics.inputs import Columns
from prevalens.metrics.intervals import Limits, bounded_limits
from prevalens.metrics.linear import basis_of, linear_estimate
from prevalens.metrics.settings import Settings
from prevalens.typing import Flags, Numbers

_METHOD = "net benefit (Vickers & Elkin 2006), logit scale of its range, {}"
_STANDARDISED = "net benefit / prevalence (Kerr 2016), logit scale of its range, {}"


def benefit_rows(columns: Columns, threshold: float) -> tuple[Numbers, ...]:
    """Return what each image is worth at a threshold below 1, and whether it is positive."""
    return worth_of(columns, columns.scores >= threshold, threshold)


def treat_all_rows(columns: Columns, threshold: float) -> tuple[Numbers, ...]:
    """Return what each image is worth where all are predicted positive."""
    return worth_of(columns, np.ones(columns.labels.size, dtype=bool), threshold)


def over_treat_all_rows(columns: Columns, threshold: float) -> tuple[Numbers, ...]:
    """Return what each image gains over predicting all positive, and whether it is positive.

    A negative that is spared gains the odds of the threshold, a positive that is missed loses 1.
    """
    spared = columns.scores < threshold
    gain: Numbers = np.where(spared, np.where(columns.labels, -1.0, -least_benefit(threshold)), 0.0)
    return gain, columns.labels.astype(np.float64)


def most_gain(threshold: float) -> float:
    """Return the largest gain possible over treating all: the odds of the threshold."""
    return -least_benefit(threshold)


def least_benefit(threshold: float) -> float:
    """Return the least net benefit possible: minus the odds of the threshold."""
    return -threshold / (1 - threshold)


def worth_of(columns: Columns, predicted: Flags, threshold: float) -> tuple[Numbers, ...]:
    """Return what given predictions are worth, image by image, and whether it is positive."""
    loss = least_benefit(threshold)
    worth: Numbers = np.where(predicted, np.where(columns.labels, 1.0, loss), 0.0)
    return worth, columns.labels.astype(np.float64)


def benefit_at(columns: Columns, settings: Settings) -> Estimate:
    """Compute the net benefit of a model at its threshold."""
    at = _threshold(settings)
    return _estimate(columns, benefit_rows(columns, at), settings, (least_benefit(at), 1.0))


def treat_all_at(columns: Columns, settings: Settings) -> Estimate:
    """Compute the net benefit of predicting every image positive."""
    at = _threshold(settings)
    return _estimate(columns, treat_all_rows(columns, at), settings, (least_benefit(at), 1.0))


def over_treat_all_at(columns: Columns, settings: Settings) -> Estimate:
    """Compute the net benefit of a model less that of predicting every image positive."""
    at = _threshold(settings)
    return _estimate(columns, over_treat_all_rows(columns, at), settings, (-1.0, most_gain(at)))


def standardised_at(columns: Columns, settings: Settings) -> Estimate:
    """Compute net benefit over the prevalence."""
    worth, labels = benefit_rows(columns, _threshold(settings))
    share, confidence_level = float(labels.mean()), settings.confidence_level
    if share == 0:
        reason = "no positive images"
        return basis_of(columns, confidence_level).refuse(reason, _STANDARDISED.format(INDEPENDENT))
    value, low = float(worth.mean()) / share, least_benefit(_threshold(settings)) / share
    influence_values = (worth - value * labels) / labels.size / share
    return linear_estimate(
        columns,
        value,
        influence_values,
        functools.partial(bounded_limits, low=low, high=1.0),
        method=_STANDARDISED,
        confidence_level=confidence_level,
    )


def _threshold(settings: Settings) -> float:
    return 0.0 if settings.threshold is None else settings.threshold


def _estimate(
    columns: Columns, rows: tuple[Numbers, ...], settings: Settings, ends: Limits
) -> Estimate:
    value = float(rows[0].mean())
    return linear_estimate(
        columns,
        value,
        (rows[0] - value) / rows[0].size,
        functools.partial(bounded_limits, low=ends[0], high=ends[1]),
        method=_METHOD,
        confidence_level=settings.confidence_level,
    )
