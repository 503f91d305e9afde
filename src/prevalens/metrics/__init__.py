"""Numbers from labels and scores; every result is a Figure."""

from typing import TYPE_CHECKING

from prevalens._lazy import lazy_names

if TYPE_CHECKING:
    from prevalens.metrics.figure import Figure

__all__ = [
    "Figure",
]

__getattr__ = lazy_names(
    __name__,
    {
        "Figure": "figure",
    },
)
