"""Run a planned study into one folder: features, held-out scores, model and report."""

import os
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import msgspec
import numpy as np

from prevalens._checks import check_kind
from prevalens._records import Record
from prevalens._writing import write_json
from prevalens.cohorts.cohort import Cohort
from prevalens.decisions.operating_point import OperatingPoint
from prevalens.exceptions import DataWarning, InvalidInputError
from prevalens.features.extraction import extract_features
from prevalens.features.feature_store import FeatureStore
from prevalens.metrics.confusion import confusion_estimates
from prevalens.metrics.estimate import Estimate
from prevalens.metrics.ranking import auroc
from prevalens.predictions.predictions import Predictions
from prevalens.reports.clinical_report import ClinicalReport
from prevalens.splits.partition import Partition
from prevalens.splits.patient_holdout import PatientHoldout
from prevalens.studies.baselines import covariate_features, thumbnail_features
from prevalens.studies.cross_prediction import CrossPredictions, cross_predict
from prevalens.studies.fold import Fold
from prevalens.studies.probe import Features, Probe, ProbeRecord, fit_probe
from prevalens.studies.probe_model import save_probe
from prevalens.studies.study_plan import HeadChoice, StudyPlan
from prevalens.studies.tapped_network import TappedNetwork, tap_network
from prevalens.typing import Flags, Numbers, Rows

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
        files: What stands in the folder, and what it is.
    """

    FORMAT: ClassVar[str] = "prevalens study"
    estimates: dict[str, dict[str, Any]]
    baselines: dict[str, dict[str, Any]]
    threshold: float
    folds: list[dict[str, Any]]
    files: dict[str, str]


@dataclass(frozen=True, eq=False)
class Study:
    """A study that was run.

    Args:
        folder: Where its files are.
        predictions: Held-out predictions.
        is_positive: Decision on each held-out image, by the threshold of its own fold.
        report: The clinical report.
        summary: What was found.
    """

    folder: Path
    predictions: Predictions
    is_positive: Flags
    report: ClinicalReport
    summary: StudySummary


FILES = {
    "plan.json": "every choice with its reason",
    "predictions.csv": "the held-out score of each image",
    "report.html": "the clinical report",
    "report.json": "the same, for programs",
    "model.keras": "the classifier, fitted on every image that may be trained on",
    "study.json": "this summary",
}


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
            argument breaks its rule.
        UnreadableImageError: an image cannot be read.
    """
    check_kind("cohort", cohort, Cohort)
    check_kind("plan", plan, StudyPlan)
    root, say = Path(folder), say or _quiet
    _check_same(cohort, plan, root)
    say(f"features of {len(cohort)} images ({plan.network.weights})")
    network = tap_network(
        plan.network.weights,
        layers=plan.network.layers,
        image_size=plan.network.image_size,
        preprocessing=plan.network.preprocessing,
    )
    features = network_features(cohort, network, store=FeatureStore(root / "features"))
    say("held-out scores")
    runner = _Runner(cohort, plan, part, n_jobs)
    predictions, decided, records, crossed = runner.run(features, root / "folds", plan.head)
    predictions.save(root / "predictions.csv")
    say("baselines")
    rivals = _rivals(runner, root / "baselines")
    say("the model on every image")
    train = runner.trained_rows()
    final = fit_probe(
        features, cohort, train, head=plan.head, threshold=plan.threshold, seed=plan.seed
    )
    save_probe(final, network, cohort, train, root / "model.keras")
    report = ClinicalReport(
        predictions,
        threshold=_point(records),
        prevalence=prevalence,
        compare=rivals.get("thumbnail"),
        partition=runner.partition,
        cohort=None if runner.partition is None else cohort,
        title=f"{plan.positive}: held-out images",
        seed=plan.seed,
    )
    report.save(root / "report.html")
    report.save(root / "report.json")
    summary = StudySummary(
        estimates=_plain(_estimates(predictions, decided, crossed)),
        baselines={name: _auroc(rival).to_dict() for name, rival in rivals.items()},
        threshold=final.record.threshold,
        folds=[record.to_dict() for record in records],
        files=FILES,
    )
    summary.save(root / "study.json")
    return Study(root, predictions, decided, report, summary)


def _point(records: list[ProbeRecord]) -> OperatingPoint:
    """Return the threshold of the report: one number for what the folds decided by their own."""
    rule = records[0].rule
    if len(records) > 1:
        each = ", ".join(f"{record.threshold:.4g}" for record in records)
        rule = (
            f"median of the thresholds of {len(records)} folds ({each}), each chosen inside the "
            f"training patients of its fold: {rule}"
        )
    threshold = float(np.median([record.threshold for record in records]))
    promise = records[0].promise if len(records) == 1 else None
    return OperatingPoint(threshold=threshold, rule=rule, guarantee=promise, estimates={})


def _rivals(runner: "_Runner", folder: Path) -> dict[str, Predictions]:
    """Return the held-out predictions of each baseline."""
    head = _plain_head(runner.plan.head)
    with warnings.catch_warnings():
        # Nobody acts on a baseline's threshold; near chance it predicts everything positive.
        warnings.filterwarnings("ignore", message="The threshold", category=DataWarning)
        return {
            name: runner.run({name: values}, folder / name, head)[0]
            for name, values in _baselines(runner.cohort, runner.plan, runner.part).items()
        }


def _plain_head(head: HeadChoice) -> HeadChoice:
    """Return the choice of a baseline's head: no answer to imbalance but its penalty."""
    return msgspec.structs.replace(head, kinds=["logistic"], reason="a baseline")


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


class _Runner:
    """Scores held-out images by whichever features, as the plan's evaluation says."""

    def __init__(self, cohort: Cohort, plan: StudyPlan, part: str | None, n_jobs: int) -> None:
        self.cohort, self.plan, self.part, self.n_jobs = cohort, plan, part, n_jobs
        self.partition = _partition(cohort, plan, part)

    def trained_rows(self) -> Rows:
        """Return the rows that the saved model may be fitted on."""
        if self.partition is None:
            return np.arange(len(self.cohort))
        return np.union1d(self.partition.train, self.partition.validation)

    def run(
        self, features: Features, folder: Path, head: HeadChoice
    ) -> tuple[Predictions, Flags, list[ProbeRecord], CrossPredictions | None]:
        """Return held-out predictions, decisions, and what the folds chose."""
        build = _Build(features, head, self.plan)
        plan = self.plan
        if self.partition is None:
            made = cross_predict(
                self.cohort,
                build,
                n_splits=plan.evaluation.n_splits,
                seed=plan.seed,
                folder=folder,
                settings={"plan": plan.to_dict(), "layers": sorted(features)},
                n_jobs=self.n_jobs,
            )
            folds = made.folds[0]
            names = [f"repeat-0-fold-{number}" for number in range(plan.evaluation.n_splits)]
            records = [ProbeRecord.load(folder / name / "probe.json") for name in names]
            bounds = np.array([record.threshold for record in records])[folds]
            return made.predictions, made.predictions.scores >= bounds, records, made
        fold = Fold(0, 0, plan.seed, self.partition, folder)
        probe = build(self.cohort, fold)
        rows = self.partition.test
        predictions = Predictions.of(self.cohort, rows, probe.predict(self.cohort, rows))
        decided = predictions.scores >= probe.probe.record.threshold
        return predictions, decided, [probe.probe.record], None


def _partition(cohort: Cohort, plan: StudyPlan, part: str | None) -> Partition | None:
    kind = plan.evaluation.kind
    if kind == "cross-fitting":
        return None
    if kind == "test part":
        return PatientHoldout(validation=0.0, test=plan.evaluation.test, seed=plan.seed).partition(
            cohort
        )
    if part is None:
        raise InvalidInputError("The plan takes parts from a column: name it in `part`.")
    # Counts the patients that cross, and warns of them: a public split may leak.
    given = Partition.of(cohort, column=part)
    if not len(given.test) or not len(given.train):
        raise InvalidInputError(
            f"Column {part!r} must name rows to train on and rows to test on, got "
            f"{len(given.train)} and {len(given.test)}."
        )
    return given


@dataclass(frozen=True, eq=False)
class _Build:
    """Fits a probe on a fold, and keeps what it chose in the fold's folder."""

    features: Features
    head: HeadChoice
    plan: StudyPlan

    def __call__(self, cohort: Cohort, fold: Fold) -> "_ProbeModel":
        rows = np.union1d(fold.partition.train, fold.partition.validation)
        probe = fit_probe(
            self.features,
            cohort,
            rows,
            head=self.head,
            threshold=self.plan.threshold,
            seed=fold.seed,
        )
        if fold.folder is not None:
            probe.record.save(fold.folder / "probe.json")
        return _ProbeModel(self.features, probe)


@dataclass(frozen=True, eq=False)
class _ProbeModel:
    features: Features
    probe: Probe

    def predict(self, cohort: Cohort, rows: Rows) -> Numbers:  # noqa: ARG002 - features know theirs
        """Return the score of each row."""
        part = {layer: values[rows] for layer, values in self.features.items()}
        return self.probe.scores(part)


def _baselines(cohort: Cohort, plan: StudyPlan, part: str | None) -> Features:
    made = {}
    if "thumbnail" in plan.baselines:
        made["thumbnail"] = thumbnail_features(cohort)
    if "covariates" in plan.baselines:
        without = [] if part is None else [part]
        made["covariates"] = covariate_features(cohort, without=without)
    return made


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
