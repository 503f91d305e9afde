"""Scores at the training prevalence become scores at the clinic's; exact on the odds."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import ArrayLike

from prevalens._checks import check_kind, check_number
from prevalens._numbers import as_floats
from prevalens.exceptions import InvalidInputError
from prevalens.predictions.checking import checked_shares, refuse_wrong_sums
from prevalens.predictions.predictions import Predictions
from prevalens.typing import Scores

Prevalence: TypeAlias = float | Sequence[float]


def correct_prior_shift(
    scores: ArrayLike, *, train_prevalence: Prevalence, target_prevalence: Prevalence
) -> Scores:
    """Correct scores for a prevalence that differs from the training rows'.

    A model trained on undersampled rows gives probabilities at the prevalence it saw. Where only
    the prevalence differs, and not how each class looks, Bayes' rule corrects them exactly: the
    odds are multiplied by `[target / (1 - target)] / [train / (1 - train)]`. The order of the
    scores, and so the AUROC, stays; scores of 0 and 1 stay too.

    Args:
        scores: Probability of the positive class, shape `(n_rows,)`; or of each class, shape
            `(n_rows, n_classes)`. In [0, 1].
        train_prevalence: Share of the positive class among the rows trained on, in (0, 1); for
            several classes the share of each.
        target_prevalence: The same where the scores will be read.

    Returns:
        Corrected scores, of the same shape.

    Raises:
        InvalidInputError: a score lies outside [0, 1], a prevalence outside (0, 1), or several
            classes come with one share. The score of one of several classes against the rest
            cannot be corrected alone, because the classes among the rest shift too.

    Examples:
        >>> scores = correct_prior_shift([0.5], train_prevalence=0.5, target_prevalence=0.05)
        >>> round(float(scores[0]), 6)
        0.05

    References:
        Elkan (2001), IJCAI; Saerens, Latinne & Decaestecker (2002), Neural Computation 14:21-41;
        Dal Pozzolo et al. (2015), IEEE SSCI.
    """
    return PriorShift(train_prevalence, target_prevalence).correct(scores)


def correct_predictions(predictions: Predictions, target_prevalence: Any) -> Predictions:
    """Correct predictions from the prevalence they were trained at to another.

    Of several classes all are corrected together; of several labels each alone.

    Args:
        predictions: Predictions with `train_prevalence`.
        target_prevalence: Share of the positive class where the scores will be read, in (0, 1);
            for several classes or labels the share of each, in their order or by name.

    Returns:
        The same rows with corrected scores, whose `train_prevalence` is the target.

    Raises:
        InvalidInputError: the training shares are unknown, or the target's do not fit.

    Examples:
        >>> seen = Predictions(labels=[0, 1], scores=[0.1, 0.5], patients=None,
        ...     train_prevalence=0.5)
        >>> round(float(correct_predictions(seen, 0.05).scores[1]), 6)
        0.05
    """
    check_kind("predictions", predictions, Predictions)
    held = predictions
    train = held.train_prevalence
    if train is None:
        raise InvalidInputError(
            "Predictions without `train_prevalence` cannot be corrected. Pass it to "
            "Predictions(...): the share of each class among the rows trained on. One class of "
            "several has none: correct all of them, then take `one_vs_rest`."
        )
    several = held.is_multilabel
    target = checked_shares(
        target_prevalence, held.classes, several=several, name="target_prevalence"
    )
    if target is None:
        raise InvalidInputError("`target_prevalence` must be given, got None.")
    if isinstance(train, float) or isinstance(target, float) or not several:
        scores = PriorShift(train, target).correct(held.scores)
    else:
        pairs = zip(train, target, held.scores.T, strict=True)
        scores = np.column_stack([PriorShift(a, b).correct(column) for a, b, column in pairs])
    return held.with_scores(scores, train_prevalence=target)


@dataclass(frozen=True)
class PriorShift:
    """A known change of prevalence, as a transform of scores, thresholds or a final layer.

    Args:
        train_prevalence: Share of the positive class among the rows trained on, in (0, 1); or of
            each class, summing to 1.
        target_prevalence: The same where the scores will be read.

    Raises:
        InvalidInputError: a share lies outside (0, 1), shares do not sum to 1, or the two
            differ in length.

    Examples:
        >>> shift = PriorShift(train_prevalence=0.5, target_prevalence=0.05)
        >>> round(float(shift.correct([0.5])[0]), 6)
        0.05
    """

    train_prevalence: Prevalence
    target_prevalence: Prevalence

    def __post_init__(self) -> None:
        train = _shares("train_prevalence", self.train_prevalence)
        target = _shares("target_prevalence", self.target_prevalence)
        if train.shape != target.shape:
            raise InvalidInputError(
                "`train_prevalence` and `target_prevalence` must name the same classes, got "
                f"{train.size} and {target.size} shares."
            )

    @property
    def log_weights(self) -> Scores:
        """Log of target over train share of each class, shape `(n_classes,)`."""
        train = _shares("train_prevalence", self.train_prevalence)
        return np.log(_shares("target_prevalence", self.target_prevalence)) - np.log(train)

    def correct(self, scores: ArrayLike) -> Scores:
        """Return the scores at the target prevalence; see `correct_prior_shift`."""
        values = as_floats("scores", scores)
        if not ((values >= 0) & (values <= 1)).all():
            raise InvalidInputError(
                "`scores` must lie in [0, 1], got values from "
                f"{np.min(values):g} to {np.max(values):g}. For logits, apply the sigmoid first "
                "or move the bias with `shift_bias`."
            )
        weights = np.exp(self.log_weights - self.log_weights.max())
        if values.ndim == 2:
            if np.ndim(self.train_prevalence) == 0 and values.shape[1] != 2:
                raise InvalidInputError(
                    f"One share, `train_prevalence`={self.train_prevalence!r}, is that of the "
                    f"positive class of two, but `scores` has {values.shape[1]} columns. Give the "
                    "share of each class: one number cannot correct several."
                )
            if values.shape[1] != weights.size:
                raise InvalidInputError(
                    f"`scores` must have a column for each of the {weights.size} classes, got "
                    f"shape {values.shape}."
                )
            refuse_wrong_sums(values)
            weighted = values * weights
            return weighted / weighted.sum(axis=1, keepdims=True)
        if weights.size != 2:
            raise InvalidInputError(
                f"`scores` of {weights.size} classes must have shape (n_rows, {weights.size}), "
                f"got {values.shape}."
            )
        # Written so that 1 stays exactly 1 and 0 exactly 0.
        positive = values * weights[1]
        return positive / (positive + (1 - values) * weights[0])

    def correct_threshold(self, threshold: float) -> float:
        """Return the threshold that makes the same calls on corrected scores.

        Args:
            threshold: Threshold on the uncorrected scores of the positive class, in [0, 1].
        """
        check_number("threshold", threshold, low=0, high=1)
        return float(self.correct(threshold))

    def shift_bias(self, bias: ArrayLike) -> Scores:
        """Return the final layer's bias with which the model itself gives corrected scores.

        Args:
            bias: Bias of the last layer: shape `(1,)` before a sigmoid, `(n_classes,)` before a
                softmax. Set it with `layer.bias.assign(...)`.

        Raises:
            InvalidInputError: the length fits neither.
        """
        values = np.asarray(bias, dtype=np.float64)
        weights = self.log_weights
        if values.shape == (1,) and weights.size == 2:
            return values + (weights[1] - weights[0])
        if values.shape != weights.shape:
            raise InvalidInputError(
                f"`bias` must have shape (1,) for a sigmoid or ({weights.size},) for a softmax, "
                f"got {values.shape}."
            )
        return values + weights


def _shares(name: str, prevalence: Any) -> Scores:
    given = np.atleast_1d(np.asarray(prevalence, dtype=object)).tolist()
    for share in given:
        check_number(name, share, low=0, high=1, open_low=True, open_high=True)
    shares = np.array(given if len(given) > 1 else [1 - given[0], given[0]], dtype=np.float64)
    if abs(shares.sum() - 1) > 1e-6:
        raise InvalidInputError(f"The shares in `{name}` must sum to 1, got {shares.sum():g}.")
    return shares
