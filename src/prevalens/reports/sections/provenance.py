"""Where the report comes from: input, call, versions, seeds."""

import hashlib
from collections.abc import Mapping, Sequence

import numpy as np

from prevalens._records import Count, Part
from prevalens._versions import versions
from prevalens.predictions.predictions import Predictions
from prevalens.reports.class_head import ClassReportHead
from prevalens.reports.class_request import ClassRequest
from prevalens.reports.document import Block, Table
from prevalens.reports.report_head import ReportHead
from prevalens.reports.request import Request
from prevalens.reports.sections.section import Answer, Section
from prevalens.typing import Column


class Provenance(Part, frozen=True, kw_only=True):
    """What another report must agree in to be the same."""

    input_sha256: str
    rows: Count
    partition_of: str | None
    made_by: str
    date: str | None
    seed: Count
    versions: dict[str, str]


def _compute(request: Request | ClassRequest) -> Provenance:
    partition = request.partition
    return Provenance(
        input_sha256=hash_rows(request.predictions),
        rows=len(request.predictions),
        partition_of=None if partition is None else partition.cohort_fingerprint,
        made_by=request.made_by,
        date=request.date,
        seed=request.seed,
        versions={
            name: version
            for name, version in versions().items()
            if version is not None and name != "system"
        },
    )


def hash_rows(predictions: Predictions) -> str:
    """Return the SHA-256 of what a report is computed from: every column, row by row.

    It is of the values, so that a table has the same hash after a trip through a CSV file: numbers
    count as numbers, however they are written.
    """
    held = predictions
    everything = set_columns(held, tuple(held.covariates or {}))
    return hash_columns(held.classes, _scores(held) | everything)


def set_columns(predictions: Predictions, by: Sequence[str]) -> dict[str, Sequence[object] | None]:
    """Return what says which rows were predicted: all but the scores, and the covariates `by`."""
    held = predictions
    covariates = held.covariates or {}
    return {
        **_labels(held),
        "patient": None if held.patients is None else held.patients.tolist(),
        "image": None if held.images is None else held.images.tolist(),
        **{f"covariate {name}": _texts(covariates[name]) for name in by},
    }


def _labels(held: Predictions) -> dict[str, Sequence[object]]:
    """Return the column of classes, or that of each label."""
    if held.is_multilabel:
        columns = zip(held.classes, held.labels.T.tolist(), strict=True)
        return {f"label {name}": [f"{value:g}" for value in column] for name, column in columns}
    return {"class": [held.classes[label] for label in held.labels.tolist()]}


def hash_columns(classes: Sequence[str], columns: Mapping[str, Sequence[object] | None]) -> str:
    """Return the SHA-256 of named columns of texts, whatever their order; None is no column."""
    digest = hashlib.sha256("\x1f".join(classes).encode())
    for name, column in sorted(columns.items()):
        text = "none" if column is None else "\x1f".join(map(str, column))
        digest.update(f"\x1e{name}\x1f{text}".encode("utf-8", "replace"))
    return digest.hexdigest()


def _scores(held: Predictions) -> dict[str, list[str]]:
    """Return the column of scores, or that of each class."""
    scores = held.scores.astype(float)
    if scores.ndim == 1:
        return {"score": [f"{score:.17g}" for score in scores.tolist()]}
    return {
        f"score {name}": [f"{score:.17g}" for score in column]
        for name, column in zip(held.classes, scores.T.tolist(), strict=True)
    }


def _texts(column: Column) -> list[str]:
    values, place = np.unique(column.astype(str), return_inverse=True)
    texts = np.array([_text(value) for value in values.tolist()], dtype=object)
    found: list[str] = texts[place].tolist()
    return found


def _text(value: str) -> str:
    try:
        return f"{float(value):.17g}"
    except ValueError:
        return value.strip()


def _threshold(report: ReportHead | ClassReportHead) -> list[tuple[str, str]]:
    if not isinstance(report, ReportHead):
        return []
    setting = report.settings
    return [("Threshold", f"{setting.threshold!r}, {setting.threshold_origin}")]


def _show(report: ReportHead | ClassReportHead) -> Sequence[Block]:
    part = SECTION.of(report)
    if part is None:
        return []
    rows = [
        ("SHA-256 of the predictions", part.input_sha256),
        ("Rows", f"{part.rows:,}"),
        ("Cohort of the partition", part.partition_of or "not provided"),
        *_threshold(report),
        ("Made by", part.made_by),
        ("Date", part.date or "not provided"),
        ("Random seed", str(part.seed)),
        ("Versions", ", ".join(f"{name} {text}" for name, text in part.versions.items())),
    ]
    return [Table("What this report was made from, and by what", ("What", "Value"), rows)]


SECTION: Section[Provenance] = Section(
    key="provenance",
    title="Provenance",
    place=120,
    part=Provenance,
    compute=_compute,
    show=_show,
    folded=True,
    answers=(
        Answer(
            items=("STARD-AI 13", "CLAIM 23"),
            state="partly",
            note="Versions of the software that made this report; not of the devices.",
        ),
        Answer(
            items=("STARD-AI 40b",),
            state="partly",
            note="A hash of the predictions and everything computed from them, as JSON; where "
            "outputs are stored is the authors' to say.",
        ),
    ),
)
