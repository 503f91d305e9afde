"""Every operation of the table changes pictures, on every path, and says what it needs."""

import importlib.util
from pathlib import Path

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from prevalens import augmentation
from prevalens.augmentation import AugmentationPolicy, RandomAugmentation, augment_on_host
from prevalens.augmentation import host_augmentation as host
from prevalens.augmentation.operation import OPERATIONS, Operation
from prevalens.exceptions import InvalidInputError

pytestmark = pytest.mark.keras

SOURCE = Path(augmentation.__file__).parent / "operations"
NAMES = sorted(OPERATIONS)
PATHS = ["layer", "opencv", "numpy"]


def smooth(n: int, side: int = 24, channels: int = 3) -> np.ndarray:
    """Return soft pictures between 40 and 220, as cells are."""
    y, x = np.mgrid[:side, :side]
    waves = [
        130 + 45 * np.sin(x / (3 + k) + c) + 45 * np.cos(y / (4 + c) + k)
        for k in range(n)
        for c in range(channels)
    ]
    shape = (n, channels, side, side)
    return np.stack(waves).reshape(shape).transpose(0, 2, 3, 1).astype(np.uint8)


def strong(name: str) -> Operation:
    """Return the operation of a name, always applied."""
    return OPERATIONS[name](probability=1)


def applied(
    path: str,
    policy: AugmentationPolicy,
    images: np.ndarray,
    drawn: dict[str, np.ndarray],
    monkeypatch: pytest.MonkeyPatch,
) -> np.ndarray:
    """Return the pictures of one path, as whole levels."""
    if path == "layer":
        result = RandomAugmentation(policy, seed=0).apply(images, drawn)
        return np.rint(keras.ops.convert_to_numpy(result)).astype(np.uint8)
    if path == "opencv":
        pytest.importorskip("cv2")
    else:
        monkeypatch.setattr(host, "_opencv", lambda: None)
    return augment_on_host(policy, images, drawn)


def test_each_file_of_the_folder_holds_the_operation_of_its_name() -> None:
    """A file without its operation, or an operation in another's file, is named here."""
    files = {path.stem for path in SOURCE.glob("*.py")} - {"__init__"}
    homes = {name: kind.__module__ for name, kind in OPERATIONS.items()}

    assert homes == {name: f"prevalens.augmentation.operations.{name}" for name in files}
    assert {kind.__name__ for kind in OPERATIONS.values()} <= set(augmentation.__all__)


def test_each_operation_has_a_place_of_its_own() -> None:
    """No two have the same order, so that what is applied first does not hang on a name."""
    assert len({kind.order for kind in OPERATIONS.values()}) == len(OPERATIONS)


def test_no_two_operations_share_a_parameter() -> None:
    """All of them stand in one policy."""
    names = [p.name for name in NAMES for p in OPERATIONS[name]().parameters()]

    assert len(names) == len(set(names))


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("name", NAMES)
def test_what_is_drawn_is_applied(name: str, path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of six images drawn strongly at least one is another picture, on each path."""
    operation = strong(name)
    if path == "layer" and operation.host_only:
        with pytest.raises(InvalidInputError, match=name):
            RandomAugmentation(AugmentationPolicy([operation]), seed=0)
        return
    policy = AugmentationPolicy([operation])
    images = smooth(6)
    drawn = policy.draw(6, seed=3, epoch=0)
    result = applied(path, policy, images, drawn, monkeypatch)

    assert not operation.changes_nothing
    assert np.abs(result.astype(int) - images).max() > 2, f"{name} is not applied by the {path}"


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("name", NAMES)
def test_identity_values_change_nothing(
    name: str, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Left out by its gate, an operation leaves every level, whatever places are drawn."""
    operation = strong(name)
    if path == "layer" and operation.host_only:
        return
    policy = AugmentationPolicy([operation])
    images = smooth(2)
    drawn = policy.draw(2, seed=3, epoch=0)
    for parameter in operation.parameters():
        if parameter.strength:
            drawn[parameter.name][:] = parameter.identity

    np.testing.assert_array_equal(applied(path, policy, images, drawn, monkeypatch), images)


@pytest.mark.parametrize("path", ["opencv", "numpy"])
@pytest.mark.parametrize("name", [n for n in NAMES if OPERATIONS[n].needs_range])
def test_the_host_gives_the_levels_of_the_layer(
    name: str, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What changes pixel values agrees to one grey level."""
    operation = strong(name)
    if operation.host_only:
        return
    policy = AugmentationPolicy([operation])
    images = np.random.default_rng(0).integers(0, 256, (6, 24, 24, 3), dtype=np.uint8)
    drawn = policy.draw(6, seed=3, epoch=0)
    layer = applied("layer", policy, images, drawn, monkeypatch)
    difference = layer.astype(int) - applied(path, policy, images, drawn, monkeypatch)

    assert np.abs(difference).max() <= 1


@pytest.mark.parametrize("name", NAMES)
@given(
    height=st.integers(1, 3), width=st.integers(1, 3), fill=st.sampled_from(["reflect", "mirror"])
)
@settings(max_examples=6, deadline=None)
def test_pictures_of_a_few_pixels_are_changed_alike(
    name: str, height: int, width: int, fill: str
) -> None:
    """From 1x1 on, the layer and the host give finite pictures of the same shape, two levels apart.

    Geometry at such sizes reads between two pixels, which OpenCV places to 1/32: the host is
    numpy's here.
    """
    operation = strong(name)
    width = height if operation.needs_square else width
    policy = AugmentationPolicy([operation], fill=fill)
    images = np.random.default_rng(0).integers(0, 256, (4, height, width, 3), dtype=np.uint8)
    drawn = policy.draw(4, seed=5, epoch=0)
    with pytest.MonkeyPatch.context() as patch:
        on_host = applied("numpy", policy, images, drawn, patch)
        assert on_host.shape == images.shape
        if not operation.host_only:
            layer = applied("layer", policy, images, drawn, patch)
            assert np.abs(layer.astype(int) - on_host).max() <= 2


@pytest.mark.parametrize("name", NAMES)
def test_ranges_hold_what_is_drawn(name: str) -> None:
    """Of 500 images every parameter lies in its range or is its identity, and is finite."""
    operation = OPERATIONS[name]()
    drawn = AugmentationPolicy([operation]).draw(500, seed=1, epoch=0)
    for parameter in operation.parameters():
        values = drawn[parameter.name]
        inside = (values >= parameter.low - 1e-6) & (values <= parameter.high + 1e-6)
        assert np.isfinite(values).all()
        assert (inside | (values == np.float32(parameter.identity))).all(), parameter.name


def test_opencv_is_tried_where_it_is_installed() -> None:
    """The path by OpenCV is not tested by numpy in disguise."""
    assert (host._opencv() is None) == (importlib.util.find_spec("cv2") is None)
