"""Each class against the rest: one row with its intervals, and a folded part of its own."""

from collections.abc import Sequence

from prevalens._records import Count, Part
from prevalens.metrics.class_means import rare_classes
from prevalens.metrics.multiclass import per_class_estimates
from prevalens.reports.class_head import ClassReportHead
from prevalens.reports.class_request import ClassRequest
from prevalens.reports.document import (
    Block,
    Details,
    Forest,
    Paragraph,
    Table,
)
from prevalens.reports.estimate_tables import estimate_table, noted
from prevalens.reports.estimate_text import estimate_text, name_of
from prevalens.reports.part_of_many import rare_warning, roc_chart, roc_part
from prevalens.reports.record_parts import EstimatePart, estimate_parts
from prevalens.reports.sections.discrimination import CurvePart
from prevalens.reports.sections.section import Answer, Section

COLUMNS = ("sensitivity", "specificity", "ppv", "npv", "f1", "auroc", "average_precision")
_DRAWN = ("sensitivity", "ppv", "auroc")


class ClassPart(Part, frozen=True, kw_only=True):
    """One class against the rest."""

    name: str
    images: Count
    patients: Count | None
    predicted: Count
    estimates: dict[str, EstimatePart]
    roc: CurvePart | None


class EachClass(Part, frozen=True, kw_only=True):
    """Each class against the rest, and those of few images or patients."""

    classes: list[ClassPart]
    rare: list[str]


def _compute(request: ClassRequest) -> EachClass:
    columns = request.columns
    estimates = per_class_estimates(columns, request.confidence_level)
    return EachClass(
        classes=[
            ClassPart(
                name=name,
                images=int(columns.counts[which]),
                patients=None if columns.codes is None else columns.patients_of(which),
                predicted=int((columns.predicted == which).sum()),
                estimates=estimate_parts(estimates[name]),
                roc=roc_part(columns.ranked(which)),
            )
            for which, name in enumerate(columns.names)
        ],
        rare=rare_classes(columns),
    )


def class_rows(report: ClassReportHead) -> list[tuple[str, ...]]:
    """Return one row a class: name, images, patients and the main estimates with intervals."""
    part = SECTION.of(report)
    return [
        (
            each.name,
            f"{each.images:,}",
            "not provided" if each.patients is None else f"{each.patients:,}",
            *(estimate_text(each.estimates[key]) for key in COLUMNS),
        )
        for each in ([] if part is None else part.classes)
    ]


def class_header() -> tuple[str, ...]:
    """Return the header of `class_rows`."""
    short = {"ppv": "PPV", "npv": "NPV", "average_precision": "AP"}
    return ("Class", "Images", "Patients", *(short.get(key, name_of(key)) for key in COLUMNS))


def _show(report: ClassReportHead) -> Sequence[Block]:
    part = SECTION.of(report)
    if part is None:
        return []
    shown: list[Block] = [
        *rare_warning(part.rare),
        Table(
            f"Each class against the rest, with {report.level}", class_header(), class_rows(report)
        ),
        Paragraph(
            "An image is positive for the class it is labelled, and predicted positive for the "
            "class with the highest score.",
            "note",
        ),
        *_forests(part),
    ]
    return [*shown, *(_details(report, number, each) for number, each in enumerate(part.classes))]


def _forests(part: EachClass) -> list[Forest]:
    found = []
    for key in _DRAWN:
        rows = [
            (each.name, f"n {each.estimates[key].n}", each.estimates[key])
            for each in part.classes
            if each.estimates[key].value is not None
        ]
        if rows:
            found.append(Forest(f"class-forest-{key}", f"{name_of(key)} of each class", rows))
    return found


def _details(report: ClassReportHead, number: int, each: ClassPart) -> Details:
    keys = list(each.estimates)
    table = estimate_table(
        each.estimates,
        keys,
        caption=f"{each.name} against the rest, with {report.level}",
        address=f"each_class.classes.{number}.estimates",
    )
    decided = "Where the class is predicted"
    chart = roc_chart(number, each.name, each.roc, each.estimates, decided=decided)
    return Details(f"{each.name} against the rest", [table, *noted(each.estimates, keys), *chart])


SECTION: Section[EachClass] = Section(
    key="each_class",
    title="Each class",
    place=25,
    part=EachClass,
    compute=_compute,
    show=_show,
    answers=(
        Answer(
            items=("TRIPOD+AI 21",),
            note="Images and patients of each class.",
            when=lambda report: not report.independent,
        ),
    ),
)
