"""The levels of further strata, counted for each unit; those that few units hold are pooled."""

import warnings
from collections.abc import Mapping

import numpy as np

from prevalens.exceptions import DataWarning
from prevalens.splits.problem import Floats, Ints
from prevalens.typing import Labels

_WEIGHT = 0.5  # of all levels of a stratum together, against one class
_DENSE = 4_000_000  # cells of a table that is counted without sorting


def count_levels(codes: Labels, strata: Mapping[str, Labels], *, least: int) -> tuple[Ints, Floats]:
    """Count the images of each unit at each level that `least` units or more hold.

    A level held by fewer units than there are parts to share them cannot be balanced, and its
    relative deviations would outweigh all else. Such levels of a stratum are counted as one.

    Args:
        codes: Unit of each row, shape `(n_rows,)`.
        strata: By name of the stratum: the level of each row, shape `(n_rows,)`.
        least: Units that a level of its own needs.

    Returns:
        Images, shape `(n_units, n_levels)`, and the weight of each level, shape `(n_levels,)`:
        its share of the images, so that all strata weigh alike and less than a class.

    Warns:
        DataWarning: more than half of the images are at pooled levels; the text names the stratum.
    """
    tables = [_counted(codes, levels, name, least=least) for name, levels in strata.items()]
    images = np.concatenate(tables, axis=1)
    shares = [_WEIGHT * table.sum(axis=0) / len(codes) for table in tables]
    return images, np.concatenate(shares)


def _counted(codes: Labels, levels: Labels, name: str, *, least: int) -> Ints:
    n_units, n_levels = int(codes.max()) + 1, int(levels.max()) + 1
    holders = _holders(codes, levels, n_units, n_levels)
    rare = holders < least
    images = np.bincount(levels, minlength=n_levels)
    if images[rare].sum() > images.sum() / 2:
        warnings.warn(
            f"The stratum {name!r} cannot be balanced: {int(rare.sum())} of its {n_levels} values "
            f"come from fewer than {least} patients each, and hold most images. They are pooled. "
            "Group the values, or leave the stratum out.",
            DataWarning,
            stacklevel=6,
        )
    place = np.where(rare, 0, np.cumsum(~rare) - (0 if rare.any() else 1))
    n_places = int(place.max()) + 1
    table = np.bincount(codes * n_places + place[levels], minlength=n_units * n_places)
    return table.reshape(n_units, n_places).astype(np.int64)


def _holders(codes: Labels, levels: Labels, n_units: int, n_levels: int) -> Labels:
    """Return how many units hold each level."""
    pairs = levels * n_units + codes
    if n_units * n_levels <= _DENSE:
        held = np.bincount(pairs, minlength=n_units * n_levels).reshape(n_levels, n_units)
        return (held > 0).sum(axis=1)
    return np.bincount(np.unique(pairs) // n_units, minlength=n_levels)
