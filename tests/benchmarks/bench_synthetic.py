"""How hard the synthetic cells are, and how much a split by image flatters a model on them.

Run it as `python tests/benchmarks/bench_synthetic.py [--quick]`. It draws a cohort with the
classes' default distance and one with none, and scores probes by 5-fold cross-validation, once with
the images and once with the patients kept apart.
"""

import argparse
import os
import tempfile
import time
from collections.abc import Callable, Iterator

import keras
import numpy as np
from PIL import Image
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from prevalens.cohorts import Cohort, make_cells
from prevalens.cohorts.drawn_patients import draw_cell, draw_patients

EPOCHS = 20
Array = np.ndarray
Probe = Callable[[Array, Array, Array], Array]  # (train X, train y, test X) -> scores


def main() -> None:
    """Print one table: probe by row, AUROC by protocol."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--quick", action="store_true", help="fewer patients, no network")
    quick = options.parse_args().quick
    shape = {"n_patients": 24 if quick else 40, "images_per_patient": 15 if quick else 20}
    print(f"{os.cpu_count()} cores; {shape}; 5 folds, 256x256 PNG, seed 0.\n")
    print("| distance | probe | by image | by patient | difference |")
    print("|---|---|---|---|---|")
    for effect in (1.0, 0.0):
        with tempfile.TemporaryDirectory() as folder:
            start = time.perf_counter()
            cohort = make_cells(folder, effect=effect, image_size=256, file_format="png", **shape)
            speed = len(cohort) / (time.perf_counter() - start)
            for name, features, probe in probes(cohort, effect, quick=quick):
                by_image = auroc(features, cohort, probe, by_patient=False)
                by_patient = auroc(features, cohort, probe, by_patient=True)
                print(
                    f"| {effect:g} | {name} | {by_image:.3f} | {by_patient:.3f} "
                    f"| {by_image - by_patient:+.3f} |",
                    flush=True,
                )
    print(f"\nDrawing and writing: {speed:.0f} images/s in one process.")


def probes(cohort: Cohort, effect: float, *, quick: bool) -> Iterator[tuple[str, Array, Probe]]:
    """Yield each probe's name, features by row, and how it scores."""
    pixels = [np.asarray(Image.open(cohort.path(row))) for row in range(len(cohort))]
    small = np.stack([np.asarray(Image.fromarray(p).resize((16, 16))).ravel() for p in pixels])
    measured = np.stack([measure(image) for image in pixels])
    yield "the drawn traits themselves, logistic", traits(cohort, effect), logistic
    yield "measured by hand, forest", measured, forest
    yield "16x16 thumbnail, logistic", small / 255, logistic
    yield "16x16 thumbnail, forest", small / 255, forest
    if effect and not quick:
        middle = [Image.fromarray(p).resize((64, 64)) for p in pixels]
        yield "small convolutional network", np.stack([np.asarray(m) for m in middle]), network


def traits(cohort: Cohort, effect: float) -> Array:
    """Return what was drawn before any pixel, shape `(n_rows, 5)`: what no image can beat."""
    patients = draw_patients(
        n_patients=cohort.n_patients,
        n_positive=len(np.unique(cohort.patients[cohort.is_positive])),
        n_images=len(cohort),
        positive_share=0.68,
        effect=effect,
        seed=0,
    )
    cells = [draw_cell(p, number, seed=0)[0] for p in patients for number in range(p.n_images)]
    names = ("nucleus_diameter", "nuclear_share", "clumping", "nucleoli", "irregularity")
    return np.array([[getattr(cell, name) for name in names] for cell in cells])


def measure(image: Array) -> Array:
    """Return area, colour and texture of cell and nucleus, as a morphometry program would."""
    inside = image.any(axis=2)
    green = image[..., 1].astype(float)
    # The nucleus is what is darker in green than half-way between its and the level of the rim.
    low, high = np.quantile(green[inside], [0.2, 0.98])
    nucleus = inside & (green < (low + high) / 2)
    parts = [inside, nucleus]
    rough = np.abs(np.diff(green, axis=1))[nucleus[:, 1:] & nucleus[:, :-1]]
    values = [part.sum() for part in parts] + [nucleus.sum() / inside.sum()]
    for part in parts:
        values += [*image[part].mean(axis=0), *image[part].std(axis=0)]
    return np.array([*values, rough.mean(), *np.quantile(green[nucleus], [0.05, 0.5, 0.95])])


def logistic(x: Array, y: Array, x_test: Array) -> Array:
    """Score by a ridge-penalised logistic regression."""
    model = make_pipeline(StandardScaler(), LogisticRegression(C=0.01, max_iter=2000))
    return model.fit(x, y).predict_proba(x_test)[:, 1]


def forest(x: Array, y: Array, x_test: Array) -> Array:
    """Score by a random forest."""
    model = RandomForestClassifier(300, min_samples_leaf=3, random_state=0, n_jobs=1)
    return model.fit(x, y).predict_proba(x_test)[:, 1]


def network(x: Array, y: Array, x_test: Array) -> Array:
    """Score by four convolutions trained from scratch, with flips."""
    keras.utils.set_random_seed(0)
    layers: list[object] = [keras.Input(x.shape[1:]), keras.layers.Rescaling(1 / 127.5, -1)]
    layers.append(keras.layers.RandomFlip("horizontal_and_vertical"))
    for filters in (16, 32, 48, 64):
        layers += [
            keras.layers.Conv2D(filters, 3, padding="same", use_bias=False),
            keras.layers.BatchNormalization(momentum=0.9),
            keras.layers.ReLU(),
            keras.layers.MaxPooling2D(),
        ]
    layers += [keras.layers.GlobalAveragePooling2D(), keras.layers.Dense(1, "sigmoid")]
    model = keras.Sequential(layers)
    rate = keras.optimizers.schedules.CosineDecay(3e-3, EPOCHS * -(-len(x) // 32))
    model.compile(keras.optimizers.Adam(rate), "binary_crossentropy")
    model.fit(x, y.astype("float32"), batch_size=32, epochs=EPOCHS, verbose=0)
    return np.asarray(model.predict(x_test, verbose=0))[:, 0]


def auroc(x: Array, cohort: Cohort, probe: Probe, *, by_patient: bool) -> float:
    """Return the mean over 5 folds of the AUROC on the fold left out."""
    y = cohort.is_positive
    folds = StratifiedGroupKFold if by_patient else StratifiedKFold
    split = folds(n_splits=5, shuffle=True, random_state=0).split(
        x, y, cohort.patients if by_patient else None
    )
    return float(np.mean([roc_auc_score(y[b], probe(x[a], y[a], x[b])) for a, b in split]))


if __name__ == "__main__":
    main()
