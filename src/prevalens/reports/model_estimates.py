"""Every estimate a report states of one set of scores."""

from prevalens.metrics.calibration import calibration_joint_intercept
from prevalens.metrics.every_estimate import all_estimates
from prevalens.metrics.reliability import (
    expected_calibration_error,
    observed_expected,
    scaled_brier,
)
from prevalens.metrics.smooth import integrated_calibration_index
from prevalens.reports.record_parts import EstimatePart, estimate_parts
from prevalens.typing import Codes, Labels, Scores


def model_estimates(
    labels: Labels,
    scores: Scores,
    patients: Codes | None,
    *,
    threshold: float,
    confidence_level: float,
    seed: int,
) -> dict[str, EstimatePart]:
    """Compute the estimates of `metrics.all_estimates` and the further ones of calibration.

    Args:
        labels: 1 where the row is positive, shape `(n_rows,)`.
        scores: Score of the positive class, shape `(n_rows,)`.
        patients: Number of each row's patient, shape `(n_rows,)`, or None.
        threshold: Scores at or above it are predicted positive.
        confidence_level: Coverage of the intervals.
        seed: Seed of what is drawn.
    """
    rows = (labels, scores)
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
    return estimate_parts(estimates)
