"""Decide a study from a fingerprint of its cohort, by written rules."""

import importlib
import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from prevalens._checks import check_choice, check_integer, check_kind, check_number, check_path
from prevalens.cohorts.cohort import Cohort
from prevalens.cohorts.duplicates import find_duplicates
from prevalens.decisions.fixed_sequence import patients_needed
from prevalens.exceptions import InvalidInputError
from prevalens.models.registry import find_backbone
from prevalens.predictions.patient_pooling import PatientPooling
from prevalens.studies.held_out import check_choices
from prevalens.studies.study_plan import (
    AuditStep,
    Evaluation,
    HeadChoice,
    NetworkChoice,
    PoolingChoice,
    StudyPlan,
    ThresholdChoice,
    names_network_file,
)
from prevalens.studies.time_budget import StudyCost, within

ENOUGH_FOR_A_TEST_PART = 400
"""Patients of the rarer class from which a test part of a quarter holds a hundred of them."""
PENALTIES = (10.0, 1.0, 0.1, 0.01, 0.001)
DEFAULT_NETWORK = "EfficientNetB0"
HEAD = HeadChoice(
    kinds=["logistic", "balanced_logistic"],
    penalties=list(PENALTIES),
    reason="layers, answer to imbalance and penalty are chosen by inner folds of patients",
)


def plan(
    cohort: Cohort,
    *,
    minutes: float | None = None,
    weights: str | os.PathLike[str] | None = None,
    part: str | None = None,
    unit: str = "image",
    pooling: PatientPooling | None = None,
    sensitivity: float = 0.95,
    preprocessing: str | None = None,
    layers: Sequence[str] = (),
    check_files: bool = True,
    seed: int = 0,
) -> tuple[Cohort, StudyPlan]:
    """Audit a cohort and decide its study; nothing is trained.

    The rules, in their order:

    1. Files that are identical under several patient ids make these ids one patient: otherwise
       the same image would be trained on and tested. Images of several patients that look almost
       alike are named, and their patients not joined.
    2. A class of fewer than 3 patients cannot be held out and chosen on: refused, before any
       picture is read.
    3. With fewer than 400 patients of the rarer class every image is scored by cross-fitting, in
       5 folds or as many as that class has patients; with more, a quarter is set aside. A column
       that names the parts is used as it stands.
    4. The network is the one given; else EfficientNetB0 with ImageNet weights. Its layers are
       chosen by inner folds: on images unlike photographs the last is rarely the best.
    5. Nothing, and class weights, are compared by inner folds, each at its own penalty: with a
       tuned penalty they rank alike, and with a shared one they do not.
    6. The threshold is promised of new patients where enough positive patients remain in a fold's
       training part for a promise to be possible; else it is a point estimate.
    7. Where patients are the unit, their score is the mean of their images' where all images of a
       patient have one label; else the mean of the 3 highest, because one positive image makes a
       patient positive and a mean would drown it.
    8. Where `minutes` bound the study, its time is estimated for one core from the number of
       images, the network's multiply-adds and the heads that are fitted; penalties, images that
       settings are compared on, class weights and folds beyond three are left out, in this order,
       until the estimate keeps to them.

    Args:
        cohort: The cohort, of two classes.
        minutes: Minutes that the study may take, above 0; None sets no bound. The network is
            loaded to count its multiply-adds.
        weights: A `.keras` file of a network without its top, or a name in `keras.applications`.
        part: Covariate that names the part of each row: rows of `"test"` are held out, all others
            trained on.
        unit: `"image"`, or `"patient"`.
        pooling: How images are pooled into patients; by default rule 7.
        sensitivity: Sensitivity that the threshold is chosen for, in (0, 1).
        preprocessing: What pixels need before a `.keras` network that has no rescaling inside.
        layers: Layers to try, by name; by default five along the depth.
        check_files: Whether files are compared; without, identical files go unnoticed, and the
            plan says so.
        seed: Seed of everything that is drawn.

    Returns:
        The cohort, with patients joined where rule 1 asks for it, and the plan.

    Raises:
        InvalidInputError: the cohort has more than two classes, a class has too few patients, or
            there is no such network, or `minutes` are too few for the smallest study.
        UnreadableImageError: images cannot be read; the text names every one of them.

    Examples:
        >>> from prevalens.cohorts import Cohort
        >>> cohort = Cohort(
        ...     images=[f"{k}.png" for k in range(24)], labels=["sick"] * 12 + ["well"] * 12,
        ...     patients=[f"p{k // 2}" for k in range(24)], positive="sick",
        ... )
        >>> joined, made = plan(cohort, check_files=False)
        >>> made.evaluation.kind, made.evaluation.n_splits
        ('cross-fitting', 5)
    """
    check_kind("cohort", cohort, Cohort)
    check_integer("seed", seed, minimum=0)
    check_number("sensitivity", sensitivity, low=0, high=1, open_low=True, open_high=True)
    if len(cohort.classes) != 2:
        raise InvalidInputError(
            f"A study is about two classes, got {list(cohort.classes)}. Take one against the rest."
        )
    _check_weights(DEFAULT_NETWORK if weights is None else check_path("weights", weights))
    if minutes is not None:
        check_number("minutes", minutes, low=0, open_low=True)
    check_choice("unit", unit, ("image", "patient"))
    if pooling is not None and unit != "patient":
        raise InvalidInputError("`pooling` is of unit='patient', got 'image'. Leave one out.")
    if pooling is not None and pooling.unit != "patient":
        raise InvalidInputError(
            f"A study decides on images or patients, got a pooling by {pooling.unit!r}. Pool its "
            "predictions.csv: PatientPooling(unit=...).pool, or `prevalens report --unit`."
        )
    # Before the files are read, and again of patients who turn out to be one.
    pooled = None if unit == "image" else _pooling(cohort, pooling)
    _evaluation(cohort, part, seed, pooled)
    cohort, audit = _audited(cohort) if check_files else (cohort, [_UNCHECKED])
    facts, evaluation = cohort_facts(cohort), _evaluation(cohort, part, seed, pooled)
    network = NetworkChoice(
        weights=DEFAULT_NETWORK if weights is None else check_path("weights", weights),
        image_size=224 if weights is None else None,
        layers=list(layers),
        preprocessing=preprocessing,
        reason="small and general" if weights is None else "given",
    )
    head, budget = HEAD, None
    if minutes is not None:
        given = StudyCost(len(cohort), *_size_of(network), evaluation, head)
        cost, budget = within(given, minutes)
        head, evaluation = cost.head, cost.evaluation
    return cohort, StudyPlan(
        cohort_fingerprint=cohort.fingerprint,
        positive=cohort.positive,
        unit=unit,  # type: ignore[arg-type]
        pooling=pooled,
        seed=seed,
        facts=facts,
        audit=audit,
        evaluation=evaluation,
        network=network,
        head=head,
        threshold=_threshold(facts["positive_patients"], evaluation, sensitivity),
        baselines=["thumbnail", "covariates"] if _usable(cohort, part) else ["thumbnail"],
        budget=budget,
    )


def _size_of(network: NetworkChoice) -> tuple[float, list[int]]:
    """Return billions of multiply-adds for an image, and the features of each layer."""
    # Only a bounded study needs Keras to be planned.
    tapped = importlib.import_module("prevalens.studies.tapped_network").tap_network(
        network.weights,
        layers=network.layers,
        image_size=network.image_size,
        preprocessing=network.preprocessing,
    )
    widths = [place.stop - place.start for place in tapped.places.values()]
    return tapped.multiply_adds() / 1e9, widths


def _check_weights(weights: str) -> None:
    """Refuse a network that is not there, before thousands of images are read."""
    if not names_network_file(weights):
        find_backbone(weights)
    elif not Path(weights).is_file():
        raise InvalidInputError(
            f"`weights` must be a file of a network or a name of keras.applications, but there is "
            f"no file {weights}. Correct its path (--weights)."
        )


_UNCHECKED = AuditStep(finding="Identical files were not looked for", action="none")


def cohort_facts(cohort: Cohort) -> dict[str, Any]:
    """Return the counts that a plan is made from."""
    positive = cohort.is_positive
    ids = np.unique(cohort.patients, return_inverse=True)[1]
    sizes = np.bincount(ids)
    return {
        "images": len(cohort),
        "patients": int(sizes.size),
        "positive_images": int(positive.sum()),
        "positive_patients": len(np.unique(ids[positive])),
        "negative_patients": len(np.unique(ids[~positive])),
        "prevalence": float(positive.mean()),
        "images_of_the_largest_patient": int(sizes.max()),
        "median_images_per_patient": float(np.median(sizes)),
        "covariates": sorted(cohort.covariates),
    }


def _audited(cohort: Cohort) -> tuple[Cohort, list[AuditStep]]:
    duplicates = find_duplicates(cohort, near=True)
    identical = replace(duplicates, near_pairs=duplicates.near_pairs[:0])
    pairs = [(str(a), str(b)) for a, b in identical.patient_pairs]
    steps = [
        AuditStep(
            finding=f"{len(pairs)} pairs of patient ids share identical files",
            action="joined" if pairs else "none",
            patients=[list(pair) for pair in pairs],
        )
    ]
    # Copies of one patient leak nowhere.
    crossing = [rows for rows in duplicates.near if len(set(cohort.patients[rows].tolist())) > 1]
    if crossing:
        shown = "; ".join(" and ".join(cohort.images[rows[:2]].tolist()) for rows in crossing[:3])
        steps.append(
            AuditStep(
                finding=f"{len(crossing)} groups of images of several patients look almost alike, "
                f"such as {shown}",
                action="named",
            )
        )
    return (cohort.join_patients(pairs) if pairs else cohort), steps


def _pooling(cohort: Cohort, given: PatientPooling | None) -> PoolingChoice:
    """Return how images are pooled: as asked, or by what the labels of a patient say."""
    if given is not None:
        return PoolingChoice(**_settings(given), reason="given")
    positive = cohort.is_positive
    both = len(np.intersect1d(cohort.patients[positive], cohort.patients[~positive]))
    if both:
        return PoolingChoice(
            how="top_k",
            k=3,
            reason=f"{both} patients have positive and negative images, and a few positive images "
            "make a patient positive",
        )
    return PoolingChoice(how="mean", reason="all images of a patient have one label")


def _settings(given: PatientPooling) -> dict[str, Any]:
    return {name: value for name, value in vars(given).items() if name != "unit"}


def _evaluation(
    cohort: Cohort, part: str | None, seed: int, pooling: PoolingChoice | None
) -> Evaluation:
    """Return how held-out scores are made, refused where nothing could be chosen."""
    found = _held_out_by(cohort, part)
    check_choices(cohort, found, HEAD, part=part, pooling=pooling, seed=seed)
    return found


def _held_out_by(cohort: Cohort, part: str | None) -> Evaluation:
    if part is not None:
        if part not in cohort.covariates:
            raise InvalidInputError(
                f"`part` must be a covariate of the cohort, one of {sorted(cohort.covariates)}, "
                f"got {part!r}."
            )
        return Evaluation(kind="given part", reason=f"the column {part!r} names it")
    positive = cohort.is_positive
    rarer = min(len(np.unique(cohort.patients[positive == code])) for code in (True, False))
    if rarer < 3:
        raise InvalidInputError(
            f"A class that comes from {rarer} patient{'s' * (rarer > 1)} cannot be held out while "
            "others are left to train and to choose on, so nothing could be said of new patients. "
            f"Collect images of more patients, three at least; there are {cohort.n_patients} in "
            "all. Check that the ids are those of patients."
        )
    if rarer >= ENOUGH_FOR_A_TEST_PART:
        return Evaluation(
            kind="test part", reason=f"{rarer} patients of the rarer class are enough for a part"
        )
    return Evaluation(
        kind="cross-fitting",
        n_splits=min(5, rarer),
        reason=f"{rarer} patients of the rarer class are too few to set some aside",
    )


def _threshold(patients: int, evaluation: Evaluation, sensitivity: float) -> ThresholdChoice:
    confidence = 0.95
    kept = 1 - (1 / evaluation.n_splits if evaluation.kind == "cross-fitting" else evaluation.test)
    # Unequal patients are worth fewer equal ones; twice the least number leaves room for misses.
    needed = 2 * patients_needed(sensitivity, confidence)
    if patients * kept >= needed:
        return ThresholdChoice(
            sensitivity=sensitivity,
            confidence=confidence,
            reason=f"{patients} positive patients, at least {needed} for a promise",
        )
    return ThresholdChoice(
        sensitivity=sensitivity,
        reason=f"{patients} positive patients are too few for a promise, which asks for {needed}",
    )


def _usable(cohort: Cohort, part: str | None) -> bool:
    return any(name != part for name in cohort.covariates)
