"""What numpy and Keras spell differently."""

import keras
import numpy as np
import pytest

from prevalens.augmentation.array_calls import (
    cast,
    clip,
    column,
    constant,
    is_torch,
    mix_channels,
    product,
    take_rows,
)

pytestmark = pytest.mark.keras


def test_casting_in_numpy_changes_the_type() -> None:
    """Truncation towards zero, as `astype` does."""
    result = cast(np.asarray([1.9, -1.9]), "int32", np)

    assert result.dtype == np.int32
    assert result.tolist() == [1, -1]


def test_one_number_per_image_gets_trailing_axes() -> None:
    """A column broadcasts against images."""
    assert column(np.zeros(3), np, rank=4).shape == (3, 1, 1, 1)


def test_rows_are_taken_in_any_shape() -> None:
    """Places `(2, 1)` of rows of two give `(2, 1, 2)`."""
    values = np.asarray([[1, 2], [3, 4], [5, 6]])

    assert take_rows(values, np.asarray([[2], [0]]), np).tolist() == [[[5, 6]], [[1, 2]]]


def test_constants_of_numpy_are_themselves() -> None:
    """No copy is made."""
    values = np.asarray([1.0, 2.0])

    assert constant(values, np.zeros(1), np) is values


def test_constants_stand_beside_the_tensor_and_are_made_once_on_pytorch() -> None:
    """The numbers are those of the array; on PyTorch a second call copies nothing."""
    values = np.asarray([1.0, 2.0], np.float32)
    beside = keras.ops.zeros(1)
    first, second = (constant(values, beside, keras.ops) for _ in range(2))

    assert keras.ops.convert_to_numpy(first).tolist() == [1, 2]
    if is_torch(beside):
        assert first is second
        assert first.device == beside.device


@pytest.mark.parametrize("backend", [False, True])
def test_values_are_cut_off_at_both_ends(backend: bool) -> None:
    """In numpy and in Keras; infinity is no end."""
    values = np.asarray([-1.0, 0.5, 9.0], np.float32)
    xp = keras.ops if backend else np
    given = keras.ops.convert_to_tensor(values) if backend else values

    assert keras.ops.convert_to_numpy(clip(given, 0.0, 1.0, xp)).tolist() == [0, 0.5, 1]
    assert keras.ops.convert_to_numpy(clip(given, 0.0, np.inf, xp)).tolist() == [0, 0.5, 9]


def test_only_tensors_of_pytorch_are_pytorchs() -> None:
    """Arrays and numbers are not."""
    assert not is_torch(np.zeros(2))
    assert not is_torch(3)


@pytest.mark.parametrize("backend", [False, True])
def test_channels_are_mixed_by_each_images_matrix(backend: bool) -> None:
    """As `pixel @ matrix` for every pixel, in numpy and in Keras."""
    rng = np.random.default_rng(0)
    pictures = rng.normal(size=(2, 4, 5, 3)).astype(np.float32)
    matrices = rng.normal(size=(2, 3, 3)).astype(np.float32)
    given = [keras.ops.convert_to_tensor(x) if backend else x for x in (pictures, matrices)]
    mixed = keras.ops.convert_to_numpy(mix_channels(*given, keras.ops if backend else np))

    for k in range(2):
        np.testing.assert_allclose(mixed[k], pictures[k] @ matrices[k], rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("shapes", [((3, 3), (3, 90_001)), ((301, 7), (7, 299)), ((2, 1), (1, 1))])
def test_a_product_in_pieces_is_the_product(shapes: tuple[tuple[int, int], ...]) -> None:
    """Wide, tall and small; the last piece is the shorter."""
    rng = np.random.default_rng(0)
    left, right = (rng.normal(size=shape).astype(np.float32) for shape in shapes)
    made = product(left, right)

    assert made.dtype == np.float32
    np.testing.assert_allclose(made, left.astype(np.float64) @ right, rtol=1e-4, atol=1e-5)
