"""Discrimination: what needs no threshold, and how estimates move with it."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from prevalens._records import Part, Share, TablePart
from prevalens.metrics.curves import precision_recall_curve, roc_curve
from prevalens.predictions.predictions import Predictions
from prevalens.reports.document import Block, Chart, Line
from prevalens.reports.estimate_tables import estimate_table, keys_of, noted
from prevalens.reports.estimate_text import estimate_text, number_text
from prevalens.reports.operating_points import OperatingPoints, operating_points
from prevalens.reports.report_head import ReportHead
from prevalens.reports.request import Request
from prevalens.reports.sections.section import Answer, Section
from prevalens.typing import Scores

_POINTS = 300


class CurvePart(TablePart, frozen=True, kw_only=True):
    """Points of a curve; the threshold of a point is None where none is predicted positive."""

    x: list[Share]
    y: list[Share]
    thresholds: list[Share | None]


class Discrimination(Part, frozen=True, kw_only=True):
    """ROC and precision-recall curves, thinned to what a page can show, and bands around them."""

    roc: CurvePart
    precision_recall: CurvePart
    other_roc: CurvePart | None
    other_precision_recall: CurvePart | None
    operating_points: OperatingPoints


def _compute(request: Request) -> Discrimination | None:
    held, other = request.predictions, request.compare
    if (held.class_counts == 0).any():
        return None
    return Discrimination(
        roc=_roc(held),
        precision_recall=_precision_recall(held),
        other_roc=None if other is None else _roc(other),
        other_precision_recall=None if other is None else _precision_recall(other),
        operating_points=operating_points(
            request.columns,
            threshold=request.threshold,
            confidence_level=request.confidence_level,
        ),
    )


def _roc(predictions: Predictions) -> CurvePart:
    curve = roc_curve(predictions.labels, predictions.scores)
    return thinned(curve.x, curve.y, curve.thresholds)


def _precision_recall(predictions: Predictions) -> CurvePart:
    curve = precision_recall_curve(predictions.labels, predictions.scores)
    # The first point is a convention, not a threshold that predicts anyone positive.
    return thinned(curve.x[1:], curve.y[1:], curve.thresholds[1:])


def thinned(x: Scores, y: Scores, thresholds: Scores) -> CurvePart:
    """Return a curve with as many points as a page can show.

    Args:
        x: Horizontal positions, shape `(n,)`.
        y: Vertical positions, shape `(n,)`.
        thresholds: Threshold of each point, infinite where none is predicted positive.
    """
    kept = spread_out(x, y)
    return CurvePart(
        x=x[kept].tolist(),
        y=y[kept].tolist(),
        thresholds=[None if np.isinf(at) else float(at) for at in thresholds[kept]],
    )


def spread_out(x: Scores, y: Scores) -> NDArray[np.int64]:
    """Return positions of points at even distances along a curve, both ends among them."""
    if len(x) <= _POINTS:
        return np.arange(len(x))
    length = np.concatenate([[0.0], np.cumsum(np.hypot(np.diff(x), np.diff(y)))])
    wanted = np.linspace(0, length[-1], _POINTS)
    places = np.searchsorted(length, wanted, side="left")
    return np.unique(np.concatenate([[0], np.minimum(places, len(x) - 1), [len(x) - 1]]))


def _show(report: ReportHead) -> Sequence[Block]:
    estimates, part = report.estimates, SECTION.of(report)
    keys = keys_of(estimates, "ranking")
    caption = f"Discrimination, with {report.level}"
    table = estimate_table(estimates, keys, caption=caption, address="estimates")
    charts = [] if part is None else [_roc_chart(report, part), _precision_chart(report, part)]
    return [table, *noted(estimates, keys), *charts]


def _tips(curve: CurvePart, x: str, y: str) -> list[str]:
    return [
        ("no row predicted positive" if at is None else f"threshold {at:.4g}")
        + f": {y} {number_text(up)}, {x} {number_text(over)}"
        for over, up, at in zip(curve.x, curve.y, curve.thresholds, strict=True)
    ]


def _band(
    x: Sequence[float | None], low: Sequence[float | None], high: Sequence[float | None]
) -> tuple[list[float], list[float], list[float]]:
    known = sorted(
        (a, b, c)
        for a, b, c in zip(x, low, high, strict=True)
        if a is not None and b is not None and c is not None
    )
    return [a for a, _, _ in known], [b for _, b, _ in known], [c for _, _, c in known]


def _roc_chart(report: ReportHead, part: Discrimination) -> Chart:
    estimates, held = report.estimates, part.operating_points
    sensitivity, specificity = estimates["sensitivity"], estimates["specificity"]
    rate = [None if value is None else 1 - value for value in held.specificity]
    x, low, high = _band(rate, held.sensitivity_lower, held.sensitivity_upper)
    lines = [
        Line(
            "Model", part.roc.x, part.roc.y, tips=_tips(part.roc, "1 - specificity", "sensitivity")
        ),
        Line("Interval of the sensitivity", x, low, "band", high),
    ]
    if part.other_roc is not None:
        lines.append(Line("Other model", part.other_roc.x, part.other_roc.y))
    at = [1 - (specificity.value or 0.0)], [sensitivity.value or 0.0]
    lines += [Line("Threshold", *at, "marks"), Line("Chance", [0, 1], [0, 1], "dashes")]
    return Chart(
        name="roc",
        title="ROC curve",
        description=f"Area {estimate_text(estimates['auroc'])}. At the threshold the sensitivity "
        f"is {estimate_text(sensitivity)}, the specificity {estimate_text(specificity)}. The band "
        "holds the sensitivity at each threshold by itself.",
        x_label="1 - specificity",
        y_label="Sensitivity",
        lines=lines,
    )


def _precision_chart(report: ReportHead, part: Discrimination) -> Chart:
    estimates, held = report.estimates, part.operating_points
    sensitivity, ppv, curve = estimates["sensitivity"], estimates["ppv"], part.precision_recall
    share = estimates["prevalence"].value or 0.0
    x, low, high = _band(held.sensitivity, held.ppv_lower, held.ppv_upper)
    lines = [
        Line("Model", curve.x, curve.y, tips=_tips(curve, "sensitivity", "PPV")),
        Line("Interval of the PPV", x, low, "band", high),
    ]
    if part.other_precision_recall is not None:
        other = part.other_precision_recall
        lines.append(Line("Other model", other.x, other.y))
    if ppv.value is not None:
        lines.append(Line("Threshold", [sensitivity.value or 0.0], [ppv.value], "marks"))
    lines.append(Line("Chance", [0, 1], [share, share], "dashes"))
    return Chart(
        name="precision_recall",
        title="Precision-recall curve",
        description=f"Average precision {estimate_text(estimates['average_precision'])}; chance is "
        f"{number_text(share)}, the prevalence. At the threshold the positive predictive value is "
        f"{estimate_text(ppv)}.",
        x_label="Sensitivity (recall)",
        y_label="Positive predictive value (precision)",
        lines=lines,
    )


SECTION: Section[Discrimination] = Section(
    key="discrimination",
    title="Discrimination",
    place=40,
    part=Discrimination,
    compute=_compute,
    show=_show,
    remedy="rows of both classes are needed for curves",
    answers=(
        Answer(
            items=("CLAIM 28",),
            note="Measures of discrimination, calibration and clinical usefulness.",
            when=lambda report: SECTION.of(report) is not None,
        ),
    ),
)
