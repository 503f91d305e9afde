"""Fit one fold's model on features, everything chosen inside its training patients; pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

import msgspec
import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, logit

from prevalens._records import Record
from prevalens._threads import one_blas_thread
from prevalens.cohorts.cohort import Cohort
from prevalens.decisions.recalibration import Recalibration
from prevalens.exceptions import ImpossibleSplitError
from prevalens.features.cross_fitted_head import cross_fit_head
from prevalens.features.feature_head import FeatureHead, fit_head
from prevalens.metrics.calibration import log_loss
from prevalens.metrics.ranking import auroc
from prevalens.predictions.patient_pooling import PatientPooling
from prevalens.predictions.predictions import Predictions
from prevalens.studies.decision_rules import (
    PatientRule,
    platt_or_none,
    point_of,
    rule_for_patients,
)
from prevalens.studies.held_out import some_patients
from prevalens.studies.study_plan import HeadChoice, ThresholdChoice
from prevalens.typing import Labels, Rows, Scores, Texts

Features = Mapping[str, np.ndarray[Any, np.dtype[np.float32]]]
_WORTH = 0.002  # AUROC by which another answer to imbalance must win: ties go to the plainest


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
    threshold: Annotated[float, msgspec.Meta(ge=0, le=1)]
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
        raw = _averaged([head.scores(features[layer]) for layer, head in self.heads.items()])
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
    with one_blas_thread():
        return _fitted(
            features, cohort, rows, head=head, threshold=threshold, pooling=pooling, seed=seed
        )


def _fitted(
    features: Features,
    cohort: Cohort,
    rows: Rows,
    *,
    head: HeadChoice,
    threshold: ThresholdChoice,
    pooling: PatientPooling | None,
    seed: int,
) -> Probe:
    labels, patients = cohort.is_positive.astype(np.int64), cohort.patients
    marked = some_patients(labels[rows] == 1, patients[rows], at_most=head.at_most, seed=seed)
    some = rows[marked]
    settings: dict[str, Any] = {"penalties": head.penalties, "n_folds": head.inner_folds}
    settings |= {"seed": seed}
    once = pooling is not None
    part = _Rows(features, labels, patients, some, seed, once)
    found = part.fitted(list(features), **settings)
    losses = {layer: min(one.inner_losses.values(), default=0.0) for layer, one in found.items()}
    ranked = sorted(losses, key=losses.__getitem__)[: head.averaged]
    layers = _best_together(part, {layer: found[layer] for layer in ranked})
    plain = {layer: found[layer] for layer in layers}
    heads: dict[str, Mapping[str, FeatureHead]] = {
        str(kind): plain if kind == "logistic" else part.fitted(layers, kind=kind, **settings)
        for kind in head.kinds
    }
    tried: dict[str, float] = {
        kind: _rank(labels[some], _averaged(part.inner(of)))
        for kind, of in (heads.items() if len(heads) > 1 else ())
    }
    kind = _plainest(tried) if tried else str(head.kinds[0])
    own = heads[kind]
    every = _Rows(features, labels, patients, rows, seed, once)
    fitted = own if len(some) == len(rows) else every.refitted(own)
    inner = _averaged(every.inner(own))
    rank = _rank(labels[rows], inner)
    chosen = Predictions.of(cohort, rows, inner)
    recalibration = platt_or_none(chosen)
    if recalibration is not None:
        chosen = chosen.with_scores(recalibration.correct(inner))
    point, told = point_of(chosen, threshold)
    record = ProbeRecord(
        layers=layers,
        kind=kind,
        penalties=[float(np.max(one.penalty)) for one in own.values()],
        inner_auroc=rank,
        layer_losses=losses,
        kind_aurocs=tried,
        threshold=point.threshold,
        rule=" ".join(filter(None, (point.rule, told))),
        promise=point.guarantee,
        recalibrated=recalibration is not None,
        patients=None if pooling is None else rule_for_patients(chosen, pooling, threshold),
    )
    return Probe(fitted, recalibration, record)


@dataclass(frozen=True, eq=False)
class _Rows:
    """Rows of a study that inner folds are made of."""

    features: Features
    labels: Labels
    patients: Texts
    rows: Rows
    seed: int
    once: bool

    @property
    def weights(self) -> NDArray[np.float64] | None:
        """What each row counts where a patient counts once; None where every image does."""
        if not self.once:
            return None
        _, codes, sizes = np.unique(
            self.patients[self.rows], return_inverse=True, return_counts=True
        )
        return np.asarray(1 / sizes[codes])

    def inner(self, heads: Mapping[str, FeatureHead]) -> list[Scores]:
        """Return the inner out-of-fold scores of each layer's head."""
        at = self.rows
        return [
            _inner(
                self.features[layer][at],
                self.labels[at],
                self.patients[at],
                head,
                weights=self.weights,
                seed=self.seed,
            )
            for layer, head in heads.items()
        ]

    def fitted(self, layers: Sequence[str], **settings: Any) -> dict[str, FeatureHead]:
        """Return the head of each layer, fitted on the rows."""
        at = self.rows
        return {
            layer: fit_head(
                self.features[layer][at],
                self.labels[at],
                self.patients[at],
                weights=self.weights,
                **settings,
            )
            for layer in layers
        }

    def refitted(self, heads: Mapping[str, FeatureHead]) -> dict[str, FeatureHead]:
        """Return heads of the same kinds and penalties, fitted on the rows."""
        made: dict[str, FeatureHead] = {}
        for layer, one in heads.items():
            penalties = [float(np.max(one.penalty))]
            made |= self.fitted([layer], kind=one.kind, penalties=penalties, seed=self.seed)
        return made


def _best_together(part: _Rows, ranked: Mapping[str, FeatureHead]) -> list[str]:
    """Return as many of the ranked layers as give their mean logit the least log loss."""
    names = list(ranked)
    if len(names) == 1:
        return names
    scores, truth = part.inner(ranked), part.labels[part.rows]
    losses = [
        log_loss(truth, _averaged(scores[: count + 1])).value or 0.0 for count in range(len(names))
    ]
    return names[: int(np.argmin(losses)) + 1]


def _averaged(scores: Sequence[Scores]) -> Scores:
    """Return the scores whose logit is the mean of the logits."""
    if len(scores) == 1:
        return scores[0]
    inside = np.clip(scores, 1e-12, 1 - 1e-12)
    return np.asarray(expit(logit(inside).mean(axis=0)))


def _inner(
    values: Any,
    labels: Any,
    patients: Texts,
    head: FeatureHead,
    *,
    weights: NDArray[np.float64] | None,
    seed: int,
) -> Scores:
    """Return scores of inner folds over patients, by heads of the kind and penalty of `head`."""
    rarer = min(np.unique(patients[labels == code]).size for code in (0, 1))
    if rarer < 2:
        raise ImpossibleSplitError(
            "Inner folds need two patients of each class among those trained on, got "
            f"{rarer}. Use fewer outer folds, or collect more patients."
        )
    penalties = [float(np.max(head.penalty))]
    settings: dict[str, Any] = {"kind": head.kind, "penalties": penalties, "seed": seed}
    settings["weights"] = weights
    made = cross_fit_head(values, labels, patients, n_splits=min(4, rarer), **settings)
    return made.scores


def _rank(labels: Any, scores: Scores) -> float:
    return float(auroc(labels, scores).value or 0.0)


def _plainest(tried: Mapping[str, float]) -> str:
    best = max(tried.values())
    return next(kind for kind, value in tried.items() if value >= best - _WORTH)
