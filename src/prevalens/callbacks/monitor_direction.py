"""Whether a lower or a higher value of a monitor is better, as its name tells."""

from typing import Literal

from prevalens.exceptions import InvalidInputError

_LOWER_IS_BETTER = (
    *("loss", "error", "entropy", "divergence", "hinge", "poisson", "logcosh", "mse", "mae"),
    *("false_positives", "false_negatives"),
)
_HIGHER_IS_BETTER = (
    *("acc", "auc", "precision", "recall", "sensitivity", "specificity", "f1", "fbeta", "f_beta"),
    *("iou", "io_u", "dice", "similarity", "correlation", "concordance", "r2", "_at_"),
    *("true_positives", "true_negatives"),
)


def check_log_name(name: str, value: object) -> str:
    """Return the name of a value in Keras' logs, or say that it must be a text."""
    if isinstance(value, str) and value:
        return value
    raise InvalidInputError(
        f"`{name}` must be the name of a value in Keras' logs, such as 'val_loss' or 'accuracy', "
        f"got {value!r:.60}."
    )


def monitor_direction(monitor: str) -> Literal["min", "max"]:
    """Return whether a lower (`"min"`) or higher (`"max"`) value of `monitor` is better."""
    name = check_log_name("monitor", monitor).removeprefix("val_")
    if any(part in name for part in _LOWER_IS_BETTER):
        return "min"
    if any(part in name for part in _HIGHER_IS_BETTER):
        return "max"
    raise InvalidInputError(
        f"Whether a lower or a higher {monitor!r} is better cannot be told from its name. "
        'Pass mode="min" or mode="max".'
    )
