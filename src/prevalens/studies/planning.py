"""Decide a study from a fingerprint of its cohort, by written rules."""

import importlib
import math
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from prevalens._cells import as_number
from prevalens._checks import check_choice, check_integer, check_kind, check_number, check_path
from prevalens.cohorts.cohort import Cohort
from prevalens.cohorts.multilabel_cohort import MultilabelCohort
from prevalens.exceptions import InvalidInputError
from prevalens.models.registry import find_backbone
from prevalens.predictions.patient_pooling import PatientPooling
from prevalens.studies.plan_choices import (
    AuditStep,
    CurveChoice,
    Evaluation,
    HeadChoice,
    NetworkChoice,
)
from prevalens.studies.plan_facts import cohort_facts, names_of, units_of
from prevalens.studies.plan_rules import (
    HEAD,
    audited,
    curve_for,
    evaluation_of,
    pooling_of,
    threshold_of,
    threshold_of_labels,
)
from prevalens.studies.study_plan import StudyPlan, names_network_file
from prevalens.studies.time_budget import StudyCost, within

DEFAULT_NETWORK = "EfficientNetB0"


def plan(
    cohort: Cohort,
    *,
    minutes: float | None = None,
    weights: str | os.PathLike[str] | None = None,
    part: str | None = None,
    unit: str = "image",
    pooling: PatientPooling | None = None,
    sensitivity: float | None = None,
    ordered: bool = False,
    preprocessing: str | None = None,
    layers: Sequence[str] = (),
    check_files: bool = True,
    seed: int = 0,
) -> tuple[Cohort, StudyPlan]:
    """Audit a cohort and decide its study; nothing is trained.

    A cohort of three or more classes makes a study of all of them: no threshold is chosen, the
    class with the highest score is predicted, and `positive` says nothing. For one class against
    the rest, give `cohort.one_vs_rest(...)`. A `MultilabelCohort` makes a study of all its labels:
    what is said of classes below holds for each label and for its absence, every label has a
    threshold of its own, and rules 7 and 8 do not apply.

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
    6. Of two classes the threshold is promised of new patients where enough positive patients
       remain in a fold's training part for a promise to be possible; else it is a point estimate.
    7. Where patients are the unit, their score is the mean of their images' where all images of a
       patient have one label; else the mean of the 3 highest, because one positive image makes a
       patient positive and a mean would drown it.
    8. Whether more patients would help is asked where the rarest class has 20: of heads on one
       layer, fitted on a quarter, a half and all of the training patients.
    9. Where `minutes` bound the study, its time is estimated for one core from the number of
       images, the network's multiply-adds and the heads that are fitted; that curve, penalties,
       images that settings are compared on, class weights and folds beyond three are left out, in
       this order, until the estimate keeps to them.

    Args:
        cohort: The cohort, of two or more classes.
        minutes: Minutes that the study may take, above 0; None sets no bound. The network is
            loaded to count its multiply-adds.
        weights: A `.keras` file of a network without its top, or a name in `keras.applications`.
        part: Covariate that names the part of each row: rows of `"test"` are held out, all others
            trained on.
        unit: `"image"`, or `"patient"`, of two classes alone.
        pooling: How images are pooled into patients; by default rule 7.
        sensitivity: Sensitivity that the threshold is chosen for, in (0, 1), of two classes alone;
            by default 0.95.
        ordered: Whether the three or more classes of the cohort, in their order, are grades from
            the lowest to the highest: the report then has distances and weighted kappas.
        preprocessing: What pixels need before a `.keras` network that has no rescaling inside.
        layers: Layers to try, by name; by default five along the depth.
        check_files: Whether files are compared; without, identical files go unnoticed, and the
            plan says so.
        seed: Seed of everything that is drawn.

    Returns:
        The cohort, with patients joined where rule 1 asks for it, and the plan.

    Raises:
        InvalidInputError: a class has too few patients, an argument is of two classes alone,
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
    _check_classes(cohort, ordered=ordered, sensitivity=sensitivity, pooling=pooling, unit=unit)
    asked = 0.95 if sensitivity is None else sensitivity
    check_number("sensitivity", asked, low=0, high=1, open_low=True, open_high=True)
    _check_weights(DEFAULT_NETWORK if weights is None else check_path("weights", weights))
    if minutes is not None:
        check_number("minutes", minutes, low=0, open_low=True)
    _check_unit(unit, pooling)
    # Before the files are read, and again of patients who turn out to be one.
    pooled = None if unit == "image" else pooling_of(cohort, pooling)
    evaluation_of(cohort, part, seed, pooled)
    cohort, audit = audited(cohort) if check_files else (cohort, [_UNCHECKED])
    facts, evaluation = cohort_facts(cohort), evaluation_of(cohort, part, seed, pooled)
    network = NetworkChoice(
        weights=DEFAULT_NETWORK if weights is None else check_path("weights", weights),
        image_size=224 if weights is None else None,
        layers=list(layers),
        preprocessing=preprocessing,
        reason="small and general" if weights is None else "given",
    )
    head, budget, curve = HEAD, None, curve_for(cohort)
    if minutes is not None:
        given = study_cost(cohort, network, evaluation, head, curve)
        cost, budget = within(given, minutes)
        head, evaluation = cost.head, cost.evaluation
        curve = curve if cost.curve_orders else None
    return cohort, StudyPlan(
        cohort_fingerprint=cohort.fingerprint,
        unit=unit,  # type: ignore[arg-type]
        pooling=pooled,
        seed=seed,
        facts=facts,
        audit=audit,
        evaluation=evaluation,
        network=network,
        head=head,
        baselines=["thumbnail", "covariates"] if _usable(cohort, part) else ["thumbnail"],
        budget=budget,
        learning_curve=curve,
        ordered=ordered,
        **_subject_of(cohort, facts, evaluation, asked),
    )


def _subject_of(
    cohort: Cohort, facts: Mapping[str, Any], evaluation: Evaluation, sensitivity: float
) -> dict[str, Any]:
    """Return what the study is of, two classes, several, or labels, with the threshold's rule."""
    if isinstance(cohort, MultilabelCohort):
        threshold = threshold_of_labels(sensitivity)
        return {"positive": None, "labels": [*cohort.names], "threshold": threshold}
    if len(cohort.classes) > 2:
        return {"positive": None, "classes": [*cohort.classes], "threshold": None}
    threshold = threshold_of(
        facts["positive_patients"], evaluation, sensitivity, units=units_of(cohort)
    )
    return {"positive": cohort.positive, "threshold": threshold}


def study_cost(
    cohort: Cohort,
    network: NetworkChoice,
    evaluation: Evaluation,
    head: HeadChoice,
    curve: CurveChoice | None,
) -> StudyCost:
    """Return what decides how long a study takes; the network is loaded for it.

    Args:
        cohort: The cohort.
        network: The network.
        evaluation: How held-out scores are made.
        head: What is chosen by inner folds.
        curve: The learning curve, or None.
    """
    orders = 0 if curve is None else curve.n_repeats
    giga, widths = _size_of(network)
    # A head of labels has a column for each, as that of classes has for all but one.
    several = isinstance(cohort, MultilabelCohort)
    classes = len(names_of(cohort)) + several
    return StudyCost(len(cohort), giga, widths, evaluation, head, classes, orders)


def _check_unit(unit: str, pooling: PatientPooling | None) -> None:
    check_choice("unit", unit, ("image", "patient"))
    if pooling is not None and unit != "patient":
        raise InvalidInputError("`pooling` is of unit='patient', got 'image'. Leave one out.")
    if pooling is not None and pooling.unit != "patient":
        raise InvalidInputError(
            f"A study decides on images or patients, got a pooling by {pooling.unit!r}. Pool its "
            "predictions.csv: PatientPooling(unit=...).pool, or `prevalens report --unit`."
        )


def _check_classes(cohort: Cohort, *, ordered: bool, **given: Any) -> None:
    """Refuse what only two classes have, grades of two classes, and numbers that do not rise."""
    names = list(cohort.classes)
    if isinstance(cohort, MultilabelCohort):
        _refuse_of_patients(cohort, ordered=ordered, **given)
    if len(names) > 2:
        _refuse_of_two(cohort, **given)
    if not ordered:
        return
    if len(names) < 3:
        raise InvalidInputError(
            f"`ordered` is of three or more classes, got the two {names}. Leave it out."
        )
    numbers = list(map(as_number, names))
    if not any(map(math.isnan, numbers)) and sorted(numbers) != numbers:
        raise InvalidInputError(
            f"Grades that are numbers rise, got {names}. Read the cohort with its `classes` from "
            "the lowest to the highest."
        )


def _refuse_of_patients(cohort: MultilabelCohort, *, ordered: bool, **given: Any) -> None:
    """Refuse grades, and patients as the unit, of several labels."""
    wrong = [name for name in ("unit", "pooling") if given[name] not in (None, "image")]
    wrong += ["ordered"] if ordered else []
    if wrong:
        raise InvalidInputError(
            f"`{wrong[0]}` is of two classes or grades, but the cohort has the labels "
            f"{list(cohort.names)}. Leave it out, or study one label: `cohort.one_vs_rest(...)`, "
            "or --positive."
        )


def _refuse_of_two(cohort: Cohort, **given: Any) -> None:
    """Refuse what only a study of two classes can do."""
    usual = {"sensitivity": None, "pooling": None, "unit": "image"}
    for name, value in given.items():
        if value != usual[name]:
            raise InvalidInputError(
                f"`{name}` is of two classes, got {value!r} and the classes "
                f"{list(cohort.classes)}, of which the one with the highest score is predicted. "
                "Leave it out, or study one class against the rest: `cohort.one_vs_rest(...)`, or "
                "--positive."
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


def _usable(cohort: Cohort, part: str | None) -> bool:
    return any(name != part for name in cohort.covariates)
