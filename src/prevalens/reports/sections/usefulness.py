"""Whether acting on the model does more good than acting on all images or on none."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from prevalens._records import Part, Share, TablePart
from prevalens.reports.document import Block, Chart, Line, Paragraph
from prevalens.reports.estimate_tables import estimate_table, noted
from prevalens.reports.estimate_text import percent_text
from prevalens.reports.net_benefits import NetBenefit
from prevalens.reports.record_parts import EstimatePart, estimate_parts
from prevalens.reports.report_head import ReportHead
from prevalens.reports.request import Request
from prevalens.reports.sections.section import Answer, Section

_POINTS = 40
_LARGEST = 0.9999


class DecisionPoints(TablePart, frozen=True, kw_only=True):
    """Net benefit over the risks from which one might act, one entry a risk."""

    risks: list[Share]
    model: list[float | None]
    lower: list[float | None]
    upper: list[float | None]
    treat_all: list[float | None]
    better: list[bool]


class Usefulness(Part, frozen=True, kw_only=True):
    """Net benefit at the threshold and over risks, and at which prevalence."""

    prevalence: Share
    stated: bool
    corrected: bool
    risk: Share
    estimates: dict[str, EstimatePart]
    curve: DecisionPoints


def _compute(request: Request) -> Usefulness:
    shift = request.shift_to(request.target)
    scores = request.risks_at(request.predictions, request.target)
    columns = replace(request.columns, scores=scores.astype(np.float64))
    at = request.threshold if shift is None else shift.correct_threshold(request.threshold)
    at = min(at, _LARGEST)

    def at_risk(risk: float, confidence_level: float = request.confidence_level) -> NetBenefit:
        return NetBenefit(columns, risk, request.prevalence, confidence_level)

    # Beyond a few times the prevalence nothing is gained by any model of a rare disease.
    last = min(0.95, max(0.2, 3 * request.target))
    risks = np.linspace(0.01, last, _POINTS).round(4).tolist()
    model = [at_risk(risk).model() for risk in risks]
    # A claim is made of the best of forty risks, so it must hold at all of them (Bonferroni).
    strict = 1 - (1 - request.confidence_level) / _POINTS
    better = [
        _above(at_risk(risk, strict).model().lower)
        and _above(at_risk(risk, strict).over_treat_all().lower)
        for risk in risks
    ]
    here = at_risk(at)
    estimates = estimate_parts(
        {
            "net_benefit": here.model(),
            "net_benefit_treat_all": here.treat_all(),
            "net_benefit_over_treat_all": here.over_treat_all(),
        }
    )
    if request.prevalence is None:
        # The table's measures of usefulness are at the prevalence of the rows.
        estimates |= request.estimates_of(scores, at, lambda measure: measure.group == "utility")
    return Usefulness(
        prevalence=request.target,
        stated=request.prevalence is not None,
        corrected=shift is not None,
        risk=at,
        estimates=estimates,
        curve=DecisionPoints(
            risks=risks,
            model=[estimate.value for estimate in model],
            lower=[estimate.lower for estimate in model],
            upper=[estimate.upper for estimate in model],
            treat_all=[at_risk(risk).treat_all().value for risk in risks],
            better=better,
        ),
    )


def _above(lower: float | None) -> bool:
    return lower is not None and lower > 0


def _show(report: ReportHead) -> Sequence[Block]:
    part = SECTION.of(report)
    if part is None:
        return []
    keys = list(part.estimates)
    whose = "stated, where the model will be used" if part.stated else "that of these rows"
    return [
        estimate_table(
            part.estimates,
            keys,
            caption=f"Net benefit at a threshold probability of {part.risk:.4g} and a prevalence "
            f"of {percent_text(part.prevalence)} ({whose}), with {report.level}",
            address="usefulness.estimates",
        ),
        *noted(part.estimates, keys),
        Paragraph(
            "Net benefit counts true positives per image and takes off false positives at the odds "
            "of the risk from which one acts. Acting on none has 0. It reads scores as risks"
            + (", here corrected for prevalence." if part.corrected else ".")
        ),
        _chart(part),
    ]


def claim(part: Usefulness) -> str:
    """Say at which risks the model does better, by intervals that hold at all of them at once."""
    risks = part.curve.risks
    better = [risk for risk, is_so in zip(risks, part.curve.better, strict=True) if is_so]
    if not better:
        return (
            f"At none of {len(risks)} risks do intervals that hold at all of them at once "
            "(Bonferroni) show that the model does better than acting on all and on none."
        )
    span = f"from {better[0]:.2g} to {better[-1]:.2g}" if len(better) > 1 else f"{better[0]:.2g}"
    return (
        "By intervals that hold at all risks at once (Bonferroni), the model does better than "
        f"acting on all and on none at {len(better)} of {len(risks)} risks, {span}."
    )


def _chart(part: Usefulness) -> Chart:
    curve = part.curve
    risks, model = curve.risks, curve.model
    drawn = [(risk, value) for risk, value in zip(risks, model, strict=True) if value is not None]
    known = [
        (risk, low, high)
        for risk, low, high in zip(risks, curve.lower, curve.upper, strict=True)
        if low is not None and high is not None
    ]
    tips = [f"risk {risk:.3g}: net benefit {value:.4g}" for risk, value in drawn]
    lines = [Line("Model", [risk for risk, _ in drawn], [value for _, value in drawn], tips=tips)]
    if known:
        band_x, low, high = (list(column) for column in zip(*known, strict=True))
        lines.append(Line("Interval at each risk", band_x, low, "band", high))
    heights = [value for _, value in drawn] + [point[2] for point in known]
    top = max([*heights, part.prevalence, 0.01]) * 1.05
    # Acting on all falls without end; where it leaves the chart its line ends.
    everyone = [
        (risk, value)
        for risk, value in zip(risks, curve.treat_all, strict=True)
        if value is not None and value >= -top / 4
    ]
    lines += [
        Line("Act on all", [x for x, _ in everyone], [y for _, y in everyone], "dashes"),
        Line("Act on none", [risks[0], risks[-1]], [0.0, 0.0], "dashes"),
    ]
    return Chart(
        name="decision",
        title=f"Decision curve at a prevalence of {percent_text(part.prevalence)}",
        description=claim(part),
        x_label="Risk from which one acts",
        y_label="Net benefit",
        lines=lines,
        x_range=(0.0, risks[-1]),
        y_range=(-top / 4, top),
        square=False,
    )


def _all_estimable(report: ReportHead) -> bool:
    part, estimates = SECTION.of(report), report.estimates
    held = [estimates.get(key) for key in ("auroc", "calibration_slope")]
    held += [None if part is None else part.estimates.get("net_benefit")]
    return all(estimate is not None and estimate.lower is not None for estimate in held)


SECTION: Section[Usefulness] = Section(
    key="usefulness",
    title="Clinical usefulness",
    place=60,
    part=Usefulness,
    compute=_compute,
    show=_show,
    answers=(
        Answer(
            items=("PROBAST+AI E4.7",),
            note="Discrimination, calibration and net benefit, each with its interval.",
            when=_all_estimable,
        ),
    ),
)
