"""A cohort in a notebook: counts, a bar, and pictures of each class."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from markupsafe import Markup

from prevalens._notebook import bars, card, note, pictures, table
from prevalens.exceptions import PrevalensError
from prevalens.images.decoding import check_reader, read_image
from prevalens.typing import Image

if TYPE_CHECKING:
    from prevalens.cohorts.cohort import Cohort

_FEW = 6
_TRIED = 200  # rows that are looked for at most, where no image is there


def cohort_html(cohort: "Cohort") -> str:
    """Return what a notebook shows of a cohort."""
    told = cohort.describe()
    rows = [
        (f"{name} (positive)" if name == told.positive else name, images, told.patients_of[name])
        for name, images in told.images_of.items()
    ]
    blocks = [bars({"images": told.images_of}), table(("Class", "Images", "Patients"), rows)]
    shown = pictures_of(cohort, _FEW)
    blocks.append(shown.block if shown.items else note("No image is there to be shown."))
    if told.provenance:
        blocks.append(note(f"Data source: {told.provenance}"))
    return card(repr(cohort), *blocks)


@dataclass(frozen=True, repr=False, eq=False)
class CohortPictures:
    """Some images of a cohort, as a notebook shows them.

    Args:
        items: For each image its caption and its pixels, uint8 `(height, width, 3)`.
    """

    items: tuple[tuple[str, Image], ...]

    def __len__(self) -> int:
        return len(self.items)

    def __repr__(self) -> str:
        return "\n".join([f"{len(self.items)} images:", *(caption for caption, _ in self.items)])

    @property
    def block(self) -> Markup:
        """The pictures as a part of a card."""
        return pictures(self.items)

    def _repr_html_(self) -> str:
        return card(f"{len(self.items)} images", self.block)


def pictures_of(cohort: "Cohort", n: int) -> CohortPictures:
    """Read up to `n` images: every class in turn, each time another patient's where there is one.

    Images that are not there, or cannot be read, are left out.
    """
    matches = check_reader(cohort.reader).matches
    items: list[tuple[str, Image]] = []
    for row in rows_in_turn(cohort)[: max(_TRIED, 2 * n)]:
        if len(items) == n:
            break
        if not matches(str(cohort.path(row))):
            continue
        try:
            pixels = read_image(cohort.path(row), reader=cohort.reader)
        except PrevalensError:
            continue
        label = cohort.classes[cohort.labels[row]]
        items.append((f"{label}: {cohort.images[row]}, row {row}", pixels))
    return CohortPictures(tuple(items))


def rows_in_turn(cohort: "Cohort") -> list[int]:
    """Return every row once: the classes in turn, and of each class its patients in turn."""
    place_of_class = np.zeros(len(cohort), dtype=np.int64)
    for code in range(len(cohort.classes)):
        rows = np.flatnonzero(cohort.labels == code)
        patients = cohort.patient_codes[rows]
        order = np.argsort(patients, kind="stable")
        starts = np.r_[0, np.flatnonzero(np.diff(patients[order])) + 1]
        sizes = np.diff(np.r_[starts, len(rows)])
        turn = np.empty(len(rows), dtype=np.int64)
        turn[order] = np.arange(len(rows)) - np.repeat(starts, sizes)
        place_of_class[rows[np.lexsort((rows, turn))]] = np.arange(len(rows))
    found: list[int] = np.lexsort((cohort.labels, place_of_class)).tolist()
    return found
