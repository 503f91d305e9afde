"""The held-out estimates of the study that made the model, beside those on these rows."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from prevalens._records import Count, Part
from prevalens.metrics.contrast import Contrast
from prevalens.predictions.predictions import Predictions
from prevalens.reports.class_request import ClassRequest
from prevalens.reports.cohort_contrasts import (
    WITHIN,
    contrast_within_folds,
    contrasts_of_classes,
    contrasts_of_two,
)
from prevalens.reports.development import Development
from prevalens.reports.document import Block, Paragraph, Table
from prevalens.reports.estimate_tables import notes_of
from prevalens.reports.estimate_text import (
    count_text,
    estimate_text,
    interval_text,
    name_of,
    number_text,
    p_text,
    percent_text,
)
from prevalens.reports.record_parts import ContrastPart
from prevalens.reports.request import Request
from prevalens.reports.sections.comparison import adjusted_parts
from prevalens.reports.sections.section import Answer, Section


class CohortSide(Part, frozen=True, kw_only=True):
    """Who is in one of the two cohorts."""

    images: Count
    patients: Count | None
    by_class: dict[str, Count]


class NextCohortPart(Part, frozen=True, kw_only=True):
    """These rows minus the held-out rows of the study.

    Args:
        folds: Models that scored the study's rows.
        shared_ids: Patient ids of both, which are stated to be of other people.
        development: Who was in the study.
        these: Who is in the predictions reported.
        differences: By measure; a name that ends with `_within_folds` is of the mean over folds.
        patient_differences: The same of pooled scores, where the report is of patients too.
    """

    folds: Count
    shared_ids: Count
    development: CohortSide
    these: CohortSide
    differences: dict[str, ContrastPart]
    patient_differences: dict[str, ContrastPart]


def _compute(request: Request | ClassRequest) -> NextCohortPart | None:
    study, held = request.development, request.predictions
    if study is None:
        return None
    patients: dict[str, Contrast] = {}
    if isinstance(request, ClassRequest):
        images = contrasts_of_classes(study, held, request.confidence_level)
    else:
        level = request.confidence_level
        images = contrasts_of_two(study, held, request.predicted, level)
        images |= contrast_within_folds(study, images["auroc"], "auroc", level)
        patients = _of_patients(study, request)
    found = images | {f"patient {key}": each for key, each in patients.items()}
    parts = adjusted_parts(found)
    return NextCohortPart(
        folds=study.n_folds,
        shared_ids=len(study.shared_ids(held)),
        development=_side(study.predictions),
        these=_side(held),
        differences={key: parts[key] for key in images},
        patient_differences={key: parts[f"patient {key}"] for key in patients},
    )


def _side(rows: Predictions) -> CohortSide:
    counts = dict(zip(rows.classes, rows.class_counts.tolist(), strict=True))
    return CohortSide(images=len(rows), patients=rows.n_patients, by_class=counts)


def _of_patients(study: Development, request: Request) -> dict[str, Contrast]:
    pooling, point = request.patient_score, request.patient_threshold
    pooled = None if pooling is None else study.of_patients(pooling)
    if pooling is None or pooled is None or point is None:
        return {}
    these = pooling.pool(request.predictions)
    decided = these.scores >= point.threshold
    return contrasts_of_two(pooled, these, decided, request.confidence_level)


def _show(report: Any) -> Sequence[Block]:
    part = SECTION.of(report)
    if part is None:
        return []
    shown: list[Block] = [
        Paragraph(f"The study that made the model: {_told(part.development, part.folds)}"),
        Paragraph(f"This cohort: {_told(part.these, 0)}"),
        _table(part.differences, f"images, with {report.level}", "differences"),
    ]
    if part.patient_differences:
        caption = f"patients, with {report.level}"
        shown.append(_table(part.patient_differences, caption, "patient_differences"))
    every = _named(part)
    shown += [Paragraph(text) for text in _meaning(part, every)]
    return [*shown, *notes_of([(name, each.difference) for name, each in every.items()])]


def _named(part: NextCohortPart) -> dict[str, ContrastPart]:
    found = {_name(key): each for key, each in part.differences.items()}
    return found | {f"{_name(k)} of patients": v for k, v in part.patient_differences.items()}


def _name(key: str) -> str:
    if key.endswith(WITHIN):
        return f"{name_of(key.removesuffix(WITHIN))}, mean within folds"
    return name_of(key)


def _told(side: CohortSide, folds: int) -> str:
    whose = "independent" if side.patients is None else f"of {count_text(side.patients, 'patient')}"
    counts = ", ".join(
        f"{name} {number:,} ({percent_text(number / side.images)})"
        for name, number in side.by_class.items()
    )
    by = "" if folds < 2 else f", each scored by the one of {folds} models that held it out"
    return f"{count_text(side.images, 'image')} {whose}{by}: {counts}."


def _table(differences: Mapping[str, ContrastPart], caption: str, address: str) -> Table:
    rows = [
        (
            _name(key),
            *(estimate_text(side) for side in (each.second, each.first, each.difference)),
            "" if each.p_value is None else p_text(each.p_holm),
        )
        for key, each in differences.items()
    ]
    header = ("Measure", "Held out in the study", "This cohort", "Difference", "p (Holm)")
    keys = [f"next_cohort.{address}.{key}.difference" for key in differences]
    return Table(f"This cohort minus the study's held-out {caption}", header, rows, keys)


def _meaning(part: NextCohortPart, every: Mapping[str, ContrastPart]) -> Iterator[str]:
    stated = ""
    if part.shared_ids:
        ids = count_text(part.shared_ids, "patient id")
        stated = f"; {ids} of both are stated to be of other people"
    yield (
        "A difference below 0 is a drop. The two cohorts are of different patients, so its "
        "interval is that of an unpaired difference over patients, and holds the chance in both"
        f"{stated}."
    )
    dropped = [name for name, each in every.items() if is_drop(each)]
    if dropped:
        yield (
            f"The interval lies below 0 for: {'; '.join(dropped)}. Each interval is taken by "
            "itself; p (Holm) is adjusted so that it holds for all of them together. Other "
            "patients, devices, labels or a different mix of severity may be the reason, or "
            "choices that fitted the study's own patients; the interval does not tell which."
        )
    lowest = {name: each.difference.lower for name, each in every.items() if not is_drop(each)}
    open_ = [f"{name} {number_text(-x)}" for name, x in lowest.items() if x is not None and x < 0]
    if open_:
        yield (
            "Where the interval holds 0, no drop is shown and none is excluded. These rows are "
            f"compatible with a drop of up to: {'; '.join(open_)}."
        )
    if part.folds > 1:
        yield from _of_folds(part)


def _of_folds(part: NextCohortPart) -> Iterator[str]:
    ranked = next(key for key in part.differences if key.endswith(WITHIN))
    told = (
        f"Over all held-out rows, {name_of(ranked.removesuffix(WITHIN))} also counts pairs of "
        "images that two models scored; the mean within folds does not. The saved model was "
        "trained on more patients than each of them."
    )
    if "sensitivity" in part.differences:
        told += (
            " Each held-out row was predicted by its own fold's threshold, these rows by the one "
            "of this report."
        )
    yield told


def is_drop(contrast: ContrastPart) -> bool:
    """Tell whether the interval of a difference lies below 0."""
    return contrast.difference.upper is not None and contrast.difference.upper < 0


def drops_of(report: Any) -> list[str]:
    """Return what drops from the study to these rows, in words for the first screen."""
    part = SECTION.of(report)
    return [
        f"{name} is lower than in the study that made the model: {number_text(each.first.value)}, "
        f"against {number_text(each.second.value)} held out there (difference "
        f"{interval_text(each.difference)})."
        for name, each in ({} if part is None else _named(part)).items()
        if is_drop(each)
    ]


def _is_there(report: Any) -> bool:
    return SECTION.of(report) is not None


SECTION: Section[NextCohortPart] = Section(
    key="next_cohort",
    title="Beside the study that made the model",
    place=33,
    part=NextCohortPart,
    compute=_compute,
    show=_show,
    newer=True,
    remedy="give the held-out predictions of the study that made the model as `development`",
    answers=(
        Answer(
            items=("STARD-AI 29",),
            state="partly",
            note="Counts and performance beside the study that made the model; not how patients, "
            "devices and settings differ.",
            when=_is_there,
        ),
        Answer(
            items=("CLAIM 32",),
            note="Held-out estimates of the study that made the model.",
            when=_is_there,
        ),
        Answer(
            items=("CLAIM 33",),
            state="partly",
            note="Performance on a further cohort; not whether it is of another institution.",
            when=_is_there,
        ),
    ),
)
