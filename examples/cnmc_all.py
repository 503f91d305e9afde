"""Classify leukaemic cells: the reference study, from a folder of images to a clinical report.

With `--data` it reads a real C-NMC 2019 folder and trains EfficientNetB3 by transfer learning.
Without, it draws the embedded default: a synthetic smear cohort with C-NMC's file names, on which a
small network trains in minutes on two CPU cores. The report says which it was.

    python examples/cnmc_all.py --output runs/all
    python examples/cnmc_all.py --data C-NMC_training_data --output runs/cnmc
    python examples/cnmc_all.py --protocol both --output runs/both
"""

import argparse
import csv
import io
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import keras
import numpy as np

from prevalens._versions import versions
from prevalens._writing import whole_file, write_json, write_text
from prevalens.augmentation import RandomAugmentation, presets
from prevalens.batches import ImageDataset, UndersampledDataset
from prevalens.callbacks import LRA, TrainingBackup
from prevalens.cohorts import Cohort, find_duplicates, make_cells, read_cnmc
from prevalens.decisions import OperatingPoint, choose_threshold, correct_prior_shift
from prevalens.exceptions import InvalidInputError, PrevalensError
from prevalens.images import PixelCache
from prevalens.models import all_classifier
from prevalens.predictions import Predictions
from prevalens.reports import ClinicalReport
from prevalens.splits import ImageHoldout, Partition, PatientHoldout, audit_leakage

COMPARED = ("sensitivity", "specificity", "accuracy", "f1", "auroc", "average_precision", "brier")


@dataclass(frozen=True)
class Settings:
    """Everything that decides the result; written to `config.json`."""

    data: str | None
    protocol: str
    seed: int
    backbone: str
    weights: str | None
    image_size: int
    batch_size: int
    epochs: int
    rate: float
    validation: float
    test: float
    sensitivity: float
    patients: int
    images_per_patient: int


def parse(arguments: Sequence[str] | None) -> tuple[Settings, Path, bool]:
    """Read the command line; what is not given depends on whether the data is real."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    add = parser.add_argument
    add("--data", help="a C-NMC 2019 folder; without it a synthetic cohort is drawn")
    add("--output", type=Path, default=Path("runs/cnmc_all"), help="folder of the run")
    add("--protocol", choices=("patient", "image", "both"), default="patient")
    add("--resume", action="store_true", help="go on with a run that was cut")
    add("--seed", type=int, default=7)
    add("--backbone", help="EfficientNetB3 on real data, else a small network")
    add("--weights", help="'imagenet', 'none', or a file; imagenet on real data, else none")
    add("--image-size", type=int, help="300 on real data, else 96")
    add("--batch-size", type=int, help="40 on real data, else 32")
    add("--epochs", type=int, help="40 on real data, else 24")
    add("--rate", type=float, default=1e-3, help="learning rate at the start")
    add("--sensitivity", type=float, default=0.95, help="what the threshold must reach")
    add("--patients", type=int, default=60, help="patients to draw where there is no --data")
    add("--images-per-patient", type=int, default=24, help="their mean number of images")
    given = parser.parse_args(arguments)
    real = given.data is not None
    weights = given.weights or ("imagenet" if real else "none")
    settings = Settings(
        data=given.data,
        protocol=given.protocol,
        seed=given.seed,
        backbone=given.backbone or ("EfficientNetB3" if real else "small"),
        weights=None if weights == "none" else weights,
        image_size=given.image_size or (300 if real else 96),
        batch_size=given.batch_size or (40 if real else 32),
        epochs=given.epochs or (40 if real else 24),
        rate=given.rate,
        validation=0.15 if real else 0.25,
        test=0.15 if real else 0.25,
        sensitivity=given.sensitivity,
        patients=given.patients,
        images_per_patient=given.images_per_patient,
    )
    return settings, given.output, given.resume


def read_images(settings: Settings, folder: Path) -> Cohort:
    """Read the real cohort, or draw the synthetic one; ids that share an image become one patient."""
    if settings.data is None:
        cohort = make_cells(
            folder / "cells",
            n_patients=settings.patients,
            images_per_patient=settings.images_per_patient,
            seed=settings.seed,
            workers=2,
        )
    else:
        cohort = read_cnmc(settings.data)
    counts = dict(zip(cohort.classes, np.bincount(cohort.labels).tolist(), strict=True))
    majority = max(counts, key=lambda name: counts[name])
    say(f"{cohort}; majority class: {majority}; positive class: {cohort.positive}")
    say(cohort.provenance)
    pairs = find_duplicates(cohort).patient_pairs
    if pairs:
        say(
            f"{len(pairs)} pairs of patient ids share a byte-identical image and are joined: {pairs}"
        )
        cohort = cohort.join_patients(pairs)
    return cohort


def split(cohort: Cohort, settings: Settings, protocol: str) -> Partition:
    """Draw the parts, by patient or, as in the brief, by image; then look for what crosses."""
    shares = {"validation": settings.validation, "test": settings.test, "seed": settings.seed}
    holdout = PatientHoldout(**shares) if protocol == "patient" else ImageHoldout(**shares)
    partition = holdout.partition(cohort)
    audit = audit_leakage(cohort, partition)
    if protocol == "patient":
        audit.raise_if_leaking()
    say(
        f"{partition.patients_crossing} of {cohort.n_patients} patients stand in more than one part"
    )
    return partition


def small_network(images: Any) -> Any:
    """Four blocks of plain convolution: a network that two CPU cores train in minutes."""
    for filters in (16, 32, 64, 128):
        images = keras.layers.Conv2D(filters, 3, padding="same", use_bias=False)(images)
        images = keras.layers.BatchNormalization(momentum=0.9)(images)
        images = keras.layers.MaxPooling2D()(keras.layers.ReLU()(images))
    return images


def make_model(settings: Settings) -> keras.Model:
    """Make the brief's network: augmentation, backbone, regularised head, Adamax."""
    keras.utils.set_random_seed(settings.seed)
    small = settings.backbone == "small"
    return all_classifier(
        image_size=settings.image_size,
        backbone=small_network if small else settings.backbone,
        preprocessing="tf" if small else None,
        weights=settings.weights,
        augmentation=RandomAugmentation(presets.brief(), seed=settings.seed),
        learning_rate=settings.rate,
    )


def run_protocol(cohort: Cohort, settings: Settings, folder: Path, protocol: str) -> dict[str, Any]:
    """Split, train, choose the threshold, look at the test rows once, and report."""
    say(f"\n--- {protocol}-level protocol -> {folder}")
    partition = split(cohort, settings, protocol)
    partition.save(folder / "partition.json")
    size = {"image_size": settings.image_size}
    train = UndersampledDataset(
        cohort, partition.train, batch_size=settings.batch_size, seed=settings.seed, **size
    )
    held_out = {
        name: ImageDataset(cohort, partition.parts()[name], batch_size=64, **size)
        for name in ("validation", "test")
    }
    say(
        f"share of {cohort.positive} among the training rows {train.cohort_prevalence:.3f}, "
        f"after undersampling {train.train_prevalence:.3f}"
    )
    model = make_model(settings)
    adjuster = LRA()
    model.fit(
        train,
        validation_data=held_out["validation"],
        epochs=settings.epochs,
        callbacks=[train.follow_epochs(), adjuster],
        verbose=0,
    )
    adjuster.record.save(folder / "history.csv")
    save_model(model, folder / "model.keras")
    said = {name: score(model, cohort, partition, name, train, held_out[name]) for name in held_out}
    point = choose_threshold(said["validation"], sensitivity=settings.sensitivity)
    say(f"threshold {point.threshold:.4f}: {point.rule}, on the validation rows")
    said["test"].save(folder / "predictions.csv")
    report = ClinicalReport(said["test"], threshold=point.threshold, threshold_origin="validation")
    for suffix in ("html", "json"):
        report.save(folder / f"report.{suffix}")
    say(str(report))
    return report.to_dict()["figures"]


def score(
    model: keras.Model,
    cohort: Cohort,
    partition: Partition,
    name: str,
    train: UndersampledDataset,
    images: ImageDataset,
) -> Predictions:
    """Score the rows of a part, corrected from 50/50 to the prevalence of the training rows."""
    scores = correct_prior_shift(
        model.predict(images, verbose=0)[:, cohort.classes.index(cohort.positive)],
        train_prevalence=train.train_prevalence,
        target_prevalence=train.cohort_prevalence,
    )
    return Predictions.of(cohort, partition.parts()[name], scores)


def say(text: str) -> None:
    """Print at once, so that progress is seen."""
    print(text, flush=True)


if __name__ == "__main__":
    pass
