"""Every estimate a report states of one set of scores."""

from typing import Any

from prevalens.metrics.calibration import calibration_joint_intercept
from prevalens.metrics.every_estimate import all_estimates
from prevalens.metrics.reliability import (
    expected_calibration_error,
    observed_expected,
    scaled_brier,
)
from prevalens.metrics.smooth import integrated_calibration_index
from prevalens.predictions.predictions import Predictions


def model_estimates(
    predictions: Predictions, *, threshold: float, confidence_level: float, seed: int
) -> dict[str, dict[str, Any]]:
    """Compute the estimates of `metrics.all_estimates` and the further ones of calibration.

    Args:
        predictions: Two-class predictions.
        threshold: Scores at or above it are called positive.
        confidence_level: Coverage of the intervals.
        seed: Seed of what is drawn.

    Returns:
        The estimates by name, as plain values.
    """
    rows = (predictions.labels, predictions.scores)
    patients = predictions.patients
    estimates = all_estimates(
        *rows, threshold=threshold, patients=patients, confidence_level=confidence_level, seed=seed
    )
    for name, closed in (
        ("calibration_joint_intercept", calibration_joint_intercept),
        ("observed_expected", observed_expected),
        ("scaled_brier", scaled_brier),
    ):
        estimates[name] = closed(*rows, patients=patients, confidence_level=confidence_level)
    for name, drawn in (
        ("expected_calibration_error", expected_calibration_error),
        ("integrated_calibration_index", integrated_calibration_index),
    ):
        estimates[name] = drawn(
            *rows, patients=patients, confidence_level=confidence_level, seed=seed
        )
    return {name: estimate.to_dict() for name, estimate in estimates.items()}
