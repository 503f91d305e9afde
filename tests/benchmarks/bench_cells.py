"""How near the drawn cells come to real ones, and how hard they are for a frozen network.

Run it as `python tests/benchmarks/bench_cells.py --real C-NMC_training_data [--network FILE]`. It
prints the mean and spread of figures of real and drawn cells side by side, and writes both as one
picture. With a headless network (`.keras`, pixels 0 to 255) it scores the reference study's drawn
cohort by a logistic head on its features, over five folds of patients.
"""

import argparse
import tempfile
from pathlib import Path

import numpy as np
from PIL import Image
from scipy import ndimage

from prevalens.cohorts import make_cells, read_cnmc
from prevalens.cohorts.drawn_patients import draw_patients
from prevalens.cohorts.synthetic import draw_image

Array = np.ndarray


def main() -> None:
    """Print the table, write the picture, and score the frozen network."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument(
        "--real", type=Path, default=Path("C-NMC_training_data"), help="a C-NMC 2019 folder"
    )
    options.add_argument("--quick", action="store_true", help="the table, without the network")
    options.add_argument("--network", type=Path, help="a network without its top, as .keras file")
    options.add_argument("--picture", type=Path, default=Path("cells.png"))
    given = options.parse_args()
    if not given.real.is_dir():
        raise SystemExit(f"No folder of real cells at {given.real}: name one by --real.")
    cohort = read_cnmc(given.real)
    real = [np.asarray(Image.open(cohort.path(row)).convert("RGB")) for row in range(len(cohort))]
    real = real[:60]
    drawn = draw()
    print_table([figures(image) for image in real], [figures(image) for image in drawn])
    rows = [np.concatenate(some[:6], axis=1) for some in (real, drawn[:12:2], drawn[20:32:2])]
    Image.fromarray(np.concatenate(rows)).save(given.picture)
    if given.network is not None and not given.quick:
        print_probe(given.network)


def draw() -> list[Array]:
    """Draw two cells each of 10 healthy and 10 leukaemic patients, as large as C-NMC's."""
    shape = {"n_patients": 20, "n_positive": 10, "n_images": 200}
    patients = draw_patients(**shape, positive_share=0.5, effect=1.0, seed=3)
    return [
        draw_image(patient, number, image_size=450, seed=3).image
        for patient in patients
        for number in range(2)
    ]


def figures(image: Array) -> dict[str, float]:
    """Measure a cell on black: size, colours, edge, and grain by scale (in pixels of 450)."""
    inside = ndimage.binary_fill_holes(image.any(axis=2))
    pixels, grey = image.astype(float), image.mean(axis=2)
    depth = ndimage.distance_transform_edt(inside)
    radius = np.sqrt(inside.sum() / np.pi)
    core, rim = depth > 0.25 * radius, (depth > 2) & (depth < 0.12 * radius)
    fine, broad = (ndimage.gaussian_filter(grey, size) for size in (2, 8))
    steps = sum(np.count_nonzero(np.diff(inside, axis=axis)) for axis in (0, 1))
    red, green, blue = pixels[core].T
    return {
        "share of the frame": inside.mean(),
        "red, mean": pixels[inside, 0].mean(),
        "green, mean": pixels[inside, 1].mean(),
        "blue, mean": pixels[inside, 2].mean(),
        "grey, deviation": grey[inside].std(),
        "grey, 1st percentile": np.percentile(grey[inside], 1),
        "grey, 99th percentile": np.percentile(grey[inside], 99),
        "rim minus core": grey[rim].mean() - grey[core].mean(),
        "grain below 2 px": (grey - fine)[core].std(),
        "grain of 2 to 8 px": (fine - broad)[core].std(),
        "grain above 8 px": broad[core].std(),
        "outline over a disc's": steps / (8 * radius),
        "red, deviation in the core": red.std(),
        "green, deviation in the core": green.std(),
        "blue, deviation in the core": blue.std(),
        "correlation of red and green": np.corrcoef(red, green)[0, 1],
        "correlation of red and blue": np.corrcoef(red, blue)[0, 1],
    }


def print_table(real: list[dict[str, float]], drawn: list[dict[str, float]]) -> None:
    """Print each figure's mean and deviation over real and over drawn cells."""
    print(f"{len(real)} real cells, {len(drawn)} drawn ones.\n")
    print("| figure | real | drawn | apart, in deviations of the real ones |")
    print("|---|---|---|---|")
    for name in real[0]:
        there, here = (np.array([cell[name] for cell in cells]) for cells in (real, drawn))
        apart = (here.mean() - there.mean()) / there.std(ddof=1)
        text = " | ".join(f"{v.mean():.2f} ± {v.std(ddof=1):.2f}" for v in (there, here))
        print(f"| {name} | {text} | {apart:+.2f} |")


def print_probe(network: Path) -> None:
    """Print what a logistic head on a frozen network reaches on the reference study's cohort."""
    from prevalens.features import cross_fit_head, extract_features  # noqa: PLC0415  needs Keras
    from prevalens.metrics.ranking import auroc  # noqa: PLC0415

    with tempfile.TemporaryDirectory() as folder:
        shape = {"n_patients": 60, "images_per_patient": 24}
        cohort = make_cells(folder, **shape, seed=7, file_format="png", workers=2)
        features = extract_features(cohort, str(network), batch_size=16)
    ill = cohort.is_positive
    for seed in (0, 1):
        made = cross_fit_head(features, ill.astype(int), cohort.patients, n_splits=5, seed=seed)
        threshold = np.quantile(made.scores[ill], 0.05)
        spared = np.mean(made.scores[~ill] < threshold)
        rank = auroc(ill, made.scores).value
        print(f"\n{network.name}, frozen, folds {seed}: AUROC {rank:.3f}, ", end="")
        print(f"specificity {spared:.3f} at a sensitivity of 0.95, both over the pooled folds")


if __name__ == "__main__":
    main()
