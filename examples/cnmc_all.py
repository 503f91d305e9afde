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
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
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
