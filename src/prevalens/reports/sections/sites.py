"""How the model does at each site, on average over sites, and where the next site may lie."""

from collections.abc import Iterator, Sequence

import numpy as np
from msgspec.structs import replace

from prevalens._columns import encode
from prevalens._records import Amount, Part, Share
from prevalens.exceptions import InvalidInputError
from prevalens.metrics.registry import measure_of
from prevalens.metrics.site_pooling import SitePooling, pool_sites
from prevalens.reports.document import Block, Forest, Paragraph, Table
from prevalens.reports.estimate_tables import estimate_row, notes_of
from prevalens.reports.estimate_text import (
    count_text,
    estimate_text,
    name_of,
    number_text,
    p_text,
)
from prevalens.reports.record_parts import EstimatePart, estimate_part
from prevalens.reports.report_head import ReportHead
from prevalens.reports.request import Request
from prevalens.reports.sections.section import Answer, Section
from prevalens.reports.subgroup_blocks import counts
from prevalens.reports.subgroup_parts import SMALLEST, covariate_of, hidden_levels

_POOLED = ("auroc", "sensitivity", "specificity", "observed_expected", "calibration_slope")
_CALIBRATION = ("observed_expected",)  # moves where scores are corrected for prevalence


class SiteRow(Part, frozen=True, kw_only=True):
    """One site: its estimate and weight, or why it was not pooled."""

    site: str
    estimate: EstimatePart | None
    weight: float | None
    left_out: str | None


class PooledMeasure(Part, frozen=True, kw_only=True):
    """A measure over sites: the fields of `prevalens.metrics.SitePooling`."""

    mean: EstimatePart
    prediction_lower: float | None
    prediction_upper: float | None
    scale: str
    tau: Amount | None
    i2: float | None
    q: float | None
    q_p_value: Share | None
    sites: list[SiteRow]


class SitesPart(Part, frozen=True, kw_only=True):
    """The measures over the sites of a covariate; of suppressed sites the names alone."""

    by: str
    suppressed: list[str]
    pooled: dict[str, PooledMeasure]


def _compute(request: Request) -> SitesPart | None:
    if request.site is None:
        return None
    coded = encode("site", covariate_of(request, request.site))
    place = np.array(coded.names)[coded.codes]
    hidden = hidden_levels(request, place, coded.names)
    kept = ~np.isin(place, sorted(hidden))
    if len(set(place[kept].tolist())) < 2:
        raise InvalidInputError(
            f"Sites are pooled from two on, each of {SMALLEST} patients or more, but "
            f"{request.site!r} has {len(coded.names)}, of which {len(hidden)} are too small or "
            "protect those. Leave `site` out, or merge sites."
        )
    held = request.predictions
    risks = request.risks_at(held, held.prevalence)
    pooled = {}
    for key in _POOLED:
        scores = risks if key in _CALIBRATION else held.scores
        pooled[key] = pool_sites(
            held.labels[kept],
            scores[kept],
            place[kept],
            measure=key,
            threshold=request.threshold if measure_of(key).needs_threshold else None,
            patients=None if held.patients is None else held.patients[kept],
            confidence_level=request.confidence_level,
        )
    return SitesPart(
        by=request.site,
        suppressed=sorted(hidden),
        pooled={key: _part(made) for key, made in pooled.items()},
    )


def _part(made: SitePooling) -> PooledMeasure:
    low, high = (None, None) if made.prediction is None else made.prediction
    return PooledMeasure(
        mean=estimate_part(made.mean),
        prediction_lower=low,
        prediction_upper=high,
        scale=made.scale,
        tau=made.tau,
        i2=made.i2,
        q=made.q,
        q_p_value=made.q_p_value,
        sites=[*_rows(made)],
    )


def _rows(made: SitePooling) -> Iterator[SiteRow]:
    for site, estimate in made.sites.items():
        part, weight = estimate_part(estimate), made.weights.get(site)
        yield SiteRow(site=site, estimate=part, weight=weight, left_out=None)
    for site, why in made.left_out.items():
        yield SiteRow(site=site, estimate=None, weight=None, left_out=why)


def _show(report: ReportHead) -> Sequence[Block]:
    part = SECTION.of(report)
    if part is None:
        return []
    rows = [(name_of(key), *_row(made)) for key, made in part.pooled.items()]
    header = ("Measure", "Sites", "Mean of sites", "Next site", "Between sites", "Q test")
    caption = f"Measures over the sites of {part.by}, with {report.level}"
    shown: list[Block] = [
        Table(caption, header, rows, [f"sites.pooled.{key}.mean" for key in part.pooled]),
        Paragraph(
            "The mean is that of sites, each by its own patients; a large site does not speak for "
            "the others. The true value at the next site of the same kind is expected between the "
            "limits of the next site. Between sites: standard deviation on the pooled scale, and "
            "the share of variance that is not chance within sites (I2)."
        ),
        *_forests(part),
        *(_each(key, made, part.by) for key, made in part.pooled.items()),
        *notes_of([(name_of(key), made.mean) for key, made in part.pooled.items()]),
    ]
    if part.suppressed:
        count = count_text(len(part.suppressed), "site")
        told = f"fewer than {SMALLEST} patients, or to protect those."
        shown.append(Paragraph(f"{count} neither shown nor pooled: {told}", "note"))
    return shown


def _row(made: PooledMeasure) -> tuple[str, str, str, str, str]:
    next_site = "not given: fewer than 3 sites"
    if made.prediction_lower is not None:
        ends = number_text(made.prediction_lower), number_text(made.prediction_upper)
        next_site = f"{ends[0]} to {ends[1]}"
    between = test = ""
    if made.tau is not None and made.i2 is not None:
        between = f"{number_text(made.tau)} ({made.scale} scale), I2 {made.i2:.0%}"
        test = f"p {p_text(made.q_p_value)}"
    pooled = sum(row.estimate is not None for row in made.sites)
    return f"{pooled}", estimate_text(made.mean), next_site, between, test


def _each(key: str, made: PooledMeasure, by: str) -> Table:
    rows = []
    for row in made.sites:
        share = "" if row.weight is None else f"{row.weight:.0%}"
        if row.estimate is None:
            rows.append((row.site, "not pooled", row.left_out or "", "", share))
        else:
            rows.append((row.site, *estimate_row(key, row.estimate)[1:], share))
    addresses = [
        "" if row.estimate is None else f"sites.pooled.{key}.sites.{number}.estimate"
        for number, row in enumerate(made.sites)
    ]
    header = ("Site", "Value", "Interval", "n", "Weight")
    return Table(f"{name_of(key)} at each site of {by}", header, rows, addresses)


def _forests(part: SitesPart) -> list[Forest]:
    found = []
    for key, made in part.pooled.items():
        mean = made.mean
        if mean.value is None:
            continue
        rows = [
            (row.site, counts(key, row.estimate), row.estimate)
            for row in made.sites
            if row.estimate is not None
        ]
        summary = [("Mean of sites", f"{len(rows)} sites", mean)]
        if made.prediction_lower is not None:
            limits = {"lower": made.prediction_lower, "upper": made.prediction_upper}
            summary.append(("Next site", "prediction", replace(mean, **limits)))
        title = f"{name_of(key)} at each site of {part.by}"
        ends = (0.0, 1.0) if made.scale == "logit" else _ends(rows)
        found.append(
            Forest(
                name=f"forest-sites-{key}",
                title=title,
                rows=[*rows, *summary],
                reference=mean.value,
                ends=ends,
                summaries=len(summary),
            )
        )
    return found


def _ends(rows: Sequence[tuple[str, str, EstimatePart]]) -> tuple[float, float]:
    """Return the ends of an axis that has 0, 1 and every value, and most of each interval."""
    values = [each.value for *_, each in rows if each.value is not None]
    top = max(2.0, 1.25 * max(values))
    upper = max((each.upper for *_, each in rows if each.upper is not None), default=top)
    low = min(0.0, 1.25 * min(values))
    return low, max(2.0, min(upper, 2 * top))


SECTION: Section[SitesPart] = Section(
    key="sites",
    title="Sites",
    place=37,
    part=SitesPart,
    compute=_compute,
    show=_show,
    newer=True,
    remedy="name the covariate of sites in `site`",
    answers=(
        Answer(
            items=("TRIPOD+AI 23b",),
            note="Performance at each site, its mean over sites, and the next site.",
            when=lambda report: SECTION.of(report) is not None,
        ),
        Answer(
            items=("TRIPOD+AI 12d",),
            state="partly",
            note="Random effects over sites, with a prediction interval; not how the sites were "
            "sampled.",
            when=lambda report: SECTION.of(report) is not None,
        ),
    ),
)
