"""extract_features: what a frozen network sees of each image of a cohort."""

import hashlib
from collections.abc import Iterator, Sequence
from importlib.metadata import version
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from prevalens._checks import check_choice, check_integer, check_kind
from prevalens.batches.batch_reader import check_rows
from prevalens.batches.image_dataset import ImageDataset
from prevalens.batches.image_source import DECODERS, ImagePaths, Size, check_size, reader_of
from prevalens.cohorts.cohort import Cohort
from prevalens.exceptions import InvalidInputError
from prevalens.features.feature_network import Network, feature_network, name_network
from prevalens.features.feature_store import FeatureStore, StoredFeatures
from prevalens.features.image_features import ImageFeatures
from prevalens.images.fingerprints import hash_files
from prevalens.images.pixel_cache import PixelCache
from prevalens.models.registry import Preprocessing
from prevalens.predictions.views import check_views, turn_view
from prevalens.typing import Rows


def extract_features(
    cohort: Cohort,
    network: Network,
    *,
    rows: Rows | Sequence[int] | None = None,
    store: FeatureStore | None = None,
    image_size: Size | None = None,
    layer: str | None = None,
    pooling: str = "avg",
    preprocessing: str | Preprocessing | None = None,
    views: Sequence[str] = ("as_is",),
    batch_size: int = 32,
    cache: PixelCache | None = None,
    decoder: str = "pillow",
    threads: int | None = None,
) -> ImageFeatures:
    """Compute the features of images: a layer of a frozen network, pooled.

    Args:
        cohort: The cohort.
        network: A Keras model, such as a backbone without its top or a classifier; a loaded
            `Classifier`; or the path of a `.keras` file. It takes pixels from 0 to 255, or
            `preprocessing` says what they need.
        rows: Rows of the cohort, in order; by default all.
        store: Keeps what is computed; an image is found again by its content.
        image_size: Side in pixels of square images, or `(height, width)`; by default what the
            network was built for.
        layer: Name of the layer whose output is taken; by default what the last `Dense` layer of
            a classifier reads, or the output of any other network.
        pooling: `"avg"` or `"max"` over feature maps and tokens.
        preprocessing: As in `create_classifier`; needed where the network has no layer of its own
            that rescales or normalises.
        views: Names as in `predict_with_views`; the features are their mean. By default the image
            as it is.
        batch_size: Images that go through the network at a time.
        cache: Keeps decoded images.
        decoder: `"pillow"`, or `"opencv"`.
        threads: Threads that read images ahead.

    Returns:
        One row of features an image.

    Raises:
        InvalidInputError: a row, layer, view or size is wrong, or as in `feature_network`.
        UnreadableImageError: an image cannot be read.

    Examples:
        >>> import tempfile
        >>> import keras
        >>> from prevalens.cohorts import make_cells
        >>> network = keras.Sequential(
        ...     [keras.Input((16, 16, 3)), keras.layers.Rescaling(1 / 255),
        ...      keras.layers.Conv2D(4, 3)]
        ... )
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     cells = make_cells(folder, n_patients=2, images_per_patient=2, image_size=32)
        ...     extract_features(cells, network).values.shape
        (4, 4)
    """
    check_kind("cohort", cohort, Cohort)
    asked = check_rows(np.arange(len(cohort)) if rows is None else rows, cohort=cohort)
    named = check_views(views)
    check_integer("batch_size", batch_size, minimum=1)
    size = None if image_size is None else check_size(image_size)
    body = feature_network(
        network, layer=layer, pooling=pooling, preprocessing=preprocessing, size=size
    )
    height, width = body.input_shape[1:3]
    _refuse_turned(named, height, width)
    settings = {
        "image_size": [height, width],
        "layer": layer,
        "pooling": pooling,
        "views": list(named),
        "reader": reader_of(cohort, check_choice("decoder", decoder, DECODERS)).name,
        "prevalens": version("prevalens"),
    }

    def computed(missing: Rows) -> Iterator[NDArray[np.float32]]:
        dataset = ImageDataset(
            cohort,
            missing,
            image_size=(height, width),
            batch_size=batch_size,
            cache=cache,
            decoder=decoder,
            threads=threads,
        )
        for index in range(len(dataset)):
            yield _features(body, np.asarray(dataset[index][0]), named, batch_size)

    if store is None:
        values = np.empty((len(asked), body.output_shape[-1]), dtype=np.float32)
        place = 0
        for batch in computed(asked) if len(asked) else ():
            values[place : place + len(batch)] = batch
            place += len(batch)
    else:
        settings["network"] = name_network(body)
        kept = store.open(settings, n_features=body.output_shape[-1])
        values = _kept(kept, contents_of(cohort, asked), asked, computed)
    values.setflags(write=False)
    return ImageFeatures(values, cohort.take(asked), asked, settings)


def _kept(
    stored: StoredFeatures, contents: list[bytes], asked: Rows, computed: Any
) -> NDArray[np.float32]:
    """Compute and keep what the store lacks, each content once; then take everything from it."""
    firsts = {content: place for place, content in reversed([*enumerate(contents)])}
    once = np.array(sorted(firsts.values()), dtype=np.int64)
    lacking = once[~stored.holds([contents[place] for place in once])]
    place = 0
    for batch in computed(asked[lacking]) if len(lacking) else ():
        some = lacking[place : place + len(batch)]
        stored.keep([contents[k] for k in some], batch)
        place += len(batch)
    return (stored.reopened() if len(lacking) else stored).take(contents)


def contents_of(cohort: Cohort, rows: Rows) -> list[bytes]:
    """Return what a store finds the image of each row by: a hash of its file's bytes.

    Raises:
        UnreadableImageError: some files cannot be opened; the text names every one of them.
    """
    paths = ImagePaths(cohort)
    named = hash_files([paths[row] for row in rows.tolist()], reader=cohort.reader)
    return [hashlib.sha256(each.encode()).digest() for each in named.tolist()]


def _features(
    body: keras.Model, images: NDArray[Any], views: Sequence[str], batch_size: int
) -> NDArray[np.float32]:
    # A short last batch is filled up, so that nothing is compiled for its shape.
    lacking = batch_size - len(images)
    filled = np.concatenate([images, np.repeat(images[-1:], lacking, axis=0)])
    seen = [np.asarray(body.predict_on_batch(turn_view(filled, name, (1, 2)))) for name in views]
    # One view alone is its own mean, to the last digit.
    found = np.asarray(np.mean(seen, axis=0, dtype=np.float64), dtype=np.float32)
    return found[: len(images)]


def _refuse_turned(views: Sequence[str], height: int, width: int) -> None:
    turned = [name for name in views if name.endswith(("turned_90", "turned_270"))]
    if height != width and turned:
        raise InvalidInputError(
            f"Views {', '.join(turned)} need square images, got {height}x{width}."
        )
