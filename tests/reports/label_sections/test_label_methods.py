"""Tests of the methods of a report of several labels."""

from prevalens.reports import ClinicalReport


def test_each_method_is_named_with_its_reference(of_findings: ClinicalReport) -> None:
    """Measures by title, what is left out, and the papers in full."""
    methods = of_findings["methods"]
    text = " ".join(methods["sentences"])
    assert "Macro AUROC, " in text
    assert "each against the rest" not in text
    assert "(pre-specified)" in text
    assert any(paper.startswith("Tsoumakas G") for paper in methods["references"])
    assert any("Zou" in paper for paper in methods["references"])
