"""Estimates per patient, where the author asked the question of patients."""

from collections.abc import Sequence

from prevalens._records import Part
from prevalens.metrics.every_estimate import all_estimates
from prevalens.metrics.registry import keys_where
from prevalens.predictions.patient_score import patient_scores
from prevalens.reports.document import Block, Paragraph
from prevalens.reports.estimate_tables import estimate_table, noted
from prevalens.reports.record_parts import EstimatePart, MatrixPart, matrix_part
from prevalens.reports.report_head import ReportHead
from prevalens.reports.request import Request
from prevalens.reports.sections.confusion_matrix import matrix_block
from prevalens.reports.sections.section import Section


class PatientLevel(Part, frozen=True, kw_only=True):
    """One score per patient, and its estimates."""

    pooled_by: str
    threshold: float
    confusion_matrix: MatrixPart
    estimates: dict[str, EstimatePart]


def _compute(request: Request) -> PatientLevel | None:
    if request.patient_score is None:
        return None
    pooled = patient_scores(request.predictions, request.patient_score)
    estimates = all_estimates(
        pooled.labels,
        pooled.scores,
        threshold=request.threshold,
        patients=pooled.patients,
        confidence_level=request.confidence_level,
        seed=request.seed,
        measures=keys_where(lambda measure: measure.group in {"threshold", "ranking"}),
    )
    return PatientLevel(
        pooled_by=request.patient_score,
        threshold=request.threshold,
        confusion_matrix=matrix_part(pooled.labels == 1, pooled.scores >= request.threshold),
        estimates={
            name: EstimatePart(**estimate.to_dict() | {"unit": "patient"})
            for name, estimate in estimates.items()
        },
    )


def _show(report: ReportHead) -> Sequence[Block]:
    part = SECTION.of(report)
    if part is None:
        return []
    keys = list(part.estimates)
    return [
        Paragraph(
            f"One score per patient, the {part.pooled_by} of the images' scores; a patient is "
            "positive where any image is. The threshold is the one for images "
            f"({part.threshold:.6g}), which nothing chose for patients."
        ),
        matrix_block(part.confusion_matrix, report, "patients"),
        estimate_table(
            part.estimates,
            keys,
            caption=f"Estimates per patient, with {report.level}",
            address="patient_level.estimates",
        ),
        *noted(part.estimates, keys),
    ]


SECTION: Section[PatientLevel] = Section(
    key="patient_level",
    title="Per patient",
    place=80,
    part=PatientLevel,
    compute=_compute,
    show=_show,
    remedy="give `patient_score`, where the question is about patients and there are ids",
)
