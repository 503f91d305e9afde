"""Classify leukaemic cells: the reference study, from a folder of images to a clinical report.

With `--data` it reads a real C-NMC 2019 folder and trains EfficientNetB3 by transfer learning.
Without, it draws the embedded default: a synthetic smear cohort with C-NMC's file names, 0.1 GB on
disk, on which small networks train in minutes on two CPU cores. The report says which it was.

    python examples/cnmc_all.py --output runs/all
    python examples/cnmc_all.py --data C-NMC_training_data --output runs/cnmc
    python examples/cnmc_all.py --protocol image --output runs/image

Some patients are set aside for the test. The others are cut into folds: one network is trained for
each, and scores the patients of that fold, whom it never saw. These scores choose the threshold;
the mean of the networks' log-odds is the classifier, and it is tested once.
"""

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
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
from prevalens.augmentation import AugmentationPolicy, RandomAugmentation, presets
from prevalens.batches import ImageDataset, UndersampledDataset
from prevalens.callbacks import LRA, RunLock, TrainingBackup
from prevalens.cohorts import Cohort, find_duplicates, make_cells, read_cnmc
from prevalens.decisions import OperatingPoint, choose_threshold, correct_prior_shift
from prevalens.exceptions import InvalidInputError, PrevalensError
from prevalens.explanations import compute_occlusion_map, draw_overlay
from prevalens.images import PixelCache, read_images
from prevalens.metrics import Estimate
from prevalens.predictions import Predictions
from prevalens.reports import ClinicalReport, ModelCard
from prevalens.splits import ImageHoldout, Partition, PatientHoldout, audit_leakage
from prevalens.studies import Fold, cross_predict
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
    augmented_on: str
    image_size: int
    batch_size: int
    epochs: int
    rate: float
    patience: int
    threshold: float
    folds: int
    turns: bool
    validation: float
    test: float
    sensitivity: float
    patients: int
    images_per_patient: int
    precision: str


# What is not given on the command line, on real data and on drawn cells. `validation` is the share
# of the patients outside the test that each fold sets aside to drive LRA.
REAL = {"backbone": "EfficientNetB3", "weights": "imagenet", "image_size": 300, "batch_size": 40}
REAL |= {"augmentation": "flip_rotate_shift", "rate": 1e-3}
REAL |= {
    "turns": False,
    "epochs": 40,
    "patience": 1,
    "threshold": 0.9,
    "validation": 0.15,
    "test": 0.15,
}
DRAWN = {"backbone": "small", "weights": "none", "image_size": 96, "batch_size": 16}
# Some thirty patients teach a network their stain and focus, so these are varied as well.
DRAWN |= {"augmentation": "blood_smear", "rate": 2e-3, "turns": True}
# Few steps an epoch: the normalisation's averages need some epochs before the validation loss
# means anything.
DRAWN |= {"epochs": 12, "patience": 3, "threshold": 0.75, "validation": 0.18, "test": 0.25}
# Published with patients kept apart; docs/explanation/the-cnmc-protocol.md names the papers.
PUBLISHED = (
    ("Pan et al. 2019, final set, by cell", "0.910", "-", "-", "-"),
    (
        "Prellberg & Kramer, preliminary, by cell",
        "0.887-0.898",
        ".952-.956",
        ".928-.937",
        ".798-.838",
    ),
    ("  the same, mean over patients", "-", "-", "0.898", "0.711"),
    ("  the same, worst patient", "-", "-", "-", "0.263"),
    ("Albzour, preliminary, by cell", "-", "0.913", "0.87", "0.80"),
)


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
    add("--folds", type=positive, default=4, help="of patients outside the test; one network each")
    add("--resume", action="store_true", help="go on with a run that was cut")
    add("--seed", type=int, default=7)
    add("--backbone", help="EfficientNetB3 on real data, else a small network")
    add("--weights", help="'imagenet', 'none', or a file; imagenet on real data, else none")
    add("--augmentation", choices=("flip_rotate_shift", "blood_smear"), help="which preset")
    add("--image-size", type=positive, help="300 on real data, else 96")
    add("--batch-size", type=positive, help="40 on real data, else 16")
    add("--epochs", type=positive, help="40 on real data, else 12")
    add("--rate", type=float, help="learning rate at the start; 0.001 on real data, else 0.002")
    add("--patience", type=positive, help="of LRA, in epochs; 1 on real data, else 3")
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
    # On a CPU half precision is emulated, and slower; so is a layer that augments.
    chosen.setdefault("precision", "mixed_bfloat16" if on_gpu() else "float32")
    chosen["augmented_on"] = "device" if on_gpu() else "host"
    if chosen["folds"] < 2:
        parser.error("--folds: the threshold needs at least 2, got 1")
    return Settings(**chosen), output, resume


def on_gpu() -> bool:
    """Say whether Keras puts its tensors on a GPU; torch and JAX call it cuda, TensorFlow GPU."""
    device = str(getattr(keras.ops.zeros(1), "device", "cpu")).lower()
    return "gpu" in device or "cuda" in device


def start(folder: Path, settings: Settings, *, resume: bool) -> None:
    """Write the run's `config.json`, or check that a cut run was started with the same settings."""
    config = folder / "config.json"
    both = settings.protocol == "both"
    if all(
        (at / "report.json").exists()
        for at in ((folder / "patient", folder / "image") if both else (folder,))
    ):
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


def split(cohort: Cohort, settings: Settings) -> Partition:
    """Set whole patients aside for the test; then look for what crosses."""
    partition = PatientHoldout(validation=0, test=settings.test, seed=settings.seed).partition(
        cohort
    )
    crossing = f"{partition.patients_crossing} of {cohort.n_patients} patients"
    say(f"{crossing} stand in more than one part")
    audit_leakage(cohort, partition, near=False).raise_if_leaking()
    # Single cells on black look alike: near-duplicates are for a person to judge.
    say(str(audit_leakage(cohort, partition)))
    return partition


def small_network(images: Any) -> Any:
    """Three blocks of plain convolution: a network that two CPU cores train in a minute."""
    # Cells stand in the middle, on black: the outer third of the picture holds nothing.
    height, width = (max(side * 2 // 3, 16) for side in images.shape[1:3])
    images = keras.layers.CenterCrop(height, width)(images)
    images = standardise(images)
    for filters, size in ((32, 5), (64, 3), (128, 3)):
        images = keras.layers.Conv2D(
            filters, size, strides=1 + (size == 5), padding="same", use_bias=False
        )(images)
        images = keras.layers.BatchNormalization(momentum=0.9)(images)
        images = keras.layers.MaxPooling2D()(keras.layers.ReLU()(images))
    return images


def standardise(images: Any) -> Any:
    """Give each channel mean 0 and deviation 1 inside the cell; add where the cell is.

    Stain, light and exposure are the patient's and the laboratory's, and say nothing of the class.
    """
    ops = keras.ops
    cell = ops.cast(ops.max(images, axis=-1, keepdims=True) > 4 / 64, images.dtype)
    count = ops.sum(cell, axis=(1, 2), keepdims=True) + 1
    images = (images - ops.sum(images * cell, axis=(1, 2), keepdims=True) / count) * cell
    deviation = ops.sqrt(ops.sum(images * images, axis=(1, 2), keepdims=True) / count)
    return ops.concatenate([images / (deviation + 0.02), cell], axis=-1)


def policy_of(settings: Settings) -> AugmentationPolicy:
    """Return what changes while training: rotation, flip, shift; on drawn cells the stain too."""
    if settings.augmentation == "blood_smear":
        return presets.blood_smear(cut_out=True)
    return presets.flip_rotate_shift()


def make_model(settings: Settings, seed: int) -> keras.Model:
    """Make the brief's network: augmentation, backbone, regularised head, Adamax."""
    keras.utils.set_random_seed(seed % 2**32)
    small = settings.backbone == "small"
    on_device = settings.augmented_on == "device"
    return all_classifier(
        image_size=settings.image_size,
        backbone=small_network if small else settings.backbone,
        # Stain-normalised cells are dark, and black must be 0 as the convolutions' padding is.
        preprocessing=Preprocessing(scale=(1 / 64,) * 3) if small else None,
        weights=settings.weights,
        augmentation=RandomAugmentation(policy_of(settings), value_range=(0, 255), seed=seed)
        if on_device
        else None,
        learning_rate=settings.rate,
        dtype=settings.precision,
    )


def show(cohort: Cohort, rows: Rows, settings: Settings, folder: Path) -> ImageDataset:
    """Return the images of rows as they are, in order."""
    return ImageDataset(
        cohort,
        rows,
        image_size=settings.image_size,
        batch_size=settings.batch_size,
        cache=PixelCache(folder / "pixels"),
    )


def train(
    settings: Settings,
    cohort: Cohort,
    partition: Partition,
    *,
    seed: int,
    root: Path,
    folder: Path,
    ratio: dict[str, int] | None = None,
) -> keras.Model:
    """Train under LRA on the training rows, or go on with a cut run; `ratio={}` shows every row."""
    batches = UndersampledDataset(
        cohort,
        partition.train,
        image_size=settings.image_size,
        batch_size=settings.batch_size,
        ratio=ratio,
        seed=seed,
        cache=PixelCache(root / "pixels"),
        augmentation=policy_of(settings) if settings.augmented_on == "host" else None,
    )
    say(
        f"{len(partition.train)} training images; share of {cohort.positive} among them: "
        f"{batches.cohort_prevalence:.3f}, as shown to the model: {batches.train_prevalence:.3f}"
    )
    model = make_model(settings, seed)
    adjuster = LRA(patience=settings.patience, threshold=settings.threshold)
    backup = TrainingBackup(folder / "backup.npz", adjuster, settings=asdict(settings))
    begin = backup.restore(model, epochs=settings.epochs)
    if begin < settings.epochs:
        backend = keras.backend.backend()
        say(f"training on {backend}: epochs {begin + 1} to {settings.epochs} at most")
    else:
        say("training had ended; its best weights are taken")
    model.fit(
        batches,
        validation_data=show(cohort, partition.validation, settings, root),
        epochs=settings.epochs,
        initial_epoch=begin,
        callbacks=[batches.follow_epochs(), adjuster, backup],
        verbose="auto" if sys.stdout.isatty() else 0,
    )
    adjuster.record.save(folder / "history.csv")
    return model


def average(networks: Sequence[keras.Model], *, turns: bool) -> keras.Model:
    """Return one network whose log-odds are the mean of those of the networks.

    With `turns` each looks at a square image in its eight orientations: a cell has no top.
    """
    ops = keras.ops
    pixels = keras.Input(networks[0].input_shape[1:], name="images")
    views = [pixels]
    if turns:
        views += [ops.flip(pixels, axis=1)]
        views += [ops.flip(view, axis=2) for view in views]
        views += [ops.transpose(view, (0, 2, 1, 3)) for view in views]
    every = ops.concatenate(views) if turns else pixels
    logs = []
    for number, network in enumerate(networks):
        named = keras.Model(network.inputs, network.outputs[0], name=f"fold_{number}")
        logs.append(ops.log(ops.maximum(named(every), 1e-7)))
    together = ops.reshape(ops.concatenate(logs), (len(networks) * len(views), -1, 2))
    return keras.Model(pixels, keras.layers.Softmax()(ops.mean(together, axis=0)))


@dataclass(frozen=True)
class Trained:
    """A classifier, the networks that it is the mean of, its threshold and its prevalences."""

    network: keras.Model
    members: Sequence[keras.Model]
    point: OperatingPoint | float
    train_prevalence: float
    prevalence: float
    training_data: str

    def correct(self, said: Predictions) -> Predictions:
        """Turn scores at the training batches' prevalence into those at the cohort's."""
        return said.with_scores(
            correct_prior_shift(
                said.scores,
                train_prevalence=self.train_prevalence,
                target_prevalence=self.prevalence,
            )
        )


def cross_train(cohort: Cohort, settings: Settings, folder: Path) -> Trained:
    """Train a network for each fold of the patients; choose the threshold on out-of-fold scores."""
    column = cohort.classes.index(str(cohort.positive))

    def build(cohort: Cohort, fold: Fold) -> Callable[[Cohort, Rows], Any]:
        say(f"\nfold {fold.number + 1} of {settings.folds}")
        own = folder / "folds" / fold.name
        model = train(settings, cohort, fold.partition, seed=fold.seed, root=folder, folder=own)
        model.save(own / "model.keras")
        asked = average([model], turns=settings.turns)
        return lambda cohort, rows: asked.predict(show(cohort, rows, settings, folder), verbose=0)[
            :, column
        ]

    crossed = cross_predict(
        cohort,
        build,
        n_splits=settings.folds,
        validation=settings.validation,
        seed=settings.seed,
        train_prevalence=0.5,
        folder=folder / "folds",
        settings=asdict(settings),
    )
    members = [
        keras.saving.load_model(folder / "folds" / f"repeat-0-fold-{number}" / "model.keras")
        for number in range(settings.folds)
    ]
    trained = Trained(
        average(members, turns=settings.turns),
        members,
        0.5,
        train_prevalence=0.5,
        prevalence=float(cohort.is_positive.mean()),
        training_data=f"{len(cohort)} images, {settings.folds} folds. {cohort.provenance}",
    )
    said = trained.correct(crossed.predictions)
    said.save(folder / "out-of-fold.csv")
    point = choose_threshold(said, sensitivity=settings.sensitivity)
    rule = f"{point.rule}, each scored by a network that never saw its patient"
    say(f"\nOut-of-fold AUROC, mean of folds: {crossed.within_folds('auroc')}")
    say(f"on the out-of-fold rows of {cohort.n_patients} patients: {point}")
    return replace(trained, point=replace(point, rule=rule))


def run_patient(cohort: Cohort, settings: Settings, folder: Path) -> None:
    """Set patients aside, train by folds of the others, look at the test rows once, and report."""
    if begin(folder, "patients kept apart"):
        return
    partition = split(cohort, settings)
    partition.save(folder / "partition.json")
    trained = cross_train(cohort.take(partition.train), settings, folder)
    others = {} if settings.data is None else external(settings, cohort)
    for name, other in others.items():
        say(f"\n{name}, an external test set: {other}")
        report_on(trained, other, None, settings, folder / name)
    say(f"\n{len(partition.test)} test rows")
    report_on(trained, cohort, partition, settings, folder)


def external(settings: Settings, cohort: Cohort) -> dict[str, Cohort]:
    """Read the preliminary test set where it lies below `--data`, and say what it shares."""
    try:
        other = read_cnmc(str(settings.data), part="preliminary")
    except InvalidInputError:
        say("no labelled preliminary test set lies below --data, so there is no external test")
        return {}
    say(f"training beside preliminary set: {audit_leakage(cohort, against=other, near=False)}")
    return {"preliminary": other}


def run_image(cohort: Cohort, settings: Settings, folder: Path) -> None:
    """Do as the notebooks do: undersample once by image, split 90/5/5 by image, call at 0.5."""
    if begin(folder, "split by image, as in the notebooks"):
        return
    # Nine tenths of the smaller class: 3,050 a class on the real set.
    count = int(0.9 * np.bincount(cohort.labels).min())
    draws = np.random.default_rng(settings.seed)
    kept = [
        draws.choice(np.flatnonzero(cohort.labels == code), count, replace=False)
        for code in range(len(cohort.classes))
    ]
    balanced = cohort.take(np.sort(np.concatenate(kept)))
    say(f"undersampled once, by image, to {count} images a class")
    splitter = ImageHoldout(validation=0.05, test=0.05, seed=settings.seed)
    partition = splitter.partition(balanced)
    partition.save(folder / "partition.json")
    tested = np.unique(balanced.patients[partition.test])
    known = np.isin(tested, balanced.patients[partition.train]).sum()
    say(f"LEAK: {known} of the {len(tested)} test patients are trained on: what follows is no")
    say("estimate for new patients; it is the counterpart of published figures of this kind")
    model = train(
        settings, balanced, partition, seed=settings.seed, root=folder, folder=folder, ratio={}
    )
    trained = Trained(
        model,
        [model],
        0.5,
        train_prevalence=0.5,
        prevalence=0.5,
        training_data=f"{len(partition.train)} images, split by image. {cohort.provenance}",
    )
    report_on(trained, balanced, partition, settings, folder)


def begin(folder: Path, protocol: str) -> bool:
    """Name the protocol and make its folder; say whether it was finished before."""
    say(f"\n--- protocol: {protocol}; results in {folder}")
    folder.mkdir(parents=True, exist_ok=True)
    finished = (folder / "report.json").exists()
    if finished:
        say("finished before; its report is kept")
    return finished


def report_on(
    trained: Trained,
    cohort: Cohort,
    partition: Partition | None,
    settings: Settings,
    folder: Path,
) -> None:
    """Score the test rows (all rows without a partition) once; write and print what is found."""
    folder.mkdir(parents=True, exist_ok=True)
    rows = np.arange(len(cohort)) if partition is None else partition.test
    network, point, size = trained.network, trained.point, settings.image_size
    threshold = point if isinstance(point, float) else point.threshold
    card = ClassifierCard(
        classes=(cohort.classes[0], str(cohort.positive)),
        threshold=threshold,
        threshold_origin="the notebooks' half"
        if isinstance(point, float)
        else f"out-of-fold rows: {point.rule}",
        train_prevalence=trained.train_prevalence,
        prevalence=trained.prevalence,
    )
    save_classifier(network, folder / "model.keras", card=card)
    column = cohort.classes.index(str(cohort.positive))
    scores = network.predict(show(cohort, rows, settings, folder), verbose=0)[:, column]
    raw = Predictions.of(cohort, rows, scores, train_prevalence=trained.train_prevalence)
    said = trained.correct(raw)
    said.save(folder / "predictions.csv")
    report = ClinicalReport(
        said,
        threshold=point,
        threshold_origin="pre-specified" if isinstance(point, float) else None,
        uncorrected=raw,
        prevalence=trained.prevalence,
        partition=partition,
        cohort=None if partition is None else cohort,
        worst=12,
        picture=where_it_looked(trained.members, size),
        picture_note="Beside each cell: red spoke for leukaemia, blue against it.",
        title="Leukaemic cells",
    )
    report.save(folder / "report.html")
    ModelCard(
        report,
        name=f"{settings.backbone}, {len(trained.members)} networks",
        classifier=card.to_dict(),
        training_data=trained.training_data,
    ).save(folder / "model-card.md")
    summarise(report, said, threshold, settings, folder)
    report.save(folder / "report.json")
    for backup in folder.rglob("backup.npz"):
        backup.unlink()


def where_it_looked(networks: Sequence[keras.Model], size: int) -> Callable[[Path], Image]:
    """Return what draws a missed cell and, beside it, what spoke for leukaemia (red), by occlusion.

    The networks see the middle of the picture and pool maxima, so that their last maps are neither
    of the whole cell nor tied to the answer; covering a place with background is both.
    """

    def draw(path: Path) -> Image:
        (image,) = read_images([path], size=size)
        side = max(2, size // 6)
        maps = [
            compute_occlusion_map(network, image[None], patch=side, stride=side, fill=0)[0]
            for network in networks
        ]
        heat = np.mean(maps, axis=0)
        return np.concatenate([image, draw_overlay(image, heat)], axis=1)

    return draw


def by_patient(said: Predictions, threshold: float) -> dict[str, dict[str, float]]:
    """Return each patient's share of cells called right, by what it is a share of."""
    table, patients = {}, np.asarray(said.patients, dtype=str)
    for name, code in (("sensitivity", 1), ("specificity", 0)):
        own = said.labels == code
        right = (said.scores[own] >= threshold) == bool(code)
        ids, owner = np.unique(patients[own], return_inverse=True)
        shares = np.bincount(owner, right) / np.bincount(owner)
        table[name] = dict(zip(ids.tolist(), shares.tolist(), strict=True))
    return table


def weighted_f1(said: Predictions, threshold: float) -> float:
    """Return the F1 of the two classes, weighted by their images: the challenge's figure."""
    called, total = (said.scores >= threshold).astype(int), 0.0
    for code in (0, 1):
        own = said.labels == code
        hits = np.sum(own & (called == code))
        total += float(own.mean() * 2 * hits / (own.sum() + np.sum(called == code)))
    return total


def summarise(
    report: ClinicalReport, said: Predictions, threshold: float, settings: Settings, folder: Path
) -> None:
    """Say the chief estimates, by cell and by patient, published ones beside them."""
    estimates = {name: Estimate(**each) for name, each in report.to_dict()["estimates"].items()}
    say("on the test rows, with intervals over patients:")
    for title, name in (
        ("AUROC", "auroc"),
        ("Sensitivity", "sensitivity"),
        ("Specificity", "specificity"),
        ("Positive predictive value", "ppv"),
        ("Negative predictive value", "npv"),
        ("Calibration slope", "calibration_slope"),
    ):
        say(f"{title:27}{estimates[name]}")
    shares = by_patient(said, threshold)
    write_whole(folder / "by-patient.json", json.dumps(shares, indent=2) + "\n")
    for name, own in shares.items():
        worst = min(own, key=own.__getitem__)
        mean = np.mean(list(own.values()))
        say(f"{name} of {len(own)} patients: mean {mean:.3f}, worst {own[worst]:.3f} ({worst})")
    kind = "drawn cells, not comparable" if settings.data is None else "real cells"
    cells = [str(estimates[name].value)[:5] for name in ("auroc", "sensitivity", "specificity")]
    means = [f"{np.mean(list(own.values())):.3f}" for own in shares.values()]
    worsts = [f"{min(own.values()):.3f}" for own in shares.values()]
    rows = (
        ("", "weighted F1", "AUROC", "sens.", "spec."),
        (f"this run ({kind}), by cell", f"{weighted_f1(said, threshold):.3f}", *cells),
        ("  mean over patients", "-", "-", *means),
        ("  worst patient", "-", "-", *worsts),
        *PUBLISHED,
    )
    say("\nBeside what was published with patients kept apart:")
    for row in rows:
        say(f"{row[0]:46}" + "".join(f"{cell:>12}" for cell in row[1:]))
    say(f"Every estimate, its n and its method: {folder / 'report.html'} (open it in a browser)")


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
            runs = {"patient": run_patient, "image": run_image}
            if settings.protocol == "both":
                for name, run in runs.items():
                    run(cohort, settings, folder / name)
            else:
                runs[settings.protocol](cohort, settings, folder)
    except (PrevalensError, OSError) as error:
        print(f"cnmc_all: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("\ncnmc_all: stopped. The same command with --resume goes on.", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
