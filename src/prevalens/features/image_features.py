"""The features of the images of a cohort: one row of numbers each."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from prevalens._checks import check_same_length
from prevalens._columns import as_rows
from prevalens.cohorts.cohort import Cohort
from prevalens.exceptions import InvalidInputError
from prevalens.typing import Rows

Features = NDArray[np.float32]  # (n_rows, n_features)


@dataclass(frozen=True, eq=False, repr=False)
class ImageFeatures:
    """What a network sees of each image; never changed.

    Attributes:
        values: Features, float32, shape `(n_rows, n_features)`; read-only, and where a store is
            read from its file.
        cohort: The images they are of, in the same order.
        rows: Their positions in the cohort that was asked about, shape `(n_rows,)`.
        settings: What decided them: layer, pooling, views, image size, decoder, network.

    Examples:
        >>> import numpy as np
        >>> from prevalens.cohorts import Cohort
        >>> cohort = Cohort(
        ...     images=["a.png", "b.png"], labels=["sick", "well"], patients=["p", "q"],
        ...     positive="sick",
        ... )
        >>> features = ImageFeatures(np.ones((2, 4), np.float32), cohort, np.arange(2), {})
        >>> features.take([1]).values.shape
        (1, 4)
    """

    values: Features
    cohort: Cohort
    rows: Rows
    settings: Mapping[str, Any]

    def __post_init__(self) -> None:
        check_same_length(values=self.values, cohort=self.cohort, rows=self.rows)

    def __len__(self) -> int:
        return len(self.values)

    def __repr__(self) -> str:
        return (
            f"ImageFeatures({len(self)} images of {self.cohort.n_patients} patients, "
            f"{self.values.shape[1]} features)"
        )

    def take(self, places: Rows | ArrayLike) -> "ImageFeatures":
        """Return the features at the given places (positions or a mask), in their order."""
        kept = as_rows("places", places, len(self))
        return ImageFeatures(
            self.values[kept], self.cohort.take(kept), self.rows[kept], self.settings
        )


def feature_values(features: "ImageFeatures | ArrayLike") -> Features:
    """Return features as an array, or say what they must be.

    Args:
        features: `ImageFeatures`, or finite numbers of shape `(n_rows, n_features)`.

    Raises:
        InvalidInputError: they are not two-dimensional, empty or not finite.
    """
    given = features.values if isinstance(features, ImageFeatures) else features
    values = np.asarray(given, dtype=np.float32)
    if values.ndim != 2 or 0 in values.shape:
        raise InvalidInputError(
            f"Features must have the shape (n_rows, n_features), got {values.shape}."
        )
    bad = np.flatnonzero(~np.isfinite(values).all(axis=1))
    if bad.size:
        raise InvalidInputError(
            f"Features must be finite, but {bad.size} rows are not, the first {bad[0]}. Look for "
            "nan in the network, or for half precision that overflows."
        )
    return values
