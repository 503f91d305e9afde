"""Cross-entropy in which each class counts by its effective number of images."""

from collections.abc import Sequence
from typing import Any

import keras

from prevalens._checks import check_integer, check_number
from prevalens.exceptions import InvalidInputError
from prevalens.models.log_probabilities import label_shares_of, log_probabilities


def class_weights(counts: Sequence[int], *, beta: float) -> list[float]:
    """Return `(1 - beta) / (1 - beta^n)` of each class, scaled to a mean of 1 over the classes.

    Args:
        counts: Images of each class in what the model is trained on, each at least 1.
        beta: From 0, where classes count by their images, to below 1; close to 1 they count alike.

    Examples:
        >>> class_weights([10, 20], beta=0)
        [1.0, 1.0]
    """
    check_number("beta", beta, low=0, high=1, open_high=True)
    numbers = [check_integer("counts", count, minimum=1) for count in counts]
    if len(numbers) < 2:
        raise InvalidInputError(f"`counts` must hold a number for each class, got {numbers}.")
    weights = [(1 - beta) / (1 - beta**number) for number in numbers]
    return [weight * len(weights) / sum(weights) for weight in weights]


@keras.saving.register_keras_serializable(package="prevalens")
class ClassBalancedLoss(keras.losses.Loss):
    """Cross-entropy weighted by the inverse of each class' effective number of images.

    It stands between no weights (`beta=0`) and weights that make classes count alike (`beta` close
    to 1). The scores then belong to the weighted prevalence, not to the cohort's: correct them
    before they are read as probabilities.

    Args:
        counts: Images of each class in what the model is trained on, `(n_classes,)`.
        beta: In `[0, 1)`; the paper's are 0.9, 0.99, 0.999 and 0.9999.
        from_logits: Whether the model answers logits in place of scores.
        **kwargs: What every Keras loss takes, for example `name`.

    References:
        Cui Y. et al. (2019). Class-balanced loss based on effective number of samples. CVPR.

    Examples:
        >>> loss = ClassBalancedLoss([900, 100], beta=0)  # classes count by their images
        >>> round(float(loss([[1.0]], [[0.5]])), 4)  # -log(0.5)
        0.6931
    """

    def __init__(
        self,
        counts: Sequence[int],
        *,
        beta: float = 0.999,
        from_logits: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(**{"name": "class_balanced_loss", **kwargs})
        self.counts = [int(count) for count in counts]
        self.beta = beta
        self.weights = class_weights(counts, beta=beta)
        self.from_logits = bool(from_logits)

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """Return the loss of each image.

        Args:
            y_true: Class numbers, shape `(batch,)` or `(batch, 1)`, with two classes also the
                share of the positive one; or a share for each class, `(batch, n_classes)`.
            y_pred: Scores, shape `(batch, 1)` or `(batch, n_classes)`.
        """
        ops = keras.ops
        logs = log_probabilities(y_pred, from_logits=self.from_logits)
        labels = label_shares_of(y_true, n_classes=len(self.weights))
        weights = ops.convert_to_tensor(self.weights, dtype="float32")
        return -ops.sum(labels * weights * logs, axis=-1)

    def get_config(self) -> dict[str, Any]:
        """Return what makes the loss anew."""
        own = {"counts": self.counts, "beta": self.beta, "from_logits": self.from_logits}
        return {**super().get_config(), **own}
