"""What numpy and Keras spell differently."""

import numpy as np

from prevalens.augmentation.array_calls import cast, column, take_rows


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
