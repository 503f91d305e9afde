"""Each label on the rows where it is known: one row with its intervals, and a folded part."""

from collections.abc import Sequence

from prevalens._records import Count, Part
from prevalens.metrics.class_means import rare_classes
from prevalens.metrics.label_columns import LabelColumns
from prevalens.metrics.multilabel import per_label_estimates, unknown_rows
from prevalens.reports.document import (
    Block,
    Details,
    Forest,
    Matrix,
    Paragraph,
    Table,
)
from prevalens.reports.estimate_tables import estimate_table, noted
from prevalens.reports.estimate_text import estimate_text, name_of, number_text
from prevalens.reports.label_head import LabelReportHead
from prevalens.reports.label_request import LabelRequest
from prevalens.reports.part_of_many import rare_warning, roc_chart, roc_part
from prevalens.reports.record_parts import EstimatePart, MatrixPart, estimate_parts, matrix_part
from prevalens.reports.sections.discrimination import CurvePart
from prevalens.reports.sections.section import Answer, Section

_RANKED = ("auroc", "average_precision", "brier")
_AT = ("sensitivity", "specificity")


class LabelPart(Part, frozen=True, kw_only=True):
    """One label on the rows where it is known; the matrix is None without a threshold."""

    name: str
    known: Count
    unknown: Count
    images: Count
    patients: Count | None
    estimates: dict[str, EstimatePart]
    matrix: MatrixPart | None
    roc: CurvePart | None


class EachLabel(Part, frozen=True, kw_only=True):
    """Each label, and those of few images or patients."""

    labels: list[LabelPart]
    rare: list[str]


def _compute(request: LabelRequest) -> EachLabel:
    columns = request.columns
    estimates = per_label_estimates(columns, request.settings)
    unknown = unknown_rows(columns)
    return EachLabel(
        labels=[
            LabelPart(
                name=name,
                known=len(columns.labels) - unknown[name],
                unknown=unknown[name],
                images=int(columns.counts[which]),
                patients=None if columns.codes is None else columns.patients_of(which),
                estimates=estimate_parts(estimates[name]),
                matrix=_matrix(columns, which),
                roc=roc_part(columns.of_label(which)),
            )
            for which, name in enumerate(columns.names)
        ],
        rare=rare_classes(columns),
    )


def _matrix(columns: LabelColumns, which: int) -> MatrixPart | None:
    if columns.thresholds is None:
        return None
    rows = columns.of_label(which)
    return matrix_part(rows.labels, rows.scores >= columns.thresholds[which])


def _keys(report: LabelReportHead) -> tuple[str, ...]:
    return _RANKED if report.settings.thresholds is None else _RANKED + _AT


def label_header(report: LabelReportHead) -> tuple[str, ...]:
    """Return the header of `label_rows`."""
    short = {"average_precision": "AP"}
    named = (short.get(key, name_of(key)) for key in _keys(report))
    return ("Label", "Known", "Positive", "Patients", *named)


def label_rows(report: LabelReportHead) -> list[tuple[str, ...]]:
    """Return one row a label, and one of their means: counts, and estimates with intervals."""
    part, keys = SECTION.of(report), _keys(report)
    rows = [
        (
            each.name,
            f"{each.known:,}",
            f"{each.images:,}",
            "not provided" if each.patients is None else f"{each.patients:,}",
            *(estimate_text(each.estimates[key]) for key in keys),
        )
        for each in ([] if part is None else part.labels)
    ]
    means = (report.estimates.get(f"macro_{key}") for key in keys)
    told = ("" if mean is None else estimate_text(mean) for mean in means)
    return [*rows, ("Macro mean", "", "", "", *told)]


def _show(report: LabelReportHead) -> Sequence[Block]:
    part = SECTION.of(report)
    if part is None:
        return []
    shown: list[Block] = [
        *rare_warning(part.rare),
        Table(f"Each label, with {report.level}", label_header(report), label_rows(report)),
        Paragraph(
            "Known: images on which the label is known; the others are left out of its estimates. "
            "Patients: those with an image that has the label.",
            "note",
        ),
    ]
    for key in ("auroc", "average_precision"):
        rows = [
            (each.name, f"n {each.known}", each.estimates[key])
            for each in part.labels
            if each.estimates[key].value is not None
        ]
        if rows:
            mean = report.estimates[f"macro_{key}"].value
            title = f"{name_of(key)} of each label; the line is the macro mean"
            shown.append(Forest(f"label-forest-{key}", title, rows, mean))
    return [*shown, *(_details(report, number, each) for number, each in enumerate(part.labels))]


def _details(report: LabelReportHead, number: int, each: LabelPart) -> Details:
    keys = list(each.estimates)
    blocks: list[Block] = []
    at = report.settings.thresholds
    if each.matrix is not None and at is not None:
        found = each.matrix
        blocks.append(
            Matrix(
                f"{each.name}: predicted from a score of {number_text(at[number])}, images",
                ("not " + each.name, each.name),
                (
                    *(found.true_positive, found.false_positive),
                    *(found.false_negative, found.true_negative),
                ),
            )
        )
    blocks.append(
        estimate_table(
            each.estimates,
            keys,
            caption=f"{each.name}, with {report.level}",
            address=f"each_label.labels.{number}.estimates",
        )
    )
    blocks += noted(each.estimates, keys)
    return Details(each.name, [*blocks, *roc_chart(number, each.name, each.roc, each.estimates)])


SECTION: Section[EachLabel] = Section(
    key="each_label",
    title="Each label",
    place=25,
    part=EachLabel,
    compute=_compute,
    show=_show,
    answers=(
        Answer(
            items=("TRIPOD+AI 21",),
            note="Images and patients of each label.",
            when=lambda report: not report.independent,
        ),
    ),
)
