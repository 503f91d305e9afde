"""Estimates per patient, where the author asked the question of patients."""

from collections.abc import Sequence

import msgspec

from prevalens._records import Count, Part, Share
from prevalens.metrics.every_estimate import all_estimates
from prevalens.metrics.registry import keys_where
from prevalens.predictions.patient_pooling import PatientPooling
from prevalens.reports.document import Block, Paragraph
from prevalens.reports.estimate_tables import estimate_table, noted
from prevalens.reports.record_parts import (
    EstimatePart,
    MatrixPart,
    estimate_part,
    matrix_part,
)
from prevalens.reports.report_head import ReportHead
from prevalens.reports.request import Request
from prevalens.reports.sections.confusion_matrix import matrix_block
from prevalens.reports.sections.section import Section


class PatientLevel(Part, frozen=True, kw_only=True):
    """One score per patient, or per lesion of a patient, and its estimates.

    Args:
        pooled_by: As `PatientPooling.how`.
        k: Images that count, of `"top_k"`.
        cutoff: Score from which an image counts, of `"fraction"`.
        least_images: Images that a patient needs to be classifiable.
        not_classifiable: By class, patients with fewer, who are in no estimate.
        unit: What is pooled, `"patient"` or a covariate, as `PatientPooling.unit`; the other fields
            are then of these.
        threshold: Threshold of the pooled scores.
        threshold_rule: How it was chosen for patients; None where it is that for images.
        confusion_matrix: Of patients.
        estimates: Of patients.
    """

    pooled_by: str
    k: Count | None = None
    cutoff: Share | None = None
    least_images: Count = 1
    not_classifiable: dict[str, Count] = msgspec.field(default_factory=dict)
    unit: str = "patient"
    threshold: Share
    threshold_rule: str | None = None
    confusion_matrix: MatrixPart
    estimates: dict[str, EstimatePart]


def _compute(request: Request) -> PatientLevel | None:
    if request.patient_score is None:
        return None
    pooling, point = request.patient_score, request.patient_threshold
    pooled = pooling.pool(request.predictions)
    threshold = request.threshold if point is None else point.threshold
    estimates = all_estimates(
        pooled.labels,
        pooled.scores,
        threshold=threshold,
        patients=pooled.patients,
        confidence_level=request.confidence_level,
        seed=request.seed,
        measures=keys_where(lambda measure: measure.group in {"threshold", "ranking"}),
    )
    return PatientLevel(
        pooled_by=pooling.how,
        k=pooling.k,
        cutoff=pooling.cutoff,
        least_images=pooling.least_images,
        not_classifiable=pooling.unclassifiable(request.predictions),
        unit=pooling.unit,
        threshold=threshold,
        threshold_rule=None if point is None else point.rule,
        confusion_matrix=matrix_part(pooled.labels == 1, pooled.scores >= threshold),
        estimates={
            name: _of_units(estimate_part(estimate), pooling.unit)
            for name, estimate in estimates.items()
        },
    )


def _of_units(made: EstimatePart, unit: str) -> EstimatePart:
    """Return the estimate with what it says of images said of what was pooled."""
    words = {
        key: text.replace("image", unit)
        for key in ("note", "not_estimable", "method")
        if (text := getattr(made, key)) is not None
    }
    return msgspec.structs.replace(made, unit=unit, **words)


def _show(report: ReportHead) -> Sequence[Block]:
    part = SECTION.of(report)
    if part is None:
        return []
    keys, unit = list(part.estimates), part.unit
    chosen = (
        f"The threshold is the one for images ({part.threshold:.6g}), which nothing chose for "
        f"{unit}s."
        if part.threshold_rule is None
        else f"The threshold for {unit}s is {part.threshold:.6g} ({part.threshold_rule})."
    )
    few = sum(part.not_classifiable.values())
    named = ", ".join(f"{count} {name}" for name, count in part.not_classifiable.items() if count)
    return [
        Paragraph(
            f"One score per {unit}, the {pooling_of(part)}; a {unit} is positive where any image "
            f"is. {chosen}"
            + f" Not classifiable, with fewer images and in no estimate: {few} {unit}s ({named})."
            * bool(few)
        ),
        matrix_block(part.confusion_matrix, report, f"{unit}s"),
        estimate_table(
            part.estimates,
            keys,
            caption=f"Estimates per {unit}, with {report.level}",
            address="patient_level.estimates",
        ),
        *noted(part.estimates, keys),
    ]


def pooling_of(part: PatientLevel) -> PatientPooling:
    """Return the pooling that a part was made by."""
    return PatientPooling(
        how=part.pooled_by,
        k=part.k,
        cutoff=part.cutoff,
        least_images=part.least_images,
        unit=part.unit,
    )


SECTION: Section[PatientLevel] = Section(
    key="patient_level",
    title="Per patient",
    titled=lambda report: f"Per {report.patient_level.unit}",
    place=80,
    part=PatientLevel,
    compute=_compute,
    show=_show,
    remedy="give `patient_score`, where the question is about patients and there are ids",
)
