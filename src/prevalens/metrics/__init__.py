"""Numbers from labels and scores; every result is an Estimate."""

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
    from prevalens.metrics.class_comparison import compare_multiclass, compare_multiclass_groups
    from prevalens.metrics.class_measure import ClassMeasure
    from prevalens.metrics.class_measures import (
        all_class_measures,
        register_class_measure,
        unregister_class_measure,
    )
    from prevalens.metrics.comparison import compare_groups, compare_models
    from prevalens.metrics.confusion import (
        accuracy,
        balanced_accuracy,
        confusion_estimates,
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
    from prevalens.metrics.contrast import Contrast, NonInferiority, holm, non_inferiority
    from prevalens.metrics.curves import Curve, precision_recall_curve, roc_curve
    from prevalens.metrics.decision_curve import DecisionCurve, net_benefit
    from prevalens.metrics.estimate import Estimate
    from prevalens.metrics.estimates import Estimates
    from prevalens.metrics.every_estimate import all_estimates
    from prevalens.metrics.formulas import Formula, of_counts
    from prevalens.metrics.intervals import clopper_pearson_interval, wilson_interval
    from prevalens.metrics.label_comparison import compare_multilabel
    from prevalens.metrics.line_test import CalibrationTest, calibration_test
    from prevalens.metrics.mcnemar import McNemar, mcnemar_test
    from prevalens.metrics.measure import Measure
    from prevalens.metrics.multiclass import MulticlassEstimates, multiclass_estimates
    from prevalens.metrics.multilabel import MultilabelEstimates, multilabel_estimates
    from prevalens.metrics.partial_area import PartialAuroc, partial_auroc
    from prevalens.metrics.precision_recall import average_precision
    from prevalens.metrics.predictive import PredictiveValues, predictive_values
    from prevalens.metrics.ranking import auroc
    from prevalens.metrics.registry import all_measures, register_measure, unregister_measure
    from prevalens.metrics.reliability import (
        ReliabilityBin,
        expected_calibration_error,
        observed_expected,
        reliability_curve,
        scaled_brier,
    )
    from prevalens.metrics.site_pooling import SitePooling, pool_sites
    from prevalens.metrics.smooth import calibration_distance, integrated_calibration_index
    from prevalens.metrics.smooth_curve import SmoothCurve, calibration_curve

__all__ = [
    "CalibrationTest",
    "ClassMeasure",
    "Contrast",
    "Curve",
    "DecisionCurve",
    "Estimate",
    "Estimates",
    "Formula",
    "McNemar",
    "Measure",
    "MulticlassEstimates",
    "MultilabelEstimates",
    "NonInferiority",
    "PartialAuroc",
    "PredictiveValues",
    "ReliabilityBin",
    "SitePooling",
    "SmoothCurve",
    "accuracy",
    "all_class_measures",
    "all_estimates",
    "all_measures",
    "auroc",
    "average_precision",
    "balanced_accuracy",
    "brier",
    "calibration_curve",
    "calibration_distance",
    "calibration_intercept",
    "calibration_joint_intercept",
    "calibration_slope",
    "calibration_test",
    "clopper_pearson_interval",
    "compare_groups",
    "compare_models",
    "compare_multiclass",
    "compare_multiclass_groups",
    "compare_multilabel",
    "confusion_estimates",
    "dor",
    "expected_calibration_error",
    "f1",
    "holm",
    "integrated_calibration_index",
    "kappa",
    "log_loss",
    "lr_negative",
    "lr_positive",
    "mcc",
    "mcnemar_test",
    "multiclass_estimates",
    "multilabel_estimates",
    "net_benefit",
    "non_inferiority",
    "npv",
    "observed_expected",
    "of_counts",
    "partial_auroc",
    "pool_sites",
    "ppv",
    "precision_recall_curve",
    "predictive_values",
    "prevalence",
    "register_class_measure",
    "register_measure",
    "reliability_curve",
    "roc_curve",
    "scaled_brier",
    "sensitivity",
    "specificity",
    "unregister_class_measure",
    "unregister_measure",
    "wilson_interval",
    "youden",
]

__getattr__ = lazy_names(
    __name__,
    {
        "CalibrationTest": "line_test",
        "ClassMeasure": "class_measure",
        "Contrast": "contrast",
        "Curve": "curves",
        "DecisionCurve": "decision_curve",
        "Estimate": "estimate",
        "Estimates": "estimates",
        "Formula": "formulas",
        "McNemar": "mcnemar",
        "Measure": "measure",
        "MulticlassEstimates": "multiclass",
        "MultilabelEstimates": "multilabel",
        "NonInferiority": "contrast",
        "PartialAuroc": "partial_area",
        "PredictiveValues": "predictive",
        "ReliabilityBin": "reliability",
        "SitePooling": "site_pooling",
        "SmoothCurve": "smooth_curve",
        "accuracy": "confusion",
        "all_class_measures": "class_measures",
        "register_class_measure": "class_measures",
        "unregister_class_measure": "class_measures",
        "all_estimates": "every_estimate",
        "all_measures": "registry",
        "auroc": "ranking",
        "average_precision": "precision_recall",
        "balanced_accuracy": "confusion",
        "brier": "calibration",
        "calibration_curve": "smooth_curve",
        "calibration_distance": "smooth",
        "calibration_intercept": "calibration",
        "calibration_joint_intercept": "calibration",
        "calibration_slope": "calibration",
        "calibration_test": "line_test",
        "clopper_pearson_interval": "intervals",
        "compare_groups": "comparison",
        "compare_models": "comparison",
        "compare_multiclass": "class_comparison",
        "compare_multiclass_groups": "class_comparison",
        "compare_multilabel": "label_comparison",
        "confusion_estimates": "confusion",
        "dor": "confusion",
        "expected_calibration_error": "reliability",
        "f1": "confusion",
        "holm": "contrast",
        "integrated_calibration_index": "smooth",
        "kappa": "confusion",
        "log_loss": "calibration",
        "lr_negative": "confusion",
        "lr_positive": "confusion",
        "mcc": "confusion",
        "mcnemar_test": "mcnemar",
        "multiclass_estimates": "multiclass",
        "multilabel_estimates": "multilabel",
        "net_benefit": "decision_curve",
        "non_inferiority": "contrast",
        "npv": "confusion",
        "observed_expected": "reliability",
        "of_counts": "formulas",
        "partial_auroc": "partial_area",
        "pool_sites": "site_pooling",
        "ppv": "confusion",
        "precision_recall_curve": "curves",
        "predictive_values": "predictive",
        "prevalence": "confusion",
        "register_measure": "registry",
        "reliability_curve": "reliability",
        "roc_curve": "curves",
        "scaled_brier": "reliability",
        "sensitivity": "confusion",
        "specificity": "confusion",
        "unregister_measure": "registry",
        "wilson_interval": "intervals",
        "youden": "confusion",
    },
)
