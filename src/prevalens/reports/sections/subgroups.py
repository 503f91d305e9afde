"""The estimates in each part of the patients, with small cells kept back."""

from collections.abc import Callable, Mapping, Sequence

from prevalens._checks import did_you_mean
from prevalens._records import Part
from prevalens.exceptions import InvalidInputError
from prevalens.metrics.clusters import count_held
from prevalens.metrics.comparison import compare_groups
from prevalens.metrics.contrast import Contrast, holm
from prevalens.metrics.estimate import Estimate
from prevalens.metrics.every_estimate import all_estimates
from prevalens.reports.class_head import ClassReportHead
from prevalens.reports.class_request import ClassRequest
from prevalens.reports.document import Block, Forest, Paragraph, Table
from prevalens.reports.estimate_tables import estimate_row, notes_of
from prevalens.reports.estimate_text import count_text, estimate_text, name_of, p_text
from prevalens.reports.record_parts import (
    ContrastPart,
    EstimatePart,
    contrast_part,
    estimate_part,
    estimate_parts,
)
from prevalens.reports.report_head import ReportHead
from prevalens.reports.request import Request
from prevalens.reports.sections.section import Answer, Section
from prevalens.reports.subgroup_levels import levels_of
from prevalens.typing import Column, Flags, Scores

SMALLEST = 5  # patients; below it a cell could point at a person
_SHOWN = ("sensitivity", "specificity", "auroc", "calibration_intercept", "prevalence")
_COMPARED = ("sensitivity", "specificity", "auroc")
_DRAWN = ("sensitivity", "specificity", "auroc")
_MOST_LEVELS = 50


class Level(Part, frozen=True, kw_only=True):
    """One level; of a suppressed one nothing but its name is told."""

    level: str
    suppressed: bool
    images: int | None
    patients: int | None
    estimates: dict[str, EstimatePart]
    differences: dict[str, ContrastPart]


class Subgroups(Part, frozen=True, kw_only=True):
    """The levels of one covariate."""

    by: str
    levels: list[Level]


def _compute(request: Request) -> list[Subgroups] | None:
    return subgroups_of(
        request,
        differences=lambda rows: _differences(request, rows),
        estimates=lambda rows: _estimates(request, rows),
    )


def subgroups_of(
    request: Request | ClassRequest,
    *,
    differences: Callable[[Flags], dict[str, Contrast]],
    estimates: Callable[[Flags], dict[str, EstimatePart]],
) -> list[Subgroups] | None:
    """Compute the levels of each covariate that was asked for; None where none was.

    Args:
        request: What the author asked.
        differences: Compares the rows of a mask with all others, by measure; what has fewer
            than five patients is left out.
        estimates: Computes the estimates of the rows of a mask, likewise.
    """
    if not request.by:
        return None
    found = {name: levels_of(covariate_of(request, name)) for name in request.by}
    contrasts: dict[tuple[str, str, str], Contrast] = {}
    hidden = {name: hidden_levels(request, *levels) for name, levels in found.items()}
    for name, (values, levels) in found.items():
        _refuse_many(name, levels)
        for level in levels:
            if level not in hidden[name]:
                for key, contrast in kept_back(differences, values == level).items():
                    contrasts[name, level, key] = contrast
    adjusted = _holm(contrasts)
    return [
        Subgroups(
            by=name,
            levels=[
                _suppressed(level)
                if level in hidden[name]
                else _level(
                    request,
                    level,
                    values == level,
                    estimates(values == level),
                    {
                        key: contrast_part(contrast, adjusted.get((by, at, key)))
                        for (by, at, key), contrast in contrasts.items()
                        if (by, at) == (name, level)
                    },
                )
                for level in levels
            ],
        )
        for name, (values, levels) in found.items()
    ]


def covariate_of(request: Request | ClassRequest, name: str) -> Column:
    """Return a covariate of the predictions, shape `(n_rows,)`.

    Raises:
        InvalidInputError: there is none of that name.
    """
    covariates = request.predictions.covariates or {}
    if name not in covariates:
        raise InvalidInputError(
            f"The predictions have no covariate {name!r}; they have {sorted(covariates)}."
            + did_you_mean(name, covariates)
        )
    column: Column = covariates[name]
    return column


def _refuse_many(name: str, levels: Sequence[str]) -> None:
    if len(levels) > _MOST_LEVELS:
        raise InvalidInputError(
            f"Covariate {name!r} has {len(levels)} levels, which is no grouping. Merge levels, or "
            "leave it out of `by`."
        )


def hidden_levels(
    request: Request | ClassRequest, values: Column, levels: Sequence[str]
) -> set[str]:
    """Return the levels of fewer than five patients.

    Where a single level is suppressed, the next smallest is too, because subtraction from the
    total would give the first away.
    """
    sizes = {level: _units(request, values == level) for level in levels}
    hidden = {level for level, size in sizes.items() if size < SMALLEST}
    if len(hidden) == 1 and len(sizes) > 1:
        others = [level for level in levels if level not in hidden]
        hidden.add(min(others, key=lambda level: sizes[level]))
    return hidden


def _units(request: Request | ClassRequest, rows: Flags) -> int:
    return int(rows.sum()) if request.codes is None else count_held(request.codes[rows])


def _holm(contrasts: Mapping[tuple[str, str, str], Contrast]) -> dict[tuple[str, str, str], float]:
    given = {key: each.p_value for key, each in contrasts.items() if each.p_value is not None}
    if not given:
        return {}
    named = {str(number): p for number, p in enumerate(given.values())}
    return dict(zip(given, holm(named).values(), strict=True))


def _differences(request: Request, inside: Flags) -> dict[str, Contrast]:
    return {
        name: compare_groups(
            request.predictions.labels,
            request.predictions.scores,
            inside,
            measure=name,
            threshold=None if name == "auroc" else request.threshold,
            patients=request.codes,
            confidence_level=request.confidence_level,
        )
        for name in _COMPARED
    }


def kept_back(
    differences: Callable[[Flags], dict[str, Contrast]], inside: Flags
) -> dict[str, Contrast]:
    """Compare a level with all other rows, where either has enough patients."""
    if inside.all():
        return {}
    return {
        name: contrast
        for name, contrast in differences(inside).items()
        if not _is_small(estimate_part(contrast.first))
        and not _is_small(estimate_part(contrast.second))
    }


def _suppressed(level: str) -> Level:
    return Level(
        level=level, suppressed=True, images=None, patients=None, estimates={}, differences={}
    )


def _level(
    request: Request | ClassRequest,
    level: str,
    rows: Flags,
    estimates: dict[str, EstimatePart],
    differences: dict[str, ContrastPart],
) -> Level:
    codes = request.codes
    return Level(
        level=level,
        suppressed=False,
        images=int(rows.sum()),
        patients=None if codes is None else count_held(codes[rows]),
        estimates={name: each for name, each in estimates.items() if not _is_small(each)},
        differences=differences,
    )


def _estimates(request: Request, rows: Flags) -> dict[str, EstimatePart]:
    held, codes = request.predictions, request.codes
    patients = None if codes is None else codes[rows]
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


def _is_small(estimate: EstimatePart) -> bool:
    units = estimate.n if estimate.patients is None else estimate.patients
    return units < SMALLEST


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
    shown: list[Block] = []
    for number, group in enumerate(part):
        shown += [*_forests(report, number, group, drawn), _table(number, group)]
        shown += notes_of(
            [
                (f"{level.level}: {name_of(key)}", estimate)
                for level in group.levels
                for key, estimate in level.estimates.items()
            ]
        )
    tests = sum(len(level.differences) for group in part for level in group.levels)
    told = (
        f"{count_text(tests, 'difference')} between a level and all other rows were tested: by "
        "chance alone one in twenty has p below 0.05. The p value adjusted by Holm's method "
        f"holds for all of them together.{more}"
    )
    return [*shown, Paragraph(told)]


def _forests(
    report: ReportHead | ClassReportHead, number: int, group: Subgroups, drawn: Sequence[str]
) -> list[Forest]:
    found = []
    for key in drawn:
        rows = [
            (level.level, counts(key, level.estimates[key]), level.estimates[key])
            for level in group.levels
            if key in level.estimates and level.estimates[key].value is not None
        ]
        if len(rows) > 1:
            title = f"{name_of(key)} by {group.by}"
            reference = report.estimates[key].value
            found.append(Forest(f"forest-{number}-{key}", title, rows, reference))
    return found


def counts(key: str, estimate: EstimatePart) -> str:
    """Write what a row of a forest plot is counted on."""
    if key in {"sensitivity", "specificity"} and estimate.events is not None:
        return f"{estimate.events}/{estimate.n}"
    return f"n {estimate.n}"


def _table(number: int, group: Subgroups) -> Table:
    rows: list[tuple[str, ...]] = []
    keys = []
    for place, level in enumerate(group.levels):
        if level.suppressed:
            rows.append(
                (level.level, "suppressed", "fewer than 5, or to protect those", "", "", "")
            )
            keys.append("")
        for key, estimate in level.estimates.items():
            name, *cells = estimate_row(key, estimate)
            contrast = level.differences.get(key)
            told, p_value = ("", "") if contrast is None else _difference(contrast)
            rows.append((f"{level.level}: {name}", *cells, told, p_value))
            keys.append(f"subgroups.{number}.levels.{place}.estimates.{key}")
    header = ("Level and measure", "Value", "Interval", "n", "Minus all other rows", "p (Holm)")
    return Table(f"Estimates by {group.by}", header, rows, keys)


def _difference(contrast: ContrastPart) -> tuple[str, str]:
    p_value = contrast.p_value
    told = "" if p_value is None else f"{p_text(p_value)} ({p_text(contrast.p_holm)})"
    return estimate_text(contrast.difference), told


def _with_one(report: ReportHead) -> bool:
    return bool(SECTION.of(report))


def _with_clusters(report: ReportHead) -> bool:
    words = ("site", "center", "centre", "hospital", "scanner", "clinic")
    return any(word in group.by.lower() for group in SECTION.of(report) or [] for word in words)


SECTION: Section[list[Subgroups]] = Section(
    key="subgroups",
    title="Subgroups",
    place=35,
    part=list[Subgroups],
    compute=_compute,
    show=_show,
    remedy="name covariates in `by`",
    answers=(
        Answer(
            items=("STARD-AI 21",),
            state="partly",
            note="Estimates and differences by subgroup; not whether they were pre-specified.",
            when=_with_one,
        ),
        Answer(
            items=("TRIPOD+AI 23b",),
            note="Performance at each site.",
            when=_with_clusters,
        ),
        Answer(
            items=("TRIPOD+AI 12d",),
            state="partly",
            note="Intervals and tests at each site; not how the sites were sampled.",
            when=_with_clusters,
        ),
        Answer(
            items=("STARD-AI 23",),
            state="partly",
            note="Performance in subgroups; not the approach to fairness behind them.",
            when=_with_one,
        ),
        Answer(
            items=("CLAIM 30",),
            state="partly",
            note="Performance in subgroups; no other analysis of robustness.",
            when=_with_one,
        ),
    ),
)
