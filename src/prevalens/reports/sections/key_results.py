"""The first screen: results in natural frequencies, and what to look at before believing them."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from prevalens._records import Count, Part
from prevalens.reports.document import Block, Listing, Message, Messages
from prevalens.reports.estimate_text import (
    FEWER,
    count_text,
    estimate_text,
    interval_text,
    name_of,
    number_text,
    of_100,
    percent_text,
    verb,
)
from prevalens.reports.record_parts import ContrastPart, EstimatePart
from prevalens.reports.report_head import ReportHead
from prevalens.reports.request import Request
from prevalens.reports.sections.next_cohort import drops_of
from prevalens.reports.sections.partition import SECTION as PARTITION
from prevalens.reports.sections.partition import PartitionPart
from prevalens.reports.sections.predictive_values import stated_row
from prevalens.reports.sections.section import Made, Section
from prevalens.reports.sections.study import SECTION as STUDY
from prevalens.reports.sections.subgroups import SECTION as SUBGROUPS
from prevalens.typing import Codes

_FEW = 20  # patients; simulated intervals fall short below
_WIDE = 0.2  # width of an interval of a share
_MOST_GAPS = 4  # between subgroups that the first screen names
_DOMINANT = 0.2  # share of the images that one patient has


class Flag(Part, frozen=True, kw_only=True):
    """Something to look at before the results are believed."""

    key: str
    text: str


class KeyMessage(Part, frozen=True, kw_only=True):
    """A result in natural frequencies; `of_100` is what the picture shows."""

    key: str
    headline: str
    text: str
    of_100: Count


class KeyResults(Part, frozen=True, kw_only=True):
    """What a reader of two minutes must know."""

    messages: list[KeyMessage]
    flags: list[Flag]


def _derive(made: Made) -> KeyResults:
    report = made.report
    flags = [
        *_about_threshold(report),
        *_about_rows(made.request, report),
        *_about_precision(report),
    ]
    flags += [*about_drops(report), *about_subgroups(report)]
    return KeyResults(messages=list(_messages(report)), flags=flags)


def _messages(report: ReportHead) -> Iterator[KeyMessage]:
    negative, positive = report.settings.classes
    sensitivity, specificity = (report.estimates[key] for key in ("sensitivity", "specificity"))
    if sensitivity.value is not None:
        found, missed, drawn = of_100(sensitivity.value)
        yield KeyMessage(
            key="sensitivity",
            headline=f"{found} of 100",
            text=f"images labelled {positive} are found; {missed} {verb(missed)} missed "
            f"(sensitivity {estimate_text(sensitivity)}).",
            of_100=drawn,
        )
    if specificity.value is not None:
        cleared, alarmed, drawn = of_100(specificity.value)
        kind = "a false alarm" if verb(alarmed) == "is" else "false alarms"
        yield KeyMessage(
            key="specificity",
            headline=f"{cleared} of 100",
            text=f"images labelled {negative} are cleared; {alarmed} {verb(alarmed)} {kind} "
            f"(specificity {estimate_text(specificity)}).",
            of_100=drawn,
        )
    yield from _predictive(report)


def _predictive(report: ReportHead) -> Iterator[KeyMessage]:
    row, positive = stated_row(report), report.settings.classes[1]
    ppv = report.estimates["ppv"] if row is None else row.ppv
    npv = report.estimates["npv"] if row is None else row.npv
    if ppv.value is None:
        return
    where = (
        f"where {percent_text(report.stated_prevalence)} of images are {positive}"
        if row is not None
        else f"at the prevalence of these rows, {percent_text(report.stated_prevalence)}: no "
        "prevalence of use is stated"
    )
    right, _, drawn = of_100(ppv.value)
    text = f"alarms are right, {where} (PPV {estimate_text(ppv)})."
    if npv.value is not None:
        text += f" {_missed(npv)}"
    yield KeyMessage(key="ppv", headline=f"{right} of 100", text=text, of_100=drawn)


def _missed(npv: EstimatePart) -> str:
    """Say how many all-clears are wrong, of as many as it takes to have some."""
    wrong = 1 - (npv.value or 0.0)
    base = next((base for base in (100, 1000, 10_000) if wrong * base >= 1), 10_000)
    count = FEWER if wrong * base < 1 else f"{wrong * base:.0f}"
    return f"Of {base:,} all-clears {count} {verb(count)} wrong."


def _about_threshold(report: ReportHead) -> Iterator[Flag]:
    matrix, setting = report.confusion_matrix, report.settings
    negative, positive = setting.classes
    if setting.threshold_origin == "exploratory":
        yield Flag(
            key="exploratory_threshold",
            text="The threshold is exploratory: nothing says that these rows did not choose it, so "
            "estimates at it may be optimistic.",
        )
    if matrix.false_negative + matrix.true_negative == 0:
        yield Flag(
            key="everything_positive",
            text=f"At this threshold every image is predicted positive: all "
            f"{matrix.false_positive:,} images labelled {negative} are false alarms, and the model "
            "decides nothing.",
        )
    if matrix.true_positive + matrix.false_positive == 0:
        yield Flag(
            key="everything_negative",
            text=f"At this threshold no image is predicted positive: all "
            f"{matrix.false_negative:,} images labelled {positive} are missed.",
        )
    auroc = report.estimates["auroc"]
    if auroc.value is not None and auroc.value < 0.5:
        yield Flag(
            key="auroc_below_half",
            text=f"The AUROC is below 0.5 ({estimate_text(auroc)}): the scores rank the wrong way "
            f"round. Check that they are of {positive}, not of {negative}.",
        )


def _about_rows(request: Request, report: ReportHead) -> Iterator[Flag]:
    study, partition = STUDY.of(report), PARTITION.of(report)
    yield from about_repeats(0 if study is None else study.repeated_rows)
    yield from about_partition(partition)
    yield from about_one_patient(request.codes)


def about_repeats(repeated_rows: int) -> Iterator[Flag]:
    """Flag rows that repeat another."""
    if repeated_rows:
        yield Flag(
            key="repeated_rows",
            text=f"{count_text(repeated_rows, 'row')} repeat another in every column, as in "
            "a table pasted twice: intervals are too short.",
        )


def about_partition(partition: PartitionPart | None) -> Iterator[Flag]:
    """Flag patients in several parts, and rows that were trained on."""
    if partition is not None and partition.patients_crossing:
        yield Flag(
            key="patients_crossing",
            text=f"{count_text(partition.patients_crossing, 'patient')} have images in more than "
            "one part: the estimates are optimistic.",
        )
    if partition is not None and any(
        part.reported and part.name == "train" for part in partition.parts
    ):
        yield Flag(
            key="trained_on",
            text="Reported images are among those trained on: the estimates say nothing of new "
            "ones.",
        )


def about_one_patient(codes: Codes | None) -> Iterator[Flag]:
    """Flag a patient who has a large share of the images."""
    if codes is not None:
        largest = float(np.bincount(codes).max() / len(codes))
        # Of few patients each has a large share; one that has three times its own dominates.
        if largest >= max(_DOMINANT, 3 / (int(codes.max()) + 1)):
            yield Flag(
                key="dominating_patient",
                text=f"One patient has {largest:.0%} of the images and weighs as much in every "
                "estimate.",
            )


def _about_precision(report: ReportHead) -> Iterator[Flag]:
    classes = report.settings.classes
    for key, name in (("sensitivity", classes[1]), ("specificity", classes[0])):
        estimate = report.estimates[key]
        units = estimate.n if estimate.patients is None else estimate.patients
        whose = "image" if estimate.patients is None else "patient"
        if units < _FEW:
            yield Flag(
                key=f"few_{key}",
                text=f"Only {count_text(units, whose)} of {name}: intervals from so few may "
                "cover less than stated.",
            )
        lower, upper = estimate.lower, estimate.upper
        if lower is not None and upper is not None and upper - lower > _WIDE:
            yield Flag(
                key=f"wide_{key}",
                text=f"The {key} is known only to lie between {number_text(lower)} and "
                f"{number_text(upper)}.",
            )


def about_drops(report: Any) -> Iterator[Flag]:
    """Name what is lower than in the study that made the model."""
    for text in drops_of(report):
        yield Flag(key="next_cohort_drop", text=text)


def about_subgroups(report: Any) -> Iterator[Flag]:
    """Name the levels that do worse than all other rows, the largest gaps first."""
    gaps = []
    for group in SUBGROUPS.of(report) or []:
        for level in group.levels:
            for key, contrast in level.differences.items():
                upper = contrast.difference.upper
                if upper is not None and upper < 0:
                    told = _gap(f"{group.by} {level.level}: {name_of(key)}", key, contrast)
                    gaps.append((contrast.difference.value or 0.0, told))
    for _, told in sorted(gaps)[:_MOST_GAPS]:
        yield Flag(key="subgroup_gap", text=told)
    if len(gaps) > _MOST_GAPS:
        more = count_text(len(gaps) - _MOST_GAPS, "gap")
        yield Flag(key="subgroup_gap", text=f"{more} more between subgroups: see Subgroups.")


def _gap(name: str, key: str, contrast: ContrastPart) -> str:
    own, rest = contrast.first, contrast.second
    text = (
        f"{name} {number_text(own.value)}, against {number_text(rest.value)} in all other rows "
        f"(difference {interval_text(contrast.difference)})"
    )
    chance = key == "auroc" and own.lower is not None and own.lower <= 0.5
    return f"{text}; not shown to be better than chance." if chance else f"{text}."


_KINDS = {"sensitivity": "found", "specificity": "cleared", "ppv": "alarm", "confusion": "confused"}


def show_messages(report: Any) -> list[Block]:
    """Show the messages of a report, and what to look at before believing them."""
    part: KeyResults | None = getattr(report, "key_results", None)
    if part is None:
        return []
    messages = [
        Message(item.key, item.headline, item.text, item.of_100, _KINDS.get(item.key, "found"))
        for item in part.messages
    ]
    shown: list[Block] = [Messages(messages)]
    if part.flags:
        shown.append(Listing([flag.text for flag in part.flags], "warning"))
    return shown


SECTION: Section[KeyResults] = Section(
    key="key_results",
    title="Key results",
    place=0,
    part=KeyResults,
    derive=_derive,
    show=show_messages,
)
