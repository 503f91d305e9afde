"""Means over classes of what each class has against the rest: macro and weighted."""

import functools
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np

from prevalens._checks import name_some
from prevalens.metrics.basis import Basis
from prevalens.metrics.class_columns import ClassColumns
from prevalens.metrics.class_smooth import smooth_estimate, without_each
from prevalens.metrics.estimate import Estimate
from prevalens.metrics.influences import Influence
from prevalens.metrics.inputs import Columns
from prevalens.metrics.intervals import Limits
from prevalens.metrics.linear import FEW_EVENTS, FEW_HOLDERS
from prevalens.metrics.registry import measure_of
from prevalens.metrics.settings import Settings
from prevalens.typing import Codes, Labels, Numbers

MACRO = (
    "mean over classes, each against the rest: square-and-add of the classes' own limits, with "
    "their correlation over patients (Zou & Donner 2008)"
)
_WEIGHTED = "mean over classes, each against the rest and weighing its share of the images"
_PLURAL = {"class": "classes", "label": "labels"}
AT = 0.5  # a decided class has a score of 0 or 1


@dataclass(frozen=True, eq=False)
class Side:
    """One part of a mean: an estimate of some of the rows, with what it is computed from.

    Args:
        name: What it is called in notes.
        own: Its estimate, with the limits of its own.
        influence: Its value and influence values.
        codes: Number of each of its rows' patient among all.
    """

    name: str
    own: Estimate
    influence: Influence
    codes: Codes


class Averaged(Protocol):
    """Columns whose classes, or labels, are averaged over."""

    @property
    def kind(self) -> str:
        """Say what is averaged over: "class" or "label"."""

    @property
    def names(self) -> tuple[str, ...]:
        """Name of each."""

    @property
    def counts(self) -> Labels:
        """Images of each."""

    @property
    def labels(self) -> Labels | Numbers:
        """What each row is labelled; its first axis are the rows."""

    @property
    def codes(self) -> Codes | None:
        """Number of each row's patient; None where images are independent."""

    @property
    def ids(self) -> tuple[str, ...] | None:
        """Id of each patient by number."""

    @property
    def n_units(self) -> int:
        """Number of patients, or of independent images."""

    def patients_of(self, which: int) -> int:
        """Return the number of patients with images of one."""

    def basis(self, confidence_level: float) -> Basis:
        """Return the basis of an estimate computed from every image."""


def over_images(made: Estimate, codes: Codes | None) -> Estimate:
    """Return an estimate of pooled rows in words of images, where images are independent.

    What is pooled lies inside an image as images do inside a patient, and is computed so; without
    patients it must not be told so.

    Args:
        made: The estimate, whose patients are the images.
        codes: Number of each image's patient; None where images are independent.
    """
    if codes is not None:
        return made
    note = None if made.note is None else made.note.replace("patient", "image")
    method = made.method.replace("patient", "image")
    return replace(made, patients=None, method=method, note=note)


def class_side(columns: ClassColumns, which: int, key: str, settings: Settings) -> Side:
    """Return one class against the rest, by a measure of two classes."""
    rows, at = rows_of(columns, which, key), _settings(key, settings.confidence_level)
    return side_of(columns.names[which], key, rows, columns.units, at)


def side_of(name: str, key: str, rows: Columns, units: Codes, settings: Settings) -> Side:
    """Return some rows as a part of a mean of a measure of two classes.

    Args:
        name: What they are called in notes.
        key: Key of the measure.
        rows: The rows.
        units: Number of each of them's patient among all.
        settings: The confidence level, and the threshold where the measure needs one.
    """
    measure = measure_of(key)
    own = measure.compute(rows, settings)
    influence = Influence(math.nan, np.zeros(rows.labels.size), ())
    if own.value is not None:
        influence = measure.influence_of(rows, settings.threshold)
    return Side(name, own, influence, units)


def rows_of(columns: ClassColumns, which: int, key: str) -> Columns:
    """Return a class against the rest as a measure of two classes reads it."""
    at_threshold = measure_of(key).needs_threshold
    return columns.decided(which) if at_threshold else columns.ranked(which)


def _settings(key: str, confidence_level: float) -> Settings:
    return Settings(AT if measure_of(key).needs_threshold else None, confidence_level)


def _sides(columns: ClassColumns, key: str, settings: Settings) -> list[Side]:
    return [class_side(columns, which, key, settings) for which in range(len(columns.names))]


def macro_estimate(key: str) -> Callable[[ClassColumns, Settings], Estimate]:
    """Return what computes the mean over classes of a measure of two classes."""

    def estimate(columns: ClassColumns, settings: Settings) -> Estimate:
        if reason := why_no_mean(columns):
            return columns.basis(settings.confidence_level).refuse(reason, MACRO)
        return mean_of_sides(columns, _sides(columns, key, settings), MACRO, settings)

    return estimate


def macro_changes(key: str) -> Callable[[ClassColumns], Numbers]:
    """Return what computes how far a mean over classes moves without each patient."""

    def changes(columns: ClassColumns) -> Numbers:
        sides = _sides(columns, key, Settings(AT, 0.95))
        return np.mean([changes_of(side, columns.n_units) for side in sides], axis=0)

    return changes


def why_no_mean(columns: ClassColumns) -> str | None:
    """Return why a mean over classes is undefined, or None where it is defined."""
    if not columns.absent:
        return None
    return f"no images of class {name_some(columns.absent)}, or none of another"


def rare_classes(columns: Averaged) -> list[str]:
    """Say which classes, or labels, have few images, or images of few patients."""
    told = []
    for which, (name, count) in enumerate(zip(columns.names, columns.counts.tolist(), strict=True)):
        holders = columns.patients_of(which)
        if count and (count < FEW_EVENTS or holders < FEW_HOLDERS):
            images = (
                f"{columns.kind} {name!r} has only {count} {'image' if count == 1 else 'images'}"
            )
            patients = f"{holders} {'patient' if holders == 1 else 'patients'}"
            told.append(images if columns.codes is None else f"{images} of {patients}")
    return told


def mean_of_sides(
    columns: Averaged, sides: Sequence[Side], method: str, settings: Settings
) -> Estimate:
    """Average estimates; one without limits of its own may lie anywhere in [0, 1].

    Args:
        columns: All rows.
        sides: What is averaged; each is a share or an area.
        method: How value and interval are computed.
        settings: The confidence level.

    References:
        Zou & Donner, Stat Med 2008;27:1693-1702.
    """
    basis, kind = columns.basis(settings.confidence_level), columns.kind
    undefined = [side.name for side in sides if side.own.value is None]
    if undefined:
        why = next(side.own.not_estimable for side in sides if side.own.value is None)
        return basis.refuse(f"of {kind} {name_some(undefined)}: {why}", method)
    values = np.array([side.influence.value for side in sides])
    value = float(values.mean())
    without = [side.name for side in sides if side.own.lower is None]
    if len(without) == len(sides):
        return basis.without_limits(value, method, f"no {kind} has limits of its own")
    rare = rare_classes(columns)
    told = [f"The mean includes {_PLURAL[kind]} of few images: {', '.join(rare)}."] if rare else []
    if without:
        names = name_some(list(dict.fromkeys(without)))
        told.append(f"{kind.title()} {names} has no limits of its own, so 0 and 1 were taken.")
    rule = functools.partial(_limits, sides, values, _together(sides, columns.n_units))
    limits = rule(settings.confidence_level)
    return basis.estimate(value, limits, method, note=" ".join(told) or None, limits_at=rule)


def changes_of(side: Side, n_units: int) -> Numbers:
    """Return how far a side moves without each patient; 0 where one patient holds a kind."""
    if not side.influence.kinds or side.influence.patients_per_kind(side.codes) < 2:
        return np.zeros(n_units)
    return side.influence.changes(side.codes, n_units)


def _together(sides: Sequence[Side], n_units: int) -> Numbers:
    """Return the correlations over patients; what has no limits goes with its like entirely."""
    moved = np.empty((len(sides), n_units))
    for place, side in enumerate(sides):
        changes = changes_of(side, n_units)
        # Scaled before it is kept: the pairs of many classes and patients fill a gigabyte.
        moved[place] = changes / (np.linalg.norm(changes) or 1.0)
    together: Numbers = moved @ moved.T
    lost = np.array([side.own.limits_at is None for side in sides])
    together[np.ix_(lost, lost)] = 1.0
    np.fill_diagonal(together, 1.0)
    return together


def _limits(
    sides: Sequence[Side], values: Numbers, together: Numbers, confidence_level: float
) -> Limits:
    own = np.array(
        [
            (0.0, 1.0) if side.own.limits_at is None else side.own.limits_at(confidence_level)
            for side in sides
        ]
    )
    down, up = (
        math.sqrt(max(float(arms @ together @ arms), 0.0)) / len(sides)
        for arms in (values - own[:, 0], own[:, 1] - values)
    )
    value = float(values.mean())
    return max(value - down, 0.0), min(value + up, 1.0)


def weighted_estimate(key: str) -> Callable[[ClassColumns, Settings], Estimate]:
    """Return what computes the mean over classes, each weighing its share of the images."""

    def estimate(columns: ClassColumns, settings: Settings) -> Estimate:
        basis = columns.basis(settings.confidence_level)
        if reason := why_no_mean(columns):
            return basis.refuse(reason, _WEIGHTED)
        sides = _sides(columns, key, settings)
        undefined = [side for side in sides if side.own.value is None]
        if undefined:
            names = name_some([side.name for side in undefined])
            return basis.refuse(f"of class {names}: {undefined[0].own.not_estimable}", _WEIGHTED)
        return smooth_estimate(columns, *_weighted(columns, sides), settings, name=_WEIGHTED)

    return estimate


def weighted_changes(key: str) -> Callable[[ClassColumns], Numbers]:
    """Return what computes how far a weighted mean moves without each patient."""

    def changes(columns: ClassColumns) -> Numbers:
        pulls = _weighted(columns, _sides(columns, key, Settings(AT, 0.95)))[1]
        return without_each(columns, pulls)

    return changes


def _weighted(columns: ClassColumns, sides: Sequence[Side]) -> tuple[float, Numbers]:
    """Return value and influence values; the shares that weigh are estimated too."""
    n, value, pulls = columns.labels.size, 0.0, np.zeros(columns.labels.size)
    for which, side in enumerate(sides):
        share = float(columns.counts[which]) / n
        value += share * side.influence.value
        pulls += share * side.influence.influence_values
        pulls += side.influence.value * ((columns.labels == which) - share) / n
    return value, pulls
