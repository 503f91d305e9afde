"""Images that are in a cohort more than once."""

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from prevalens._checks import check_same_length
from prevalens.cohorts.cohort import Cohort
from prevalens.cohorts.components import component_codes, repeated
from prevalens.exceptions import InvalidInputError
from prevalens.images.fingerprints import hash_files, perceptual_hashes
from prevalens.images.near_pairs import MAX_DISTANCE, find_near_pairs
from prevalens.typing import Rows, Texts

# The covariate that file lists carry: SHA-256 of each image's bytes.
HASHES = "sha256"


@dataclass(frozen=True, eq=False)
class Duplicates:
    """Which rows of a cohort hold the same image.

    Args:
        identical: Groups of rows whose files have the same bytes, each of two rows or more.
        near_pairs: Pairs of rows whose pictures look alike, shape `(n_near, 2)`; of identical
            files only the first stands here.
        distances: Distance of each near pair, shape `(n_near,)`, 0 to 1.
        patients: Patient of each row, shape `(n_rows,)`.
    """

    identical: tuple[Rows, ...]
    near_pairs: NDArray[np.int64]
    distances: NDArray[np.float64]
    patients: Texts

    @property
    def identical_pairs(self) -> NDArray[np.int64]:
        """Each pair of rows with the same bytes, shape `(n_pairs, 2)`."""
        pairs = [
            np.stack([rows[a] for a in np.triu_indices(len(rows), 1)], axis=1)
            for rows in self.identical
        ]
        return np.concatenate(pairs) if pairs else np.empty((0, 2), dtype=np.int64)

    @property
    def near(self) -> tuple[Rows, ...]:
        """Groups of rows that look alike, at least two of them without being identical.

        Looking alike chains: where a is like b and b like c, all three are one group.
        """
        same = [np.stack([rows[:-1], rows[1:]], axis=1) for rows in self.identical]
        codes = component_codes(len(self.patients), np.concatenate([self.near_pairs, *same]))
        near = set(codes[self.near_pairs[:, 0]].tolist())
        return tuple(rows for rows in repeated(codes) if int(codes[rows[0]]) in near)

    @property
    def patient_pairs(self) -> list[tuple[str, str]]:
        """Pairs of different patients that share an image, for `Cohort.join_patients`.

        Patients of one group are chained: a with b, b with c.
        """
        found = set()
        for rows in (*self.identical, *self.near):
            found |= set(pairwise(np.unique(self.patients[rows]).tolist()))
        return sorted(found)


def find_duplicates(
    cohort: Cohort,
    *,
    hashes: Any = None,
    near: bool = False,
    turns: bool = False,
    max_distance: float = MAX_DISTANCE,
    n_jobs: int | None = None,
    progress: bool = False,
) -> Duplicates:
    """Find the images that are in a cohort more than once.

    Args:
        cohort: The cohort.
        hashes: SHA-256 of each row's file, shape `(n_rows,)`. By default the covariate `sha256`
            where the cohort has one; else the files are read.
        near: Whether to find, from the pictures, those that look alike too: the same image
            re-encoded, resized, or a little brighter or darker.
        turns: Whether pictures that look alike may also be flipped or turned by quarter turns;
            needs `near`.
        max_distance: How far apart the perceptual hashes of two pictures that look alike may be,
            see `find_near_pairs`; another than the default needs `near`.
        n_jobs: Workers that read files, as joblib counts them; None follows
            `joblib.parallel_config`.
        progress: Whether to show a line on standard error, where that is a terminal.

    Raises:
        InvalidInputError: `hashes` is not of one text per row, or a setting needs `near`.
        UnreadableImageError: files cannot be read; the text names every one of them.
    """
    if not near and (turns or max_distance != MAX_DISTANCE):
        raise InvalidInputError(
            "`turns` and `max_distance` tell how images may look alike, but near=False does not "
            "look at them. Pass near=True, or leave them out."
        )
    paths = [cohort.path(row) for row in range(len(cohort))]
    if hashes is None and HASHES in cohort.covariates:
        hashes = cohort.covariates[HASHES]
    if hashes is None:
        hashes = hash_files(paths, n_jobs=n_jobs, progress=progress)
    identical = repeated(_checked(hashes, cohort))
    pairs, distances = np.empty((0, 2), dtype=np.int64), np.empty(0)
    if near:
        copies = {row for rows in identical for row in rows[1:].tolist()}
        firsts = np.array([row for row in range(len(cohort)) if row not in copies], dtype=np.int64)
        looks = perceptual_hashes([paths[row] for row in firsts], n_jobs=n_jobs, progress=progress)
        found, distances = find_near_pairs(looks, max_distance=max_distance, turns=turns)
        pairs = firsts[found]
    return Duplicates(identical, pairs, distances, cohort.patients)


def _checked(hashes: Any, cohort: Cohort) -> Texts:
    digests = np.asarray(hashes, dtype=np.str_)
    check_same_length(cohort=cohort, hashes=digests)
    if (np.char.str_len(digests) == 0).any():
        raise InvalidInputError(
            "Every row needs its hash, but some are empty. Leave `hashes` and the covariate "
            f"{HASHES!r} out to have the files read."
        )
    return digests
