"""This model against another on the same rows: differences, intervals, p values."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict

from prevalens._records import Count, Part, Share
from prevalens.metrics.comparison import compare_models
from prevalens.metrics.contrast import Contrast, holm
from prevalens.metrics.mcnemar import mcnemar_test
from prevalens.reports.document import Block, Listing, Paragraph, Table
from prevalens.reports.estimate_tables import estimate_row, notes_of
from prevalens.reports.estimate_text import count_text, estimate_text, name_of, p_text
from prevalens.reports.record_parts import ContrastPart, contrast_part
from prevalens.reports.report_head import ReportHead
from prevalens.reports.request import Request
from prevalens.reports.sections.section import Answer, Section

_RANKED = ("auroc", "average_precision", "brier")
_PREDICTED = ("sensitivity", "specificity")


class McNemarPart(Part, frozen=True, kw_only=True):
    """McNemar's test: the rows that only one of the models predicts rightly."""

    first_only: Count
    second_only: Count
    n: Count
    exact: Share | None
    mid_p: Share | None
    clustered: Share | None
    not_estimable: str | None
    method: str


class Comparison(Part, frozen=True, kw_only=True):
    """Differences, this model minus the other, each at its own threshold."""

    threshold: Share
    other_threshold: Share
    differences: dict[str, ContrastPart]
    mcnemar: McNemarPart


def _compute(request: Request) -> Comparison | None:
    """Compare two models on the same rows.

    Each model has its own threshold on its own scores as given; the Brier score compares scores
    corrected for prevalence, where that of training is known.
    """
    held, other = request.predictions, request.compare
    if other is None:
        return None
    at, own = request.threshold, request.compare_threshold
    other_at = at if own is None else own
    here = held.prevalence
    pairs = dict.fromkeys((*_RANKED, *_PREDICTED), (held.scores, other.scores))
    pairs["brier"] = (request.risks_at(held, here), request.risks_at(other, here))
    contrasts = {
        name: compare_models(
            held.labels,
            *pair,
            measure=name,
            threshold=at if name in _PREDICTED else None,
            second_threshold=other_at if name in _PREDICTED else None,
            patients=request.patients,
            confidence_level=request.confidence_level,
        )
        for name, pair in pairs.items()
    }
    test = mcnemar_test(
        held.labels, request.predicted, other.scores >= other_at, patients=request.patients
    )
    return Comparison(
        threshold=at,
        other_threshold=other_at,
        differences=adjusted_parts(contrasts),
        mcnemar=McNemarPart(**asdict(test)),
    )


def adjusted_parts(contrasts: Mapping[str, Contrast]) -> dict[str, ContrastPart]:
    """Return contrasts as parts of the record, p values adjusted by Holm's method."""
    known = {name: each.p_value for name, each in contrasts.items() if each.p_value is not None}
    adjusted = holm(known) if known else {}
    return {name: contrast_part(each, adjusted.get(name)) for name, each in contrasts.items()}


def difference_table(
    differences: Mapping[str, ContrastPart],
    caption: str,
    named: Callable[[str], str] = name_of,
) -> Table:
    """Return differences as a table: both models, the difference, its interval and p values."""
    rows = []
    for key, contrast in differences.items():
        value, limits = estimate_row(key, contrast.difference)[1:3]
        sides = [estimate_text(side) for side in (contrast.first, contrast.second)]
        p_values = (p_text(contrast.p_value), p_text(contrast.p_holm))
        rows.append((named(key), *sides, value, limits, *p_values))
    header = ("Measure", "This model", "Other model", "Difference", "Interval", "p", "p (Holm)")
    return Table(caption, header, rows)


def hypotheses(
    differences: Mapping[str, ContrastPart], named: Callable[[str], str] = name_of
) -> list[Block]:
    """Say how many measures are compared, and what each p value speaks against."""
    tests: dict[str, list[str]] = {}
    for key, contrast in differences.items():
        if contrast.p_value is not None:
            tests.setdefault(contrast.method, []).append(named(key))
    return [
        Paragraph(
            f"{len(differences)} measures are compared; p (Holm) is adjusted so that it holds for "
            "all of them together. The hypothesis of each p: both models have the same value in "
            "the population of these images."
        ),
        Listing([f"p for {', '.join(names)}: {method}." for method, names in tests.items()]),
    ]


def _show(report: ReportHead) -> Sequence[Block]:
    part = SECTION.of(report)
    if part is None:
        return []
    test = part.mcnemar
    found = {name: getattr(test, name) for name in ("exact", "mid_p", "clustered")}
    told = ", ".join(
        f"{name.replace('_', '-')} p {p_text(p)}" for name, p in found.items() if p is not None
    )
    return [
        difference_table(
            part.differences,
            f"This model (threshold {part.threshold:.6g}) minus the other (threshold "
            f"{part.other_threshold:.6g}) on the same rows, with {report.level}",
        ),
        *notes_of([(name_of(key), each.difference) for key, each in part.differences.items()]),
        Paragraph(
            f"Only this model is right about {count_text(test.first_only, 'image')}, only the "
            f"other about {test.second_only:,}. "
            f"{test.method[:1].upper()}{test.method[1:]}: {told or test.not_estimable}."
        ),
        *hypotheses(part.differences),
    ]


SECTION: Section[Comparison] = Section(
    key="comparison",
    title="Comparison with another model",
    place=90,
    part=Comparison,
    compute=_compute,
    show=_show,
    remedy="give another model's predictions of the same rows as `compare`",
    answers=(
        Answer(
            items=("STARD-AI 18",),
            note="How accuracy was estimated and two models were compared.",
            when=lambda report: SECTION.of(report) is not None,
        ),
    ),
)
