"""The first screen: what a reader of two minutes must know of a model of several classes."""

from collections.abc import Iterator

from prevalens.reports.class_head import ClassReportHead
from prevalens.reports.class_sections.class_study import SECTION as STUDY
from prevalens.reports.class_sections.confusion import SECTION as CONFUSION
from prevalens.reports.class_sections.each_class import SECTION as EACH
from prevalens.reports.class_sections.each_class import ClassPart
from prevalens.reports.estimate_text import count_text, estimate_text, number_text, of_100
from prevalens.reports.sections.key_results import (
    Flag,
    KeyMessage,
    KeyResults,
    about_drops,
    about_one_patient,
    about_partition,
    about_repeats,
    about_subgroups,
    show_messages,
)
from prevalens.reports.sections.partition import SECTION as PARTITION
from prevalens.reports.sections.section import Made, Section

_WIDE = 0.2  # width of the interval of a class' sensitivity


def _derive(made: Made) -> KeyResults:
    report: ClassReportHead = made.report
    study = STUDY.of(report)
    flags = [
        *_about_classes(report),
        *about_repeats(0 if study is None else study.repeated_rows),
        *about_partition(PARTITION.of(report)),
        *about_one_patient(made.request.codes),
        *_about_precision(report),
        *about_drops(report),
        *about_subgroups(report),
    ]
    return KeyResults(messages=list(_messages(report)), flags=flags)


def _messages(report: ClassReportHead) -> Iterator[KeyMessage]:
    for key, told in (
        ("accuracy", "images are given their class (accuracy {})."),
        (
            "balanced_accuracy",
            "would be, if each class had as many images (balanced accuracy {}).",
        ),
    ):
        estimate = report.estimates[key]
        if estimate.value is not None:
            right, _, drawn = of_100(estimate.value)
            text = told.format(estimate_text(estimate))
            yield KeyMessage(key=key, headline=f"{right} of 100", text=text, of_100=drawn)
    yield from _worst(report)
    yield from _confused(report)


def _classes(report: ClassReportHead) -> list[ClassPart]:
    part = EACH.of(report)
    return [] if part is None else part.classes


def _worst(report: ClassReportHead) -> Iterator[KeyMessage]:
    """Name the class that is found the least."""
    known = [
        (each.estimates["sensitivity"].value, each)
        for each in _classes(report)
        if each.estimates["sensitivity"].value is not None
    ]
    if not known:
        return
    value, each = min(known, key=lambda pair: pair[0] or 0.0)
    found, _, drawn = of_100(value or 0.0)
    yield KeyMessage(
        key="worst_class",
        headline=f"{found} of 100",
        text=f"images labelled {each.name}, the class found least, are found (sensitivity "
        f"{estimate_text(each.estimates['sensitivity'])}).",
        of_100=drawn,
    )


def _confused(report: ClassReportHead) -> Iterator[KeyMessage]:
    """Name the confusion of most images."""
    part = CONFUSION.of(report)
    if part is None or not part.pairs:
        return
    pair = part.pairs[0]
    share, _, drawn = of_100(pair.share.value or 0.0)
    whose = "" if pair.patients is None else f" of {count_text(pair.patients, 'patient')}"
    yield KeyMessage(
        key="confusion",
        headline=f"{share} of 100",
        text=f"images labelled {pair.label} are predicted {pair.predicted}, the most frequent "
        f"confusion: {count_text(pair.images, 'image')}{whose}.",
        of_100=drawn,
    )


def _about_classes(report: ClassReportHead) -> Iterator[Flag]:
    classes, accuracy = _classes(report), report.estimates["accuracy"]
    most = max(classes, key=lambda each: each.images)
    share = most.images / sum(each.images for each in classes)
    if accuracy.lower is not None and accuracy.lower <= share:
        yield Flag(
            key="no_better_than_the_largest",
            text=f"Predicting {most.name} for every image would be right in {share:.1%}; the "
            f"accuracy {estimate_text(accuracy)} is not shown to be better.",
        )
    absent = [each.name for each in classes if not each.images]
    if absent:
        yield Flag(
            key="absent_class",
            text=f"No image is of {', '.join(absent)}: means over all classes are not estimable.",
        )
    never = [each.name for each in classes if each.images and not each.predicted]
    if never:
        yield Flag(key="never_predicted", text=f"Never predicted: {', '.join(never)}.")
    for each in classes:
        auroc = each.estimates["auroc"]
        if auroc.value is not None and auroc.value < 0.5:
            yield Flag(
                key="auroc_below_half",
                text=f"The AUROC of {each.name} is below 0.5 ({estimate_text(auroc)}): check that "
                "columns of scores and classes have the same order.",
            )


def _about_precision(report: ClassReportHead) -> Iterator[Flag]:
    part = EACH.of(report)
    for text in [] if part is None else part.rare:
        yield Flag(
            key="rare_class", text=f"{text[:1].upper()}{text[1:]}: its estimates are uncertain."
        )
    for each in _classes(report):
        found = each.estimates["sensitivity"]
        lower, upper = found.lower, found.upper
        if lower is not None and upper is not None and upper - lower > _WIDE:
            yield Flag(
                key="wide_sensitivity",
                text=f"The sensitivity for {each.name} is known only to lie between "
                f"{number_text(lower)} and {number_text(upper)}.",
            )


SECTION: Section[KeyResults] = Section(
    key="key_results",
    title="Key results",
    place=0,
    part=KeyResults,
    derive=_derive,
    show=show_messages,
)
