"""The first screen: what a reader of two minutes must know of a model of several labels."""

from collections.abc import Iterator

from prevalens.reports.estimate_text import estimate_text, of_100
from prevalens.reports.label_head import LabelReportHead
from prevalens.reports.label_sections.each_label import SECTION as EACH
from prevalens.reports.label_sections.each_label import LabelPart
from prevalens.reports.label_sections.label_study import SECTION as STUDY
from prevalens.reports.sections.key_results import (
    Flag,
    KeyMessage,
    KeyResults,
    about_one_patient,
    about_partition,
    about_repeats,
    show_messages,
)
from prevalens.reports.sections.partition import SECTION as PARTITION
from prevalens.reports.sections.section import Made, Section


def _derive(made: Made) -> KeyResults:
    report: LabelReportHead = made.report
    study = STUDY.of(report)
    flags = [
        *_about_labels(report),
        *about_repeats(0 if study is None else study.repeated_rows),
        *about_partition(PARTITION.of(report)),
        *about_one_patient(made.request.codes),
    ]
    return KeyResults(messages=list(_messages(report)), flags=flags)


def _labels(report: LabelReportHead) -> list[LabelPart]:
    part = EACH.of(report)
    return [] if part is None else part.labels


def _messages(report: LabelReportHead) -> Iterator[KeyMessage]:
    known = [each for each in _labels(report) if each.estimates["auroc"].lower is not None]
    for key, which, told in (
        ("best_label", max, "best"),
        ("worst_label", min, "worst"),
    ):
        if not known:
            return
        each = which(known, key=lambda one: one.estimates["auroc"].value or 0.0)
        auroc = each.estimates["auroc"]
        right, _, drawn = of_100(auroc.value or 0.0)
        yield KeyMessage(
            key=key,
            headline=f"{right} of 100",
            text=f"pairs of an image with and one without {each.name}, the label ranked {told}, "
            f"are ranked right (AUROC {estimate_text(auroc)}).",
            of_100=drawn,
        )


def _about_labels(report: LabelReportHead) -> Iterator[Flag]:
    part = EACH.of(report)
    for text in [] if part is None else part.rare:
        yield Flag(
            key="rare_label", text=f"{text[:1].upper()}{text[1:]}: its estimates are uncertain."
        )
    absent = [each.name for each in _labels(report) if each.images in {0, each.known}]
    if absent:
        yield Flag(
            key="absent_label",
            text=f"No image has {', '.join(absent)}, or all have: means over labels are not "
            "estimable.",
        )
    aurocs = [(each.name, each.estimates["auroc"]) for each in _labels(report)]
    unsure = [
        f"{name} ({estimate_text(auroc)})"
        for name, auroc in aurocs
        if auroc.value is not None and (auroc.lower is None or auroc.lower <= 0.5)
    ]
    if unsure:
        yield Flag(
            key="auroc_near_half",
            text=f"Not shown to be ranked better than by chance, by AUROC: {', '.join(unsure)}.",
        )


SECTION: Section[KeyResults] = Section(
    key="key_results",
    title="Key results",
    place=0,
    part=KeyResults,
    derive=_derive,
    show=show_messages,
)
