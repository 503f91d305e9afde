"""Who was studied: images and patients, what is known of each label, and what was left out."""

from collections.abc import Sequence

import msgspec

from prevalens._records import Amount, Count, Part
from prevalens.reports.document import Block, Flow, Paragraph
from prevalens.reports.exclusions import Excluded, exclusions_of, flow_head
from prevalens.reports.label_head import LabelReportHead
from prevalens.reports.label_request import LabelRequest
from prevalens.reports.sections.section import Section
from prevalens.reports.sections.study import (
    ANSWERS,
    patient_sizes,
    repeated_rows,
    sizes_text,
)


class LabelStudy(Part, frozen=True, kw_only=True):
    """Counts of images and patients; those of patients are None where images are independent."""

    images: Count
    patients: Count | None
    repeated_rows: Count
    without_label: Count
    several_labels: Count
    not_all_known: Count
    least_images: Count | None
    median_images: Amount | None
    most_images: Count | None
    excluded: list[Excluded] | None
    left_out: list[Excluded] = msgspec.field(default_factory=list)


def _compute(request: LabelRequest) -> LabelStudy:
    columns, codes = request.columns, request.codes
    has = (columns.labels == 1).sum(axis=1)
    whole = columns.known.all(axis=1)
    return LabelStudy(
        images=len(has),
        repeated_rows=repeated_rows(request.predictions),
        without_label=int(((has == 0) & whole).sum()),
        several_labels=int((has > 1).sum()),
        not_all_known=int((~whole).sum()),
        **exclusions_of(request),
        **patient_sizes(codes),
    )


def _show(report: LabelReportHead) -> Sequence[Block]:
    study = SECTION.of(report)
    if study is None:
        return []
    boxes = flow_head(report, study)
    return [
        Flow("Flow of images and patients", boxes),
        Paragraph(
            f"{study.without_label:,} images have no label, {study.several_labels:,} have more "
            f"than one. On {study.not_all_known:,} images some label is not known: they count for "
            "the labels that are known, and none is filled in."
        ),
        *sizes_text(study),
    ]


SECTION: Section[LabelStudy] = Section(
    key="label_study",
    title="Who was studied",
    place=10,
    part=LabelStudy,
    compute=_compute,
    show=_show,
    answers=ANSWERS,
)
