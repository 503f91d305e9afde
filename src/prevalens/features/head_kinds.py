"""The kinds of heads on features, each fitted at one penalty."""

import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.neural_network import MLPClassifier

from prevalens.typing import Labels, Scores

Features = NDArray[np.float32]  # (n_rows, n_features)
FittedHead = Callable[[Features], Scores]  # scores, shape (n_rows, n_classes)


@dataclass(frozen=True, kw_only=True)
class HeadKind:
    """How a head is fitted, and what its penalty is chosen by.

    Attributes:
        fit: From standardised features, class codes, penalties from strong to weak, number of
            classes and seed to a fitted head for each penalty.
        balanced: Whether classes weigh alike, also in the loss that the penalty is chosen by.
        weighted: Whether it takes weights of rows.
    """

    fit: Callable[..., list[FittedHead]]
    balanced: bool = False
    weighted: bool = False


def _fit_logistic(
    values: Features,
    labels: Labels,
    penalties: Sequence[float],
    *,
    n_classes: int,
    seed: int,
    balanced: bool,
    weights: NDArray[np.float64] | None = None,
) -> list[FittedHead]:
    """Fit at each penalty, which is that of the mean loss: sklearn's C is 1 / (penalty n)."""
    if weights is not None and balanced:
        counted = np.bincount(labels, weights=weights, minlength=n_classes)
        weights = weights * len(labels) / (np.count_nonzero(counted) * counted[labels])
    model = LogisticRegression(
        class_weight="balanced" if balanced and weights is None else None,
        max_iter=200,
        tol=1e-4,
        warm_start=True,
        random_state=seed,
    )
    fitted: list[FittedHead] = []
    for penalty in penalties:
        model.set_params(C=1 / (penalty * len(labels)))
        with warnings.catch_warnings():
            # At the weakest penalties separable data have no end; the fit is used as it is.
            warnings.simplefilter("ignore", ConvergenceWarning)
            model.fit(values, labels, sample_weight=weights)
        fitted.append(
            LinearHead(model.coef_.copy(), model.intercept_.copy(), model.classes_, n_classes)
        )
    return fitted


@dataclass(frozen=True, eq=False)
class LinearHead:
    """A head whose logits are affine in the features.

    Attributes:
        weights: Shape `(1, n_features)` of two classes, else `(n_seen, n_features)`.
        bias: Shape `(1,)` of two classes, else `(n_seen,)`.
        classes: Codes of the classes that were seen.
        n_classes: Number of all classes.
    """

    weights: NDArray[np.float64]
    bias: NDArray[np.float64]
    classes: Labels
    n_classes: int

    def __call__(self, values: Features) -> Scores:
        """Return the score of each class, shape `(n_rows, n_classes)`."""
        logits = np.asarray(values, dtype=np.float64) @ self.weights.T + self.bias
        if logits.shape[1] == 1:
            logits = np.column_stack([np.zeros(len(logits)), logits])
        return _spread(_softmax(logits), self.classes, self.n_classes)


def _fit_centroid(
    values: Features, labels: Labels, penalties: Sequence[float], *, n_classes: int, seed: int
) -> list[FittedHead]:
    """Score by the squared distance to each class' mean; the penalty divides its log-odds."""
    del seed
    classes = np.unique(labels)
    centres = np.stack([values[labels == each].mean(axis=0, dtype=np.float64) for each in classes])
    scale = values.shape[1]

    def head(penalty: float) -> FittedHead:
        def scores(found: Features) -> Scores:
            rows = np.asarray(found, dtype=np.float64)
            # The square of the row itself is the same for every class.
            nearness = rows @ centres.T - (centres**2).sum(axis=1) / 2
            return _spread(_softmax(nearness / (penalty * scale)), classes, n_classes)

        return scores

    return [head(penalty) for penalty in penalties]


def _fit_mlp(
    values: Features, labels: Labels, penalties: Sequence[float], *, n_classes: int, seed: int
) -> list[FittedHead]:
    """Fit 64 hidden units at each penalty of the mean loss, by about 1,000 steps of Adam."""
    batch = min(64, len(labels))
    # scikit-learn divides the penalty by the rows of a batch; so it is that of the mean loss.
    settings = {"batch_size": batch, "max_iter": max(10, 1000 * batch // len(labels))}

    def head(penalty: float) -> FittedHead:
        model = MLPClassifier((64,), alpha=penalty * batch, random_state=seed, **settings)
        with warnings.catch_warnings():
            # The number of epochs is part of what is fitted.
            warnings.simplefilter("ignore", ConvergenceWarning)
            model.fit(values, labels)

        def scores(found: Features) -> Scores:
            return _spread(model.predict_proba(found), model.classes_, n_classes)

        return scores

    return [head(penalty) for penalty in penalties]


def _softmax(logits: NDArray[np.float64]) -> Scores:
    raised = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(raised / raised.sum(axis=1, keepdims=True))


def _spread(scores: NDArray[Any], classes: Labels, n_classes: int) -> Scores:
    """Put the scores of the classes that were seen into their columns; others score 0."""
    if len(classes) == n_classes:
        return np.asarray(scores, dtype=np.float64)
    full = np.zeros((len(scores), n_classes))
    full[:, classes] = scores
    return full


def _logistic(*args: Any, **settings: Any) -> list[FittedHead]:
    return _fit_logistic(*args, balanced=False, **settings)


def _balanced_logistic(*args: Any, **settings: Any) -> list[FittedHead]:
    return _fit_logistic(*args, balanced=True, **settings)


KINDS: Mapping[str, HeadKind] = MappingProxyType(
    {
        "logistic": HeadKind(fit=_logistic, weighted=True),
        "balanced_logistic": HeadKind(fit=_balanced_logistic, balanced=True, weighted=True),
        "centroid": HeadKind(fit=_fit_centroid, balanced=True),
        "mlp": HeadKind(fit=_fit_mlp),
    }
)
