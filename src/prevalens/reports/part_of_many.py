"""What reports of several classes and of several labels show alike of each of them."""

from collections.abc import Mapping, Sequence

from prevalens.metrics.curves import roc_curve
from prevalens.metrics.inputs import Columns
from prevalens.reports.document import Chart, Line, Listing
from prevalens.reports.estimate_text import estimate_text
from prevalens.reports.record_parts import EstimatePart
from prevalens.reports.sections.discrimination import CurvePart, thinned


def rare_warning(rare: Sequence[str]) -> list[Listing]:
    """Name what has few images or patients; nothing where all have many."""
    told = [f"{text[:1].upper()}{text[1:]}." for text in rare]
    few = "Intervals from so few may cover less than stated."
    return [Listing([*told, few], "warning")] if rare else []


def roc_part(rows: Columns) -> CurvePart | None:
    """Return the ROC curve of one class or label; None where its rows are all of a kind."""
    if rows.labels.all() or not rows.labels.any():
        return None
    curve = roc_curve(rows.labels, rows.scores)
    return thinned(curve.x, curve.y, curve.thresholds)


def roc_chart(
    number: int,
    name: str,
    roc: CurvePart | None,
    estimates: Mapping[str, EstimatePart],
    *,
    decided: str = "",
) -> list[Chart]:
    """Draw the ROC curve of one class or label, where it has one.

    Args:
        number: Its place among the others.
        name: Its name.
        roc: Its curve.
        estimates: Its estimates by key.
        decided: What is predicted from, in words, to mark that point; by default none is marked.
    """
    if roc is None:
        return []
    description = f"Area {estimate_text(estimates['auroc'])}."
    lines = [Line("Score", roc.x, roc.y)]
    if decided:
        found, cleared = estimates["sensitivity"], estimates["specificity"]
        at = [1 - (cleared.value or 0.0)], [found.value or 0.0]
        lines.append(Line("Prediction", *at, "marks"))
        description += (
            f" {decided} the sensitivity is {estimate_text(found)}, the specificity "
            f"{estimate_text(cleared)}."
        )
    lines.append(Line("Chance", [0, 1], [0, 1], "dashes"))
    chart = Chart(
        name=f"roc_{number}",
        title=f"ROC curve of {name}",
        description=description,
        x_label="1 - specificity",
        y_label="Sensitivity",
        lines=lines,
    )
    return [chart]
