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
    from prevalens.callbacks.corrected_log_loss import CorrectedLogLoss
    from prevalens.callbacks.learning_rate_adjuster import LRA, LearningRateAdjuster
    from prevalens.callbacks.run_lock import RunLock
    from prevalens.callbacks.training_backup import TrainingBackup
    from prevalens.callbacks.two_phase_training import two_phases

# In plain order, as in every stage; ruff would put the capitals of LRA first.
__all__ = [  # noqa: RUF022
    "AdjusterRule",
    "AdjusterState",
    "CorrectedLogLoss",
    "Decision",
    "KeptEpoch",
    "LRA",
    "LearningRateAdjuster",
    "RunLock",
    "TrainingBackup",
    "two_phases",
]

__getattr__ = lazy_names(
    __name__,
    {
        "AdjusterRule": "adjuster_rule",
        "AdjusterState": "adjuster_rule",
        "CorrectedLogLoss": "corrected_log_loss",
        "Decision": "adjuster_rule",
        "KeptEpoch": "adjuster_rule",
        "LRA": "learning_rate_adjuster",
        "LearningRateAdjuster": "learning_rate_adjuster",
        "RunLock": "run_lock",
        "TrainingBackup": "training_backup",
        "two_phases": "two_phase_training",
    },
)
