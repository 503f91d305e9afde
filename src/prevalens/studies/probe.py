"""Fit one fold's model on features, everything chosen inside its training patients; pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from prevalens._records import Record, Share
from prevalens._threads import one_blas_thread
from prevalens.cohorts.cohort import Cohort
from prevalens.decisions.recalibration import Recalibration
from prevalens.features.feature_head import FeatureHead
from prevalens.predictions.patient_pooling import PatientPooling
from prevalens.predictions.predictions import Predictions
from prevalens.studies.decision_rules import (
    PatientRule,
    platt_or_none,
    point_of,
    rule_for_patients,
)
from prevalens.studies.head_search import Features, averaged, search_heads
from prevalens.studies.held_out import study_labels
from prevalens.studies.plan_choices import HeadChoice, ThresholdChoice
from prevalens.typing import Rows, Scores


class ProbeRecord(Record, frozen=True, kw_only=True):
    """What one fold chose, and on what grounds.

    Args:
        layers: Layers whose heads are averaged.
        kind: Kind of the heads.
        penalties: Penalty of each head.
        inner_auroc: AUROC of the inner out-of-fold scores; None where there are none.
        layer_losses: Log loss on inner folds by layer.
        kind_aurocs: AUROC on inner folds by kind, on the images that kinds were compared on.
        threshold: Threshold on recalibrated scores.
        rule: How the threshold was chosen.
        promise: What it promises of new patients, or None.
        patients: The rule for patients, where they are the unit.
        recalibrated: Whether scores went through Platt's map of the inner scores; not where these
            rank no better than chance, or part the classes without overlap.
    """

    FORMAT: ClassVar[str] = "prevalens probe"
    layers: list[str]
    kind: str
    penalties: list[float]
    inner_auroc: float | None
    layer_losses: dict[str, float]
    kind_aurocs: dict[str, float]
    threshold: Share
    rule: str
    promise: str | None
    recalibrated: bool
    patients: PatientRule | None = None


@dataclass(frozen=True, eq=False)
class Probe:
    """Heads on the features of layers, their logits averaged, with recalibration and threshold.

    Args:
        heads: The fitted head of each layer.
        recalibration: Platt's map of its scores; None where inner scores rank no better than
            chance, so that a map would turn them round, or part the classes, so that none exists.
        record: What was chosen, and on what grounds.
    """

    heads: Mapping[str, FeatureHead]
    recalibration: Recalibration | None
    record: ProbeRecord

    def scores(self, features: Features) -> Scores:
        """Return the recalibrated score of each row of features, shape `(n_rows,)`."""
        raw = averaged([head.scores(features[layer]) for layer, head in self.heads.items()])
        return raw if self.recalibration is None else self.recalibration.correct(raw)


def fit_probe(
    features: Features,
    cohort: Cohort,
    rows: Rows,
    *,
    head: HeadChoice,
    threshold: ThresholdChoice,
    pooling: PatientPooling | None = None,
    seed: int,
) -> Probe:
    """Choose layers, answer to imbalance and penalties by inner folds; fit on all of `rows`.

    Layers and kind are compared on some `head.at_most` images of whole patients. Layers are
    ranked by the log loss of the plain head; of the first `head.averaged` so many are averaged
    as give their mean logit the least log loss. Kinds are compared by AUROC, each at its own
    penalty; of those within 0.002 the first is taken. The scores of inner folds over all rows then
    give Platt's map and the threshold. Where patients are the unit, each counts once in the heads,
    whatever its images, and has a rule of its own on pooled scores.

    Args:
        features: By layer, features of every row of the cohort, `(n_rows, n_features)`.
        cohort: The cohort, of two classes.
        rows: Rows to train on.
        head: What may be chosen.
        threshold: The rule of the threshold.
        pooling: How images are pooled, where patients are the unit.
        seed: Seed of the inner folds.

    Raises:
        ImpossibleSplitError: a class comes from one patient alone, so there are no inner folds.
    """
    codes, patients = study_labels(cohort), cohort.patients
    with one_blas_thread():
        found = search_heads(
            features, codes, patients, rows, head=head, once=pooling is not None, seed=seed
        )
        chosen = Predictions.of(cohort, rows, found.inner)
        recalibration = platt_or_none(chosen)
        if recalibration is not None:
            chosen = chosen.with_scores(recalibration.correct(found.inner))
        point, told = point_of(chosen, threshold)
        record = ProbeRecord(
            layers=list(found.heads),
            kind=found.kind,
            penalties=found.penalties,
            inner_auroc=found.inner_auroc,
            layer_losses=found.layer_losses,
            kind_aurocs=found.kind_aurocs,
            threshold=point.threshold,
            rule=" ".join(filter(None, (point.rule, told))),
            promise=point.guarantee,
            recalibrated=recalibration is not None,
            patients=None if pooling is None else rule_for_patients(chosen, pooling, threshold),
        )
    return Probe(found.heads, recalibration, record)
