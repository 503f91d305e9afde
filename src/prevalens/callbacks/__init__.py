"""What happens between epochs."""

from typing import TYPE_CHECKING

from prevalens._lazy import lazy_names

if TYPE_CHECKING:
    from prevalens.callbacks.adjuster_rule import (
        AdjusterRule,
        AdjusterState,
        Decision,
        KeptEpoch,
    )
    from prevalens.callbacks.learning_rate_adjuster import LRA, LearningRateAdjuster

__all__ = [
    "LRA",
    "AdjusterRule",
    "AdjusterState",
    "Decision",
    "KeptEpoch",
    "LearningRateAdjuster",
]

__getattr__ = lazy_names(
    __name__,
    {
        "LRA": "learning_rate_adjuster",
        "AdjusterRule": "adjuster_rule",
        "AdjusterState": "adjuster_rule",
        "Decision": "adjuster_rule",
        "KeptEpoch": "adjuster_rule",
        "LearningRateAdjuster": "learning_rate_adjuster",
    },
)
