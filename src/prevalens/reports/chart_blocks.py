"""The report's charts, from the points in its record."""

from collections.abc import Mapping
from typing import Any

from prevalens.reports.document import Chart, Line
from prevalens.reports.estimate_text import estimate_text, number_text

Record = Mapping[str, Any]


def charts_by_name(record: Record) -> dict[str, Chart]:
    """Return every chart of a record by the name `plot_chart` knows it by."""
    charts = [*discrimination_charts(record), *reliability_charts(record)]
    charts += [*score_charts(record), *decision_charts(record), *predictive_charts(record)]
    return {chart.name: chart for chart in charts}


def discrimination_charts(record: Record) -> list[Chart]:
    """Return the ROC and precision-recall charts, with the threshold marked."""
    if "roc" not in record["curves"]:
        return []
    roc, precision = record["curves"]["roc"], record["curves"]["precision_recall"]
    estimates = record["estimates"]
    sensitivity, specificity = estimates["sensitivity"], estimates["specificity"]
    at = f"At the threshold the sensitivity is {estimate_text(sensitivity)}"
    false = 1 - specificity["value"]
    lines = [
        Line("Model", roc["false_positive_share"], roc["sensitivity"]),
        Line("Threshold", [false], [sensitivity["value"]], "marks"),
        Line("Chance", [0, 1], [0, 1], "dashes"),
    ]
    share = record["flow"]["image_prevalence"]
    precision_lines = [Line("Model", precision["sensitivity"], precision["ppv"])]
    if estimates["ppv"]["value"] is not None:
        mark = Line("Threshold", [sensitivity["value"]], [estimates["ppv"]["value"]], "marks")
        precision_lines.append(mark)
    precision_lines.append(Line("Chance", [0, 1], [share, share], "dashes"))
    return [
        Chart(
            name="roc",
            title="ROC curve",
            description=f"Area {estimate_text(estimates['auroc'])}. {at}, the specificity "
            f"{estimate_text(specificity)}.",
            x_label="1 - specificity",
            y_label="Sensitivity",
            lines=lines,
        ),
        Chart(
            name="precision_recall",
            title="Precision-recall curve",
            description=f"Average precision {estimate_text(estimates['average_precision'])}; "
            f"chance is {number_text(share)}, the prevalence. {at}, the positive predictive value "
            f"{estimate_text(estimates['ppv'])}.",
            x_label="Sensitivity (recall)",
            y_label="Positive predictive value (precision)",
            lines=precision_lines,
        ),
    ]


def reliability_charts(record: Record) -> list[Chart]:
    """Return the reliability chart of the scores as given, and after correction."""
    names = {
        "uncorrected_reliability": ("Calibration before correction", record["uncorrected"]),
        "reliability": ("Calibration of the scores as given", record),
        "corrected_reliability": ("Calibration after correction", record["correction"]),
    }
    return [
        _reliability(key, record["curves"][key], title, held["estimates"])
        for key, (title, held) in names.items()
        if key in record["curves"]
    ]


def _reliability(name: str, points: Record, title: str, estimates: Record) -> Chart:
    known = [
        point
        for point in zip(points["mean_score"], points["lower"], points["upper"], strict=True)
        if None not in point
    ]
    lines = [
        Line("Groups of rows", points["mean_score"], points["share_positive"], "marks"),
        *(Line("", [mean, mean], [low, high]) for mean, low, high in known),
        Line("Ideal", [0, 1], [0, 1], "dashes"),
    ]
    return Chart(
        name=name,
        title=title,
        description=f"Rows in {len(points['images'])} groups of like size by score; bars are "
        f"intervals. Intercept {estimate_text(estimates['calibration_intercept'])}, slope "
        f"{estimate_text(estimates['calibration_slope'])}.",
        x_label="Mean score",
        y_label="Share positive",
        lines=lines,
    )


def predictive_charts(record: Record) -> list[Chart]:
    """Return PPV and NPV over prevalence, each with its interval."""
    lines = []
    for key, name in (("ppv", "PPV"), ("npv", "NPV")):
        points = [
            (row["prevalence"], row[key]["value"], row[key]["lower"], row[key]["upper"])
            for row in record["predictive_values"]
        ]
        known = [point for point in points if None not in point]
        if not known:
            continue
        shares, values, low, high = (list(column) for column in zip(*known, strict=True))
        lines += [Line(name, shares, values), Line(f"{name}, interval", shares, low, "band", high)]
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


def score_charts(record: Record) -> list[Chart]:
    """Return the distribution of scores of each class, as given and corrected."""
    names = {
        "uncorrected_scores": "Scores before correction",
        "scores": "Scores as given",
        "corrected_scores": "Scores after correction",
    }
    return [
        _distribution(key, record["curves"][key], title, record["settings"]["classes"])
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
    top = max(*model, record["flow"]["image_prevalence"], 0.01, *(point[2] for point in known))
    top *= 1.05
    # Treating all falls without end; where it leaves the chart its line ends.
    paired = zip(risks, curve["treat_all"], strict=True)
    everyone = {risk: value for risk, value in paired if value >= -top / 4}
    lines += [
        Line("Treat all", list(everyone), list(everyone.values()), "dashes"),
        Line("Treat none", [risks[0], risks[-1]], [0.0, 0.0], "dashes"),
    ]
    better = [r for r, m, a in zip(risks, model, curve["treat_all"], strict=True) if m > max(a, 0)]
    told = (
        f"The model does better than treating all and treating none at {len(better)} of "
        f"{len(risks)} risks looked at"
        + (f", from {better[0]:.2g} to {better[-1]:.2g}." if better else ".")
    )
    return [
        Chart(
            name="decision",
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


def _distribution(name: str, points: Record, title: str, classes: list[str]) -> Chart:
    edges = points["edges"]
    lines = []
    for side, label in zip(("negative", "positive"), classes, strict=True):
        heights = [0.0, *points[side], 0.0]
        lines.append(Line(label, [edges[0], *edges], heights, "steps"))
    top = max(max(line.y) for line in lines)
    means = [
        sum(h * (a + b) / 2 for h, a, b in zip(points[side], edges[:-1], edges[1:], strict=True))
        for side in ("negative", "positive")
    ]
    return Chart(
        name=name,
        title=title,
        description=f"Share of each class in bins of 0.05. Mean score about {means[0]:.2f} for "
        f"{classes[0]} and {means[1]:.2f} for {classes[1]}.",
        x_label="Score",
        y_label="Share of the class",
        lines=lines,
        y_range=(0.0, top * 1.05 or 1.0),
        square=False,
    )
