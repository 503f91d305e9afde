"""A model card: what a model's page on a hub must say, with the report's own estimates."""

import copy
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from prevalens._checks import check_choice
from prevalens._writing import write_json, write_text
from prevalens.exceptions import InvalidInputError
from prevalens.reports import result_sections
from prevalens.reports.clinical_report import ClinicalReport
from prevalens.reports.document import Block, Document, Listing, Paragraph, Section
from prevalens.reports.estimate_tables import estimate_table, keys_of, level_text, noted
from prevalens.reports.estimate_text import interval_text, name_of, percent_text
from prevalens.reports.rendering import markdown_page
from prevalens.reports.sections import lead_of

Record = Mapping[str, Any]
ANSWER = "The author's to answer."
# Hugging Face's metrics by their names there; the others keep prevalens' names.
_HUB_METRICS = {
    "sensitivity": "recall",
    "ppv": "precision",
    "auroc": "roc_auc",
    "brier": "brier_score",
    "mcc": "matthews_correlation",
}
_GROUPS = {
    "threshold": "Estimates at the threshold",
    "ranking": "Discrimination",
    "calibration": "Calibration",
}
_FORMATS = (".md", ".json")
# What the card repeats of the report; curves, misses and comparisons stay there.
_KEPT = (
    "title",
    "prevalens",
    "provenance",
    "synthetic",
    "settings",
    "flow",
    "estimates",
    "subgroups",
    "missing",
)


@dataclass(frozen=True, init=False, repr=False)
class ModelCard:
    """What a reader of a model's page needs, as Markdown or JSON with Hugging Face's metadata.

    Estimates, intervals and provenance are the report's. What only the author knows, above all what
    the model is for, is never made up: where it is not given, the card says that it is missing.

    Args:
        report: The report on held-out rows.
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
        >>> told = Predictions(
        ...     labels=[0, 0, 1, 1], scores=[0.1, 0.4, 0.35, 0.8], patients=["a", "b", "c", "d"]
        ... )
        >>> report = ClinicalReport(told, threshold=0.5, threshold_origin="pre-specified")
        >>> ModelCard(report, name="cells").to_dict()["unanswered"][-1]
        'out_of_scope'
    """

    record: Record

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
        told = report.to_dict()
        answers = {
            "base_model": base_model,
            "licence": licence,
            "dataset": dataset,
            "training_data": training_data,
            "intended_use": intended_use,
            "out_of_scope": out_of_scope,
        }
        record = {
            "format": "prevalens model card",
            "version": 1,
            "name": name,
            "metadata": _metadata(told, name, answers),
            "synthetic": told["synthetic"],
            "provenance": told["provenance"],
            "answers": answers,
            "unanswered": [question for question, answer in answers.items() if not answer],
            "classifier": None if classifier is None else _matching(classifier, told),
            "report": {key: told[key] for key in _KEPT},
        }
        object.__setattr__(self, "record", record)

    def __repr__(self) -> str:
        return f"ModelCard({self.record['name']!r}, {len(self.record['unanswered'])} unanswered)"

    def __str__(self) -> str:
        # JSON is YAML, and a name that holds a colon or a quote stays a name.
        lines = [
            f"{key}: {json.dumps(_plain(value), ensure_ascii=False, allow_nan=False)}"
            for key, value in self.record["metadata"].items()
        ]
        return "\n".join(["---", *lines, "---", "", markdown_page(_document(self.record))])

    def to_dict(self) -> dict[str, Any]:
        """Return the card as plain values; `metadata` holds Hugging Face's fields."""
        return copy.deepcopy(dict(self.record))

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the card, whole or not at all.

        Args:
            path: `.md` for Markdown under Hugging Face's metadata (a hub reads it as
                `README.md`), `.json` for the record.

        Raises:
            InvalidInputError: the suffix is neither.
        """
        suffix = check_choice("the suffix of `path`", Path(path).suffix.lower(), _FORMATS)
        if suffix == ".json":
            write_json(path, self.record)
        else:
            write_text(path, str(self))


def _matching(classifier: Mapping[str, Any], report: Record) -> dict[str, Any]:
    """Return the classifier's fields, or say that the report is about other calls."""
    setting = report["settings"]
    for name in ("classes", "threshold"):
        here, there = classifier.get(name), setting[name]
        if (list(here or ()) if name == "classes" else here) != there:
            raise InvalidInputError(
                f"The classifier's `{name}` is {here!r}, but the report's is {there!r}: its "
                "estimates are about other calls. Make the report with the classifier's own."
            )
    return {**classifier, "classes": list(classifier["classes"])}


def _metadata(report: Record, name: str, answers: Mapping[str, str | None]) -> dict[str, Any]:
    """Return Hugging Face's fields; those that only the author knows are left out if not given."""
    shown: dict[str, Any] = {
        "library_name": "keras",
        "pipeline_tag": "image-classification",
        "tags": [
            "prevalens",
            "medical-imaging",
            "class-imbalance",
            *(["synthetic-data"] if report["synthetic"] else []),
        ],
    }
    for field, answer in (("license", "licence"), ("base_model", "base_model")):
        if answers[answer]:
            shown[field] = answers[answer]
    origin = "synthetic images" if report["synthetic"] else "not stated"
    dataset = answers["dataset"] or origin
    result = {
        "task": {"type": "image-classification", "name": "Image classification"},
        "dataset": {"type": dataset, "name": dataset, "split": "held-out rows"},
        "metrics": _hub_metrics(report),
    }
    return {**shown, "model-index": [{"name": name, "results": [result]}]}


def _hub_metrics(report: Record) -> list[dict[str, Any]]:
    """Return every estimate that could be estimated, its interval in its name."""
    confidence_level = report["settings"]["confidence_level"] * 100
    warning = "; synthetic images" if report["synthetic"] else ""
    return [
        {
            "type": _HUB_METRICS.get(key, key),
            "value": estimate["value"],
            "name": f"{name_of(key)} ({confidence_level:g} % interval: "
            f"{interval_text(estimate)}{warning})",
        }
        for key, estimate in report["estimates"].items()
        if estimate["value"] is not None
    ]


def _plain(value: Any) -> Any:
    """Return values whose texts keep to their line, however YAML reads control characters."""
    if isinstance(value, str):
        return "".join(letter if letter.isprintable() else " " for letter in value)
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, Sequence) else value


def _document(card: Record) -> Document:
    report, answers = card["report"], card["answers"]
    estimates = report["estimates"]
    sections = [
        Section("details", "Model details", [Listing(_details(card))]),
        Section("intended", "Intended use", [_answer(answers["intended_use"])]),
        Section("scope", "Out-of-scope use", [_answer(answers["out_of_scope"])]),
        Section("risks", "Bias, risks and limitations", _limits(card)),
        Section("training", "Training data", _training(card)),
        Section("evaluation", "Evaluation data", [Listing(_evaluated(report, answers))]),
    ]
    for group, title in _GROUPS.items():
        keys = keys_of(estimates, group)
        table = estimate_table(
            estimates, keys, caption=level_text(report), address="report.estimates"
        )
        sections.append(Section(group, title, [table, *noted(estimates, keys)]))
    subgroups = result_sections.subgroups(report)
    if subgroups:
        sections.append(Section("subgroups", "Subgroups", subgroups))
    return Document(f"Model card: {card['name']}", lead_of(report), [], sections)


def _answer(text: str | None) -> Paragraph:
    return Paragraph(text) if text else Paragraph(ANSWER, "warning")


def _details(card: Record) -> list[str]:
    report, answers, classifier = card["report"], card["answers"], card["classifier"]
    setting = report["settings"]
    negative, positive = setting["classes"]
    items = [
        f"Task: tell {positive} (positive) from {negative} on one image",
        f"Started from: {answers['base_model'] or ANSWER}",
        f"Licence: {answers['licence'] or ANSWER}",
        f"Card written by prevalens {report['prevalens']}, from the report {report['title']!r}",
    ]
    if classifier is not None:
        items += [
            f"{field.replace('_', ' ').capitalize()}: {classifier[field]}"
            for field in ("threshold", "threshold_origin", "prevalence", "temperature")
            if classifier.get(field) not in (None, "")
        ]
    return items


def _training(card: Record) -> list[Block]:
    classifier = card["classifier"] or {}
    share = classifier.get("train_prevalence", card["report"]["settings"]["train_prevalence"])
    told = "not stated" if share is None else percent_text(share)
    return [
        _answer(card["answers"]["training_data"]),
        Paragraph(f"Share of positives in the training batches: {told}."),
    ]


def _evaluated(report: Record, answers: Mapping[str, str | None]) -> list[str]:
    flow, setting = report["flow"], report["settings"]
    whose = "independent" if flow["patients"] is None else f"of {flow['patients']} patients"
    parts = flow["parts"]
    return [
        f"Data: {answers['dataset'] or ANSWER}",
        f"Provenance: {report['provenance'] or 'not stated'}",
        f"{flow['images']} images {whose}, {flow['positive_images']} {setting['classes'][1]}",
        "How the rows were held out: "
        + ("not stated" if parts is None else f"divided by {parts['method']}"),
    ]


def _limits(card: Record) -> list[Block]:
    """Return what the record itself says against the estimates, and what it cannot say."""
    report = card["report"]
    parts = report["flow"]["parts"]
    shown: list[Block] = []
    if card["synthetic"]:
        shown.append(Paragraph("No image of a patient was evaluated: do not use it.", "warning"))
    if parts is not None and parts["patients_crossing"]:
        text = (
            f"{parts['patients_crossing']} patients have images in more than one part: the "
            "estimates are optimistic."
        )
        shown.append(Paragraph(text, "warning"))
    if report["settings"]["threshold_origin"] == "exploratory":
        text = "The threshold is exploratory: estimates at it may be optimistic."
        shown.append(Paragraph(text, "warning"))
    if not report["subgroups"]:
        shown.append(Paragraph("No subgroup was evaluated: nothing is known of differences."))
    missing = [f"{part['part']}: {part['remedy']}." for part in report["missing"]]
    if missing:
        shown += [Paragraph("The report does not hold:"), Listing(missing)]
    return [*shown, Paragraph(f"Further limitations: {ANSWER}")]
