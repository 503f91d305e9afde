"""Focal loss of several labels, some of which may be unknown."""

from collections.abc import Sequence
from typing import Any

import keras

from prevalens._checks import check_number
from prevalens.models.log_probabilities import log_odds_pair, logits_of


@keras.saving.register_keras_serializable(package="prevalens")
class FocalLoss(keras.losses.Loss):
    """Binary cross-entropy of each label, in which what is already right counts less.

    For a score s of a label that is there, `-alpha (1 - s)^gamma log s`; of one that is not,
    `-(1 - alpha) s^gamma log(1 - s)`. A label that is nan is unknown and counts nothing.

    Args:
        gamma: At least 0; 0 is the cross-entropy.
        alpha: Weight of the positives of every label, or of each, `(n_labels,)`, in `(0, 1)`; the
            negatives weigh 1 - alpha. None: both weigh 1.
        from_logits: Whether the model answers logits in place of scores.
        **kwargs: What every Keras loss takes, for example `name`.

    References:
        Lin T.-Y. et al. (2017). Focal loss for dense object detection. ICCV.

    Examples:
        >>> loss = FocalLoss(gamma=2.0)
        >>> round(float(loss([[1.0]], [[0.9]])), 6)  # 0.1**2 x -log(0.9)
        0.001054
    """

    def __init__(
        self,
        *,
        gamma: float = 2.0,
        alpha: float | Sequence[float] | None = None,
        from_logits: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(**{"name": "focal_loss", **kwargs})
        self.gamma = check_number("gamma", gamma, low=0)
        several = [] if alpha is None else alpha if isinstance(alpha, Sequence) else [alpha]
        for each in several:
            check_number("alpha", each, low=0, high=1, open_low=True, open_high=True)
        self.alpha = list(several)
        self.from_logits = bool(from_logits)

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """Return the loss of each image, the mean over its known labels; 0 where none is known.

        Args:
            y_true: 0, 1 or nan, shape `(batch, n_labels)`; a share in `[0, 1]` weighs both sides.
            y_pred: Scores, of the same shape.
        """
        ops = keras.ops
        labels = ops.cast(ops.convert_to_tensor(y_true), "float32")
        scores = ops.cast(ops.convert_to_tensor(y_pred), "float32")
        labels = ops.reshape(labels, ops.shape(scores))
        logits = logits_of(y_pred, from_logits=self.from_logits)
        logs = log_odds_pair(scores[..., None], None if logits is None else logits[..., None])
        no, yes = logs[..., 0], logs[..., 1]
        known = ops.logical_not(ops.isnan(labels))
        labels = ops.where(known, labels, 0.0)
        weights = (1.0, 1.0)
        if self.alpha:
            alpha = ops.convert_to_tensor(self.alpha, dtype="float32")
            weights = (1 - alpha, alpha)
        # A score's power through its logarithm, which has a gradient at 0 too.
        losses = -(
            weights[1] * labels * ops.exp(self.gamma * no) * yes
            + weights[0] * (1 - labels) * ops.exp(self.gamma * yes) * no
        )
        counted = ops.cast(known, "float32")
        return ops.sum(losses * counted, axis=-1) / ops.maximum(ops.sum(counted, axis=-1), 1.0)

    def get_config(self) -> dict[str, Any]:
        """Return what makes the loss anew."""
        own = {
            "gamma": self.gamma,
            "alpha": self.alpha or None,
            "from_logits": self.from_logits,
        }
        return {**super().get_config(), **own}
