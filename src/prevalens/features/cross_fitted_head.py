"""Scores of heads that never saw the patient: folds over patients, everything chosen inside."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from prevalens._checks import check_same_length
from prevalens._columns import encode
from prevalens.exceptions import ImpossibleSplitError
from prevalens.features.feature_head import FeatureHead, coded_labels, fit_head
from prevalens.features.image_features import ImageFeatures, feature_values
from prevalens.splits.patient_kfold import PatientKFold
from prevalens.typing import Labels, Scores


@dataclass(frozen=True, eq=False)
class CrossFittedHead:
    """Scores of every image by the head that never saw its patient.

    Attributes:
        scores: As of `FeatureHead.scores`, one for each row.
        folds: Fold that held each row out, shape `(n_rows,)`.
        heads: The head of each fold.

    Examples:
        >>> import numpy as np
        >>> rng = np.random.default_rng(0)
        >>> labels = np.arange(60) // 2 % 2
        >>> features = (rng.normal(size=(60, 3)) + 3 * labels[:, None]).astype(np.float32)
        >>> patients = [f"p{k // 2}" for k in range(60)]
        >>> made = cross_fit_head(features, labels, patients, n_splits=2, n_folds=2)
        >>> bool((made.folds[0::2] == made.folds[1::2]).all())  # a patient's two images in one fold
        True
    """

    scores: Scores
    folds: Labels
    heads: tuple[FeatureHead, ...]


def cross_fit_head(
    features: ImageFeatures | ArrayLike,
    labels: ArrayLike,
    patients: ArrayLike,
    *,
    n_splits: int = 5,
    weights: ArrayLike | None = None,
    seed: int = 0,
    **settings: Any,
) -> CrossFittedHead:
    """Score each image by a head that never saw its patient, penalties chosen inside each fold.

    Args:
        features: As in `fit_head`.
        labels: As in `fit_head`.
        patients: As in `fit_head`.
        n_splits: Outer folds of whole patients, at least 2.
        weights: As in `fit_head`.
        seed: Seed of all folds and of the heads.
        **settings: Further arguments of `fit_head`: `kind`, `penalties`, `n_folds`.

    Raises:
        InvalidInputError: as in `fit_head`.
        ImpossibleSplitError: some fold would have no patient of a class.

    Examples:
        >>> import numpy as np
        >>> rng = np.random.default_rng(0)
        >>> labels = np.arange(60) // 2 % 2
        >>> features = (rng.normal(size=(60, 3)) + 3 * labels[:, None]).astype(np.float32)
        >>> patients = [f"p{k // 2}" for k in range(60)]
        >>> made = cross_fit_head(features, labels, patients, n_splits=2, n_folds=2)
        >>> made.scores.shape, len(made.heads)
        ((60,), 2)
    """
    values, ids = feature_values(features), encode("patient id", patients, ids=True).texts
    given = np.asarray(labels)
    check_same_length(features=values, labels=given, patients=ids)
    codes, classes, multilabel = coded_labels(labels)
    shape = (len(values), len(classes)) if multilabel or len(classes) > 2 else (len(values),)
    scores, folds = np.full(shape, np.nan), np.full(len(values), -1)
    heads = []
    # Rows whose label is not known are in a fold all the same; as negatives they weigh nothing.
    outer = PatientKFold(n_splits, seed=seed)
    for fold, (train, test) in enumerate(outer.split(values, np.maximum(codes, 0), ids)):
        given_weights = None if weights is None else np.asarray(weights)[train]
        head = fit_head(
            values[train], given[train], ids[train], weights=given_weights, seed=seed, **settings
        )
        if head.classes != classes:
            raise ImpossibleSplitError(
                f"Fold {fold} trains on the classes {list(head.classes)} of {list(classes)}. Use "
                "fewer `n_splits`, or merge classes."
            )
        scores[test], folds[test] = head.scores(values[test]), fold
        heads.append(head)
    return CrossFittedHead(scores, folds, tuple(heads))
