"""The record of a report: what every report holds, and a part for each entry of the table."""

from collections.abc import Mapping
from importlib import metadata
from typing import Any, cast

import msgspec

from prevalens.reports.document import Document, Paragraph, Passage
from prevalens.reports.record_parts import matrix_part
from prevalens.reports.report_head import ReportHead, Settings
from prevalens.reports.request import Request, trained_at
from prevalens.reports.sections.section import Made
from prevalens.reports.sections.table_of_sections import SECTIONS

ReportRecord = cast(
    "type[ReportHead]",
    msgspec.defstruct(
        "ReportRecord",
        [(section.key, section.part | None) for section in SECTIONS if section.part is not None],
        bases=(ReportHead,),
        frozen=True,
        kw_only=True,
        forbid_unknown_fields=True,
        module=__name__,
    ),
)


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema (draft 2020-12) that every report's record meets.

    Examples:
        >>> json_schema()["properties"]["format"]["const"]
        'prevalens report'
    """
    return ReportRecord.json_schema()


def record_of(request: Request) -> ReportHead:
    """Compute the record of a report: what every report holds, then every section's part."""
    head = _head(request)
    parts = {
        section.key: None if section.compute is None else section.compute(request)
        for section in SECTIONS
        if section.part is not None
    }
    report = _joined(head, parts)
    for section in SECTIONS:
        if section.derive is not None:
            made = Made(request=request, report=report, sections=SECTIONS)
            parts[section.key] = section.derive(made)
            report = _joined(head, parts)
    return report


def _joined(head: ReportHead, parts: Mapping[str, Any]) -> ReportHead:
    own = {name: getattr(head, name) for name in head.__struct_fields__}
    return ReportRecord(**own, **parts)


def _head(request: Request) -> ReportHead:
    held, point = request.predictions, request.point
    return ReportHead(
        prevalens=metadata.version("prevalens"),
        title=request.title,
        data_source=held.provenance,
        synthetic="synthetic" in held.provenance.lower(),
        settings=Settings(
            threshold=request.threshold,
            threshold_origin=request.threshold_origin,  # type: ignore[arg-type]
            threshold_rule=None if point is None else point.rule,
            threshold_guarantee=None if point is None else point.guarantee,
            prevalence=request.prevalence,
            train_prevalence=trained_at(request.uncorrected or held),
            classes=list(held.classes),
            confidence_level=request.confidence_level,
            seed=request.seed,
            by=list(request.by),
            patient_score=request.patient_score,
            compare_threshold=request.compare_threshold,
            picture_note=request.picture_note,
        ),
        confusion_matrix=matrix_part(held.labels == 1, request.predicted),
        estimates=request.estimates,
    )


def document_of(report: ReportHead) -> Document:
    """Arrange a record as a document; a section that shows nothing is left out."""
    shown = ((section, section.show(report)) for section in SECTIONS)
    return Document(
        report.title,
        lead_of(report),
        [
            Passage(section.key, section.title, blocks, section.folded)
            for section, blocks in shown
            if blocks
        ],
    )


def lead_of(report: ReportHead) -> list[Paragraph]:
    """Return what must be read before any estimate: synthetic images first."""
    setting = report.settings
    lead = []
    if report.synthetic:
        text = (
            "The images are synthetic. The estimates show that the software works; they say "
            "nothing about patients."
        )
        lead.append(Paragraph(text, "warning"))
    if report.estimates["prevalence"].patients is None:
        text = (
            "Images were stated to be independent, one patient each. If patients have several "
            "images, every interval here is too short."
        )
        lead.append(Paragraph(text, "warning"))
    source = report.data_source.rstrip(". ") or "not provided"
    lead.append(
        Paragraph(
            f"Data source: {source}. Positive class: {setting.classes[1]}. A score of "
            f"{setting.threshold:.6g} or more is predicted positive; this threshold is "
            f"{_ORIGINS[setting.threshold_origin]}."
        )
    )
    return lead


_ORIGINS: Mapping[str, str] = {
    "pre-specified": "pre-specified",
    "validation": "chosen on validation rows",
    "exploratory": "exploratory, so estimates at it may be optimistic",
}
