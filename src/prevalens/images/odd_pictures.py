"""Pictures that decode without an error and still show little: blank, cut short, of few greys."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from PIL import Image as Pillow

from prevalens._checks import check_path, name_some
from prevalens._notebook import findings_page
from prevalens.images.decoding import read_image
from prevalens.images.dicom_file import HEAD, is_dicom_head, open_header
from prevalens.images.fingerprints import perceptual_hash
from prevalens.images.jpeg_scans import lacks_scans
from prevalens.images.many_files import map_files
from prevalens.images.opening import open_picture, split_address
from prevalens.images.readers.reader import Reader
from prevalens.typing import Image, Rows

_TAIL = 0.05  # share of the rows from which a flat tail counts
_FEW = 32  # grey levels


@dataclass(frozen=True, eq=False)
class OddPictures:
    """Positions of pictures to look at; `str()` gives the text.

    Args:
        n_pictures: Pictures that were looked at.
        blank: Those of one value, but for less than a grey level of noise.
        flat_tails: Those whose lowest rows, 5 % or more, are of one colour that the top row is
            not: what is left of a file that was cut and filled up.
        unfinished: Progressive JPEG files that lack scans: cut, closed and so coarse all over.
        few_levels: Those of less than 32 grey levels: masks, or a window or bits that do not fit.
        polarities: Positions by polarity, `"MONOCHROME1"` or `"MONOCHROME2"`, of DICOM files.
        depths: Positions by the bits that DICOM files state.
        names: The addresses, for the text.

    Examples:
        >>> import tempfile
        >>> from pathlib import Path
        >>> from PIL import Image
        >>> from prevalens.images import find_odd_pictures
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     path = Path(folder, "blank.png")
        ...     Image.new("L", (20, 10)).save(path)
        ...     found = find_odd_pictures([path])
        >>> found.ok, found.blank.tolist()
        (False, [0])
    """

    n_pictures: int
    blank: Rows
    flat_tails: Rows
    unfinished: Rows
    few_levels: Rows
    polarities: dict[str, Rows]
    depths: dict[int, Rows]
    names: tuple[str, ...]

    @property
    def ok(self) -> bool:
        """Whether nothing stands out."""
        found = (self.blank, self.flat_tails, self.unfinished, self.few_levels)
        return not any(map(len, found)) and len(self.polarities) < 2 and len(self.depths) < 2

    def __str__(self) -> str:
        lines = [
            self._line(rows, what)
            for rows, what in (
                (self.blank, "blank"),
                (self.flat_tails, "flat from some row to the bottom, as cut files are"),
                (self.unfinished, "progressive JPEG without all scans, as cut files are"),
                (self.few_levels, f"of less than {_FEW} grey levels"),
            )
            if len(rows)
        ]
        for what, groups in (("polarity", self.polarities), ("bit depth", self.depths)):
            if len(groups) > 1:
                counts = ", ".join(f"{key}: {len(rows)}" for key, rows in groups.items())
                lines.append(f"- more than one {what} ({counts})")
        lines += [f"What to do: see {findings_page('odd-picture')}."] if lines else []
        head = f"{self.n_pictures} pictures looked at: "
        return (
            head + ("nothing stands out." if not lines else "look at these.\n") + "\n".join(lines)
        )

    def _line(self, rows: Rows, what: str) -> str:
        return f"- {len(rows)} {what}: {name_some(self.names[row] for row in rows.tolist())}"


def find_odd_pictures(
    paths: Sequence[str | os.PathLike[str]],
    *,
    reader: Reader | None = None,
    n_jobs: int | None = None,
    progress: bool = False,
) -> OddPictures:
    """Find pictures that can be read and still show little, or mean something else than the rest.

    Args:
        paths: The files.
        reader: What reads, as for `read_image`.
        n_jobs: Workers, as joblib counts them; None follows `joblib.parallel_config`.
        progress: Whether to show a line on standard error, where that is a terminal.

    Raises:
        UnreadableImageError: some files cannot be read; the text names every one of them.

    Examples:
        >>> import tempfile
        >>> from pathlib import Path
        >>> from PIL import Image
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     path = Path(folder, "blank.png")
        ...     Image.new("L", (20, 10)).save(path)
        ...     find_odd_pictures([path]).blank.tolist()
        [0]
    """
    seen = map_files(
        _look, paths, n_jobs=n_jobs, progress="looked at" if progress else None, reader=reader
    )
    blank, tail, cut, few = (
        np.flatnonzero([look[place] for look in seen]).astype(np.int64) for place in range(4)
    )
    return OddPictures(
        n_pictures=len(seen),
        blank=blank,
        flat_tails=tail,
        unfinished=cut,
        few_levels=few,
        polarities=_groups([look[4] for look in seen]),
        depths=_groups([look[5] for look in seen]),
        names=tuple(check_path("path", path) for path in paths),
    )


def _groups(values: list[Any]) -> dict[Any, Rows]:
    present = sorted({value for value in values if value is not None})
    return {
        key: np.flatnonzero([value == key for value in values]).astype(np.int64) for key in present
    }


def _look(
    path: str | os.PathLike[str], *, reader: Reader | None
) -> tuple[bool, bool, bool, bool, str | None, int | None]:
    pixels = read_image(path, reader=reader)
    blank = not perceptual_hash(pixels).any()
    grey = np.asarray(Pillow.fromarray(pixels).convert("L"))
    levels = np.count_nonzero(np.bincount(grey.ravel(), minlength=256))
    return (
        blank,
        not blank and _has_flat_tail(pixels),
        not blank and _is_unfinished(check_path("path", path)),
        not blank and bool(levels < _FEW),
        *_dicom(check_path("path", path)),
    )


def _has_flat_tail(pixels: Image) -> bool:
    """Return whether the lowest rows are of one colour, which the top row is not."""
    last = pixels[-1, -1]
    same = (pixels == last).all(axis=(1, 2))
    n_tail = len(same) if same.all() else int(np.argmin(same[::-1]))
    return n_tail >= max(2, _TAIL * len(same)) and not same[0]


def _is_unfinished(address: str) -> bool:
    try:
        with open_picture(split_address(address)[0]) as opened:
            is_jpeg = opened.read(2) == b"\xff\xd8"
            return is_jpeg and lacks_scans(b"\xff\xd8" + opened.read())
    except OSError:  # the reader's own kind of place
        return False


def _dicom(address: str) -> tuple[str | None, int | None]:
    """Return the polarity and the bits that a DICOM file of grey states."""
    try:
        with open_picture(split_address(address)[0]) as opened:
            if not is_dicom_head(opened.read(HEAD)):
                return None, None
            opened.seek(0)
            header = open_header(opened, address, stop_before_pixels=True)
    except OSError:  # the reader's own kind of place
        return None, None
    polarity = str(header.get("PhotometricInterpretation"))
    if not polarity.startswith("MONOCHROME"):
        return None, None
    return polarity, int(header.get("BitsStored") or 0)
