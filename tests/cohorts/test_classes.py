"""Class names and the labels that index into them."""

from typing import Any

import numpy as np
import pytest

from prevalens.cohorts.classes import check_classes, coded_labels
from prevalens.exceptions import InvalidInputError


@pytest.mark.parametrize(
    ("labels", "classes", "positive", "expected"),
    [
        (["b", "a"], (), "a", ([0, 1], ("b", "a"), "a")),
        ([10, 9, 2], (), "9", ([1, 2, 0], ("2", "10", "9"), "9")),
        ([1.0, 0.0], (), 1, ([1, 0], ("0", "1"), "1")),
        (["1", "1.0", "0"], (), 1, ([1, 1, 0], ("0", "1"), "1")),
        ([True, False], (), True, ([1, 0], ("False", "True"), "True")),
        ([0, 1], ("x", "y"), "x", ([0, 1], ("x", "y"), "x")),
        (np.array([1.0, 0.0]), ("x", "y"), "x", ([1, 0], ("x", "y"), "x")),
        (["1", "0"], ("1", "0"), "0", ([0, 1], ("1", "0"), "0")),
        ([0, 1], ("0", "1", "2"), "2", ([0, 1], ("0", "1", "2"), "2")),
    ],
)
def test_labels_are_names_or_indices(
    labels: Any, classes: Any, positive: Any, expected: tuple[Any, ...]
) -> None:
    """Names of any type; numbers are indices only where the classes are no such names."""
    codes, names, chosen = coded_labels(labels, classes, positive)

    assert (codes.tolist(), names, chosen) == expected


@pytest.mark.parametrize(
    ("labels", "classes", "message"),
    [
        ([1, 0], ("1", "0"), "could be both"),
        ([0, 2], ("x", "y"), "index into the 2 `classes`, but 2 came"),
        (["x", "z"], ("x", "y"), "'z' came"),
        (["1", "0"], ("x", "y"), "'0', '1' came"),
        ([0.5, 0], ("x", "y"), r"but 0\.5 came"),
    ],
)
def test_labels_that_are_neither_are_refused(labels: Any, classes: Any, message: str) -> None:
    """Ambiguous numbers, other names, texts of numbers, fractions."""
    with pytest.raises(InvalidInputError, match=message):
        coded_labels(labels, classes, classes[0])


@pytest.mark.parametrize("twins", [("a", "A"), ("a b", "ab"), ("1", "01")])
def test_classes_that_look_alike_are_refused(twins: tuple[str, str]) -> None:
    """Case, white space and leading zeros make no other class."""
    with pytest.raises(InvalidInputError, match="differ by more than case"):
        check_classes((*twins, "c"), "c")


@pytest.mark.parametrize("classes", [(), ("well", "sick")])
def test_a_cohort_of_no_images_is_refused_as_such(classes: tuple[str, ...]) -> None:
    """Not for its classes, of which it has none, or for the kind of its labels."""
    with pytest.raises(InvalidInputError, match="needs an image at least"):
        coded_labels([], classes=classes, positive="sick")
