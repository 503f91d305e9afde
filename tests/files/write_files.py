"""Writes a file of every kind into a folder named after the version that writes it.

Run once before a release is tagged, on TensorFlow: `python tests/files/write_files.py`; delete the
folder first where a format has changed since it was written. Folders of released versions are
never written again: `tests/test_written_files.py` reads them all.
"""

import csv
import json
import shutil
import tempfile
from pathlib import Path

import keras
import numpy as np

import prevalens
from prevalens.augmentation import presets
from prevalens.callbacks import LearningRateAdjuster, TrainingBackup
from prevalens.cohorts import make_cells, read_table
from prevalens.models import ClassifierCard, save_classifier
from prevalens.predictions import Predictions
from prevalens.reports import ClinicalReport, ModelCard
from prevalens.splits import PatientHoldout

COLUMNS = {"image": "file", "label": "diagnosis", "patient": "person", "positive": "sick"}


def main() -> None:
    """Write them."""
    folder = Path(__file__).parent / prevalens.__version__
    folder.mkdir()
    write_study(folder)
    write_backup(folder)
    write_classifier(folder / "model.keras")
    with tempfile.TemporaryDirectory() as cells:
        make_cells(cells, n_patients=2, images_per_patient=3, image_size=16)
        shutil.copy(Path(cells) / "make_cells.json", folder)
    policy = json.dumps(presets.blood_smear().to_dict(), indent=2)
    (folder / "policy.json").write_text(policy + "\n", encoding="utf-8")


def write_study(folder: Path) -> None:
    """Write a table of 60 images of 20 patients, its partition, predictions and report."""
    rows = [(f"{k}.png", "sick" if k // 3 % 4 == 0 else "well", f"k{k // 3}") for k in range(60)]
    with (folder / "images.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows([("file", "diagnosis", "person"), *rows])
    cohort = read_table(folder / "images.csv", **COLUMNS, check_files=False)  # type: ignore[arg-type]
    PatientHoldout(validation=0.2, test=0.3, seed=3).partition(cohort).save(
        folder / "partition.json"
    )
    labels = np.array([int(label == "sick") for _, label, _ in rows])
    predictions = Predictions(
        labels=labels,
        scores=(17 * np.arange(60) % 41 + 40 * labels) / 100,
        patients=[patient for _, _, patient in rows],
        covariates={"site": [f"s{row % 2}" for row in range(60)]},
        provenance="Synthetic: made by tests/files/write_files.py",
        train_prevalence=0.5,
    )
    predictions.save(folder / "predictions.csv")
    report = ClinicalReport(predictions, threshold=0.4, by=["site"], prevalence=0.1, worst=0)
    report.save(folder / "report.json")
    card = ModelCard(report, name="tiny", licence="apache-2.0", intended_use="None: a test.")
    card.save(folder / "model-card.json")


def tiny_model() -> keras.Model:
    """Return a compiled model of three weights."""
    model = keras.Sequential([keras.layers.Input((2,)), keras.layers.Dense(1)])
    model.compile(keras.optimizers.SGD(0.01, momentum=0.9), "mse", metrics=["accuracy"])
    return model


def write_backup(folder: Path) -> None:
    """Train for two epochs with a learning rate adjuster; write both up, and the rates."""
    keras.utils.set_random_seed(0)
    adjuster = LearningRateAdjuster(monitor="loss", verbose=0)
    inputs = np.arange(16.0).reshape(8, 2) / 16
    callbacks = [adjuster, TrainingBackup(folder / "backup.npz", adjuster)]
    tiny_model().fit(inputs, inputs.sum(axis=1), epochs=2, verbose=0, callbacks=callbacks)
    adjuster.record.save(folder / "rates.csv")


def write_classifier(path: Path) -> None:
    """Write a classifier that says 0.5 of every image, used where a fifth are positive."""
    pixels = keras.Input((4, 4, 3))
    flat = keras.layers.Flatten()(pixels)
    score = keras.layers.Dense(1, activation="sigmoid", kernel_initializer="zeros")(flat)
    card = ClassifierCard(
        classes=("well", "sick"),
        threshold=0.15,
        threshold_origin="validation rows",
        train_prevalence=0.5,
        prevalence=0.2,
    )
    save_classifier(keras.Model(pixels, score), path, card)


if __name__ == "__main__":
    main()
