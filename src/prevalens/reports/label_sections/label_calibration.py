"""Whether the score of each label is the chance of that label."""

from collections.abc import Sequence

from prevalens.reports.class_sections.class_calibration import (
    CalibratedClass,
    calibrated,
    show_calibrated,
)
from prevalens.reports.document import Block
from prevalens.reports.label_head import LabelReportHead
from prevalens.reports.label_request import LabelRequest
from prevalens.reports.sections.section import Section


def _compute(request: LabelRequest) -> list[CalibratedClass]:
    columns = request.columns
    return [
        calibrated(name, columns.of_label(which), request.settings)
        for which, name in enumerate(columns.names)
    ]


def _show(report: LabelReportHead) -> Sequence[Block]:
    caption = f"Calibration of the score of each label where it is known, with {report.level}"
    part = SECTION.of(report) or []
    return show_calibrated(part, "Label", caption, "", address=SECTION.key)


SECTION: Section[list[CalibratedClass]] = Section(
    key="label_calibration",
    title="Calibration of each label",
    place=50,
    part=list[CalibratedClass],
    compute=_compute,
    show=_show,
)
