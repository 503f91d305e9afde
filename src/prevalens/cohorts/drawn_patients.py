"""Draws a synthetic study's patients: how many cells each gives, how they look, how stained."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from prevalens._seeding import generator
from prevalens.cohorts.smear_painter import Cell, Smear

# Half the distance between the classes' means, in standard deviations of a cell, trait by trait.
TRAITS = {"size": 0.75, "share": 0.55, "clumping": 0.85, "nucleoli": 0.6, "contour": 0.45}
PATIENT_SPREAD = 0.45
CELLS_PER_FIELD = 4


@dataclass(frozen=True, kw_only=True)
class DrawnPatient:
    """One patient of a synthetic study.

    Attributes:
        name: Patient id as in C-NMC 2019: a number, after an H where healthy.
        positive: Whether the cells are lymphoblasts.
        n_images: Number of cells this patient gives.
        microscope: Which of two microscopes photographed the smear, `"A"` or `"B"`.
        smear: How the smear was stained and photographed, but for the jitter of each field.
        means: Mean of each trait over this patient's cells, in standard deviations of a cell.
    """

    name: str
    positive: bool
    n_images: int
    microscope: str
    smear: Smear
    means: tuple[float, ...]


def draw_patients(
    *,
    n_patients: int,
    n_positive: int,
    n_images: int,
    positive_share: float,
    effect: float,
    seed: int,
) -> list[DrawnPatient]:
    """Draw every patient, the healthy ones first.

    Args:
        n_patients: Number of patients.
        n_positive: How many of them have leukaemia.
        n_images: Number of cells in all, at least one a patient.
        positive_share: Share of the cells that are lymphoblasts.
        effect: Distance between the classes, relative to 1; 0 draws both from one distribution.
        seed: Seed of the study.

    Returns:
        The patients; their `n_images` add up to the `n_images` asked for.
    """
    sizes = {True: n_positive, False: n_patients - n_positive}
    most = n_images - sizes[False]
    positive_images = min(max(round(n_images * positive_share), sizes[True]), most)
    totals = {True: positive_images, False: n_images - positive_images}
    return [
        _draw_patient(positive, number, count, effect, seed)
        for positive in (False, True)
        for number, count in enumerate(_counts(sizes[positive], totals[positive], positive, seed))
    ]


def draw_cell(patient: DrawnPatient, number: int, *, seed: int) -> tuple[Cell, Smear]:
    """Draw one cell of a patient, and how its microscopic field was photographed."""
    random = generator(seed, "cell", patient.name, number)
    traits = np.array(patient.means) + random.normal(size=len(TRAITS))
    return _cell_of(traits, random), _smear_of_field(patient, number // CELLS_PER_FIELD, seed)


def _counts(n_patients: int, n_images: int, positive: bool, seed: int) -> list[int]:  # noqa: FBT001
    """Share the images out with a heavy tail, at least one a patient."""
    weights = generator(seed, "counts", int(positive)).lognormal(sigma=0.85, size=n_patients)
    ends = np.rint(np.cumsum(weights) / weights.sum() * (n_images - n_patients)).astype(int)
    return (np.diff(ends, prepend=0) + 1).tolist()


def _draw_patient(
    positive: bool,  # noqa: FBT001
    number: int,
    n_images: int,
    effect: float,
    seed: int,
) -> DrawnPatient:
    name = f"{number + 1}" if positive else f"H{number + 1}"
    random = generator(seed, "patient", name)
    microscope = "AB"[int(random.random() < 0.4)]
    shift = np.array(list(TRAITS.values())) * effect * (1 if positive else -1)
    means = shift + random.normal(scale=PATIENT_SPREAD, size=len(TRAITS))
    return DrawnPatient(
        name=name,
        positive=positive,
        n_images=n_images,
        microscope=microscope,
        smear=_draw_smear(microscope, random),
        means=tuple(means.tolist()),
    )


def _draw_smear(microscope: str, random: np.random.Generator) -> Smear:
    # As after stain normalisation: the means of six real cells, and their spread.
    tint = random.normal(scale=0.03, size=3)
    strength = random.normal(scale=0.05)
    nuclear = np.array([1.30, 2.15, 1.13]) * np.exp(tint + strength)
    tint = random.normal(scale=0.03, size=3)
    cytoplasmic = np.array([1.18, 1.72, 0.93]) * np.exp(tint + strength)
    light = np.array([236, 228, 232] if microscope == "A" else [226, 226, 238])
    light = np.clip(light * np.exp(random.normal(scale=0.05) + random.normal(0, 0.02, 3)), 150, 254)
    return Smear(
        nuclear_stain=_three(nuclear),
        cytoplasmic_stain=_three(cytoplasmic),
        light=_three(light),
        magnification=float(np.exp(random.normal(0.02 if microscope == "B" else -0.01, 0.045))),
        defocus=float(0.16 * np.exp(random.normal(scale=0.35))),
        noise=float((0.6 if microscope == "A" else 0.8) * np.exp(random.normal(scale=0.2))),
    )


def _three(values: NDArray[np.float64]) -> tuple[float, float, float]:
    red, green, blue = values.tolist()
    return red, green, blue


def _smear_of_field(patient: DrawnPatient, field: int, seed: int) -> Smear:
    random = generator(seed, "field", patient.name, field)
    exposure = np.exp(random.normal(scale=0.025))
    return replace(
        patient.smear,
        light=_three(np.clip(np.array(patient.smear.light) * exposure, 120, 255)),
        defocus=patient.smear.defocus * float(np.exp(random.normal(scale=0.2))),
    )


def _cell_of(traits: NDArray[np.float64], random: np.random.Generator) -> Cell:
    size, share, clumping, nucleoli, contour = np.clip(traits, -3, 3).tolist()
    return Cell(
        nucleus_diameter=11.0 * float(np.exp(0.115 * size)),
        nuclear_share=_squeezed(0.8 + 0.9 * share, 0.68, 0.98),
        clumping=_squeezed(-1.1 * clumping, 0, 1),
        nucleoli=min(int(random.poisson(np.exp(-0.55 + 0.75 * nucleoli))), 4),
        irregularity=0.012 * float(np.exp(0.5 * contour)),
        cleft=_squeezed(-1.9 + 1.0 * contour + random.normal(), 0, 0.45),
        vacuoles=int(random.poisson(0.35)),
        basophilia=float(np.exp(0.01 * share + random.normal(scale=0.03))),
        chromatin_density=float(np.exp(-0.01 * clumping + random.normal(scale=0.03))),
    )


def _squeezed(value: float, low: float, high: float) -> float:
    """Map a number onto (low, high) along the logistic curve."""
    return low + (high - low) / (1 + float(np.exp(-value)))
