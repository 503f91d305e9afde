"""Who is held out in a study, and whether everything can be chosen on those who are left."""

from collections.abc import Iterator, Sequence

import numpy as np

from prevalens._checks import name_some
from prevalens.cohorts.cohort import Cohort
from prevalens.cohorts.multilabel_cohort import MultilabelCohort
from prevalens.exceptions import ImpossibleSplitError, InvalidInputError
from prevalens.splits.partition import Partition
from prevalens.splits.patient_holdout import PatientHoldout
from prevalens.splits.patient_kfold import PatientKFold
from prevalens.studies.plan_choices import Evaluation, HeadChoice, PoolingChoice
from prevalens.typing import Flags, Labels, Rows, Texts

ENOUGH_TO_CHOOSE_ON = 8
"""Patients of each class that a draw of patients to choose on keeps, where there are so many."""


def study_labels(cohort: Cohort) -> Labels:
    """Return 1 where a row is positive and 0 elsewhere; of several classes their codes."""
    return cohort.is_positive.astype(np.int64) if len(cohort.classes) == 2 else cohort.labels


def held_out_part(
    cohort: Cohort, evaluation: Evaluation, *, part: str | None, seed: int
) -> Partition | None:
    """Return the one partition of a study with a test part; None where it is cross-fitted.

    Args:
        cohort: The cohort.
        evaluation: How images come to held-out scores.
        part: Covariate that names the parts, for `"given part"`.
        seed: Seed of the study.

    Raises:
        InvalidInputError: the column is not named, or names nothing to train or to test on.
    """
    if evaluation.kind == "cross-fitting":
        return None
    if evaluation.kind == "test part":
        return PatientHoldout(validation=0.0, test=evaluation.test, seed=seed).partition(cohort)
    if part is None:
        raise InvalidInputError("The plan takes parts from a column: name it in `part`.")
    # Counts the patients that cross, and warns of them: a public split may leak.
    given = Partition.of(cohort, column=part)
    for what, rows in (("train", training_rows(given)), ("test", given.test)):
        if isinstance(cohort, MultilabelCohort):
            _check_part_of_labels(cohort, rows, part=part, what=what)
            continue
        if len(cohort.classes) > 2:
            _check_several(cohort, rows, part=part, what=what)
            continue
        classes = set(cohort.is_positive[rows].tolist())
        if len(classes) < 2:
            raise InvalidInputError(
                f"Column {part!r} must leave images of both classes to {what} on, but of the "
                f"{len(rows)} there "
                f"{'all are' if classes == {True} else 'none is'} {cohort.positive!r}. Correct the "
                "column, or leave it out to have the images cross-fitted."
            )
    return given


def _check_several(cohort: Cohort, rows: Rows, *, part: str, what: str) -> None:
    """Refuse a part that lacks a class to train on, or has one class alone to test on."""
    counts = np.bincount(cohort.labels[rows], minlength=len(cohort.classes))
    lacking = [name for name, count in zip(cohort.classes, counts, strict=True) if not count]
    if len(lacking) > (0 if what == "train" else len(cohort.classes) - 2):
        raise InvalidInputError(
            f"Column {part!r} must leave images of {'every class' if what == 'train' else 'two'} "
            f"{'to train' if what == 'train' else 'classes to test'} on, but of the {len(rows)} "
            f"there none is {name_some(lacking)}. Correct the column, leave out classes, or leave "
            "the column out to have the images cross-fitted."
        )


def _check_part_of_labels(cohort: MultilabelCohort, rows: Rows, *, part: str, what: str) -> None:
    """Refuse a part on whose rows some label is never there, or never known to be absent."""
    lacking = [
        name
        for name, sides in cohort.sides().items()
        if not all(np.isin(side, rows).any() for side in sides)
    ]
    if lacking:
        raise InvalidInputError(
            f"Column {part!r} must leave images with and without each label to {what} on, but of "
            f"the {len(rows)} there all are alike in {name_some(lacking)}. Correct the column, "
            "leave out these labels (--leave-out), or leave the column out to have the images "
            "cross-fitted."
        )


def training_rows(partition: Partition) -> Rows:
    """Return the rows of a partition that a study trains and chooses on."""
    return np.union1d(partition.train, partition.validation)


def check_choices(
    cohort: Cohort,
    evaluation: Evaluation,
    head: HeadChoice,
    *,
    part: str | None,
    pooling: PoolingChoice | None = None,
    seed: int,
) -> None:
    """Refuse a study whose folds leave too few patients to choose penalties and a threshold on.

    Whatever is chosen is chosen by inner folds of the training patients, so that each fold's
    training part needs two patients of each class. It costs no look at a picture.

    Args:
        cohort: The cohort.
        evaluation: How images come to held-out scores.
        head: What is chosen by inner folds.
        part: Covariate that names the parts, or None.
        pooling: How images are pooled, where patients are the unit.
        seed: Seed of the study.

    Raises:
        InvalidInputError: some fold cannot be cut again, or the parts leave one without a class.
    """
    partition = held_out_part(cohort, evaluation, part=part, seed=seed)
    if partition is None:
        cut = PatientKFold(evaluation.n_splits, seed=seed)
        try:
            trained = [training_rows(one) for one in cut.partitions(cohort)]
        except ImpossibleSplitError as error:
            raise InvalidInputError(f"The study cannot be cross-fitted: {error}") from error
    else:
        trained = [training_rows(partition)]
    for single, known, told in _of_two_or_more(cohort):
        for number, inside in enumerate(trained):
            rows = np.flatnonzero(np.isin(known, inside))
            labels, patients = study_labels(single)[rows], single.patients[rows]
            some = some_patients(labels, patients, at_most=head.at_most, seed=seed)
            if pooling is not None:
                _check_patients(labels, patients, pooling.least_images, fold=number + 1)
            where = f"fold {number + 1} of {len(trained)}{told}"
            chosen = [(labels, patients), (labels[some], patients[some])]
            for each in chosen[: 1 if some.all() else 2]:
                _check_inner(*each, classes=single.classes, where=where, seed=seed)


def _of_two_or_more(cohort: Cohort) -> Iterator[tuple[Cohort, Rows, str]]:
    """Yield what one head is fitted on: a cohort, its rows, and which label it is of, if any."""
    if not isinstance(cohort, MultilabelCohort):
        yield cohort, np.arange(len(cohort)), ""
        return
    for name in cohort.names:
        yield cohort.one_vs_rest(name), cohort.known(name), f", of label {name!r},"


def _check_inner(
    labels: Labels, patients: Texts, *, classes: Sequence[str], where: str, seed: int
) -> None:
    counts = [len(np.unique(patients[labels == code])) for code in range(len(classes))][::-1]
    reason = ""
    if min(counts) >= 2:
        try:
            list(PatientKFold(2, seed=seed).split(labels, labels, patients))
        except ImpossibleSplitError as error:
            reason = f" ({error})"
        else:
            return
    if len(classes) > 2:
        pairs = zip(classes, counts[::-1], strict=True)
        few = ", ".join(f"{name!r} ({count})" for name, count in pairs if count < 2)
        raise InvalidInputError(
            "Penalties are chosen by inner folds of the training patients, which need two patients "
            f"of each class, but {where} trains on {f'too few of {few}' if few else 'these'}"
            f"{reason}. Collect images of more patients, leave such classes out, or merge them "
            "with others."
        )
    raise InvalidInputError(
        f"Penalties and thresholds are chosen by inner folds of the training patients, which need "
        f"two patients of each class, but {where} trains on {counts[0]} patients with a positive "
        f"image and {counts[1]} with a negative one{reason}. Collect images of more patients: of "
        "three with each class every image can be scored."
    )


def _check_patients(labels: Labels, patients: Texts, least_images: int, *, fold: int) -> None:
    """Refuse where the threshold for patients would be chosen on those of one class."""
    _, codes, sizes = np.unique(patients, return_inverse=True, return_counts=True)
    ill = np.bincount(codes, weights=labels) > 0
    counts = [int(np.sum((sizes >= least_images) & (ill == code))) for code in (True, False)]
    if min(counts) < 2:
        raise InvalidInputError(
            "A threshold for patients is chosen on two patients of each class or more, but fold "
            f"{fold} trains on {counts[0]} positive and {counts[1]} negative patients with "
            f"{least_images} images or more; a patient with any positive image is positive. Take "
            "the image as the unit, ask for fewer images, or collect patients."
        )


def some_patients(labels: Labels, patients: Texts, *, at_most: int, seed: int) -> Flags:
    """Mark whole patients, drawn in random order, up to so many rows.

    Patients of a class that the draw would leave short are taken beyond `at_most`, up to eight.

    Args:
        labels: Class of each row, shape `(n_rows,)`.
        patients: Patient of each row, shape `(n_rows,)`.
        at_most: Rows.
        seed: Seed of the order.
    """
    ids, codes, sizes = np.unique(patients, return_inverse=True, return_counts=True)
    if len(codes) <= at_most:
        return np.ones(len(codes), dtype=bool)
    order = np.random.default_rng(seed).permutation(len(ids))
    chosen = np.zeros(len(ids), dtype=bool)
    chosen[order[np.cumsum(sizes[order]) <= at_most]] = True
    for code in np.unique(labels)[::-1]:
        having = np.zeros(len(ids), dtype=bool)
        having[codes[labels == code]] = True
        lacking = max(0, ENOUGH_TO_CHOOSE_ON - int((chosen & having).sum()))
        chosen[[who for who in order.tolist() if having[who] and not chosen[who]][:lacking]] = True
    return np.asarray(chosen[codes])
