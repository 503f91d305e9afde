"""The estimates in each part of the patients, with small cells kept back."""

from collections.abc import Callable, Sequence
from typing import Any

from prevalens.metrics.comparison import compare_groups
from prevalens.metrics.contrast import Contrast
from prevalens.metrics.estimate import Estimate
from prevalens.metrics.every_estimate import all_estimates
from prevalens.reports.class_head import ClassReportHead
from prevalens.reports.document import Block
from prevalens.reports.record_parts import EstimatePart, estimate_parts
from prevalens.reports.report_head import ReportHead
from prevalens.reports.request import Request
from prevalens.reports.sections.section import Answer, Section
from prevalens.reports.subgroup_blocks import group_blocks, number_of_tests
from prevalens.reports.subgroup_parts import Subgroups, subgroups_of
from prevalens.typing import Flags, Scores

_SHOWN = ("sensitivity", "specificity", "auroc", "calibration_intercept", "prevalence")
_COMPARED = ("sensitivity", "specificity", "auroc")
_DRAWN = ("sensitivity", "specificity", "auroc")


def _compute(request: Request) -> list[Subgroups] | None:
    return subgroups_of(
        request,
        differences=lambda rows: _differences(request, rows),
        estimates=lambda rows: _estimates(request, rows),
    )


def _differences(request: Request, inside: Flags) -> dict[str, Contrast]:
    return {
        name: compare_groups(
            request.predictions.labels,
            request.predictions.scores,
            inside,
            measure=name,
            threshold=None if name == "auroc" else request.threshold,
            patients=request.patients,
            confidence_level=request.confidence_level,
        )
        for name in _COMPARED
    }


def _estimates(request: Request, rows: Flags) -> dict[str, EstimatePart]:
    held, known = request.predictions, request.patients
    patients = None if known is None else known.take(rows)
    labels, at = held.labels[rows], request.threshold

    def every(scores: Scores, *measures: str) -> dict[str, Estimate]:
        return all_estimates(
            labels,
            scores,
            threshold=at,
            patients=patients,
            confidence_level=request.confidence_level,
            seed=request.seed,
            measures=measures,
        )

    estimates = every(held.scores[rows], *_SHOWN)
    # Calibration is that of risks: of scores corrected to the prevalence of the rows.
    risks = request.risks_at(held, held.prevalence)[rows]
    if held.train_prevalence is not None:
        estimates |= every(risks, "calibration_intercept")
    return estimate_parts(estimates)


def _show(report: ReportHead) -> Sequence[Block]:
    more = ""
    if report.settings.train_prevalence is not None:
        more = " Calibration is that of scores corrected to the prevalence of these rows."
    return show_subgroups(report, _DRAWN, more)


def show_subgroups(
    report: ReportHead | ClassReportHead, drawn: Sequence[str], more: str = ""
) -> list[Block]:
    """Show the subgroups of a report, with a forest plot of each measure of `drawn`."""
    part = SECTION.of(report)
    if not part:
        return []
    return [*group_blocks(part, drawn, report.estimates), number_of_tests(part, more)]


def group_answers(groups_of: Callable[[Any], Sequence[Subgroups]]) -> tuple[Answer, ...]:
    """Return what subgroups say to guidelines.

    Args:
        groups_of: Returns the covariates that a report has subgroups of.
    """

    def with_one(report: Any) -> bool:
        return bool(groups_of(report))

    def with_clusters(report: Any) -> bool:
        words = ("site", "center", "centre", "hospital", "scanner", "clinic")
        return any(word in group.by.lower() for group in groups_of(report) for word in words)

    return (
        Answer(
            items=("STARD-AI 21",),
            state="partly",
            note="Estimates and differences by subgroup; not whether they were pre-specified.",
            when=with_one,
        ),
        Answer(
            items=("TRIPOD+AI 23b",),
            note="Performance at each site.",
            when=with_clusters,
        ),
        Answer(
            items=("TRIPOD+AI 12d",),
            state="partly",
            note="Intervals and tests at each site; not how the sites were sampled.",
            when=with_clusters,
        ),
        Answer(
            items=("STARD-AI 23",),
            state="partly",
            note="Performance in subgroups; not the approach to fairness behind them.",
            when=with_one,
        ),
        Answer(
            items=("CLAIM 30",),
            state="partly",
            note="Performance in subgroups; no other analysis of robustness.",
            when=with_one,
        ),
    )


SECTION: Section[list[Subgroups]] = Section(
    key="subgroups",
    title="Subgroups",
    place=35,
    part=list[Subgroups],
    compute=_compute,
    show=_show,
    remedy="name covariates in `by`",
    answers=group_answers(lambda report: SECTION.of(report) or []),
)
