"""The applied model card of the Coalition for Health AI (CHAI), filled from a report.

Sections and fields are those of CHAI's schema v0.2 (`https://mc.chai.org/v0.2/schema.xsd`), in its
order; as Markdown for readers, and as XML for programs.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from xml.etree import ElementTree as ET

from prevalens.reports.clinical_report import ClinicalReport
from prevalens.reports.document import Block, Document, Paragraph, Passage, Table
from prevalens.reports.estimate_tables import estimate_table, keys_of
from prevalens.reports.estimate_text import estimate_text, name_of
from prevalens.reports.markdown_page import markdown_page
from prevalens.reports.model_card import ANSWER
from prevalens.reports.record_parts import EstimatePart
from prevalens.reports.report_head import ReportHead
from prevalens.reports.sections.subgroups import SECTION as SUBGROUPS

NAMESPACE = "https://mc.chai.org/v0.2/schema.xsd"
# Each section with its fields; those in brackets may be left out of the XML.
SECTIONS: Mapping[str, str] = {
    "BasicInfo": "ModelName ModelDeveloper DeveloperContact",
    "ReleaseInfo": "ReleaseStage ReleaseDate ReleaseVersion GlobalAvailability "
    "(RegulatoryApproval)",
    "ModelSummary": "Summary Keywords",
    "UsesAndDirections": "IntendedUseAndWorkflow PrimaryIntendedUsers HowToUse "
    "TargetedPatientPopulation CautionedOutOfScopeSettings",
    "Warnings": "KnownRisksAndLimitations KnownBiasesOrEthicalConsiderations ClinicalRiskLevel",
    "TrustIngredients": "AISystemFacts TransparencyInformation",
    "KeyMetrics": "UsefulnessUsabilityEfficacy FairnessEquity SafetyReliability",
    "Resources": "(EvaluationReferences) (ClinicalTrial) PeerReviewedPublications "
    "(ReimbursementStatus) PatientConsentOrDisclosure",
    "Bibliography": "",
}
_INSIDE: Mapping[str, str] = {
    "AISystemFacts": "OutcomesAndOutputs ModelType (FoundationModels) InputDataSource "
    "OutputAndInputDataTypes DevelopmentDataCharacterization BiasMitigationApproaches "
    "OngoingMaintenance (Security) (Transparency)",
    "TransparencyInformation": "FundingSource (ThirdPartyInformation) StakeholdersConsulted",
}
_METRIC = (
    "MetricGoal", "Results", "Interpretation", "TestType", "TestingDataDescription",
    "ValidationProcessAndJustification",
)  # fmt: skip
# Groups of measures that are evidence for a key metric.
_GROUPS = {
    "UsefulnessUsabilityEfficacy": ("threshold", "utility"),
    "SafetyReliability": ("ranking", "calibration"),
}
Answers = Mapping[str, str | None]


def chai_card(report: ClinicalReport, *, name: str, answers: Answers) -> str:
    """Return the card as Markdown.

    Args:
        report: A report of two classes.
        name: Name of the model.
        answers: What only the author knows, by the argument's name of `ModelCard`; what is
            missing is said to be missing.
    """
    record = _record(report)
    told = _told(record, name, answers)
    passages = [
        Passage(section, words(section), _blocks(section, record, told)) for section in SECTIONS
    ]
    lead = (
        "The fields of the applied model card of the Coalition for Health AI (CHAI), schema v0.2. "
        "Estimates are the report's; the rest is the authors'."
    )
    return markdown_page(Document(f"Applied model card: {name}", [Paragraph(lead)], passages))


def chai_xml(report: ClinicalReport, *, name: str, answers: Answers) -> str:
    """Return the card as XML of CHAI's schema v0.2; arguments are those of `chai_card`."""
    record = _record(report)
    told = _told(record, name, answers)
    root = ET.Element("AppliedModelCard", {"xmlns": NAMESPACE})
    for section, fields in SECTIONS.items():
        place = ET.SubElement(root, section)
        if not fields:
            place.text = told.get(section) or ANSWER
        for field, optional in _fields(fields):
            if field in _INSIDE:
                inside = ET.SubElement(place, field)
                for inner, may_go in _fields(_INSIDE[field]):
                    _write(inside, inner, told, optional=may_go)
            elif section == "KeyMetrics":
                _write_metric(ET.SubElement(place, field), field, record, told)
            elif field == "Keywords":
                ET.SubElement(ET.SubElement(place, field), "Keyword").text = told[field]
            else:
                _write(place, field, told, optional=optional)
    ET.indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{ET.tostring(root, encoding="unicode")}\n'


def words(field: str) -> str:
    """Return the name of a field as words.

    Examples:
        >>> words("AISystemFacts"), words("HowToUse")
        ('AI system facts', 'How to use')
    """
    if field == "AISystemFacts":
        return "AI system facts"
    split = "".join(f" {letter.lower()}" if letter.isupper() else letter for letter in field)
    return split.strip().capitalize()


def _record(report: ClinicalReport) -> ReportHead:
    assert isinstance(report.record, ReportHead)  # noqa: S101 - the dossier asks before
    return report.record


def _told(record: ReportHead, name: str, answers: Answers) -> dict[str, str | None]:
    """Return what is known of each field, by its name."""
    setting, study = record.settings, record.estimates["prevalence"]
    negative, positive = setting.classes
    patients = "" if study.patients is None else f" of {study.patients:,} patients"
    return {
        "ModelName": name,
        "Summary": f"Classifies images as {positive} or {negative}.",
        "Keywords": "medical imaging",
        "IntendedUseAndWorkflow": answers.get("intended_use"),
        "CautionedOutOfScopeSettings": answers.get("out_of_scope"),
        "OutcomesAndOutputs": f"Score of {positive} from 0 to 1, an image each; predicted positive "
        f"from {setting.threshold!r} ({setting.threshold_origin})",
        "FoundationModels": answers.get("base_model"),
        "InputDataSource": record.data_source,
        "OutputAndInputDataTypes": "Input: images. Output: a number from 0 to 1.",
        "DevelopmentDataCharacterization": answers.get("training_data"),
        "EvaluationReferences": answers.get("dataset"),
        "TestingDataDescription": f"{study.n:,} images{patients}. Data source: "
        f"{record.data_source}",
        "ValidationProcessAndJustification": "Estimates with intervals over patients; methods and "
        "references are in the report.",
    }


def _fields(names: str) -> Iterator[tuple[str, bool]]:
    """Give each field, and whether it may be left out."""
    for name in names.split():
        yield name.strip("()"), name.startswith("(")


def _blocks(section: str, record: ReportHead, told: Answers) -> list[Block]:
    if section == "KeyMetrics":
        return [
            block for field, _ in _fields(SECTIONS[section]) for block in _metric(field, record)
        ]
    fields = [field for field, _ in _fields(SECTIONS[section] or section)]
    fields = [inner for field in fields for inner in _inner(field)]
    rows = [(words(field), told.get(field) or ANSWER) for field in fields]
    return [Table(words(section), ("Field", "Answer"), rows)]


def _inner(field: str) -> list[str]:
    return [name for name, _ in _fields(_INSIDE.get(field, field))]


def _metric(field: str, record: ReportHead) -> list[Block]:
    goal = f"goals: {ANSWER[0].lower()}{ANSWER[1:]}"
    if field == "FairnessEquity":
        rows = [(label, estimate_text(estimate)) for label, estimate in _results(field, record)]
        if not rows:
            return [Paragraph(f"{words(field)}: {ANSWER}")]
        return [Table(f"{words(field)}; {goal}", ("Subgroup and measure", "Value"), rows)]
    keys = [key for group in _GROUPS[field] for key in keys_of(record.estimates, group)]
    caption = f"{words(field)}: on the rows of the report, {record.level}; {goal}"
    return [estimate_table(record.estimates, keys, caption=caption, address="estimates")]


def _results(field: str, record: ReportHead) -> list[tuple[str, EstimatePart]]:
    if field != "FairnessEquity":
        keys = [key for group in _GROUPS[field] for key in keys_of(record.estimates, group)]
        return [(name_of(key), record.estimates[key]) for key in keys]
    return [
        (f"{group.by} {level.level}: {name_of(key)}", estimate)
        for group in SUBGROUPS.of(record) or []
        for level in group.levels
        for key, estimate in level.estimates.items()
    ]


def _write(place: ET.Element, field: str, told: Answers, *, optional: bool = False) -> None:
    text = told.get(field)
    if text is not None or not optional:
        ET.SubElement(place, field).text = text or ANSWER


def _write_metric(place: ET.Element, field: str, record: ReportHead, told: Answers) -> None:
    for inner in _METRIC:
        if inner != "Results":
            _write(place, inner, told)
            continue
        results = ET.SubElement(place, inner)
        for label, value in _values(_results(field, record)):
            one = ET.SubElement(results, "MetricResult")
            ET.SubElement(one, "Label").text = label
            ET.SubElement(one, "ValueJson").text = value


def _values(results: Sequence[tuple[str, EstimatePart]]) -> Iterator[tuple[str, str]]:
    """Give each result's label and JSON; the schema asks for one at least."""
    if not results:
        yield ANSWER, "null"
    for label, estimate in results:
        known = {"value": estimate.value, "lower": estimate.lower, "upper": estimate.upper}
        yield label, json.dumps(known | {"n": estimate.n, "patients": estimate.patients})
