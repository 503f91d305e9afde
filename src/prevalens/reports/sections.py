"""From the record of a report to its sections, in the order a reader needs them."""

from collections.abc import Mapping, Sequence
from typing import Any

from prevalens.reports.chart_blocks import (
    decision_charts,
    discrimination_charts,
    reliability_charts,
    score_charts,
)
from prevalens.reports.document import Block, Document, Gallery, Listing, Paragraph, Section, Table
from prevalens.reports.figure_text import (
    NOT_ESTIMABLE,
    counts_text,
    figure_text,
    group_of,
    interval_text,
    name_of,
    number_text,
    percent_text,
)
from prevalens.reports.guideline_map import guideline_rows

_HEADLINE = ("sensitivity", "specificity", "auroc", "calibration_slope")
Record = Mapping[str, Any]


def document_of(record: Record) -> Document:
    """Arrange a record as a document; what is absent is left out and named at the end."""
    candidates: list[tuple[str, str, Sequence[Block]]] = [
        ("who", "Who was studied", _who(record)),
        ("partition", "How the rows were divided", _partition(record)),
        ("table", "Calls against labels", [_cross_table(record["table"], record, "images")]),
        ("threshold", "Figures at the threshold", _at_threshold(record)),
        ("discrimination", "Discrimination", _discrimination(record)),
        ("calibration", "Calibration", _calibration(record)),
        ("usefulness", "Clinical usefulness", _usefulness(record)),
        ("patients", "Per patient", _patients(record)),
        ("subgroups", "Subgroups", _subgroups(record)),
        ("comparison", "Against another model", _comparison(record)),
        ("misses", "The worst misses", _misses(record)),
        ("methods", "Methods", _methods(record)),
    ]
    sections = [Section(name, title, blocks) for name, title, blocks in candidates if blocks]
    sections.append(Section("guidelines", "Reporting guidelines", _guidelines(sections)))
    sections.append(Section("missing", "What this report does not hold", _missing(record)))
    headline = [
        (key, name_of(key), record["figures"][key]) for key in _HEADLINE if key in record["figures"]
    ]
    return Document(record["title"], _lead(record), headline, sections)


def _lead(record: Record) -> list[Paragraph]:
    setting, flow = record["settings"], record["flow"]
    lead = []
    if record["synthetic"]:
        lead.append(
            Paragraph(
                "The images are synthetic. The figures show that the software works; they say "
                "nothing about patients.",
                "warning",
            )
        )
    lead.append(
        Paragraph(f"Where the rows come from: {record['provenance'] or 'not stated'}.", "note")
    )
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
    "exploratory": "exploratory, so figures at it may be optimistic",
}


def figure_table(
    figures: Mapping[str, Record], keys: Sequence[str], *, caption: str, address: str
) -> Table:
    """Return figures as a table: name, value, interval, what it rests on."""
    rows = [_figure_row(key, figures[key]) for key in keys]
    return Table(
        caption=caption,
        header=("Figure", "Value", "Interval", "Rests on"),
        rows=rows,
        keys=[f"{address}.{key}" for key in keys],
    )


def _figure_row(key: str, figure: Record) -> tuple[str, str, str, str]:
    counts = counts_text(key, figure)
    if figure["value"] is None:
        return name_of(key), NOT_ESTIMABLE, str(figure.get("not_estimable")), counts
    return name_of(key), number_text(figure["value"]), interval_text(figure), counts


def notes_of(figures: Sequence[tuple[str, Record]]) -> list[Block]:
    """Return what a reader should know of figures before leaning on them, each note once."""
    found: dict[str, list[str]] = {}
    for name, figure in figures:
        if figure.get("note"):
            found.setdefault(str(figure["note"]), []).append(name)
    return [Paragraph(f"{', '.join(names)}: {note}", "note") for note, names in found.items()]


def _noted(figures: Mapping[str, Record], keys: Sequence[str]) -> list[Block]:
    return notes_of([(name_of(key), figures[key]) for key in keys])


def _keys(figures: Mapping[str, Record], group: str) -> list[str]:
    return [key for key in figures if group_of(key) == group]


def _level(record: Record) -> str:
    return f"{record['settings']['level'] * 100:g} % intervals"


def _who(record: Record) -> list[Block]:
    flow, setting = record["flow"], record["settings"]
    negative, positive = setting["classes"]
    rows = [
        (positive, str(flow["positive_images"]), _count(flow.get("positive_patients"))),
        (negative, str(flow["negative_images"]), _count(flow.get("negative_patients"))),
        ("Both classes", "none", _count(flow.get("mixed_patients"))),
        ("All", str(flow["images"]), _count(flow["patients"])),
    ]
    header = ("Class", "Images", "Patients with images of this class only")
    shown: list[Block] = [
        Table("Images and patients of each class", header, rows),
        Paragraph(
            f"Prevalence among these images: {figure_text(record['figures']['prevalence'])}. "
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
            f"{crossing} patients have images in more than one part: these figures are optimistic."
        )
        shown.append(Paragraph(text, "warning"))
    else:
        shown.append(Paragraph("No patient has images in more than one part."))
    return shown


def _cross_table(table: Record, record: Record, unit: str) -> Table:
    negative, positive = record["settings"]["classes"]
    return Table(
        f"Calls at the threshold against labels, in {unit}",
        ("Call", f"Label {positive}", f"Label {negative}"),
        [
            ("Called positive", str(table["true_positive"]), str(table["false_positive"])),
            ("Called negative", str(table["false_negative"]), str(table["true_negative"])),
        ],
    )


def _at_threshold(record: Record) -> list[Block]:
    figures = record["figures"]
    keys = _keys(figures, "threshold")
    caption = f"Figures at the threshold, with {_level(record)}"
    table = figure_table(figures, keys, caption=caption, address="figures")
    return [table, *_noted(figures, keys)]


def _discrimination(record: Record) -> list[Block]:
    figures = record["figures"]
    keys = _keys(figures, "ranking")
    caption = f"Discrimination, with {_level(record)}"
    table = figure_table(figures, keys, caption=caption, address="figures")
    return [table, *_noted(figures, keys), *discrimination_charts(record)]


def _calibration(record: Record) -> list[Block]:
    figures, correction = record["figures"], record["correction"]
    keys = _keys(figures, "calibration")
    before = figure_table(
        figures,
        keys,
        caption=f"Calibration of the scores as given, with {_level(record)}",
        address="figures",
    )
    shown: list[Block] = [before, *_noted(figures, keys)]
    if correction is not None:
        shown += [
            figure_table(
                correction["figures"],
                [key for key in keys if key in correction["figures"]],
                caption="Calibration after correction from a prevalence of "
                f"{percent_text(correction['train_prevalence'])} to "
                f"{percent_text(correction['target_prevalence'])}, that of these rows",
                address="correction.figures",
            ),
            Paragraph(
                f"The threshold {record['settings']['threshold']:.6g} on the scores as given makes "
                f"the same calls as {correction['threshold']:.6g} on corrected scores. Calibration "
                "is checked at the prevalence of these rows, because only there can it be."
            ),
        ]
    return [*shown, *reliability_charts(record), *score_charts(record)]


def _usefulness(record: Record) -> list[Block]:
    utility = record["utility"]
    figures = utility["figures"]
    return [
        figure_table(
            figures,
            list(figures),
            caption=f"Net benefit where one acts from a risk of {utility['risk']:.4g}, with "
            f"{_level(record)}",
            address="utility.figures",
        ),
        *_noted(figures, list(figures)),
        Paragraph(
            "Net benefit counts true positives per image and takes off false positives at the odds "
            "of the risk from which one acts. Treating none has 0. It reads scores as risks"
            + (", here corrected for prevalence." if record["correction"] else ".")
        ),
        *decision_charts(record),
    ]


def _comparison(record: Record) -> list[Block]:
    compared = record["comparison"]
    if compared is None:
        return []
    rows = []
    for key, contrast in compared["figures"].items():
        value, limits = _figure_row(key, contrast["difference"])[1:3]
        p_value = "none" if contrast["p_value"] is None else number_text(contrast["p_value"])
        sides = [figure_text(contrast[side]) for side in ("first", "second")]
        rows.append((name_of(key), *sides, value, limits, p_value))
    test = compared["mcnemar"]
    found = {name: test[name] for name in ("exact", "mid_p", "clustered") if test[name] is not None}
    told = ", ".join(f"{name.replace('_', '-')} p {number_text(p)}" for name, p in found.items())
    header = ("Figure", "This model", "Other model", "Difference", "Interval", "p")
    return [
        Table(
            f"This model minus the other on the same rows, with {_level(record)}",
            header,
            rows,
        ),
        Paragraph(
            f"Only this model called {test['first_only']} images right, only the other "
            f"{test['second_only']}. {test['method']}: {told or test['not_estimable']}."
        ),
        Listing(
            [
                f"p for {name_of(key)}: {contrast['method']}; the hypothesis: "
                f"{contrast['hypothesis']}."
                for key, contrast in compared["figures"].items()
                if contrast["p_value"] is not None
            ]
        ),
    ]


def _patients(record: Record) -> list[Block]:
    level = record["patient_level"]
    if level is None:
        return []
    figures = level["figures"]
    keys = [*_keys(figures, "threshold"), *_keys(figures, "ranking")]
    return [
        Paragraph(
            f"One score per patient, the {level['how']} of the images' scores; a patient is "
            "positive where any image is. The threshold is the one for images "
            f"({level['threshold']:.6g}), which nothing chose for patients."
        ),
        _cross_table(level["table"], record, "patients"),
        figure_table(
            figures,
            keys,
            caption=f"Figures per patient, with {_level(record)}",
            address="patient_level.figures",
        ),
        *_noted(figures, keys),
    ]


def _subgroups(record: Record) -> list[Block]:
    shown: list[Block] = []
    for number, group in enumerate(record["subgroups"]):
        shown += [_subgroup(number, group), *notes_of(_subgroup_figures(group))]
    return shown


def _subgroup_figures(group: Record) -> list[tuple[str, Record]]:
    return [
        (f"{level['level']}: {name_of(key)}", figure)
        for level in group["levels"]
        for key, figure in level.get("figures", {}).items()
    ]


def _subgroup(number: int, group: Record) -> Table:
    rows: list[tuple[str, ...]] = []
    keys = []
    for place, level in enumerate(group["levels"]):
        if level["suppressed"]:
            rows.append((level["level"], "suppressed", "fewer than 5, or to protect those", "", ""))
            keys.append("")
        for key, figure in level.get("figures", {}).items():
            name, *cells = _figure_row(key, figure)
            difference = level["differences"].get(key)
            told = "" if difference is None else figure_text(difference)
            rows.append((f"{level['level']}: {name}", *cells, told))
            keys.append(f"subgroups.{number}.levels.{place}.figures.{key}")
    header = ("Level and figure", "Value", "Interval", "Rests on", "Minus all other rows")
    return Table(f"Figures by {group['by']}", header, rows, keys)


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
    return [
        Gallery(f"{len(worst)} of {missed} missed positives, the lowest scores first", items),
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
