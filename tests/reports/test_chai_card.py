"""CHAI's card has the fields of its schema: key metrics are the report's, the rest is asked for."""

import json
from xml.etree import ElementTree as ET

from prevalens.reports import ClinicalReport
from prevalens.reports.chai_card import NAMESPACE, SECTIONS, chai_card, chai_xml, words

# Names and order as in https://mc.chai.org/v0.2/schema.xsd, read in November 2026.
METRIC = [
    "MetricGoal", "Results", "Interpretation", "TestType", "TestingDataDescription",
    "ValidationProcessAndJustification",
]  # fmt: skip
REQUIRED_FACTS = [
    "OutcomesAndOutputs", "ModelType", "InputDataSource", "OutputAndInputDataTypes",
    "DevelopmentDataCharacterization", "BiasMitigationApproaches", "OngoingMaintenance",
]  # fmt: skip


def names(place: ET.Element) -> list[str]:
    """Return the names of an element's children, without the namespace."""
    return [child.tag.removeprefix(f"{{{NAMESPACE}}}") for child in place]


def find(place: ET.Element, path: str) -> ET.Element:
    """Return the element at a path of names."""
    found = place.find("/".join(f"{{{NAMESPACE}}}{name}" for name in path.split("/")))
    assert found is not None, path
    return found


def test_metrics_are_those_of_the_report(report: ClinicalReport) -> None:
    """Sensitivity and AUROC stand with their intervals; answers replace what is asked for."""
    empty = chai_card(report, name="cells", answers={})
    told = chai_card(report, name="cells", answers={"intended_use": "Triage."})

    for key in ("sensitivity", "auroc"):
        assert f"{report['estimates'][key]['lower']:.3f}" in empty
    assert "Triage." in told
    assert empty.count("To be completed by the authors.") == (
        told.count("To be completed by the authors.") + 1
    )
    assert "site north: Sensitivity" in empty


def test_the_page_has_each_section_in_order(report: ClinicalReport) -> None:
    """Titles are the schema's names in words."""
    page = chai_card(report, name="cells", answers={})
    titles = [line.removeprefix("## ") for line in page.splitlines() if line.startswith("## ")]

    assert titles == [words(section) for section in SECTIONS]
    assert titles[5:7] == ["Trust ingredients", "Key metrics"]


def test_the_xml_has_the_elements_that_the_schema_requires(report: ClinicalReport) -> None:
    """Required elements are there in order; optional ones only where something is known."""
    bare = ET.fromstring(chai_xml(report, name="<cells>", answers={}))  # noqa: S314
    full = ET.fromstring(  # noqa: S314
        chai_xml(report, name="<cells>", answers={"base_model": "lite0", "dataset": "C-NMC"})
    )

    assert bare.tag == f"{{{NAMESPACE}}}AppliedModelCard"
    assert names(bare) == list(SECTIONS)
    assert find(bare, "BasicInfo/ModelName").text == "<cells>"
    assert names(find(bare, "TrustIngredients/AISystemFacts")) == REQUIRED_FACTS
    facts = names(find(full, "TrustIngredients/AISystemFacts"))
    assert facts == [*REQUIRED_FACTS[:2], "FoundationModels", *REQUIRED_FACTS[2:]]
    assert names(find(full, "Resources"))[0] == "EvaluationReferences"
    for metric in find(bare, "KeyMetrics"):
        assert names(metric) == METRIC


def test_results_are_json_of_the_estimates(report: ClinicalReport) -> None:
    """A result's value is the record's; without subgroups the one that is required says so."""
    card = ET.fromstring(chai_xml(report, name="cells", answers={}))  # noqa: S314
    held = find(card, "KeyMetrics/UsefulnessUsabilityEfficacy/Results/MetricResult")
    told = json.loads(find(held, "ValueJson").text or "")
    plain = ClinicalReport.from_dict(report.to_dict() | {"subgroups": []})
    bare = ET.fromstring(chai_xml(plain, name="cells", answers={}))  # noqa: S314
    asked = find(bare, "KeyMetrics/FairnessEquity/Results/MetricResult")

    assert find(held, "Label").text == "Sensitivity"
    assert told["lower"] == report["estimates"]["sensitivity"]["lower"]
    assert find(asked, "Label").text == "To be completed by the authors."
    assert find(asked, "ValueJson").text == "null"
