"""create_classifier: pixels in, scores out, the same graph whatever the weights' source."""

import importlib
import socket
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from prevalens import models
from prevalens.exceptions import InvalidInputError, PrevalensError

keras = pytest.importorskip("keras", exc_type=ImportError)
pytestmark = pytest.mark.keras
PUBLISHED = pytest.mark.published

WEIGHTS = Path(__file__).parents[2].parent / "shared" / "data" / "weights"
LIGHT: dict[str, Any] = {"image_size": 32, "weights": None, "options": {"alpha": 0.25}}


def pixels(size: int = 32) -> Any:
    """Return two images of uint8 noise."""
    return np.random.default_rng(1).integers(0, 256, (2, size, size, 3), dtype=np.uint8)


@pytest.mark.parametrize(
    ("name", "size", "options"),
    [
        ("MobileNet", 32, {"alpha": 0.25}),
        pytest.param("MobileNetV2", (32, 40), {"alpha": 0.35}, marks=PUBLISHED),
        pytest.param(
            "MobileNetV3Small", 32, {"alpha": 0.75, "minimalistic": True}, marks=PUBLISHED
        ),
        pytest.param("ConvNeXtTiny", 32, None, marks=PUBLISHED),
        pytest.param("EfficientNetB0", 32, None, marks=PUBLISHED),
    ],
)
def test_a_backbone_answers_scores(name: str, size: Any, options: dict[str, Any] | None) -> None:
    """Scores lie in [0, 1], one a row."""
    model = models.create_classifier(name, image_size=size, weights=None, options=options)
    images = np.random.default_rng(1).integers(0, 256, (2, *model.input_shape[1:]), dtype=np.uint8)
    scores = answer(model, images)

    assert scores.shape == (2, 1)
    assert ((scores > 0) & (scores < 1)).all()


def test_pixels_may_be_uint8_or_float() -> None:
    """The compiled model answers the same for the same pixels in either type."""
    model = models.create_classifier("MobileNet", **LIGHT)

    np.testing.assert_array_equal(
        model.predict(pixels(), verbose=0), model.predict(pixels().astype("float32"), verbose=0)
    )


@pytest.mark.parametrize(
    ("name", "module"),
    [
        ("MobileNet", "mobilenet"),
        pytest.param("ResNet50", "resnet50", marks=PUBLISHED),
        pytest.param("DenseNet121", "densenet", marks=PUBLISHED),
    ],
)
def test_pixels_are_prepared_inside_as_keras_prepares_them(name: str, module: str) -> None:
    """Raw pixels into ours equal Keras' preprocess_input into the bare backbone."""
    options = {"alpha": 0.25} if name == "MobileNet" else None
    model = models.create_classifier(name, image_size=32, weights=None, options=options)
    backbone = backbone_of(model)
    features = keras.Model(model.input, model.get_layer("avg_pool").output)
    prepare = importlib.import_module(f"keras.applications.{module}").preprocess_input
    prepared = prepare(pixels().astype("float32"))

    np.testing.assert_allclose(
        answer(features, pixels()),
        answer(backbone, prepared).mean((1, 2)),
        rtol=1e-4,
        atol=1e-5,
    )


def answer(model: Any, images: Any) -> Any:
    """Return what a model says at inference, without compiling it first."""
    return keras.ops.convert_to_numpy(model(images.astype("float32"), training=False))


def backbone_of(model: Any) -> Any:
    """Return the backbone inside a classifier."""
    return next(layer for layer in model.layers if isinstance(layer, keras.Model))


@pytest.fixture
def imagenet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Serve a file of EfficientNetB0 weights, made here, in place of the download.

    The weights are those of the graph that Keras itself makes for ImageNet; the file holds
    the odd variance that ImageNet's files hold (tensorflow#49930).
    """
    network = keras.applications.EfficientNetB0(
        include_top=False, weights=None, input_shape=(32, 32, 3)
    )
    normalisation = next(
        layer for layer in network.layers if isinstance(layer, keras.layers.Normalization)
    )
    normalisation.adapt_mean.assign([0.485, 0.456, 0.406])
    normalisation.adapt_variance.assign([0.229, 0.224, 0.225])
    path = tmp_path / "efficientnetb0_notop.weights.h5"
    network.save_weights(path)
    files = importlib.import_module("keras.src.utils.file_utils")
    monkeypatch.setattr(files, "get_file", lambda *_, **__: str(path))
    return path


@PUBLISHED
def test_the_graph_is_the_same_whatever_the_weights_source(imagenet: Path) -> None:
    """Downloaded, from a path, or loaded into a fresh one: the features are equal, and Keras'.

    Keras adds a rescaling when it downloads only; without ours, the last two would differ.
    """
    made = [
        models.create_classifier("EfficientNetB0", image_size=32, weights=source)
        for source in ("imagenet", imagenet, None)
    ]
    backbone_of(made[2]).load_weights(imagenet)
    keras_own = keras.applications.EfficientNetB0(
        include_top=False, weights="imagenet", input_shape=(32, 32, 3)
    )
    theirs = answer(keras_own, pixels())

    for model in made:
        ours = answer(backbone_of(model), pixels())
        np.testing.assert_allclose(ours, theirs, rtol=1e-5, atol=1e-6)
    layers = [[type(x).__name__ for x in backbone_of(model).layers] for model in made]
    assert layers[0] == layers[1] == layers[2]


@PUBLISHED
def test_random_efficientnet_standardises_pixels() -> None:
    """Without weights the pixels still become (pixel / 255 - mean) / deviation."""
    model = models.create_classifier("EfficientNetB0", image_size=32, weights=None)
    backbone = backbone_of(model)
    stem = keras.Model(backbone.input, backbone.get_layer("stem_conv_pad").input)
    wanted = (pixels() / 255 - [0.485, 0.456, 0.406]) / [0.229, 0.224, 0.225]

    np.testing.assert_allclose(answer(stem, pixels()), wanted, atol=1e-5)


def test_without_a_network_the_remedy_is_a_path(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Where the download fails the error says to give a path or None."""

    def refuse(*_: object, **__: object) -> None:
        raise socket.gaierror("no network in this test")

    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    with pytest.raises(PrevalensError, match=r"VGG16 cannot be downloaded.*Pass the path"):
        models.create_classifier("VGG16", image_size=32)


def test_what_fails_beside_the_download_is_passed_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """An error that is no download's keeps its own words and class."""

    def fail(**_: object) -> None:
        raise MemoryError("of another kind")

    monkeypatch.setattr(keras.applications, "VGG16", fail)
    with pytest.raises(MemoryError, match="of another kind"):
        models.create_classifier("VGG16", image_size=32)


def test_weights_of_the_wrong_shape_name_the_layer(tmp_path: Path) -> None:
    """A file of another width is refused, and a layer that does not fit is named."""
    other = keras.applications.MobileNet(
        include_top=False, weights=None, input_shape=(32, 32, 3), alpha=0.5
    )
    other.save_weights(tmp_path / "half.weights.h5")

    with pytest.raises(InvalidInputError, match=r"half\.weights\.h5 do not fit MobileNet.*conv1"):
        models.create_classifier("MobileNet", **{**LIGHT, "weights": tmp_path / "half.weights.h5"})


def test_weights_that_leave_a_layer_out_are_refused(tmp_path: Path) -> None:
    """A file that lacks one layer of the backbone does not fit it."""
    h5py = pytest.importorskip("h5py")
    network = keras.applications.MobileNet(
        include_top=False, weights=None, input_shape=(32, 32, 3), alpha=0.25
    )
    path = tmp_path / "cut.weights.h5"
    network.save_weights(path)
    with h5py.File(path, "a") as file:
        del file["layers/conv2d_3"]

    with pytest.raises(InvalidInputError, match=r"cut\.weights\.h5 do not fit MobileNet"):
        models.create_classifier("MobileNet", **{**LIGHT, "weights": path})


def test_weights_that_keras_only_warns_of_are_refused(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Of layers inside layers Keras 3.15 says so much and leaves random numbers in them."""

    def load(*_: object, **__: object) -> None:
        warnings.warn(
            "Affected layers will retain their freshly-initialized weights.", stacklevel=1
        )

    (tmp_path / "old.weights.h5").touch()
    monkeypatch.setattr(keras.Model, "load_weights", load)
    with pytest.raises(InvalidInputError, match=r"do not fit MobileNet.*freshly-initialized"):
        models.create_classifier("MobileNet", **{**LIGHT, "weights": tmp_path / "old.weights.h5"})


@pytest.mark.parametrize("content", [b"", b"no weights at all"])
def test_a_broken_weights_file_is_named(tmp_path: Path, content: bytes) -> None:
    """A file that is no weights file is refused by its name."""
    path = tmp_path / "broken.weights.h5"
    path.write_bytes(content)

    with pytest.raises(InvalidInputError, match=r"broken\.weights\.h5 do not fit MobileNet"):
        models.create_classifier("MobileNet", **{**LIGHT, "weights": path})


def test_real_weights_load_from_a_path() -> None:
    """The ImageNet weights of a small MobileNet load, and features of noise are alive."""
    path = WEIGHTS / "mobilenet_025_notop.weights.h5"
    if not path.exists():
        pytest.skip("the shared weights are not here")
    model = models.create_classifier("MobileNet", **{**LIGHT, "image_size": 64, "weights": path})
    features = answer(backbone_of(model), pixels(64) / 127.5 - 1)

    assert features.std() > 0.01


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"image_size": 31}, "MobileNet needs images of at least 32x32"),
        ({"options": {"alpa": 1}}, r"takes the options \['alpha'.*got 'alpa'.*mean 'alpha'"),
        ({"weights": "nowhere.h5"}, "got 'nowhere.h5', which does not exist"),
        ({"preprocessing": "tf"}, "is for a model of your own"),
        ({"backbone": "MobilNet"}, "got 'MobilNet'.*Did you mean 'MobileNet'"),
        ({"backbone": 3}, "a name, a model or a function of images, got 3"),
        (
            {"backbone": keras.Sequential([keras.Input((32, 32, 3))]), "options": {"alpha": 1}},
            "`weights` and `options` are for backbones by name",
        ),
        ({"pooling": "mean"}, "`pooling` must be one of 'avg', 'max', got 'mean'"),
    ],
)
def test_what_cannot_be_built_is_refused(change: dict[str, Any], text: str) -> None:
    """Each refusal names the setting, its value and the way out."""
    with pytest.raises(InvalidInputError, match=text):
        models.create_classifier(**{"backbone": "MobileNet", **LIGHT, **change})


def own_model() -> Any:
    """Return a tiny model of features."""
    return keras.Sequential(
        [keras.Input((32, 32, 3)), keras.layers.Conv2D(4, 3, strides=2, name="mine")]
    )


def test_a_model_of_ones_own_needs_its_preprocessing() -> None:
    """A model without a named preprocessing is refused; with one, pixels pass through it."""
    with pytest.raises(InvalidInputError, match="A model as `backbone` needs `preprocessing`"):
        models.create_classifier(own_model(), image_size=32)
    own = own_model()
    model = models.create_classifier(own, image_size=32, preprocessing="tf", weights=None)
    features = keras.Model(model.input, model.get_layer("avg_pool").output)

    np.testing.assert_allclose(
        answer(features, pixels()),
        answer(own, pixels() / 127.5 - 1).mean((1, 2)),
        rtol=1e-4,
        atol=1e-5,
    )


def test_a_preprocessing_of_ones_own_is_applied() -> None:
    """Channels are turned, scaled and shifted as it says."""
    mine = models.Preprocessing(scale=(1, 2, 3), offset=(0, 0, 5), blue_first=True)
    model = models.create_classifier(
        keras.layers.Identity(), image_size=8, preprocessing=mine, weights=None
    )
    features = keras.Model(model.input, model.get_layer("avg_pool").output)
    means = pixels(8)[..., ::-1].mean((1, 2))
    np.testing.assert_allclose(
        answer(features, pixels(8)), means * [1, 2, 3] + [0, 0, 5], rtol=1e-5
    )


def test_a_function_may_be_the_backbone() -> None:
    """Anything that answers features from images is a backbone, but cannot be frozen."""
    layer = keras.layers.Conv2D(4, 3)

    def backbone(images: Any) -> Any:
        return layer(images)

    model = models.create_classifier(backbone, image_size=32, preprocessing="inside", weights=None)
    assert answer(model, pixels()).shape == (2, 1)
    with pytest.raises(InvalidInputError, match="`freeze` needs a backbone that is"):
        models.create_classifier(backbone, image_size=32, preprocessing="inside", freeze=True)


def resnet() -> Any:
    """Return a small ResNet of KerasHub: feature maps, and images of any size."""
    hub = pytest.importorskip(
        "keras_hub", reason="keras_hub is not installed", exc_type=ImportError
    )
    return hub.models.ResNetBackbone(
        input_conv_filters=[64],
        input_conv_kernel_sizes=[7],
        stackwise_num_filters=[64, 64],
        stackwise_num_blocks=[1, 1],
        stackwise_num_strides=[1, 2],
        block_type="basic_block",
    )


def vision_transformer() -> Any:
    """Return a small ViT of KerasHub: a sequence of tokens, and images of 32x32."""
    hub = pytest.importorskip(
        "keras_hub", reason="keras_hub is not installed", exc_type=ImportError
    )
    return hub.models.ViTBackbone(
        image_shape=(32, 32, 3), patch_size=8, num_layers=2, num_heads=2, hidden_dim=8, mlp_dim=16
    )


@pytest.mark.parametrize("make", [resnet, vision_transformer])
def test_a_backbone_of_kerashub_is_a_backbone(make: Any, tmp_path: Path) -> None:
    """It gets pixels as its checkpoints want them, trains frozen, is opened, saved and loaded."""
    backbone = make()
    model = models.create_classifier(
        backbone, image_size=32, preprocessing="tf", weights=None, freeze=True
    )
    features = keras.Model(model.input, model.get_layer("avg_pool").output)
    places = answer(backbone, pixels() / 127.5 - 1).reshape(2, -1, backbone.output.shape[-1])
    np.testing.assert_allclose(
        answer(features, pixels()), places.mean(axis=1), rtol=1e-3, atol=1e-4
    )

    model.compile("sgd", "binary_crossentropy")
    model.fit(pixels(), np.array([0.0, 1.0]), verbose=0)
    assert len(model.trainable_weights) == 2 < models.unfreeze(model)
    card = models.ClassifierCard(classes=("a", "b"), threshold=0.5, train_prevalence=0.5)
    models.save_classifier(model, tmp_path / "hub.keras", card)
    loaded = models.load_classifier(tmp_path / "hub.keras")
    np.testing.assert_allclose(loaded(pixels()).scores, answer(model, pixels())[:, 0], atol=1e-5)


def test_tokens_are_pooled_as_places_are() -> None:
    """A backbone that answers (batch, tokens, channels) is pooled over the tokens."""
    tokens = keras.Sequential([keras.Input((8, 8, 3)), keras.layers.Reshape((64, 3))])
    for pooling, expected in (("avg", pixels(8).mean((1, 2))), ("max", pixels(8).max((1, 2)))):
        model = models.create_classifier(
            tokens, image_size=8, preprocessing="inside", weights=None, pooling=pooling
        )
        pooled = keras.Model(model.input, model.get_layer(f"{pooling}_pool").output)
        np.testing.assert_allclose(answer(pooled, pixels(8)), expected, rtol=1e-5)


def test_a_backbone_of_several_answers_or_another_size_is_refused() -> None:
    """The error lists the answers, or the shape that the backbone was built for."""
    images = keras.Input((32, 32, 3))
    pyramid = keras.Model(images, {"P1": images, "P2": keras.layers.MaxPooling2D()(images)})
    with pytest.raises(InvalidInputError, match=r"one tensor.*got \['P1', 'P2'\].*picks one"):
        models.create_classifier(pyramid, image_size=32, preprocessing="inside", weights=None)
    with pytest.raises(InvalidInputError, match=r"shape \(batch, 32, 32, 3\), got.*\(64, 64\)"):
        models.create_classifier(own_model(), image_size=64, preprocessing="tf", weights=None)


def test_freezing_leaves_only_the_head_to_train() -> None:
    """A frozen backbone keeps its weights and its statistics through a training step."""
    model = models.create_classifier("MobileNet", freeze=True, **LIGHT)
    assert len(model.trainable_weights) == 2
    before = [np.array(w, copy=True) for w in backbone_of(model).get_weights()]
    model.compile("sgd", "binary_crossentropy")
    model.fit(pixels(), np.array([0.0, 1.0]), verbose=0)

    for old, new in zip(before, backbone_of(model).get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)


def test_the_prevalence_is_answered_before_training() -> None:
    """With dark features the untrained model answers the given prevalence."""
    zero = keras.layers.Rescaling(0.0)
    model = models.create_classifier(
        zero,
        image_size=8,
        preprocessing="inside",
        weights=None,
        prevalence=0.2,
    )

    np.testing.assert_allclose(answer(model, pixels(8)), 0.2, rtol=1e-6)


def test_a_policy_is_used_and_put_back() -> None:
    """Mixed precision reaches the backbone, scores stay float32, Keras' policy is unchanged."""
    before = keras.config.dtype_policy().name
    model = models.create_classifier("MobileNet", dtype="mixed_bfloat16", **LIGHT)

    assert backbone_of(model).get_layer("conv1").compute_dtype == "bfloat16"
    assert model.output.dtype == "float32"
    assert keras.config.dtype_policy().name == before


def test_head_and_augmentation_stand_where_they_should() -> None:
    """The augmentation sees raw pixels; the head's layers stand between pooling and output."""
    seen = keras.layers.Rescaling(1.0, name="seen")
    model = models.create_classifier(
        "MobileNet",
        augmentation=seen,
        head=[keras.layers.Dense(5, name="hidden")],
        n_classes=3,
        dropout=0.5,
        **LIGHT,
    )
    names = [layer.name for layer in model.layers]

    assert names.index("seen") < names.index("preprocessing") < names.index("avg_pool")
    assert names[-3:] == ["hidden", "dropout", "scores"]
    assert model.output_shape == (None, 3)
