"""The methods of a report of several classes in words, each with its reference."""

from prevalens.metrics.class_measures import all_class_measures
from prevalens.reports.class_head import ClassReportHead
from prevalens.reports.sections.methods import (
    SECTION as OF_TWO,
)
from prevalens.reports.sections.methods import (
    Methods,
    by_method,
    methods_of,
    over_patients,
    show_methods,
)
from prevalens.reports.sections.section import Made, Section

_MEANS = (
    "A mean over classes carries the limits of each class, so that a rare one widens it; a class "
    "without limits of its own is taken to lie anywhere in its range."
)


def _derive(made: Made) -> Methods:
    report: ClassReportHead = made.report
    return methods_of(report, _sentences(report), all_class_measures())


def _sentences(report: ClassReportHead) -> list[str]:
    setting = report.settings
    order = (
        f"Classes are grades, from {setting.classes[0]} to {setting.classes[-1]}. "
        if setting.ordered
        else ""
    )
    sentences = [
        f"{order}The class with the highest score is predicted, the first in order of equal ones.",
        "Each class is also taken against the rest.",
        over_patients(independent=report.independent, level=setting.confidence_level),
        *(f"{names}: {method}." for method, names in by_method(report.estimates)),
        _MEANS,
        "Undefined estimates are named as not estimable with the reason; none is set to 0.",
    ]
    if any(getattr(report, key, None) for key in ("subgroups", "class_comparison", "baselines")):
        sentences.append("p values of several tests are adjusted by Holm's method (Holm 1979).")
    return sentences


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
