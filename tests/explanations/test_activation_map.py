"""Activation maps: closed forms for known heads, and cells whose nucleus decides."""

from dataclasses import replace

import keras
import numpy as np
import pytest

from prevalens._seeding import generator
from prevalens.cohorts.smear_painter import Cell, PaintedCell, Smear, paint_cell
from prevalens.exceptions import DataWarning, InvalidInputError
from prevalens.explanations import (
    compute_activation_map,
    compute_integrated_gradients,
    compute_occlusion_map,
    mass_inside,
)
from prevalens.models import create_classifier

pytestmark = pytest.mark.keras

SMEAR = Smear(
    nuclear_stain=(0.62, 1.22, 0.40),
    cytoplasmic_stain=(0.42, 0.46, 0.10),
    light=(236, 228, 232),
    magnification=1.0,
    defocus=0.15,
    noise=2.0,
)


def network(head: list[keras.layers.Layer]) -> keras.Model:
    """Make two strided convolutions, global pooling and the given head, with random weights."""
    keras.utils.set_random_seed(3)
    images = keras.Input((32, 32, 3))
    features = keras.layers.Rescaling(1 / 127.5, -1)(images)
    for filters in (8, 12):
        features = keras.layers.Conv2D(filters, 3, 2, padding="same", activation="relu")(features)
    features = keras.layers.GlobalAveragePooling2D()(features)
    for layer in head:
        features = layer(features)
    return keras.Model(images, features)


def pixels(n: int = 3) -> np.ndarray:
    """Return random images of 32x32."""
    return np.random.default_rng(0).integers(0, 256, (n, 32, 32, 3)).astype(np.uint8)


def scores(model: keras.Model, images: np.ndarray) -> np.ndarray:
    """Return the model's scores in double precision."""
    return np.asarray(keras.ops.convert_to_numpy(model(images)), dtype=np.float64)


def test_the_mean_of_a_linear_heads_map_is_the_log_odds() -> None:
    """Zhou's identity: averaging features and weighting them commute."""
    model = network([keras.layers.Dropout(0.5), keras.layers.Dense(1, "sigmoid")])
    maps = compute_activation_map(model, pixels(), batch_size=2)
    score = scores(model, pixels())[:, 0]

    assert maps.shape == (3, 8, 8)
    np.testing.assert_allclose(maps.mean((1, 2)), np.log(score / (1 - score)), atol=1e-4)


def test_a_softmax_map_is_the_logit_against_the_mean_of_the_others() -> None:
    """For three classes the mean of the map of class 1 is log p1 - (log p0 + log p2) / 2."""
    model = network([keras.layers.Dense(3, "softmax")])
    maps = compute_activation_map(model, pixels(), label=1)
    logs = np.log(scores(model, pixels()))

    expected = logs[:, 1] - (logs[:, 0] + logs[:, 2]) / 2
    np.testing.assert_allclose(maps.mean((1, 2)), expected, atol=1e-4)


def test_the_other_class_of_two_has_the_opposite_map() -> None:
    """What speaks for the one speaks against the other, with one output as with two."""
    for outputs, activation in ((1, "sigmoid"), (2, "softmax")):
        model = network([keras.layers.Dense(outputs, activation)])
        for_one = compute_activation_map(model, pixels(), label=1)
        for_none = compute_activation_map(model, pixels(), label=0)

        np.testing.assert_allclose(for_one, -for_none, atol=1e-5)
        np.testing.assert_allclose(for_one, compute_activation_map(model, pixels()), atol=1e-6)


def test_a_deep_head_on_a_flat_image_answers_the_models_log_odds_inside() -> None:
    """On one colour every inner place has the same features, so each says what the model would.

    Max pooling, BatchNormalization and a hidden layer, as in the packaged ALL classifier; `valid`
    convolutions, so that no place sees the border.
    """
    keras.utils.set_random_seed(4)
    images = keras.Input((16, 16, 3))
    features = keras.layers.Conv2D(6, 3, activation="relu")(images / 255)
    features = keras.layers.GlobalMaxPooling2D()(features)
    for layer in (keras.layers.BatchNormalization(), keras.layers.Dense(5, "relu")):
        features = layer(features)
    model = keras.Model(images, keras.layers.Dense(1, "sigmoid")(features))
    flat = np.full((1, 16, 16, 3), 90, dtype=np.uint8)
    score = scores(model, flat)[0, 0]

    with pytest.warns(DataWarning, match="not tied to the model's answer, because its head is"):
        heat = compute_activation_map(model, flat)[0]
    np.testing.assert_allclose(heat, np.log(score / (1 - score)), atol=1e-4)


def test_a_maximum_is_warned_of_and_batch_normalisation_is_not() -> None:
    """Normalising at inference keeps means, so that map is still the answer's; a maximum not."""
    keras.utils.set_random_seed(4)
    images = keras.Input((16, 16, 3))
    places = keras.layers.Conv2D(6, 3, activation="relu")(images / 255)
    largest = keras.layers.GlobalMaxPooling2D()(places)
    mean = keras.layers.BatchNormalization()(keras.layers.GlobalAveragePooling2D()(places))
    first, second = (keras.layers.Dense(1, "sigmoid")(pooled) for pooled in (largest, mean))
    with pytest.warns(DataWarning, match="its pooling is not the average"):
        compute_activation_map(keras.Model(images, first), pixels(2)[:, :16, :16])

    tied = keras.Model(images, second)
    maps = compute_activation_map(tied, pixels(2)[:, :16, :16])
    score = scores(tied, pixels(2)[:, :16, :16])[:, 0]
    np.testing.assert_allclose(maps.mean((1, 2)), np.log(score / (1 - score)), atol=1e-4)


def test_the_reference_gets_zero() -> None:
    """An image like the reference has an empty map; of several references the mean counts."""
    model = network([keras.layers.Dense(1, "sigmoid")])
    maps = compute_activation_map(model, pixels(), reference=pixels()[1])
    centred = compute_activation_map(model, pixels(), reference=pixels())

    np.testing.assert_allclose(centred.mean(0), 0, atol=1e-6)
    np.testing.assert_allclose(maps[1], 0, atol=1e-6)
    assert np.abs(maps[0]).max() > 1e-3


def test_a_nested_backbone_is_looked_into_from_outside() -> None:
    """A model that stands as one layer before the pooling is mapped like its layers in a row."""
    backbone = keras.Sequential(
        [keras.Input((32, 32, 3)), keras.layers.Conv2D(5, 3, 4), keras.layers.ReLU()]
    )
    images = keras.Input((32, 32, 3))
    pooled = keras.layers.GlobalAveragePooling2D()(backbone(images))
    model = keras.Model(images, keras.layers.Dense(1, "sigmoid")(pooled))
    score = scores(model, pixels() / 255)[:, 0]
    maps = compute_activation_map(model, pixels() / 255)

    np.testing.assert_allclose(maps.mean((1, 2)), np.log(score / (1 - score)), atol=1e-4)


def test_the_classifiers_of_this_library_are_mapped() -> None:
    """create_classifier's own: a named backbone, and the brief's kind of head on any backbone."""
    keras.utils.set_random_seed(5)
    named = create_classifier("MobileNet", image_size=32, weights=None, options={"alpha": 0.25})
    own = create_classifier(
        keras.layers.Conv2D(6, 3, 2),
        image_size=32,
        weights=None,
        preprocessing="tf",
        pooling="max",
        head=[keras.layers.BatchNormalization(), keras.layers.Dense(4, "relu")],
        output="softmax",
    )

    with pytest.warns(DataWarning, match="The map has one place.* Use `compute_occlusion_map`"):
        assert compute_activation_map(named, pixels()).shape == (3, 1, 1)
    # The output starts at 0; any other kernel has a map.
    own.layers[-1].kernel.assign(np.random.default_rng(5).normal(size=(4, 2)))
    with pytest.warns(DataWarning, match="not tied"):
        maps = compute_activation_map(own, pixels())
    assert maps.shape == (3, 15, 15)
    assert maps.std() > 1e-3


@pytest.mark.parametrize(
    ("layers", "message"),
    [
        (
            [keras.layers.Flatten(), keras.layers.Dense(1)],
            "none of the 3 layers .* Use `compute_occ",
        ),
        ([keras.layers.GlobalAveragePooling2D()], "must be a Dense; .* ends in GlobalAverage"),
    ],
)
def test_a_model_without_pooling_or_dense_is_refused(
    layers: list[keras.layers.Layer], message: str
) -> None:
    """The error says which layer is missing and what to use instead."""
    images = keras.Input((8, 8, 3))
    answer = images
    for layer in layers:
        answer = type(layer).from_config(layer.get_config())(answer)
    with pytest.raises(InvalidInputError, match=message):
        compute_activation_map(keras.Model(images, answer), np.zeros((1, 8, 8, 3)))


@pytest.mark.parametrize(
    ("images", "label", "message"),
    [
        (pixels()[0], None, r"shape \(batch, 32, 32, 3\).* Add the batch axis"),
        (pixels()[:, :16], None, r"got shape \(3, 16, 32, 3\)"),
        (pixels()[:0], None, "at least one"),
        (pixels(), 2, "2 classes, got 2. Use 0 to 1"),
    ],
)
def test_wrong_images_and_classes_are_refused(
    images: np.ndarray, label: int | None, message: str
) -> None:
    """Shape and class are checked before anything is computed."""
    model = network([keras.layers.Dense(1, "sigmoid")])
    with pytest.raises(InvalidInputError, match=message):
        compute_activation_map(model, images, label=label)


def cells(n: int) -> tuple[list[PaintedCell], np.ndarray]:
    """Paint cells that differ by class in the density of their chromatin and in nothing else."""
    random = np.random.default_rng(8)
    labels = np.arange(n) % 2
    drawn = [
        paint_cell(
            Cell(
                nucleus_diameter=random.uniform(7.5, 9.5),
                nuclear_share=random.uniform(0.4, 0.6),
                clumping=0.2,
                nucleoli=0,
                irregularity=0.01,
                cleft=0,
                chromatin_density=1.35 if label else 0.65,
            ),
            replace(SMEAR, light=tuple(random.uniform(215, 240, 3).tolist())),
            image_size=48,
            generator=generator(0, "cell", number),
        )
        for number, label in enumerate(labels.tolist())
    ]
    return drawn, labels


@pytest.fixture(scope="module")
def learnt() -> tuple[keras.Model, list[PaintedCell], np.ndarray]:
    """A network that has learnt the class of 120 cells, and all 160 with their images."""
    drawn, labels = cells(160)
    images = np.stack([cell.image for cell in drawn])
    return trained(images, labels), drawn, images


def trained(images: np.ndarray, labels: np.ndarray) -> keras.Model:
    """Train two convolutions on the first 120 cells; they must tell the other 40 apart."""
    keras.utils.set_random_seed(4)
    features = pixels_in = keras.Input((48, 48, 3))
    features = keras.layers.Rescaling(1 / 255)(features)
    for filters, step in ((8, 1), (16, 2)):
        convolution = keras.layers.Conv2D(filters, 3, step, padding="same", activation="relu")
        features = convolution(features)
    features = keras.layers.GlobalAveragePooling2D()(features)
    model = keras.Model(pixels_in, keras.layers.Dense(1, "sigmoid")(features))
    model.compile(keras.optimizers.Adam(1e-2), "binary_crossentropy")
    model.fit(images[:120], labels[:120].astype("float32"), epochs=25, batch_size=24, verbose=0)
    held_out = scores(model, images[120:])[:, 0]
    # It must have learnt the class before it can be asked where it found it.
    assert np.mean(held_out[1::2, None] > held_out[0::2]) > 0.75
    return model


@pytest.mark.parametrize("kind", ["activation map", "integrated gradients"])
def test_on_cells_whose_nucleus_carries_the_class_the_maps_lie_on_the_nucleus(
    learnt: tuple[keras.Model, list[PaintedCell], np.ndarray], kind: str
) -> None:
    """Compared with healthy cells, the map's mass is on the nucleus far above chance.

    Chance is the nucleus' share of the image, about 0.09, and for a map that found no more than
    the cell its share of the cell, about 0.47.
    """
    model, drawn, images = learnt
    masks = [cell.nucleus for cell in drawn[121::2]]
    of_image = np.mean([mask.mean() for mask in masks])
    of_cell = np.mean([cell.nucleus.sum() / cell.cell.sum() for cell in drawn[121::2]])

    ill, healthy = images[121::2], images[120::2]
    if kind == "activation map":
        maps = compute_activation_map(model, ill, reference=healthy)
    else:
        maps = compute_integrated_gradients(model, ill, baseline=healthy.mean(axis=0))
    shares = [mass_inside(one, mask) for one, mask in zip(maps, masks, strict=True)]
    assert np.mean(shares) > max(4 * of_image, 1.2 * of_cell)
    assert min(shares) > 2 * of_image


def test_covering_the_nucleus_costs_a_score_that_reads_purple() -> None:
    """Where black squares make the answer fall lies on the nucleus far above chance.

    The score is high where blue exceeds green, as chromatin's purple does and cytoplasm hardly.
    """

    def purple(images: np.ndarray) -> np.ndarray:
        excess = images[..., 2].astype(float) - images[..., 1]
        return 1 / (1 + np.exp(-excess.mean(axis=(1, 2)) / 4))

    drawn, _ = cells(8)
    images = np.stack([cell.image for cell in drawn])
    maps = compute_occlusion_map(purple, images, patch=4, fill=0)
    for one, cell in zip(maps, drawn, strict=True):
        share = mass_inside(one, cell.nucleus)
        assert share > 4 * cell.nucleus.mean()
        assert share > cell.nucleus.sum() / cell.cell.sum()
