"""The table of measures: every estimate the library knows, one entry each, in a report's order."""

# ruff: noqa: ARG005 - a formula names all four counts, whichever it uses
from collections.abc import Callable
from functools import partial

import numpy as np

from prevalens.metrics import calibration, compound, reliability, utility
from prevalens.metrics.confusion_matrix import ConfusionMatrix, of_matrix, of_share
from prevalens.metrics.estimate import Estimate
from prevalens.metrics.formulas import (
    Formula,
    every_row,
    labels_and_scores,
    log_losses,
    negative_rows,
    of_counts,
    positive_rows,
    predicted_negative,
    predicted_positive,
    squared_errors,
)
from prevalens.metrics.influences import (
    auroc_gradient,
    auroc_influence,
    average_precision_gradient,
    average_precision_influence,
)
from prevalens.metrics.inputs import Columns
from prevalens.metrics.likelihood import dor_estimate, lr_negative_estimate, lr_positive_estimate
from prevalens.metrics.measure import Measure
from prevalens.metrics.precision_recall import average_precision_estimate
from prevalens.metrics.ranking import auroc_estimate
from prevalens.metrics.settings import Settings
from prevalens.metrics.smooth import calibration_distance_estimate, calibration_index_estimate
from prevalens.metrics.weighted import line_engine, rank_engine


def _of_scores(estimate: Callable[..., Estimate]) -> Callable[[Columns, Settings], Estimate]:
    return lambda columns, settings: estimate(columns, confidence_level=settings.confidence_level)


_at = partial(Measure, group="threshold", needs_threshold=True)
_share = partial(_at, direction="higher", low=0.0, high=1.0, comparable=True)
_of_classes = partial(_at, prevalence_free=True, needs="both")
_ratio = partial(_of_classes, low=0.0)
_calibration = partial(Measure, group="calibration")
_utility = partial(
    Measure,
    skewed=True,
    group="utility",
    direction="higher",
    needs_threshold=True,
    below_one=True,
    high=1.0,
)
_loss = partial(_calibration, direction="lower", low=0.0, skewed=True)
_smoothed = partial(_loss, high=1.0, references=("Austin & Steyerberg 2019",))
_PREDICTIVE = ("Altman & Bland 1994",)

TABLE = (
    _share(
        key="sensitivity",
        prevalence_free=True,
        title="Sensitivity",
        formula=of_counts(lambda tn, fp, fn, tp: tp / (tp + fn), positive_rows),
        estimate=of_share(ConfusionMatrix.sensitivity),
        counted=True,
        needs="positive",
        references=_PREDICTIVE,
    ),
    _share(
        key="specificity",
        prevalence_free=True,
        title="Specificity",
        formula=of_counts(lambda tn, fp, fn, tp: tn / (tn + fp), negative_rows),
        estimate=of_share(ConfusionMatrix.specificity),
        counted=True,
        needs="negative",
        references=_PREDICTIVE,
    ),
    _share(
        key="ppv",
        title="Positive predictive value",
        formula=of_counts(lambda tn, fp, fn, tp: tp / (tp + fp), predicted_positive),
        estimate=of_share(ConfusionMatrix.ppv),
        counted=True,
        references=_PREDICTIVE,
    ),
    _share(
        key="npv",
        title="Negative predictive value",
        formula=of_counts(lambda tn, fp, fn, tp: tn / (tn + fn), predicted_negative),
        estimate=of_share(ConfusionMatrix.npv),
        counted=True,
        references=_PREDICTIVE,
    ),
    _ratio(
        key="lr_positive",
        title="Positive likelihood ratio",
        direction="higher",
        formula=of_counts(lambda tn, fp, fn, tp: tp / (tp + fn) / (fp / (tn + fp))),
        estimate=of_matrix(lr_positive_estimate),
        references=("Deeks & Altman 2004",),
    ),
    _ratio(
        key="lr_negative",
        title="Negative likelihood ratio",
        direction="lower",
        formula=of_counts(lambda tn, fp, fn, tp: fn / (tp + fn) / (tn / (tn + fp))),
        estimate=of_matrix(lr_negative_estimate),
        references=("Deeks & Altman 2004",),
    ),
    _ratio(
        key="dor",
        title="Diagnostic odds ratio",
        direction="higher",
        formula=of_counts(lambda tn, fp, fn, tp: tp * tn / (fp * fn)),
        estimate=of_matrix(dor_estimate),
        references=("Glas 2003",),
    ),
    _share(
        key="accuracy",
        title="Accuracy",
        formula=of_counts(lambda tn, fp, fn, tp: (tp + tn) / (tn + fp + fn + tp), every_row),
        estimate=of_share(ConfusionMatrix.accuracy),
        counted=True,
        references=("Brodersen 2010",),
    ),
    _share(
        key="balanced_accuracy",
        prevalence_free=True,
        title="Balanced accuracy",
        formula=of_counts(lambda tn, fp, fn, tp: (tp / (tp + fn) + tn / (tn + fp)) / 2),
        estimate=of_matrix(compound.balanced_accuracy_estimate),
        references=("Brodersen 2010",),
        needs="both",
    ),
    _of_classes(
        key="youden",
        title="Youden's J",
        direction="higher",
        low=-1.0,
        high=1.0,
        comparable=True,
        formula=of_counts(lambda tn, fp, fn, tp: tp / (tp + fn) + tn / (tn + fp) - 1),
        estimate=of_matrix(compound.youden_estimate),
        references=("Youden 1950",),
    ),
    _share(
        key="f1",
        title="F1",
        formula=of_counts(lambda tn, fp, fn, tp: 2 * tp / (2 * tp + fp + fn)),
        estimate=of_matrix(compound.f1_estimate),
        needs="positive",
        references=("van Rijsbergen 1979",),
    ),
    _share(
        key="f2",
        title="F2",
        formula=of_counts(lambda tn, fp, fn, tp: 5 * tp / (5 * tp + fp + 4 * fn)),
        needs="positive",
        references=("van Rijsbergen 1979",),
    ),
    _at(
        key="mcc",
        title="Matthews correlation",
        direction="higher",
        low=-1.0,
        high=1.0,
        comparable=True,
        formula=of_counts(
            lambda tn, fp, fn, tp: (
                (tp * tn - fp * fn) / np.sqrt((tp + fp) * (tp + fn) * (tn + fp) * (tn + fn))
            )
        ),
        estimate=of_matrix(compound.mcc_estimate),
        references=("Matthews 1975",),
        needs="both",
    ),
    _at(
        key="kappa",
        title="Cohen's kappa",
        direction="higher",
        low=-1.0,
        high=1.0,
        comparable=True,
        formula=of_counts(
            lambda tn, fp, fn, tp: (
                2 * (tp * tn - fn * fp) / ((tp + fp) * (fp + tn) + (tp + fn) * (fn + tn))
            )
        ),
        estimate=of_matrix(compound.kappa_estimate),
        references=("Cohen 1960",),
        needs="both",
    ),
    Measure(
        key="auroc",
        title="AUROC",
        group="ranking",
        direction="higher",
        low=0.0,
        high=1.0,
        comparable=True,
        estimate=_of_scores(auroc_estimate),
        influence=lambda columns, _: auroc_influence(columns.labels, columns.scores),
        gradient=auroc_gradient,
        prevalence_free=True,
        engine=rank_engine,
        references=("Hanley & McNeil 1982",),
        needs="both",
    ),
    Measure(
        key="average_precision",
        title="Average precision",
        group="ranking",
        direction="higher",
        low=0.0,
        high=1.0,
        comparable=True,
        estimate=_of_scores(average_precision_estimate),
        influence=lambda columns, _: average_precision_influence(columns.labels, columns.scores),
        gradient=average_precision_gradient,
        engine=rank_engine,
        references=("Boyd, Eng & Page 2013",),
        needs="both",
    ),
    _loss(
        key="brier",
        title="Brier score",
        high=1.0,
        comparable=True,
        formula=Formula(squared_errors, lambda loss, _: loss),
        estimate=_of_scores(calibration.brier_estimate),
        references=("Brier 1950",),
    ),
    _calibration(
        key="scaled_brier",
        title="Scaled Brier score",
        direction="higher",
        high=1.0,
        comparable=True,
        formula=Formula(squared_errors, lambda loss, share: 1 - loss / (share * (1 - share))),
        estimate=_of_scores(reliability.scaled_brier_estimate),
        skewed=True,
        references=("Steyerberg 2010",),
        needs="both",
    ),
    _loss(
        key="log_loss",
        title="Log loss",
        comparable=True,
        formula=Formula(log_losses, lambda loss: loss),
        estimate=_of_scores(calibration.log_loss_estimate),
        references=("Good 1952",),
    ),
    _calibration(
        key="calibration_intercept",
        title="Calibration intercept (slope 1)",
        direction="target",
        target=0.0,
        estimate=_of_scores(calibration.intercept_estimate),
        engine=line_engine("calibration_intercept", slope=False),
        gradient=partial(calibration.line_gradient, slope=False, which=0),
        references=("Cox 1958", "Van Calster 2019"),
    ),
    _calibration(
        key="calibration_slope",
        title="Calibration slope",
        direction="target",
        target=1.0,
        estimate=_of_scores(calibration.slope_estimate),
        engine=line_engine("calibration_slope", slope=True),
        gradient=partial(calibration.line_gradient, slope=True, which=1),
        references=("Cox 1958", "Van Calster 2019"),
    ),
    _calibration(
        key="calibration_joint_intercept",
        title="Calibration intercept (joint with the slope)",
        direction="target",
        target=0.0,
        estimate=_of_scores(calibration.joint_intercept_estimate),
        gradient=partial(calibration.line_gradient, slope=True, which=0),
        references=("Cox 1958",),
    ),
    _calibration(
        key="observed_expected",
        title="Observed / expected",
        direction="target",
        target=1.0,
        low=0.0,
        formula=Formula(labels_and_scores, lambda observed, expected: observed / expected),
        estimate=_of_scores(reliability.observed_expected_estimate),
        references=("Debray 2017",),
    ),
    _loss(
        key="expected_calibration_error",
        title="Expected calibration error",
        high=1.0,
        estimate=reliability.calibration_error_estimate,
        references=("Guo 2017",),
    ),
    _smoothed(
        key="integrated_calibration_index",
        title="Integrated calibration index",
        estimate=calibration_index_estimate,
    ),
    _smoothed(
        key="calibration_e50",
        title="E50 (median distance from the calibration curve)",
        estimate=partial(calibration_distance_estimate, quantile=0.5),
    ),
    _smoothed(
        key="calibration_e90",
        title="E90 (90th percentile of that distance)",
        estimate=partial(calibration_distance_estimate, quantile=0.9),
    ),
    _utility(
        key="net_benefit",
        title="Net benefit",
        comparable=True,
        formula=Formula(utility.benefit_rows, lambda benefit, _: benefit),
        estimate=utility.benefit_at,
        floor=utility.least_benefit,
        references=("Vickers & Elkin 2006",),
    ),
    _utility(
        key="net_benefit_treat_all",
        title="Net benefit of treating all",
        formula=Formula(utility.treat_all_rows, lambda benefit, _: benefit),
        estimate=utility.treat_all_at,
        floor=utility.least_benefit,
        references=("Vickers & Elkin 2006",),
    ),
    _utility(
        key="net_benefit_over_treat_all",
        title="Net benefit over treating all",
        formula=Formula(utility.over_treat_all_rows, lambda gain, _: gain),
        estimate=utility.over_treat_all_at,
        low=-1.0,
        high=np.inf,
        ceiling=utility.most_gain,
        references=("Vickers & Elkin 2006",),
    ),
    _utility(
        key="standardised_net_benefit",
        title="Standardised net benefit",
        formula=Formula(utility.benefit_rows, lambda benefit, share: benefit / share),
        estimate=utility.standardised_at,
        references=("Kerr 2016",),
        needs="positive",
    ),
    Measure(
        key="prevalence",
        title="Prevalence among these rows",
        group="flow",
        direction="none",
        low=0.0,
        high=1.0,
        formula=Formula(labels_and_scores, lambda observed, _: observed),
        estimate=of_share(ConfusionMatrix.prevalence),
        counted=True,
        references=_PREDICTIVE,
    ),
)
