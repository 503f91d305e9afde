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
    from prevalens.callbacks.training_backup import TrainingBackup
    from prevalens.callbacks.two_phases import two_phases

# In plain order, as in every stage; ruff would put the capitals of LRA first.
__all__ = [  # noqa: RUF022
    "AdjusterRule",
    "AdjusterState",
    "Decision",
    "KeptEpoch",
    "LRA",
    "LearningRateAdjuster",
    "TrainingBackup",
    "two_phases",
]

__getattr__ = lazy_names(
    __name__,
    {
        "AdjusterRule": "adjuster_rule",
        "AdjusterState": "adjuster_rule",
        "Decision": "adjuster_rule",
        "KeptEpoch": "adjuster_rule",
        "LRA": "learning_rate_adjuster",
        "LearningRateAdjuster": "learning_rate_adjuster",
        "TrainingBackup": "training_backup",
        "two_phases": "two_phases",
    },
)
