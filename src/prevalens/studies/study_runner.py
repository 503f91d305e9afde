"""The folds of a study, or its one test part, for the model and for its baselines alike; pure."""

import hashlib
import warnings
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from prevalens.cohorts.cohort import Cohort
from prevalens.cohorts.left_out import LeftOut
from prevalens.cohorts.multilabel_cohort import MultilabelCohort
from prevalens.exceptions import DataWarning
from prevalens.predictions.predictions import Predictions
from prevalens.studies.baselines import covariate_features, thumbnail_features
from prevalens.studies.class_probe import ClassProbe, ClassProbeRecord, fit_class_probe
from prevalens.studies.cross_prediction import cross_predict
from prevalens.studies.fold import Fold
from prevalens.studies.head_search import Features
from prevalens.studies.held_out import held_out_part, training_rows
from prevalens.studies.held_out_scores import AnyProbeRecord, HeldOutScores
from prevalens.studies.label_probe import LabelProbe, LabelProbeRecord, fit_label_probe
from prevalens.studies.plan_choices import HeadChoice
from prevalens.studies.probe import Probe, ProbeRecord, fit_probe
from prevalens.studies.study_plan import StudyPlan
from prevalens.typing import Numbers, Rows

AnyProbe = Probe | ClassProbe | LabelProbe


class StudyRunner:
    """Scores held-out images by whichever features, as the plan's evaluation says.

    Args:
        cohort: The cohort.
        plan: The plan.
        part: Covariate that names the parts, or None.
        n_jobs: Folds fitted at once.
        backend: Keras' backend that computed the features; folds of another are not taken.

    Attributes:
        partition: The one partition of a study with a test part; None where it is cross-fitted.
    """

    def __init__(
        self,
        cohort: Cohort,
        plan: StudyPlan,
        part: str | None,
        n_jobs: int,
        *,
        backend: str | None = None,
    ) -> None:
        self.cohort, self.plan, self.part, self.n_jobs = cohort, plan, part, n_jobs
        self.backend = backend
        self.partition = held_out_part(cohort, plan.evaluation, part=part, seed=plan.seed)

    def trained_rows(self) -> Rows:
        """Return the rows that the saved model may be fitted on."""
        if self.partition is None:
            return np.arange(len(self.cohort))
        return training_rows(self.partition)

    @property
    def left_out(self) -> Sequence[LeftOut] | None:
        """What a report must be told was left out; None where the cohort it is given tells that."""
        return None if self.partition is not None else self.cohort.left_out or None

    def fit(self, features: Features, rows: Rows, head: HeadChoice, seed: int) -> AnyProbe:
        """Return the probe of the study's kind, fitted on rows.

        Args:
            features: By layer.
            rows: Rows to train on.
            head: What may be chosen.
            seed: Seed of the inner folds.
        """
        return _Build(features, head, self.plan).fit(self.cohort, rows, seed)

    def run(self, features: Features, folder: Path, head: HeadChoice) -> HeldOutScores:
        """Return held-out predictions, and what the folds chose.

        Args:
            features: By layer.
            folder: Where each fold keeps its files.
            head: What may be chosen.
        """
        build = _Build(features, head, self.plan)
        plan = self.plan
        if self.partition is None:
            made = cross_predict(
                self.cohort,
                build,
                n_splits=plan.evaluation.n_splits,
                seed=plan.seed,
                folder=folder,
                settings={
                    "plan": plan.to_dict(),
                    "features": _digests(features),
                    "backend": self.backend,
                },
                train_prevalence=self._shares(),
                n_jobs=self.n_jobs,
            )
            names = [f"repeat-0-fold-{number}" for number in range(plan.evaluation.n_splits)]
            kind: type[AnyProbeRecord] = ClassProbeRecord if plan.several else ProbeRecord
            kind = LabelProbeRecord if plan.of_labels else kind
            records = [kind.load(folder / name / "probe.json") for name in names]
            graded = replace(made.predictions, ordered=plan.ordered)
            return HeldOutScores(graded, records, made.folds[0], made)
        fold = Fold(0, 0, plan.seed, self.partition, folder)
        probe = build(self.cohort, fold)
        rows = self.partition.test
        predictions = Predictions.of(
            self.cohort,
            rows,
            probe.predict(self.cohort, rows),
            train_prevalence=self._shares(),
            ordered=plan.ordered,
        )
        return HeldOutScores(predictions, [probe.probe.record], np.zeros(len(rows), np.int64), None)

    def _shares(self) -> list[float] | None:
        """Return the share of each of several classes or labels that scores are at; None of two."""
        if isinstance(self.cohort, MultilabelCohort):
            return np.nanmean(self.cohort.targets[self.trained_rows()], axis=0).tolist()
        if not self.plan.several:
            return None
        labels = self.cohort.labels[self.trained_rows()]
        return (np.bincount(labels, minlength=len(self.cohort.classes)) / len(labels)).tolist()


@dataclass(frozen=True, eq=False)
class _Build:
    """Fits a probe on a fold, and keeps what it chose in the fold's folder."""

    features: Features
    head: HeadChoice
    plan: StudyPlan

    def __call__(self, cohort: Cohort, fold: Fold) -> "_ProbeModel":
        probe = self.fit(cohort, training_rows(fold.partition), fold.seed)
        if fold.folder is not None:
            probe.record.save(fold.folder / "probe.json")
        return _ProbeModel(self.features, probe)

    def fit(self, cohort: Cohort, rows: Rows, seed: int) -> AnyProbe:
        """Return the probe of the plan's classes or labels, fitted on rows."""
        plan = self.plan
        if plan.threshold is None:
            return fit_class_probe(self.features, cohort, rows, head=self.head, seed=seed)
        given: Any = {"head": self.head, "threshold": plan.threshold, "seed": seed}
        if isinstance(cohort, MultilabelCohort):
            return fit_label_probe(self.features, cohort, rows, **given)
        pooling = None if plan.pooling is None else plan.pooling.pooling
        return fit_probe(self.features, cohort, rows, pooling=pooling, **given)


@dataclass(frozen=True, eq=False)
class _ProbeModel:
    features: Features
    probe: AnyProbe

    def predict(self, cohort: Cohort, rows: Rows) -> Numbers:  # noqa: ARG002 - features know theirs
        """Return the score of each row."""
        part = {layer: values[rows] for layer, values in self.features.items()}
        return self.probe.scores(part)


def _digests(features: Features) -> dict[str, str]:
    """Return what the features of each layer are: those of other pictures or weights are others."""
    return {
        layer: hashlib.sha256(np.ascontiguousarray(features[layer]).tobytes()).hexdigest()
        for layer in sorted(features)
    }


def _baselines(cohort: Cohort, plan: StudyPlan, part: str | None) -> Features:
    made = {}
    if "thumbnail" in plan.baselines:
        made["thumbnail"] = thumbnail_features(cohort)
    if "covariates" in plan.baselines:
        without = [] if part is None else [part]
        made["covariates"] = covariate_features(cohort, without=without)
    return made


def rivals_of(runner: StudyRunner, folder: Path) -> dict[str, Predictions]:
    """Return the held-out predictions of each baseline.

    Args:
        runner: What runs the study.
        folder: Where the folds of the baselines are kept.
    """
    head = _plain_head(runner.plan.head)
    with warnings.catch_warnings():
        # Nobody acts on a baseline's threshold; near chance it predicts everything positive.
        warnings.filterwarnings("ignore", message="The threshold", category=DataWarning)
        return {
            name: runner.run({name: values}, folder / name, head).predictions
            for name, values in _baselines(runner.cohort, runner.plan, runner.part).items()
        }


def _plain_head(head: HeadChoice) -> HeadChoice:
    """Return the choice of a baseline's head: no answer to imbalance but its penalty."""
    return msgspec.structs.replace(head, kinds=["logistic"], reason="a baseline")
