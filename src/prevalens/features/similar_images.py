"""Images that a network sees as nearly the same."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.neighbors import NearestNeighbors

from prevalens._checks import check_integer, check_number
from prevalens.features.image_features import ImageFeatures, feature_values
from prevalens.typing import Flags, Rows


@dataclass(frozen=True, eq=False)
class SimilarImages:
    """Pairs of images, the most similar first.

    Attributes:
        pairs: Places in the features, shape `(n_pairs, 2)`, each rising.
        similarity: Correlation of their features, shape `(n_pairs,)`, at most 1.
        across_patients: Whether the two are of different patients: a duplicate there leaks when
            one of them is trained on and the other is not.

    Examples:
        >>> found = SimilarImages(
        ...     pairs=np.array([[0, 3]]), similarity=np.array([0.99]),
        ...     across_patients=np.array([True]),
        ... )
        >>> found.pairs[found.across_patients].tolist()  # would leak across a split
        [[0, 3]]
    """

    pairs: Rows
    similarity: NDArray[np.float64]
    across_patients: Flags

    def __len__(self) -> int:
        return len(self.pairs)


def find_similar_images(
    features: ImageFeatures, *, min_similarity: float = 0.95, n_neighbors: int = 5
) -> SimilarImages:
    """Find the pairs of images whose features are alike.

    Features are centred over the images first: those of a network after its rectifiers are alike
    for any two images. The similarity is the cosine of what is left. What a network was not
    trained to see it may see as the same: pairs are candidates to look at; `find_duplicates` finds
    copies by their pixels.

    Args:
        features: What `extract_features` gave.
        min_similarity: Least similarity of a pair, in `[-1, 1]`.
        n_neighbors: Nearest images that each image is paired with, at most.

    Examples:
        >>> from prevalens.cohorts import Cohort
        >>> cohort = Cohort(
        ...     images=["a.png", "b.png", "c.png"], labels=["sick", "well", "well"],
        ...     patients=["p", "q", "r"], positive="sick",
        ... )
        >>> values = np.array([[1, 0, 2], [1, 0, 2.1], [0, 5, 1]], np.float32)
        >>> found = find_similar_images(ImageFeatures(values, cohort, np.arange(3), {}))
        >>> found.pairs.tolist(), found.across_patients.tolist()
        ([[0, 1]], [True])
    """
    check_number("min_similarity", min_similarity, low=-1, high=1)
    check_integer("n_neighbors", n_neighbors, minimum=1)
    values = feature_values(features)
    centred = values - values.mean(axis=0, dtype=np.float64).astype(np.float32)
    length = np.linalg.norm(centred, axis=1, keepdims=True)
    # An image like the mean of all has no direction, and is like no other.
    known = np.flatnonzero(length[:, 0] > 0)
    unit = centred[known] / length[known]
    count = min(n_neighbors + 1, len(known))
    if count < 2:
        none = np.zeros(0)
        return SimilarImages(none.reshape(0, 2).astype(np.int64), none, none.astype(bool))
    search = NearestNeighbors(n_neighbors=count, metric="cosine", algorithm="brute").fit(unit)
    distances, places = search.kneighbors(unit)
    first = np.repeat(known, count)
    second = known[places.ravel()]
    similarity = 1 - distances.ravel().astype(np.float64)
    kept = (first != second) & (similarity >= min_similarity)
    pairs = np.sort(np.column_stack([first[kept], second[kept]]), axis=1)
    pairs, where = np.unique(pairs, axis=0, return_index=True)
    found = similarity[kept][where]
    order = np.argsort(-found, kind="stable")
    pairs, found = pairs[order].reshape(-1, 2), found[order]
    patients = features.cohort.patients
    across = patients[pairs[:, 0]] != patients[pairs[:, 1]]
    return SimilarImages(pairs, found, across)
