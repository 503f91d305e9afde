"""The estimates of all classes together: predicted classes, discrimination, probabilities."""

from collections.abc import Sequence

from prevalens.metrics.class_measure import CLASS_GROUPS
from prevalens.metrics.class_measures import all_class_measures
from prevalens.reports.class_head import ClassReportHead
from prevalens.reports.document import Block, Paragraph
from prevalens.reports.estimate_tables import estimate_table, noted
from prevalens.reports.record_parts import EstimatePart
from prevalens.reports.sections.section import Answer, Section


def _show(report: ClassReportHead) -> Sequence[Block]:
    shown: list[Block] = [
        Paragraph(
            "Macro: the mean over classes, each weighing the same. Weighted: each class weighs its "
            "share of the images. Micro: all images and classes in one; micro-averaged "
            "sensitivity, PPV and F1 are the accuracy."
        )
    ]
    for group, title in CLASS_GROUPS.items():
        keys = [
            measure.key
            for measure in all_class_measures()
            if measure.group == group and measure.key in report.estimates
        ]
        caption = f"{title}, all classes together, with {report.level}"
        shown.append(estimate_table(report.estimates, keys, caption=caption, address="estimates"))
        shown += noted(report.estimates, keys)
    # A user's measure that is not registered where the report is read has no group.
    known = {measure.key for measure in all_class_measures()}
    others = [key for key in report.estimates if key not in known]
    if others:
        caption = f"Other measures, all classes together, with {report.level}"
        shown.append(estimate_table(report.estimates, others, caption=caption, address="estimates"))
        shown += noted(report.estimates, others)
    return shown


def _estimable(report: ClassReportHead) -> bool:
    found = (report.estimates[key] for key in ("accuracy", "balanced_accuracy"))
    return all(estimate.lower is not None for estimate in found)


SECTION: Section[EstimatePart] = Section(
    key="all_classes",
    title="All classes together",
    place=30,
    show=_show,
    answers=(
        Answer(
            items=("STARD-AI 31", "CLAIM 38"),
            note="Estimates of all classes and of each, with their intervals.",
            when=_estimable,
        ),
        Answer(
            items=("CLAIM 28",),
            note="Measures of predicted classes, discrimination and calibration.",
        ),
    ),
)
