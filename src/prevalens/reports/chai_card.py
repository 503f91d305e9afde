"""A card in the order of CHAI's applied model card, filled from a report where it can be."""

from collections.abc import Mapping, Sequence

from prevalens.reports.clinical_report import ClinicalReport
from prevalens.reports.document import Block, Document, Paragraph, Passage, Table
from prevalens.reports.estimate_tables import estimate_table, keys_of
from prevalens.reports.markdown_page import markdown_page
from prevalens.reports.model_card import ANSWER
from prevalens.reports.report_head import ReportHead

# Key metrics of the card, and the groups of measures that are evidence for them.
_METRICS = {
    "Usefulness, usability and efficacy": ("threshold", "utility"),
    "Safety and reliability": ("ranking", "calibration"),
}


def chai_card(report: ClinicalReport, *, name: str, answers: Mapping[str, str | None]) -> str:
    """Return the card as Markdown.

    Args:
        report: A report of two classes.
        name: Name of the model.
        answers: What only the author knows, by the argument's name of `ModelCard`; what is
            missing is said to be missing.
    """
    record = report.record
    assert isinstance(record, ReportHead)  # noqa: S101 - the dossier asks before
    setting = record.settings
    facts = (
        ("Outcome and output", f"Score of {setting.classes[1]} from 0 to 1, an image each"),
        ("Threshold", f"{setting.threshold!r}, {setting.threshold_origin}"),
        ("Foundation models", answers.get("base_model")),
        ("Input data", record.data_source),
        ("Development data", answers.get("training_data")),
        ("Bias mitigation", None),
        ("Ongoing maintenance, monitoring", None),
    )
    passages = [
        _open("Release information", (("Name", name), ("Developer, version, contact", None))),
        _open(
            "Uses and directions",
            (
                ("Intended use, users, workflow", answers.get("intended_use")),
                ("Out of scope", answers.get("out_of_scope")),
                ("Patient population", None),
            ),
        ),
        _open("Warnings", (("Known risks, limitations and biases", None), ("Risk level", None))),
        _open("Trust ingredients", facts),
        *(_metric(title, record, groups) for title, groups in _METRICS.items()),
        Passage(
            "fairness-and-equity",
            "Key metrics: Fairness and equity",
            [Paragraph("See the subgroups of the report." if setting.by else ANSWER)],
        ),
        _open("Resources", (("Data set", answers.get("dataset")), ("Publications", None))),
    ]
    lead = (
        "In the order of the applied model card of the Coalition for Health AI (CHAI). Estimates "
        "are the report's; the rest is the authors'."
    )
    return markdown_page(Document(f"Applied model card: {name}", [Paragraph(lead)], passages))


def _open(title: str, rows: Sequence[tuple[str, str | None]]) -> Passage:
    told = [(what, answer or ANSWER) for what, answer in rows]
    blocks: list[Block] = [Table(title, ("What", "Answer"), told)]
    return Passage(title.lower().replace(" ", "-"), title, blocks)


def _metric(title: str, record: ReportHead, groups: Sequence[str]) -> Passage:
    keys = [key for group in groups for key in keys_of(record.estimates, group)]
    caption = f"On the rows of the report, {record.level}; goals: {ANSWER[0].lower()}{ANSWER[1:]}"
    table = estimate_table(record.estimates, keys, caption=caption, address="estimates")
    return Passage(title.lower().replace(" ", "-"), f"Key metrics: {title}", [table])
