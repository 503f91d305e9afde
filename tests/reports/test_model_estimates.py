"""The estimates of a report are the metrics' own, all of them."""

import pytest

from prevalens import metrics
from prevalens.predictions import Predictions
from prevalens.reports.model_estimates import model_estimates
from prevalens.reports.record_parts import estimate_part

MORE = (
    "calibration_joint_intercept",
    "observed_expected",
    "scaled_brier",
    "expected_calibration_error",
    "integrated_calibration_index",
)


@pytest.mark.parametrize("name", MORE)
def test_further_estimates_are_the_metrics(predictions: Predictions, name: str) -> None:
    """Labels, scores, patients and confidence level are passed on; nothing is computed here."""
    held = predictions
    rows = (held.labels, held.scores, held.patients)
    found = model_estimates(*rows, threshold=0.5, confidence_level=0.9, seed=0)
    direct = getattr(metrics, name)(
        predictions.labels, predictions.scores, patients=predictions.patients, confidence_level=0.9
    )

    assert found[name] == estimate_part(direct)


def test_the_promised_ones_come_first(predictions: Predictions) -> None:
    """The order is that of `all_estimates`, then what this stage adds."""
    rows = (predictions.labels, predictions.scores, None)
    found = list(model_estimates(*rows, threshold=0.5, confidence_level=0.95, seed=0))
    promised = list(metrics.all_estimates(predictions.labels, predictions.scores, threshold=0.5))

    assert found == [*promised, *MORE]
