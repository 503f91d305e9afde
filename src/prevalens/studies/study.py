"""Run a planned study into one folder: features, held-out scores, model and report."""

import os
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from prevalens._checks import check_kind, check_path
from prevalens._records import Record
from prevalens._tables import write_columns
from prevalens._writing import write_json
from prevalens.cohorts.cohort import Cohort
from prevalens.decisions.operating_point import OperatingPoint
from prevalens.exceptions import InvalidInputError
from prevalens.features.extraction import extract_features
from prevalens.features.feature_store import FeatureStore
from prevalens.features.label_errors import find_label_errors
from prevalens.metrics.calibration import brier
from prevalens.metrics.confusion import confusion_estimates
from prevalens.metrics.estimate import Estimate
from prevalens.metrics.ranking import auroc
from prevalens.predictions.predictions import Predictions
from prevalens.reports.clinical_report import ClinicalReport
from prevalens.studies.cross_prediction import CrossPredictions
from prevalens.studies.decision_rules import (
    PatientDecisions,
    PatientRule,
    decide_patients,
    median_point,
)
from prevalens.studies.held_out import check_choices
from prevalens.studies.probe import Features, ProbeRecord, fit_probe
from prevalens.studies.probe_model import save_probe
from prevalens.studies.study_plan import StudyPlan
from prevalens.studies.study_runner import StudyRunner, rivals_of
from prevalens.studies.tapped_network import TappedNetwork, tap_network
from prevalens.studies.time_budget import say_time
from prevalens.typing import Flags

Say = Callable[[str], None]


class StudySummary(Record, frozen=True, kw_only=True):
    """What a study found, beside its report.

    Args:
        estimates: By name, estimates as plain values: `auroc` over all held-out images,
            `auroc_within_folds` (the mean of the models), `sensitivity` and `specificity` of the
            decisions, each by the threshold of the fold that held the image out.
        baselines: By baseline, its `auroc`.
        threshold: Threshold of the saved model.
        folds: What each fold chose.
        patients: Where patients are the unit: their `estimates` (`brier` of the recalibrated
            risks), the `threshold` of the saved model's pooled scores, and by class how many are
            `not_classifiable`; else None.
        files: What stands in the folder, and what it is.

    Examples:
        >>> summary = StudySummary(
        ...     estimates={"auroc": {"value": 0.93}}, baselines={"thumbnail": {"auroc": 0.7}},
        ...     threshold=0.4, folds=[], files={"report.html": "the report"},
        ... )
        >>> summary.to_dict()["threshold"]
        0.4
    """

    FORMAT: ClassVar[str] = "prevalens study"
    estimates: dict[str, dict[str, Any]]
    baselines: dict[str, dict[str, Any]]
    threshold: float
    folds: list[dict[str, Any]]
    files: dict[str, str]
    patients: dict[str, Any] | None = None


@dataclass(frozen=True, eq=False)
class Study:
    """A study that was run.

    Args:
        folder: Where its files are.
        predictions: Held-out predictions.
        is_positive: Decision on each held-out image, by the threshold of its own fold.
        patients: Decisions on held-out patients, where they are the unit; else None.
        report: The clinical report.
        summary: What was found.
    """

    folder: Path
    predictions: Predictions
    is_positive: Flags
    patients: PatientDecisions | None
    report: ClinicalReport
    summary: StudySummary


FILES = {
    "plan.json": "every choice with its reason",
    "predictions.csv": "the held-out score of each image",
    "report.html": "the clinical report",
    "report.json": "the same, for programs",
    "model.keras": "the classifier, fitted on every image that may be trained on",
    "suspects.csv": "images whose label the held-out scores contradict, to look at",
    "study.json": "this summary",
}
PATIENTS = {"patients.csv": "the held-out score, risk and decision of each patient"}


def run_study(
    cohort: Cohort,
    plan: StudyPlan,
    folder: str | os.PathLike[str],
    *,
    part: str | None = None,
    prevalence: float | None = None,
    n_jobs: int = 1,
    say: Say | None = None,
) -> Study:
    """Run a planned study; killed at any moment, the same call goes on and ends the same.

    Args:
        cohort: The cohort that `plan` returned beside the plan.
        plan: The plan, as it was made or edited.
        folder: Folder of the run; one that holds another study is refused.
        part: Covariate that names the parts, where the plan's evaluation is `"given part"`.
        prevalence: Prevalence where the model will be used, in (0, 1), for the report.
        n_jobs: Folds fitted at once, by joblib.
        say: Called with a sentence at each step.

    Raises:
        InvalidInputError: the plan is of another cohort, the folder of another study, or an
            argument breaks its rule; or some fold leaves too few patients to choose anything on.
        UnreadableImageError: an image cannot be read.
    """
    check_kind("cohort", cohort, Cohort)
    check_kind("plan", plan, StudyPlan)
    root, say, begun = Path(check_path("folder", folder)), say or _quiet, time.monotonic()
    check_choices(
        cohort, plan.evaluation, plan.head, part=part, pooling=plan.pooling, seed=plan.seed
    )
    _check_same(cohort, plan, root)
    say(f"features of {len(cohort)} images ({plan.network.weights})")
    network = _network(plan)
    features = network_features(cohort, network, store=FeatureStore(root / "features"))
    say("held-out scores")
    runner = StudyRunner(cohort, plan, part, n_jobs)
    predictions, decided, records, crossed = runner.run(features, root / "folds", plan.head)
    predictions.save(root / "predictions.csv")
    _save_suspects(predictions, root / "suspects.csv")
    say("baselines")
    rivals = rivals_of(runner, root / "baselines")
    say("the model on every image")
    train = runner.trained_rows()
    pooling = None if plan.pooling is None else plan.pooling.pooling
    asked: dict[str, Any] = {"head": plan.head, "threshold": plan.threshold, "pooling": pooling}
    final = fit_probe(features, cohort, train, **asked, seed=plan.seed)
    save_probe(final, network, cohort, train, root / "model.keras")
    patients = None if pooling is None else decide_patients(predictions, pooling, _rules(records))
    _save_patients(patients, root / "patients.csv")
    report = _reported(runner, predictions, records, rivals, prevalence)
    report.save(root / "report.html")
    report.save(root / "report.json")
    summary = StudySummary(
        estimates=_plain(_estimates(predictions, decided, crossed)),
        baselines={name: _auroc(rival).to_dict() for name, rival in rivals.items()},
        threshold=final.record.threshold,
        folds=[record.to_dict() for record in records],
        files=FILES | (PATIENTS if patients is not None else {}),
        patients=_of_patients(patients, final.record.patients),
    )
    summary.save(root / "study.json")
    say_time(plan.budget, time.monotonic() - begun, say)
    return Study(root, predictions, decided, patients, report, summary)


def _rules(records: Sequence[ProbeRecord]) -> list[PatientRule]:
    return [record.patients for record in records if record.patients is not None]


def _reported(
    runner: StudyRunner,
    predictions: Predictions,
    records: Sequence[ProbeRecord],
    rivals: Mapping[str, Predictions],
    prevalence: float | None,
) -> ClinicalReport:
    plan, rules = runner.plan, _rules(records)
    return ClinicalReport(
        predictions,
        threshold=_point(records),
        patient_score=None if plan.pooling is None else plan.pooling.pooling,
        patient_threshold=_point(rules) if rules else None,
        prevalence=prevalence,
        baselines=rivals or None,
        partition=runner.partition,
        cohort=None if runner.partition is None else runner.cohort,
        title=f"{plan.positive}: held-out images",
        seed=plan.seed,
    )


def _network(plan: StudyPlan) -> TappedNetwork:
    return tap_network(
        plan.network.weights,
        layers=plan.network.layers,
        image_size=plan.network.image_size,
        preprocessing=plan.network.preprocessing,
    )


def _of_patients(
    patients: PatientDecisions | None, rule: PatientRule | None
) -> dict[str, Any] | None:
    """Return what the summary says of patients; None where images are the unit."""
    if patients is None or rule is None:
        return None
    return {
        "estimates": _plain(_patient_estimates(patients)),
        "threshold": rule.threshold,
        "not_classifiable": patients.not_classifiable,
    }


def _point(made: Sequence[ProbeRecord] | Sequence[PatientRule]) -> OperatingPoint:
    """Return one threshold for the report of what the folds decided by their own."""
    thresholds, rules = [one.threshold for one in made], [one.rule for one in made]
    return median_point(thresholds, rules, promise=made[0].promise)


def _save_suspects(predictions: Predictions, path: Path) -> None:
    """Write the images whose label held-out scores contradict, the most suspicious first."""
    found = find_label_errors(predictions.scores, predictions.labels)
    names, columns = np.asarray(predictions.classes), {}
    for name in ("images", "patients"):
        if (column := getattr(predictions, name)) is not None:
            columns[name.removesuffix("s")] = column[found.rows].tolist()
    columns |= {
        "label": names[found.labels].tolist(),
        "suggested": names[found.suggested].tolist(),
        "score": predictions.scores[found.rows].tolist(),
    }
    write_columns(path, columns)


def _save_patients(patients: PatientDecisions | None, path: Path) -> None:
    """Write a row a patient, where patients are the unit."""
    if patients is None:
        return
    pooled = patients.pooled
    whose = [] if pooled.patients is None else pooled.patients.tolist()
    columns = {
        "patient": whose,
        "label": np.asarray(pooled.classes)[pooled.labels].tolist(),
        "score": pooled.scores.tolist(),
        "risk": patients.risks.tolist(),
        "predicted": np.asarray(pooled.classes)[patients.is_positive.astype(int)].tolist(),
    }
    write_columns(path, columns)


def _patient_estimates(patients: PatientDecisions) -> dict[str, Estimate]:
    pooled = patients.pooled
    found = _estimates(pooled, patients.is_positive, None)
    found["brier"] = brier(pooled.labels, patients.risks, patients=pooled.patients)
    return {name: replace(one, unit="patient") for name, one in found.items()}


def network_features(
    cohort: Cohort, network: TappedNetwork, *, store: FeatureStore | None = None
) -> Features:
    """Return the pooled maps of each tapped layer, for every image of the cohort.

    Args:
        cohort: The cohort.
        network: The tapped network.
        store: Keeps what is computed.

    Returns:
        By layer, features `(n_rows, n_channels)`.
    """
    values = extract_features(
        cohort, network.model, store=store, preprocessing=network.preprocessing
    ).values
    return {layer: values[:, place] for layer, place in network.places.items()}


def _check_same(cohort: Cohort, plan: StudyPlan, root: Path) -> None:
    if plan.cohort_fingerprint != cohort.fingerprint:
        raise InvalidInputError(
            f"The plan is of another cohort (fingerprint {plan.cohort_fingerprint[:12]}..., this "
            f"one has {cohort.fingerprint[:12]}...). Plan anew for this one."
        )
    path = root / "plan.json"
    if path.exists():
        if StudyPlan.load(path) != plan:
            raise InvalidInputError(
                f"{root} holds another study: its plan.json differs. Name another folder, or "
                "remove this one."
            )
    else:
        write_json(path, plan.to_dict())


def _estimates(
    predictions: Predictions, decided: Flags, crossed: CrossPredictions | None
) -> dict[str, Estimate]:
    found = {"auroc": _auroc(predictions)}
    if crossed is not None:
        found["auroc_within_folds"] = crossed.within_folds("auroc")
    at = confusion_estimates(predictions.labels, decided, patients=predictions.patients)
    return found | {name: at[name] for name in ("sensitivity", "specificity", "ppv", "npv")}


def _auroc(predictions: Predictions) -> Estimate:
    return auroc(predictions.labels, predictions.scores, patients=predictions.patients)


def _plain(estimates: Mapping[str, Estimate]) -> dict[str, dict[str, Any]]:
    return {name: estimate.to_dict() for name, estimate in estimates.items()}


def _quiet(text: str) -> None:
    """Say nothing."""
    del text
