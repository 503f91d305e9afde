"""The measures in use: the library's own and those a user registered; the door to each estimate."""

import copyreg
from collections.abc import Callable
from types import TracebackType
from typing import Any, Generic, TypeVar

from prevalens._checks import check_choice
from prevalens.exceptions import InvalidInputError
from prevalens.metrics.estimate import Estimate
from prevalens.metrics.inputs import Columns
from prevalens.metrics.measure import Measure
from prevalens.metrics.measures import TABLE
from prevalens.metrics.settings import Settings

_MEASURES: dict[str, Measure] = {measure.key: measure for measure in TABLE}
_OWN = frozenset(_MEASURES)


def _reduced(measure: Measure) -> Any:
    """Send a measure of this library to another process by its key; it is there, too."""
    if _MEASURES.get(measure.key) is measure and measure.key in _OWN:
        return measure_of, (measure.key,)
    return measure.__reduce_ex__(2)


# A user's own measure is as easily sent as its functions are.
copyreg.pickle(Measure, _reduced)


def all_measures() -> tuple[Measure, ...]:
    """Return every registered measure, in the order of a report.

    Examples:
        >>> [measure.key for measure in all_measures()][:2]
        ['sensitivity', 'specificity']
    """
    return tuple(_MEASURES.values())


def measure_of(key: str, *, name: str = "measure") -> Measure:
    """Return a measure by its key.

    Raises:
        InvalidInputError: no measure of this key is registered.
    """
    return _MEASURES[check_choice(name, key, _MEASURES)]


def estimate_of(key: str, columns: Columns, settings: Settings) -> Estimate:
    """Compute the estimate of one measure: the way in for tables, reports and comparisons.

    Args:
        key: Key of a registered measure.
        columns: Checked columns.
        settings: Threshold, confidence level, draws and seed.

    Raises:
        InvalidInputError: the measure is unknown, or needs a threshold and has none.
    """
    return measure_of(key).compute(columns, settings)


M = TypeVar("M")


class Registration(Generic[M]):
    """A registered measure; as a context it is removed at the end.

    Args:
        key: Key of the measure.
        measure: The measure.
        remove: Removes the measure of a key.
    """

    def __init__(self, key: str, measure: M, remove: Callable[[str], None]) -> None:
        self.key, self._measure, self._remove = key, measure, remove

    def __enter__(self) -> M:
        return self._measure

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._remove(self.key)


def register_measure(measure: Measure) -> Registration[Measure]:
    """Register a measure: `all_estimates`, comparisons and reports have it from then on.

    Args:
        measure: The measure; its key must be new.

    Returns:
        A context manager that removes the measure again; leave it alone to keep the measure.

    Raises:
        InvalidInputError: the key is taken.

    Examples:
        >>> from prevalens.metrics import Measure, all_estimates, of_counts, register_measure
        >>> miss_rate = Measure(
        ...     key="miss_rate", title="Miss rate", group="threshold", direction="lower",
        ...     formula=of_counts(lambda tn, fp, fn, tp: fn / (fn + tp)), low=0.0, high=1.0,
        ...     needs_threshold=True, references=("Altman & Bland 1994",),
        ... )
        >>> with register_measure(miss_rate):
        ...     made = all_estimates([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8], threshold=0.5)
        >>> made["miss_rate"].value
        0.5
    """
    if measure.key in _MEASURES:
        raise InvalidInputError(
            f"A measure with the key {measure.key!r} is registered already. Use another key"
            + ("." if measure.key in _OWN else f", or unregister_measure({measure.key!r}) first.")
        )
    _MEASURES[measure.key] = measure
    return Registration(measure.key, measure, unregister_measure)


def unregister_measure(key: str) -> None:
    """Remove a measure that was registered by `register_measure`.

    Raises:
        InvalidInputError: no such measure is registered, or it is the library's own.

    Examples:
        >>> from prevalens.metrics import Measure, all_measures, of_counts, register_measure
        >>> made = Measure(
        ...     key="miss_rate", title="Miss rate", group="threshold", direction="lower",
        ...     references=("Altman & Bland 1994",), needs_threshold=True,
        ...     formula=of_counts(lambda tn, fp, fn, tp: fn / (fn + tp)),
        ... )
        >>> registered = register_measure(made)
        >>> unregister_measure("miss_rate")
        >>> "miss_rate" in [each.key for each in all_measures()]
        False
    """
    measure_of(key, name="key")
    if key in _OWN:
        raise InvalidInputError(f"{key!r} is one of the library's own measures and stays.")
    del _MEASURES[key]


def keys_where(test: Callable[[Measure], bool]) -> tuple[str, ...]:
    """Return the keys of the measures that meet a condition, in the order of a report."""
    return tuple(key for key, measure in _MEASURES.items() if test(measure))
