"""What a model card shows of a report: of two classes, of several classes, or of several labels."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from prevalens.exceptions import InvalidInputError
from prevalens.reports.class_head import ClassReportHead
from prevalens.reports.class_sections.all_classes import SECTION as ALL_CLASSES
from prevalens.reports.class_sections.each_class import SECTION as EACH_CLASS
from prevalens.reports.document import Chart, Details, Forest, Passage
from prevalens.reports.estimate_tables import estimate_table, keys_of, noted
from prevalens.reports.estimate_text import count_text, percent_text
from prevalens.reports.label_head import LabelReportHead
from prevalens.reports.label_sections.all_labels import SECTION as ALL_LABELS
from prevalens.reports.label_sections.each_label import SECTION as EACH_LABEL
from prevalens.reports.report_head import ReportHead
from prevalens.reports.report_record import Head

if TYPE_CHECKING:
    from prevalens.reports.sections.section import Section

_GROUPS = {
    "threshold": "Estimates at the threshold",
    "ranking": "Discrimination",
    "calibration": "Calibration",
}
# What the card repeats of the report; curves, errors and comparisons stay there.
_KEPT = {
    *("title", "prevalens", "data_source", "synthetic", "settings", "confusion_matrix"),
    *("estimates", "key_results", "study", "partition", "subgroups", "not_included"),
    *("class_study", "each_class", "label_study", "each_label"),
}


def task_of(report: Head) -> str:
    """Say what the model tells of one image."""
    names = ", ".join(report.settings.classes)
    if isinstance(report, LabelReportHead):
        return f"Task: tell which of several labels one image has: {names}"
    if isinstance(report, ClassReportHead):
        kind = "grades, from the lowest," if report.settings.ordered else "classes"
        return f"Task: tell which of several {kind} one image is of: {names}"
    negative, positive = report.settings.classes
    return f"Task: tell {positive} (positive) from {negative} on one image"


def rows_of(report: Head) -> str:
    """Say how many images of how many patients were evaluated, and of what."""
    if isinstance(report, ReportHead):
        rows = report.estimates["prevalence"]
        counts = [f"{rows.events:,} {report.settings.classes[1]}"]
        images, patients = rows.n, rows.patients
    elif isinstance(report, ClassReportHead):
        accuracy, classes = report.estimates["accuracy"], EACH_CLASS.of(report)
        images, patients = accuracy.n, accuracy.patients
        counts = [
            f"{each.images:,} {each.name}" for each in ([] if classes is None else classes.classes)
        ]
    else:
        mean, labels = report.estimates["macro_auroc"], EACH_LABEL.of(report)
        images, patients = mean.n, mean.patients
        counts = [
            f"{each.images:,} {each.name}" for each in ([] if labels is None else labels.labels)
        ]
    whose = "independent" if patients is None else f"of {count_text(patients, 'patient')}"
    return f"{count_text(images, 'image')} {whose}, {', '.join(counts)}"


def shares_text(report: Head, shares: Any) -> str:
    """Say the share of the positive class, of each class, or of each label, in training."""
    what = "positives" if isinstance(report, ReportHead) else "each"
    told = "not provided"
    if isinstance(shares, list | tuple):
        pairs = zip(report.settings.classes, shares, strict=True)
        told = ", ".join(f"{name} {percent_text(share)}" for name, share in pairs)
    elif shares is not None:
        told = percent_text(shares)
    return f"Share of {what} in the training batches: {told}."


def results_of(report: Head) -> list[Passage]:
    """Return the tables of estimates, without charts and folded parts."""
    if isinstance(report, ReportHead):
        found = []
        for group, title in _GROUPS.items():
            keys = keys_of(report.estimates, group)
            table = estimate_table(
                report.estimates, keys, caption=report.level, address="report.estimates"
            )
            found.append(Passage(group, title, [table, *noted(report.estimates, keys)]))
        return found
    labels = isinstance(report, LabelReportHead)
    sections: tuple[Section[Any], ...] = (
        (ALL_LABELS, EACH_LABEL) if labels else (ALL_CLASSES, EACH_CLASS)
    )
    return [
        Passage(
            section.key,
            section.title,
            [b for b in section.show(report) if not isinstance(b, Chart | Details | Forest)],
        )
        for section in sections
    ]


def kept_of(report: Head) -> dict[str, Any]:
    """Return what the card's record repeats of the report, ROC curves left out."""
    plain = {part: value for part, value in report.to_dict().items() if part in _KEPT}
    for part, parts in (("each_class", "classes"), ("each_label", "labels")):
        if plain.get(part):
            every = [{k: v for k, v in one.items() if k != "roc"} for one in plain[part][parts]]
            plain[part] = {**plain[part], parts: every}
    return plain


def thresholds_of(report: Head) -> Any:
    """Return the threshold; of labels one each; None where the highest score decides."""
    if isinstance(report, LabelReportHead):
        return report.settings.thresholds
    return report.settings.threshold if isinstance(report, ReportHead) else None


def check_classifier(report: Head, classifier: Mapping[str, Any]) -> None:
    """Refuse a classifier whose predictions are not those of the report.

    Raises:
        InvalidInputError: its classes or thresholds are others.
    """
    expected = {"classes": list(report.settings.classes), "threshold": thresholds_of(report)}
    for name, there in expected.items():
        here = classifier.get(name)
        if (list(here) if isinstance(here, list | tuple) else here) != there:
            raise InvalidInputError(
                f"The classifier's `{name}` is {here!r}, but the report's is {there!r}: its "
                "estimates are about other predictions. Make the report with the classifier's own."
            )
