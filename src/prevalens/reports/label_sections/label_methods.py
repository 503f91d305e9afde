"""The methods of a report of several labels in words, each with its reference."""

from prevalens.metrics.label_measures import LABEL_TABLE
from prevalens.reports.label_head import LabelReportHead
from prevalens.reports.label_sections.all_labels import titled
from prevalens.reports.sections.methods import SECTION as OF_TWO
from prevalens.reports.sections.methods import (
    Methods,
    methods_of,
    over_patients,
    show_methods,
)
from prevalens.reports.sections.section import Made, Section


def _derive(made: Made) -> Methods:
    report: LabelReportHead = made.report
    return methods_of(report, _sentences(report), LABEL_TABLE)


def _sentences(report: LabelReportHead) -> list[str]:
    setting = report.settings
    found: dict[str, list[str]] = {}
    for _, title, estimate in titled(report):
        found.setdefault(estimate.method, []).append(title)
    predicted = (
        "No label is predicted, as no threshold is given."
        if setting.thresholds is None
        else f"A label is predicted from its threshold on ({setting.threshold_origin})."
    )
    if setting.threshold_guarantee:
        predicted += f" {setting.threshold_guarantee} (Angelopoulos 2021)"
    rules = [f"Threshold of {name}: {rule}." for name, rule in setting.threshold_rules.items()]
    adjusted = ("label_subgroups", "label_comparison")
    tested = any(getattr(report, key, None) for key in adjusted)
    holm = ["p values of several tests are adjusted by Holm's method (Holm 1979)."]
    return [
        f"An image may have several labels. {predicted}",
        *rules,
        "Each label counts on the images where it is known; the others are left out and counted.",
        over_patients(independent=report.independent, level=setting.confidence_level),
        *(f"{', '.join(titles)}: {method}." for method, titles in found.items()),
        "A mean over labels carries the limits of each label, so that a rare one widens it.",
        "Undefined estimates are named as not estimable with the reason; none is set to 0.",
        *(holm if tested else []),
    ]


SECTION: Section[Methods] = Section(
    key="methods",
    title="Methods",
    place=110,
    part=Methods,
    derive=_derive,
    show=show_methods,
    folded=True,
    answers=OF_TWO.answers,
)
