"""Fit one fold's model of several classes on features, chosen inside its training patients."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from scipy.special import softmax

from prevalens._records import Above, Record
from prevalens._threads import one_blas_thread
from prevalens.cohorts.cohort import Cohort
from prevalens.decisions.class_recalibration import fit_class_recalibration
from prevalens.exceptions import InvalidInputError
from prevalens.features.feature_head import FeatureHead
from prevalens.features.head_kinds import KINDS
from prevalens.predictions.predictions import Predictions
from prevalens.studies.head_search import LEAST, Features, averaged, search_heads
from prevalens.studies.plan_choices import HeadChoice
from prevalens.typing import Rows, Scores


class ClassProbeRecord(Record, frozen=True, kw_only=True):
    """What one fold of a study of several classes chose, and on what grounds.

    Args:
        layers: Layers whose heads are averaged.
        kind: Kind of the heads.
        penalties: Penalty of each head.
        inner_auroc: AUROC of the inner out-of-fold scores, the mean over classes.
        layer_losses: Log loss on inner folds by layer.
        kind_aurocs: The same AUROC by kind, on the images that kinds were compared on.
        shares: Share of each class among the training images, which the scores are turned to.
        temperature: What log scores are divided by; None where none was fitted, because the inner
            scores part the classes without an error, or do not go with them.
        offsets: What is added to the log scores of each class after that; where no temperature
            was fitted, what Bayes' rule adds to turn a balanced head to the training shares.
    """

    FORMAT: ClassVar[str] = "prevalens class probe"
    layers: list[str]
    kind: str
    penalties: list[float]
    inner_auroc: float
    layer_losses: dict[str, float]
    kind_aurocs: dict[str, float]
    shares: list[Above]
    temperature: Above | None
    offsets: list[float]


@dataclass(frozen=True, eq=False)
class ClassProbe:
    """Heads on the features of layers, averaged, then recalibrated to natural shares.

    Args:
        heads: The fitted head of each layer.
        record: What was chosen, and on what grounds.
    """

    heads: Mapping[str, FeatureHead]
    record: ClassProbeRecord

    def scores(self, features: Features) -> Scores:
        """Return the score of each class for each row of features, `(n_rows, n_classes)`."""
        raw = averaged([head.scores(features[layer]) for layer, head in self.heads.items()])
        scaled = np.log(np.maximum(raw, LEAST)) / (self.record.temperature or 1.0)
        return np.asarray(softmax(scaled + np.asarray(self.record.offsets), axis=1))


def fit_class_probe(
    features: Features, cohort: Cohort, rows: Rows, *, head: HeadChoice, seed: int
) -> ClassProbe:
    """Choose layers, answer to imbalance and penalties by inner folds; fit on all of `rows`.

    As `fit_probe` does for two classes: layers are compared by log loss, kinds by the mean over
    classes of the AUROC. One temperature and an offset for each class are then fitted to the
    scores of inner folds, whose mean is so the share of each class in training, whatever the kind
    of the head. No threshold is chosen: the class with the highest score is predicted.

    Args:
        features: By layer, features of every row of the cohort, `(n_rows, n_features)`.
        cohort: The cohort, of three or more classes.
        rows: Rows to train on.
        head: What may be chosen.
        seed: Seed of the inner folds.

    Raises:
        ImpossibleSplitError: a class comes from one patient alone, so there are no inner folds.
    """
    labels, k = cohort.labels, len(cohort.classes)
    with one_blas_thread():
        found = search_heads(
            features, labels, cohort.patients, rows, head=head, n_classes=k, seed=seed
        )
    shares = np.bincount(labels[rows], minlength=k) / len(rows)
    temperature, offsets = _map_of(Predictions.of(cohort, rows, found.inner), found.kind, shares)
    record = ClassProbeRecord(
        layers=list(found.heads),
        kind=found.kind,
        penalties=found.penalties,
        inner_auroc=found.inner_auroc,
        layer_losses=found.layer_losses,
        kind_aurocs=found.kind_aurocs,
        shares=shares.tolist(),
        temperature=temperature,
        offsets=offsets,
    )
    return ClassProbe(found.heads, record)


def _map_of(inner: Predictions, kind: str, shares: Scores) -> tuple[float | None, list[float]]:
    try:
        found = fit_class_recalibration(inner, method="bias_corrected")
    except InvalidInputError:
        # A balanced head is fitted as if classes were equally frequent.
        added = np.log(shares) if KINDS[kind].balanced else np.zeros(len(shares))
        return None, added.tolist()
    return found.temperature, [*found.offsets]
