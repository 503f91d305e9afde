"""Images that are in a cohort more than once."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from prevalens._cells import as_text, is_missing
from prevalens._checks import check_kind, check_same_length
from prevalens._columns import as_texts, listed
from prevalens.cohorts.cohort import Cohort
from prevalens.cohorts.components import component_codes, repeated
from prevalens.exceptions import InvalidInputError, UnreadableImageError
from prevalens.images.decoding import check_reader
from prevalens.images.fingerprints import Hashes, hash_files, perceptual_hashes
from prevalens.images.near_pairs import MAX_DISTANCE, find_near_pairs
from prevalens.typing import Rows, Texts

# The covariate that file lists carry: SHA-256 of each image's bytes.
HASHES = "sha256"


@dataclass(frozen=True, eq=False)
class Duplicates:
    """Which rows of a cohort hold the same image.

    Args:
        identical: Groups of rows whose images have the same bytes, each of two rows or more.
        near_pairs: Pairs of rows whose pictures look alike, shape `(n_near, 2)`; of identical
            files only the first stands here.
        distances: Distance of each near pair, shape `(n_near,)`, 0 to 1.
        patients: Patient of each row, shape `(n_rows,)`.
        blank: Rows of blank pictures among those that were looked at, rising. They are copies of
            nobody: one white tile is like another, whoever it is of.

    Examples:
        >>> import tempfile
        >>> from prevalens.cohorts import find_duplicates, make_cells
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     cells = make_cells(folder, n_patients=4, images_per_patient=2, image_size=32)
        ...     copied = cells.path(7).write_bytes(cells.path(0).read_bytes())
        ...     found = find_duplicates(cells)
        >>> found.patient_pairs  # two ids, probably of one patient
        [('3', 'H1')]
    """

    identical: tuple[Rows, ...]
    near_pairs: NDArray[np.int64]
    distances: NDArray[np.float64]
    patients: Texts
    blank: Rows = field(default_factory=lambda: np.empty(0, dtype=np.int64))

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

    Examples:
        >>> import tempfile
        >>> from prevalens.cohorts import make_cells
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     cells = make_cells(folder, n_patients=4, images_per_patient=2, image_size=32)
        ...     copied = cells.path(2).write_bytes(cells.path(0).read_bytes())
        ...     found = find_duplicates(cells)
        >>> found.identical_pairs.tolist()
        [[0, 2]]
    """
    check_kind("cohort", cohort, Cohort)
    if not near and (turns or max_distance != MAX_DISTANCE):
        raise InvalidInputError(
            "`turns` and `max_distance` tell how images may look alike, but near=False does not "
            "look at them. Pass near=True, or leave them out."
        )
    if hashes is None and HASHES in cohort.covariates:
        hashes = cohort.covariates[HASHES]
    settings = _Reading(cohort, n_jobs, progress)
    if hashes is None:
        hashes = settings.hashes()
    identical = repeated(_checked(hashes, cohort))
    copies = {row for rows in identical for row in rows[1:].tolist()}
    firsts = np.array([row for row in range(len(cohort)) if row not in copies], dtype=np.int64)
    if near:
        looks = settings.looks(firsts)
        blank = set(firsts[~looks.any(axis=1)].tolist())
    else:
        blank = {int(rows[0]) for rows in identical if settings.is_blank(int(rows[0]))}
    alike = [rows for rows in identical if int(rows[0]) not in blank]
    empty = sorted(blank | {row for r in identical if int(r[0]) in blank for row in r.tolist()})
    pairs, distances = np.empty((0, 2), dtype=np.int64), np.empty(0)
    if near:
        found, distances = find_near_pairs(looks, max_distance=max_distance, turns=turns)
        pairs = firsts[found]
    return Duplicates(
        tuple(alike), pairs, distances, cohort.patients, np.array(empty, dtype=np.int64)
    )


@dataclass(frozen=True)
class _Reading:
    """The images of a cohort, by its own reader."""

    cohort: Cohort
    n_jobs: int | None
    progress: bool

    def hashes(self) -> Texts:
        return hash_files(
            self._paths(range(len(self.cohort))),
            reader=check_reader(self.cohort.reader),
            n_jobs=self.n_jobs,
            progress=self.progress,
        )

    def looks(self, rows: Rows) -> Hashes:
        return perceptual_hashes(
            self._paths(rows.tolist()),
            reader=self.cohort.reader,
            n_jobs=self.n_jobs,
            progress=self.progress,
        )

    def is_blank(self, row: int) -> bool:
        """Return whether a picture is blank; False where it cannot be seen."""
        address = str(self.cohort.path(row))
        reader = check_reader(self.cohort.reader)
        try:
            return reader.matches(address) and not self.looks(np.array([row])).any()
        except UnreadableImageError:
            return False

    def _paths(self, rows: Iterable[int]) -> list[Path]:
        return [self.cohort.path(row) for row in rows]


def _checked(hashes: Any, cohort: Cohort) -> Texts:
    """Return hashes in one spelling: some systems write their digits as ABCDEF, some as abcdef."""
    cells = listed("hashes", hashes)
    digests = as_texts("" if is_missing(cell) else as_text(cell).lower() for cell in cells)
    check_same_length(cohort=cohort, hashes=digests)
    if not all(digests):
        raise InvalidInputError(
            "Every row needs its hash, but some are empty. Leave `hashes` and the covariate "
            f"{HASHES!r} out to have the files read."
        )
    return digests
