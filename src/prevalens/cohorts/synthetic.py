"""A small leukaemia study, drawn offline: patients, smears and cells that never lived."""

import os
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from joblib import Parallel, delayed
from PIL import Image as Pillow

from prevalens._checks import check_choice, check_integer, check_number, check_path, name_some
from prevalens._processes import leave_with
from prevalens._seeding import generator
from prevalens._writing import whole_folder
from prevalens.cohorts.cohort import Cohort
from prevalens.cohorts.drawing_record import DrawingRecord, DrawingSettings
from prevalens.cohorts.drawn_patients import (
    CELLS_PER_FIELD,
    DrawnPatient,
    draw_cell,
    draw_patients,
)
from prevalens.cohorts.smear_painter import PaintedCell, paint_cell
from prevalens.exceptions import InvalidInputError

MANIFEST = "make_cells.json"
# Raised whenever the same settings give other pixels than before.
_DRAWING = 2
_CLASSES = ("hem", "all")


@dataclass(frozen=True)
class _Task:
    patient: DrawnPatient
    number: int
    file: str


def make_cells(
    directory: str | os.PathLike[str],
    *,
    n_patients: int = 24,
    n_positive: int | None = None,
    images_per_patient: float = 25,
    positive_share: float = 0.68,
    image_size: int = 450,
    file_format: str = "bmp",
    effect: float = 1.0,
    seed: int = 0,
    workers: int = 1,
) -> Cohort:
    """Draw a synthetic cohort of lymphoblasts and normal lymphocytes, in C-NMC 2019's form.

    Every image is one Romanowsky-stained cell on black, drawn by prevalens; none is a patient's.
    Lymphoblasts (`all`, positive) tend to a larger nucleus, a higher nuclear-cytoplasmic ratio,
    finer chromatin, more nucleoli and a more irregular contour than normal lymphocytes (`hem`);
    every trait overlaps. Stain, light, exposure, defocus and magnification vary by patient and so
    tell patients apart without telling the classes apart: a split by image lets a model profit
    from them, a split by patient does not. Patients also differ in their cells' mean traits, and
    give very different numbers of images. As in C-NMC 2019, the positive class is the majority.

    Args:
        directory: Folder to draw into; new, empty, or holding the very same drawing.
        n_patients: Number of patients, at least 2.
        n_positive: How many of them have leukaemia; by default 47 of 73, as in C-NMC 2019.
        images_per_patient: Mean number of images a patient gives, at least 1.
        positive_share: Share of the images that are lymphoblasts, in (0, 1); met as nearly as
            one image a patient allows.
        image_size: Height and width, in pixels, at least 16.
        file_format: `"bmp"` as in C-NMC 2019, or `"png"`, which is losslessly smaller.
        effect: Distance between the classes, relative to the default; 0 draws both classes alike,
            so that whatever an evaluation then finds above chance is leakage.
        seed: Seed; the same arguments draw the same bytes, whatever the workers.
        workers: Number of processes that draw.

    Returns:
        The cohort: labels `hem` (0) and `all` (1, positive), paths relative to `directory`,
        covariates `image_no`, `cell_no` and `microscope`.

    Raises:
        InvalidInputError: an argument is out of its range, or the folder holds anything else.

    Examples:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     made = make_cells(folder, n_patients=4, images_per_patient=5, image_size=64)
        >>> made
        Cohort(20 images of 4 patients: hem 6, all 14)
        >>> made.provenance.split(":")[0]
        'Synthetic'
    """
    n_patients = check_integer("n_patients", n_patients, minimum=2)
    if n_positive is None:
        n_positive = min(max(1, round(n_patients * 47 / 73)), n_patients - 1)
    n_positive = check_integer("n_positive", n_positive, minimum=1)
    if n_positive >= n_patients:
        raise InvalidInputError(
            f"Both classes need a patient, but `n_positive` is {n_positive} of {n_patients} "
            f"patients. Use n_positive <= {n_patients - 1}, or more patients."
        )
    images_per_patient = check_number("images_per_patient", images_per_patient, low=1, high=1e5)
    settings: dict[str, Any] = {
        "n_patients": n_patients,
        "n_positive": n_positive,
        "n_images": round(n_patients * images_per_patient),
        "positive_share": check_number(
            "positive_share", positive_share, low=0, high=1, open_low=True, open_high=True
        ),
        "effect": check_number("effect", effect, low=0, high=10),
        "seed": check_integer("seed", seed, minimum=0),
    }
    image_size = check_integer("image_size", image_size, minimum=16)
    file_format = check_choice("file_format", file_format, ("bmp", "png"))
    record = DrawingSettings(
        drawing=_DRAWING,
        image_size=image_size,
        format="bmp" if file_format == "bmp" else "png",
        **settings,
    )
    tasks = _tasks(draw_patients(**settings), file_format)
    root = Path(check_path("directory", directory))
    if not _holds(root, record):
        workers = check_integer("workers", workers, minimum=1)
        _draw_whole(root, tasks, record, workers=workers)
    return _cohort(root, tasks, seed)


def _tasks(patients: list[DrawnPatient], file_format: str) -> list[_Task]:
    tasks = []
    for patient in patients:
        label = _CLASSES[patient.positive]
        for number in range(patient.n_images):
            field, cell = divmod(number, CELLS_PER_FIELD)
            name = f"UID_{patient.name}_{field + 1}_{cell + 1}_{label}.{file_format}"
            tasks.append(_Task(patient, number, f"{label}/{name}"))
    return tasks


def draw_image(patient: DrawnPatient, number: int, *, image_size: int, seed: int) -> PaintedCell:
    """Draw one cell of a patient: the pixels, and which of them are nucleus and cell."""
    cell, smear = draw_cell(patient, number, seed=seed)
    random = generator(seed, "paint", patient.name, number)
    return paint_cell(cell, smear, image_size=image_size, generator=random)


def _cohort(root: Path, tasks: list[_Task], seed: int) -> Cohort:
    return Cohort(
        images=np.array([task.file for task in tasks]),
        labels=np.array([int(task.patient.positive) for task in tasks]),
        patients=np.array([task.patient.name for task in tasks]),
        positive="all",
        classes=_CLASSES,
        covariates={
            "image_no": np.array([task.number // CELLS_PER_FIELD + 1 for task in tasks]),
            "cell_no": np.array([task.number % CELLS_PER_FIELD + 1 for task in tasks]),
            "microscope": np.array([task.patient.microscope for task in tasks]),
        },
        root=root,
        provenance=f"Synthetic: cells drawn by prevalens.cohorts.make_cells (seed {seed}); "
        "no image is of a patient, and no figure from them says anything about one.",
    )


def _holds(root: Path, record: DrawingSettings) -> bool:
    """Say whether the folder holds this very drawing, whole; refuse anything else in it."""
    if root.exists() and not root.is_dir():
        raise InvalidInputError(f"`directory` must be a folder, but {str(root)!r} is a file.")
    if not root.exists() or not any(root.iterdir()):
        return False
    if not (root / MANIFEST).is_file():
        raise InvalidInputError(
            f"make_cells draws into a new or empty folder, but {str(root)!r} holds other files. "
            "Name another folder."
        )
    manifest = DrawingRecord.load(root / MANIFEST)
    drawn, sizes = manifest.settings, manifest.bytes
    if drawn != record:
        changed = ", ".join(
            f"{key} {getattr(drawn, key)!r} there and {getattr(record, key)!r} here"
            for key in record.__struct_fields__
            if getattr(drawn, key) != getattr(record, key)
        )
        raise InvalidInputError(
            f"{str(root)!r} holds another drawing: {changed}. Name another folder, or delete it."
        )
    broken = [file for file, size in sizes.items() if _size(root / file) != size]
    if broken:
        raise InvalidInputError(
            f"{str(root)!r} holds this drawing, but {len(broken)} of its {len(sizes)} images are "
            f"missing or of another size: {name_some(broken)}. Delete the folder and draw again."
        )
    return True


def _size(path: Path) -> int:
    return path.stat().st_size if path.is_file() else -1


def _draw_whole(root: Path, tasks: list[_Task], record: DrawingSettings, *, workers: int) -> None:
    """Draw beside the folder and put the whole in its place at the end."""
    with whole_folder(root) as part:
        for label in _CLASSES:
            (part / label).mkdir()
        chunks = [tasks[start : start + 32] for start in range(0, len(tasks), 32)]
        # Workers that joblib kept from before may stand in another folder.
        draw = partial(
            _draw_files,
            part.absolute(),
            image_size=record.image_size,
            seed=record.seed,
            parent=os.getpid(),
        )
        if workers == 1:
            sizes = [draw(chunk) for chunk in chunks]
        else:
            sizes = Parallel(n_jobs=workers)(delayed(draw)(chunk) for chunk in chunks)
        merged = {file: size for chunk in sizes for file, size in chunk.items()}
        DrawingRecord(settings=record, bytes=merged).save(part / MANIFEST)


def _draw_files(
    part: Path, tasks: list[_Task], *, image_size: int, seed: int, parent: int
) -> dict[str, int]:
    leave_with(parent)
    sizes = {}
    for task in tasks:
        drawn = draw_image(task.patient, task.number, image_size=image_size, seed=seed)
        # Of png only: two fifths of the time of Pillow's own level, for a fifth more bytes.
        Pillow.fromarray(drawn.image).save(part / task.file, compress_level=2)
        sizes[task.file] = _size(part / task.file)
    return sizes
