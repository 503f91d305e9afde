"""What a prediction means at each prevalence, from rare to even."""

from collections.abc import Sequence

from prevalens._records import Part, Share
from prevalens.metrics.predictive import predictive_values
from prevalens.reports.document import Block, Chart, Line, Table
from prevalens.reports.estimate_text import estimate_text, name_of, percent_text
from prevalens.reports.record_parts import EstimatePart, estimate_part
from prevalens.reports.report_head import ReportHead
from prevalens.reports.request import Request
from prevalens.reports.sections.section import Section

_GRID = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5)


class PredictiveRow(Part, frozen=True, kw_only=True):
    """PPV and NPV at one prevalence."""

    prevalence: Share
    stated: bool
    ppv: EstimatePart
    npv: EstimatePart


def _compute(request: Request) -> list[PredictiveRow]:
    stated = request.prevalence
    rows = []
    for share in sorted({*_GRID, *(() if stated is None else (stated,))}):
        found = predictive_values(
            request.predictions.labels,
            request.predicted,
            prevalence=share,
            patients=request.patients,
            confidence_level=request.confidence_level,
        )
        rows.append(
            PredictiveRow(
                prevalence=share,
                stated=share == stated,
                ppv=estimate_part(found.ppv),
                npv=estimate_part(found.npv),
            )
        )
    return rows


def stated_row(report: ReportHead) -> PredictiveRow | None:
    """Return the row of the stated prevalence; None where none is stated."""
    return next((row for row in SECTION.of(report) or [] if row.stated), None)


def _show(report: ReportHead) -> Sequence[Block]:
    part = SECTION.of(report) or []
    rows = [
        (
            percent_text(row.prevalence) + (" (stated)" if row.stated else ""),
            estimate_text(row.ppv),
            estimate_text(row.npv),
        )
        for row in part
    ]
    header = ("Prevalence", name_of("ppv"), name_of("npv"))
    caption = f"Predictive values where disease is more or less frequent, with {report.level}"
    return [Table(caption, header, rows), *_charts(part)]


def _charts(part: Sequence[PredictiveRow]) -> list[Chart]:
    lines = []
    for key, name in (("ppv", "PPV"), ("npv", "NPV")):
        held = [(row.prevalence, getattr(row, key)) for row in part]
        known = [
            (share, estimate.value, estimate.lower, estimate.upper)
            for share, estimate in held
            if None not in {estimate.value, estimate.lower, estimate.upper}
        ]
        if known:
            shares, values, low, high = (list(column) for column in zip(*known, strict=True))
            lines += [
                Line(name, shares, values),
                Line(f"{name}, interval", shares, low, "band", high),
            ]
    if not lines:
        return []
    return [
        Chart(
            name="predictive",
            title="Predictive values over prevalence",
            description="The positive predictive value rises with the prevalence and the negative "
            "one falls; the table gives the numbers.",
            x_label="Prevalence",
            y_label="Predictive value",
            lines=lines,
            x_range=(0.0, 0.5),
            square=False,
        )
    ]


SECTION: Section[list[PredictiveRow]] = Section(
    key="predictive_values",
    title="Predictive values over prevalence",
    place=70,
    part=list[PredictiveRow],
    compute=_compute,
    show=_show,
    folded=True,
)
