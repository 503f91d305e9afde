"""Small heads on features, their penalty chosen by inner folds over patients."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from prevalens._cells import is_missing
from prevalens._checks import check_choice, check_integer, check_number, check_same_length
from prevalens._columns import encode, listed
from prevalens._numbers import as_floats
from prevalens._threads import one_blas_thread
from prevalens.exceptions import ImpossibleSplitError, InvalidInputError
from prevalens.features.head_kinds import KINDS, Features, FittedHead, HeadKind, LinearHead
from prevalens.features.image_features import ImageFeatures, feature_values
from prevalens.splits.patient_kfold import PatientKFold
from prevalens.typing import Labels, Rows, Scores, Texts

PENALTIES = (10.0, 1.0, 0.1, 0.01, 0.001)
"""Penalties that are tried: of the squared weights beside the mean loss of a row, halved."""


@dataclass(frozen=True, eq=False, repr=False)
class FeatureHead:
    """A fitted head: give it features, get scores.

    Attributes:
        kind: `"logistic"`, `"balanced_logistic"`, `"centroid"` or `"mlp"`.
        classes: What the labels were, in the order of the scores' columns; of labels their
            numbers.
        penalty: The chosen penalty; of several labels that of each.
        inner_losses: By penalty, the log loss on inner folds that it was chosen by, of labels
            their mean; empty where there was nothing to choose.
        multilabel: Whether the scores are of labels.

    Examples:
        >>> import numpy as np
        >>> rng = np.random.default_rng(0)
        >>> labels = np.arange(40) % 2
        >>> features = (rng.normal(size=(40, 3)) + 3 * labels[:, None]).astype(np.float32)
        >>> head = fit_head(features, labels, [f"p{k // 2}" for k in range(40)], n_folds=2)
        >>> head.kind, head.penalty in head.inner_losses
        ('logistic', True)
    """

    kind: str
    classes: tuple[Any, ...]
    penalty: float | tuple[float, ...]
    inner_losses: Mapping[float, float]
    multilabel: bool
    _heads: tuple[FittedHead, ...]
    _mean: NDArray[np.float32]
    _deviation: NDArray[np.float32]

    def __post_init__(self) -> None:
        object.__setattr__(self, "inner_losses", MappingProxyType(dict(self.inner_losses)))

    def __reduce__(self) -> tuple[Any, ...]:
        # A mapping proxy cannot be pickled, and worker processes are sent heads.
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        return type(self), tuple((values | {"inner_losses": dict(self.inner_losses)}).values())

    def __repr__(self) -> str:
        what = "labels" if self.multilabel else "classes"
        return f"FeatureHead({self.kind}, {len(self.classes)} {what}, penalty {self.penalty})"

    @property
    def n_features(self) -> int:
        """Number of features that it takes."""
        return len(self._mean)

    @property
    def linear(self) -> tuple[NDArray[np.float64], float] | None:
        """Weights `(n_features,)` and bias of the logit of raw features; None where it is not so.

        A head of two classes and a linear kind has them, standardisation folded in.
        """
        (head, *others) = self._heads
        if others or not isinstance(head, LinearHead) or len(head.weights) != 1:
            return None
        weights = head.weights[0] / self._deviation
        return weights, float(head.bias[0] - weights @ self._mean.astype(np.float64))

    @property
    def linear_of_classes(self) -> tuple[NDArray[np.float64], NDArray[np.float64]] | None:
        """Weights `(n_classes, n_features)` and biases `(n_classes,)` of raw features' logits.

        Of three or more classes and a linear kind, standardisation folded in; else None.
        """
        (head, *others) = self._heads
        if others or not isinstance(head, LinearHead) or len(head.weights) != len(self.classes):
            return None
        weights = head.weights / self._deviation
        return weights, head.bias - weights @ self._mean.astype(np.float64)

    def scores(self, features: ImageFeatures | ArrayLike) -> Scores:
        """Return the score of each image.

        Args:
            features: Of the same network and settings, `(n_rows, n_features)`.

        Returns:
            Probability of the second class, shape `(n_rows,)`; of three or more classes, or of
            each label, `(n_rows, n_classes)`.

        Raises:
            InvalidInputError: the number of features is another.
        """
        values = feature_values(features)
        if values.shape[1] != len(self._mean):
            raise InvalidInputError(
                f"The head was fitted on {len(self._mean)} features, got {values.shape[1]}. "
                "Extract them with the same network and settings."
            )
        standard = (values - self._mean) / self._deviation
        found = [head(standard) for head in self._heads]
        if self.multilabel:
            return np.column_stack([each[:, 1] for each in found])
        return found[0][:, 1] if len(self.classes) == 2 else found[0]


def fit_head(
    features: ImageFeatures | ArrayLike,
    labels: ArrayLike,
    patients: ArrayLike,
    *,
    kind: str = "logistic",
    penalties: Sequence[float] = PENALTIES,
    weights: ArrayLike | None = None,
    n_folds: int = 3,
    seed: int = 0,
) -> FeatureHead:
    """Fit a small head on features; choose its penalty by inner folds over patients.

    Features are standardised. The penalty is that with the least log loss over all images, each
    scored by a head that never saw its patient; for the balanced kinds classes weigh alike in
    that loss too.

    Args:
        features: Shape `(n_rows, n_features)`.
        labels: Class of each row, `(n_rows,)`, of which the last in order is the positive of two;
            or 0 and 1 for each label, `(n_rows, n_labels)`, nan where unknown.
        patients: Patient of each row, `(n_rows,)`.
        kind: `"logistic"`; `"balanced_logistic"`, in which classes weigh alike; `"centroid"`, by
            the nearest class mean, classes alike; `"mlp"`, 64 hidden units.
        penalties: Penalties to choose from, above 0; one alone is taken as it is.
        weights: How much each row counts, `(n_rows,)`, above 0, for the logistic kinds: such as 1
            by the patient's images, so that a patient counts once. By default all alike.
        n_folds: Inner folds, at least 2; fewer where a class comes from too few patients.
        seed: Seed of the folds and of the mlp.

    Raises:
        InvalidInputError: lengths differ, a class is missing, or an argument is out of range.
        ImpossibleSplitError: a class comes from one patient alone, so no folds can be made.

    Examples:
        >>> import numpy as np
        >>> rng = np.random.default_rng(0)
        >>> labels = np.arange(40) % 2
        >>> features = (rng.normal(size=(40, 3)) + 3 * labels[:, None]).astype(np.float32)
        >>> head = fit_head(features, labels, [f"p{k // 2}" for k in range(40)], n_folds=2)
        >>> bool(head.scores(features)[labels == 1].mean() > 0.9)
        True
    """
    chosen = KINDS[check_choice("kind", kind, KINDS)]
    check_integer("n_folds", n_folds, minimum=2)
    ordered = sorted({check_number("penalties", p, low=0, open_low=True) for p in penalties})[::-1]
    if not ordered:
        raise InvalidInputError("`penalties` must hold at least one number above 0, got none.")
    values, ids = feature_values(features), encode("patient id", patients, ids=True).texts
    codes, classes, multilabel = coded_labels(labels)
    check_same_length(features=values, labels=codes, patients=ids)
    counted = _weights(weights, len(values), kind)
    mean, deviation = _standard(values)
    standard = (values - mean) / deviation
    columns = codes.T if multilabel else codes[None]
    heads, picked, losses = [], [], []
    for number, column in enumerate(columns):
        known = np.flatnonzero(column >= 0)
        found = column[known]
        common: dict[str, Any] = {"n_classes": 2 if multilabel else len(classes), "seed": seed}
        _check_classes(found, common["n_classes"], f" {number}" if multilabel else "")
        inner, weighing = np.zeros(1), _of_rows(counted, known)
        if len(ordered) > 1:
            inner = _inner_losses(
                standard[known],
                found,
                ids[known],
                chosen,
                penalties=ordered,
                n_folds=n_folds,
                **common,
                **weighing,
            )
        # Penalties go from strong to weak: of equals the strongest.
        penalty = ordered[int(np.argmin(inner))]
        with one_blas_thread():
            heads += chosen.fit(standard[known], found, [penalty], **common, **weighing)
        picked.append(penalty)
        losses.append(inner)
    table = dict(zip(ordered, np.mean(losses, axis=0).tolist(), strict=True))
    return FeatureHead(
        kind,
        classes,
        tuple(picked) if multilabel else picked[0],
        table if len(ordered) > 1 else {},
        multilabel,
        tuple(heads),
        mean,
        deviation,
    )


def _weights(weights: ArrayLike | None, n_rows: int, kind: str) -> NDArray[np.float64] | None:
    """Return weights of mean 1, so that a penalty means the same with them and without."""
    if weights is None:
        return None
    if not KINDS[kind].weighted:
        takes = ", ".join(repr(name) for name, one in KINDS.items() if one.weighted)
        raise InvalidInputError(f"`weights` are for kinds {takes}, got {kind!r}. Leave them out.")
    given = np.asarray(weights, dtype=np.float64)
    if given.shape != (n_rows,) or not np.isfinite(given).all() or (given <= 0).any():
        raise InvalidInputError(
            f"`weights` must be {n_rows} numbers above 0, one a row, got {given.shape} from "
            f"{np.min(given, initial=np.inf):g}."
        )
    return given / given.mean()


def _of_rows(weights: NDArray[np.float64] | None, rows: Rows) -> dict[str, Any]:
    """Return the argument of a kind's fit that weights some rows; nothing where all count alike."""
    return {} if weights is None else {"weights": weights[rows] / weights[rows].mean()}


def coded_labels(labels: ArrayLike) -> tuple[Labels, tuple[Any, ...], bool]:
    """Return class codes, or 0, 1 and -1 for each label; the classes; whether they are labels."""
    given = np.asarray(labels)
    if given.ndim == 1:
        if any(map(is_missing, listed("labels", labels))):
            raise InvalidInputError("A class is missing (nan). Leave out the rows without one.")
        found, codes = np.unique(given, return_inverse=True)
        return codes.astype(np.int64), tuple(found.tolist()), False
    if given.ndim != 2 or given.shape[1] == 0:
        raise InvalidInputError(
            f"`labels` must be classes (n_rows,) or 0 and 1 (n_rows, n_labels), got {given.shape}."
        )
    numbers = as_floats("labels", labels)
    known = ~np.isnan(numbers)
    if not np.isin(numbers[known], (0, 1)).all():
        raise InvalidInputError("Labels must be 0, 1 or nan where unknown.")
    return np.where(known, numbers, -1).astype(np.int64), tuple(range(given.shape[1])), True


def _check_classes(codes: Labels, n_classes: int, where: str) -> None:
    if len(np.unique(codes)) < max(2, n_classes):
        raise InvalidInputError(
            f"A head needs two classes or more, but label{where} has "
            f"{len(np.unique(codes))} among {len(codes)} rows."
        )


def _standard(values: Features) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    mean = values.mean(axis=0, dtype=np.float64)
    deviation = values.std(axis=0, dtype=np.float64)
    # A feature that never varies says nothing, whatever its rounding.
    deviation[deviation <= 1e-6 * np.abs(mean)] = 1
    deviation[deviation == 0] = 1
    return mean.astype(np.float32), deviation.astype(np.float32)


def _inner_losses(
    values: Features,
    labels: Labels,
    patients: Texts,
    kind: HeadKind,
    *,
    penalties: Sequence[float],
    n_folds: int,
    n_classes: int,
    seed: int,
    weights: NDArray[np.float64] | None = None,
) -> NDArray[np.float64]:
    """Return the log loss of each penalty over all rows, each scored without its patient."""
    total = np.zeros(len(penalties))
    counted = np.ones(len(labels)) if weights is None else weights
    if kind.balanced:
        counted = counted / np.bincount(labels, weights=counted, minlength=n_classes)[labels]
    for train, test in _folds(labels, patients, n_folds=n_folds, seed=seed):
        with one_blas_thread():
            fitted = kind.fit(
                values[train],
                labels[train],
                penalties,
                n_classes=n_classes,
                seed=seed,
                **_of_rows(weights, train),
            )
        for place, head in enumerate(fitted):
            right = head(values[test])[np.arange(len(test)), labels[test]]
            total[place] -= counted[test] @ np.log(np.maximum(right, 1e-12))
    return np.asarray(total / counted.sum())


def _folds(
    labels: Labels, patients: Texts, *, n_folds: int, seed: int
) -> Iterator[tuple[Rows, Rows]]:
    """Yield inner folds, as many as patients allow, down to two."""
    for count in range(n_folds, 1, -1):
        try:
            folds = list(PatientKFold(count, seed=seed).split(labels, labels, patients))
        except ImpossibleSplitError:
            if count == 2:
                raise
            continue
        yield from folds
        return
