"""Cross-entropy that takes the classes' shares into account, in place of undersampling."""

import math
from collections.abc import Sequence
from typing import Any

import keras

from prevalens._checks import check_number
from prevalens.models.class_shares import class_shares
from prevalens.models.log_probabilities import label_shares_of, log_probabilities


@keras.saving.register_keras_serializable(package="prevalens")
class LogitAdjustedLoss(keras.losses.Loss):
    """Cross-entropy of the scores as they would be at the training prevalence.

    Trained with it on all images, the model's own scores are those of classes in balance: rare
    and frequent classes are told apart alike, and nothing is left out. To report at a clinic's
    prevalence, correct from a training prevalence of 0.5.

    Args:
        prevalence: Share of the positive class in the training images, in `(0, 1)`; or the
            share of each class, shape `(n_classes,)`, summing to 1.
        strength: Multiple of the adjustment, at least 0; 0 is the plain cross-entropy.
        from_logits: Whether the model answers logits in place of scores. A score of a sigmoid
            above 1 - 6e-8 (a logit of 16.6) has lost its logit in float32: on JAX give logits,
            or a softmax, where a network is that sure.
        **kwargs: What every Keras loss takes, for example `name`.

    References:
        Menon A. K. et al. (2021). Long-tail learning via logit adjustment. ICLR.

    Examples:
        >>> loss = LogitAdjustedLoss(0.1)
        >>> round(float(loss([[0.0]], [[0.5]])), 4)  # -log(0.9)
        0.1054
    """

    def __init__(
        self,
        prevalence: float | Sequence[float],
        *,
        strength: float = 1.0,
        from_logits: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(**{"name": "logit_adjusted_loss", **kwargs})
        n_classes = len(prevalence) if isinstance(prevalence, Sequence) else 2
        self.shares = class_shares(prevalence, n_classes=n_classes)
        self.strength = check_number("strength", strength, low=0)
        self.from_logits = bool(from_logits)

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """Return the loss of each image.

        Args:
            y_true: Class numbers, shape `(batch,)` or `(batch, 1)`, with two classes also the
                share of the positive one; or a share for each class, `(batch, n_classes)`.
            y_pred: Scores, shape `(batch, 1)` or `(batch, n_classes)`.
        """
        ops = keras.ops
        shifts = [self.strength * math.log(share) for share in self.shares]
        logs = log_probabilities(y_pred, from_logits=self.from_logits)
        adjusted = ops.log_softmax(logs + ops.convert_to_tensor(shifts, dtype="float32"), axis=-1)
        labels = label_shares_of(y_true, n_classes=len(self.shares))
        return -ops.sum(labels * adjusted, axis=-1)

    def get_config(self) -> dict[str, Any]:
        """Return what makes the loss anew."""
        own = {
            "prevalence": list(self.shares),
            "strength": self.strength,
            "from_logits": self.from_logits,
        }
        return {**super().get_config(), **own}
