"""The methods in words, each with its reference, written from what was computed."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from prevalens._records import Part
from prevalens.metrics.registry import all_measures
from prevalens.reports.document import Block, Listing, Paragraph
from prevalens.reports.estimate_text import name_of
from prevalens.reports.record_parts import EstimatePart
from prevalens.reports.references import references_in
from prevalens.reports.report_head import ReportHead, Settings
from prevalens.reports.sections.calibration import SECTION as CALIBRATION
from prevalens.reports.sections.comparison import SECTION as COMPARISON
from prevalens.reports.sections.section import Answer, Made, Section
from prevalens.reports.sections.subgroups import SECTION as SUBGROUPS

_UNDERSAMPLING = (
    "Training on undersampled rows moves risks away from the prevalence of the cohort and does not "
    "improve discrimination (van den Goorbergh 2022)."
)


class Methods(Part, frozen=True, kw_only=True):
    """Sentences that may stand in a paper, and the references they and the methods cite."""

    sentences: list[str]
    references: list[str]


def _derive(made: Made) -> Methods:
    return methods_of(made.report, _sentences(made.report), all_measures())


def methods_of(report: Any, sentences: list[str], measures: Iterable[Any]) -> Methods:
    """Return sentences, and the papers that they, the report's methods or its measures cite."""
    texts = _texts(report.to_dict())
    found = references_in([*sentences, *texts, _GUIDELINES])
    held = [measure for measure in measures if measure.key in report.estimates]
    defining = {paper for measure in held for paper in measure.full_references()}
    return Methods(sentences=sentences, references=sorted({*found, *defining}, key=str.casefold))


_GUIDELINES = "Sounderajah 2025; Collins 2024; Tejani 2024; Moons 2025"


def _texts(plain: Any) -> Iterator[str]:
    if isinstance(plain, Mapping):
        for key, value in plain.items():
            if key in {"method", "note", "threshold_rule", "threshold_guarantee"}:
                yield str(value)
            else:
                yield from _texts(value)
    elif isinstance(plain, list):
        for value in plain:
            yield from _texts(value)


def _sentences(report: ReportHead) -> list[str]:
    setting = report.settings
    independent = report.estimates["prevalence"].patients is None
    sentences = [
        f"A score at or above the threshold is predicted positive. {_threshold(setting)}",
        over_patients(independent=independent, level=setting.confidence_level),
        *(f"{names}: {method}." for method, names in by_method(report.estimates)),
        "Undefined estimates are named as not estimable with the reason; none is set to 0.",
        (
            "Discrimination, calibration and net benefit are the core (Van Calster 2025); F1 and "
            "accuracy are listed because they are asked for; they are neither proper scores nor "
            "based on a decision. Net benefit follows Vickers & Elkin 2006."
        ),
    ]
    if SUBGROUPS.of(report) or COMPARISON.of(report):
        sentences.append("p values of several tests are adjusted by Holm's method (Holm 1979).")
    calibration = CALIBRATION.of(report)
    moved = None if calibration is None else calibration.corrected
    if moved is not None:
        sentences.append(
            "Scores were corrected for prevalence on the odds (Saerens 2002), from "
            f"{moved.train_prevalence:.4g} among the training rows to "
            f"{moved.target_prevalence:.4g}. {_UNDERSAMPLING}"
        )
    elif calibration is not None and calibration.uncorrected is not None:
        sentences.append(
            "The scores of this report were corrected from the model's own; calibration is shown "
            f"before and after (Saerens 2002). {_UNDERSAMPLING}"
        )
    return sentences


def over_patients(*, independent: bool, level: float) -> str:
    """Say what intervals are over, and what coverage they aim at."""
    over = (
        "Images were taken as independent, as stated by the author; no interval allows for several "
        "images of one patient"
        if independent
        else "Images of one patient are not independent; every interval is over patients"
    )
    return f"{over}. Intervals aim at a coverage of {level * 100:g} %."


def _threshold(setting: Settings) -> str:
    origin = {
        "pre-specified": "was specified before these rows were looked at",
        "validation": "was chosen on validation rows, not on these",
        "exploratory": "is exploratory: nothing says that these rows did not choose it, so the "
        "estimates at it may be optimistic",
    }[setting.threshold_origin]
    text = f"The threshold, {setting.threshold:.6g}, {origin}."
    if setting.threshold_rule:
        text += f" Rule: {setting.threshold_rule}."
    if setting.threshold_guarantee:
        text += f" {setting.threshold_guarantee.rstrip('.')} (Angelopoulos 2021)."
    return text


def by_method(estimates: Mapping[str, EstimatePart]) -> Iterable[tuple[str, str]]:
    """Return each method and the measures it was used for, joined."""
    found: dict[str, list[str]] = {}
    for key, estimate in estimates.items():
        found.setdefault(estimate.method, []).append(name_of(key))
    return [(method, ", ".join(names)) for method, names in found.items()]


def show_methods(report: Any) -> Sequence[Block]:
    """Show the methods, and the references they cite."""
    part = SECTION.of(report)
    if part is None:
        return []
    return [
        *(Paragraph(sentence) for sentence in part.sentences),
        Paragraph("References"),
        Listing(part.references),
    ]


SECTION: Section[Methods] = Section(
    key="methods",
    title="Methods",
    place=110,
    part=Methods,
    derive=_derive,
    show=show_methods,
    folded=True,
    answers=(
        Answer(
            items=("STARD-AI 18",),
            state="partly",
            note="How accuracy was estimated; no models were compared.",
        ),
        Answer(
            items=("TRIPOD+AI 12e",),
            note="Every measure and chart, with its method and reference.",
        ),
        Answer(
            items=("CLAIM 29",),
            note="How intervals and p values were computed.",
        ),
        Answer(
            items=("TRIPOD+AI 23a", "CLAIM 37"),
            note="Performance with intervals, also in subgroups.",
            when=lambda report: bool(SUBGROUPS.of(report)),
        ),
        Answer(
            items=("TRIPOD+AI 23a", "CLAIM 37"),
            state="partly",
            note="Performance with intervals; not in subgroups or in the other parts.",
        ),
    ),
)
