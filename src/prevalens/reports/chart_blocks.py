"""The report's charts, from the points in its record."""

from collections.abc import Mapping
from typing import Any

from prevalens.reports.document import Chart, Line

Record = Mapping[str, Any]


def score_charts(record: Record) -> list[Chart]:
    """Return the distribution of scores of each class, as given and corrected."""
    names = {"scores": "Scores as given", "corrected_scores": "Scores after correction"}
    return [
        _distribution(record["curves"][key], title, record["settings"]["classes"])
        for key, title in names.items()
        if key in record["curves"]
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
