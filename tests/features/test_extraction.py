"""Features are what the network answers, whatever the store, the order and the kills."""

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from prevalens.cohorts import Cohort
from prevalens.exceptions import InvalidInputError

keras = pytest.importorskip("keras", exc_type=ImportError)
from prevalens.features import FeatureStore, extract_features  # noqa: E402
from prevalens.models import create_classifier  # noqa: E402

pytestmark = pytest.mark.keras


def mean_colour() -> Any:
    """Return a network whose features are the mean colour over 255."""
    images = keras.Input((6, 6, 3), name="pixels")
    return keras.Model(images, keras.layers.Rescaling(1 / 255, name="scaled")(images), name="mean")


@pytest.fixture
def drawn(tmp_path: Path) -> Cohort:
    """Seven images of random pixels."""
    random = np.random.default_rng(0)
    names = [f"{number}.png" for number in range(7)]
    (tmp_path / "images").mkdir()
    for name in names:
        pixels = random.integers(0, 256, (6, 6, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(tmp_path / "images" / name)
    return Cohort(
        images=names,
        labels=["y", "n", "n", "y", "n", "y", "n"],
        patients=list("aabbccd"),
        positive="y",
        root=tmp_path / "images",
    )


def expected(cohort: Cohort, rows: list[int]) -> Any:
    """Return the mean colours."""
    return np.stack(
        [np.asarray(Image.open(cohort.path(row))).mean(axis=(0, 1)) / 255 for row in rows]
    )


@pytest.mark.parametrize("stored", [False, True])
def test_features_are_the_networks_in_the_order_of_the_rows(
    drawn: Cohort, tmp_path: Path, stored: bool
) -> None:
    """Rows in any order, batches that do not divide them, with a store and without."""
    store = FeatureStore(tmp_path / "store") if stored else None
    for rows in ([5, 0, 3], [*range(7)]):
        found = extract_features(drawn, mean_colour(), rows=rows, batch_size=2, store=store)
        np.testing.assert_allclose(found.values, expected(drawn, rows), atol=1e-6)
        assert found.cohort == drawn.take(rows)
        assert found.values.dtype == np.float32
        assert not found.values.flags.writeable


def test_what_is_stored_is_not_computed_again(drawn: Cohort, tmp_path: Path) -> None:
    """Renamed images are found by content; a changed one alone is computed."""
    store, network = FeatureStore(tmp_path / "store"), mean_colour()
    extract_features(drawn, network, store=store, batch_size=4)
    again = extract_features(drawn, network, store=store).values
    assert not isinstance(again, np.memmap)  # a mapped file that is cut kills the process

    moved = tmp_path / "moved"
    shutil.copytree(drawn.root, moved)
    Image.new("RGB", (6, 6), (255, 0, 0)).save(moved / "3.png")
    asked = []
    predict = keras.Model.predict_on_batch

    def counted(self: Any, x: Any) -> Any:
        asked.append(len(x))
        return predict(self, x)

    again = Cohort(
        images=list(drawn.images),
        labels=list(drawn.label_names),
        patients=list(drawn.patients),
        positive="y",
        root=moved,
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(keras.Model, "predict_on_batch", counted)
        found = extract_features(again, network, store=store, batch_size=1)
    assert asked == [1]
    np.testing.assert_allclose(found.values[3], [1, 0, 0], atol=1e-6)


def test_a_killed_run_is_gone_on_with(drawn: Cohort, tmp_path: Path) -> None:
    """After an error in the third batch of two, four images are there; then all, byte for byte."""
    store, network = FeatureStore(tmp_path / "store"), mean_colour()
    whole = extract_features(drawn, network, batch_size=2).values
    predict = keras.Model.predict_on_batch
    asked: list[int] = []

    def dying(self: Any, x: Any) -> Any:
        asked.append(len(x))
        if len(asked) == 3:
            raise KeyboardInterrupt
        return predict(self, x)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(keras.Model, "predict_on_batch", dying)
        with pytest.raises(KeyboardInterrupt):
            extract_features(drawn, network, store=store, batch_size=2)
        found = extract_features(drawn, network, store=store, batch_size=2)
    assert len(asked) == 5  # two before, the one that died, and two for the last three images
    assert found.values.tobytes() == whole.tobytes()


def test_views_are_averaged(drawn: Cohort) -> None:
    """The top left pixel over the turns by half is the mean of it and the bottom right one."""
    images = keras.Input((6, 6, 3))
    corner = keras.Model(images, keras.layers.Rescaling(1 / 255)(images)[:, 0, 0])
    found = extract_features(drawn, corner, views=("as_is", "turned_180")).values
    pixels = np.stack([np.asarray(Image.open(drawn.path(row))) for row in range(7)]) / 255

    np.testing.assert_allclose(found, (pixels[:, 0, 0] + pixels[:, -1, -1]) / 2, atol=1e-6)


def test_of_a_classifier_the_last_layers_input_is_taken(drawn: Cohort) -> None:
    """What the output reads: pooled maxima here, of a backbone inside the classifier."""
    model = create_classifier(
        mean_colour(), image_size=6, weights=None, preprocessing="inside", pooling="max"
    )
    found = extract_features(drawn, model).values
    pixels = np.stack([np.asarray(Image.open(drawn.path(row))) for row in range(7)]) / 255

    np.testing.assert_allclose(found, pixels.max(axis=(1, 2)), atol=1e-6)


def test_turns_need_squares_and_rows_must_be_there(drawn: Cohort) -> None:
    """A turned view of an oblong, and a row that is not in the cohort, are refused."""
    images = keras.Input((4, 6, 3))
    oblong = keras.Model(images, keras.layers.Rescaling(1 / 255)(images))
    with pytest.raises(InvalidInputError, match="turned_90 need square images, got 4x6"):
        extract_features(drawn, oblong, views=("turned_90",))
    with pytest.raises(InvalidInputError, match="7"):
        extract_features(drawn, mean_colour(), rows=[7])
