"""Recompute a report from its predictions, and every page from its record."""

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from prevalens._checks import check_path
from prevalens._gate import read_file
from prevalens._records import read_json
from prevalens.decisions.operating_point import OperatingPoint
from prevalens.exceptions import InvalidInputError
from prevalens.predictions.predictions import Predictions
from prevalens.reports.class_head import ClassSettings
from prevalens.reports.clinical_report import ClinicalReport
from prevalens.reports.label_head import LabelSettings
from prevalens.reports.lineage import LineageRecord, changed_files, hashed_folder
from prevalens.reports.report_head import ReportHead, Settings
from prevalens.reports.report_record import independent
from prevalens.reports.sections import patient_level
from prevalens.splits.partition_record import checksum_of

# What the predictions alone give; a comparison, pictures and the partition need more.
_RECOMPUTED = (
    *("confusion_matrix", "estimates", "predictive_values", "patient_level", "subgroups"),
    *("discrimination", "referral", "sites"),
)
_OF_CLASSES = (
    *("confusion_matrix", "estimates", "confusion", "each_class", "class_calibration"),
    *("subgroups", "class_subgroups", "class_decisions"),
)
_OF_LABELS = ("estimates", "each_label", "label_study", "label_subgroups")
_CAME_LATER = {"class_subgroups", "label_subgroups"}  # reports from before are without
_OF_OTHERS = {"other_roc", "other_precision_recall", "guarantee"}
_TOLERANCE = 1e-9  # relative: another processor may round sums otherwise
_LARGEST = 2**30  # bytes of a page
LINEAGE = "lineage.json"  # of a dossier
_PAGES = (".html", ".md", ".txt", ".tex")


@dataclass(frozen=True)
class Verification:
    """What was recomputed, and what differs.

    Args:
        checked: What was looked at, in words.
        differences: What is not as it was written, each with its place; empty where all is well.

    Examples:
        >>> Verification(checked=("estimates",), differences=("auroc is 0.75, not 0.80",)).ok
        False
    """

    checked: tuple[str, ...]
    differences: tuple[str, ...]

    @property
    def ok(self) -> bool:
        """Whether nothing differs."""
        return not self.differences

    def __str__(self) -> str:
        found = self.differences or ("Nothing differs.",)
        return "\n".join([f"Checked: {'; '.join(self.checked)}.", *found])


def report_file(folder: Path) -> Path:
    """Return the report of a run's folder.

    Raises:
        InvalidInputError: the folder holds none.
    """
    path = folder / "report.json"
    if not path.is_file():
        raise InvalidInputError(
            f"{folder} is no folder of a run: it holds no report.json. `prevalens study` makes "
            "one; so does a report that is saved as report.json beside its predictions.csv."
        )
    return path


def verify_run(
    folder: str | os.PathLike[str], *, run: str | os.PathLike[str] | None = None
) -> Verification:
    """Recompute the report in a folder from the predictions beside it, and its pages from it.

    Args:
        folder: Holds `report.json` and `predictions.csv`, as `ClinicalReport.save` and
            `Predictions.save` write them; pages named `report` beside them are drawn again and
            compared byte for byte. Of a dossier, with `lineage.json`, every file is hashed.
        run: Folder of the run that a dossier was written from; its files are hashed too.

    Returns:
        What was checked, and each value, hash and page that differs. A comparison, pictures of
        errors and counts of the partition need more than the predictions and are not recomputed.

    Raises:
        InvalidInputError: one of the two files is missing or cannot be read.

    Examples:
        >>> import tempfile
        >>> from prevalens.predictions import Predictions
        >>> from prevalens.reports import ClinicalReport
        >>> held_out = Predictions(
        ...     labels=[0, 0, 1, 1], scores=[0.1, 0.4, 0.35, 0.8], patients=["a", "b", "c", "d"]
        ... )
        >>> report = ClinicalReport(held_out, threshold=0.5, threshold_origin="pre-specified")
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     held_out.save(f"{folder}/predictions.csv")
        ...     report.save(f"{folder}/report.json")
        ...     verify_run(folder).ok
        True
    """
    root = Path(check_path("folder", folder))
    path = report_file(root)
    report = ClinicalReport.from_dict(read_json(path, remedy="Make the report anew."))
    predictions = predictions_of(root / "predictions.csv", report)
    checked = ["estimates of predictions.csv against report.json"]
    differences = list(_differences(report, predictions))
    for page in (path.with_suffix(suffix) for suffix in _PAGES):
        if page.is_file():
            checked.append(page.name)
            drawn = report.page(page.suffix).encode()
            if read_file(page, what="a page", max_bytes=_LARGEST) != drawn:
                differences.append(f"{page.name} is not what report.json draws.")
    if (root / LINEAGE).is_file():
        checked.append(f"every file against {LINEAGE}")
        differences += _of_lineage(root, None if run is None else Path(check_path("run", run)))
    elif run is not None:
        raise InvalidInputError(f"{root} holds no {LINEAGE}, so it has no run. Leave `run` out.")
    return Verification(tuple(checked), tuple(differences))


def _of_lineage(root: Path, run: Path | None) -> Iterator[str]:
    record = LineageRecord.load(root / LINEAGE)
    if record.checksum != checksum_of(record.to_dict()):
        yield f"{LINEAGE} was edited: its checksum does not fit its content."
    yield from changed_files(root, record.dossier)
    known = {file.path for file in record.dossier} | {LINEAGE}
    strangers = [file.path for file in hashed_folder(root) if file.path not in known]
    yield from (f"{name} is not in {LINEAGE}." for name in strangers)
    if run is not None:
        yield from changed_files(run, record.run)


def predictions_of(path: Path, report: ClinicalReport) -> Predictions:
    """Return the predictions that a report was made from.

    Raises:
        InvalidInputError: the file is missing or cannot be read.
    """
    if not path.is_file():
        raise InvalidInputError(
            f"{path} is missing. Put the predictions that the report was made from beside it."
        )
    patient = None if independent(report.record) else "patient"
    # A table that `save` did not write names its classes, of which the report knows the positive.
    classes = report.record.settings.classes
    positive = classes[1] if isinstance(report.record, ReportHead) else None
    return Predictions.load(path, patient=patient, positive=positive)


def _of_patients(report: ClinicalReport) -> dict[str, Any]:
    """Return the pooling and the threshold that a report of patients was made with."""
    part = patient_level.SECTION.of(report.record)
    if part is None:
        return {}
    at, rule = part.threshold, part.threshold_rule
    point = None
    if rule is not None:
        point = OperatingPoint(threshold=at, rule=rule, guarantee=None, estimates={})
    return {"patient_score": patient_level.pooling_of(part), "patient_threshold": point}


def _of_interest(decisions: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return the classes of interest of a report of several, and how they were decided."""
    if decisions is None:
        return {}
    thresholds, origins = {}, set()
    for each in decisions["classes"]:
        at, rule, origin = (each[f"threshold{k}"] for k in ("", "_rule", "_origin"))
        if at is not None:
            point = OperatingPoint(
                threshold=at, rule=rule or "", guarantee=None, estimates={}, origin=origin
            )
            thresholds[each["name"]] = at if rule is None else point
            origins.add(origin)
    shares = {each["name"]: each["prevalence"] for each in decisions["classes"]}
    return {
        "positive": list(shares),
        "threshold": thresholds or None,
        # Of numbers beside points the former are exploratory, the latter know theirs.
        "threshold_origin": origins.pop() if len(origins) == 1 else None,
        "prevalence": {name: share for name, share in shares.items() if share is not None} or None,
    }


def _differences(report: ClinicalReport, predictions: Predictions) -> Iterator[str]:
    was, settings = report.to_dict(), report.record.settings
    of_two: dict[str, Any] = {}
    if isinstance(settings, Settings):
        of_two = {
            "threshold": settings.threshold,
            "threshold_origin": settings.threshold_origin,
            "prevalence": settings.prevalence,
            **_of_patients(report),
            "site": was["sites"] and was["sites"]["by"],
            "refer": was["referral"] and (was["referral"]["lower"], was["referral"]["upper"]),
        }
    if isinstance(settings, LabelSettings):
        at = settings.thresholds
        of_two = {
            "threshold": None if at is None else dict(zip(settings.classes, at, strict=True)),
            "threshold_origin": settings.threshold_origin,
        }
    if isinstance(settings, ClassSettings):
        of_two = _of_interest(was["class_decisions"])
    again = ClinicalReport(
        predictions,
        by=settings.by,
        worst=0,
        confidence_level=settings.confidence_level,
        seed=settings.seed,
        **of_two,
    ).to_dict()
    hashes = [record["provenance"]["input_sha256"] for record in (was, again)]
    if hashes[0] != hashes[1]:
        yield f"predictions.csv has SHA-256 {hashes[1]}; the report was made from {hashes[0]}."
    parts = _RECOMPUTED if isinstance(settings, Settings) else _OF_CLASSES
    for part in _OF_LABELS if isinstance(settings, LabelSettings) else parts:
        if part not in _CAME_LATER or was[part] is not None:
            yield from _compared(part, was[part], again[part])


def _compared(where: str, was: Any, now: Any) -> Iterator[str]:
    """Name each value that differs, with its place in the record."""
    if isinstance(was, Mapping) and isinstance(now, Mapping):
        for key in sorted({*was, *now} - _OF_OTHERS):
            yield from _compared(f"{where}.{key}", was.get(key), now.get(key))
    elif isinstance(was, list) and isinstance(now, list) and len(was) == len(now):
        for number, pair in enumerate(zip(was, now, strict=True)):
            yield from _compared(f"{where}[{number}]", *pair)
    elif isinstance(was, float) and isinstance(now, int | float):
        if not np.isclose(was, now, rtol=_TOLERANCE, atol=1e-12):
            yield f"{where} is {was!r}; recomputed it is {now!r}."
    elif was != now:
        yield f"{where} is {was!r}; recomputed it is {now!r}."
