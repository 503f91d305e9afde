"""A validation loss that knows the prevalence: what to watch where training is undersampled."""

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np

from prevalens._checks import check_number
from prevalens.exceptions import InvalidInputError

Prior = float | Sequence[float]


@keras.saving.register_keras_serializable(package="prevalens")
class CorrectedLogLoss(keras.metrics.Mean):
    """Log loss of scores that are first corrected from the training prevalence to another.

    A model that trains on undersampled rows learns their prevalence, so on rows of the cohort's
    prevalence its plain validation loss is too high by the shift of the prior, and by more the
    surer the model gets: it can rise while the model improves. This loss shifts the log-odds by
    the difference of the two priors first (Saerens, Latinne and Decaestecker 2002), as
    `prevalens.decisions.correct_prior_shift` does afterwards, and so judges what will be used.

    Compile the model with it and follow `"val_corrected_loss"`. Its value on the training rows,
    whose prevalence is not the one corrected to, has no meaning.

    Args:
        train_prevalence: Share of positive rows that training shows, in (0, 1), as
            `UndersampledDataset.train_prevalence`; of k classes the share of each, summing to 1.
        prevalence: The same for the rows that are validated on, as `cohort_prevalence`.
        from_logits: Whether the model gives logits, not probabilities.
        name: Keras' name of the metric.
        dtype: Keras' type of the result.

    Raises:
        InvalidInputError: a share lies outside (0, 1), or shares of classes do not sum to 1.

    Example:
        Beside the plain metrics, and watched::

            metric = CorrectedLogLoss(
                train_prevalence=train.train_prevalence, prevalence=train.cohort_prevalence
            )
            model.compile("adam", "binary_crossentropy", weighted_metrics=[metric])
            model.fit(..., callbacks=[train.follow_epochs(), LRA(monitor="val_corrected_loss")])

    Examples:
        >>> metric = CorrectedLogLoss(train_prevalence=0.5, prevalence=0.1)
        >>> metric.update_state([[0.0]], [[0.5]])  # corrected from 0.5 to 0.1, so -log(0.9)
        >>> round(float(metric.result()), 4)
        0.1054
    """

    def __init__(
        self,
        *,
        train_prevalence: Prior,
        prevalence: Prior,
        from_logits: bool = False,
        name: str = "corrected_loss",
        dtype: Any = None,
    ) -> None:
        super().__init__(name=name, dtype=dtype)
        shown, wanted = (
            _shares(label, given)
            for label, given in (
                ("train_prevalence", train_prevalence),
                ("prevalence", prevalence),
            )
        )
        if len(shown) != len(wanted):
            raise InvalidInputError(
                f"`train_prevalence` and `prevalence` must be of as many classes, got {len(shown)} "
                f"and {len(wanted)}. Give a share of each class in both."
            )
        self._config = {
            "train_prevalence": train_prevalence,
            "prevalence": prevalence,
            "from_logits": from_logits,
        }
        self._from_logits = from_logits
        self._n_classes = len(shown)
        self._shift = np.log(wanted) - np.log(shown)

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Add the losses of a batch.

        Args:
            y_true: Labels, `(batch,)` or `(batch, 1)`; of k classes also `(batch, k)`.
            y_pred: Scores or logits, `(batch,)` or `(batch, 1)`; of k classes `(batch, k)`.
            sample_weight: Weights, `(batch,)`.
        """
        scores = keras.ops.cast(y_pred, "float32")
        losses = (self._of_two if self._n_classes == 2 else self._of_several)(y_true, scores)
        super().update_state(losses, sample_weight=sample_weight)

    def _of_two(self, y_true: Any, scores: Any) -> Any:
        ops = keras.ops
        scores = ops.reshape(scores, (-1,))
        labels = ops.cast(ops.reshape(y_true, (-1,)), "float32")
        if not self._from_logits:
            kept = ops.clip(scores, keras.config.epsilon(), 1 - keras.config.epsilon())
            scores = ops.log(kept) - ops.log1p(-kept)
        logits = scores + float(self._shift[1] - self._shift[0])
        return ops.softplus(logits) - labels * logits

    def _of_several(self, y_true: Any, scores: Any) -> Any:
        ops = keras.ops
        if not self._from_logits:
            scores = ops.log(ops.clip(scores, keras.config.epsilon(), 1.0))
        logits = scores + ops.cast(self._shift, "float32")
        if len(y_true.shape) == 2 and y_true.shape[1] == self._n_classes:
            labels = ops.cast(y_true, "float32")
        else:
            places = ops.cast(ops.reshape(y_true, (-1,)), "int32")
            labels = ops.one_hot(places, self._n_classes)
        return ops.logsumexp(logits, axis=-1) - ops.sum(labels * logits, axis=-1)

    def get_config(self) -> dict[str, Any]:
        """Return what makes an equal metric."""
        return {"name": self.name, "dtype": self.dtype, **self._config}


def _shares(name: str, given: Prior) -> list[float]:
    """Return the share of each class, of two negative first."""
    if isinstance(given, int | float):
        share = check_number(name, given, low=0, high=1, open_low=True, open_high=True)
        return [1 - share, share]
    shares = [check_number(name, each, low=0, high=1, open_low=True) for each in given]
    if len(shares) < 2 or abs(sum(shares) - 1) > 1e-6:
        raise InvalidInputError(
            f"`{name}` must be a share or the shares of all classes, which sum to 1, got {given!r}."
        )
    return shares
