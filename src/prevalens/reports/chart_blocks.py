"""The report's charts, from the points in its record."""

from collections.abc import Mapping
from typing import Any

from prevalens.reports.document import Chart, Line

Record = Mapping[str, Any]


def charts_by_name(record: Record) -> dict[str, Chart]:
    """Return every chart of a record by the name `plot_chart` knows it by."""
    found = {"decision": decision_charts(record)[0]}
    return found | dict(zip(("scores", "corrected_scores"), score_charts(record), strict=False))


def score_charts(record: Record) -> list[Chart]:
    """Return the distribution of scores of each class, as given and corrected."""
    names = {"scores": "Scores as given", "corrected_scores": "Scores after correction"}
    return [
        _distribution(record["curves"][key], title, record["settings"]["classes"])
        for key, title in names.items()
        if key in record["curves"]
    ]


def decision_charts(record: Record) -> list[Chart]:
    """Return net benefit over the risks at which one might act, with its interval."""
    curve = record["utility"]["curve"]
    risks, model = curve["thresholds"], curve["model"]
    known = [
        (risk, low, high)
        for risk, low, high in zip(risks, curve["lower"], curve["upper"], strict=True)
        if low is not None and high is not None
    ]
    lines = [Line("Model", risks, model)]
    if known:
        band_x, low, high = (list(column) for column in zip(*known, strict=True))
        lines.append(Line("Interval at each risk", band_x, low, "band", high))
    lines += [
        Line("Treat all", risks, curve["treat_all"], "dashes"),
        Line("Treat none", [risks[0], risks[-1]], [0.0, 0.0], "dashes"),
    ]
    top = max(*model, record["flow"]["image_prevalence"], 0.01) * 1.1
    better = [r for r, m, a in zip(risks, model, curve["treat_all"], strict=True) if m > max(a, 0)]
    told = (
        f"The model does better than treating all and treating none at {len(better)} of "
        f"{len(risks)} risks looked at"
        + (f", from {better[0]:.2g} to {better[-1]:.2g}." if better else ".")
    )
    return [
        Chart(
            title="Decision curve",
            description=told,
            x_label="Risk from which one acts",
            y_label="Net benefit",
            lines=lines,
            x_range=(0.0, risks[-1]),
            y_range=(-top / 4, top),
            square=False,
        )
    ]


def _distribution(points: Record, title: str, classes: list[str]) -> Chart:
    edges = points["edges"]
    lines = []
    for side, name in zip(("negative", "positive"), classes, strict=True):
        heights = [0.0, *points[side], 0.0]
        lines.append(Line(name, [edges[0], *edges], heights, "steps"))
    top = max(max(line.y) for line in lines)
    means = [
        sum(h * (a + b) / 2 for h, a, b in zip(points[side], edges[:-1], edges[1:], strict=True))
        for side in ("negative", "positive")
    ]
    return Chart(
        title=title,
        description=f"Share of each class in bins of 0.05. Mean score about {means[0]:.2f} for "
        f"{classes[0]} and {means[1]:.2f} for {classes[1]}.",
        x_label="Score",
        y_label="Share of the class",
        lines=lines,
        y_range=(0.0, top * 1.05 or 1.0),
        square=False,
    )
