"""Who was studied: images, patients, and what was left out."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import msgspec
import numpy as np

from prevalens._records import Amount, Count, Part
from prevalens.predictions.predictions import Predictions
from prevalens.reports.document import Block, Flow, FlowBox, Paragraph, Table
from prevalens.reports.estimate_text import estimate_text, percent_text
from prevalens.reports.exclusions import Excluded, exclusions_of, flow_head
from prevalens.reports.report_head import ReportHead
from prevalens.reports.request import Request
from prevalens.reports.sections.partition import SECTION as PARTITION
from prevalens.reports.sections.section import Answer, Section
from prevalens.typing import Codes


class Study(Part, frozen=True, kw_only=True):
    """Counts of images and patients; those of patients are None where images are independent."""

    images: Count
    positive_images: Count
    negative_images: Count
    repeated_rows: Count
    patients: Count | None
    positive_patients: Count | None
    negative_patients: Count | None
    mixed_patients: Count | None
    least_images: Count | None
    median_images: Amount | None
    most_images: Count | None
    excluded: list[Excluded] | None
    left_out: list[Excluded] = msgspec.field(default_factory=list)


def _compute(request: Request) -> Study:
    held = request.predictions
    n_negative, n_positive = held.class_counts.tolist()
    return Study(
        images=len(held),
        positive_images=n_positive,
        negative_images=n_negative,
        repeated_rows=repeated_rows(held),
        **_patients(request),
        **exclusions_of(request),
    )


def repeated_rows(predictions: Predictions) -> int:
    """Count the rows that repeat another in every column, as a table pasted twice has them.

    Named images cannot repeat; rows of a coarse model may, so they are counted only where every row
    repeats and scores are many.
    """
    if predictions.images is not None or len(predictions) < 2:
        return 0
    scores = predictions.scores.reshape(len(predictions), -1)
    labels = predictions.labels.reshape(len(predictions), -1)
    given = [*labels.T, *scores.T, *(predictions.covariates or {}).values()]
    given += [] if predictions.patients is None else [predictions.patients]
    n, distinct = len(predictions), [len(np.unique(column)) for column in scores.T]
    # Where every row repeats, so does every score.
    if 2 * max(distinct) > n or 4 * len(np.unique(scores)) < n:
        return 0
    codes = [np.unique(column.astype(str), return_inverse=True)[1] for column in given]
    counts = np.unique(np.column_stack(codes), axis=0, return_counts=True)[1]
    repeated = int((counts - 1).sum())
    return repeated if counts.min() > 1 else 0


def patient_sizes(codes: Codes | None) -> dict[str, Any]:
    """Count the patients and the images of one; None where images are independent."""
    if codes is None:
        return dict.fromkeys(("patients", "least_images", "median_images", "most_images"))
    sizes = np.bincount(codes)
    return {
        "patients": len(sizes),
        "least_images": int(sizes.min()),
        "median_images": float(np.median(sizes)),
        "most_images": int(sizes.max()),
    }


def _patients(request: Request) -> dict[str, Any]:
    codes = request.codes
    names = ("positive_patients", "negative_patients", "mixed_patients")
    if codes is None:
        return patient_sizes(None) | dict.fromkeys(names)
    images = np.bincount(codes)
    positive = np.bincount(codes, weights=request.predictions.labels)
    kinds = (positive == images, positive == 0, (positive > 0) & (positive < images))
    return patient_sizes(codes) | {
        name: int(kind.sum()) for name, kind in zip(names, kinds, strict=True)
    }


def _show(report: ReportHead) -> Sequence[Block]:
    study = SECTION.of(report)
    if study is None:
        return []
    negative, positive = report.settings.classes
    rows = [
        (positive, f"{study.positive_images:,}", stated_count(study.positive_patients)),
        (negative, f"{study.negative_images:,}", stated_count(study.negative_patients)),
        ("Both classes", "none", stated_count(study.mixed_patients)),
        ("Total", f"{study.images:,}", stated_count(study.patients)),
    ]
    header = ("Class", "Images", "Patients with images of this class only")
    setting = report.settings
    return [
        _flow(report, study),
        Table("Images and patients of each class", header, rows),
        Paragraph(
            f"Prevalence among these images: {estimate_text(report.estimates['prevalence'])}. "
            f"Prevalence among the rows trained on: {_stated(setting.train_prevalence)}. "
            f"Prevalence where the model will be used: {_stated(setting.prevalence)}."
        ),
        *sizes_text(study),
        Paragraph(
            "Every reported row has a label and a score: rows without are refused, none is filled "
            "in. A score equal to the threshold is predicted positive, so no result is "
            "indeterminate."
        ),
    ]


def sizes_text(study: Any) -> list[Block]:
    """Say how many images a patient has, where patients are known."""
    if study.median_images is None:
        return []
    if study.least_images == study.most_images:
        return [Paragraph(f"Images per patient: {study.most_images}, the same of each.")]
    return [
        Paragraph(
            f"Images per patient: {study.least_images} to {study.most_images}, median "
            f"{study.median_images:g}."
        )
    ]


def _flow(report: ReportHead, study: Study) -> Flow:
    negative, positive = report.settings.classes
    matrix = report.confusion_matrix
    boxes = flow_head(report, study)
    classes = f"{study.positive_images:,} {positive}, {study.negative_images:,} {negative}"
    boxes[-1] = replace(boxes[-1], lines=[*boxes[-1].lines, classes])
    boxes += [
        FlowBox(
            "Predicted positive",
            [
                f"{matrix.true_positive:,} {positive}",
                f"{matrix.false_positive:,} {negative}",
            ],
            "last",
        ),
        FlowBox(
            "Predicted negative",
            [
                f"{matrix.false_negative:,} {positive}",
                f"{matrix.true_negative:,} {negative}",
            ],
            "last",
        ),
    ]
    return Flow("Flow of images and patients", boxes)


def stated_count(value: int | None) -> str:
    """Write a count, or that it is not provided."""
    return "not provided" if value is None else f"{value:,}"


def _stated(share: float | None) -> str:
    return "not provided" if share is None else percent_text(share)


def _told_what_was_left_out(report: Any) -> bool:
    study = getattr(report, "study", None) or getattr(report, "class_study", None)
    return study is not None and study.excluded is not None


def _with_flow(report: Any) -> bool:
    return _told_what_was_left_out(report) and PARTITION.of(report) is not None


def _prevalence_stated(report: ReportHead) -> bool:
    return report.settings.prevalence is not None


ANSWERS: tuple[Answer, ...] = (
    Answer(
        items=("STARD-AI 19", "STARD-AI 20", "TRIPOD+AI 11", "CLAIM 12", "PROBAST+AI E4.3"),
        state="partly",
        note="Rows without a label or a score: how many, and that none was filled in. What "
        "was done with them before is the authors' to say.",
        when=_told_what_was_left_out,
    ),
    Answer(
        items=("STARD-AI 24", "TRIPOD+AI 20a", "CLAIM 35"),
        note="A flow diagram with patients, images, parts and exclusions.",
        when=_with_flow,
    ),
    Answer(
        items=("STARD-AI 24", "TRIPOD+AI 20a", "CLAIM 35"),
        state="partly",
        note="A flow diagram of the reported rows; not how they came out of the cohort, or "
        "what was excluded.",
    ),
)

SECTION: Section[Study] = Section(
    key="study",
    title="Who was studied",
    place=10,
    part=Study,
    compute=_compute,
    show=_show,
    answers=(
        *ANSWERS,
        Answer(
            items=("STARD-AI 28", "PROBAST+AI E1.3"),
            state="partly",
            note="The prevalence among these rows beside that where the model will be used; not "
            "other characteristics of the intended population.",
            when=_prevalence_stated,
        ),
        Answer(
            items=("PROBAST+AI E4.4",),
            state="partly",
            note="The prevalence among the rows trained on beside that among these rows; that "
            "these were not balanced is the authors' to say.",
            when=lambda report: report.settings.train_prevalence is not None,
        ),
        Answer(
            items=("TRIPOD+AI 21",),
            note="Patients and positive images in every analysis.",
            when=lambda report: report.estimates["prevalence"].patients is not None,
        ),
    ),
)
