"""What the model must beat: simple scores of the same rows, each beside it with its difference."""

from collections.abc import Callable, Sequence

from prevalens._records import Part
from prevalens.metrics.comparison import compare_models
from prevalens.metrics.contrast import Contrast, holm
from prevalens.predictions.predictions import Predictions
from prevalens.reports.class_head import ClassReportHead
from prevalens.reports.class_request import ClassRequest
from prevalens.reports.document import Block, Paragraph, Table
from prevalens.reports.estimate_tables import notes_of
from prevalens.reports.estimate_text import estimate_text, name_of, p_text
from prevalens.reports.record_parts import ContrastPart, contrast_part
from prevalens.reports.report_head import ReportHead
from prevalens.reports.request import Request
from prevalens.reports.sections.section import Answer, Section

_MEASURES = ("auroc", "average_precision")
_SHORT = {"auroc": "AUROC", "macro_auroc": "macro AUROC"}


class BaselinesPart(Part, frozen=True, kw_only=True):
    """By baseline and measure, the model minus the baseline, on the same rows."""

    differences: dict[str, dict[str, ContrastPart]]


def _compute(request: Request) -> BaselinesPart | None:
    held = request.predictions
    return against(
        request,
        _MEASURES,
        lambda other, key: compare_models(
            held.labels,
            held.scores,
            other.scores,
            measure=key,
            patients=request.patients,
            confidence_level=request.confidence_level,
        ),
    )


def against(
    request: Request | ClassRequest,
    measures: Sequence[str],
    contrast: Callable[[Predictions, str], Contrast],
) -> BaselinesPart | None:
    """Compare the model with each baseline; None where there are none.

    Args:
        request: What the author asked.
        measures: Keys of the measures.
        contrast: Returns the model minus other predictions in a measure.
    """
    if not request.baselines:
        return None
    contrasts = {
        (name, key): contrast(other, key)
        for name, other in request.baselines.items()
        for key in measures
    }
    known = {
        _place(*place): each.p_value
        for place, each in contrasts.items()
        if each.p_value is not None
    }
    adjusted = holm(known) if known else {}
    return BaselinesPart(
        differences={
            name: {
                key: contrast_part(contrasts[name, key], adjusted.get(_place(name, key)))
                for key in measures
            }
            for name in request.baselines
        }
    )


def _place(name: str, key: str) -> str:
    return f"{key} of {name}"


def _show(report: ReportHead) -> Sequence[Block]:
    return show_baselines(report, "auroc")


def show_baselines(report: ReportHead | ClassReportHead, ranked: str) -> list[Block]:
    """Show the model beside each baseline, and name those that it is not shown to beat.

    Args:
        report: The report.
        ranked: Key of the measure that tells whether a baseline is beaten.
    """
    part = SECTION.of(report)
    if part is None:
        return []
    found = [(name, key, each) for name, of in part.differences.items() for key, each in of.items()]
    rows = [
        (
            name,
            name_of(key),
            *(estimate_text(side) for side in (each.second, each.first, each.difference)),
            p_text(each.p_holm),
        )
        for name, key, each in found
    ]
    header = ("Baseline", "Measure", "Baseline's", "This model's", "Difference", "p (Holm)")
    addresses = [f"baselines.differences.{name}.{key}.difference" for name, key, _ in found]
    caption = f"This model minus each baseline on the same rows, with {report.level}"
    beaten = [name for name, of in part.differences.items() if not _beats(of[ranked])]
    shown: list[Block] = [Table(caption, header, rows, addresses)]
    if beaten:
        shown.append(
            Paragraph(
                "These rows do not show that this model ranks better than "
                f"{' and '.join(beaten)}: the interval of the difference in "
                f"{_SHORT.get(ranked, name_of(ranked))} is not above 0.",
                "note",
            )
        )
    named = [(f"{name}, {name_of(key)}", each.difference) for name, key, each in found]
    return [*shown, *notes_of(named)]


def _beats(contrast: ContrastPart) -> bool:
    lower = contrast.difference.lower
    return lower is not None and lower > 0


SECTION: Section[BaselinesPart] = Section(
    key="baselines",
    title="Against simple baselines",
    place=85,
    part=BaselinesPart,
    compute=_compute,
    show=_show,
    newer=True,
    remedy="give the scores of simple models of the same rows as `baselines`",
    answers=(
        Answer(
            items=("STARD-AI 18",),
            note="How accuracy was estimated and compared with simple baselines.",
            when=lambda report: SECTION.of(report) is not None,
        ),
    ),
)
