"""Cross-entropy that takes the classes' shares into account, in place of undersampling."""

import math
from collections.abc import Sequence
from typing import Any

import keras

from prevalens._checks import check_number
from prevalens.models.heads import class_shares


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
        **kwargs: What every Keras loss takes, for example `name`.

    References:
        Menon A. K. et al. (2021). Long-tail learning via logit adjustment. ICLR.
    """

    def __init__(
        self, prevalence: float | Sequence[float], *, strength: float = 1.0, **kwargs: Any
    ) -> None:
        super().__init__(**{"name": "logit_adjusted_loss", **kwargs})
        n_classes = len(prevalence) if isinstance(prevalence, Sequence) else 2
        self.shares = class_shares(prevalence, n_classes=n_classes)
        self.strength = check_number("strength", strength, low=0)

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """Return the loss of each image.

        Args:
            y_true: Class numbers, shape `(batch,)` or `(batch, 1)`.
            y_pred: Scores, shape `(batch, 1)` or `(batch, n_classes)`.
        """
        ops = keras.ops
        scores = ops.cast(ops.convert_to_tensor(y_pred), "float32")
        if scores.shape[-1] == 1:
            scores = ops.concatenate([1 - scores, scores], axis=-1)
        scores = ops.clip(scores, keras.config.epsilon(), 1.0)
        shifts = [self.strength * math.log(share) for share in self.shares]
        logits = ops.log(scores) + ops.convert_to_tensor(shifts, dtype="float32")
        labels = ops.cast(ops.reshape(y_true, (-1,)), "int32")
        return ops.sparse_categorical_crossentropy(labels, logits, from_logits=True)

    def get_config(self) -> dict[str, Any]:
        """Return what makes the loss anew."""
        own = {"prevalence": list(self.shares), "strength": self.strength}
        return {**super().get_config(), **own}
