"""Shares of classes and of labels, checked; pure."""

import math
from collections.abc import Sequence

from prevalens._checks import check_number
from prevalens.exceptions import InvalidInputError


def class_shares(prevalence: float | Sequence[float], *, n_classes: int) -> list[float]:
    """Return the share of each class from the positive's share, or check those given.

    Args:
        prevalence: Share of the positive class, in `(0, 1)`; or of each class, summing to 1.
        n_classes: Number of classes, at least 2.
    """
    if not isinstance(prevalence, Sequence):
        if n_classes != 2:
            raise InvalidInputError(
                f"With {n_classes} classes `prevalence` must name the share of each, "
                f"got {prevalence!r}."
            )
        share = check_number("prevalence", prevalence, low=0, high=1, open_low=True, open_high=True)
        return [1 - share, share]
    shares = label_shares(prevalence)
    if len(shares) != n_classes:
        raise _no_shares("prevalence", n_classes, prevalence)
    return check_shares("prevalence", shares)


def label_shares(prevalence: float | Sequence[float]) -> list[float]:
    """Return the share of positives of each label, each in `(0, 1)`."""
    several = prevalence if isinstance(prevalence, Sequence) else [prevalence]
    return [
        check_number("prevalence", share, low=0, high=1, open_low=True, open_high=True)
        for share in several
    ]


def check_shares(name: str, shares: Sequence[float]) -> list[float]:
    """Return the shares of classes, or say that they must sum to 1."""
    if not math.isclose(sum(shares), 1, abs_tol=1e-6):
        raise _no_shares(name, len(shares), shares)
    return list(shares)


def _no_shares(name: str, count: int, shares: Sequence[float]) -> InvalidInputError:
    return InvalidInputError(
        f"`{name}` must hold {count} shares that sum to 1, got {list(shares)!r}."
    )
