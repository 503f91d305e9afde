"""Who was studied: images, patients, and what was left out."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from prevalens._records import Part
from prevalens.predictions.predictions import Predictions
from prevalens.reports.document import Block, Flow, FlowBox, Paragraph, Table
from prevalens.reports.estimate_text import count_text, estimate_text, percent_text
from prevalens.reports.report_head import ReportHead
from prevalens.reports.request import Request
from prevalens.reports.sections.partition import SECTION as PARTITION
from prevalens.reports.sections.section import Answer, Section


class Excluded(Part, frozen=True, kw_only=True):
    """Images left out before any were scored, and why."""

    reason: str
    images: int


class Study(Part, frozen=True, kw_only=True):
    """Counts of images and patients; those of patients are None where images are independent."""

    images: int
    positive_images: int
    negative_images: int
    repeated_rows: int
    patients: int | None
    positive_patients: int | None
    negative_patients: int | None
    mixed_patients: int | None
    least_images: int | None
    median_images: float | None
    most_images: int | None
    excluded: list[Excluded] | None


def _compute(request: Request) -> Study:
    held, left_out = request.predictions, request.excluded
    n_negative, n_positive = held.class_counts.tolist()
    return Study(
        images=len(held),
        positive_images=n_positive,
        negative_images=n_negative,
        repeated_rows=repeated_rows(held),
        **_patients(request),
        excluded=None
        if left_out is None
        else [Excluded(reason=why, images=count) for why, count in left_out.items()],
    )


def repeated_rows(predictions: Predictions) -> int:
    """Count the rows that repeat another in every column, as a table pasted twice has them.

    Named images cannot repeat; rows of a coarse model may, so they are counted only where every row
    repeats and scores are many.
    """
    if predictions.images is not None or len(predictions) < 2:
        return 0
    given = [predictions.labels, predictions.scores, *(predictions.covariates or {}).values()]
    given += [] if predictions.patients is None else [predictions.patients]
    if 4 * len(np.unique(predictions.scores)) < len(predictions):
        return 0
    codes = [np.unique(column.astype(str), return_inverse=True)[1] for column in given]
    counts = np.unique(np.column_stack(codes), axis=0, return_counts=True)[1]
    repeated = int((counts - 1).sum())
    return repeated if counts.min() > 1 else 0


def _patients(request: Request) -> dict[str, Any]:
    codes = request.codes
    names = ("positive_patients", "negative_patients", "mixed_patients")
    if codes is None:
        sizes = ("least_images", "median_images", "most_images")
        return dict.fromkeys(("patients", *names, *sizes))
    images = np.bincount(codes)
    positive = np.bincount(codes, weights=request.predictions.labels)
    kinds = (positive == images, positive == 0, (positive > 0) & (positive < images))
    return {
        "patients": len(images),
        **{name: int(kind.sum()) for name, kind in zip(names, kinds, strict=True)},
        "least_images": int(images.min()),
        "median_images": float(np.median(images)),
        "most_images": int(images.max()),
    }


def _show(report: ReportHead) -> Sequence[Block]:
    study = SECTION.of(report)
    if study is None:
        return []
    negative, positive = report.settings.classes
    rows = [
        (positive, f"{study.positive_images:,}", _count(study.positive_patients)),
        (negative, f"{study.negative_images:,}", _count(study.negative_patients)),
        ("Both classes", "none", _count(study.mixed_patients)),
        ("Total", f"{study.images:,}", _count(study.patients)),
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
        *_sizes(study),
        Paragraph(
            "Every reported row has a label and a score: rows without are refused, none is filled "
            "in. A score equal to the threshold is predicted positive, so no result is "
            "indeterminate."
        ),
    ]


def _sizes(study: Study) -> list[Block]:
    if study.median_images is None:
        return []
    return [
        Paragraph(
            f"Images per patient: {study.least_images} to {study.most_images}, median "
            f"{study.median_images:g}."
        )
    ]


def _flow(report: ReportHead, study: Study) -> Flow:
    negative, positive = report.settings.classes
    matrix = report.confusion_matrix
    boxes: list[FlowBox] = []
    parts = PARTITION.of(report)
    if parts is not None:
        boxes.append(FlowBox("Cohort", [_whose(parts.images, parts.patients)]))
        others = [part for part in parts.parts if not part.reported]
        boxes += [
            FlowBox(part.name.capitalize(), [_whose(part.images, part.patients)], where="aside")
            for part in others
        ]
    if study.excluded is None:
        boxes.append(FlowBox("Excluded", ["not provided"], where="aside"))
    else:
        told = [f"{each.reason}: {count_text(each.images, 'image')}" for each in study.excluded]
        boxes.append(FlowBox("Excluded", told or ["none"], where="aside"))
    boxes += [
        FlowBox(
            "Reported",
            [
                _whose(study.images, study.patients),
                f"{study.positive_images:,} {positive}, {study.negative_images:,} {negative}",
            ],
        ),
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


def _whose(images: int, patients: int | None) -> str:
    count = count_text(images, "image")
    return count if patients is None else f"{count} of {count_text(patients, 'patient')}"


def _count(value: int | None) -> str:
    return "not provided" if value is None else f"{value:,}"


def _stated(share: float | None) -> str:
    return "not provided" if share is None else percent_text(share)


def _told_what_was_left_out(report: ReportHead) -> bool:
    study = SECTION.of(report)
    return study is not None and study.excluded is not None


def _with_flow(report: ReportHead) -> bool:
    return _told_what_was_left_out(report) and PARTITION.of(report) is not None


def _prevalence_stated(report: ReportHead) -> bool:
    return report.settings.prevalence is not None


SECTION: Section[Study] = Section(
    key="study",
    title="Who was studied",
    place=10,
    part=Study,
    compute=_compute,
    show=_show,
    answers=(
        Answer(
            items=("STARD-AI 19", "STARD-AI 20", "TRIPOD+AI 11", "CLAIM 12"),
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
        Answer(
            items=("STARD-AI 28",),
            state="partly",
            note="The prevalence among these rows beside that where the model will be used; not "
            "other characteristics of the intended population.",
            when=_prevalence_stated,
        ),
        Answer(
            items=("TRIPOD+AI 21",),
            note="Patients and positive images in every analysis.",
            when=lambda report: report.estimates["prevalence"].patients is not None,
        ),
    ),
)
