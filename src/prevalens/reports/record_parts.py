"""Parts that several sections of a report's record are made of."""

import itertools
import math
from collections.abc import Mapping
from typing import Any

import msgspec
import numpy as np

from prevalens._records import Amount, Count, Inside, Part, Share
from prevalens.exceptions import InvalidInputError
from prevalens.metrics.contrast import Contrast
from prevalens.metrics.estimate import Estimate
from prevalens.typing import Flags


class EstimatePart(Part, frozen=True, kw_only=True, omit_defaults=True):
    """An estimate as a report keeps it: the fields of `prevalens.metrics.Estimate`."""

    value: float | None
    lower: float | None
    upper: float | None
    confidence_level: Inside
    method: str
    unit: str
    n: Count
    events: Count | None
    patients: Count | None
    not_estimable: str | None = None
    note: str | None = None
    design_effect: Amount | None = None
    effective_n: Amount | None = None
    infinite: bool = False

    def __post_init__(self) -> None:
        """Refuse what no computation gives: nan, limits on the wrong side, no value or reason."""
        known = [x for x in (self.lower, self.value, self.upper) if x is not None]
        if not all(map(math.isfinite, known)):
            raise InvalidInputError(f"an estimate holds finite numbers, got {known}")
        if any(b < a - 1e-9 * max(1.0, abs(a)) for a, b in itertools.pairwise(known)):
            raise InvalidInputError(f"lower, value and upper of an estimate must rise, got {known}")
        if self.events is not None and self.events > self.n:
            raise InvalidInputError(
                f"an estimate has no more events than n, got {self.events} of {self.n}"
            )
        told = (self.value is not None, self.not_estimable is not None, self.infinite)
        if sum(told) != 1:
            raise InvalidInputError(
                "an estimate has either a value or a reason why it is not estimable, or is infinite"
            )


class ContrastPart(Part, frozen=True, kw_only=True):
    """A difference with both sides and its p value, alone and adjusted for the others (Holm)."""

    difference: EstimatePart
    first: EstimatePart
    second: EstimatePart
    p_value: Share | None
    p_holm: Share | None
    hypothesis: str
    method: str


class MatrixPart(Part, frozen=True, kw_only=True):
    """A confusion matrix of two classes."""

    true_positive: Count
    false_positive: Count
    false_negative: Count
    true_negative: Count


def refuse_outside(held: EstimatePart, low: float, high: float, *, where: str) -> None:
    """Refuse an estimate, or a limit of one, outside the range of its measure.

    Raises:
        InvalidInputError: it is outside; the text names `where`.
    """
    values = [value for value in (held.value, held.lower, held.upper) if value is not None]
    if any(not low - 1e-9 <= value <= high + 1e-9 for value in values):
        raise InvalidInputError(f"{where} must lie in [{low:g}, {high:g}], got {values}")


def refuse_impossible(held: Any, where: str, ranges: Mapping[str, tuple[float, float]]) -> None:
    """Refuse an estimate, or a limit of one, outside the range of its measure."""
    if isinstance(held, EstimatePart):
        key = next((part for part in reversed(where.split(".")) if part in ranges), "")
        low, high = ranges.get(key, (-math.inf, math.inf))
        if where.endswith(".difference"):
            low, high = low - high, high - low
        refuse_outside(held, low, high, where=f"`{where[1:]}`")
    elif isinstance(held, msgspec.Struct):
        for name in held.__struct_fields__:
            refuse_impossible(getattr(held, name), f"{where}.{name}", ranges)
    elif isinstance(held, Mapping):
        for name, value in held.items():
            refuse_impossible(value, f"{where}.{name}", ranges)
    elif isinstance(held, list):
        for place, value in enumerate(held):
            refuse_impossible(value, f"{where}[{place}]", ranges)


def estimate_part(estimate: Estimate) -> EstimatePart:
    """Return an estimate as a part of the record."""
    return EstimatePart(**estimate.to_dict())


def estimate_parts(estimates: dict[str, Estimate]) -> dict[str, EstimatePart]:
    """Return estimates as parts of the record, by the same names."""
    return {name: estimate_part(estimate) for name, estimate in estimates.items()}


def contrast_part(contrast: Contrast, adjusted: float | None) -> ContrastPart:
    """Return a contrast with its adjusted p value as a part of the record."""
    return ContrastPart(
        difference=estimate_part(contrast.difference),
        first=estimate_part(contrast.first),
        second=estimate_part(contrast.second),
        p_value=contrast.p_value,
        p_holm=adjusted,
        hypothesis=contrast.hypothesis,
        method=contrast.method,
    )


def matrix_part(positive: Flags, predicted: Flags) -> MatrixPart:
    """Count a confusion matrix.

    Args:
        positive: Whether each row is positive, shape `(n_rows,)`.
        predicted: Whether each row is predicted positive, shape `(n_rows,)`.
    """
    return MatrixPart(
        true_positive=int(np.sum(predicted & positive)),
        false_positive=int(np.sum(predicted & ~positive)),
        false_negative=int(np.sum(~predicted & positive)),
        true_negative=int(np.sum(~predicted & ~positive)),
    )


def plain(values: Any) -> list[Any]:
    """Return an array as a list of plain numbers."""
    listed: list[Any] = np.asarray(values).tolist()
    return listed
