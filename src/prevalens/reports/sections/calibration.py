"""Calibration of the scores as given, before and after correction for prevalence."""

from collections.abc import Sequence

import numpy as np

from prevalens._records import Amount, Count, Part, Share
from prevalens.exceptions import InvalidInputError
from prevalens.metrics.inputs import Columns
from prevalens.metrics.line_test import calibration_test_of
from prevalens.metrics.settings import Settings
from prevalens.reports.calibration_curves import (
    Reliability,
    Smooth,
    reliability_chart,
    reliability_of,
    smooth_of,
)
from prevalens.reports.document import Block, Chart, Line, Paragraph
from prevalens.reports.estimate_tables import estimate_table, keys_of, noted
from prevalens.reports.estimate_text import percent_text
from prevalens.reports.record_parts import EstimatePart
from prevalens.reports.report_head import ReportHead
from prevalens.reports.request import Request, trained_at
from prevalens.reports.sections.section import Answer, Section
from prevalens.typing import Flags, Scores

_BINS = 20


class Distribution(Part, frozen=True, kw_only=True):
    """Share of each class in equal bins of the scores, and the mean score of each class."""

    edges: list[Share]
    negative: list[Amount]
    positive: list[Amount]
    mean_negative: Share | None
    mean_positive: Share | None

    def __post_init__(self) -> None:
        """Refuse bins that do not fit their edges."""
        if not len(self.edges) - 1 == len(self.negative) == len(self.positive) > 0:
            raise InvalidInputError("a distribution has one share of each class between two edges")


class LineTest(Part, frozen=True, kw_only=True):
    """The test of intercept 0 and slope 1: the fields of `prevalens.metrics.CalibrationTest`."""

    statistic: float | None
    df: tuple[float, float | None] | None
    p_value: Share | None
    hypothesis: str
    method: str
    n: Count
    events: Count
    patients: Count | None
    not_estimable: str | None
    note: str | None


class Calibrated(Part, frozen=True, kw_only=True):
    """The calibration of one set of scores."""

    train_prevalence: Share | None
    target_prevalence: Share | None
    threshold: Share
    estimates: dict[str, EstimatePart]
    reliability: Reliability | None
    scores: Distribution
    smooth: Smooth | None = None
    test: LineTest | None = None


class Calibration(Part, frozen=True, kw_only=True):
    """Calibration as given; of the model's own scores; and after correction."""

    given: Calibrated
    uncorrected: Calibrated | None
    corrected: Calibrated | None


def _compute(request: Request) -> Calibration:
    held, own = request.predictions, request.uncorrected
    keys = keys_of(request.estimates, "calibration")
    given = {key: request.estimates[key] for key in keys}
    return Calibration(
        given=_calibrated(request, held.scores, given),
        uncorrected=None
        if own is None
        else _calibrated(request, own.scores, None, train=trained_at(own)),
        corrected=_corrected(request),
    )


def _corrected(request: Request) -> Calibrated | None:
    """Correct to the prevalence of these rows: only there can calibration be checked."""
    target = request.predictions.prevalence
    shift = request.shift_to(target)
    if shift is None:
        return None
    return _calibrated(
        request,
        shift.correct(request.predictions.scores),
        None,
        train=trained_at(request.predictions),
        target=target,
        threshold=shift.correct_threshold(request.threshold),
    )


def _calibrated(
    request: Request,
    scores: Scores,
    estimates: dict[str, EstimatePart] | None,
    *,
    train: float | None = None,
    target: float | None = None,
    threshold: float | None = None,
) -> Calibrated:
    labels = request.predictions.labels
    at = request.threshold if threshold is None else threshold
    if estimates is None:
        estimates = request.estimates_of(scores, at, lambda measure: measure.group == "calibration")
    both = 0 < labels.sum() < len(labels)
    columns = Columns(labels == 1, np.asarray(scores, dtype=np.float64), request.codes, request.ids)
    settings = Settings(at, request.confidence_level, seed=request.seed)
    return Calibrated(
        train_prevalence=train,
        target_prevalence=target,
        threshold=at,
        estimates=estimates,
        reliability=reliability_of(labels, scores, request.patients, request.confidence_level)
        if both
        else None,
        scores=distribution(labels == 1, scores),
        smooth=smooth_of(columns, settings),
        test=LineTest(**calibration_test_of(columns).to_dict()),
    )


def distribution(positive: Flags, scores: Scores) -> Distribution:
    """Count the scores of each class in equal bins over the range that occurs.

    Args:
        positive: Whether each row is positive, shape `(n_rows,)`.
        scores: The scores, shape `(n_rows,)`.
    """
    top = min(1.0, max(0.05, float(np.ceil(scores.max() * 20) / 20)))
    edges = np.linspace(0, top, _BINS + 1)
    shares, means = [], []
    for rows in (~positive, positive):
        counts = np.histogram(scores[rows], edges)[0]
        shares.append((counts / max(1, counts.sum())).tolist())
        means.append(float(scores[rows].mean()) if rows.any() else None)
    return Distribution(
        edges=edges.tolist(),
        negative=shares[0],
        positive=shares[1],
        mean_negative=means[0],
        mean_positive=means[1],
    )


def _show(report: ReportHead) -> Sequence[Block]:
    part = SECTION.of(report)
    if part is None:
        return []
    keys = list(part.given.estimates)
    shown: list[Block] = [*_before(part)]
    shown += [
        estimate_table(
            report.estimates,
            keys,
            caption=f"Calibration of the scores as given, with {report.level}",
            address="estimates",
        ),
        *noted(report.estimates, keys),
    ]
    corrected = part.corrected
    if corrected is not None:
        shown += [
            estimate_table(
                corrected.estimates,
                list(corrected.estimates),
                caption=f"Calibration after correction from a prevalence of "
                f"{_percent(corrected.train_prevalence)} to "
                f"{_percent(corrected.target_prevalence)}, that of these rows",
                address="calibration.corrected.estimates",
            ),
            Paragraph(
                f"The threshold {report.settings.threshold:.6g} on the scores as given makes the "
                f"same predictions as {corrected.threshold:.6g} on corrected scores. Calibration "
                "is checked at the prevalence of these rows, because only there can it be."
            ),
        ]
    named = (
        ("uncorrected_", "before correction", part.uncorrected),
        ("", "of the scores as given", part.given),
        ("corrected_", "after correction", corrected),
    )
    for prefix, title, held in named:
        if held is not None:
            shown += [*_tested(title, held), *_charts(report, prefix, title, held)]
    return shown


def _tested(title: str, held: Calibrated) -> list[Block]:
    """Say what the test found, and that no small p value is no proof of calibration."""
    test = held.test
    if test is None:
        return []
    if test.statistic is None or test.p_value is None:
        return [Paragraph(f"Calibration test {title}: {test.not_estimable}.", "note")]
    chance = "p < 0.001" if test.p_value < 0.001 else f"p = {test.p_value:.3f}"
    return [
        Paragraph(
            f"Calibration test {title}, of intercept 0 and slope 1 together: F = "
            f"{test.statistic:.2f}, {chance} ({test.method}). A large p value is no proof of "
            "calibration.",
            "note",
        )
    ]


def _before(part: Calibration) -> list[Block]:
    held = part.uncorrected
    if held is None:
        return []
    share = held.train_prevalence
    where = "" if share is None else f", at the prevalence of {percent_text(share)} in training"
    return [
        estimate_table(
            held.estimates,
            list(held.estimates),
            caption=f"Calibration before correction{where}",
            address="calibration.uncorrected.estimates",
        )
    ]


def _percent(share: float | None) -> str:
    return "an unknown one" if share is None else percent_text(share)


def _charts(report: ReportHead, prefix: str, title: str, held: Calibrated) -> list[Chart]:
    charts = []
    if held.reliability is not None:
        charts = [
            reliability_chart(
                f"{prefix}reliability",
                f"Calibration {title}",
                held.reliability,
                held.estimates,
                held.smooth,
            )
        ]
    return [*charts, _score_chart(report, prefix, title, held.scores)]


def _score_chart(report: ReportHead, prefix: str, title: str, held: Distribution) -> Chart:
    classes, edges = report.settings.classes, held.edges
    lines, told = [], []
    for name, heights, mean in (
        (classes[0], held.negative, held.mean_negative),
        (classes[1], held.positive, held.mean_positive),
    ):
        lines.append(Line(name, [edges[0], *edges], [0.0, *heights, 0.0], "steps"))
        told.append(f"{name} none" if mean is None else f"{name} {mean:.3g}")
    top = max(max(line.y) for line in lines)
    return Chart(
        name=f"{prefix}scores",
        title=f"Scores {title.replace('of the scores ', '')}",
        description=f"Share of each class in {_BINS} equal bins. Mean score: {', '.join(told)}.",
        x_label="Score",
        y_label="Share of the class",
        lines=lines,
        x_range=(0.0, edges[-1]),
        y_range=(0.0, top * 1.05 or 1.0),
        square=False,
    )


def _updated(report: ReportHead) -> bool:
    part = SECTION.of(report)
    return part is not None and (part.corrected is not None or part.uncorrected is not None)


SECTION: Section[Calibration] = Section(
    key="calibration",
    title="Calibration",
    place=50,
    part=Calibration,
    compute=_compute,
    show=_show,
    answers=(
        Answer(
            items=("PROBAST+AI D4.4",),
            note="Predictions recalibrated for prevalence on the odds, and the calibration after.",
            when=_updated,
        ),
        Answer(
            items=("TRIPOD+AI 12f", "TRIPOD+AI 24"),
            note="Scores recalibrated for prevalence on the odds: how, and the calibration after.",
            when=_updated,
        ),
        Answer(
            items=("TRIPOD+AI 13",),
            state="partly",
            note="The prevalence trained on and the recalibration after; not why and how classes "
            "were balanced.",
            when=lambda report: report.settings.train_prevalence is not None and _updated(report),
        ),
    ),
)
