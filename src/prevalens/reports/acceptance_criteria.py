"""Criteria that a changed model must meet on a locked test set, written before it is scored."""

from typing import Annotated, ClassVar, Literal, Self

import msgspec

from prevalens._records import Above, Inside, Part, Record, Share
from prevalens.exceptions import InvalidInputError
from prevalens.metrics.registry import keys_where, measure_of

_Sha256 = Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{64}$")]


class NonInferiorityCriterion(Part, frozen=True, kw_only=True):
    """The new model is no worse than the old one by as much as a margin.

    Args:
        measure: Key of a comparable measure of which higher or lower is better.
        margin: Smallest loss that is no longer accepted, above 0, on the measure's own scale.

    Examples:
        >>> NonInferiorityCriterion(measure="auroc", margin=0.05).margin
        0.05
    """

    measure: str
    margin: Above

    def __post_init__(self) -> None:
        """Refuse a measure whose values cannot be compared."""
        known = keys_where(lambda one: one.comparable and one.direction in {"higher", "lower"})
        if self.measure not in known:
            raise InvalidInputError(
                f"non-inferiority needs one of the measures {list(known)}, got {self.measure!r}"
            )
        measure = measure_of(self.measure)
        if self.margin >= measure.high - measure.low:
            raise InvalidInputError(
                f"any {self.measure} would be within a margin of {self.margin:g}, as it lies in "
                f"[{measure.low:g}, {measure.high:g}]; five points are 0.05"
            )


class BoundCriterion(Part, frozen=True, kw_only=True):
    """A measure of the new model stays within bounds, in all rows or in every subgroup.

    Args:
        measure: Key of a registered measure, such as `"sensitivity"` or `"calibration_slope"`.
        at_least: Lower bound; None for none.
        at_most: Upper bound; None for none.
        by: Covariate every level of which must meet the bounds; None for all rows together.
        levels: Levels of `by` that must meet them; empty for every level that occurs.
        judged_by: `"interval"`, the whole confidence interval lies within; or `"value"`, the
            point estimate does, which chance can move.

    Examples:
        >>> BoundCriterion(measure="sensitivity", at_least=0.85, judged_by="interval").at_least
        0.85
    """

    measure: str
    at_least: float | None = None
    at_most: float | None = None
    by: str | None = None
    levels: list[str] = msgspec.field(default_factory=list)
    judged_by: Literal["interval", "value"] = "interval"

    def __post_init__(self) -> None:
        """Refuse an unknown measure, bounds that bound nothing, and levels of nothing."""
        measure = measure_of(self.measure)
        low, high = self.at_least, self.at_most
        if any(not measure.low <= each <= measure.high for each in (low, high) if each is not None):
            raise InvalidInputError(
                f"a bound of {self.measure} lies in [{measure.low:g}, {measure.high:g}], got "
                f"at_least={low} and at_most={high}"
            )
        if (low is None and high is None) or (low is not None and high is not None and low > high):
            raise InvalidInputError(
                f"a bound needs at_least <= at_most, or one of the two, got {low} and {high}"
            )
        if self.levels and self.by is None:
            raise InvalidInputError(f"levels {self.levels} need the covariate in by")


class AcceptanceCriteria(Record, frozen=True, kw_only=True):
    """Quantitative criteria for a changed model, as a change control plan asks for them.

    Every criterion must be met. Each is tested at the one-sided level (1 - confidence_level) / 2,
    so a model that fails one of them in truth is accepted no more often than that
    (intersection-union test); no further correction is needed.

    Args:
        name: What the criteria are for, a heading of the record.
        threshold: The new model's threshold, in [0, 1].
        old_threshold: The old model's threshold; None for the same number.
        confidence_level: Coverage of the two-sided intervals, in (0, 1).
        locked_set_sha256: Hash of the rows that the criteria are for, see `locked_set_sha256`;
            None until it is known.
        non_inferiority: Comparisons with the old model.
        bounds: Bounds on the new model alone: floors of subgroups, limits of calibration.

    References:
        Berger, Technometrics 1982;24:295-300.

    Examples:
        >>> criteria = AcceptanceCriteria(
        ...     name="Retraining",
        ...     threshold=0.4,
        ...     non_inferiority=[NonInferiorityCriterion(measure="auroc", margin=0.03)],
        ...     bounds=[BoundCriterion(measure="sensitivity", at_least=0.8, by="site")],
        ... )
        >>> criteria.to_dict()["format"]
        'prevalens acceptance criteria'
    """

    FORMAT: ClassVar[str] = "prevalens acceptance criteria"
    BROKEN: ClassVar[str] = "does not hold criteria"
    REMEDY: ClassVar[str] = (
        'The page "Accept a changed model" shows a file of criteria. (In Python, '
        "`AcceptanceCriteria` lists the fields.)"
    )

    name: str
    threshold: Share
    old_threshold: Share | None = None
    confidence_level: Inside = 0.95
    locked_set_sha256: _Sha256 | None = None
    non_inferiority: list[NonInferiorityCriterion] = msgspec.field(default_factory=list)
    bounds: list[BoundCriterion] = msgspec.field(default_factory=list)

    def __post_init__(self) -> None:
        """Refuse criteria that anything would meet."""
        if not self.non_inferiority and not self.bounds:
            raise InvalidInputError("at least one criterion is needed, and there is none")

    @property
    def covariates(self) -> tuple[str, ...]:
        """Covariates whose levels are judged, each once."""
        return tuple(dict.fromkeys(bound.by for bound in self.bounds if bound.by is not None))

    def locked_to(self, sha256: str) -> Self:
        """Return the same criteria for one set of rows."""
        return msgspec.structs.replace(self, locked_set_sha256=sha256)
