"""What every operation of a policy is, and the table of them; pure.

A file of `operations/` holds one operation: its settings, what is sampled, and what it does to a
picture. To subclass is to register: policies, the layer, the host, the schema and the previews
read the table.
"""

import re
from collections.abc import Mapping
from typing import Any, ClassVar

import msgspec
import numpy as np
from numpy.typing import NDArray

from prevalens.augmentation.ranges import Ends, Parameter, Probability, check_probability
from prevalens.exceptions import InvalidInputError

OPERATIONS: dict[str, type["Operation"]] = {}

# The map of a place: x' = a x + b y + e, y' = c x + d y + f, as (a, b, c, d, e, f); numbers, or
# one number per image.
Matrix = tuple[Any, Any, Any, Any, Any, Any]


def _name_of(class_name: str) -> str:
    """Return the name in saved policies: `QuarterTurn` is "quarter_turn"."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", class_name.rpartition(".")[2]).lower()


class Operation(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    forbid_unknown_fields=True,
    tag_field="operation",
    tag=_name_of,
):
    """A change of the picture that leaves the diagnosis alone.

    Subclass one of the four kinds below it, give the class an `order`, and say what is sampled
    (`parameters`) and what it does; the name in saved policies is that of the class.

    Args:
        probability: Chance that the operation is applied to an image, 0 to 1; or one chance per
            class, in the order of the labels.
    """

    name: ClassVar[str]
    order: ClassVar[float]  # operations are applied from the smallest to the largest
    host_only: ClassVar[bool] = False
    needs_range: ClassVar[bool] = False  # whether pixel values, not only places, matter
    needs_colour: ClassVar[bool] = False
    needs_square: ClassVar[bool] = False

    probability: Probability = 1.0

    def __init_subclass__(cls, **settings: Any) -> None:
        super().__init_subclass__(**settings)
        if cls.__module__ == __name__:
            return  # a kind of operation
        cls.name = _name_of(cls.__name__)
        if not hasattr(cls, "order"):
            raise InvalidInputError(
                f"Operation {cls.__name__} must say its place among the others: give the class "
                "an `order`, for example `order: ClassVar[float] = 35`."
            )
        other = OPERATIONS.get(cls.name)
        if other is not None and _address(other) != _address(cls):
            raise InvalidInputError(
                f"There is an operation {cls.name!r} already, {_address(other)}. Name the class "
                "otherwise."
            )
        OPERATIONS[cls.name] = cls

    def __post_init__(self) -> None:
        self._keep(probability=check_probability(self.probability))

    def parameters(self) -> tuple[Parameter, ...]:
        """Return what is sampled for each image."""
        raise TypeError(f"{type(self).__name__} samples no parameters. Use one of its subclasses.")

    @property
    def changes_nothing(self) -> bool:
        """Whether no sampled value can differ from its identity."""
        chances = self.probability
        never = not any(chances if isinstance(chances, tuple) else (chances,))
        strengths = [p for p in self.parameters() if p.strength]
        return never or all(p.low == p.high == p.identity for p in strengths)

    @property
    def too_strong(self) -> str:
        """Why the ranges lose the picture, or an empty text."""
        return ""

    def to_dict(self) -> dict[str, Any]:
        """Return the operation as JSON types."""
        return dict(msgspec.json.decode(msgspec.json.encode(self)))

    def _keep(self, **values: object) -> None:
        for name, value in values.items():
            msgspec.structs.force_setattr(self, name, value)

    def _ends(self, name: str) -> Ends:
        """Return the range kept under `name`, whose ends `__post_init__` has put in order."""
        ends: Ends = getattr(self, name)
        return ends


class MatrixOperation(Operation, frozen=True, kw_only=True):
    """An operation that moves pixels along straight lines; all of a policy make one matrix."""

    def undo(self, sampled: Mapping[str, Any], *, height: int, width: int, xp: Any) -> Matrix:
        """Return the map from a place in the result to its source, in pixels from the centre."""
        raise NotImplementedError


class FieldOperation(Operation, frozen=True, kw_only=True):
    """An operation that moves each pixel by its own way; all of a policy add up."""

    def bend(
        self, sampled: Mapping[str, Any], *, height: int, width: int, xp: Any
    ) -> tuple[Any, Any]:
        """Return what is added to each source x and y, `(n, height, width)`, as fractions."""
        raise NotImplementedError


class PixelOperation(Operation, frozen=True, kw_only=True):
    """An operation that changes pixel values."""

    needs_range: ClassVar[bool] = True

    def change(self, pictures: Any, sampled: Mapping[str, Any], *, xp: Any) -> Any:
        """Return changed pictures.

        Args:
            pictures: float32, 0 to 255, `(n, height, width, channels)`.
            sampled: Parameters by name, one row per image.
            xp: Array module, `numpy` or `keras.ops`.

        Returns:
            float32 pictures of the same shape; values beyond 0 to 255 are cut off at the end.
        """
        raise NotImplementedError

    def change_on_host(
        self, planes: NDArray[np.float32], sampled: Mapping[str, Any], *, library: Any
    ) -> NDArray[np.float32]:
        """Return one changed picture; where an operation says no more, by `change`.

        Args:
            planes: float32, 0 to 255, `(channels, height, width)`; may be written to.
            sampled: Parameters by name, each with one row.
            library: OpenCV, or None where it is not installed.

        Returns:
            float32 planes of the same shape.
        """
        del library
        changed = self.change(planes.transpose(1, 2, 0)[None], sampled, xp=np)
        return np.asarray(changed[0].transpose(2, 0, 1), dtype=np.float32)


class LightOperation(PixelOperation, frozen=True, kw_only=True):
    """An operation that multiplies the light of each pixel by a factor."""

    def gain(self, sampled: Mapping[str, Any], *, height: int, width: int, xp: Any) -> Any:
        """Return the factors, `(n, 1, 1, channels)` or `(n, height, width, 1)` or between."""
        raise NotImplementedError

    def change(self, pictures: Any, sampled: Mapping[str, Any], *, xp: Any) -> Any:
        """Return brighter and darker pictures."""
        height, width = pictures.shape[1:3]
        return pictures * self.gain(sampled, height=height, width=width, xp=xp)

    def change_on_host(
        self, planes: NDArray[np.float32], sampled: Mapping[str, Any], *, library: Any
    ) -> NDArray[np.float32]:
        """Multiply one picture in its place."""
        del library
        _, height, width = planes.shape
        gain = self.gain(sampled, height=height, width=width, xp=np)[0].transpose(2, 0, 1)
        planes *= np.asarray(gain, dtype=np.float32)
        return planes


def _address(kind: type[Operation]) -> str:
    return f"{kind.__module__}.{kind.__qualname__}"
