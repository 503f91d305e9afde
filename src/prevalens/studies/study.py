"""Run a planned study into one folder: features, held-out scores, model and report."""

import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras

from prevalens._checks import check_kind, check_path
from prevalens._writing import write_json
from prevalens.callbacks.run_identity import relevant_versions
from prevalens.callbacks.run_lock import RunLock
from prevalens.cohorts.cohort import Cohort
from prevalens.cohorts.multilabel_cohort import MultilabelCohort
from prevalens.exceptions import InvalidInputError
from prevalens.features.extraction import extract_features
from prevalens.features.feature_store import FeatureStore
from prevalens.features.learning_curve import LearningCurve
from prevalens.metrics.estimate import Estimate
from prevalens.predictions.predictions import Predictions
from prevalens.reports.clinical_report import ClinicalReport
from prevalens.studies.binary_results import binary_results
from prevalens.studies.class_results import class_results
from prevalens.studies.decision_rules import PatientDecisions, PatientRule
from prevalens.studies.head_search import Features
from prevalens.studies.held_out import check_choices
from prevalens.studies.held_out_scores import HeldOutScores
from prevalens.studies.label_probe import LabelProbe
from prevalens.studies.label_results import label_results
from prevalens.studies.plan_facts import names_of
from prevalens.studies.probe import Probe
from prevalens.studies.probe_model import save_probe
from prevalens.studies.study_curve import save_curve, study_curve
from prevalens.studies.study_plan import StudyPlan
from prevalens.studies.study_results import StudyResults
from prevalens.studies.study_runner import AnyProbe, StudyRunner, rivals_of
from prevalens.studies.study_summary import StudySummary
from prevalens.studies.study_tables import save_patients, save_suspects
from prevalens.studies.tapped_network import TappedNetwork, tap_network
from prevalens.studies.time_budget import say_time
from prevalens.typing import Flags

Say = Callable[[str], None]


@dataclass(frozen=True, eq=False)
class Study:
    """A study that was run.

    Args:
        folder: Where its files are.
        predictions: Held-out predictions.
        is_positive: Decision on each held-out image, by the threshold of its own fold, of labels
            `(n_rows, n_labels)`; None of several classes, of which the one with the highest score
            is predicted.
        patients: Decisions on held-out patients, where they are the unit; else None.
        report: The clinical report.
        summary: What was found.
    """

    folder: Path
    predictions: Predictions
    is_positive: Flags | None
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
CURVE = {"learning_curve.csv": "AUROC by the number of patients trained on"}
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
        prevalence: Prevalence where the model will be used, in (0, 1), for the report; of two
            classes alone.
        n_jobs: Folds fitted at once, by joblib.
        say: Called with a sentence at each step.

    Raises:
        InvalidInputError: the plan is of another cohort, the folder of another study, of other
            pictures or weights, or in use by another process, or an argument breaks its rule; or
            some fold leaves too few patients to choose anything on.
        UnreadableImageError: an image cannot be read.
    """
    check_kind("cohort", cohort, Cohort)
    check_kind("plan", plan, StudyPlan)
    _check_asked(cohort, plan, prevalence)
    root, say, begun = Path(check_path("folder", folder)), say or _quiet, time.monotonic()
    check_choices(
        cohort, plan.evaluation, plan.head, part=part, pooling=plan.pooling, seed=plan.seed
    )
    with RunLock(root / "study"):
        _check_same(cohort, plan, root)
        say(f"features of {len(cohort)} images ({plan.network.weights})")
        network = _network(plan)
        features = network_features(cohort, network, store=FeatureStore(root / "features"))
        say("held-out scores")
        runner = StudyRunner(cohort, plan, part, n_jobs, backend=keras.backend.backend())
        held = runner.run(features, root / "folds", plan.head)
        held.predictions.save(root / "predictions.csv")
        save_suspects(held.predictions, root / "suspects.csv")
        say("baselines")
        rivals = rivals_of(runner, root / "baselines")
        say("the model on every image")
        train = runner.trained_rows()
        final = runner.fit(features, train, plan.head, plan.seed)
        save_probe(final, network, cohort, train, root / "model.keras")
        curve = _curve(runner, features, final, say)
        found = _results(runner, held, rivals, prevalence=prevalence, curve=curve)
        if curve is not None:
            save_curve(curve, root / "learning_curve.csv")
        if found.patients is not None:
            save_patients(found.patients, root / "patients.csv")
        found.report.save(root / "report.html")
        found.report.save(root / "report.json")
        of_two = final.record if isinstance(final, Probe) else None
        summary = StudySummary(
            estimates=_plain(found.estimates),
            baselines=_plain(found.baselines),
            threshold=None if of_two is None else of_two.threshold,
            folds=[record.to_dict() for record in held.records],
            files=_files(patients=found.patients is not None, curve=curve is not None),
            patients=_of_patients(found, None if of_two is None else of_two.patients),
            labels=_of_labels(found, final),
            backend=runner.backend,
            versions=relevant_versions(str(runner.backend)),
        )
        summary.save(root / "study.json")
        say_time(plan.budget, time.monotonic() - begun, say)
        return Study(
            root, held.predictions, found.is_positive, found.patients, found.report, summary
        )


def _results(
    runner: StudyRunner,
    held: HeldOutScores,
    rivals: Mapping[str, Predictions],
    *,
    prevalence: float | None,
    curve: LearningCurve | None,
) -> StudyResults:
    """Return what the study found, by the kind that its plan is of."""
    if runner.plan.of_labels:
        return label_results(runner, held, rivals)
    if runner.plan.several:
        return class_results(runner, held, rivals, curve=curve)
    return binary_results(runner, held, rivals, prevalence=prevalence, curve=curve)


def _files(*, patients: bool, curve: bool) -> dict[str, str]:
    return FILES | (PATIENTS if patients else {}) | (CURVE if curve else {})


def _curve(
    runner: StudyRunner, features: Features, final: AnyProbe, say: Say
) -> LearningCurve | None:
    """Return the learning curve that the plan asks for, written down; say why there is none."""
    if runner.plan.learning_curve is None:
        return None
    say("whether more patients would help")
    curve, why_not = study_curve(runner, features, final.record)
    if curve is None:
        say(why_not)
    return curve


def _of_patients(found: StudyResults, rule: PatientRule | None) -> dict[str, Any] | None:
    """Return what the summary says of patients; None where images are the unit."""
    if found.patients is None or found.patient_estimates is None or rule is None:
        return None
    return {
        "estimates": _plain(found.patient_estimates),
        "threshold": rule.threshold,
        "not_classifiable": found.patients.not_classifiable,
    }


def _of_labels(found: StudyResults, final: AnyProbe) -> dict[str, Any] | None:
    """Return what the summary says of each label; None where an image has one class."""
    if found.labels is None or not isinstance(final, LabelProbe):
        return None
    chosen = final.record.labels
    return {
        name: {"estimates": _plain(estimates), "threshold": chosen[name].threshold}
        for name, estimates in found.labels.items()
    }


def _network(plan: StudyPlan) -> TappedNetwork:
    return tap_network(
        plan.network.weights,
        layers=plan.network.layers,
        image_size=plan.network.image_size,
        preprocessing=plan.network.preprocessing,
    )


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


def _check_asked(cohort: Cohort, plan: StudyPlan, prevalence: float | None) -> None:
    if plan.several and prevalence is not None:
        raise InvalidInputError(
            f"`prevalence` is of two classes, got {prevalence!r} and {plan.class_names}. Leave it "
            "out; `load_classifier(...)(images, prevalence=...)` takes a share of each class."
        )
    if plan.of_labels and prevalence is not None:
        raise InvalidInputError(
            f"`prevalence` is of two classes, got {prevalence!r} and the labels "
            f"{plan.label_names}. Leave it out; `load_classifier(...)(images, prevalence=...)` "
            "takes a share of each label."
        )
    several = isinstance(cohort, MultilabelCohort)
    if (plan.several, plan.of_labels) != (len(cohort.classes) > 2, several):
        raise InvalidInputError(
            f"The plan is of {plan.subject!r}, the cohort of "
            f"{list(names_of(cohort))}. Plan anew for this one."
        )


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


def _plain(estimates: Mapping[str, Estimate]) -> dict[str, dict[str, Any]]:
    return {name: estimate.to_dict() for name, estimate in estimates.items()}


def _quiet(text: str) -> None:
    """Say nothing."""
    del text
