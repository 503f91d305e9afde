"""The estimates at the threshold."""

from collections.abc import Sequence

from prevalens.reports.document import Block
from prevalens.reports.estimate_tables import estimate_table, keys_of, noted
from prevalens.reports.record_parts import EstimatePart
from prevalens.reports.report_head import ReportHead
from prevalens.reports.sections.section import Answer, Section


def _show(report: ReportHead) -> Sequence[Block]:
    estimates = report.estimates
    # A user's measure that is not registered where the report is read has no section of its own.
    keys = [*keys_of(estimates, "threshold"), *keys_of(estimates, "other")]
    caption = f"Estimates at the threshold, with {report.level}"
    table = estimate_table(estimates, keys, caption=caption, address="estimates")
    return [table, *noted(estimates, keys)]


def _stated_origin(report: ReportHead) -> bool:
    return report.settings.threshold_origin != "exploratory"


def _with_rule(report: ReportHead) -> bool:
    return report.settings.threshold_rule is not None


def _both_estimable(report: ReportHead) -> bool:
    found = (report.estimates[name] for name in ("sensitivity", "specificity"))
    return all(estimate.lower is not None for estimate in found)


SECTION: Section[EstimatePart] = Section(
    key="at_threshold",
    title="Estimates at the threshold",
    place=30,
    show=_show,
    answers=(
        Answer(
            items=("STARD-AI 15c", "TRIPOD+AI 15"),
            note="The threshold, its rule, and that it was not chosen on these rows.",
            when=lambda report: _stated_origin(report) and _with_rule(report),
        ),
        Answer(
            items=("STARD-AI 15c", "TRIPOD+AI 15"),
            state="partly",
            note="The threshold and its origin; not the rule that gave it.",
            when=_stated_origin,
        ),
        Answer(
            items=("STARD-AI 15c",),
            state="partly",
            note="The threshold, named exploratory; not how it was found.",
        ),
        Answer(
            items=("PROBAST+AI E4.2",),
            state="partly",
            note="The precision that was reached, with notes where patients are few; not the size "
            "that was planned.",
            when=_both_estimable,
        ),
        Answer(
            items=("STARD-AI 31", "CLAIM 38"),
            note="Estimates at the threshold and without one, with their intervals.",
            when=_both_estimable,
        ),
    ),
)
