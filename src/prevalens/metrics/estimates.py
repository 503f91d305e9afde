"""Several estimates by name: a dictionary that prints as a table and becomes a data frame."""

from typing import Any

from prevalens._notebook import card, note, show_text, table
from prevalens._optional import require
from prevalens.metrics.estimate import Estimate


class Estimates(dict[str, Estimate]):
    """Estimates by the key of their measure.

    Examples:
        >>> from prevalens.metrics import all_estimates
        >>> found = all_estimates(
        ...     [0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8], threshold=0.5, measures=["accuracy"]
        ... )
        >>> print(found)
        accuracy  0.750 (95% CI 0.301 to 0.954)
    """

    def __str__(self) -> str:
        width = max(map(len, self), default=0)
        return "\n".join(f"{key:{width}}  {estimate}" for key, estimate in self.items())

    _repr_pretty_ = show_text

    def _repr_html_(self) -> str:
        rows = [(key, str(one), f"{one.n:,}", one.patients or "") for key, one in self.items()]
        notes: dict[str, list[str]] = {}
        for key, one in self.items():
            if one.note:
                notes.setdefault(one.note, []).append(key)
        return card(
            f"{len(self)} estimates",
            table(("Measure", "Estimate", "n", "Patients"), rows),
            *(note(f"{', '.join(keys)}: {text}") for text, keys in notes.items()),
        )

    def to_frame(self) -> Any:
        """Return a pandas data frame with a row for each estimate, under the key of its measure.

        Raises:
            MissingExtraError: pandas is not installed.
        """
        rows = {key: estimate.to_dict() for key, estimate in self.items()}
        return require("pandas").DataFrame.from_dict(rows, orient="index")
