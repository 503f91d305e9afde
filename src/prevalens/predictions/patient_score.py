"""Many images, one score per patient, or per lesion."""

from typing import Any

import numpy as np

from prevalens._checks import check_choice, check_integer, check_kind, check_number, name_some
from prevalens._columns import encode, encode_numbers
from prevalens._tables import find_column
from prevalens.exceptions import InvalidInputError
from prevalens.predictions.predictions import Predictions
from prevalens.typing import Codes, Column, Scores

HOW = ("mean", "max", "top_k", "fraction")
"""Ways to pool the images of a patient."""


def patient_scores(
    predictions: Predictions,
    how: str = "mean",
    *,
    unit: str = "patient",
    k: int | None = None,
    cutoff: float | None = None,
    least_images: int = 1,
) -> Predictions:
    """Pool the images of each patient, or of each lesion of a patient, into one score.

    A patient is positive where any of its images is. The pooled score ranks patients; it is a
    calibrated probability only by luck, so recalibrate it before reading it as a risk.

    A patient of grades has the highest of its images. Of other classes all images of a patient must
    be of one: nothing says which of several it is. A patient has a label where any image has it,
    lacks it where every image is known to lack it, and is not known otherwise.

    Args:
        predictions: Predictions with patient ids.
        how: `"mean"`, the only one for several classes, whose scores must sum to 1; `"max"`, by
            which any one image makes a patient positive; `"top_k"`, the mean of the `k` highest
            scores (of all, where a patient has fewer); or `"fraction"`, the share of images scored
            `cutoff` or more.
        k: Images that count, at least 1; for `"top_k"` only.
        cutoff: Score from which an image counts, in [0, 1]; for `"fraction"` only.
        unit: What has one score: `"patient"`, or the name of a covariate such as `"lesion"`, whose
            values tell the lesions of a patient apart. What is said of patients then holds of
            lesions, but for `patients`, which stay, so that intervals and folds are over patients.
        least_images: Images that a patient needs to be classifiable; those with fewer are left
            out, and `PatientPooling.unclassifiable` counts them.

    Returns:
        One row per classifiable patient, sorted by id, with the covariates that are constant within
        each patient.

    Raises:
        InvalidInputError: images are independent, a row has no `unit`, a patient has images of
            several classes that are no grades, a setting is missing or has no use, or no patient
            has so many images.

    Examples:
        >>> images = Predictions(labels=[1, 1, 0], scores=[0.2, 0.8, 0.1], patients=["a", "a", "b"])
        >>> patient_scores(images, "max").scores.tolist()
        [0.8, 0.1]
        >>> columns = {"labels": [1, 1, 0], "scores": [0.2, 0.8, 0.1], "patients": ["a", "a", "a"]}
        >>> images = Predictions(**columns, covariates={"lesion": [1, 1, 2]})
        >>> pooled = patient_scores(images, unit="lesion")
        >>> pooled.scores.tolist(), pooled.patients.tolist()
        ([0.5, 0.1], ['a', 'a'])
    """
    check_kind("predictions", predictions, Predictions)
    check_choice("how", how, HOW)
    for name, value, user in (("k", k, "top_k"), ("cutoff", cutoff, "fraction")):
        if (value is not None) != (how == user):
            raise InvalidInputError(f"`{name}` belongs to how={user!r}, got {value!r}, {how!r}.")
    one_class = not predictions.is_binary and not predictions.is_multilabel
    if one_class and how != "mean":
        raise InvalidInputError(
            f"Of several classes only a mean of scores sums to 1, got how={how!r} and the classes "
            f"{list(predictions.classes)}. Take how='mean', or `one_vs_rest` first."
        )
    owner = unit_codes(predictions, unit)
    counts = np.bincount(owner)
    enough = counts >= check_integer("least_images", least_images, minimum=1)
    if not enough.any():
        raise InvalidInputError(
            f"No {unit} has {least_images} images; the most is {counts.max()}. Ask for fewer by "
            "`least_images`."
        )
    patients = np.empty(len(counts), dtype=object)
    patients[owner] = predictions.patients
    columns = predictions.scores.reshape(len(owner), -1).T
    scores = np.column_stack(
        [_pooled(column, owner, how=how, k=k, cutoff=cutoff) for column in columns]
    )
    pooled = Predictions(
        labels=_labels(predictions, owner, patients, unit),
        scores=scores,
        patients=patients,
        covariates={
            name: values
            for name, column in (predictions.covariates or {}).items()
            if (values := _constant(column, owner, len(patients))) is not None
        },
        classes=predictions.classes,
        provenance=predictions.provenance,
        ordered=predictions.ordered,
    )
    return pooled if enough.all() else pooled.take(enough)


def unit_codes(predictions: Predictions, unit: str) -> Codes:
    """Return the number of each row's patient, or of its lesion, in the order of the patients.

    Args:
        predictions: Predictions.
        unit: As in `patient_scores`. A lesion 1 of two patients is two lesions.

    Raises:
        InvalidInputError: images are independent, there is no such covariate, or a row has none.
    """
    codes = predictions.patient_codes
    if codes is None:
        raise InvalidInputError(
            f"Patients are scored from predictions with patient ids, got {predictions!r}. Pass "
            "`patients`."
        )
    if unit == "patient":
        return codes
    column = find_column(predictions.covariates or {}, unit, purpose="unit that is pooled")
    found = encode(unit, column, ids=True)
    return encode_numbers(codes * len(found.texts) + found.codes)[1]


def _labels(predictions: Predictions, owner: Column, patients: Column, unit: str) -> Column:
    """Return the label of each patient, shape `(n_patients,)` or `(n_patients, n_labels)`.

    Raises:
        InvalidInputError: a patient has images of several classes that are no grades.
    """
    labels, n = predictions.labels, len(patients)
    if predictions.is_multilabel:
        has, lacks = np.zeros((n, labels.shape[1])), np.ones((n, labels.shape[1]))
        np.maximum.at(has, owner, labels == 1)
        np.minimum.at(lacks, owner, labels == 0)
        return np.where(has == 1, 1.0, np.where(lacks == 1, 0.0, np.nan))
    highest = np.zeros(n, dtype=np.int64)
    np.maximum.at(highest, owner, labels)
    if not predictions.is_binary and not predictions.ordered:
        mixed = np.unique(owner[labels != highest[owner]])
        if mixed.size:
            raise InvalidInputError(
                f"Each {unit} must be of one class, but {mixed.size} of {n} have images of "
                f"several: {name_some(patients[mixed].tolist())}. Take `one_vs_rest` first, or say "
                "that the classes are grades, ordered=True."
            )
    return highest


def _pooled(
    scores: Scores,
    owner: Column,
    *,
    how: str,
    k: int | None,
    cutoff: float | None,
) -> Scores:
    counts = np.bincount(owner)
    n_patients = len(counts)
    if how == "fraction":
        scores = (scores >= check_number("cutoff", cutoff, low=0, high=1)).astype(np.float64)
    if how in {"mean", "fraction"}:
        # A mean of scores in [0, 1] can leave it by rounding.
        sums: Any = np.bincount(owner, weights=scores, minlength=n_patients)
        return np.clip(sums / counts, 0, 1)
    kept = 1 if how == "max" else check_integer("k", k, minimum=1)
    order = np.lexsort((-scores, owner))
    starts = np.cumsum(counts) - counts
    rank = np.arange(len(scores)) - starts[owner[order]]
    top = order[rank < kept]
    sums = np.bincount(owner[top], weights=scores[top], minlength=n_patients)
    return np.clip(sums / np.minimum(counts, kept), 0, 1)


def _constant(column: Column, owner: Column, n_patients: int) -> Column | None:
    first = np.full(n_patients, -1, dtype=np.int64)
    first[owner[::-1]] = np.arange(len(column))[::-1]
    values = column[first]
    same = values[owner] == column
    if column.dtype.kind == "f":
        same |= np.isnan(values[owner]) & np.isnan(column)
    return values if bool(np.all(same)) else None
