"""The policy as a Keras layer, on whichever backend runs this."""

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from prevalens._optional import require
from prevalens.augmentation import (
    AugmentationPolicy,
    Exposure,
    Flip,
    Jpeg,
    QuarterTurn,
    RandomAugmentation,
    Rotation,
    Shift,
    augment_on_host,
    presets,
)
from prevalens.exceptions import InvalidInputError

pytestmark = pytest.mark.keras
IMAGES = np.random.default_rng(0).integers(0, 256, (6, 16, 16, 3)).astype(np.uint8)


def numbers(tensor: object) -> np.ndarray:
    """Return a tensor's values in float32."""
    return np.asarray(keras.ops.convert_to_numpy(keras.ops.cast(tensor, "float32")))


@pytest.mark.parametrize("dtype", ["uint8", "float32", "float16"])
def test_inference_is_the_identity(dtype: str) -> None:
    """Every pixel comes back; only the number type is the layer's."""
    layer = RandomAugmentation(presets.flip_rotate_shift(), seed=1)
    result = layer(IMAGES.astype(dtype), training=False)

    assert keras.backend.standardize_dtype(result.dtype) == "float32"
    np.testing.assert_array_equal(numbers(result), IMAGES)


def test_training_changes_each_image_by_its_own_draw() -> None:
    """Six copies of one image become six different pictures, and others the next time."""
    layer = RandomAugmentation(presets.flip_rotate_shift(), seed=1)
    copies = np.repeat(IMAGES[:1], 6, axis=0)
    first, second = (numbers(layer(copies, training=True)) for _ in range(2))

    assert len(np.unique(first.reshape(6, -1), axis=0)) == 6
    assert np.abs(first - second).max() > 1


def test_the_same_seed_gives_the_same_pictures() -> None:
    """Two layers of one seed agree; another seed does not."""
    one, same, other = (
        numbers(RandomAugmentation(presets.flip_rotate_shift(), seed=seed)(IMAGES, training=True))
        for seed in (3, 3, 4)
    )

    np.testing.assert_array_equal(one, same)
    assert np.abs(one - other).max() > 1


def test_flips_and_turns_are_those_of_numpy() -> None:
    """Drawn flips and quarter turns move pixels and change none."""
    layer = RandomAugmentation(AugmentationPolicy([Flip(), QuarterTurn()]), seed=2)
    drawn = {
        "flip_horizontal": np.asarray([0, 1, 0, 1, 0, 1], np.float32),
        "flip_vertical": np.asarray([0, 0, 1, 1, 0, 0], np.float32),
        "quarter_turns": np.asarray([0, 0, 0, 1, 2, 3], np.float32),
    }
    result = numbers(layer.apply(IMAGES, drawn))

    for row in range(6):
        wanted = IMAGES[row]
        wanted = wanted[:, ::-1] if drawn["flip_horizontal"][row] else wanted
        wanted = wanted[::-1] if drawn["flip_vertical"][row] else wanted
        wanted = np.rot90(wanted, int(drawn["quarter_turns"][row]))
        np.testing.assert_allclose(result[row], wanted, atol=1e-2)


def test_channels_first_is_channels_last_transposed() -> None:
    """The same parameters give the same pictures in either layout."""
    policy = presets.flip_rotate_shift()
    drawn = policy.draw(6, seed=8, epoch=0)
    last = RandomAugmentation(policy, seed=0, data_format="channels_last")
    first = RandomAugmentation(policy, seed=0, data_format="channels_first")
    turned = first.apply(IMAGES.transpose(0, 3, 1, 2), drawn)

    np.testing.assert_allclose(
        numbers(turned).transpose(0, 2, 3, 1), numbers(last.apply(IMAGES, drawn)), atol=1e-3
    )


def test_bfloat16_out_of_a_mixed_policy() -> None:
    """Under mixed_bfloat16 the pictures are those of float32 to bfloat16's 8 bits."""
    policy = presets.flip_rotate_shift()
    drawn = policy.draw(6, seed=8, epoch=0)
    mixed = RandomAugmentation(policy, seed=0, dtype="mixed_bfloat16").apply(IMAGES, drawn)
    full = RandomAugmentation(policy, seed=0).apply(IMAGES, drawn)

    assert keras.backend.standardize_dtype(mixed.dtype) == "bfloat16"
    np.testing.assert_allclose(numbers(mixed), numbers(full), rtol=2**-8, atol=0.01)


def test_the_layer_draws_what_the_policy_draws() -> None:
    """2,000 angles and shifts of either have the same mean and spread.

    Five standard errors of a mean of uniform numbers on (-20, 20): 5 * 11.5 / sqrt(2000) = 1.3.
    """
    policy = presets.flip_rotate_shift()
    layer = RandomAugmentation(policy, seed=5)
    inside = {name: numbers(value) for name, value in layer.draw(2000).items()}
    outside = policy.draw(2000, seed=5, epoch=0)

    assert inside.keys() == outside.keys()
    for values in (inside["rotation"], outside["rotation"]):
        assert abs(values.mean()) < 1.3
        assert abs(values.std() - 40 / 12**0.5) < 0.8
        assert -20 <= values.min() < -19
        assert 19 < values.max() <= 20
    assert abs(inside["flip_vertical"].mean() - 0.5) < 0.06


def small_model() -> keras.Model:
    """Return a compiled model with the layer inside."""
    inputs = keras.Input((16, 16, 3), dtype="uint8")
    outputs = RandomAugmentation(presets.flip_rotate_shift(), seed=9, name="augmentation")(inputs)
    outputs = keras.layers.GlobalAveragePooling2D()(outputs)
    model = keras.Model(inputs, keras.layers.Dense(1)(outputs))
    model.compile(loss="mse")
    return model


def test_a_model_keeps_its_compilation_and_trains() -> None:
    """`supports_jit` stays true for layer and model, and `fit` runs on uint8 batches."""
    model = small_model()
    history = model.fit(IMAGES, np.zeros(6), verbose=0)

    assert model.get_layer("augmentation").supports_jit
    assert model.supports_jit
    assert np.isfinite(history.history["loss"][0])


def test_a_saved_model_goes_on_where_it_stopped(tmp_path: Path) -> None:
    """After two training steps and a `.keras` or weights round trip, the next draw is the same."""
    model = small_model()
    layer = model.get_layer("augmentation")
    model.fit(IMAGES, np.zeros(6), batch_size=3, verbose=0)
    model.save(tmp_path / "model.keras")
    model.save_weights(tmp_path / "model.weights.h5")
    following = numbers(layer(IMAGES, training=True))
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    fresh = small_model()
    fresh.fit(IMAGES, np.zeros(6), verbose=0)
    fresh.load_weights(tmp_path / "model.weights.h5")

    for other in (loaded, fresh):
        again = other.get_layer("augmentation")
        assert again.policy == presets.flip_rotate_shift()
        np.testing.assert_array_equal(numbers(again(IMAGES, training=True)), following)


def test_the_layer_gives_the_pictures_of_the_host() -> None:
    """Geometry, stain, light and noise: within 1/255 in the mean, on whichever backend runs."""
    policy = presets.blood_smear().without("blur")
    soft = np.repeat(np.repeat(IMAGES, 4, axis=1), 4, axis=2)
    drawn = policy.draw(6, seed=4, epoch=0)
    inside = numbers(RandomAugmentation(policy, seed=0).apply(soft, drawn))
    outside = augment_on_host(policy, soft, drawn)

    assert np.abs(inside - outside).mean() < 1


LOOK = AugmentationPolicy([Exposure(factor=(1.1, 1.1))], name="look")


def as_(way: str) -> np.ndarray:
    """Return the images in one of the number ranges that networks take."""
    pixels = IMAGES.astype(np.float32)
    return {
        "0 to 255": pixels,
        "0 to 1": pixels / 255,
        "-1 to 1": pixels / 127.5 - 1,
        "torch": (pixels / 255 - np.float32(0.45)) / np.float32(0.225),
        "caffe": pixels - np.float32(116.8),
        "standardised": (pixels - pixels.mean()) / pixels.std(),
        "16 bit": pixels * 257,
        "uint16": IMAGES.astype(np.uint16) * 257,
        "int32": IMAGES.astype(np.int32),
    }[way]


@pytest.mark.parametrize(
    "way",
    [
        "0 to 255", "0 to 1", "-1 to 1", "torch", "caffe", "standardised", "16 bit", "uint16",
        "int32",
    ],
)  # fmt: skip
def test_a_range_that_is_not_stated_is_refused(way: str) -> None:
    """Whatever the peak: when called, when applied, when a model is built. Geometry takes any."""
    images = as_(way)
    layer = RandomAugmentation(LOOK, seed=0)
    drawn = LOOK.draw(6, seed=0, epoch=0)
    for call in (
        lambda: layer(images, training=True),
        lambda: layer(images, training=False),
        lambda: layer.apply(images, drawn),
        lambda: layer(keras.Input(images.shape[1:], dtype=images.dtype.name)),
    ):
        with pytest.raises(InvalidInputError, match=r"exposure' must know.*value_range=\(0, 255\)"):
            call()
    moved = RandomAugmentation(AugmentationPolicy([Flip()]), seed=0)(images, training=True)

    np.testing.assert_allclose(numbers(moved).mean(), images.mean(), rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize(
    ("way", "ends"),
    [
        ("0 to 255", (0, 255)),
        ("0 to 1", (0, 1)),
        ("-1 to 1", [-1, 1]),
        ("16 bit", (0, 65535)),
        ("uint16", (0, 65535)),
        ("int32", (0, 255)),
    ],
)
def test_a_stated_range_is_honoured(way: str, ends: tuple[float, float]) -> None:
    """1.1 times the light between black and white, cut off at white; black beyond the edge."""
    policy = AugmentationPolicy([Shift(fraction=(0.5, 0.5)), *LOOK.operations], fill="constant")
    drawn = policy.draw(6, seed=0, epoch=0)
    images, (black, white) = as_(way), ends
    layer = RandomAugmentation(policy, seed=0, value_range=ends)
    light = (images.astype(np.float64) - black) / (white - black)
    wanted = np.zeros_like(light)
    wanted[:, 8:, 8:] = np.minimum(1.1 * light[:, :8, :8], 1)
    for result in (layer.apply(images, drawn), layer(images, training=True)):
        share = (numbers(result) - black) / (white - black)
        np.testing.assert_allclose(share, wanted, atol=1e-4)
    again = RandomAugmentation.from_config(layer.get_config())
    assert again.value_range == tuple(ends)


@pytest.mark.parametrize(
    ("way", "ends"),
    [
        ("0 to 1", (0, 255)),
        ("torch", (0, 255)),
        ("caffe", (0, 255)),
        ("standardised", (0, 1)),
        ("16 bit", (0, 255)),
        ("0 to 255", (0, 1)),
        ("-1 to 1", (0, 1)),
    ],
)
def test_pixels_beyond_the_stated_range_are_never_cut_off(
    way: str, ends: tuple[float, float]
) -> None:
    """Arrays are refused with their range; inside a step, where nothing can raise, all is NaN."""
    layer = RandomAugmentation(LOOK, seed=0, value_range=ends)
    images = as_(way)
    with pytest.raises(InvalidInputError, match=r"`value_range` says .* but pixels go from"):
        layer.apply(images, LOOK.draw(6, seed=0, epoch=0))
    assert np.isnan(numbers(layer(images, training=True))).all()


def test_a_range_is_two_ordered_numbers_and_bytes_have_theirs() -> None:
    """Inverted, single and textual ranges are refused; so is another one for uint8."""
    for bad in ((255, 0), (1, 1), (0, 1, 2), 255, "01", (0, float("nan")), (0, float("inf"))):
        with pytest.raises(InvalidInputError, match="`value_range`"):
            RandomAugmentation(LOOK, seed=0, value_range=bad)  # type: ignore[arg-type]
    with pytest.raises(InvalidInputError, match="uint8 images go from 0 to 255"):
        RandomAugmentation(LOOK, seed=0, value_range=(0, 1))(IMAGES, training=True)
    layer = RandomAugmentation(LOOK, seed=0, value_range=(0, 255))

    assert np.abs(numbers(layer(IMAGES, training=True)) - IMAGES).mean() > 1


def test_a_preset_is_called() -> None:
    """Without its parentheses, or by its name, the error says what to write."""
    for given in (presets.blood_smear, "blood_smear"):
        with pytest.raises(InvalidInputError, match=r"presets\.blood_smear\(\)"):
            RandomAugmentation(given, seed=0)  # type: ignore[arg-type]


def test_layers_of_neighbouring_seeds_do_not_follow_each_other() -> None:
    """The second draw of seed 7 is not the first of seed 8; a seed may be of any size."""
    policy = presets.flip_rotate_shift()
    seven, eight, large = (RandomAugmentation(policy, seed=s) for s in (7, 8, 2**60))
    draws = [numbers(layer.draw(50)["rotation"]) for layer in (seven, seven, eight, eight, large)]

    assert len({draw.tobytes() for draw in draws}) == 5


def test_images_of_a_pixel_and_no_images() -> None:
    """A batch of one pixel each is changed in light only; a batch of none is none."""
    policy = presets.chest_xray()
    layer = RandomAugmentation(policy, seed=0)
    pixel = np.full((3, 1, 1, 1), 100, np.uint8)

    assert numbers(layer(pixel, training=True)).shape == pixel.shape
    assert np.isfinite(numbers(layer(pixel, training=True))).all()
    assert layer(np.zeros((0, 4, 4, 1), np.uint8), training=True).shape == (0, 4, 4, 1)


def test_single_images_and_channels_first_are_refused() -> None:
    """A batch has four axes, and channels stand where the layer was told."""
    layer = RandomAugmentation(LOOK, seed=0)
    with pytest.raises(InvalidInputError, match=r"image\[None\]"):
        layer(IMAGES[0], training=True)
    with pytest.raises(InvalidInputError, match="last axis"):
        layer(IMAGES.transpose(0, 3, 1, 2), training=True)
    with pytest.raises(InvalidInputError, match="one of the two only"):
        layer.apply(IMAGES, {})


def test_grey_levels_survive_mixed_precision() -> None:
    """256 levels in float32 are not rounded to bfloat16's 8 bits before they are changed."""
    levels = np.arange(256, dtype=np.float32).reshape(1, 16, 16, 1)
    policy = AugmentationPolicy([Exposure(factor=(0.5, 0.5)), Flip(vertical=False, probability=1)])
    layer = RandomAugmentation(policy, seed=0, value_range=(0, 255), dtype="mixed_bfloat16")
    drawn = {
        "exposure": np.asarray([0.5], np.float32),
        "flip_horizontal": np.asarray([0], np.float32),
        "flip_vertical": np.asarray([0], np.float32),
    }
    pictures = numbers(layer.apply(levels, drawn))

    # 0.5 * 255 = 127.5 has 8 bits, and 255 rounded to 8 bits before would be 128.
    assert pictures[0, -1, -1, 0] == 127.5


def test_policies_a_layer_cannot_apply_are_refused() -> None:
    """A chance per class, and a quarter turn of an oblong image, say what to do."""
    with pytest.raises(InvalidInputError, match="labels="):
        RandomAugmentation(AugmentationPolicy([Rotation(probability=(0.1, 0.9))]), seed=0)
    with pytest.raises(InvalidInputError, match=r"policy\.without\('jpeg'\)"):
        RandomAugmentation(AugmentationPolicy([Flip(), Jpeg()]), seed=0)
    with pytest.raises(InvalidInputError, match="square images, got height 4 and width 6"):
        RandomAugmentation(AugmentationPolicy([QuarterTurn()]), seed=0)(
            np.zeros((1, 4, 6, 3), np.uint8), training=True
        )
    with pytest.raises(InvalidInputError, match="`data_format`"):
        RandomAugmentation(AugmentationPolicy([Shift()]), seed=0, data_format="first")


def test_pixels_as_floats_are_those_as_bytes() -> None:
    """0 to 255 in float32 is no other picture; black alone is not taken for a unit range."""
    policy = AugmentationPolicy([Exposure()])
    layer = RandomAugmentation(policy, seed=0, value_range=(0, 255))
    drawn = policy.draw(6, seed=8, epoch=0)

    floats = numbers(layer.apply(IMAGES.astype(np.float32), drawn))
    np.testing.assert_array_equal(floats, numbers(layer.apply(IMAGES, drawn)))
    assert not numbers(layer.apply(np.zeros((6, 16, 16, 3), np.float32), drawn)).any()


@pytest.mark.skipif(keras.backend.backend() != "torch", reason="counts calls of PyTorch")
@pytest.mark.parametrize("name", presets.PRESETS)
def test_pytorch_makes_no_numbers_on_the_host_for_each_batch(name: str) -> None:
    """No inverse of a constant, and one small tensor: the step of Keras' own seed generator.

    On a device each would be waited for.
    """
    library = require("torch.utils._python_dispatch", extra="torch")
    seen: list[str] = []

    class Watch(library.TorchDispatchMode):  # type: ignore[misc,name-defined]
        def __torch_dispatch__(
            self, call: Any, types: Any, args: Any = (), kwargs: Any = None
        ) -> Any:
            seen.append(str(call))
            return call(*args, **(kwargs or {}))

    layer = RandomAugmentation(getattr(presets, name)(), seed=0)
    images = keras.ops.convert_to_tensor(np.repeat(np.repeat(IMAGES, 2, axis=1), 2, axis=2))
    layer(images, training=True)
    with Watch():
        layer(images, training=True)

    assert len(seen) > 50
    assert [call for call in seen if "linalg" in call] == []
    assert seen.count("aten.lift_fresh.default") <= 1
    assert seen.count("aten._local_scalar_dense.default") <= 1


@pytest.mark.skipif(keras.backend.backend() != "jax", reason="JAX's guard of transfers")
@pytest.mark.parametrize("name", presets.PRESETS)
def test_the_compiled_layer_transfers_nothing_on_jax(name: str) -> None:
    """Its constants are in the program: a step under `transfer_guard("disallow")` runs."""
    jax = require("jax", extra="jax")
    layer = RandomAugmentation(getattr(presets, name)(), seed=0)
    step = jax.jit(lambda state, pixels: layer.stateless_call([], state, pixels, training=True))
    state = [variable.value for variable in layer.non_trainable_variables]
    images = jax.device_put(IMAGES)
    step(state, images)
    with jax.transfer_guard("disallow"):
        pictures, _ = step(state, images)

    assert np.isfinite(numbers(pictures)).all()
