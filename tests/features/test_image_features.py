"""Features stand beside the images they are of."""

import numpy as np
import pytest

from prevalens.cohorts import Cohort
from prevalens.exceptions import InvalidInputError
from prevalens.features import ImageFeatures
from prevalens.features.image_features import feature_values


def features() -> ImageFeatures:
    """Return two features of each of three images."""
    cohort = Cohort(
        images=["a", "b", "c"], labels=["y", "n", "n"], patients=["p", "p", "q"], positive="y"
    )
    values = np.arange(6, dtype=np.float32).reshape(3, 2)
    return ImageFeatures(values, cohort, np.array([4, 7, 9]), {})


@pytest.mark.parametrize("places", [[2, 0], np.array([2, 0])])
def test_places_are_taken_in_their_order(places: object) -> None:
    """Values, images and rows move together."""
    taken = features().take(places)  # type: ignore[arg-type]

    assert taken.values.tolist() == [[4, 5], [0, 1]]
    assert taken.cohort.images.tolist() == ["c", "a"]
    assert taken.rows.tolist() == [9, 4]


def test_a_mask_is_taken_as_one() -> None:
    """True keeps a row, False drops it."""
    assert features().take(np.array([True, False, True])).rows.tolist() == [4, 9]
    assert repr(features()) == "ImageFeatures(3 images of 2 patients, 2 features)"


@pytest.mark.parametrize(
    ("values", "text"),
    [
        ([1.0, 2.0], r"\(n_rows, n_features\), got \(2,\)"),
        (np.zeros((0, 3)), r"got \(0, 3\)"),
        ([[1.0, np.nan], [np.inf, 0.0]], "2 rows are not, the first 0"),
    ],
)
def test_what_is_no_table_of_numbers_is_refused(values: object, text: str) -> None:
    """Shape and finiteness are checked at the door."""
    with pytest.raises(InvalidInputError, match=text):
        feature_values(values)  # type: ignore[arg-type]
