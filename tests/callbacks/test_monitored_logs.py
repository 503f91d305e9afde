"""What will not be in the logs is refused at the first batch."""

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from prevalens._running_method import RunningMethod
from prevalens.callbacks.monitored_logs import MonitoredLogs
from prevalens.exceptions import InvalidInputError

FIRST = {"loss": 0.7, "accuracy": 0.5, "f1_score": np.array([0.1, 0.2])}


def logs_of(
    monitor: str, *, accuracy: str | None = None, after: tuple[Any, ...] = (), **fit: Any
) -> MonitoredLogs:
    """Return a reader that knows what `fit` was given."""
    made = MonitoredLogs(monitor, accuracy=accuracy)
    made.begin(RunningMethod("fit", object(), fit), after=after)
    return made


def test_what_will_be_there_passes_and_is_read() -> None:
    """The validation loss with validation data, the loss without; arrays of one value count."""
    validated = logs_of("val_loss", validation_data=object())
    validated.check_batch(FIRST)
    plain = logs_of("loss", accuracy="accuracy")
    plain.check_batch(FIRST)

    assert validated.value({"val_loss": np.array([0.25])}) == 0.25
    assert plain.value(FIRST) == 0.7
    assert plain.training_accuracy(FIRST) == 0.5
    assert validated.training_accuracy(FIRST) is None


@pytest.mark.parametrize(
    ("monitor", "accuracy", "fit", "text"),
    [
        ("val_loss", None, {}, "no 'val_loss'; they have .*Without validation data use monitor"),
        ("val_los", None, {"validation_data": 1}, "Did you mean 'val_loss'"),
        ("loss", "acc", {}, r"no 'acc'.*threshold=None"),
        ("val_f1_score", None, {"validation_data": 1}, r"has 2 values, one a class.*macro"),
    ],
)
def test_what_will_not_be_there_is_refused_at_the_first_batch(
    monitor: str, accuracy: str | None, fit: dict[str, Any], text: str
) -> None:
    """No validation data, a misspelt name, a metric not compiled, one value a class."""
    with pytest.raises(InvalidInputError, match=text):
        logs_of(monitor, accuracy=accuracy, **fit).check_batch(FIRST)


def test_a_callback_before_may_add_what_is_missing() -> None:
    """A callback of the user's own may write the monitor at the epoch's end, so that is awaited."""
    awaited = logs_of("val_kappa", after=(SimpleNamespace(),))
    awaited.check_batch(FIRST)

    assert awaited.value({"val_kappa": 0.4}) == 0.4
    with pytest.raises(InvalidInputError, match=r"no 'val_kappa'.*Validate in every epoch"):
        awaited.value(FIRST)


def test_epochs_that_validation_freq_leaves_out_have_no_value() -> None:
    """Every second epoch is validated: the others have None, and only then."""
    second = logs_of("val_loss", validation_data=object(), validation_freq=2)

    assert second.value({"loss": 0.5}) is None
    assert second.value({"loss": 0.5, "val_loss": 0.4}) == 0.4
    with pytest.raises(InvalidInputError, match="no 'val_loss'"):
        logs_of("val_loss", validation_data=object()).value({"loss": 0.5})
