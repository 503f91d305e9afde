"""Is a changed model accepted? Quantitative criteria on a locked test set, old against new."""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np

from prevalens._checks import check_choice, check_kind, check_path, name_some
from prevalens._notebook import frame
from prevalens._writing import write_text
from prevalens.exceptions import InvalidInputError
from prevalens.metrics.comparison import compare_models
from prevalens.metrics.contrast import non_inferiority
from prevalens.metrics.every_estimate import all_estimates
from prevalens.metrics.registry import measure_of
from prevalens.predictions.predictions import Predictions
from prevalens.reports.acceptance_criteria import (
    AcceptanceCriteria,
    BoundCriterion,
    NonInferiorityCriterion,
)
from prevalens.reports.acceptance_record import AcceptanceRecord, CriterionResult, document_of
from prevalens.reports.choices import ACCEPTANCE_FORMATS
from prevalens.reports.common_request import check_same_rows, patients_of
from prevalens.reports.estimate_text import name_of
from prevalens.reports.html_page import html_page
from prevalens.reports.markdown_page import markdown_page
from prevalens.reports.record_parts import EstimatePart, estimate_part
from prevalens.reports.sections.provenance import hash_columns, hash_rows, set_columns
from prevalens.reports.subgroup_levels import levels_of
from prevalens.reports.text_page import text_page
from prevalens.splits.partition_record import checksum_of
from prevalens.typing import Rows

_FEW = 20  # patients; fewer, and intervals were not checked


@dataclass(frozen=True, repr=False)
class Acceptance:
    """The decision about a changed model, from `accept_model`.

    Args:
        record: The decision with every criterion, estimate and hash.

    Examples:
        >>> from prevalens.reports import accept_model
        >>> rows = Predictions(
        ...     labels=[0, 0, 0, 1, 1, 1], scores=[0.1, 0.4, 0.2, 0.3, 0.8, 0.9],
        ...     patients=["a", "b", "c", "d", "e", "f"],
        ... )
        >>> criteria = AcceptanceCriteria(
        ...     name="Wide", threshold=0.5,
        ...     bounds=[BoundCriterion(measure="specificity", at_least=0.1)],
        ... )
        >>> accept_model(rows, rows, criteria).accepted
        True
    """

    record: AcceptanceRecord

    @property
    def accepted(self) -> bool:
        """Whether every criterion is met."""
        return self.record.accepted

    def __repr__(self) -> str:
        met = sum(result.met for result in self.record.results)
        return f"Acceptance(accepted={self.accepted}, {met} of {len(self.record.results)} met)"

    def __str__(self) -> str:
        return text_page(document_of(self.record))

    def _repr_html_(self) -> str:
        return frame(self.page(".html"), title=repr(self))

    def to_dict(self) -> dict[str, Any]:
        """Return the record as plain values."""
        return self.record.to_dict()

    def page(self, suffix: str) -> str:
        """Return what `save` writes for `.html`, `.md` or `.txt`."""
        document = document_of(self.record)
        if suffix == ".html":
            return html_page(document, generator=f"prevalens {self.record.prevalens}")
        return markdown_page(document) if suffix == ".md" else text_page(document)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the record, whole or not at all: `.json`, or `.html`, `.md`, `.txt` as one page.

        Raises:
            InvalidInputError: the suffix is none of these.
        """
        target = Path(check_path("path", path))
        suffix = check_choice("the suffix of `path`", target.suffix.lower(), ACCEPTANCE_FORMATS)
        if suffix == ".json":
            self.record.save(target)
        else:
            write_text(target, self.page(suffix))


def locked_set_sha256(predictions: Predictions, *, by: Sequence[str] = ()) -> str:
    """Return the hash of a test set: its images, labels, patients and some covariates, in order.

    Scores are left out, so that every model's predictions of the same rows have the same hash.

    Args:
        predictions: Any model's predictions of the rows.
        by: Covariates that criteria divide the rows by.

    Raises:
        InvalidInputError: a covariate is not there.

    Examples:
        >>> rows = Predictions(labels=[0, 1], scores=[0.2, 0.7], patients=["a", "b"])
        >>> locked_set_sha256(rows) == locked_set_sha256(rows.with_scores([0.4, 0.5]))
        True
    """
    check_kind("predictions", predictions, Predictions)
    _levels_known(predictions, by)
    return hash_columns(predictions.classes, set_columns(predictions, by))


def accept_model(
    new: Predictions,
    old: Predictions,
    criteria: AcceptanceCriteria,
    *,
    names: tuple[str, str] = ("new model", "old model"),
) -> Acceptance:
    """Judge a changed model against the one in use, on the same rows, by stated criteria.

    Args:
        new: The changed model's predictions of the locked test set.
        old: The present model's predictions of the same rows in the same order.
        criteria: What must hold; each criterion that cannot be estimated is not met.
        names: What the record calls the two, such as their files.

    Returns:
        The decision. It is accepted where every criterion is met.

    Raises:
        InvalidInputError: rows, labels, patients or covariates of the two differ, the rows are not
            those the criteria are locked to, there are not two classes, or a covariate or level
            is not there.

    References:
        Piaggio et al., JAMA 2012;308:2594-2604 (non-inferiority). Berger, Technometrics
        1982;24:295-300 (all criteria together).

    Examples:
        >>> rows = Predictions(
        ...     labels=[0, 0, 0, 1, 1, 1],
        ...     scores=[0.1, 0.4, 0.2, 0.3, 0.8, 0.9],
        ...     patients=["a", "b", "c", "d", "e", "f"],
        ... )
        >>> criteria = AcceptanceCriteria(
        ...     name="A study of six is too small",
        ...     threshold=0.5,
        ...     bounds=[BoundCriterion(measure="sensitivity", at_least=0.6)],
        ... )
        >>> accept_model(rows, rows, criteria).accepted
        False
    """
    for name, held in (("new", new), ("old", old)):
        check_kind(name, held, Predictions)
        if not held.is_binary:
            raise InvalidInputError(
                f"Criteria are about two classes, but `{name}` has {list(held.classes)}. Take "
                "`one_vs_rest(...)` of both."
            )
    check_kind("criteria", criteria, AcceptanceCriteria)
    AcceptanceCriteria.from_dict(criteria.to_dict(), where="`criteria`")  # as a file is checked
    _check_set(new, old, criteria)
    found = locked_set_sha256(new, by=criteria.covariates)
    locked = criteria.locked_set_sha256
    if locked not in {None, found}:
        raise InvalidInputError(
            f"The criteria are locked to the rows with SHA-256 {locked}, but these rows have "
            f"{found}. Predict the locked rows, in their order."
        )
    results = [_not_worse(new, old, criteria, one) for one in criteria.non_inferiority]
    results += [result for one in criteria.bounds for result in _within(new, criteria, one)]
    record = AcceptanceRecord(
        prevalens=metadata.version("prevalens"),
        accepted=all(result.met for result in results),
        criteria=criteria,
        criteria_sha256=checksum_of(criteria.to_dict()),
        new=names[0],
        new_sha256=hash_rows(new),
        old=names[1],
        old_sha256=hash_rows(old),
        locked_set_sha256=found,
        locked=locked is not None,
        images=len(new),
        positives=int(new.labels.sum()),
        patients=new.n_patients,
        results=results,
        notes=[*_together(len(results)), *_notes(new, old, criteria)],
    )
    return Acceptance(record)


def _check_set(new: Predictions, old: Predictions, criteria: AcceptanceCriteria) -> None:
    if new.classes != old.classes:
        raise InvalidInputError(
            f"Both models must have the same classes, got {list(new.classes)} and "
            f"{list(old.classes)}. Name them alike, the positive one last."
        )
    check_same_rows(new, old)
    _levels_known(new, criteria.covariates)
    theirs = old.covariates or {}
    both = [name for name in criteria.covariates if name in theirs]
    if hash_columns((), set_columns(new, both)) != hash_columns((), set_columns(old, both)):
        raise InvalidInputError(
            f"The two sets of predictions disagree about {name_some(both)}, or name their images "
            "otherwise. Take both from the same table."
        )


def _levels_known(predictions: Predictions, by: Sequence[str]) -> None:
    for name in by:
        check_choice("by", name, tuple(predictions.covariates or {}))


def _together(number: int) -> list[str]:
    """Say what several criteria are worth together."""
    if number < 2:
        return []
    told = (
        f"All {number} criteria must be met, so none is adjusted for their number: a model that "
        "fails one in truth is accepted no more often than by that one alone (Berger 1982). "
        "Single criteria that are met, in a model that is not accepted, are no claims."
    )
    return [told]


def _notes(new: Predictions, old: Predictions, criteria: AcceptanceCriteria) -> Iterator[str]:
    if criteria.locked_set_sha256 is None:
        yield (
            "The criteria name no locked set. Write the test set's SHA-256 into their "
            "`locked_set_sha256` before the next model is judged."
        )
    if new.images is None or old.images is None:
        yield (
            "Images are not named in both files: rows were compared by label and patient, in order."
        )
    if new.patients is None:
        yield "Images were stated to be independent, one patient each."
    elif (new.n_patients or 0) < _FEW:
        yield f"Intervals were checked for {_FEW} patients or more; there are {new.n_patients}."
    losses = [
        name_of(one.measure)
        for one in criteria.non_inferiority
        if measure_of(one.measure).direction == "lower"
    ]
    if losses:
        yield (
            f"A few patients can carry most of a difference in {', '.join(losses)}. The interval "
            "can then be too short; a wider `confidence_level` is safer."
        )
    if any(one.judged_by == "value" for one in criteria.bounds):
        yield "Bounds judged by value ignore chance: the interval may lie on both sides."


def _not_worse(
    new: Predictions, old: Predictions, criteria: AcceptanceCriteria, one: NonInferiorityCriterion
) -> CriterionResult:
    measure = measure_of(one.measure)
    at = {"threshold": criteria.threshold, "second_threshold": criteria.old_threshold}
    contrast = compare_models(
        new.labels,
        new.scores,
        old.scores,
        measure=one.measure,
        patients=patients_of(new),
        confidence_level=criteria.confidence_level,
        **(at if measure.needs_threshold else {}),
    )
    higher = measure.direction == "higher"
    judged = non_inferiority(contrast, margin=one.margin, higher_is_better=higher)
    reason = contrast.difference.not_estimable or contrast.difference.note or "no interval"
    if judged.shown is not None:
        reason = (
            f"the interval of the difference {'excludes' if judged.shown else 'holds'} a loss of "
            f"{one.margin:g}"
        )
    return CriterionResult(
        kind="non-inferiority",
        criterion=f"{name_of(one.measure)}: worse by less than {one.margin:g}",
        measure=one.measure,
        level=None,
        new=estimate_part(contrast.first),
        old=estimate_part(contrast.second),
        difference=estimate_part(contrast.difference),
        p_value=judged.p_value,
        met=judged.shown is True,
        reason=reason,
    )


def _within(
    new: Predictions, criteria: AcceptanceCriteria, one: BoundCriterion
) -> Iterator[CriterionResult]:
    known = patients_of(new)
    for level, rows in _groups(new, one):
        made = all_estimates(
            new.labels[rows],
            new.scores[rows],
            threshold=criteria.threshold,
            patients=None if known is None else known.take(rows),
            confidence_level=criteria.confidence_level,
            measures=[one.measure],
        )[one.measure]
        estimate = estimate_part(made)
        met, reason = _inside(estimate, one)
        ends = ((one.at_least, "at least"), (one.at_most, "at most"))
        told = " and ".join(f"{words} {end:g}" for end, words in ends if end is not None)
        yield CriterionResult(
            kind="bound",
            criterion=f"{name_of(one.measure)} {told} (by {one.judged_by})",
            measure=one.measure,
            level=level,
            new=estimate,
            old=None,
            difference=None,
            p_value=None,
            met=met,
            reason=reason,
        )


def _groups(new: Predictions, one: BoundCriterion) -> list[tuple[str | None, Rows]]:
    if one.by is None:
        return [(None, np.arange(len(new)))]
    of_row, levels = levels_of((new.covariates or {})[one.by])
    for level in one.levels:
        check_choice(f"levels of {one.by!r}", level, levels)
    return [
        (f"{one.by}: {level}", np.flatnonzero(of_row == level)) for level in one.levels or levels
    ]


def _inside(estimate: EstimatePart, one: BoundCriterion) -> tuple[bool, str]:
    if estimate.value is None:
        return False, estimate.not_estimable or "it is infinite"
    low, high = estimate.lower, estimate.upper
    if one.judged_by == "value":
        low = high = estimate.value
    if (one.at_least is not None and low is None) or (one.at_most is not None and high is None):
        return False, "it has no interval"
    below = one.at_least is not None and low is not None and low < one.at_least
    above = one.at_most is not None and high is not None and high > one.at_most
    if not below and not above:
        return True, "within the bounds"
    what = "the value" if one.judged_by == "value" else "the interval"
    return False, f"{what} reaches {'below' if below else 'above'} the bound"
