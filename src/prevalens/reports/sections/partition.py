"""How the rows were divided, and whether patients cross: counted, or said not to be checked."""

from collections.abc import Sequence
from typing import Literal

import numpy as np

from prevalens._records import Count, Part
from prevalens.cohorts.cohort import Cohort
from prevalens.exceptions import InvalidInputError
from prevalens.predictions.predictions import Predictions
from prevalens.reports.baseline import BaselineRow, baseline
from prevalens.reports.class_head import ClassReportHead
from prevalens.reports.class_request import ClassRequest
from prevalens.reports.document import Block, Paragraph, Table
from prevalens.reports.estimate_text import count_text
from prevalens.reports.report_head import ReportHead
from prevalens.reports.request import Request
from prevalens.reports.sections.section import Answer, Section
from prevalens.splits.partition import Partition, count_crossing
from prevalens.typing import Rows


class PartOfCohort(Part, frozen=True, kw_only=True):
    """One part of the partition; counts beside images need the cohort."""

    name: str
    images: Count
    patients: Count | None
    positive_images: Count | None
    reported: bool


class PartitionPart(Part, frozen=True, kw_only=True):
    """How the cohort was divided."""

    method: str
    images: Count
    patients: Count | None
    patients_crossing: Count | None
    crossing_from: Literal["counted", "stated", "not checked"]
    parts: list[PartOfCohort]
    baseline: list[BaselineRow]


def _compute(request: Request | ClassRequest) -> PartitionPart | None:
    partition, cohort = request.partition, request.cohort
    if partition is None:
        if cohort is not None:
            raise InvalidInputError("`cohort` is what `partition` divides: give `partition` too.")
        return None
    _refuse_another(partition, cohort, request.predictions)
    parts = partition.parts()
    stated: int | None = partition.patients_crossing
    crossing = stated if cohort is None else count_crossing(cohort.patients, list(parts.values()))
    origin: Literal["counted", "stated"] = "stated" if cohort is None else "counted"
    return PartitionPart(
        method=partition.method,
        images=partition.n_rows,
        patients=None if cohort is None else cohort.n_patients,
        patients_crossing=crossing,
        crossing_from="not checked" if crossing is None else origin,
        parts=[_part(name, rows, request) for name, rows in parts.items() if len(rows)],
        baseline=[] if cohort is None else baseline(cohort, parts),
    )


def _refuse_another(partition: Partition, cohort: Cohort | None, held: Predictions) -> None:
    """Refuse a partition that the reported rows cannot have come from."""
    if cohort is not None:
        partition.check_cohort(cohort)
        if held.images is not None and (strange := set(held.images) - set(cohort.images)):
            raise InvalidInputError(
                f"{len(strange)} of the reported images are not in the cohort, first "
                f"{min(strange)!r}. Give the cohort and the partition of these predictions."
            )
    if len(held) > partition.n_rows:
        raise InvalidInputError(
            f"The partition divides a cohort of {partition.n_rows} rows, but {len(held)} rows are "
            "reported: it is another cohort's. Give the partition of these predictions."
        )


def _part(name: str, rows: Rows, request: Request | ClassRequest) -> PartOfCohort:
    cohort, held = request.cohort, request.predictions
    if cohort is None:
        # Without the cohort a part can be told by its size alone.
        return PartOfCohort(
            name=name,
            images=len(rows),
            patients=None,
            positive_images=None,
            reported=name == "test" and len(rows) == len(held),
        )
    return PartOfCohort(
        name=name,
        images=len(rows),
        patients=len(np.unique(cohort.patients[rows])),
        positive_images=int(cohort.is_positive[rows].sum()) if held.is_binary else None,
        reported=held.images is not None and bool(np.isin(cohort.images[rows], held.images).any()),
    )


def _show(report: ReportHead | ClassReportHead) -> Sequence[Block]:
    part = SECTION.of(report)
    if part is None:
        return []
    # Of several classes none is the positive one.
    classes = report.settings.classes
    columns = 4 if len(classes) == 2 else 3
    rows = [
        (
            each.name.capitalize() + (" (reported here)" if each.reported else ""),
            f"{each.images:,}",
            "not provided" if each.patients is None else f"{each.patients:,}",
            "not provided" if each.positive_images is None else f"{each.positive_images:,}",
        )[:columns]
        for each in part.parts
    ]
    header = ("Part", "Images", "Patients", f"Images of {classes[1]}")[:columns]
    shown: list[Block] = [
        Table(f"Parts of the cohort, divided by {part.method}", header, rows),
        _crossing(part),
        *_trained_on(part),
    ]
    if part.baseline:
        names = [each.name for each in part.parts]
        cells = [
            (f"{row.covariate}: {row.level}", *(row.cells[name] for name in names))
            for row in part.baseline
        ]
        titles = ("Characteristic", *(name.capitalize() for name in names))
        shown.append(Table("Characteristics of the images in each part", titles, cells))
    return shown


def _crossing(part: PartitionPart) -> Paragraph:
    if part.patients_crossing is None:
        return Paragraph(
            "Whether patients have images in more than one part was not checked: give the cohort, "
            "and it is counted.",
            "warning",
        )
    if part.patients_crossing:
        found = count_text(part.patients_crossing, "patient")
        text = f"{found} have images in more than one part: these estimates are optimistic."
        return Paragraph(text, "warning")
    how = "counted in the cohort" if part.crossing_from == "counted" else "as the splitter states"
    return Paragraph(f"No patient has images in more than one part ({how}).")


def _trained_on(part: PartitionPart) -> list[Block]:
    if not any(each.reported and each.name == "train" for each in part.parts):
        return []
    text = "Reported images are among those trained on: these estimates say nothing of new ones."
    return [Paragraph(text, "warning")]


def _counted(report: ReportHead) -> bool:
    part = SECTION.of(report)
    return part is not None and part.crossing_from != "not checked"


def _crossed(report: ReportHead) -> bool:
    part = SECTION.of(report)
    return part is not None and bool(part.patients_crossing)


def _held_out(report: ReportHead) -> bool:
    part = SECTION.of(report)
    reported = [] if part is None else [each.name for each in part.parts if each.reported]
    return bool(reported) and "train" not in reported


def _with_baseline(report: ReportHead) -> bool:
    part = SECTION.of(report)
    return part is not None and bool(part.baseline)


SECTION: Section[PartitionPart] = Section(
    key="partition",
    title="How the rows were divided",
    place=20,
    part=PartitionPart,
    compute=_compute,
    show=_show,
    remedy="give `partition`, and `cohort` to have patients counted in each part",
    answers=(
        Answer(
            items=("STARD-AI 15b", "TRIPOD+AI 12a"),
            state="partly",
            note="Sizes of the parts and how they were drawn; not how the model was developed.",
            when=lambda report: SECTION.of(report) is not None,
        ),
        Answer(
            items=("PROBAST+AI D4.1",),
            state="partly",
            note="Sizes of the parts; not what size the model needs.",
            when=lambda report: SECTION.of(report) is not None,
        ),
        Answer(
            items=("PROBAST+AI E4.1",),
            note="Every reported row is of a part that was not trained on.",
            when=_held_out,
        ),
        Answer(
            items=("PROBAST+AI E4.5",),
            state="partly",
            note="Patients are counted over the parts, and none is in two; that no file is in two "
            "parts, and that nothing was tuned on these rows, is the authors' to say.",
            when=lambda report: _counted(report) and not _crossed(report),
        ),
        Answer(
            items=("CLAIM 19",),
            note="The parts, their sizes and how they were drawn.",
            when=lambda report: SECTION.of(report) is not None,
        ),
        Answer(
            items=("CLAIM 20",),
            note="Whether any patient is in more than one part.",
            when=_counted,
        ),
        Answer(
            items=("STARD-AI 25", "TRIPOD+AI 20b", "TRIPOD+AI 20c", "CLAIM 36"),
            state="partly",
            note="Characteristics of each part, as far as the table holds them.",
            when=_with_baseline,
        ),
    ),
)
