"""Images that are in a cohort more than once."""

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from prevalens._checks import check_same_length
from prevalens.cohorts.cohort import Cohort
from prevalens.exceptions import InvalidInputError
from prevalens.images.fingerprints import hash_files
from prevalens.typing import Rows, Texts

# The covariate that file lists carry: SHA-256 of each image's bytes.
HASHES = "sha256"


@dataclass(frozen=True, eq=False)
class Duplicates:
    """Which rows of a cohort hold the same image.

    Args:
        identical: Groups of rows whose files have the same bytes, each of two rows or more.
        patients: Patient of each row, shape `(n_rows,)`.
        labels: Class index of each row, shape `(n_rows,)`.
    """

    identical: tuple[Rows, ...]
    patients: Texts
    labels: NDArray[np.int64]

    @property
    def identical_pairs(self) -> NDArray[np.int64]:
        """Each pair of rows with the same bytes, shape `(n_pairs, 2)`."""
        pairs = [
            np.stack([rows[a] for a in np.triu_indices(len(rows), 1)], axis=1)
            for rows in self.identical
        ]
        return np.concatenate(pairs) if pairs else np.empty((0, 2), dtype=np.int64)

    @property
    def patient_pairs(self) -> list[tuple[str, str]]:
        """Each pair of different patients that share an image, for `Cohort.join_patients`."""
        found = set()
        for rows in self.identical:
            names = np.unique(self.patients[rows]).tolist()
            # A chain joins the group as well as all its pairs would.
            found |= set(pairwise(names))
        return sorted(found)


def find_duplicates(
    cohort: Cohort, *, hashes: Any = None, n_jobs: int | None = None, progress: bool = False
) -> Duplicates:
    """Find the images that are in a cohort more than once.

    Args:
        cohort: The cohort.
        hashes: SHA-256 of each row's file, shape `(n_rows,)`. By default the covariate `sha256`
            where the cohort has one; else the files are read.
        n_jobs: Workers that read files, as joblib counts them; None follows
            `joblib.parallel_config`.
        progress: Whether to show a line on standard error, where that is a terminal.

    Raises:
        InvalidInputError: `hashes` is not of one text per row.
        UnreadableImageError: files cannot be opened; the text names every one of them.
    """
    if hashes is None and HASHES in cohort.covariates:
        hashes = cohort.covariates[HASHES]
    if hashes is None:
        paths = [cohort.path(row) for row in range(len(cohort))]
        hashes = hash_files(paths, n_jobs=n_jobs, progress=progress)
    digests = np.asarray(hashes, dtype=np.str_)
    check_same_length(cohort=cohort, hashes=digests)
    if (np.char.str_len(digests) == 0).any():
        raise InvalidInputError(
            "Every row needs its hash, but some are empty. Leave `hashes` and the covariate "
            f"{HASHES!r} out to have the files read."
        )
    return Duplicates(_groups(digests), cohort.patients, cohort.labels)


def _groups(keys: NDArray[Any]) -> tuple[Rows, ...]:
    """Return the positions of equal keys, for keys that occur twice or more."""
    order = np.argsort(keys, kind="stable")
    starts = np.flatnonzero(np.r_[True, keys[order][1:] != keys[order][:-1]])
    runs = np.split(order.astype(np.int64), starts[1:])
    return tuple(sorted((run for run in runs if len(run) > 1), key=lambda run: int(run[0])))
