"""Every figure a report states of one set of scores."""

from typing import Any

from prevalens.metrics.calibration import calibration_joint_intercept
from prevalens.metrics.every_figure import all_figures
from prevalens.metrics.reliability import (
    expected_calibration_error,
    observed_expected,
    scaled_brier,
)
from prevalens.metrics.smooth import integrated_calibration_index
from prevalens.predictions.predictions import Predictions


def model_figures(
    predictions: Predictions, *, threshold: float, level: float, seed: int
) -> dict[str, dict[str, Any]]:
    """Compute the figures of `metrics.all_figures` and the further ones of calibration.

    Args:
        predictions: Two-class predictions.
        threshold: Scores at or above it are called positive.
        level: Coverage of the intervals.
        seed: Seed of what is drawn.

    Returns:
        The figures by name, as plain values.
    """
    rows = (predictions.labels, predictions.scores)
    patients = predictions.patients
    figures = all_figures(*rows, threshold=threshold, patients=patients, level=level, seed=seed)
    for name, closed in (
        ("calibration_joint_intercept", calibration_joint_intercept),
        ("observed_expected", observed_expected),
        ("scaled_brier", scaled_brier),
    ):
        figures[name] = closed(*rows, patients=patients, level=level)
    for name, drawn in (
        ("expected_calibration_error", expected_calibration_error),
        ("integrated_calibration_index", integrated_calibration_index),
    ):
        figures[name] = drawn(*rows, patients=patients, level=level, seed=seed)
    return {name: figure.to_dict() for name, figure in figures.items()}
