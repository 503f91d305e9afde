"""The last layer of an averaged classifier: the mean of its members' log-odds."""

from collections.abc import Sequence
from typing import Any

import keras

_LEAST = 1e-7  # A score of 0 or 1 in float32 has no log-odds; this is one of 16.


@keras.saving.register_keras_serializable(package="prevalens")
class MeanLogOdds(keras.layers.Layer):
    """Takes the scores of several networks to one, each set to one temperature and prevalence.

    Args:
        temperatures: What the log-odds of each network are divided by.
        shifts: What is then added to them, a number an output, for each network.
        classes: Whether the outputs are classes, of which an image has one: the mean is of
            logarithms, and the scores sum to 1. Else each output is a score of its own.
        **kwargs: Of Keras' layer.
    """

    def __init__(
        self,
        temperatures: Sequence[float],
        shifts: Sequence[Sequence[float]],
        *,
        classes: bool,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.temperatures = [float(one) for one in temperatures]
        self.shifts = [[float(one) for one in shift] for shift in shifts]
        self.classes = classes

    def call(self, scores: Sequence[Any]) -> Any:
        """Return the scores of the mean, of the shape of one network's."""
        ops = keras.ops
        parts = []
        for one, temperature, shift in zip(scores, self.temperatures, self.shifts, strict=True):
            odds = ops.log(ops.maximum(one, _LEAST))
            if not self.classes:
                odds = odds - ops.log(ops.maximum(1 - one, _LEAST))
            parts.append(odds / temperature + ops.convert_to_tensor([shift], dtype=odds.dtype))
        mean = sum(parts[1:], parts[0]) / len(parts)
        return ops.softmax(mean, axis=-1) if self.classes else ops.sigmoid(mean)

    def compute_output_shape(
        self, input_shape: Sequence[tuple[int | None, ...]]
    ) -> tuple[int | None, ...]:
        """Return the shape of one network's scores."""
        return tuple(input_shape[0])

    def get_config(self) -> dict[str, Any]:
        """Return what makes the layer anew."""
        own = {"temperatures": self.temperatures, "shifts": self.shifts, "classes": self.classes}
        return {**super().get_config(), **own}
