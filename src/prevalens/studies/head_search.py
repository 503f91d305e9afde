"""Choose layers, answer to imbalance and penalties of heads by inner folds of patients; pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, logit, softmax

from prevalens.exceptions import ImpossibleSplitError
from prevalens.features.cross_fitted_head import cross_fit_head
from prevalens.features.feature_head import FeatureHead, fit_head
from prevalens.metrics.calibration import log_loss
from prevalens.metrics.ranking import auroc
from prevalens.studies.held_out import some_patients
from prevalens.studies.plan_choices import HeadChoice
from prevalens.typing import Labels, Rows, Scores, Texts

Features = Mapping[str, np.ndarray[Any, np.dtype[np.float32]]]
_WORTH = 0.002  # AUROC by which another answer to imbalance must win: ties go to the plainest
LEAST = 1e-12  # of a score, so that its logarithm is finite


@dataclass(frozen=True, eq=False)
class HeadSearch:
    """Heads that were chosen and fitted, and on what grounds.

    Args:
        heads: By layer, the head fitted on all rows.
        kind: Kind of the heads.
        penalties: Penalty of each.
        inner: Mean score of each row by heads of inner folds that never saw its patient, shape
            `(n_rows,)`, of several classes `(n_rows, n_classes)`.
        inner_auroc: AUROC of `inner`; of several classes the mean over classes.
        layer_losses: Log loss on inner folds by layer.
        kind_aurocs: AUROC on inner folds by kind, on the images that kinds were compared on.
    """

    heads: Mapping[str, FeatureHead]
    kind: str
    penalties: list[float]
    inner: Scores
    inner_auroc: float
    layer_losses: dict[str, float]
    kind_aurocs: dict[str, float]


def search_heads(
    features: Features,
    labels: Labels,
    patients: Texts,
    rows: Rows,
    *,
    head: HeadChoice,
    n_classes: int = 2,
    once: bool = False,
    seed: int,
) -> HeadSearch:
    """Choose layers, answer to imbalance and penalties by inner folds; fit on all of `rows`.

    Args:
        features: By layer, features of every row of the cohort, `(n_rows, n_features)`.
        labels: Class of every row, from 0, shape `(n_rows,)`.
        patients: Patient of every row, shape `(n_rows,)`.
        rows: Rows to train on.
        head: What may be chosen.
        n_classes: Number of classes.
        once: Whether a patient counts once in the heads, whatever its images.
        seed: Seed of the inner folds.

    Raises:
        ImpossibleSplitError: a class comes from one patient alone, so there are no inner folds.
    """
    some = rows[some_patients(labels[rows], patients[rows], at_most=head.at_most, seed=seed)]
    settings: dict[str, Any] = {"penalties": head.penalties, "n_folds": head.inner_folds}
    settings |= {"seed": seed}
    part = _Rows(features, labels, patients, some, n_classes, seed, once)
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
        kind: _rank(labels[some], averaged(part.inner(of)))
        for kind, of in (heads.items() if len(heads) > 1 else ())
    }
    kind = _plainest(tried) if tried else str(head.kinds[0])
    own = heads[kind]
    every = _Rows(features, labels, patients, rows, n_classes, seed, once)
    inner = averaged(every.inner(own))
    return HeadSearch(
        heads=own if len(some) == len(rows) else every.refitted(own),
        kind=kind,
        penalties=[float(np.max(one.penalty)) for one in own.values()],
        inner=inner,
        inner_auroc=_rank(labels[rows], inner),
        layer_losses=losses,
        kind_aurocs=tried,
    )


def averaged(scores: Sequence[Scores]) -> Scores:
    """Return the scores whose logit, of several classes log, is the mean of the logits."""
    if len(scores) == 1:
        return scores[0]
    inside = np.clip(scores, LEAST, 1 - LEAST)
    if inside.ndim == 2:
        return np.asarray(expit(logit(inside).mean(axis=0)))
    return np.asarray(softmax(np.log(inside).mean(axis=0), axis=1))


@dataclass(frozen=True, eq=False)
class _Rows:
    """Rows of a study that inner folds are made of."""

    features: Features
    labels: Labels
    patients: Texts
    rows: Rows
    n_classes: int
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
        """Return scores of inner folds over patients, by heads of the kinds and penalties given."""
        labels, patients = self.labels[self.rows], self.patients[self.rows]
        rarer = min(np.unique(patients[labels == code]).size for code in range(self.n_classes))
        if rarer < 2:
            raise ImpossibleSplitError(
                "Inner folds need two patients of each class among those trained on, got "
                f"{rarer}. Use fewer outer folds, or collect more patients."
            )
        settings: dict[str, Any] = {"weights": self.weights, "n_splits": min(4, rarer)}
        return [
            cross_fit_head(
                self.features[layer][self.rows],
                labels,
                patients,
                kind=head.kind,
                penalties=[float(np.max(head.penalty))],
                seed=self.seed,
                **settings,
            ).scores
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
    losses = [_loss(truth, averaged(scores[: count + 1])) for count in range(len(names))]
    return names[: int(np.argmin(losses)) + 1]


def _loss(labels: Labels, scores: Scores) -> float:
    if scores.ndim == 1:
        return log_loss(labels, scores).value or 0.0
    own = scores[np.arange(len(labels)), labels]
    return float(-np.log(np.maximum(own, LEAST)).mean())


def _rank(labels: Labels, scores: Scores) -> float:
    """Return the AUROC; of several classes its mean over them, each against the rest."""
    if scores.ndim == 1:
        return float(auroc(labels, scores).value or 0.0)
    each = [_rank(labels == code, column) for code, column in enumerate(scores.T)]
    return float(np.mean(each))


def _plainest(tried: Mapping[str, float]) -> str:
    best = max(tried.values())
    return next(kind for kind, value in tried.items() if value >= best - _WORTH)
