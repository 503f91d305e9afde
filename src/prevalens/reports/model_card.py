"""A model card: what a model's page on a hub must say, with the report's own estimates."""

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from prevalens._checks import check_choice, check_kind, check_path
from prevalens._records import Part, Record
from prevalens._writing import write_text
from prevalens.reports.card_parts import (
    check_classifier,
    kept_of,
    results_of,
    rows_of,
    shares_text,
    task_of,
)
from prevalens.reports.clinical_report import ClinicalReport
from prevalens.reports.document import Block, Document, Listing, Paragraph, Passage
from prevalens.reports.estimate_text import interval_text, name_of
from prevalens.reports.markdown_page import markdown_page
from prevalens.reports.report_record import Head, lead_of
from prevalens.reports.sections.key_results import SECTION as KEY_RESULTS
from prevalens.reports.sections.not_included import SECTION as NOT_INCLUDED
from prevalens.reports.sections.partition import SECTION as PARTITION
from prevalens.reports.sections.subgroups import SECTION as SUBGROUPS

ANSWER = "To be completed by the authors."
# Hugging Face's metrics by their names there; the others keep prevalens' names.
_HUB_METRICS = {
    "sensitivity": "recall",
    "ppv": "precision",
    "auroc": "roc_auc",
    "brier": "brier_score",
    "mcc": "matthews_correlation",
}
_FORMATS = (".md", ".json")


class Answers(Part, frozen=True, kw_only=True):
    """What only the author knows; None where it is not given."""

    base_model: str | None
    licence: str | None
    dataset: str | None
    training_data: str | None
    intended_use: str | None
    out_of_scope: str | None


class CardRecord(Record, frozen=True, kw_only=True):
    """The record of a model card; `report` holds the parts of the report that the card shows."""

    FORMAT: ClassVar[str] = "prevalens model card"

    name: str
    metadata: dict[str, Any]
    synthetic: bool
    answers: Answers
    unanswered: list[str]
    classifier: dict[str, Any] | None
    report: dict[str, Any]


@dataclass(frozen=True, init=False, repr=False)
class ModelCard:
    """What a reader of a model's page needs, as Markdown or JSON with Hugging Face's metadata.

    Estimates, intervals and provenance are the report's. What only the author knows, above all what
    the model is for, is never made up: where it is not given, the card says that it is missing.

    Args:
        report: The report on held-out rows, of two or several classes or of labels.
        name: Name of the model.
        classifier: Fields of the `ClassifierCard` saved with the model, as
            `dataclasses.asdict(card)`; its classes and threshold must be the report's.
        base_model: What the weights started from, for example a hub's id.
        licence: Licence of the weights, as a hub's id, for example `"apache-2.0"`.
        dataset: Name of the data behind the held-out rows.
        training_data: What the model was trained on, in words.
        intended_use: What the model is for, and who may use it, in the author's words.
        out_of_scope: What it is not for, in the author's words.

    Raises:
        InvalidInputError: the classifier's classes or threshold are not those of the report.

    Examples:
        >>> from prevalens.predictions import Predictions
        >>> held_out = Predictions(
        ...     labels=[0, 0, 1, 1], scores=[0.1, 0.4, 0.35, 0.8], patients=["a", "b", "c", "d"]
        ... )
        >>> report = ClinicalReport(held_out, threshold=0.5, threshold_origin="pre-specified")
        >>> ModelCard(report, name="cells").to_dict()["unanswered"][-1]
        'out_of_scope'
    """

    record: CardRecord
    report: ClinicalReport

    def __init__(
        self,
        report: ClinicalReport,
        *,
        name: str,
        classifier: Mapping[str, Any] | None = None,
        base_model: str | None = None,
        licence: str | None = None,
        dataset: str | None = None,
        training_data: str | None = None,
        intended_use: str | None = None,
        out_of_scope: str | None = None,
    ) -> None:
        check_kind("report", report, ClinicalReport)
        answers = Answers(
            base_model=base_model,
            licence=licence,
            dataset=dataset,
            training_data=training_data,
            intended_use=intended_use,
            out_of_scope=out_of_scope,
        )
        held = report.record
        record = CardRecord(
            name=name,
            metadata=_metadata(held, name, answers),
            synthetic=held.synthetic,
            answers=answers,
            unanswered=[
                question for question in answers.__struct_fields__ if not getattr(answers, question)
            ],
            classifier=None if classifier is None else _matching(classifier, held),
            report=kept_of(held),
        )
        object.__setattr__(self, "record", record)
        object.__setattr__(self, "report", report)

    def __repr__(self) -> str:
        return f"ModelCard({self.record.name!r}, {len(self.record.unanswered)} unanswered)"

    def __str__(self) -> str:
        # JSON is YAML, and a name that holds a colon or a quote stays a name.
        lines = [
            f"{key}: {json.dumps(_plain(value), ensure_ascii=False, allow_nan=False)}"
            for key, value in self.record.metadata.items()
        ]
        return "\n".join(
            [
                "---",
                *lines,
                "---",
                "",
                markdown_page(_document(self.record, self.report.record)),
            ]
        )

    def to_dict(self) -> dict[str, Any]:
        """Return the card as plain values; `metadata` holds Hugging Face's fields."""
        return self.record.to_dict()

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the card, whole or not at all.

        Args:
            path: `.md` for Markdown under Hugging Face's metadata (a hub reads it as
                `README.md`), `.json` for the record.

        Raises:
            InvalidInputError: the suffix is neither.
        """
        suffix = Path(check_path("path", path)).suffix.lower()
        check_choice("the suffix of `path`", suffix, _FORMATS)
        if suffix == ".json":
            self.record.save(Path(path))
        else:
            write_text(path, str(self))


def _matching(classifier: Mapping[str, Any], report: Head) -> dict[str, Any]:
    """Return the classifier's fields, or say that the report is about other predictions."""
    check_classifier(report, classifier)
    return {**classifier, "classes": list(classifier["classes"])}


def _metadata(report: Head, name: str, answers: Answers) -> dict[str, Any]:
    """Return Hugging Face's fields; those that only the author knows are left out if not given."""
    shown: dict[str, Any] = {
        "library_name": "keras",
        "pipeline_tag": "image-classification",
        "tags": [
            "prevalens",
            "medical-imaging",
            "class-imbalance",
            *(["synthetic-data"] if report.synthetic else []),
        ],
    }
    given = {"license": answers.licence, "base_model": answers.base_model}
    shown |= {field: answer for field, answer in given.items() if answer}
    origin = "synthetic images" if report.synthetic else "not provided"
    dataset = answers.dataset or origin
    result = {
        "task": {"type": "image-classification", "name": "Image classification"},
        "dataset": {"type": dataset, "name": dataset, "split": "held-out rows"},
        "metrics": _hub_metrics(report),
    }
    return {**shown, "model-index": [{"name": name, "results": [result]}]}


def _hub_metrics(report: Head) -> list[dict[str, Any]]:
    """Return every estimate that could be estimated, its interval in its name."""
    level = f"{report.settings.confidence_level * 100:g} % interval"
    warning = "; synthetic images" if report.synthetic else ""
    return [
        {
            "type": _HUB_METRICS.get(key, key),
            "value": estimate.value,
            "name": f"{name_of(key)} ({level}: {interval_text(estimate)}{warning})",
        }
        for key, estimate in report.estimates.items()
        if estimate.value is not None
    ]


def _plain(value: Any) -> Any:
    """Return values whose texts keep to their line, however YAML reads control characters."""
    if isinstance(value, str):
        return "".join(letter if letter.isprintable() else " " for letter in value)
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, Sequence) else value


def _document(card: CardRecord, report: Head) -> Document:
    answers = card.answers
    passages = [
        Passage("details", "Model details", [Listing(_details(card, report))]),
        Passage("intended", "Intended use", [_answer(answers.intended_use)]),
        Passage("scope", "Out-of-scope use", [_answer(answers.out_of_scope)]),
        Passage("risks", "Bias, risks and limitations", _limits(report)),
        Passage("training", "Training data", _training(card, report)),
        Passage("evaluation", "Evaluation data", [Listing(_evaluated(report, answers))]),
        *results_of(report),
    ]
    if SUBGROUPS.of(report):
        passages.append(Passage("subgroups", "Subgroups", SUBGROUPS.show(report)))
    return Document(f"Model card: {card.name}", lead_of(report), passages)


def _answer(text: str | None) -> Paragraph:
    return Paragraph(text) if text else Paragraph(ANSWER, "warning")


def _details(card: CardRecord, report: Head) -> list[str]:
    items = [
        task_of(report),
        f"Started from: {card.answers.base_model or ANSWER}",
        f"Licence: {card.answers.licence or ANSWER}",
        f"Card written by prevalens {report.prevalens}, from the report {report.title!r}",
    ]
    if card.classifier is not None:
        items += [
            f"{field.replace('_', ' ').capitalize()}: {card.classifier[field]}"
            for field in ("threshold", "threshold_origin", "prevalence", "temperature")
            if card.classifier.get(field) not in (None, "")
        ]
    return items


def _training(card: CardRecord, report: Head) -> list[Block]:
    classifier = card.classifier or {}
    share = classifier.get("train_prevalence", report.settings.train_prevalence)
    return [
        _answer(card.answers.training_data),
        Paragraph(shares_text(report, share)),
    ]


def _evaluated(report: Head, answers: Answers) -> list[str]:
    parts = PARTITION.of(report)
    return [
        f"Data: {answers.dataset or ANSWER}",
        f"Data source: {report.data_source or 'not provided'}",
        rows_of(report),
        "How the rows were held out: "
        + ("not provided" if parts is None else f"divided by {parts.method}"),
    ]


def _limits(report: Head) -> list[Block]:
    """Return what the record itself says against the estimates, and what it cannot say."""
    shown: list[Block] = []
    if report.synthetic:
        shown.append(Paragraph("No image of a patient was evaluated: do not use it.", "warning"))
    results = KEY_RESULTS.of(report)
    if results is not None and results.flags:
        shown.append(Listing([flag.text for flag in results.flags], "warning"))
    if not SUBGROUPS.of(report):
        shown.append(Paragraph("No subgroup was evaluated: nothing is known of differences."))
    absent = [f"{part.part}: {part.remedy}." for part in NOT_INCLUDED.of(report) or []]
    if absent:
        shown += [Paragraph("Not included in the report:"), Listing(absent)]
    return [*shown, Paragraph(f"Further limitations: {ANSWER}")]
