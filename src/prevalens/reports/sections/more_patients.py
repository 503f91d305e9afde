"""Would more patients help? The AUROC by the number of patients trained on."""

from collections.abc import Sequence

from prevalens._records import Count, Part
from prevalens.reports.class_head import ClassReportHead
from prevalens.reports.class_request import ClassRequest
from prevalens.reports.document import Block, Paragraph, Table
from prevalens.reports.estimate_tables import notes_of
from prevalens.reports.estimate_text import estimate_text, name_of
from prevalens.reports.record_parts import EstimatePart, estimate_part
from prevalens.reports.report_head import ReportHead
from prevalens.reports.request import Request
from prevalens.reports.sections.section import Section

_MORE = 20  # further patients that the curve is read on to


class CurvePoint(Part, frozen=True, kw_only=True):
    """The AUROC of heads fitted on so many patients."""

    patients: float
    auroc: EstimatePart


class MorePatientsPart(Part, frozen=True, kw_only=True):
    """The learning curve, its last step, and what `more` patients promise if that went on.

    Args:
        measure: Key of what the estimates are: `"auroc"`, or of several classes `"macro_auroc"`.
        points: Values, under `auroc` whatever the measure.
        gain: The last point minus the one before.
        more: Further patients.
        expected: The gain that they promise, with its limits.
    """

    measure: str = "auroc"
    points: list[CurvePoint]
    gain: EstimatePart
    more: Count
    expected: float
    expected_lower: float | None
    expected_upper: float | None


def _compute(request: Request | ClassRequest) -> MorePatientsPart | None:
    curve = request.learning_curve
    if curve is None or curve.gain.value is None:
        return None
    expected, lower, upper = curve.expect(_MORE)
    return MorePatientsPart(
        measure=curve.measure,
        points=[
            CurvePoint(patients=number, auroc=estimate_part(one))
            for number, one in zip(curve.n_patients, curve.estimates, strict=True)
        ],
        gain=estimate_part(curve.gain),
        more=_MORE,
        expected=expected,
        expected_lower=lower,
        expected_upper=upper,
    )


def _show(report: ReportHead | ClassReportHead) -> Sequence[Block]:
    part = SECTION.of(report)
    if part is None:
        return []
    rows = [(f"{each.patients:,.0f}", estimate_text(each.auroc)) for each in part.points]
    rows.append(("Gain of the last step", estimate_text(part.gain)))
    addresses = [f"more_patients.points[{place}].auroc" for place in range(len(part.points))]
    name = name_of(part.measure)
    caption = f"{name}, by the number of patients trained on, with {report.level}"
    shown: list[Block] = [
        Table(caption, ("Patients trained on", name), rows, [*addresses, "more_patients.gain"]),
        Paragraph(
            "Each head sees one layer alone, so that its value need not be the model's. If the "
            f"last step went on, linear in the logarithm of their number, {part.more} more "
            f"patients would change it by {_signed(part.expected)}{_limits(part)}; that "
            "flatters where a curve flattens."
        ),
    ]
    if part.gain.lower is None or part.gain.lower <= 0:
        shown.append(
            Paragraph(
                "These rows do not show that more patients would help: the interval of the last "
                "gain is not above 0.",
                "note",
            )
        )
    named = [(f"{each.patients:,.0f} patients", each.auroc) for each in part.points]
    return [*shown, *notes_of([*named, ("Gain", part.gain)])]


def _signed(value: float) -> str:
    return f"{value:+.3f}"


def _limits(part: MorePatientsPart) -> str:
    if part.expected_lower is None or part.expected_upper is None:
        return ""
    return f" ({_signed(part.expected_lower)} to {_signed(part.expected_upper)})"


SECTION: Section[MorePatientsPart] = Section(
    key="more_patients",
    title="Would more patients help",
    place=87,
    part=MorePatientsPart,
    compute=_compute,
    show=_show,
    newer=True,
    remedy="give what `prevalens.features.compute_learning_curve` found as `learning_curve`",
)
