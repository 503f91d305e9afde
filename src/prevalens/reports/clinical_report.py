"""The report of a diagnostic model: every estimate, its interval, and what it is counted on."""

import json
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from prevalens._checks import check_choice, check_kind, check_path
from prevalens._notebook import frame
from prevalens._writing import write_text
from prevalens.cohorts.cohort import Cohort
from prevalens.cohorts.left_out import LeftOut
from prevalens.decisions.operating_point import OperatingPoint
from prevalens.decisions.referral import Referral
from prevalens.decisions.threshold_set import ThresholdSet
from prevalens.exceptions import InvalidInputError
from prevalens.predictions.patient_pooling import PatientPooling
from prevalens.predictions.predictions import Predictions
from prevalens.reports.choices import FORMATS
from prevalens.reports.class_head import ClassReportHead
from prevalens.reports.class_request import checked_class_request
from prevalens.reports.class_sections.each_class import class_header, class_rows
from prevalens.reports.development import Development
from prevalens.reports.html_page import html_page
from prevalens.reports.label_head import LabelReportHead
from prevalens.reports.label_request import checked_label_request
from prevalens.reports.label_sections.each_label import label_header, label_rows
from prevalens.reports.latex_table import latex_rows, latex_table
from prevalens.reports.markdown_page import markdown_page
from prevalens.reports.patient_curve import PatientCurve
from prevalens.reports.pictures import Picture
from prevalens.reports.report_head import ReportHead
from prevalens.reports.report_record import Head, document_of, read_record, record_of
from prevalens.reports.request import checked_request
from prevalens.reports.text_page import text_page
from prevalens.splits.partition import Partition


@dataclass(frozen=True, init=False, repr=False)
class ClinicalReport:
    """Every estimate of a model on held-out rows, with its interval and its n.

    Of three or more classes the one with the highest score is predicted, and each is taken against
    the rest: `threshold`, `threshold_origin` and `prevalence` are of the classes of interest, and
    `compare_threshold`, `uncorrected`, `patient_score`, `patient_threshold`, `refer` and `site` are
    of two classes, and refused.

    Args:
        predictions: Predictions of rows that the model never saw.
        threshold: Scores at or above it are predicted positive, in [0, 1]; or what
            `choose_threshold` returned, with its rule and guarantee. Two classes need it. Of
            several labels, or of the classes of interest, one for all, one for each by name, or
            what `choose_thresholds` returned; a class of interest without one is predicted where
            its score is the highest.
        threshold_origin: `"pre-specified"` before these rows were seen; `"validation"`, chosen on
            other rows; or `"exploratory"`, anything else. By default that of the operating point,
            or exploratory for a number.
        positive: Classes of interest of three or more, each of which has a decision section: a
            name, or several; of grades, this one or a higher one. By default those that
            `threshold` names.
        prevalence: Prevalence where the model will be used, in (0, 1), for predictive values,
            net benefit and the key results; of classes of interest by name.
        by: Covariates whose levels become subgroups.
        site: Covariate that names the site of each image: measures are pooled over sites by
            random effects, with limits for the next site; None pools nothing.
        compare: Another model's predictions of the same rows in the same order.
        compare_threshold: The other model's threshold on its own scores, in [0, 1]; by default
            the same number.
        baselines: Predictions of the same rows by simple models, by name: what the model must
            beat, such as a thumbnail of the image, or covariates.
        learning_curve: What `compute_learning_curve` returned: whether more patients would help.
        development: Held-out predictions of the study that made the model, where `predictions` are
            of the next cohort: both stand side by side, with unpaired differences over patients.
        uncorrected: The same rows with the scores as the model gave them, where `predictions`
            holds scores that were corrected since; their calibration is shown before the other.
        partition: How the cohort was divided, for the flow of images.
        cohort: The cohort that `partition` divides: with it, patients are counted in each part
            and those in more than one part are found; without it, that is not checked.
        excluded: Images left out before scoring, by reason, or a cohort's `left_out`; `{}` says
            that none were. What was left out of `cohort` is told in any case.
        patient_score: How images are pooled into patients, a `PatientPooling`, or `"mean"` or
            `"max"`, where the question is about patients; None leaves patients out.
        patient_threshold: Threshold of the pooled scores, in [0, 1], or what `choose_threshold`
            returned for pooled scores; by default that for images, which nothing chose for
            patients.
        refer: Two thresholds between which a human decides, `(lower, upper)` in [0, 1], or what
            `choose_referral` returned; None refers nobody.
        worst: False negatives, and false positives, shown at most, with thumbnails where files
            are named; by default 20, 0 for none.
        picture: Draws what is shown of a missed image from its path, as pixels from 0 to 255,
            shape `(height, width, 3)`: for example the image and where the model looked; by
            default the image itself.
        picture_note: What `picture` draws, in words that stand below the pictures.
        confidence_level: Coverage of the intervals, in (0, 1).
        seed: Seed of what is drawn.
        title: Title of the report.
        made_by: The command or call that made the report; by default the name of the program.
        date: When it was made, in words; by default not told, so that the same input makes the
            same bytes.

    Raises:
        InvalidInputError: an argument outside its range, or of two classes where there are
            several classes or labels; an unknown covariate, predictions to compare that are of
            other rows, or a partition of another cohort.

    Examples:
        >>> from prevalens.predictions import Predictions
        >>> held_out = Predictions(
        ...     labels=[0, 0, 1, 1], scores=[0.1, 0.4, 0.35, 0.8], patients=["a", "b", "c", "d"]
        ... )
        >>> report = ClinicalReport(held_out, threshold=0.5, threshold_origin="pre-specified")
        >>> report["estimates"]["auroc"]["value"]
        0.75
    """

    record: Head

    def __init__(
        self,
        predictions: Predictions,
        *,
        threshold: float
        | OperatingPoint
        | Mapping[str, float]
        | Mapping[str, OperatingPoint]
        | ThresholdSet
        | None = None,
        threshold_origin: str | None = None,
        positive: str | Sequence[str] | None = None,
        prevalence: float | Mapping[str, float] | None = None,
        by: Sequence[str] = (),
        site: str | None = None,
        compare: Predictions | None = None,
        compare_threshold: float | None = None,
        baselines: Mapping[str, Predictions] | None = None,
        learning_curve: PatientCurve | None = None,
        development: Development | None = None,
        uncorrected: Predictions | None = None,
        partition: Partition | None = None,
        cohort: Cohort | None = None,
        excluded: Mapping[str, int] | Sequence[LeftOut] | None = None,
        patient_score: PatientPooling | str | None = None,
        patient_threshold: float | OperatingPoint | None = None,
        refer: Referral | tuple[float, float] | None = None,
        worst: int | None = None,
        picture: Picture | None = None,
        picture_note: str = "",
        confidence_level: float = 0.95,
        seed: int = 0,
        title: str = "Clinical report",
        made_by: str | None = None,
        date: str | None = None,
    ) -> None:
        check_kind("predictions", predictions, Predictions)
        check: Any = checked_request if predictions.is_binary else checked_class_request
        request = (checked_label_request if predictions.is_multilabel else check)(
            predictions,
            threshold=threshold,
            threshold_origin=threshold_origin,
            positive=positive,
            prevalence=prevalence,
            by=by,
            site=site,
            compare=compare,
            compare_threshold=compare_threshold,
            baselines=baselines,
            learning_curve=learning_curve,
            development=development,
            uncorrected=uncorrected,
            partition=partition,
            cohort=cohort,
            excluded=excluded,
            patient_score=patient_score,
            refer=refer,
            patient_threshold=patient_threshold,
            worst=worst,
            picture=picture,
            picture_note=picture_note,
            confidence_level=confidence_level,
            seed=seed,
            title=title,
            made_by=made_by or Path(sys.argv[0]).name or "an interactive session",
            date=date,
        )
        object.__setattr__(self, "record", record_of(request))

    def __repr__(self) -> str:
        record = self.record
        names = record.settings.classes
        if isinstance(record, LabelReportHead):
            return f"ClinicalReport({len(names)} labels: {', '.join(names)})"
        found = record.estimates["accuracy"]
        whose = "independent" if found.patients is None else f"of {found.patients} patients"
        what = (
            f"{len(record.settings.classes)} classes"
            if isinstance(record, ClassReportHead)
            else f"threshold {record.settings.threshold:.6g}"
        )
        return f"ClinicalReport({found.n} images {whose}, {what})"

    def __str__(self) -> str:
        return text_page(document_of(self.record))

    def _repr_html_(self) -> str:
        return frame(self.page(".html"), title=self.record.title)

    def __getitem__(self, part: str) -> Any:
        """Return a part of the report as plain values, for example `report["estimates"]`."""
        return self.to_dict()[part]

    def to_dict(self) -> dict[str, Any]:
        """Return the whole report as plain values; every format is drawn from the same record."""
        return self.record.to_dict()

    @classmethod
    def from_dict(cls, record: Mapping[str, Any]) -> Self:
        """Return the report that `to_dict` gave, or that a JSON file holds.

        Raises:
            InvalidInputError: it is no report, of another version, or was edited; the message
                names the path of what is wrong.
        """
        try:
            json.dumps(record, allow_nan=False)
        except (ValueError, TypeError, RecursionError) as error:
            raise InvalidInputError(
                f"This is no prevalens report: {error}. {ReportHead.REMEDY}"
            ) from error
        report = cls.__new__(cls)
        object.__setattr__(report, "record", read_record(record))
        return report

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the report, whole or not at all, in the format of the suffix.

        Args:
            path: `.html` for one self-contained page, `.json` for the record, `.md`, `.txt`, or
                `.tex` for a table of the estimates.

        Raises:
            InvalidInputError: the suffix is none of these.
        """
        target = Path(check_path("path", path))
        suffix = check_choice("the suffix of `path`", target.suffix.lower(), FORMATS)
        if suffix == ".json":
            self.record.save(target)
        else:
            write_text(target, self.page(suffix))

    def page(self, suffix: str) -> str:
        """Return what `save` writes for a suffix other than `.json`.

        Args:
            suffix: `.html`, `.md`, `.txt` or `.tex`.

        Raises:
            InvalidInputError: the suffix is none of these.
        """
        record = self.record
        check_choice("suffix", suffix, FORMATS[:1] + FORMATS[2:])
        if suffix == ".tex":
            if isinstance(record, LabelReportHead):
                caption = f"{record.title}: each label, with {record.level}"
                cells, names = label_rows(record), label_header(record)
                return latex_rows(names, cells, caption=caption, label="tab:labels")
            caption = f"{record.title}: estimates with their intervals"
            page = latex_table(record.estimates, caption=caption, label="tab:estimates")
            if not isinstance(record, ClassReportHead):
                return page
            caption = f"{record.title}: each class against the rest, with {record.level}"
            rows, header = class_rows(record), class_header()
            return page + latex_rows(header, rows, caption=caption, label="tab:classes")
        document = document_of(record)
        if suffix == ".html":
            return html_page(document, generator=f"prevalens {record.prevalens}")
        return markdown_page(document) if suffix == ".md" else text_page(document)
