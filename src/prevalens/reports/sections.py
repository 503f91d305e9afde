"""From the record of a report to its sections, in the order a reader needs them."""

from collections.abc import Mapping, Sequence
from typing import Any

from prevalens.reports import result_sections
from prevalens.reports.document import Block, Document, Gallery, Listing, Paragraph, Section, Table
from prevalens.reports.estimate_text import estimate_text, name_of, number_text, percent_text
from prevalens.reports.guideline_map import guideline_rows

_HEADLINE = ("sensitivity", "specificity", "auroc", "calibration_slope")
Record = Mapping[str, Any]


def document_of(record: Record) -> Document:
    """Arrange a record as a document; what is absent is left out and named at the end."""
    candidates: list[tuple[str, str, Sequence[Block]]] = [
        ("who", "Who was studied", _who(record)),
        ("partition", "How the rows were divided", _partition(record)),
        (
            "table",
            "Calls against labels",
            [result_sections.cross_table_block(record["table"], record, "images")],
        ),
        ("threshold", "Estimates at the threshold", result_sections.at_threshold(record)),
        ("discrimination", "Discrimination", result_sections.discrimination(record)),
        ("calibration", "Calibration", result_sections.calibration(record)),
        ("usefulness", "Clinical usefulness", result_sections.usefulness(record)),
        ("predictive", "Predictive values over prevalence", result_sections.predictive(record)),
        ("patients", "Per patient", result_sections.patients(record)),
        ("subgroups", "Subgroups", result_sections.subgroups(record)),
        ("comparison", "Against another model", result_sections.comparison(record)),
        ("misses", "The worst misses", _misses(record)),
        ("methods", "Methods", _methods(record)),
    ]
    sections = [Section(name, title, blocks) for name, title, blocks in candidates if blocks]
    sections.append(Section("guidelines", "Reporting guidelines", _guidelines(sections)))
    sections.append(Section("missing", "What this report does not hold", _missing(record)))
    headline = [
        (key, name_of(key), record["estimates"][key])
        for key in _HEADLINE
        if key in record["estimates"]
    ]
    return Document(record["title"], lead_of(record), headline, sections)


def lead_of(record: Record) -> list[Paragraph]:
    """Return what must be read before any estimate: synthetic images first."""
    setting, flow = record["settings"], record["flow"]
    lead = []
    if record["synthetic"]:
        lead.append(
            Paragraph(
                "The images are synthetic. The estimates show that the software works; they say "
                "nothing about patients.",
                "warning",
            )
        )
    origin = record["provenance"].rstrip(". ") or "not stated"
    lead.append(Paragraph(f"Where the rows come from: {origin}.", "note"))
    if flow["patients"] is None:
        lead.append(
            Paragraph(
                "Images were stated to be independent, one patient each. If patients have several "
                "images, every interval here is too short.",
                "warning",
            )
        )
    lead.append(
        Paragraph(
            f"Positive class: {setting['classes'][1]}. A score of {setting['threshold']:.6g} or "
            f"more is called positive; this threshold is {_ORIGINS[setting['threshold_origin']]}."
        )
    )
    return lead


_ORIGINS = {
    "pre-specified": "pre-specified",
    "validation": "chosen on validation rows",
    "exploratory": "exploratory, so estimates at it may be optimistic",
}


def _who(record: Record) -> list[Block]:
    flow, setting = record["flow"], record["settings"]
    negative, positive = setting["classes"]
    rows = [
        (positive, str(flow["positive_images"]), _count(flow.get("positive_patients"))),
        (negative, str(flow["negative_images"]), _count(flow.get("negative_patients"))),
        ("Both classes", "none", _count(flow.get("mixed_patients"))),
        ("Total", str(flow["images"]), _count(flow["patients"])),
    ]
    header = ("Class", "Images", "Patients with images of this class only")
    shown: list[Block] = [
        Table("Images and patients of each class", header, rows),
        Paragraph(
            f"Prevalence among these images: {estimate_text(record['estimates']['prevalence'])}. "
            f"Prevalence among the rows trained on: {_stated(setting['train_prevalence'])}. "
            f"Prevalence where the model will be used: {_stated(setting['prevalence'])}."
        ),
        Paragraph(
            "Every row has a label and a score: rows without are refused, none is filled in. A "
            "score equal to the threshold is a positive call, so no result is indeterminate."
        ),
    ]
    if flow["patients"] is not None:
        sizes = flow["images_per_patient"]
        shown.append(
            Paragraph(
                f"Images per patient: {sizes['min']} to {sizes['max']}, median {sizes['median']:g}."
            )
        )
    return shown


def _count(value: int | None) -> str:
    return "not stated" if value is None else str(value)


def _stated(share: float | None) -> str:
    return "not stated" if share is None else percent_text(share)


def _partition(record: Record) -> list[Block]:
    parts = record["flow"]["parts"]
    if parts is None:
        return []
    crossing = parts["patients_crossing"]
    shown: list[Block] = [
        Table(
            f"Images in each part, divided by {parts['method']}",
            ("Part", "Images"),
            [(name, str(count)) for name, count in parts["images"].items()],
        )
    ]
    if crossing:
        text = (
            f"{crossing} patients have images in more than one part: these estimates are "
            "optimistic."
        )
        shown.append(Paragraph(text, "warning"))
    else:
        shown.append(Paragraph("No patient has images in more than one part."))
    return shown


def _misses(record: Record) -> list[Block]:
    missed, worst = record["table"]["false_negative"], record["worst"]
    if not worst:
        return [Paragraph("No positive image was called negative.")] if not missed else []
    items = [
        (
            f"{miss['image'] or 'row ' + str(miss['row'])}"
            + ("" if miss["patient"] is None else f", patient {miss['patient']}")
            + f", score {number_text(miss['score'])}",
            miss["thumbnail"],
        )
        for miss in worst
    ]
    note = record["settings"].get("picture_note", "")
    return [
        Gallery(f"{len(worst)} of {missed} missed positives, the lowest scores first", items),
        *([Paragraph(note)] if note else []),
    ]


def _methods(record: Record) -> list[Block]:
    return [
        *(Paragraph(sentence) for sentence in record["methods"]),
        Paragraph("References"),
        Listing(record["references"]),
    ]


def _guidelines(sections: Sequence[Section]) -> list[Block]:
    titles = {section.name: section.title for section in sections}
    rows = [
        (
            f"{row['guideline']}, {row['item']}",
            row["asks"],
            titles.get(row["answered"], row["answered"]),
        )
        for row in guideline_rows(titles)
    ]
    header = ("Item", "Asks for", "Answered in")
    return [Table("Where each item of the reporting guidelines is answered", header, rows)]


def _missing(record: Record) -> list[Block]:
    items = [f"{part['part']}: {part['remedy']}." for part in record["missing"]]
    return [Listing(items)] if items else [Paragraph("Every part is here.")]
