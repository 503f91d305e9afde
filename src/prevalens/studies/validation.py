"""Score the next cohort by a study's saved classifier, and set it beside the study's own folds."""

import os
import warnings
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from prevalens._checks import check_kind, check_path, name_some
from prevalens._tables import read_all_columns
from prevalens.cohorts.cohort import Cohort
from prevalens.cohorts.left_out import LeftOut
from prevalens.decisions.operating_point import OperatingPoint
from prevalens.exceptions import DataWarning, InvalidInputError, LeakageError
from prevalens.features.extraction import contents_of
from prevalens.features.feature_store import FeatureStore
from prevalens.models.classifier_card import ClassifierCard
from prevalens.models.classifier_file import load_classifier
from prevalens.predictions.predictions import Predictions
from prevalens.reports.clinical_report import ClinicalReport
from prevalens.reports.development import Development
from prevalens.studies.study_plan import StudyPlan
from prevalens.studies.study_summary import StudySummary
from prevalens.typing import Labels

_FILES = ("plan.json", "study.json", "predictions.csv", "model.keras")


def validate_study(
    run: str | os.PathLike[str],
    cohort: Cohort,
    folder: str | os.PathLike[str],
    *,
    prevalence: float | None = None,
    by: Sequence[str] = (),
    other_patients: bool = False,
) -> ClinicalReport:
    """Report how the model of a study does on the next cohort, beside the study's own estimates.

    The saved classifier scores each image, and decides by its own threshold. The report sets these
    estimates beside the held-out ones of the study, with unpaired differences over patients.

    Args:
        run: Folder of a study that `run_study` ended.
        cohort: The next cohort: other patients, the same classes. Of a study of one class against
            the rest its other classes may have any name.
        folder: Where `report.html`, `report.json` and `predictions.csv` are written; a new one, or
            an empty one.
        prevalence: Prevalence where the model will be used, in (0, 1), of two classes alone.
        by: Covariates of the cohort to report by.
        other_patients: Whether patient ids that both cohorts have are of other people.

    Returns:
        The report, whose section `next_cohort` holds the comparison.

    Raises:
        InvalidInputError: `run` is no ended study, `folder` is not empty, a class is not one of the
            study's, or a patient id is in both cohorts and not stated to be another's.
        LeakageError: a file of the study is in the cohort.
        UnreadableImageError: an image cannot be read.

    Warns:
        DataWarning: the study's features were deleted, or are of an earlier version, so that
            nobody can tell whether its files are in the cohort; or several patients of the cohort
            share a file.
    """
    check_kind("cohort", cohort, Cohort)
    root, out = Path(check_path("run", run)), Path(check_path("folder", folder))
    _check_folders(root, out)
    development = read_development(root, other_patients=other_patients)
    classes = development.predictions.classes
    labels = _labels_of(cohort, classes)
    _check_files(cohort, root / "features")
    classifier = load_classifier(root / "model.keras")
    card = classifier.card
    if card.classes != classes:
        raise InvalidInputError(
            f"{root} holds a model of {list(card.classes)} and predictions of {list(classes)}: "
            "they are not of one study. Restore the folder."
        )
    paths = [str(cohort.path(row)) for row in range(len(cohort))]
    predictions = Predictions(
        labels=labels,
        scores=classifier(paths, reader=cohort.reader).scores,
        patients=None if cohort.independent else cohort.patients,
        covariates=cohort.covariates,
        images=cohort.images,
        classes=classes,
        provenance=cohort.provenance,
        train_prevalence=card.train_prevalence,
        root=cohort.root,
        reader=cohort.reader,
        ordered=development.predictions.ordered,
    )
    report = _report(
        root,
        predictions,
        development,
        card,
        prevalence=prevalence,
        by=by,
        excluded=cohort.left_out or None,
    )
    out.mkdir(parents=True, exist_ok=True)
    predictions.save(out / "predictions.csv")
    report.save(out / "report.html")
    report.save(out / "report.json")
    return report


def read_development(run: Path, *, other_patients: bool = False) -> Development:
    """Read the held-out predictions of a study, and how each of its folds decided.

    Args:
        run: Folder of a study that `run_study` ended.
        other_patients: As in `Development`.

    Raises:
        InvalidInputError: a file is missing or cannot be read, or the study is of several labels.
    """
    lacking = [name for name in _FILES if not (run / name).is_file()]
    if lacking:
        raise InvalidInputError(
            f"{run} is no ended study: {name_some(lacking)} is missing. Name the folder that "
            "`prevalens study` wrote, or go on with that study."
        )
    StudyPlan.read(run / "plan.json").refuse_next_cohort(run)
    summary = StudySummary.load(run / "study.json")
    named = "patient" in read_all_columns(run / "predictions.csv")
    held = Predictions.load(
        run / "predictions.csv", patient="patient" if named else None, allow_outside=True
    )
    folds = None
    if len(summary.folds) > 1:
        folds = np.asarray((held.covariates or {})["fold"]).astype(np.int64)
    rules = [fold.get("patients") for fold in summary.folds]
    return Development(
        predictions=held,
        folds=folds,
        thresholds=[fold["threshold"] for fold in summary.folds] if held.is_binary else None,
        patient_thresholds=[rule["threshold"] for rule in rules if rule] or None,
        other_patients=other_patients,
    )


def _check_folders(run: Path, folder: Path) -> None:
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise InvalidInputError(
            f"{folder} is not empty. Name another `folder` (--output) than the study's, {run}, and "
            "than that of an earlier report."
        )


def _labels_of(cohort: Cohort, classes: tuple[str, ...]) -> Labels:
    """Return the class of each row as the study counts them.

    Raises:
        InvalidInputError: a class is none of the study's.
    """
    names = cohort.label_names
    if len(classes) == 2 and classes[0] == f"not {classes[1]}":
        if classes[1] not in cohort.classes:
            raise InvalidInputError(
                f"The study is of {classes[1]!r} against the rest, the cohort of "
                f"{list(cohort.classes)}. Name that class alike."
            )
        return np.asarray(names == classes[1]).astype(np.int64)
    unknown = sorted(set(names.tolist()) - set(classes))
    if unknown:
        raise InvalidInputError(
            f"The study is of the classes {list(classes)}, but the cohort has "
            f"{name_some(unknown)} too. Name classes alike, or leave these images out "
            "(`cohort.drop_classes`)."
        )
    code_of = {name: code for code, name in enumerate(classes)}
    return np.array([code_of[name] for name in names.tolist()], dtype=np.int64)


def _check_files(cohort: Cohort, features: Path) -> None:
    """Refuse files that the study had; warn where that cannot be told, and of repeated ones."""
    contents = contents_of(cohort, np.arange(len(cohort)))
    try:
        known = FeatureStore(features).contents()
    except InvalidInputError:
        known = set()
    if not known:
        warnings.warn(
            f"Whether files of the study are in this cohort was not looked for: {features} is "
            "missing, or of an earlier version. Compare both with `audit_leakage(against=...)`.",
            DataWarning,
            stacklevel=3,
        )
    same = [str(cohort.images[row]) for row, each in enumerate(contents) if each in known]
    if same:
        raise LeakageError(
            f"{len(same)} images of this cohort are files that the study had too: "
            f"{name_some(same)}. The model knows them: leave them out, and their patients."
        )
    owners: dict[bytes, set[int]] = {}
    for content, patient in zip(contents, cohort.patient_codes.tolist(), strict=True):
        owners.setdefault(content, set()).add(patient)
    shared = sum(len(each) > 1 for each in owners.values())
    if shared:
        warnings.warn(
            f"{shared} files of this cohort stand under several patients: intervals are too short "
            "if these are one. `prevalens audit` names them.",
            DataWarning,
            stacklevel=3,
        )


def _report(
    run: Path,
    predictions: Predictions,
    development: Development,
    card: ClassifierCard,
    *,
    prevalence: float | None,
    by: Sequence[str],
    excluded: Sequence[LeftOut] | None,
) -> ClinicalReport:
    plan, summary = StudyPlan.read(run / "plan.json"), StudySummary.load(run / "study.json")
    title = f"{plan.subject}: the next cohort"
    if plan.several:
        if prevalence is not None:
            raise InvalidInputError(
                f"`prevalence` is of two classes, got {prevalence!r} and {plan.class_names}. Leave "
                "it out."
            )
        return ClinicalReport(
            predictions,
            by=by,
            development=development,
            excluded=excluded,
            title=title,
            seed=plan.seed,
        )
    pooling = None if plan.pooling is None else plan.pooling.pooling
    pooled = None
    if pooling is not None and summary.patients is not None:
        pooled = _point(summary.patients["threshold"], "threshold of pooled scores")
    return ClinicalReport(
        predictions,
        threshold=_point(card.threshold, card.threshold_origin),
        prevalence=prevalence,
        by=by,
        patient_score=pooling,
        patient_threshold=pooled,
        development=development,
        excluded=excluded,
        title=title,
        seed=plan.seed,
    )


def _point(threshold: object, rule: str) -> OperatingPoint:
    """Return the saved threshold, which the study chose on its own patients."""
    told = f"chosen by the study on its own patients: {rule}"
    return OperatingPoint(threshold=float(str(threshold)), rule=told, guarantee=None, estimates={})
