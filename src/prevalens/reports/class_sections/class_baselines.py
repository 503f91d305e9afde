"""What a model of several classes must beat: simple scores of the same rows, each beside it."""

from collections.abc import Sequence

from prevalens.metrics.class_comparison import class_contrast
from prevalens.metrics.class_measures import class_measure_of
from prevalens.metrics.contrast import Contrast
from prevalens.predictions.predictions import Predictions
from prevalens.reports.class_head import ClassReportHead
from prevalens.reports.class_request import ClassRequest
from prevalens.reports.document import Block
from prevalens.reports.sections.baselines import SECTION as OF_TWO
from prevalens.reports.sections.baselines import BaselinesPart, against, show_baselines
from prevalens.reports.sections.section import Section

_MEASURES = ("macro_auroc", "macro_average_precision")


def _compute(request: ClassRequest) -> BaselinesPart | None:
    def contrast(other: Predictions, key: str) -> Contrast:
        sides = request.columns, request.columns_of(other)
        return class_contrast(class_measure_of(key), sides, request.confidence_level)

    return against(request, _MEASURES, contrast)


def _show(report: ClassReportHead) -> Sequence[Block]:
    return show_baselines(report, "macro_auroc")


SECTION: Section[BaselinesPart] = Section(
    key=OF_TWO.key,
    title=OF_TWO.title,
    place=OF_TWO.place,
    part=BaselinesPart,
    compute=_compute,
    show=_show,
    newer=True,
    remedy=OF_TWO.remedy,
    answers=OF_TWO.answers,
)
