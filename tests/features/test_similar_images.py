"""Alike images are found, and which of them are of two patients."""

import numpy as np
import pytest

from prevalens.cohorts import Cohort
from prevalens.exceptions import InvalidInputError
from prevalens.features import ImageFeatures, find_similar_images


def features(values: np.ndarray, patients: str) -> ImageFeatures:
    """Return features of images of given patients."""
    names = [str(number) for number in range(len(values))]
    cohort = Cohort(
        images=names, labels=["y", *["n"] * (len(names) - 1)], patients=list(patients), positive="y"
    )
    return ImageFeatures(values.astype(np.float32), cohort, np.arange(len(values)), {})


def test_copies_are_found_whatever_all_images_share() -> None:
    """Four directions around a large common mean; two rows repeated, one of another patient."""
    corners = np.array([[1, 1], [1, -1], [-1, 1], [-1, -1]], dtype=float)
    values = np.concatenate([corners, corners[:2] * 1.01, corners[2:]]) + 100
    found = find_similar_images(features(values, "abcdaecd"), min_similarity=0.99)

    assert sorted(map(tuple, found.pairs.tolist())) == [(0, 4), (1, 5), (2, 6), (3, 7)]
    across = dict(zip(map(tuple, found.pairs.tolist()), found.across_patients, strict=True))
    assert across == {(0, 4): False, (1, 5): True, (2, 6): False, (3, 7): False}


def test_the_most_similar_comes_first() -> None:
    """Similarities fall, and are those of the centred features."""
    values = np.random.default_rng(0).normal(size=(40, 3))
    found = find_similar_images(features(values, "p" * 40), min_similarity=0.5)
    centred = values - values.mean(axis=0)
    unit = centred / np.linalg.norm(centred, axis=1, keepdims=True)
    first, second = found.pairs.T

    assert (np.diff(found.similarity) <= 0).all()
    assert len(found) == len(set(map(tuple, found.pairs.tolist())))
    np.testing.assert_allclose(
        found.similarity, (unit[first] * unit[second]).sum(axis=1), atol=1e-5
    )


@pytest.mark.parametrize("values", [np.ones((2, 3)), np.ones((1, 3))])
def test_images_without_a_direction_are_like_no_other(values: np.ndarray) -> None:
    """Where all features are alike the centred ones are 0, and there is no pair."""
    assert (
        len(find_similar_images(features(np.concatenate([values, values]), "p" * 2 * len(values))))
        == 0
    )


def test_a_similarity_beyond_1_is_refused() -> None:
    """A cosine lies between -1 and 1."""
    with pytest.raises(InvalidInputError, match=r"`min_similarity` must lie in \[-1, 1\], got 2"):
        find_similar_images(features(np.eye(3), "abc"), min_similarity=2)
