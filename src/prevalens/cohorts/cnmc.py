"""C-NMC 2019: its layouts, and the grammar of its file names.

Gupta, A. and Gupta, R. (2019). ALL Challenge dataset of ISBI 2019 (C-NMC 2019). The Cancer Imaging
Archive. https://doi.org/10.7937/tcia.2019.dc64i46r
"""

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import numpy as np

from prevalens._checks import check_choice, check_path, name_some
from prevalens._columns import as_texts
from prevalens._paths import find_strays
from prevalens._tables import read_columns
from prevalens.cohorts.cohort import Cohort
from prevalens.cohorts.folders import images_below, warn_of_links
from prevalens.cohorts.image_names import escaped
from prevalens.exceptions import InvalidInputError

# UID_11_10_1_all.bmp, UID_H10_1_2_hem.bmp: patient, image, cell, class.
_NAME = re.compile(
    r"UID_(?P<patient>h?\d+)_(?P<image>\d+)_(?P<cell>\d+)_(?P<label>all|hem)\.\w+", re.IGNORECASE
)
_LABEL_COLUMNS = ("Patient_ID", "new_names", "labels")
_PARTS = ("training", "preliminary", "both")


@dataclass(frozen=True)
class _Cell:
    path: str
    name: str
    part: str
    sha256: str = ""

    @property
    def words(self) -> dict[str, str]:
        match = _NAME.fullmatch(self.name)
        return {} if match is None else match.groupdict()

    @property
    def fold(self) -> str:
        folds = [part for part in PurePosixPath(self.path).parts if part.startswith("fold_")]
        return folds[-1] if folds else "none"


def read_cnmc(
    root: str | os.PathLike[str], *, part: str = "training", follow_links: bool = False
) -> Cohort:
    """Read C-NMC 2019, in any layout it is distributed in, or its file list.

    The patient, the smear image, the cell and the class are read from the file names, such as
    `UID_H10_1_2_hem.bmp`, wherever the files lie: in `fold_0` to `fold_2`, each with `all` and
    `hem`, below any outer folders, or all in one folder. The preliminary test set has numbers for
    names; the table that comes with it (`Patient_ID, new_names, labels`) gives the true ones. The
    final test set has no labels and is left out; `provenance` says how many images that were.

    Patient H3 is written `h3` in 36 names; ids are read in upper case, so that it is one patient.
    The H is kept: patients 3 and H3 are two people.

    Args:
        root: Folder, or a CSV file with a column `path` (and perhaps `sha256`, which becomes a
            covariate, so that `find_duplicates` works without the images).
        part: `"training"` (10,661 cells), `"preliminary"` (1,867) or `"both"`.
        follow_links: As in `read_folder`.

    Returns:
        The cohort; positive is "all", the classes are ("hem", "all"); covariates `part`, `fold`,
        `image`, `cell` and, from a file list, `sha256`.

    Raises:
        InvalidInputError: no file has such a name, one name is there twice, because two layouts
            lie below `root`, or a path of a file list leads out of the list's folder.

    Warns:
        DataWarning: linked folders, or links to files outside `root`, were left out.

    Examples:
        >>> import tempfile
        >>> from pathlib import Path
        >>> from PIL import Image
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     for name in ("all/UID_1_1_1_all.bmp", "hem/UID_H2_1_1_hem.bmp"):
        ...         path = Path(folder, "fold_0", name)
        ...         path.parent.mkdir(parents=True)
        ...         Image.new("RGB", (8, 8)).save(path)
        ...     read_cnmc(folder)
        Cohort(2 images of 2 patients: hem 1, all 1)
    """
    check_choice("part", part, _PARTS)
    place = Path(check_path("root", root))
    cells = _from_list(place) if place.is_file() else _from_folder(place, follow_links=follow_links)
    labelled = [cell for cell in cells if cell.words]
    wanted = [cell for cell in labelled if part in {cell.part, "both"}]
    if not wanted:
        shown = name_some((cell.path for cell in cells), limit=3)
        raise InvalidInputError(
            f"No image of part {part!r} below {place} is named like UID_11_10_1_all.bmp; found, "
            f"for example, {shown} ({len(labelled)} are labelled, of another part). Give the "
            "folder that holds fold_0, or for the preliminary set the one with its labels table."
        )
    _refuse_twice(wanted)
    return _cohort(wanted, place, n_unlabelled=len(cells) - len(labelled))


def _cohort(cells: Sequence[_Cell], place: Path, *, n_unlabelled: int) -> Cohort:
    words = [cell.words for cell in cells]
    hashes = [cell.sha256 for cell in cells]
    left_out = f"; {n_unlabelled} images without a label left out" if n_unlabelled else ""
    return Cohort(
        images=as_texts(cell.path for cell in cells),
        labels=as_texts(word["label"].lower() for word in words),
        patients=as_texts(word["patient"].upper() for word in words),
        positive="all",
        classes=("hem", "all"),
        covariates={
            "part": as_texts(cell.part for cell in cells),
            "fold": as_texts(cell.fold for cell in cells),
            "image_no": np.array([int(word["image"]) for word in words]),
            "cell_no": np.array([int(word["cell"]) for word in words]),
            **({"sha256": as_texts(hashes)} if all(hashes) else {}),
        },
        root=place.parent if place.is_file() else place,
        provenance=f"C-NMC 2019, {len(cells)} cells read from {escaped(place.name)}{left_out}",
    )


def _from_folder(root: Path, *, follow_links: bool) -> list[_Cell]:
    true_names = _preliminary_names(sorted(root.rglob("*.csv")))
    paths, left_out = images_below(root, follow_links=follow_links)
    warn_of_links(left_out, followed=follow_links)
    return [_cell(path, true_names) for path in paths]


def _from_list(table: Path) -> list[_Cell]:
    columns = read_columns(table, ["path"])
    try:
        columns |= read_columns(table, ["path", "sha256"])
    except InvalidInputError:
        columns["sha256"] = [None] * len(columns["path"])
    missing = [row for row, path in enumerate(columns["path"]) if path is None]
    if missing:
        raise InvalidInputError(
            f"Every row of {table} needs a path, but rows {name_some(missing)} have none (the "
            "first is 0). Fill them in, or leave those rows out."
        )
    outside = find_strays(columns["path"], table.parent).outside
    if outside:
        raise InvalidInputError(
            f"The paths in {table} must stay below its folder, but {len(outside)} lead out of it: "
            f"{name_some(outside)}. Put the list into the folder above all the images."
        )
    rows = zip(columns["path"], columns["sha256"], strict=True)
    return [_cell(path, {}, sha256 or "") for path, sha256 in rows if not path.endswith(".csv")]


def _cell(path: str, true_names: dict[str, str], sha256: str = "") -> _Cell:
    name = PurePosixPath(path).name
    if name in true_names:
        return _Cell(path, true_names[name], "preliminary", sha256)
    # Some users rename the preliminary images to their true names; the folder tells them apart.
    renamed = "prelim" in path.lower() or name in true_names.values()
    return _Cell(path, name, "preliminary" if renamed else "training", sha256)


def _preliminary_names(tables: Sequence[Path]) -> dict[str, str]:
    """Return the true name of each numbered image, from the labels table among the tables."""
    names: dict[str, str] = {}
    for table in tables:
        try:
            columns = read_columns(table, _LABEL_COLUMNS)
        except InvalidInputError:
            continue  # another table, such as make_cells' or the user's own
        names |= dict(zip(columns["new_names"], columns["Patient_ID"], strict=True))
    return names


def _refuse_twice(cells: Sequence[_Cell]) -> None:
    seen: dict[str, str] = {}
    twice = []
    for cell in cells:
        key = cell.name.lower()
        twice += [(seen[key], cell.path)] if key in seen else []
        seen[key] = cell.path
    if twice:
        raise InvalidInputError(
            f"Each cell is one file, but {len(twice)} names are there twice: "
            f"{name_some(twice, limit=2)}. Give the folder of one copy as `root`."
        )
