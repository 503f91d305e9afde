"""A policy as a Keras layer: samples for each image, applies, is the identity at inference."""

import contextlib
from collections.abc import Mapping, Sequence
from typing import Any, Self

import keras
import numpy as np

from prevalens._checks import check_choice, check_integer, check_number, name_some
from prevalens._seeding import generator
from prevalens.augmentation.array_calls import is_torch
from prevalens.augmentation.device_augmentation import change_pixels, move_pixels, nan_beyond
from prevalens.augmentation.parameter_sampling import n_uniforms, parameters_from
from prevalens.augmentation.pipeline import check_parameters, check_pictures
from prevalens.augmentation.policy import AugmentationPolicy
from prevalens.augmentation.policy_argument import policy_from
from prevalens.exceptions import InvalidInputError


@keras.saving.register_keras_serializable(package="prevalens")
class RandomAugmentation(keras.layers.Layer):
    """Change each training image by its own draw from a policy; leave images alone at inference.

    Works inside the model, on the accelerator, on JAX, PyTorch and TensorFlow, and leaves the
    model's compilation on. The state of its random numbers is saved with the model, and with its
    weights, so that a resumed run goes on where it stopped.

    Args:
        policy: What to change; a policy, or what its `to_dict` gave.
        seed: Seed of the draws, at least 0. Layers of different seeds draw independently.
        value_range: Pixel values of black and white, for example `(0, 255)`, `(0, 1)`, `(-1, 1)`
            or `(0, 65535)`. For uint8 it is 0 to 255 and need not be said; a policy that changes
            pixel values takes no other images without it.
        data_format: "channels_last" or "channels_first"; by default Keras' setting.
        **kwargs: What every Keras layer takes, for example `name` or `dtype`.

    Raises:
        InvalidInputError: the policy has a chance per class, which a layer cannot see, or an
            operation that only works on the host; or, where it is called, the images are not what
            the operations can change, or their value range is not known.

    Input: images of shape `(batch, height, width, channels)`, uint8, or other numbers within
    `value_range`; the policy's fill value and strengths are in levels from 0 to 255 of it. Output:
    the same shape and range in the layer's compute dtype. Images of numbers beyond the range come
    back as NaN, so that the loss is NaN at the first step: a compiled step cannot raise.

    Examples:
        >>> import numpy as np
        >>> from prevalens.augmentation import AugmentationPolicy, Flip
        >>> policy = AugmentationPolicy([Flip(vertical=False, probability=1)])
        >>> layer = RandomAugmentation(policy, seed=0)
        >>> images = np.arange(4, dtype="float32").reshape(1, 1, 4, 1)
        >>> from keras import ops
        >>> ops.convert_to_numpy(layer(images, training=True)).ravel().tolist()
        [3.0, 2.0, 1.0, 0.0]
        >>> ops.convert_to_numpy(layer(images, training=False)).ravel().tolist()
        [0.0, 1.0, 2.0, 3.0]
    """

    def __init__(
        self,
        policy: AugmentationPolicy | Mapping[str, Any],
        *,
        seed: int,
        value_range: Sequence[float] | None = None,
        data_format: str | None = None,
        **kwargs: Any,
    ) -> None:
        # Without Keras' casting of inputs: bfloat16 has 8 bits, too few for 256 grey levels.
        super().__init__(**{"autocast": False, **kwargs})
        self.policy = policy_from(policy, "policy")
        _refuse_host_policy(self.policy)
        self.seed = check_integer("seed", seed, minimum=0)
        self.value_range = _check_range(value_range)
        self.data_format = check_choice(
            "data_format",
            data_format or keras.config.image_data_format(),
            ("channels_last", "channels_first"),
        )
        # A seed of its own for the stream: on PyTorch Keras adds seed and number of the call, so
        # that seed 8 would begin with the second draw of seed 7.
        stream = int(generator(self.seed, "augmentation layer").integers(2**31))
        with self._where_drawn():
            self.seed_generator = keras.random.SeedGenerator(stream)
        self.built = True

    def call(self, images: Any, training: bool = False) -> Any:  # noqa: FBT001, FBT002 (Keras')
        """Return changed images where `training`, else the images, in the compute dtype."""
        self._check_images(images)
        if training and self.policy.operations:
            uniforms = self._uniforms(keras.ops.shape(images)[0])
            if is_torch(uniforms) and uniforms.device != images.device:
                # One copy for all parameters, which the device need not be waited for.
                uniforms = uniforms.to(images.device, non_blocking=True)
            sampled = parameters_from(uniforms, self.policy.operations, xp=keras.ops)
            return self._apply(images, sampled)
        return keras.ops.cast(images, self.compute_dtype)

    def compute_output_spec(self, *args: Any, **kwargs: Any) -> Any:
        """Return the output's shape and dtype; images that will be refused are refused now."""
        for images in (*args[:1], *(kwargs[name] for name in ("images",) if name in kwargs)):
            self._check_images(images)
        return super().compute_output_spec(*args, **kwargs)

    def draw(self, n: Any) -> dict[str, Any]:
        """Draw parameters for `n` images, as `AugmentationPolicy.draw` does on the host."""
        return parameters_from(self._uniforms(n), self.policy.operations, xp=keras.ops)

    def apply(self, images: Any, parameters: Mapping[str, Any]) -> Any:
        """Apply sampled parameters, whoever drew them; the same pictures on every backend.

        Args:
            images: Shape `(batch, height, width, channels)`, or channels first where the layer
                was made so.
            parameters: From `draw` of the layer or of the policy, one row per image.

        Returns:
            Images of the same shape in the layer's compute dtype.

        Raises:
            InvalidInputError: the images are not what the operations can change, their value
                range is not known or, of numpy images, not what was stated; or the parameters are
                not those of the policy, one row per image.
        """
        self._check_images(images)
        if isinstance(images, np.ndarray):
            self._check_values(images)
        check_parameters(self.policy.operations, parameters, images.shape[0])
        images = keras.ops.convert_to_tensor(images)
        return self._apply(
            images,
            {name: keras.ops.convert_to_tensor(value) for name, value in parameters.items()},
        )

    def _apply(self, images: Any, sampled: Mapping[str, Any]) -> Any:
        ops, operations = keras.ops, self.policy.operations
        black, white = self.value_range or (0.0, 255.0)
        first = self.data_format == "channels_first"
        if images.shape[0] == 0:
            return ops.cast(images, self.compute_dtype)
        pictures = ops.transpose(images, (0, 2, 3, 1)) if first else images
        pictures = move_pixels(
            pictures,
            sampled,
            operations,
            fill=self.policy.fill,
            fill_value=black + self.policy.fill_value * ((white - black) / 255.0),
        )
        pictures = change_pixels(pictures, sampled, operations, value_range=(black, white))
        if self._looks and not _is_uint8(images):
            pictures = pictures + nan_beyond(images, value_range=(black, white))
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
            "value_range": self.value_range,
            "data_format": self.data_format,
        }
        return {**super().get_config(), **own}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Self:
        """Make the layer from what `get_config` gave."""
        return cls(**config)

    def _uniforms(self, n: Any) -> Any:
        width = sum(map(n_uniforms, self.policy.operations))
        with self._where_drawn():
            return keras.random.uniform((n, width), dtype="float32", seed=self.seed_generator)

    def _where_drawn(self) -> contextlib.AbstractContextManager[Any]:
        # On PyTorch the state is read as a Python number: on a device, that would wait for it.
        if keras.backend.backend() == "torch":
            return keras.device("cpu")
        return contextlib.nullcontext()

    def _check_images(self, images: Any) -> None:
        shape = tuple(images.shape)
        if self.data_format == "channels_first" and len(shape) == 4:
            shape = (shape[0], *shape[2:], shape[1])
        check_pictures(self.policy.operations, shape)
        if _is_uint8(images):
            if self.value_range not in {None, (0.0, 255.0)}:
                raise InvalidInputError(
                    f"uint8 images go from 0 to 255, but `value_range` is {self.value_range}. "
                    "Leave `value_range` out, or scale the images before."
                )
            return
        if self._looks and self.value_range is None:
            raise InvalidInputError(
                f"Operations {name_some(self._looks)} must know which pixel values are black and "
                f"white, which {keras.backend.standardize_dtype(images.dtype)} images do not say. "
                "Give RandomAugmentation value_range=(0, 255), (0, 1) or what it is; augment "
                "before a normalisation by mean and deviation."
            )

    @property
    def _looks(self) -> list[str]:
        return [each.name for each in self.policy.operations if each.needs_range]

    def _check_values(self, images: Any) -> None:
        if not self._looks or self.value_range is None or _is_uint8(images) or not images.size:
            return
        (black, white), low, high = self.value_range, float(images.min()), float(images.max())
        slack = (white - black) / 510  # half a grey level
        stated = (
            f"`value_range` says {black:g} to {white:g}, but pixels go from {low:g} to {high:g}"
        )
        if not (low >= black - slack and high <= white + slack):
            raise InvalidInputError(
                f"{stated}. State the range that they have; augment before a normalisation by "
                "mean and deviation."
            )
        if self.value_range == (0.0, 255.0) and 0 < high <= 1:
            raise InvalidInputError(f"{stated}. Use value_range=(0, 1), or multiply by 255.")

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


def _check_range(value_range: Sequence[float] | None) -> tuple[float, float] | None:
    if value_range is None:
        return None
    given: object = value_range
    ends = tuple(given) if isinstance(given, Sequence) else (given,)
    if len(ends) != 2:
        raise InvalidInputError(
            "`value_range` must be the pixel values of black and white, for example (0, 255), got "
            f"{value_range!r}."
        )
    black, white = (check_number("value_range", end, low=-1e30, high=1e30) for end in ends)
    if black >= white:
        raise InvalidInputError(
            f"`value_range` must go from black up to white, got {value_range!r}. Inverted "
            "images have their smallest value first, too."
        )
    return black, white


def _is_uint8(images: Any) -> bool:
    return str(keras.backend.standardize_dtype(images.dtype)) == "uint8"
