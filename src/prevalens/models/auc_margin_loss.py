"""The AUC-margin loss: it ranks positives above negatives, batch by batch."""

from collections.abc import Sequence
from typing import Any

import keras

from prevalens._checks import check_number
from prevalens.exceptions import InvalidInputError


@keras.saving.register_keras_serializable(package="prevalens")
class AucMarginLoss(keras.losses.Loss):
    """Spread of the scores inside each class, and what their means lack of the margin, squared.

    LibAUC's minimum over `a` and `b` and maximum over `alpha >= 0` of

    `(1-p) mean((s-a)^2 [y=1]) + p mean((s-b)^2 [y=0])
    + 2 alpha (p(1-p) m + mean(p s [y=0] - (1-p) s [y=1])) - p(1-p) alpha^2`

    have a closed form in each batch, so that any optimizer of Keras takes it. With p the share of
    positives in the batch it is p(1-p) times the variance of the scores in either class plus the
    square of what the difference of their means lacks of the margin m. Scores trained with it rank
    and are no probabilities: recalibrate them. Every batch needs positives and negatives; of a
    label that has one of them alone in a batch nothing is learnt from that batch.

    Args:
        margin: What the mean score of positives shall exceed that of negatives by, in `(0, 1]`.
        prevalence: Share of positives p, or of each label; by default that of the batch.
        **kwargs: What every Keras loss takes, for example `name`.

    References:
        Yuan Z. et al. (2021). Large-scale robust deep AUC maximization: a new surrogate loss and
        empirical studies on medical image classification. ICCV.

    Examples:
        >>> loss = AucMarginLoss(margin=1.0)
        >>> round(float(loss([[1.0], [0.0]], [[1.0], [0.0]])), 4)  # apart by the margin
        0.0
    """

    def __init__(
        self,
        *,
        margin: float = 1.0,
        prevalence: float | Sequence[float] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**{"name": "auc_margin_loss", **kwargs})
        self.margin = check_number("margin", margin, low=0, high=1, open_low=True)
        given = [] if prevalence is None else prevalence
        shares = list(given) if isinstance(given, Sequence) else [given]
        for share in shares:
            check_number("prevalence", share, low=0, high=1, open_low=True, open_high=True)
        self.shares = shares

    def __call__(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> Any:
        """Return the loss of a batch.

        Raises:
            InvalidInputError: rows are weighted: the loss is of pairs, not of rows.
        """
        if sample_weight is not None:
            raise InvalidInputError(
                "AucMarginLoss compares positives with negatives and takes no weights of rows. "
                "Leave out `sample_weight` and `class_weight`; classes count alike in it."
            )
        return super().__call__(y_true, y_pred)

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """Return the loss of the batch, the mean over its labels.

        Args:
            y_true: 0 or 1, shape `(batch,)`, `(batch, 1)` or `(batch, n_labels)`; nan is unknown.
            y_pred: Scores in `[0, 1]`, shape `(batch, 1)` or `(batch, n_labels)`; of two columns
                of a softmax the last is the positive one's where labels have one column.
        """
        ops = keras.ops
        scores = ops.cast(ops.convert_to_tensor(y_pred), "float32")
        labels = ops.cast(ops.convert_to_tensor(y_true), "float32")
        labels = labels if len(labels.shape) == 2 else ops.reshape(labels, (-1, 1))
        if labels.shape[-1] == 1 and scores.shape[-1] == 2:
            scores = scores[:, 1:]
        known = ops.logical_not(ops.isnan(labels))
        positive = ops.cast(ops.logical_and(known, labels > 0.5), "float32")
        negative = ops.cast(ops.logical_and(known, labels <= 0.5), "float32")
        n_positive, n_negative = ops.sum(positive, axis=0), ops.sum(negative, axis=0)
        n = ops.maximum(n_positive + n_negative, 1.0)
        share = n_positive / n
        p = ops.convert_to_tensor(self.shares, dtype="float32") if self.shares else share
        mean_positive, spread_positive = _moments(scores, positive, n_positive)
        mean_negative, spread_negative = _moments(scores, negative, n_negative)
        both = ops.logical_and(n_positive > 0, n_negative > 0)
        p = ops.where(both, p, 0.5)
        lacking = p * (1 - p) * self.margin
        lacking += p * (1 - share) * mean_negative - (1 - p) * share * mean_positive
        lacking = ops.maximum(lacking, 0.0)
        losses = (1 - p) * share * spread_positive + p * (1 - share) * spread_negative
        losses += lacking**2 / (p * (1 - p))
        counted = ops.cast(both, "float32")
        return ops.sum(losses * counted) / ops.maximum(ops.sum(counted), 1.0)

    def get_config(self) -> dict[str, Any]:
        """Return what makes the loss anew."""
        own = {"margin": self.margin, "prevalence": self.shares or None}
        return {**super().get_config(), **own}


def _moments(scores: Any, chosen: Any, count: Any) -> tuple[Any, Any]:
    """Return the mean and the variance of the chosen scores of each column."""
    ops = keras.ops
    some = ops.maximum(count, 1.0)
    mean = ops.sum(scores * chosen, axis=0) / some
    return mean, ops.sum(chosen * (scores - mean) ** 2, axis=0) / some
