"""The confusion matrix of several classes, and the confusions that happen most."""

from collections.abc import Sequence

import numpy as np

from prevalens._records import Count, Part
from prevalens.metrics.inputs import count_patients
from prevalens.metrics.proportion import proportion_estimate
from prevalens.reports.class_head import ClassReportHead
from prevalens.reports.class_request import ClassRequest
from prevalens.reports.document import Block, ClassMatrix, Paragraph, Table
from prevalens.reports.estimate_text import count_text, estimate_text, percent_text
from prevalens.reports.record_parts import EstimatePart, estimate_part
from prevalens.reports.sections.section import Answer, Section

_MOST = 60  # pairs kept in the record
_SHOWN = 10


class ConfusedPair(Part, frozen=True, kw_only=True):
    """Images of one class that are predicted another; the share is of the class' images."""

    label: str
    predicted: str
    images: Count
    patients: Count | None
    share: EstimatePart


class Confusion(Part, frozen=True, kw_only=True):
    """The pairs that are confused, most images first, and predictions that a tie decided."""

    pairs: list[ConfusedPair]
    ties: Count
    by_distance: list[Count] | None


def _compute(request: ClassRequest) -> Confusion:
    columns = request.columns
    matrix = columns.matrix.copy()
    np.fill_diagonal(matrix, 0)
    order = np.argsort(-matrix.reshape(-1), kind="stable")[:_MOST].tolist()
    k = len(columns.names)
    top = columns.scores.max(axis=1, keepdims=True)
    apart = np.abs(columns.labels - columns.predicted)
    return Confusion(
        pairs=[_pair(request, *divmod(flat, k)) for flat in order if matrix.reshape(-1)[flat]],
        ties=int(((columns.scores == top).sum(axis=1) > 1).sum()),
        by_distance=np.bincount(apart, minlength=k).tolist() if columns.ordered else None,
    )


def _pair(request: ClassRequest, label: int, predicted: int) -> ConfusedPair:
    columns = request.columns
    rows = columns.labels == label
    hits = columns.predicted[rows] == predicted
    codes = None if columns.codes is None else columns.codes[rows]
    share = proportion_estimate(
        hits, codes, confidence_level=request.confidence_level, empty="", ids=columns.ids
    )
    return ConfusedPair(
        label=columns.names[label],
        predicted=columns.names[predicted],
        images=int(hits.sum()),
        patients=None if codes is None else count_patients(codes[hits]),
        share=estimate_part(share),
    )


def _show(report: ClassReportHead) -> Sequence[Block]:
    part = SECTION.of(report)
    if part is None:
        return []
    caption = (
        "Confusion matrix: a row for each label, a column for each prediction; images, and their "
        "share of the row"
    )
    matrix = ClassMatrix("class-matrix", caption, report.settings.classes, report.confusion_matrix)
    shown: list[Block] = [matrix, *_distances(part)]
    if part.ties:
        shown.append(
            Paragraph(
                f"{count_text(part.ties, 'image')} had two or more classes with the same highest "
                "score; the first of them in the order of the classes was taken as predicted.",
                "note",
            )
        )
    if not part.pairs:
        return [*shown, Paragraph("No image was predicted another class than its own.")]
    listed = part.pairs[:_SHOWN]
    rows = [
        (
            f"{pair.label}, predicted {pair.predicted}",
            f"{pair.images:,}",
            "not provided" if pair.patients is None else f"{pair.patients:,}",
            estimate_text(pair.share),
        )
        for pair in listed
    ]
    header = ("Confusion", "Images", "Patients", "Share of the images of this label")
    caption = f"The {len(listed)} most frequent confusions of {len(part.pairs)}"
    return [*shown, Table(f"{caption}, with {report.level}", header, rows)]


def _distances(part: Confusion) -> list[Block]:
    if part.by_distance is None:
        return []
    total = sum(part.by_distance)
    told = [
        f"{count:,} ({percent_text(count / total)}) "
        + ("at the right grade" if not apart else f"{count_text(apart, 'grade')} apart")
        for apart, count in enumerate(part.by_distance)
        if count
    ]
    return [Paragraph(f"Of {count_text(total, 'image')}: {', '.join(told)}.")]


SECTION: Section[Confusion] = Section(
    key="confusion",
    title="Confusion matrix",
    place=5,
    part=Confusion,
    compute=_compute,
    show=_show,
    answers=(Answer(items=("STARD-AI 30",), note="Predictions against labels, in images."),),
)
