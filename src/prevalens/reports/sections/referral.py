"""What two thresholds decide, and the share that they refer to a human."""

from collections.abc import Sequence

import numpy as np

from prevalens._records import Count, Part, Share
from prevalens.decisions.referral import referral_estimates
from prevalens.exceptions import InvalidInputError
from prevalens.reports.document import Block, Paragraph, Table
from prevalens.reports.estimate_tables import estimate_row, notes_of
from prevalens.reports.estimate_text import percent_text
from prevalens.reports.record_parts import EstimatePart, estimate_parts, plain
from prevalens.reports.report_head import ReportHead
from prevalens.reports.request import Request
from prevalens.reports.sections.section import Answer, Section

_DECISIONS = ("Negative", "Referred", "Positive")


class ReferralPart(Part, frozen=True, kw_only=True):
    """Two thresholds and what they do; `counts` is images by label (rows) and decision."""

    lower: Share
    upper: Share
    guarantee: str | None
    prevalence: Share | None
    counts: list[list[Count]]
    estimates: dict[str, EstimatePart]

    def __post_init__(self) -> None:
        """Refuse counts that are not by label and decision."""
        if [len(row) for row in self.counts] != [len(_DECISIONS)] * 2:
            raise InvalidInputError(f"`counts` must have 2 rows of {len(_DECISIONS)} counts")


def _compute(request: Request) -> ReferralPart | None:
    if request.refer is None:
        return None
    lower, upper = request.refer
    held = request.predictions
    estimates = referral_estimates(
        held,
        lower,
        upper,
        prevalence=request.prevalence,
        confidence_level=request.confidence_level,
    )
    decided = (held.scores >= lower).astype(np.int64) + (held.scores >= upper)
    counts = np.bincount(held.labels * 3 + decided, minlength=6).reshape(2, 3)
    return ReferralPart(
        lower=lower,
        upper=upper,
        guarantee=request.refer_guarantee,
        prevalence=request.prevalence,
        counts=plain(counts),
        estimates=estimate_parts(estimates),
    )


def titles_at(prevalence: float | None) -> dict[str, str]:
    """Return what a reader sees for each estimate of `referral_estimates`."""
    at = "" if prevalence is None else f", at {percent_text(prevalence)} positive"
    return {
        "sensitivity": "Positive images not predicted negative",
        "specificity": "Negative images not predicted positive",
        "referred": f"Referred{at}",
        "referred_positive": "Referred, of positive images",
        "referred_negative": "Referred, of negative images",
        "npv": f"Right where predicted negative (NPV){at}",
        "ppv": f"Right where predicted positive (PPV){at}",
    }


def _show(report: ReportHead) -> Sequence[Block]:
    part = SECTION.of(report)
    if part is None:
        return []
    titles = titles_at(part.prevalence)
    found = {key: part.estimates[key] for key in titles}
    negative, positive = report.settings.classes
    counted = [
        (f"Label {name}", *(f"{count:,}" for count in counts), f"{sum(counts):,}")
        for name, counts in zip((positive, negative), part.counts[::-1], strict=True)
    ]
    promise = part.guarantee or "No promise was made for new patients."
    return [
        Paragraph(
            f"A score below {part.lower:.6g} is predicted negative and one of {part.upper:.6g} or "
            f"more positive; between them a human decides. {promise} Estimates are of these rows."
        ),
        Table("Images by label and decision", ("Label", *_DECISIONS, "Images"), counted),
        Table(
            f"What is decided and what is referred, with {report.level}",
            ("Measure", "Value", "Interval", "n"),
            [(titles[key], *estimate_row(key, made)[1:]) for key, made in found.items()],
            [f"referral.estimates.{key}" for key in found],
        ),
        *notes_of([(titles[key], made) for key, made in found.items()]),
    ]


SECTION: Section[ReferralPart] = Section(
    key="referral",
    title="Referral to a human",
    place=32,
    part=ReferralPart,
    compute=_compute,
    show=_show,
    newer=True,
    remedy="give `refer`, two thresholds between which a human decides",
    answers=(
        Answer(
            items=("STARD-AI 19",),
            state="partly",
            note="Images that the model leaves undecided; not results of the reference standard "
            "that were.",
            when=lambda report: SECTION.of(report) is not None,
        ),
        Answer(
            items=("STARD-AI 15c",),
            state="partly",
            note="Two thresholds and what they decide; not how they were found.",
            when=lambda report: SECTION.of(report) is not None,
        ),
    ),
)
