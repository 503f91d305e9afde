"""The policy as a Keras layer, on whichever backend runs this."""

from pathlib import Path

import keras
import numpy as np
import pytest

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
    layer = RandomAugmentation(presets.brief(), seed=1)
    result = layer(IMAGES.astype(dtype), training=False)

    assert keras.backend.standardize_dtype(result.dtype) == "float32"
    np.testing.assert_array_equal(numbers(result), IMAGES)


def test_training_changes_each_image_by_its_own_draw() -> None:
    """Six copies of one image become six different pictures, and others the next time."""
    layer = RandomAugmentation(presets.brief(), seed=1)
    copies = np.repeat(IMAGES[:1], 6, axis=0)
    first, second = (numbers(layer(copies, training=True)) for _ in range(2))

    assert len(np.unique(first.reshape(6, -1), axis=0)) == 6
    assert np.abs(first - second).max() > 1


def test_the_same_seed_gives_the_same_pictures() -> None:
    """Two layers of one seed agree; another seed does not."""
    one, same, other = (
        numbers(RandomAugmentation(presets.brief(), seed=seed)(IMAGES, training=True))
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
    policy = presets.brief()
    drawn = policy.draw(6, seed=8, epoch=0)
    last = RandomAugmentation(policy, seed=0, data_format="channels_last")
    first = RandomAugmentation(policy, seed=0, data_format="channels_first")
    turned = first.apply(IMAGES.transpose(0, 3, 1, 2), drawn)

    np.testing.assert_allclose(
        numbers(turned).transpose(0, 2, 3, 1), numbers(last.apply(IMAGES, drawn)), atol=1e-3
    )


def test_bfloat16_out_of_a_mixed_policy() -> None:
    """Under mixed_bfloat16 the pictures are those of float32 to bfloat16's 8 bits."""
    policy = presets.brief()
    drawn = policy.draw(6, seed=8, epoch=0)
    mixed = RandomAugmentation(policy, seed=0, dtype="mixed_bfloat16").apply(IMAGES, drawn)
    full = RandomAugmentation(policy, seed=0).apply(IMAGES, drawn)

    assert keras.backend.standardize_dtype(mixed.dtype) == "bfloat16"
    np.testing.assert_allclose(numbers(mixed), numbers(full), rtol=2**-8, atol=0.01)


def test_the_layer_draws_what_the_policy_draws() -> None:
    """2,000 angles and shifts of either have the same mean and spread.

    Five standard errors of a mean of uniform numbers on (-20, 20): 5 * 11.5 / sqrt(2000) = 1.3.
    """
    policy = presets.brief()
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
    outputs = RandomAugmentation(presets.brief(), seed=9, name="augmentation")(inputs)
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
        assert again.policy == presets.brief()
        np.testing.assert_array_equal(numbers(again(IMAGES, training=True)), following)


def test_the_layer_gives_the_pictures_of_the_host() -> None:
    """Geometry, stain, light and noise: within 1/255 in the mean, on whichever backend runs."""
    policy = presets.blood_smear().without("blur")
    soft = np.repeat(np.repeat(IMAGES, 4, axis=1), 4, axis=2)
    drawn = policy.draw(6, seed=4, epoch=0)
    inside = numbers(RandomAugmentation(policy, seed=0).apply(soft, drawn))
    outside = augment_on_host(policy, soft, drawn)

    assert np.abs(inside - outside).mean() < 1


def test_pixels_from_0_to_1_are_refused_where_the_look_changes() -> None:
    """Scaled arrays are named with the remedy; geometry alone takes any range."""
    scaled = IMAGES / np.float32(255)
    look = AugmentationPolicy([Exposure()])
    with pytest.raises(InvalidInputError, match=r"largest is 1\. Multiply by 255"):
        RandomAugmentation(look, seed=0).apply(scaled, look.draw(6, seed=0, epoch=0))
    place = AugmentationPolicy([Flip()])
    moved = RandomAugmentation(place, seed=0).apply(scaled, place.draw(6, seed=0, epoch=0))

    assert 0 < numbers(moved).max() <= 1


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
    layer = RandomAugmentation(policy, seed=0)
    drawn = policy.draw(6, seed=8, epoch=0)

    floats = numbers(layer.apply(IMAGES.astype(np.float32), drawn))
    np.testing.assert_array_equal(floats, numbers(layer.apply(IMAGES, drawn)))
    assert not numbers(layer.apply(np.zeros((6, 16, 16, 3), np.float32), drawn)).any()
