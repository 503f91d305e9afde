"""Each rule of a plan, at both sides of its bound."""

import shutil
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image
from studies.test_planning import mixed, patients, planned

from prevalens.cohorts import Cohort, MultilabelCohort
from prevalens.exceptions import InvalidInputError, UnreadableImageError
from prevalens.predictions import PatientPooling, Predictions
from prevalens.studies import plan


@pytest.mark.parametrize(
    ("positive", "kind", "n_splits"),
    [(3, "cross-fitting", 3), (7, "cross-fitting", 5), (399, "cross-fitting", 5)],
)
def test_few_patients_are_cross_fitted(positive: int, kind: str, n_splits: int) -> None:
    """As many folds as the rarer class has patients, five at most."""
    evaluation = planned(patients(positive, 500)).evaluation

    assert (evaluation.kind, evaluation.n_splits) == (kind, n_splits)


def test_many_patients_leave_a_test_part() -> None:
    """From 400 of the rarer class on, whichever that is."""
    assert planned(patients(500, 400)).evaluation.kind == "test part"
    assert planned(patients(500, 399)).evaluation.kind == "cross-fitting"


@pytest.mark.parametrize("positive", [1, 2])
def test_too_few_patients_of_a_class_are_refused_before_files_are_read(positive: int) -> None:
    """They cannot be held out and chosen on; the files, which are not there, are not asked for."""
    with pytest.raises(InvalidInputError, match=rf"comes from {positive} patient.*three at least"):
        plan(patients(positive, 30))


def test_pictures_of_two_patients_that_look_alike_are_named(image_cohort: Cohort) -> None:
    """A copy of p0's first image, one grey level darker, as p5's: named, and nobody joined."""
    first, other = (int(np.flatnonzero(image_cohort.patients == who)[0]) for who in ("p0", "p5"))
    pixels = np.asarray(Image.open(image_cohort.path(first))).astype(int)
    Image.fromarray(np.maximum(pixels - 1, 0).astype(np.uint8)).save(image_cohort.path(other))
    cohort, told = plan(image_cohort)

    assert cohort.n_patients == image_cohort.n_patients
    assert (told.audit[0].action, told.audit[1].action) == ("none", "named")
    assert "1 groups of images of several patients" in told.audit[1].finding
    assert "p0_0.png" in told.audit[1].finding


def test_every_file_that_cannot_be_read_is_named_before_the_features(image_cohort: Cohort) -> None:
    """Two broken files: both names in one refusal."""
    for row in (3, 17):
        image_cohort.path(row).write_bytes(b"no picture %d" % row)
    with pytest.raises(UnreadableImageError) as raised:
        plan(image_cohort)

    assert all(image_cohort.images[row] in str(raised.value) for row in (3, 17))


@pytest.mark.parametrize(("positive", "confidence"), [(146, None), (148, 0.95)])
def test_a_promise_is_asked_for_where_it_can_be_had(
    positive: int, confidence: float | None
) -> None:
    """59 patients are the least for 0.95 at 0.95: twice that in four fifths is 147.5."""
    assert planned(patients(positive, 300)).threshold.confidence == confidence


def test_identical_files_make_one_patient(image_cohort: Cohort) -> None:
    """A file copied from patient p0 to p5 joins the two; the plan is of the joined cohort."""
    first, other = (int(np.flatnonzero(image_cohort.patients == who)[0]) for who in ("p0", "p5"))
    image_cohort.path(other).write_bytes(image_cohort.path(first).read_bytes())
    cohort, told = plan(image_cohort)

    assert (told.audit[0].action, told.audit[0].patients) == ("joined", [["p0", "p5"]])
    assert cohort.n_patients == image_cohort.n_patients - 1
    assert told.cohort_fingerprint == cohort.fingerprint


def test_files_without_copies_are_left_alone(image_cohort: Cohort) -> None:
    """The plan says that none was found, or that none was looked for."""
    cohort, told = plan(image_cohort)

    assert cohort == image_cohort
    assert told.audit[0].finding == "0 pairs of patient ids share identical files"
    assert planned(image_cohort).audit[0].finding == "Identical files were not looked for"


def test_patients_are_pooled_by_what_their_labels_say() -> None:
    """One label a patient: the mean; mixed ones: the highest three; or as asked."""
    plain = planned(patients(9, 9), unit="patient").pooling
    both = planned(mixed(9, 9), unit="patient").pooling
    asked = planned(mixed(9, 9), unit="patient", pooling=PatientPooling(least_images=2)).pooling

    assert plain is not None
    assert both is not None
    assert asked is not None
    assert (plain.how, both.how, both.k) == ("mean", "top_k", 3)
    assert "9 patients have positive and negative images" in both.reason
    assert (asked.least_images, asked.reason) == (2, "given")
    assert "patients, by the mean of the 3 highest scores" in str(
        planned(mixed(9, 9), unit="patient")
    )
    assert planned(mixed(9, 9)).pooling is None
    with pytest.raises(InvalidInputError, match="is of unit='patient', got 'image'"):
        planned(mixed(9, 9), pooling=PatientPooling())


@pytest.mark.parametrize("least", [1, 3])
def test_a_threshold_for_patients_needs_both_classes_of_them(least: int) -> None:
    """All patients have a positive image, or too few images: refused before files are read."""
    cohort = mixed(9, 0) if least == 1 else mixed(9, 9)
    with pytest.raises(InvalidInputError, match="two patients of each class or more"):
        plan(cohort, unit="patient", pooling=PatientPooling(least_images=least))


def kinds(**counts: int) -> Cohort:
    """Return one image of each patient, so many of each class."""
    labels = [name for name, count in counts.items() for _ in range(count)]
    return Cohort(
        images=[f"{k}.png" for k in range(len(labels))],
        labels=labels,
        patients=[f"p{k}" for k in range(len(labels))],
        positive=labels[0],
    )


def test_several_classes_are_cut_into_as_many_folds_as_the_rarest_has_patients() -> None:
    """Four patients of the rarest make four folds; 400 of each make a test part."""
    few = planned(kinds(a=40, b=9, c=4)).evaluation
    many = planned(kinds(a=500, b=400, c=400)).evaluation

    assert (few.kind, few.n_splits) == ("cross-fitting", 4)
    assert many.kind == "test part"


def test_every_class_of_one_or_two_patients_is_named() -> None:
    """With its images and patients, and what to add; none is left out unasked."""
    with pytest.raises(InvalidInputError) as raised:
        plan(kinds(a=40, b=9, c=1, d=2))
    told = str(raised.value)

    assert "'c' (images: 1, patients: 1), 'd' (images: 2, patients: 2)" in told
    assert "'b'" not in told
    assert "(In Python, by `drop_classes`)" in told
    assert "--leave-out 'c' 'd'" in told
    assert planned(kinds(a=40, b=9, c=1, d=2).drop_classes(["c", "d"])).positive == "a"


def test_images_stated_to_be_independent_are_spoken_of_as_images(image_cohort: Cohort) -> None:
    """Two files are copies: joined, held out together, counted, and never called patients."""
    shutil.copy(image_cohort.path(3), image_cohort.path(4))
    shutil.copy(image_cohort.path(3), image_cohort.path(40))
    alone = replace(
        image_cohort,
        images=[f"{row:03d}.png" for row in range(len(image_cohort))],
        patients=None,  # type: ignore[arg-type]
        covariates={},
    )
    for row in range(len(alone)):
        image_cohort.path(row).rename(alone.path(row))
    joined, made = plan(alone)

    assert joined.independent
    assert joined.n_patients == 52
    assert joined.provenance == "copies of another image: 2 of 54, each counted by itself"
    assert made.audit[0].finding == "2 pairs of images are identical files"
    told = str(made)
    assert "54 images, 52 different ones, 14 images of class sick" in told
    assert "patient" not in told.replace("inner folds of patients", "")
    held_out = Predictions.of(joined, np.arange(54), np.full(54, 0.5))
    assert held_out.patients is None
    assert held_out.provenance == joined.provenance


@pytest.mark.parametrize(("positive", "repeats"), [(19, None), (20, 3), (1990, 1)])
def test_a_learning_curve_is_asked_for_from_twenty_patients(
    positive: int, repeats: int | None
) -> None:
    """Of the rarest class, of three too; three orders up to 2,000 images, one beyond."""
    asked = planned(patients(positive, max(positive, 20))).learning_curve

    assert (None if asked is None else asked.n_repeats) == repeats
    of_three = planned(kinds(a=40, b=40, c=20)).learning_curve
    assert of_three is not None
    assert of_three.reason.startswith("20 patients of the rarest class")
    assert planned(kinds(a=40, b=40, c=19)).learning_curve is None


def labelled(*with_label: int, patients: int = 40) -> MultilabelCohort:
    """Return one image a patient; of label k the first so many patients have it."""
    columns = [np.arange(patients) < count for count in with_label]
    return MultilabelCohort(
        images=[f"{k}.png" for k in range(patients)],
        patients=[f"p{k}" for k in range(patients)],
        names=tuple("abc"[: len(columns)]),
        targets=np.column_stack(columns).astype(float),
    )


def test_labels_are_cut_into_as_many_folds_as_the_rarer_side_has_patients() -> None:
    """Of a label that most have the absence counts; no curve is asked for and nothing promised."""
    made = planned(labelled(20, 36))

    assert (made.evaluation.kind, made.evaluation.n_splits) == ("cross-fitting", 4)
    assert made.evaluation.reason == "4 patients of the rarer label are too few to set some aside"
    assert made.threshold is not None
    assert made.threshold.confidence is None
    assert made.learning_curve is None
    assert planned(labelled(420, 450, patients=900)).evaluation.kind == "test part"


def test_every_label_of_too_few_patients_is_named() -> None:
    """With it or without it, and how they are left out."""
    told = r"'b' \(patients with it: 2, without it: 38\), 'c' .*with it: 39.*--leave-out 'b' 'c'"
    with pytest.raises(InvalidInputError, match=told):
        planned(labelled(20, 2, 39))
