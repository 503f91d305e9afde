"""Decisions of the classes of interest: each at its threshold, and where it will be used."""

from collections.abc import Sequence
from dataclasses import replace
from types import SimpleNamespace

from prevalens._records import Part, Share
from prevalens.reports.class_head import ClassReportHead
from prevalens.reports.class_interest import Interest
from prevalens.reports.class_request import ClassRequest
from prevalens.reports.document import Block, Chart, Details, Matrix, Paragraph, Table
from prevalens.reports.estimate_tables import estimate_table, noted
from prevalens.reports.estimate_text import estimate_text, name_of, number_text, percent_text
from prevalens.reports.record_parts import EstimatePart, MatrixPart, matrix_part
from prevalens.reports.sections.predictive_values import SECTION as PREDICTIVE
from prevalens.reports.sections.predictive_values import PredictiveRow
from prevalens.reports.sections.section import Answer, Section
from prevalens.reports.sections.usefulness import SECTION as USEFULNESS
from prevalens.reports.sections.usefulness import Usefulness

_SHOWN = ("sensitivity", "specificity", "ppv", "npv")
_ORIGINS = {
    "pre-specified": "pre-specified",
    "validation": "chosen on validation rows",
    "exploratory": "exploratory, so estimates at it may be optimistic",
}


class ClassDecision(Part, frozen=True, kw_only=True):
    """One class of interest against the rest, as it is decided.

    Without a threshold it is predicted where its score is the highest, and usefulness, which
    reads scores as risks, is None.
    """

    name: str
    classes: list[str]
    threshold: Share | None
    threshold_origin: str | None
    threshold_rule: str | None
    guarantee: str | None
    prevalence: Share | None
    confusion_matrix: MatrixPart
    estimates: dict[str, EstimatePart]
    predictive_values: list[PredictiveRow] | None
    usefulness: Usefulness | None


class ClassDecisions(Part, frozen=True, kw_only=True):
    """The classes of interest, and what all promises are worth together."""

    classes: list[ClassDecision]
    guarantee: str | None


def _compute(request: ClassRequest) -> ClassDecisions | None:
    if not request.interest:
        return None
    return ClassDecisions(
        classes=[_decided(name, each) for name, each in request.interest.items()],
        guarantee=request.guarantee,
    )


def _decided(name: str, each: Interest) -> ClassDecision:
    request, by_score = each.request, each.decided_by_score
    point, held = request.point, request.predictions
    at = request.threshold
    return ClassDecision(
        name=name,
        classes=list(held.classes),
        threshold=at if by_score else None,
        threshold_origin=request.threshold_origin if by_score else None,
        threshold_rule=None if point is None else point.rule,
        guarantee=None if point is None else point.guarantee,
        prevalence=request.prevalence,
        confusion_matrix=matrix_part(held.labels == 1, request.predicted),
        estimates=request.estimates_of(
            held.scores, at, lambda measure: measure.group == "threshold"
        ),
        predictive_values=PREDICTIVE.compute and PREDICTIVE.compute(request),
        usefulness=USEFULNESS.compute(request) if by_score and USEFULNESS.compute else None,
    )


def _show(report: ClassReportHead) -> Sequence[Block]:
    part = SECTION.of(report)
    if part is None:
        return []
    more = report.settings.train_prevalence is not None
    shown: list[Block] = [
        _overview(report, part),
        Paragraph(
            "Each class of interest is a question of its own: of one image several may be "
            "predicted, or none. The confusion matrix of all classes above does not follow these "
            "thresholds."
        ),
        *([Paragraph(part.guarantee)] if part.guarantee else []),
        *([Paragraph(_AS_TRAINED, "note")] if more else []),
    ]
    return [*shown, *(_details(report, number, each) for number, each in enumerate(part.classes))]


_AS_TRAINED = (
    "Scores are read as they are, at the shares of the classes among the rows trained on or as "
    "they were corrected since: a change of prevalence of one class alone leaves the mix of the "
    "others unknown, so none is corrected here."
)


def _overview(report: ClassReportHead, part: ClassDecisions) -> Table:
    rows = []
    for each in part.classes:
        stated = _stated(each)
        there = (
            ("", "") if stated is None else (estimate_text(stated.ppv), estimate_text(stated.npv))
        )
        rows.append(
            (
                each.classes[1],
                "highest score" if each.threshold is None else f"{each.threshold:.6g}",
                *(estimate_text(each.estimates[key]) for key in _SHOWN),
                "not provided" if each.prevalence is None else percent_text(each.prevalence),
                *there,
            )
        )
    short = {"ppv": "PPV", "npv": "NPV"}
    named = [short.get(key, name_of(key)) for key in _SHOWN]
    header = ("Class", "Predicted from", *named, "Prevalence in use", "PPV there", "NPV there")
    return Table(f"Each class of interest, with {report.level}", header, rows)


def _stated(each: ClassDecision) -> PredictiveRow | None:
    return next((row for row in each.predictive_values or [] if row.stated), None)


def _details(report: ClassReportHead, number: int, each: ClassDecision) -> Details:
    address = f"{SECTION.key}.classes.{number}"
    negative, positive = each.classes
    found, keys = each.confusion_matrix, list(each.estimates)
    inner = SimpleNamespace(
        level=report.level,
        predictive_values=each.predictive_values,
        usefulness=each.usefulness,
    )
    blocks: list[Block] = [
        Paragraph(_rule(each)),
        Matrix(
            f"{positive} against {negative}, images",
            (negative, positive),
            (
                *(found.true_positive, found.false_positive),
                *(found.false_negative, found.true_negative),
            ),
        ),
        estimate_table(
            each.estimates,
            keys,
            caption=f"{positive} as it is decided, with {report.level}",
            address=f"{address}.estimates",
        ),
        *noted(each.estimates, keys),
        *_placed(PREDICTIVE.show(inner), address, number, positive),
        *_placed(USEFULNESS.show(inner), address, number, positive),
    ]
    return Details(f"Decisions on {positive}", blocks)


def _rule(each: ClassDecision) -> str:
    if each.threshold is None:
        return "It is predicted where the highest score is its own; no threshold is given."
    told = (
        f"It is predicted from a score of {number_text(each.threshold)}; this threshold is "
        f"{_ORIGINS[each.threshold_origin or 'exploratory']}."
    )
    told += f" Rule: {each.threshold_rule}." if each.threshold_rule else ""
    return f"{told} {each.guarantee}" if each.guarantee else told


def _placed(blocks: Sequence[Block], address: str, number: int, name: str) -> list[Block]:
    """Return blocks of a report of two classes with the places they have in this one.

    Captions name the class, as those of all parts of a page differ.
    """
    made: list[Block] = []
    for block in blocks:
        if isinstance(block, Table):
            keys = [key and f"{address}.{key}" for key in block.keys]
            made.append(replace(block, keys=keys, caption=f"{name}: {block.caption}"))
        elif isinstance(block, Chart):
            made.append(replace(block, name=f"{block.name}_{number}"))
        else:
            made.append(block)
    return made


SECTION: Section[ClassDecisions] = Section(
    key="class_decisions",
    title="Decisions on the classes of interest",
    place=27,
    part=ClassDecisions,
    compute=_compute,
    show=_show,
    newer=True,
    remedy="name them in `positive`, with `threshold` and `prevalence` where there are any",
    answers=(
        Answer(
            items=("STARD-AI 15c", "TRIPOD+AI 15"),
            state="partly",
            note="The threshold of each class of interest and its origin.",
            when=lambda report: any(
                each.threshold_origin not in {None, "exploratory"}
                for each in (
                    SECTION.of(report) or ClassDecisions(classes=[], guarantee=None)
                ).classes
            ),
        ),
    ),
)
