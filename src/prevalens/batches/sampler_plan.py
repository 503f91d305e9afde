"""imbalanced-learn's samplers as a plan of epochs; pure."""

import copy
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from prevalens._checks import check_integer
from prevalens._seeding import generator
from prevalens.batches.recent_epochs import RecentEpochs
from prevalens.cohorts.cohort import Cohort
from prevalens.exceptions import InvalidInputError
from prevalens.typing import Rows


class SamplerPlan:
    """Shows each epoch the rows that one of imbalanced-learn's samplers selects.

    A sampler with a `random_state` draws anew each epoch, from the seed and the epoch; any other
    selects the same rows each epoch, shown in a new order.

    Args:
        sampler: A sampler that exposes `sample_indices_` once fitted, for example `NearMiss`. It
            is given labels as numbers, the index into `cohort.classes`.
        rows: Rows to draw from, shape `(n_kept,)`.
        cohort: The cohort the rows point into.
        features: What the sampler sees of each image, `(n_rows, n_features)` with a row for each
            of the cohort, for example a backbone's embeddings.
        seed: Seed of the whole run, at least 0.

    Raises:
        InvalidInputError: the features do not fit the cohort, or the sampler makes up images or
            does not say which it selects.
    """

    def __init__(
        self, sampler: Any, rows: Rows, *, cohort: Cohort, features: ArrayLike | None, seed: int
    ) -> None:
        if not hasattr(sampler, "fit_resample"):
            raise InvalidInputError(
                "`sampler` must be one of imbalanced-learn's, with `fit_resample`, "
                f"got {sampler!r}."
            )
        self._sampler = sampler
        self._rows = rows
        self._features = _features(features, cohort)[rows]
        self._labels = cohort.labels[rows]
        self._seed = check_integer("seed", seed, minimum=0)
        self._random = hasattr(sampler, "random_state")
        self._selected = RecentEpochs(self._select)

    def rows(self, epoch: int) -> Rows:
        """Return the rows that `epoch` shows, in order, shape `(n_shown,)`."""
        selected = self._selected.rows(epoch if self._random else 0)
        order = generator(self._seed, "sampler order", epoch).permutation(len(selected))
        return selected[order]

    def _select(self, draw: int) -> Rows:
        sampler = copy.deepcopy(self._sampler)
        if self._random:
            state = generator(self._seed, "sampler", draw).integers(2**32 - 1)
            sampler.set_params(random_state=int(state))
        sampler.fit_resample(self._features, self._labels)
        indices = getattr(sampler, "sample_indices_", None)
        if indices is None:
            raise InvalidInputError(
                f"{type(sampler).__name__} has no `sample_indices_`: it makes up rows of features, "
                "for which there is no image, or does not say which rows it selects. Use one that "
                "selects, such as RandomUnderSampler, NearMiss, TomekLinks or OneSidedSelection."
            )
        return self._rows[np.asarray(indices, dtype=np.int64)]


def _features(features: ArrayLike | None, cohort: Cohort) -> np.ndarray[Any, Any]:
    if features is None:
        raise InvalidInputError(
            "A `sampler` chooses by `features`, got None. Give `features` of shape (n_rows, "
            "n_features), for example a backbone's embeddings of every image of the cohort."
        )
    array = np.asarray(features)
    if array.ndim != 2 or len(array) != len(cohort):
        raise InvalidInputError(
            f"`features` must have shape ({len(cohort)}, n_features), one row per image of the "
            f"cohort, got {array.shape}. Compute them for all rows of the cohort."
        )
    return array
