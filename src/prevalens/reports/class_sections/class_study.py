"""Who was studied: images and patients of each class, and what was left out."""

from collections.abc import Sequence

import msgspec
import numpy as np

from prevalens._records import Amount, Count, Part
from prevalens.reports.class_head import ClassReportHead
from prevalens.reports.class_request import ClassRequest
from prevalens.reports.document import Block, Flow, Paragraph, Table
from prevalens.reports.estimate_text import percent_text
from prevalens.reports.exclusions import Excluded, exclusions_of, flow_head
from prevalens.reports.sections.section import Section
from prevalens.reports.sections.study import (
    ANSWERS,
    patient_sizes,
    repeated_rows,
    sizes_text,
    stated_count,
)


class ClassCount(Part, frozen=True, kw_only=True):
    """Images of one class, and the patients who have some, or no other."""

    name: str
    images: Count
    patients: Count | None
    patients_of_it_alone: Count | None


class ClassStudy(Part, frozen=True, kw_only=True):
    """Counts of images and patients; those of patients are None where images are independent."""

    images: Count
    patients: Count | None
    repeated_rows: Count
    classes: list[ClassCount]
    mixed_patients: Count | None
    least_images: Count | None
    median_images: Amount | None
    most_images: Count | None
    excluded: list[Excluded] | None
    left_out: list[Excluded] = msgspec.field(default_factory=list)


def _compute(request: ClassRequest) -> ClassStudy:
    columns, codes = request.columns, request.codes
    k = len(columns.names)
    held = np.zeros((0, k), dtype=bool)
    if codes is not None:
        flat = np.bincount(codes * k + columns.labels, minlength=k * columns.n_units)
        held = flat.reshape(-1, k) > 0
    alone = held & (held.sum(axis=1) == 1)[:, None]
    return ClassStudy(
        images=len(request.predictions),
        repeated_rows=repeated_rows(request.predictions),
        classes=[
            ClassCount(
                name=name,
                images=int(columns.counts[which]),
                patients=None if codes is None else int(held[:, which].sum()),
                patients_of_it_alone=None if codes is None else int(alone[:, which].sum()),
            )
            for which, name in enumerate(columns.names)
        ],
        mixed_patients=None if codes is None else int((held.sum(axis=1) > 1).sum()),
        **exclusions_of(request),
        **patient_sizes(codes),
    )


def _show(report: ClassReportHead) -> Sequence[Block]:
    study = SECTION.of(report)
    if study is None:
        return []
    shares = report.settings.train_prevalence
    rows = [
        (
            each.name,
            f"{each.images:,}",
            percent_text(each.images / study.images),
            stated_count(each.patients),
            stated_count(each.patients_of_it_alone),
            "not provided" if shares is None else percent_text(shares[which]),
        )
        for which, each in enumerate(study.classes)
    ]
    last = ("100.0 %", stated_count(study.patients), "", "")
    header = ("Class", "Images", "Share", "Patients", "Patients of it alone", "Share in training")
    shown: list[Block] = [
        Flow(
            "Flow of images and patients",
            flow_head(report, study),
        ),
        Table(
            "Images and patients of each class",
            header,
            [*rows, ("Total", f"{study.images:,}", *last)],
        ),
    ]
    if study.mixed_patients:
        shown.append(
            Paragraph(f"{study.mixed_patients:,} patients have images of more than one class.")
        )
    return [
        *shown,
        *sizes_text(study),
        Paragraph(
            "Every reported row has a label and a score of each class: rows without are refused, "
            "none is filled in."
        ),
    ]


SECTION: Section[ClassStudy] = Section(
    key="class_study",
    title="Who was studied",
    place=10,
    part=ClassStudy,
    compute=_compute,
    show=_show,
    answers=ANSWERS,
)
