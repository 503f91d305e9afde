"""The name of a monitor tells whether lower or higher is better, or it is refused."""

import pytest

from prevalens.callbacks.monitor_direction import monitor_direction
from prevalens.callbacks.monitored_logs import MonitoredLogs
from prevalens.exceptions import InvalidInputError

LOWER_OR_HIGHER = {"up": "max", "down": "min"}


@pytest.mark.parametrize(
    ("monitor", "better"),
    [("val_loss", "min"), ("val_auc", "max"), ("accuracy", "max"), ("val_mae", "min")],
)
def test_the_direction_is_read_off_the_name(monitor: str, better: str) -> None:
    """Losses and errors fall, the rest of the usual metrics rise; with or without val_."""
    assert monitor_direction(monitor) == better


@pytest.mark.parametrize("monitor", [None, "", 3, ["val_loss"]])
def test_what_is_no_name_is_refused(monitor: object) -> None:
    """Also where the mode is given, so that no direction is looked for."""
    told = r"`monitor` must be the name of a value in Keras' logs"
    with pytest.raises(InvalidInputError, match=told):
        monitor_direction(monitor)  # type: ignore[arg-type]
    with pytest.raises(InvalidInputError, match=told):
        MonitoredLogs(monitor, accuracy=None)  # type: ignore[arg-type]


def test_a_name_that_tells_no_direction_needs_a_mode() -> None:
    """A monitor whose name says nothing is refused with both ways out."""
    with pytest.raises(InvalidInputError, match='Pass mode="min" or mode="max"'):
        monitor_direction("val_thing")


@pytest.mark.keras
def test_the_direction_agrees_with_keras_own_metrics() -> None:
    """For every metric of Keras that knows its direction, the name tells the same."""
    keras = pytest.importorskip("keras", exc_type=ImportError)
    made = [
        keras.metrics.AUC(),
        keras.metrics.BinaryAccuracy(),
        keras.metrics.BinaryCrossentropy(),
        keras.metrics.BinaryIoU(),
        keras.metrics.CategoricalHinge(),
        keras.metrics.CosineSimilarity(),
        keras.metrics.F1Score(),
        keras.metrics.FalseNegatives(),
        keras.metrics.FalsePositives(),
        keras.metrics.FBetaScore(),
        keras.metrics.Hinge(),
        keras.metrics.KLDivergence(),
        keras.metrics.LogCoshError(),
        keras.metrics.MeanAbsoluteError(),
        keras.metrics.MeanSquaredError(),
        keras.metrics.Poisson(),
        keras.metrics.Precision(),
        keras.metrics.PrecisionAtRecall(0.9),
        keras.metrics.R2Score(),
        keras.metrics.Recall(),
        keras.metrics.SensitivityAtSpecificity(0.9),
        keras.metrics.SparseTopKCategoricalAccuracy(),
        keras.metrics.TrueNegatives(),
        keras.metrics.TruePositives(),
    ]
    directions = {metric.name: getattr(metric, "_direction", None) for metric in made}
    told = {name: LOWER_OR_HIGHER[way] for name, way in directions.items() if way is not None}

    assert {name: monitor_direction(f"val_{name}") for name in told} == told
    assert len(told) > 15
