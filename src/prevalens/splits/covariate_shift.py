"""How far the parts of a partition differ in who is in them."""

import hashlib
import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from prevalens._checks import check_kind
from prevalens._notebook import findings_page
from prevalens.cohorts.cohort import Cohort
from prevalens.splits.partition import Partition
from prevalens.typing import Column

IMBALANCE = 0.1  # of a standardised difference (Austin 2009)


@dataclass(frozen=True)
class CovariateShift:
    """How far one covariate's mean, or one value's share, moves between two parts.

    Args:
        covariate: Name of the covariate, or "label".
        value: The value whose share is compared; None where means of numbers are.
        part: The part compared with `train`: "validation" or "test".
        in_train: Mean or share among the training rows; None where all are missing.
        in_part: Mean or share among the part's rows; None where all are missing.
        difference: Standardised mean difference, `in_part - in_train` over the root of the mean of
            the two variances (Austin 2009); None where `not_estimable` says why.
        not_estimable: Why there is no difference.

    Examples:
        >>> shift = CovariateShift("age", None, "test", in_train=35.0, in_part=65.0, difference=6.0)
        >>> print(shift)
        age, train to test: 35 to 65, standardised difference +6.00
    """

    covariate: str
    value: str | None
    part: str
    in_train: float | None
    in_part: float | None
    difference: float | None
    not_estimable: str | None = None

    @property
    def id(self) -> str:
        """The kind of finding and a hash of covariate, value and part: the same on any machine."""
        said = "\x1f".join([self.covariate, self.value or "", self.part])
        return f"shift-{hashlib.sha256(said.encode()).hexdigest()[:8]}"

    @property
    def page(self) -> str:
        """The section of the documentation that explains shifts."""
        return findings_page("shift")

    @property
    def is_imbalance(self) -> bool:
        """Whether the difference is above 0.1 in size; or each part holds one value, another."""
        if self.difference is None:
            return self.in_train != self.in_part
        return abs(self.difference) > IMBALANCE

    def __str__(self) -> str:
        name = self.covariate if self.value is None else f"{self.covariate} = {self.value}"
        if self.difference is None:
            return f"{name}, train to {self.part}: not estimable, {self.not_estimable}"
        return (
            f"{name}, train to {self.part}: {self.in_train:.4g} to {self.in_part:.4g}, "
            f"standardised difference {self.difference:+.2f}"
        )

    def to_dict(self) -> dict[str, Any]:
        """Return the shift as plain values."""
        return {"id": self.id, **vars(self)}


def covariate_shifts(cohort: Cohort, partition: Partition) -> list[CovariateShift]:
    """Compare each covariate, and the label, of the held-out parts with the training part.

    A standardised difference above 0.1 in size is commonly called an imbalance (Austin 2009). In
    small parts chance alone makes larger ones.

    Args:
        cohort: The cohort.
        partition: A partition of it.

    Returns:
        One entry per part and number, or per part and value of a text; largest first, and those
        that cannot be estimated before them.

    Raises:
        InvalidInputError: the partition is of another cohort.

    References:
        Austin, Statistics in Medicine 2009;28:3083-3107.

    Examples:
        >>> from prevalens.cohorts import Cohort
        >>> from prevalens.splits import Partition
        >>> cohort = Cohort(
        ...     images=["a.png", "b.png", "c.png", "d.png"], patients=["p", "q", "r", "s"],
        ...     labels=["sick", "well", "sick", "well"], positive="sick",
        ...     covariates={"age": [30, 40, 60, 70]},
        ... )
        >>> shifts = covariate_shifts(cohort, Partition.of(cohort, train=[0, 1], test=[2, 3]))
        >>> [(each.covariate, each.in_train, each.in_part) for each in shifts]
        [('age', 35.0, 65.0), ('label', 0.5, 0.5)]
    """
    check_kind("cohort", cohort, Cohort)
    check_kind("partition", partition, Partition)
    partition.check_cohort(cohort)
    columns: dict[str, Column] = {"label": cohort.label_names, **cohort.covariates}
    shifts = [
        _shift(name, value, part, numbers[partition.train], numbers[rows])
        for part, rows in partition.parts().items()
        if part != "train" and rows.size and partition.train.size
        for name, column in columns.items()
        for value, numbers in _numbers(column, cohort.positive)
    ]
    return sorted(shifts, key=lambda s: -math.inf if s.difference is None else -abs(s.difference))


def _numbers(column: Column, positive: str) -> list[tuple[str | None, Column]]:
    if column.dtype.kind in "iuf":
        return [(None, column.astype(np.float64))]
    words = column.astype(np.str_)
    found = np.unique(words).tolist()
    # Of two values the shares mirror each other: one says it all.
    told = [positive] if positive in found else found[1:]
    shown = told if len(found) == 2 else found
    # Ids and free text have no share worth comparing.
    many = len(found) > 50
    return [] if many else [(word, (words == word).astype(np.float64)) for word in shown]


def _shift(name: str, value: str | None, part: str, train: Column, other: Column) -> CovariateShift:
    given = [column[~np.isnan(column)] for column in (train, other)]
    if not all(column.size for column in given):
        why = "one part has none but missing values"
        return CovariateShift(name, value, part, None, None, None, why)
    one, two = (float(column.mean()) for column in given)
    spread = math.sqrt(sum(float(column.var()) for column in given) / 2)
    if spread == 0 and one != two:
        why = f"{one:g} throughout in one part and {two:g} in the other"
        return CovariateShift(name, value, part, one, two, None, why)
    return CovariateShift(name, value, part, one, two, (two - one) / spread if spread else 0.0)
