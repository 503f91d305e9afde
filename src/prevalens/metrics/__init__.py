"""Numbers from labels and scores; every result is a Figure."""

from typing import TYPE_CHECKING

from prevalens._lazy import lazy_names

if TYPE_CHECKING:
    from prevalens.metrics.calibration import (
        brier,
        calibration_intercept,
        calibration_joint_intercept,
        calibration_slope,
        log_loss,
    )
    from prevalens.metrics.confusion import (
        accuracy,
        balanced_accuracy,
        confusion_figures,
        dor,
        f1,
        kappa,
        lr_negative,
        lr_positive,
        mcc,
        npv,
        ppv,
        prevalence,
        sensitivity,
        specificity,
        youden,
    )
    from prevalens.metrics.every_figure import all_figures
    from prevalens.metrics.figure import Figure
    from prevalens.metrics.intervals import clopper_pearson_interval, wilson_interval
    from prevalens.metrics.precision_recall import average_precision
    from prevalens.metrics.ranking import auroc

__all__ = [
    "Figure",
    "accuracy",
    "all_figures",
    "auroc",
    "average_precision",
    "balanced_accuracy",
    "brier",
    "calibration_intercept",
    "calibration_joint_intercept",
    "calibration_slope",
    "clopper_pearson_interval",
    "confusion_figures",
    "dor",
    "f1",
    "kappa",
    "log_loss",
    "lr_negative",
    "lr_positive",
    "mcc",
    "npv",
    "ppv",
    "prevalence",
    "sensitivity",
    "specificity",
    "wilson_interval",
    "youden",
]

__getattr__ = lazy_names(
    __name__,
    {
        "Figure": "figure",
        "accuracy": "confusion",
        "all_figures": "every_figure",
        "auroc": "ranking",
        "average_precision": "precision_recall",
        "balanced_accuracy": "confusion",
        "brier": "calibration",
        "calibration_intercept": "calibration",
        "calibration_joint_intercept": "calibration",
        "calibration_slope": "calibration",
        "clopper_pearson_interval": "intervals",
        "confusion_figures": "confusion",
        "dor": "confusion",
        "f1": "confusion",
        "kappa": "confusion",
        "log_loss": "calibration",
        "lr_negative": "confusion",
        "lr_positive": "confusion",
        "mcc": "confusion",
        "npv": "confusion",
        "ppv": "confusion",
        "prevalence": "confusion",
        "sensitivity": "confusion",
        "specificity": "confusion",
        "wilson_interval": "intervals",
        "youden": "confusion",
    },
)
