"""The report of a diagnostic model: every estimate, its interval, and what it rests on."""

import copy
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any, Self

import numpy as np

from prevalens._checks import check_choice, check_integer, check_number
from prevalens._writing import write_json, write_text
from prevalens.decisions.operating_point import OperatingPoint
from prevalens.exceptions import InvalidInputError
from prevalens.predictions.predictions import Predictions
from prevalens.reports.assembly import Request, assemble
from prevalens.reports.html_page import html_page
from prevalens.reports.methods import methods, references
from prevalens.reports.record_format import FORMAT, VERSION, check_record
from prevalens.reports.rendering import latex_table, markdown_page, text_page
from prevalens.reports.sections import document_of
from prevalens.reports.worst_misses import Picture
from prevalens.splits.partition import Partition

ORIGINS = ("pre-specified", "validation", "exploratory")
FORMATS = (".html", ".json", ".md", ".txt", ".tex")


@dataclass(frozen=True, init=False, repr=False)
class ClinicalReport:
    """Every estimate of a two-class model on held-out rows, with its interval and its basis.

    Args:
        predictions: What the model said about rows it never saw.
        threshold: Scores at or above it are called positive, in [0, 1]; or what
            `choose_threshold` returned, with its rule and guarantee.
        threshold_origin: `"pre-specified"` before these rows were seen; `"validation"`, chosen on
            other rows; or `"exploratory"`, anything else. By default that of the operating point,
            or exploratory for a number.
        prevalence: Prevalence where the model will be used, in (0, 1), for predictive values.
        by: Covariates whose levels become subgroups.
        compare: Another model's predictions of the same rows in the same order.
        uncorrected: The same rows with the scores as the model gave them, where `predictions`
            holds scores that were corrected since; their calibration is shown before the other.
        partition: How the cohort was divided, for the flow of images.
        patient_score: How images are pooled into patients, `"mean"` or `"max"`.
        worst: False negatives shown at most, with thumbnails where files are named; 0 for none.
        picture: Draws what is shown of a missed image from its path, as pixels from 0 to 255,
            shape `(height, width, 3)`: for example the image and where the model looked; by
            default the image itself.
        picture_note: What `picture` draws, in words that stand below the pictures.
        confidence_level: Coverage of the intervals, in (0, 1).
        seed: Seed of what is drawn.
        title: Title of the report.

    Raises:
        InvalidInputError: more than two classes, an argument outside its range, an unknown
            covariate, or predictions to compare that are of other rows.

    Examples:
        >>> from prevalens.predictions import Predictions
        >>> told = Predictions(
        ...     labels=[0, 0, 1, 1], scores=[0.1, 0.4, 0.35, 0.8], patients=["a", "b", "c", "d"]
        ... )
        >>> report = ClinicalReport(told, threshold=0.5, threshold_origin="pre-specified")
        >>> report.to_dict()["estimates"]["auroc"]["value"]
        0.75
    """

    record: Mapping[str, Any]

    def __init__(
        self,
        predictions: Predictions,
        *,
        threshold: float | OperatingPoint,
        threshold_origin: str | None = None,
        prevalence: float | None = None,
        by: Sequence[str] = (),
        compare: Predictions | None = None,
        uncorrected: Predictions | None = None,
        partition: Partition | None = None,
        patient_score: str = "mean",
        worst: int = 20,
        picture: Picture | None = None,
        picture_note: str = "",
        confidence_level: float = 0.95,
        seed: int = 0,
        title: str = "Clinical report",
    ) -> None:
        point = threshold if isinstance(threshold, OperatingPoint) else None
        value = point.threshold if point else threshold
        request = Request(
            predictions=_two_classes(predictions),
            threshold=check_number("threshold", value, low=0, high=1),
            threshold_origin=check_choice(
                "threshold_origin",
                threshold_origin or (point.origin if point else "exploratory"),
                ORIGINS,
            ),
            point=point,
            prevalence=None if prevalence is None else _share("prevalence", prevalence),
            by=(by,) if isinstance(by, str) else tuple(by),
            compare=_same_rows(predictions, compare),
            uncorrected=_same_rows(predictions, uncorrected),
            partition=partition,
            patient_score=check_choice("patient_score", patient_score, ("mean", "max")),
            worst=check_integer("worst", worst, minimum=0),
            picture=picture,
            picture_note=picture_note,
            confidence_level=_share("confidence_level", confidence_level),
            seed=check_integer("seed", seed, minimum=0),
            title=title,
        )
        record = {"format": FORMAT, "version": VERSION, "prevalens": metadata.version("prevalens")}
        record |= assemble(request)
        record |= {"methods": methods(record), "references": references(record)}
        object.__setattr__(self, "record", record)

    def __repr__(self) -> str:
        flow, threshold = self.record["flow"], self.record["settings"]["threshold"]
        whose = "independent" if flow["patients"] is None else f"of {flow['patients']} patients"
        return f"ClinicalReport({flow['images']} images {whose}, threshold {threshold:.6g})"

    def __str__(self) -> str:
        return text_page(document_of(self.record))

    def to_dict(self) -> dict[str, Any]:
        """Return the whole report as plain values; every format is drawn from these."""
        return copy.deepcopy(dict(self.record))

    @classmethod
    def from_dict(cls, record: Mapping[str, Any]) -> Self:
        """Return the report that `to_dict` gave, or that a JSON file holds.

        Raises:
            InvalidInputError: it is no report, of another version, or was edited.
        """
        report = cls.__new__(cls)
        object.__setattr__(report, "record", copy.deepcopy(check_record(record)))
        return report

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the report, whole or not at all, in the format of the suffix.

        Args:
            path: `.html` for one self-contained page, `.json` for the record, `.md`, `.txt`, or
                `.tex` for a table of the estimates.

        Raises:
            InvalidInputError: the suffix is none of these.
        """
        suffix = Path(path).suffix.lower()
        check_choice("the suffix of `path`", suffix, FORMATS)
        if suffix == ".json":
            write_json(path, self.record)
        elif suffix == ".tex":
            caption = f"{self.record['title']}: estimates with their intervals"
            write_text(
                path, latex_table(self.record["estimates"], caption=caption, label="tab:estimates")
            )
        elif suffix == ".html":
            generator = f"prevalens {self.record['prevalens']}"
            write_text(path, html_page(document_of(self.record), generator=generator))
        else:
            page = markdown_page if suffix == ".md" else text_page
            write_text(path, page(document_of(self.record)))


def _share(name: str, value: float) -> float:
    return check_number(name, value, low=0, high=1, open_low=True, open_high=True)


def _two_classes(predictions: Predictions) -> Predictions:
    if not predictions.is_binary:
        raise InvalidInputError(
            f"A report is about two classes, got {list(predictions.classes)}. Report each class "
            "against the rest: `predictions.one_vs_rest(...)`."
        )
    return predictions


def _same_rows(predictions: Predictions, other: Predictions | None) -> Predictions | None:
    if other is None:
        return None
    names = ("labels", "patients", "images")
    for name in names:
        one, two = getattr(predictions, name), getattr(other, name)
        either_absent = one is None or two is None
        if name == "images" and either_absent:
            continue
        if (one is None) != (two is None) or (one is not None and not np.array_equal(one, two)):
            raise InvalidInputError(
                "Two sets of scores are compared on the same rows in the same order, but their "
                f"`{name}` differ. Predict the same rows with both, or sort one like the other."
            )
    return other
