"""Calibration as curves: groups of rows, the smooth curve with its band, and their chart."""

from collections.abc import Mapping

from prevalens._records import Count, Share, TablePart
from prevalens.metrics.inputs import Columns, Numbered
from prevalens.metrics.reliability import reliability_curve
from prevalens.metrics.settings import Settings
from prevalens.metrics.smooth_curve import curve_of
from prevalens.reports.document import Chart, Line
from prevalens.reports.estimate_text import count_text, estimate_text
from prevalens.reports.record_parts import EstimatePart
from prevalens.typing import Flags, Labels, Scores


class Reliability(TablePart, frozen=True, kw_only=True):
    """Groups of rows of like size by score: mean score against the share of positives."""

    mean_score: list[Share]
    share_positive: list[Share | None]
    lower: list[Share | None]
    upper: list[Share | None]
    images: list[Count]


class Smooth(TablePart, frozen=True, kw_only=True):
    """The smoothed share of positives over the score, and its band at each score, if it has one."""

    scores: list[Share]
    share_positive: list[Share]
    lower: list[Share] | None
    upper: list[Share] | None
    method: str


def reliability_of(
    labels: Labels | Flags, scores: Scores, patients: Numbered | None, confidence_level: float
) -> Reliability:
    """Group rows by score, and compare mean score and share of positives.

    Args:
        labels: 1 where the row is positive, shape `(n_rows,)`.
        scores: The scores, shape `(n_rows,)`.
        patients: The patients of the rows; None where images are independent.
        confidence_level: Coverage the intervals aim at.
    """
    bins = reliability_curve(labels, scores, patients=patients, confidence_level=confidence_level)
    return Reliability(
        mean_score=[group.mean_score for group in bins],
        share_positive=[group.observed.value for group in bins],
        lower=[group.observed.lower for group in bins],
        upper=[group.observed.upper for group in bins],
        images=[group.observed.n for group in bins],
    )


def smooth_of(columns: Columns, settings: Settings) -> Smooth | None:
    """Smooth the share of positives over the score; None where there is no curve.

    Args:
        columns: The checked columns.
        settings: Confidence level, draws and seed of the band.
    """
    curve = curve_of(columns, settings)
    if curve.not_estimable is not None:
        return None
    return Smooth(
        scores=[*curve.scores],
        share_positive=[*curve.observed],
        lower=[*curve.lower] or None,
        upper=[*curve.upper] or None,
        method=curve.method,
    )


def reliability_chart(
    name: str,
    title: str,
    points: Reliability,
    estimates: Mapping[str, EstimatePart],
    smooth: Smooth | None = None,
) -> Chart:
    """Draw the share of positives over the mean score, with intervals.

    Args:
        name: Name of the chart.
        title: What it shows.
        points: The groups of rows.
        estimates: Holds the calibration intercept and slope.
        smooth: The smooth curve with its band; None leaves it out.
    """
    rows = list(zip(points.mean_score, points.lower, points.upper, strict=True))
    known = [(x, low, high) for x, low, high in rows if low is not None and high is not None]
    # Zoomed to the data: scores of a rare disease all lie in one corner of the unit square.
    top = max([*points.mean_score, *(high for _, _, high in known), 0.05])
    end = min(1.0, top * 1.05)
    seen = [
        (x, y)
        for x, y in zip(points.mean_score, points.share_positive, strict=True)
        if y is not None
    ]
    tips = [
        f"{count_text(n, 'image')}: mean score {x:.3g}, share positive {y:.3g}"
        for n, (x, y) in zip(points.images, seen, strict=False)
    ]
    told = (
        ""
        if smooth is None
        else "; the line is the smoothed share, its band holds at each score by itself"
    )
    lines = [
        *([] if smooth is None else _curve(smooth, end)),
        Line("Groups of rows", [x for x, _ in seen], [y for _, y in seen], "marks", tips=tips),
        *(Line("", [x, x], [low, high]) for x, low, high in known),
        Line("Ideal", [0, 1], [0, 1], "dashes"),
    ]
    return Chart(
        name=name,
        title=title,
        description=f"Rows in {len(points.images)} groups of like size by score; bars are "
        f"intervals{told}. Intercept {estimate_text(estimates['calibration_intercept'])}, slope "
        f"{estimate_text(estimates['calibration_slope'])}.",
        x_label="Mean score",
        y_label="Share positive",
        lines=lines,
        x_range=(0.0, end),
        y_range=(0.0, end),
    )


def _curve(smooth: Smooth, end: float) -> list[Line]:
    """Draw the smooth curve inside the axes, which end where the groups do."""
    kept = [place for place, score in enumerate(smooth.scores) if score <= end]

    def of(values: list[float]) -> list[float]:
        return [min(values[place], end) for place in kept]

    x = of(smooth.scores)
    line = Line("Smoothed share", x, of(smooth.share_positive))
    if smooth.lower is None or smooth.upper is None:
        return [line]
    return [Line("Band at each score", x, of(smooth.lower), "band", of(smooth.upper)), line]
