"""The record of a report: what every report holds, and a part for each entry of the table."""

from collections.abc import Mapping
from importlib import metadata
from typing import Any, TypeAlias, cast

import msgspec

from prevalens._checks import check_choice
from prevalens._records import Record
from prevalens.exceptions import InvalidInputError
from prevalens.metrics.class_measures import all_class_measures, class_estimates
from prevalens.metrics.label_measures import label_estimates
from prevalens.metrics.registry import all_measures
from prevalens.reports.class_head import ClassReportHead, ClassSettings
from prevalens.reports.class_request import ClassRequest
from prevalens.reports.class_sections.table_of_class_sections import CLASS_SECTIONS
from prevalens.reports.common_request import CommonRequest
from prevalens.reports.document import Document, Paragraph, Passage
from prevalens.reports.label_head import LabelReportHead, LabelSettings
from prevalens.reports.label_request import LabelRequest
from prevalens.reports.label_sections.table_of_label_sections import LABEL_SECTIONS
from prevalens.reports.record_parts import (
    estimate_parts,
    matrix_part,
    refuse_impossible,
)
from prevalens.reports.report_head import ReportHead, Settings
from prevalens.reports.request import Request, trained_at
from prevalens.reports.sections.section import Made, Section
from prevalens.reports.sections.table_of_sections import SECTIONS

Head: TypeAlias = ReportHead | ClassReportHead | LabelReportHead
Table: TypeAlias = tuple[Section[Any], ...]


def _record(name: str, head: type[Record], sections: Table) -> Any:
    """Return the record of a head and a table of sections: a field for each section's part."""
    fields: list[Any] = []
    for section in sections:
        if section.part is not None:
            absent = (None,) if section.newer else ()
            fields.append((section.key, section.part | None, *absent))
    return msgspec.defstruct(
        name,
        fields,
        bases=(head,),
        frozen=True,
        kw_only=True,
        forbid_unknown_fields=True,
        module=__name__,
    )


ReportRecord = cast("type[ReportHead]", _record("ReportRecord", ReportHead, SECTIONS))
ClassReportRecord = cast(
    "type[ClassReportHead]", _record("ClassReportRecord", ClassReportHead, CLASS_SECTIONS)
)
LabelReportRecord = cast(
    "type[LabelReportHead]", _record("LabelReportRecord", LabelReportHead, LABEL_SECTIONS)
)
_KINDS: Mapping[str, type[Head]] = {
    "two classes": ReportRecord,
    "several classes": ClassReportRecord,
    "several labels": LabelReportRecord,
}


def json_schema(kind: str = "two classes") -> dict[str, Any]:
    """Return the JSON Schema (draft 2020-12) that every report's record meets.

    Args:
        kind: What the report is of: `"two classes"`, `"several classes"` or `"several labels"`.

    Raises:
        InvalidInputError: the kind is none of these.

    Examples:
        >>> json_schema()["properties"]["format"]["const"]
        'prevalens report'
    """
    return _KINDS[check_choice("kind", kind, _KINDS)].json_schema()


def read_record(plain: Mapping[str, Any]) -> Head:
    """Return the record that plain values hold, by the format they name.

    Raises:
        InvalidInputError: they are no report, of another version, or were edited, so that a value
            cannot be or a part that is shown is absent.
    """
    kinds = {kind.FORMAT: kind for kind in _KINDS.values()}
    record = kinds.get(str(plain.get("format")), ReportRecord).from_dict(plain)
    ranges = {measure.key: (measure.low, measure.high) for measure in all_measures()}
    ranges |= {measure.key: (measure.low, measure.high) for measure in all_class_measures()}
    try:
        refuse_impossible(record, "", ranges)
        _refuse_unfit(record)
    except InvalidInputError as error:
        raise InvalidInputError(f"{error}. {record.REMEDY}") from error
    return record


def _refuse_unfit(record: Head) -> None:
    """Refuse parts that do not fit each other: a record is whole where each section is shown."""
    shows = [(section.key, section.show) for section in _sections(record)]
    for name, show in [("estimates", lead_of), *shows]:
        try:
            show(record)
        except (LookupError, TypeError, ValueError, ArithmeticError) as error:
            raise InvalidInputError(
                f"This report was edited or cut: `{name}` does not fit its other parts, of which "
                f"one was changed or is gone ({type(error).__name__}: {error})"
            ) from error


def record_of(request: Request | ClassRequest | LabelRequest) -> Head:
    """Compute the record of a report: what every report holds, then every section's part."""
    if isinstance(request, ClassRequest):
        return cast("Head", _filled(request, _class_head(request), ClassReportRecord))
    if isinstance(request, LabelRequest):
        return cast("Head", _filled(request, _label_head(request), LabelReportRecord))
    return cast("Head", _filled(request, _head(request), ReportRecord))


def _filled(request: Any, head: Head, kind: Any) -> Any:
    sections = _sections(head)
    own = {name: getattr(head, name) for name in head.__struct_fields__}
    parts = {
        section.key: None if section.compute is None else section.compute(request)
        for section in sections
        if section.part is not None
    }
    report = kind(**own, **parts)
    for section in sections:
        if section.derive is not None:
            made = Made(request=request, report=report, sections=sections)
            parts[section.key] = section.derive(made)
            report = kind(**own, **parts)
    return report


def _sections(report: Head) -> Table:
    if isinstance(report, LabelReportHead):
        return LABEL_SECTIONS
    return CLASS_SECTIONS if isinstance(report, ClassReportHead) else SECTIONS


def _common(request: CommonRequest) -> dict[str, Any]:
    held = request.predictions
    return {
        "prevalens": metadata.version("prevalens"),
        "title": request.title,
        "data_source": held.provenance,
        "synthetic": "synthetic" in held.provenance.lower(),
    }


def _asked(request: CommonRequest) -> dict[str, Any]:
    return {
        "classes": list(request.predictions.classes),
        "confidence_level": request.confidence_level,
        "seed": request.seed,
        "by": list(request.by),
        "picture_note": request.picture_note,
    }


def _shares(request: CommonRequest) -> list[float] | None:
    shares = request.predictions.train_prevalence
    return list(shares) if isinstance(shares, tuple) else None


def _label_head(request: LabelRequest) -> LabelReportHead:
    at = request.columns.thresholds
    return LabelReportHead(
        **_common(request),
        settings=LabelSettings(
            **_asked(request),
            thresholds=None if at is None else at.tolist(),
            threshold_origin=request.threshold_origin,
            threshold_guarantee=request.threshold_guarantee,
            threshold_rules=dict(request.threshold_rules),
            train_prevalence=_shares(request),
        ),
        estimates=estimate_parts(label_estimates(request.columns, request.settings)),
    )


def _class_head(request: ClassRequest) -> ClassReportHead:
    return ClassReportHead(
        **_common(request),
        settings=ClassSettings(
            **_asked(request),
            ordered=request.predictions.ordered,
            train_prevalence=_shares(request),
        ),
        confusion_matrix=request.columns.matrix.tolist(),
        estimates=estimate_parts(class_estimates(request.columns, request.settings)),
    )


def _head(request: Request) -> ReportHead:
    held, point = request.predictions, request.point
    return ReportHead(
        **_common(request),
        settings=Settings(
            **_asked(request),
            threshold=request.threshold,
            threshold_origin=request.threshold_origin,  # type: ignore[arg-type]
            threshold_rule=None if point is None else point.rule,
            threshold_guarantee=None if point is None else point.guarantee,
            prevalence=request.prevalence,
            train_prevalence=trained_at(request.uncorrected or held),
            patient_score=None if request.patient_score is None else request.patient_score.how,
            compare_threshold=request.compare_threshold,
        ),
        confusion_matrix=matrix_part(held.labels == 1, request.predicted),
        estimates=request.estimates,
    )


def document_of(report: Head) -> Document:
    """Arrange a record as a document; a section that shows nothing is left out."""
    shown = ((section, section.show(report)) for section in _sections(report))
    return Document(
        report.title,
        lead_of(report),
        [
            Passage(section.key, section.heading(report), blocks, section.folded)
            for section, blocks in shown
            if blocks
        ],
    )


def lead_of(report: Head) -> list[Paragraph]:
    """Return what must be read before any estimate: synthetic images first."""
    lead = []
    if report.synthetic:
        text = (
            "The images are synthetic. The estimates show that the software works; they say "
            "nothing about patients."
        )
        lead.append(Paragraph(text, "warning"))
    if independent(report):
        text = (
            "Images were stated to be independent, one patient each. If patients have several "
            "images, every interval here is too short."
        )
        lead.append(Paragraph(text, "warning"))
    source = report.data_source.rstrip(". ") or "not provided"
    lead.append(Paragraph(f"Data source: {source}. {_predicted(report)}"))
    return lead


def independent(report: Head) -> bool:
    """Tell whether images were stated to be independent, one patient each."""
    if isinstance(report, LabelReportHead):
        return report.independent
    estimates = report.estimates
    return estimates.get("prevalence", estimates["accuracy"]).patients is None


def _predicted(report: Head) -> str:
    if isinstance(report, LabelReportHead):
        at = f"The threshold of each is {_ORIGINS[report.settings.threshold_origin]}"
        if report.settings.thresholds is None:
            at = "No threshold is given, so none is predicted"
        names = ", ".join(report.settings.classes)
        return f"Labels, of which an image may have several: {names}. {at}."
    if isinstance(report, ClassReportHead):
        kind = "Grades, from the lowest" if report.settings.ordered else "Classes"
        return (
            f"{kind}: {', '.join(report.settings.classes)}. The class with the highest score is "
            "predicted."
        )
    setting = report.settings
    return (
        f"Positive class: {setting.classes[1]}. A score of {setting.threshold:.6g} or more is "
        f"predicted positive; this threshold is {_ORIGINS[setting.threshold_origin]}."
    )


_ORIGINS: Mapping[str, str] = {
    "pre-specified": "pre-specified",
    "validation": "chosen on validation rows",
    "exploratory": "exploratory, so estimates at it may be optimistic",
}
