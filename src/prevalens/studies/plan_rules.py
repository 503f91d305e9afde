"""The rules by which a cohort's study is decided: who is joined, held out, pooled, promised."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from prevalens.cohorts.cohort import Cohort
from prevalens.cohorts.duplicates import find_duplicates
from prevalens.cohorts.multilabel_cohort import MultilabelCohort
from prevalens.decisions.fixed_sequence import patients_needed
from prevalens.exceptions import InvalidInputError
from prevalens.predictions.patient_pooling import PatientPooling
from prevalens.studies.held_out import check_choices
from prevalens.studies.plan_choices import (
    AuditStep,
    CurveChoice,
    Evaluation,
    HeadChoice,
    PoolingChoice,
    ThresholdChoice,
)
from prevalens.studies.plan_facts import patients_of_classes, units_of

ENOUGH_FOR_A_CURVE = 20
"""Patients of the rarest class of which a quarter can still be cut into inner folds."""
FEW_IMAGES = 2000
"""Images up to which a learning curve is averaged over three orders of the patients."""
ENOUGH_FOR_A_TEST_PART = 400
"""Patients of the rarer class from which a test part of a quarter holds a hundred of them."""
PENALTIES = (10.0, 1.0, 0.1, 0.01, 0.001)
HEAD = HeadChoice(
    kinds=["logistic", "balanced_logistic"],
    penalties=list(PENALTIES),
    reason="layers, answer to imbalance and penalty are chosen by inner folds of patients",
)


def audited(cohort: Cohort) -> tuple[Cohort, list[AuditStep]]:
    """Compare the files; return the cohort with patients joined who share some, and what was found.

    Raises:
        UnreadableImageError: images cannot be read; the text names every one of them.
    """
    duplicates = find_duplicates(cohort, near=True)
    identical = replace(duplicates, near_pairs=duplicates.near_pairs[:0])
    pairs = [(str(a), str(b)) for a, b in identical.patient_pairs]
    steps = [
        AuditStep(
            finding=f"{len(pairs)} pairs of images are identical files"
            if cohort.independent
            else f"{len(pairs)} pairs of patient ids share identical files",
            action="joined" if pairs else "none",
            patients=[list(pair) for pair in pairs],
        )
    ]
    kind = "groups of images" if cohort.independent else "groups of images of several patients"
    # Copies of one patient leak nowhere.
    crossing = [rows for rows in duplicates.near if len(set(cohort.patients[rows].tolist())) > 1]
    if crossing:
        shown = "; ".join(" and ".join(cohort.images[rows[:2]].tolist()) for rows in crossing[:3])
        steps.append(
            AuditStep(
                finding=f"{len(crossing)} {kind} look almost alike, such as {shown}",
                action="named",
            )
        )
    if not pairs:
        return cohort, steps
    joined = cohort.join_patients(pairs)
    if cohort.independent:
        copies = len(cohort) - joined.n_patients
        told = f"copies of another image: {copies} of {len(cohort)}, each counted by itself"
        provenance = "; ".join(filter(None, [joined.provenance, told]))
        joined = replace(joined, provenance=provenance)
    return joined, steps


def pooling_of(cohort: Cohort, given: PatientPooling | None) -> PoolingChoice:
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


def evaluation_of(
    cohort: Cohort, part: str | None, seed: int, pooling: PoolingChoice | None
) -> Evaluation:
    """Return how held-out scores are made.

    Raises:
        InvalidInputError: a class has too few patients, or some fold could choose nothing.
    """
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
    counts = patients_of_classes(cohort)
    rarer, units = min(counts.values()), units_of(cohort)
    what = "label" if isinstance(cohort, MultilabelCohort) else "class"
    if rarer < 3 and isinstance(cohort, MultilabelCohort):
        _refuse_rare_labels(cohort)
    if rarer < 3 and len(counts) > 2:
        _refuse_rare(cohort, counts)
    if rarer < 3:
        raise InvalidInputError(
            f"A class that comes from {rarer} patient{'s' * (rarer > 1)} cannot be held out while "
            "others are left to train and to choose on, so nothing could be said of new patients. "
            f"Collect images of more patients, three at least; there are {cohort.n_patients} in "
            "all. Check that the ids are those of patients."
        )
    if rarer >= ENOUGH_FOR_A_TEST_PART:
        return Evaluation(
            kind="test part", reason=f"{rarer} {units} of the rarer {what} are enough for a part"
        )
    return Evaluation(
        kind="cross-fitting",
        n_splits=min(5, rarer),
        reason=f"{rarer} {units} of the rarer {what} are too few to set some aside",
    )


def _refuse_rare(cohort: Cohort, counts: Mapping[str, int]) -> None:
    """Name each of several classes that comes from too few patients to be studied."""
    images = np.bincount(cohort.labels, minlength=len(counts)).tolist()
    rare = [name for name, count in counts.items() if count < 3]
    named = ", ".join(
        f"{name!r} (images: {images[cohort.classes.index(name)]}, patients: {counts[name]})"
        for name in rare
    )
    raise InvalidInputError(
        "A class of fewer than 3 patients cannot be held out while others are left to train and "
        f"to choose on, so nothing could be said of new patients: {named}. Leave them out by "
        f"--leave-out {' '.join(map(repr, rare))} (In Python, by `drop_classes`), merge them with "
        "other classes in the table, or collect images of more patients. Check that the ids are "
        "those of patients."
    )


def _refuse_rare_labels(cohort: MultilabelCohort) -> None:
    """Name each label that too few patients have, or too few are known to lack."""
    counts = cohort.describe().labels_of
    rare = [n for n, of in counts.items() if min(of.patients, of.patients_without) < 3]
    named = ", ".join(
        f"{name!r} (patients with it: {counts[name].patients}, without it: "
        f"{counts[name].patients_without})"
        for name in rare
    )
    raise InvalidInputError(
        "A label that fewer than 3 patients have, or are known to lack, cannot be held out while "
        f"others are left to train and to choose on: {named}. Leave them out by --leave-out "
        f"{' '.join(map(repr, rare))}, their images stay (in Python, by `drop_classes`), or "
        "collect images of more patients. Check that the ids are those of patients."
    )


def threshold_of(
    patients: int, evaluation: Evaluation, sensitivity: float, *, units: str = "patients"
) -> ThresholdChoice:
    """Return the rule of the threshold: a promise where enough positive patients are left."""
    confidence = 0.95
    kept = 1 - (1 / evaluation.n_splits if evaluation.kind == "cross-fitting" else evaluation.test)
    # Unequal patients are worth fewer equal ones; twice the least number leaves room for misses.
    needed = 2 * patients_needed(sensitivity, confidence)
    if patients * kept >= needed:
        return ThresholdChoice(
            sensitivity=sensitivity,
            confidence=confidence,
            reason=f"{patients} positive {units}, at least {needed} for a promise",
        )
    return ThresholdChoice(
        sensitivity=sensitivity,
        reason=f"{patients} positive {units} are too few for a promise, which asks for {needed}",
    )


def threshold_of_labels(sensitivity: float) -> ThresholdChoice:
    """Return the rule of the threshold of each of several labels: a point estimate."""
    return ThresholdChoice(
        sensitivity=sensitivity,
        reason="of each label by itself; nothing is promised, as promises of several labels would "
        "have to hold together",
    )


def curve_for(cohort: Cohort) -> CurveChoice | None:
    """Return how it is asked whether more patients would help; None where they are too few.

    Of several labels it is not asked.
    """
    if isinstance(cohort, MultilabelCohort):
        return None
    rarer = min(patients_of_classes(cohort).values())
    if rarer < ENOUGH_FOR_A_CURVE:
        return None
    few = len(cohort) <= FEW_IMAGES
    rarest = "rarer" if len(cohort.classes) == 2 else "rarest"
    return CurveChoice(
        shares=[0.25, 0.5, 1.0],
        n_repeats=3 if few else 1,
        reason=f"{rarer} {units_of(cohort)} of the {rarest} class; "
        + ("three orders of them" if few else f"one order, for more than {FEW_IMAGES:,} images"),
    )
