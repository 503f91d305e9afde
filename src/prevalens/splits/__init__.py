"""Who is trained on, who is held out: splits that keep patients whole, and their audit."""

from typing import TYPE_CHECKING

from prevalens._lazy import lazy_names

if TYPE_CHECKING:
    from prevalens.splits.partition import Partition

__all__ = [
    "Partition",
]

__getattr__ = lazy_names(
    __name__,
    {
        "Partition": "partition",
    },
)
