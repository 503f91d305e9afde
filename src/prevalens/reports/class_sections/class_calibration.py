"""Whether the score of each class is the chance of that class."""

from collections.abc import Sequence

from prevalens._records import Part
from prevalens.metrics.inputs import Columns, numbered
from prevalens.metrics.registry import estimate_of
from prevalens.metrics.settings import Settings
from prevalens.reports.calibration_curves import Reliability, reliability_chart, reliability_of
from prevalens.reports.class_head import ClassReportHead
from prevalens.reports.class_request import ClassRequest
from prevalens.reports.document import Block, Details, Paragraph, Table
from prevalens.reports.estimate_tables import estimate_table, noted
from prevalens.reports.estimate_text import estimate_text, name_of
from prevalens.reports.record_parts import EstimatePart, estimate_parts
from prevalens.reports.sections.section import Section

_KEYS = (
    *("calibration_intercept", "calibration_slope", "observed_expected"),
    *("expected_calibration_error", "brier", "scaled_brier"),
)
_COLUMNS = _KEYS[:4]


class CalibratedClass(Part, frozen=True, kw_only=True):
    """The calibration of the score of one class."""

    name: str
    estimates: dict[str, EstimatePart]
    reliability: Reliability | None


def _compute(request: ClassRequest) -> list[CalibratedClass]:
    columns = request.columns
    return [
        calibrated(name, columns.ranked(which), request.settings)
        for which, name in enumerate(columns.names)
    ]


def calibrated(name: str, rows: Columns, settings: Settings) -> CalibratedClass:
    """Compute the calibration of the score of one class, or label, on some rows."""
    estimates = {key: estimate_of(key, rows, settings) for key in _KEYS}
    both = rows.labels.any() and not rows.labels.all()
    return CalibratedClass(
        name=name,
        estimates=estimate_parts(estimates),
        reliability=reliability_of(
            rows.labels, rows.scores, numbered(rows.codes, rows.ids), settings.confidence_level
        )
        if both
        else None,
    )


def _show(report: ClassReportHead) -> Sequence[Block]:
    together = (
        f" All classes together: {name_of('classwise_calibration_error').lower()} "
        f"{estimate_text(report.estimates['classwise_calibration_error'])}."
    )
    caption = f"Calibration of the score of each class against the rest, with {report.level}"
    return show_calibrated(
        SECTION.of(report) or [], "Class", caption, together, address=SECTION.key
    )


def show_calibrated(
    part: Sequence[CalibratedClass], kind: str, caption: str, together: str, *, address: str
) -> list[Block]:
    """Show a row, a chart and a folded part for each class, or label.

    Args:
        part: What was computed of each.
        kind: `"Class"` or `"Label"`.
        caption: Of the table.
        together: What is said of all together, beginning with a blank.
        address: Where the record holds `part`.
    """
    rows = [(each.name, *(estimate_text(each.estimates[key]) for key in _COLUMNS)) for each in part]
    right = "Right are an intercept of 0, a slope of 1 and a ratio of 1."
    shown: list[Block] = [
        Table(caption, (kind, *map(name_of, _COLUMNS)), rows),
        Paragraph(f"{right}{together}"),
    ]
    shown += [
        reliability_chart(f"reliability_{number}", each.name, each.reliability, each.estimates)
        for number, each in enumerate(part)
        if each.reliability is not None
    ]
    return [*shown, *(_details(number, each, address) for number, each in enumerate(part))]


def _details(number: int, each: CalibratedClass, address: str) -> Details:
    keys = list(each.estimates)
    table = estimate_table(
        each.estimates,
        keys,
        caption=f"Calibration of the score of {each.name}",
        address=f"{address}.{number}.estimates",
    )
    return Details(f"Calibration of {each.name}", [table, *noted(each.estimates, keys)])


SECTION: Section[list[CalibratedClass]] = Section(
    key="class_calibration",
    title="Calibration of each class",
    place=50,
    part=list[CalibratedClass],
    compute=_compute,
    show=_show,
)
