"""A policy as a Keras layer: draws for each image, applies, is the identity at inference."""

from collections.abc import Mapping
from typing import Any, Self

import keras
import numpy as np

from prevalens._checks import check_choice, check_integer, name_some
from prevalens.augmentation.appearance import apply_appearance
from prevalens.augmentation.drawing import n_uniforms, parameters_from
from prevalens.augmentation.geometry import apply_geometry
from prevalens.augmentation.policy import AugmentationPolicy
from prevalens.exceptions import InvalidInputError


@keras.saving.register_keras_serializable(package="prevalens")
class RandomAugmentation(keras.layers.Layer):
    """Change each training image by an own draw from a policy; leave images alone at inference.

    Works inside the model, on the accelerator, on JAX, PyTorch and TensorFlow, and leaves the
    model's compilation on. The state of its random numbers is saved with the model, and with its
    weights, so that a resumed run goes on where it stopped.

    Args:
        policy: What to change; a policy, or what its `to_dict` gave.
        seed: Seed of the draws, at least 0.
        data_format: "channels_last" or "channels_first"; by default Keras' setting.
        **kwargs: What every Keras layer takes, for example `name` or `dtype`.

    Raises:
        InvalidInputError: the policy has a chance per class, which a layer cannot see, or an
            operation that only works on the host.

    Input: images of shape `(batch, height, width, channels)`, uint8 or floating, with pixels
    from 0 to 255. Output: the same shape in the layer's compute dtype.
    """

    def __init__(
        self,
        policy: AugmentationPolicy | Mapping[str, Any],
        *,
        seed: int,
        data_format: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.policy = (
            policy
            if isinstance(policy, AugmentationPolicy)
            else AugmentationPolicy.from_dict(policy)
        )
        _refuse_host_policy(self.policy)
        self.seed = check_integer("seed", seed, minimum=0)
        self.data_format = check_choice(
            "data_format",
            data_format or keras.config.image_data_format(),
            ("channels_last", "channels_first"),
        )
        self.seed_generator = keras.random.SeedGenerator(seed)
        self.built = True

    def call(self, images: Any, training: bool = False) -> Any:  # noqa: FBT001, FBT002 (Keras')
        """Return changed images where `training`, else the images, in the compute dtype."""
        if training and self.policy.operations:
            return self.apply(images, self.draw(keras.ops.shape(images)[0]))
        return keras.ops.cast(images, self.compute_dtype)

    def draw(self, n: Any) -> dict[str, Any]:
        """Draw parameters for `n` images, as `AugmentationPolicy.draw` does on the host."""
        operations = self.policy.operations
        width = sum(map(n_uniforms, operations))
        uniforms = keras.random.uniform((n, width), dtype="float32", seed=self.seed_generator)
        chances = [operation.probability for operation in operations]
        return parameters_from(uniforms, operations, chances, xp=keras.ops)

    def apply(self, images: Any, parameters: Mapping[str, Any]) -> Any:
        """Apply drawn parameters, whoever drew them; the same pictures on every backend.

        Args:
            images: Shape `(batch, height, width, channels)`, or channels first where the layer
                was made so.
            parameters: From `draw` of the layer or of the policy, one row per image.

        Returns:
            Images of the same shape in the layer's compute dtype.
        """
        ops = keras.ops
        images = ops.convert_to_tensor(images)
        drawn = {name: ops.convert_to_tensor(value) for name, value in parameters.items()}
        first = self.data_format == "channels_first"
        pictures = ops.transpose(images, (0, 2, 3, 1)) if first else images
        pictures = apply_geometry(
            pictures, drawn, fill=self.policy.fill, fill_value=self.policy.fill_value
        )
        pictures = apply_appearance(pictures, drawn, self.policy.by_name)
        pictures = ops.transpose(pictures, (0, 3, 1, 2)) if first else pictures
        return ops.cast(pictures, self.compute_dtype)

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """Return the input's shape: frames keep their size."""
        return input_shape

    def get_config(self) -> dict[str, Any]:
        """Return what makes the layer anew."""
        own = {
            "policy": self.policy.to_dict(),
            "seed": self.seed,
            "data_format": self.data_format,
        }
        return {**super().get_config(), **own}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Self:
        """Make the layer from what `get_config` gave."""
        return cls(**config)

    def save_own_variables(self, store: dict[str, Any]) -> None:
        """Save the state of the random numbers; Keras 3.15 leaves a seed generator's out."""
        store["seed_generator_state"] = np.asarray(
            keras.ops.convert_to_numpy(self.seed_generator.state.value)
        )

    def load_own_variables(self, store: Mapping[str, Any]) -> None:
        """Restore the state of the random numbers."""
        self.seed_generator.state.assign(np.asarray(store["seed_generator_state"]))


def _refuse_host_policy(policy: AugmentationPolicy) -> None:
    if policy.per_class:
        raise InvalidInputError(
            "A layer does not see labels, but this policy has a chance per class. Draw it with "
            "`policy.draw(..., labels=...)`, or give each operation one probability."
        )
    on_host = [operation.name for operation in policy.operations if operation.host_only]
    if on_host:
        raise InvalidInputError(
            f"Only the host can do {name_some(on_host)}. Use "
            f"`policy.without({', '.join(map(repr, on_host))})` for the layer."
        )
