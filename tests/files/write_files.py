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
from prevalens.reports import (
    AcceptanceCriteria,
    BoundCriterion,
    ClinicalReport,
    ModelCard,
    NonInferiorityCriterion,
    accept_model,
    write_dossier,
)
from prevalens.splits import PatientHoldout

COLUMNS = {"image": "file", "label": "diagnosis", "patient": "person", "positive": "sick"}


def main() -> None:
    """Write them."""
    folder = Path(__file__).parent / prevalens.__version__
    folder.mkdir()
    write_study(folder)
    write_backup(folder)
    write_classifier(folder / "model.keras")
    write_records(folder)
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


def several(classes: tuple[str, ...], *, labels: bool) -> Predictions:
    """Return 60 images of 20 patients, of three classes or of as many labels, by arithmetic."""
    row = np.arange(60)
    truth = row // 3 % 3
    held = np.stack([(row // 3 + shift) % (3 + shift) == 0 for shift in range(3)], axis=1) * 1.0
    held[5, 1] = np.nan
    odds = np.stack([1 + (7 * row + 5 * shift) % 11 for shift in range(3)], axis=1) * 1.0
    odds[row, truth] += 6
    chances = np.stack([(13 * row + 7 * shift) % 31 + 9 for shift in range(3)], axis=1) / 50
    return Predictions(
        labels=held if labels else truth,
        scores=np.clip(chances + 0.2 * (held == 1), 0, 1)
        if labels
        else odds / odds.sum(1)[:, None],
        patients=[f"k{k // 3}" for k in range(60)],
        classes=classes,
        provenance="Synthetic: made by tests/files/write_files.py",
    )


def write_records(folder: Path) -> None:
    """Write reports of several classes and labels, an acceptance and its criteria, a lineage."""
    of_classes = ClinicalReport(several(("nv", "bkl", "mel"), labels=False), worst=0)
    of_classes.save(folder / "report-classes.json")
    findings = several(("mass", "node", "fluid"), labels=True)
    ClinicalReport(findings, threshold=0.5).save(folder / "report-labels.json")
    held = Predictions.load(folder / "predictions.csv")
    criteria = AcceptanceCriteria(
        name="A sample",
        threshold=0.4,
        non_inferiority=[NonInferiorityCriterion(measure="auroc", margin=0.05)],
        bounds=[BoundCriterion(measure="sensitivity", at_least=0.5, judged_by="value")],
    )
    criteria.save(folder / "criteria.json")
    accept_model(held, held, criteria).record.save(folder / "acceptance.json")
    with tempfile.TemporaryDirectory() as run:
        for name in ("report.json", "predictions.csv"):
            shutil.copy(folder / name, run)
        write_dossier(run, Path(run) / "dossier", name="tiny")
        shutil.copy(Path(run) / "dossier" / "lineage.json", folder)


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
