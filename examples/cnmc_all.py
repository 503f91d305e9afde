"""Classify leukaemic cells: the reference study, from a folder of images to a clinical report.

With `--data` it reads a real C-NMC 2019 folder and trains EfficientNetB3 by transfer learning.
Without, it draws the embedded default: a synthetic smear cohort with C-NMC's file names, 0.1 GB on
disk, on which a small network trains in minutes on two CPU cores. The report says which it was.

    python examples/cnmc_all.py --output runs/all
    python examples/cnmc_all.py --data C-NMC_training_data --output runs/cnmc
    python examples/cnmc_all.py --protocol both --output runs/both
"""

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

# First, because it says in words what to do where Keras finds no backend.
from prevalens.models import (  # isort: split
    ClassifierCard,
    Preprocessing,
    all_classifier,
    save_classifier,
)

import keras
import numpy as np

import prevalens
from prevalens.augmentation import RandomAugmentation, presets
from prevalens.batches import ImageDataset, UndersampledDataset
from prevalens.callbacks import LRA, RunLock, TrainingBackup
from prevalens.cohorts import Cohort, find_duplicates, make_cells, read_cnmc
from prevalens.decisions import choose_threshold, correct_prior_shift
from prevalens.exceptions import InvalidInputError, PrevalensError
from prevalens.explanations import draw_overlay, grad_cam
from prevalens.images import PixelCache, read_images
from prevalens.metrics import Estimate
from prevalens.predictions import Predictions
from prevalens.reports import ClinicalReport, ModelCard
from prevalens.splits import ImageHoldout, Partition, PatientHoldout, audit_leakage
from prevalens.typing import Image, Rows


@dataclass(frozen=True)
class Settings:
    """Everything that decides the result; written to `config.json`."""

    data: str | None
    protocol: str
    seed: int
    backbone: str
    weights: str | None
    augmentation: str
    image_size: int
    batch_size: int
    epochs: int
    rate: float
    patience: int
    threshold: float
    validation: float
    test: float
    sensitivity: float
    patients: int
    images_per_patient: int
    precision: str


# What is not given on the command line, on real data and on drawn cells.
REAL = {"backbone": "EfficientNetB3", "weights": "imagenet", "image_size": 300, "batch_size": 40}
REAL |= {"augmentation": "flip_rotate_shift", "rate": 1e-3}
REAL |= {"epochs": 40, "patience": 1, "threshold": 0.9, "validation": 0.15, "test": 0.15}
DRAWN = {"backbone": "small", "weights": "none", "image_size": 96, "batch_size": 16}
# Thirty patients teach a network their stain and focus, so these are varied as well.
DRAWN |= {"augmentation": "blood_smear", "rate": 2e-3}
# Few steps an epoch: the normalisation's averages need some epochs before the validation loss
# means anything.
DRAWN |= {"epochs": 30, "patience": 5, "threshold": 0.75, "validation": 0.25, "test": 0.25}


def positive(text: str) -> int:
    """Read a whole number of at least 1 from the command line."""
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"must be a whole number >= 1, got {text}")
    return number


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
    add("--augmentation", choices=("flip_rotate_shift", "blood_smear"), help="which preset")
    add("--image-size", type=positive, help="300 on real data, else 96")
    add("--batch-size", type=positive, help="40 on real data, else 16")
    add("--epochs", type=positive, help="40 on real data, else 30")
    add("--rate", type=float, help="learning rate at the start; 0.001 on real data, else 0.002")
    add("--patience", type=positive, help="of LRA, in epochs; 1 on real data, else 5")
    add("--sensitivity", type=float, default=0.95, help="what the threshold must reach")
    add("--patients", type=positive, default=60, help="patients to draw where there is no --data")
    add("--images-per-patient", type=positive, default=24, help="their mean number of images")
    add("--precision", help="a Keras dtype policy; mixed_bfloat16 on a GPU, else float32")
    given = vars(parser.parse_args(arguments))
    output, resume = given.pop("output"), given.pop("resume")
    chosen: dict[str, Any] = {"data": None} | (DRAWN if given["data"] is None else REAL)
    chosen |= {name: value for name, value in given.items() if value is not None}
    if chosen["weights"] == "none":
        chosen["weights"] = None
    # On a CPU half precision is emulated, and slower. Compilation is Keras' own choice.
    chosen.setdefault("precision", "mixed_bfloat16" if on_gpu() else "float32")
    return Settings(**chosen), output, resume


def on_gpu() -> bool:
    """Say whether Keras puts its tensors on a GPU; torch and JAX call it cuda, TensorFlow GPU."""
    device = str(getattr(keras.ops.zeros(1), "device", "cpu")).lower()
    return "gpu" in device or "cuda" in device


def start(folder: Path, settings: Settings, *, resume: bool) -> None:
    """Write the run's `config.json`, or check that a cut run was started with the same settings."""
    config = folder / "config.json"
    if (folder / "report.json").exists() or (folder / "optimism.json").exists():
        raise InvalidInputError(f"{folder} holds a finished run. Name another --output.")
    if not config.exists() and folder.exists() and any(folder.iterdir()):
        raise InvalidInputError(f"{folder} is not empty, and holds no run. Name another --output.")
    if not any(next(folder.rglob(name), None) for name in ("backup.npz", "model.keras")):
        # Nothing was trained here: the settings of a start that failed bind nobody.
        record = {
            "settings": asdict(settings),
            "backend": keras.backend.backend(),
            "versions": prevalens.versions(),
        }
        folder.mkdir(parents=True, exist_ok=True)
        write_whole(config, json.dumps(record, indent=2) + "\n")
        return
    if not resume:
        raise InvalidInputError(
            f"{folder} holds a run that was cut. Add --resume to go on with it, or name another "
            "--output."
        )
    earlier = json.loads(config.read_text(encoding="utf-8"))["settings"]
    changed = {
        name: (earlier.get(name), value)
        for name, value in asdict(settings).items()
        if earlier.get(name) != value
    }
    if changed:
        raise InvalidInputError(
            f"{folder} was started with other settings (then, now): {changed}. Give the same ones, "
            "or name another --output."
        )


def write_whole(path: Path, text: str) -> None:
    """Write under another name and rename: a reader never meets half a file."""
    partial = path.with_name(f".{path.name}")
    partial.write_text(text, encoding="utf-8")
    partial.replace(path)


def read_cohort(settings: Settings, folder: Path) -> Cohort:
    """Read or draw the cohort; patient ids that share an image become one patient."""
    if settings.data is None:
        say(f"drawing about {settings.patients * settings.images_per_patient} cells")
        cohort = make_cells(
            folder / "cells",
            file_format="png",  # a tenth of C-NMC's own format, bmp, and no pixel is lost
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
        say(f"{len(pairs)} pairs of ids share a byte-identical image and are joined: {pairs}")
        cohort = cohort.join_patients(pairs)
    return cohort


def split(cohort: Cohort, settings: Settings, protocol: str) -> Partition:
    """Draw the parts, by patient or, as in the brief, by image; then look for what crosses."""
    splitter = PatientHoldout if protocol == "patient" else ImageHoldout
    partition = splitter(
        validation=settings.validation, test=settings.test, seed=settings.seed
    ).partition(cohort)
    crossing = f"{partition.patients_crossing} of {cohort.n_patients} patients"
    say(f"{crossing} stand in more than one part")
    if protocol == "patient":
        audit_leakage(cohort, partition, near=False).raise_if_leaking()
        # Single cells on black look alike: near-duplicates are for a person to judge.
        say(str(audit_leakage(cohort, partition)))
    return partition


def small_network(images: Any) -> Any:
    """Four blocks of plain convolution: a network that two CPU cores train in minutes."""
    # Cells stand in the middle, on black: the outer third of the picture holds nothing.
    height, width = (max(side * 2 // 3, 16) for side in images.shape[1:3])
    images = keras.layers.CenterCrop(height, width)(images)
    for filters in (16, 32, 64, 128):
        images = keras.layers.Conv2D(filters, 3, padding="same", use_bias=False)(images)
        images = keras.layers.BatchNormalization(momentum=0.9)(images)
        images = keras.layers.MaxPooling2D()(keras.layers.ReLU()(images))
    return images


def make_model(settings: Settings) -> keras.Model:
    """Make the brief's network: augmentation, backbone, regularised head, Adamax."""
    keras.utils.set_random_seed(settings.seed)
    small = settings.backbone == "small"
    policy = (
        presets.blood_smear(cut_out=True)
        if settings.augmentation == "blood_smear"
        else presets.flip_rotate_shift()
    )
    return all_classifier(
        image_size=settings.image_size,
        backbone=small_network if small else settings.backbone,
        # Stain-normalised cells are dark, and black must be 0 as the convolutions' padding is.
        preprocessing=Preprocessing(scale=(1 / 64,) * 3) if small else None,
        weights=settings.weights,
        augmentation=RandomAugmentation(policy, value_range=(0, 255), seed=settings.seed),
        learning_rate=settings.rate,
        dtype=settings.precision,
    )


def run_protocol(cohort: Cohort, settings: Settings, folder: Path, protocol: str) -> dict[str, Any]:
    """Split, train, choose the threshold, look at the test rows once, and report."""
    say(f"\n--- protocol: split by {protocol}; results in {folder}")
    folder.mkdir(parents=True, exist_ok=True)
    finished = folder / "report.json"
    if finished.exists():
        say("finished before; its report is kept")
        return dict(json.loads(finished.read_text(encoding="utf-8"))["estimates"])
    partition = split(cohort, settings, protocol)
    partition.save(folder / "partition.json")
    size, batch = settings.image_size, settings.batch_size
    cache = PixelCache(folder / "pixels")
    train = UndersampledDataset(
        cohort,
        partition.train,
        image_size=size,
        batch_size=batch,
        seed=settings.seed,
        cache=cache,
    )
    validation, test = (
        ImageDataset(cohort, rows, image_size=size, batch_size=batch, cache=cache)
        for rows in (partition.validation, partition.test)
    )
    say(
        f"share of {cohort.positive} among the training rows: {train.cohort_prevalence:.3f}, "
        f"as shown to the model: {train.train_prevalence:.3f}"
    )
    model = train_model(settings, train, validation, folder)
    chosen = choose_threshold(
        score(model, cohort, partition.validation, train, validation)[1],
        sensitivity=settings.sensitivity,
    )
    say(f"on the validation rows: {chosen}")
    card = ClassifierCard(
        classes=(cohort.classes[0], cohort.positive),
        threshold=chosen.threshold,
        threshold_origin=f"validation rows: {chosen.rule}",
        train_prevalence=train.train_prevalence,
        prevalence=train.cohort_prevalence,
    )
    save_classifier(model, folder / "model.keras", card=card)
    raw, said = score(model, cohort, partition.test, train, test)
    said.save(folder / "predictions.csv")
    report = ClinicalReport(
        said,
        threshold=chosen,
        uncorrected=raw,
        prevalence=train.cohort_prevalence,
        partition=partition,
        cohort=cohort,
        worst=12,
        picture=where_it_looked(model, size),
        picture_note="Beside each cell: red spoke for leukaemia, blue against it.",
        title=f"Leukaemic cells, split by {protocol}",
    )
    report.save(folder / "report.html")
    ModelCard(
        report,
        name=f"{settings.backbone}, split by {protocol}",
        classifier=card.to_dict(),
        training_data=f"{len(partition.train)} images. {cohort.provenance}",
    ).save(folder / "model-card.md")
    report.save(finished)
    (folder / "backup.npz").unlink(missing_ok=True)
    return summarise(report, folder)


def where_it_looked(model: keras.Model, size: int) -> Callable[[Path], Image]:
    """Return what draws a missed cell and, beside it, what spoke for leukaemia (red), by Grad-CAM.

    The network pools maxima and has a hidden layer, where an activation map is not tied to the
    answer; the gradient at the cell is.
    """

    def draw(path: Path) -> Image:
        (image,) = read_images([path], size=size)
        (heat,) = grad_cam(model, image[None])
        return np.concatenate([image, draw_overlay(image, heat)], axis=1)

    return draw


def train_model(
    settings: Settings, train: UndersampledDataset, validation: ImageDataset, folder: Path
) -> keras.Model:
    """Train under LRA, or go on where a cut run stopped; save the history."""
    model = make_model(settings)
    adjuster = LRA(patience=settings.patience, threshold=settings.threshold)
    backup = TrainingBackup(folder / "backup.npz", adjuster, settings=asdict(settings))
    begin = backup.restore(model, epochs=settings.epochs)
    if begin < settings.epochs:
        backend = keras.backend.backend()
        say(f"training on {backend}: epochs {begin + 1} to {settings.epochs} at most")
        say("a line for each epoch; the first takes longest: the network is compiled in it")
    else:
        say("training had ended; its best weights are taken")
    model.fit(
        train,
        validation_data=validation,
        epochs=settings.epochs,
        initial_epoch=begin,
        callbacks=[train.follow_epochs(), adjuster, backup],
        verbose="auto" if sys.stdout.isatty() else 0,
    )
    adjuster.record.save(folder / "history.csv")
    return model


def score(
    model: keras.Model,
    cohort: Cohort,
    rows: Rows,
    train: UndersampledDataset,
    images: ImageDataset,
) -> tuple[Predictions, Predictions]:
    """Score rows once: as the model says, and corrected on the odds to the rows' prevalence."""
    raw = model.predict(images, verbose=0)[:, cohort.classes.index(cohort.positive)]
    said = Predictions.of(cohort, rows, raw, train_prevalence=train.train_prevalence)
    corrected = correct_prior_shift(
        said.scores,
        train_prevalence=train.train_prevalence,
        target_prevalence=train.cohort_prevalence,
    )
    return said, said.with_scores(corrected)


def summarise(report: ClinicalReport, folder: Path) -> dict[str, Any]:
    """Say the chief estimates and where the rest is; return them all."""
    estimates = dict(report.to_dict()["estimates"])
    say("on the test rows, with intervals over patients:")
    for title, name in (
        ("AUROC", "auroc"),
        ("Sensitivity", "sensitivity"),
        ("Specificity", "specificity"),
        ("Positive predictive value", "ppv"),
        ("Negative predictive value", "npv"),
        ("Calibration slope", "calibration_slope"),
    ):
        say(f"{title:27}{Estimate(**estimates[name])}")
    say(f"Every estimate, its n and its method: {folder / 'report.html'} (open it in a browser)")
    return estimates


def print_optimism(patient: dict[str, Any], image: dict[str, Any], path: Path) -> None:
    """Say, estimate by estimate, how much better a split by image looks than one by patient."""
    table = {}
    say(f"\n{'figure':20}{'by image':>10}{'by patient':>12}{'optimism':>10}")
    for name in patient:
        values = [protocol[name]["value"] for protocol in (image, patient)]
        if None in values:
            say(f"{name:20}  not estimable in one of the two")
            continue
        table[name] = {"image": values[0], "patient": values[1], "optimism": values[0] - values[1]}
        say(f"{name:20}{values[0]:10.3f}{values[1]:12.3f}{values[0] - values[1]:+10.3f}")
    write_whole(path, json.dumps(table, indent=2) + "\n")


def say(text: str) -> None:
    """Print at once, so that progress is seen."""
    print(text, flush=True)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the study; return 0, 2 where the input or the folder forbids it, 130 after Ctrl-C."""
    settings, folder, resume = parse(arguments)
    try:
        with RunLock(folder):  # a second start into the same folder is refused
            start(folder, settings, resume=resume)
            cohort = read_cohort(settings, folder)
            if settings.protocol != "both":
                run_protocol(cohort, settings, folder, settings.protocol)
                return 0
            by_patient, by_image = (
                run_protocol(cohort, settings, folder / name, name) for name in ("patient", "image")
            )
            print_optimism(by_patient, by_image, folder / "optimism.json")
    except (PrevalensError, OSError) as error:
        print(f"cnmc_all: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("\ncnmc_all: stopped. The same command with --resume goes on.", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
