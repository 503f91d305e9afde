"""AugmentationPolicy: which changes, how strong, how often; pure, so it can be logged."""

import os
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import msgspec
import numpy as np
import PIL.Image
from numpy.typing import ArrayLike, NDArray

from prevalens._checks import check_choice, check_integer, check_number, name_some
from prevalens._seeding import generator
from prevalens._writing import whole_file
from prevalens.augmentation.contact_sheet import contact_sheet
from prevalens.augmentation.host_augmentation import augment_on_host
from prevalens.augmentation.operation import Operation
from prevalens.augmentation.parameter_sampling import n_uniforms, parameters_from
from prevalens.augmentation.policy_card import policy_html
from prevalens.augmentation.policy_record import check_operation_names, policy_record
from prevalens.augmentation.resampling import FILLS
from prevalens.exceptions import InvalidInputError, NoEffectWarning, SaturationWarning
from prevalens.typing import Image, Images

Parameters = dict[str, NDArray[np.float32]]


@dataclass(frozen=True)
class AugmentationPolicy:
    """Operations with their ranges and probabilities, and how they are drawn; never changed.

    The order of the list does not matter. Geometry comes first, as one matrix and one
    interpolation; then stain, illumination, optics and sensor, in the order in which a
    microscope meets them.

    Args:
        operations: Operations, each kind at most once.
        fill: What lies beyond the edge of a moved picture: "constant", "nearest", "reflect",
            "mirror" or "wrap", the same on every backend and on the host.
        fill_value: Pixel value beyond the edge for `fill="constant"`; 0 to 255 for a policy that
            changes pixel values.
        name: Name of the policy, for logs and reports.
        reference: Where its strengths come from.

    Raises:
        InvalidInputError: an operation is listed twice or is not one, or a setting is unknown.

    Warns:
        NoEffectWarning: the policy, or one of its operations, changes nothing.
        SaturationWarning: a range is so wide that the picture is lost.

    Examples:
        >>> from prevalens.augmentation import AugmentationPolicy, Flip, Rotation
        >>> policy = AugmentationPolicy([Flip(), Rotation(degrees=15)])
        >>> drawn = policy.draw(100, seed=7, epoch=0)
        >>> sorted(drawn)
        ['flip_horizontal', 'flip_vertical', 'rotation']
        >>> drawn["rotation"].shape
        (100,)
    """

    operations: Sequence[Operation]
    fill: str = "reflect"
    fill_value: float = 0.0
    name: str = "custom"
    reference: str = ""

    def __post_init__(self) -> None:
        operations = tuple(self.operations)
        given: tuple[object, ...] = operations
        strangers = [each for each in given if not isinstance(each, Operation)]
        if strangers:
            raise InvalidInputError(
                "`operations` must be operations such as Flip() or Rotation(degrees=15), got "
                f"{name_some(strangers)}."
            )
        names = [operation.name for operation in operations]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise InvalidInputError(
                f"A policy has each operation at most once, got {name_some(twice)} twice. "
                "Widen the range of one instead."
            )
        _refuse_shared_parameters(operations)
        check_choice("fill", self.fill, FILLS)
        ends = (0, 255) if any(each.needs_range for each in operations) else (-1e30, 1e30)
        level = check_number("fill_value", self.fill_value, low=ends[0], high=ends[1])
        object.__setattr__(self, "fill_value", level)
        for name in ("name", "reference"):
            if not isinstance(getattr(self, name), str):
                raise InvalidInputError(f"`{name}` must be a text, got {getattr(self, name)!r}.")
        object.__setattr__(self, "operations", operations)
        _warn(operations)

    def draw(
        self, n: int, *, seed: int, epoch: int, start: int = 0, labels: ArrayLike | None = None
    ) -> Parameters:
        """Draw the parameters of one epoch.

        Row `i` depends on nothing but the seed, the epoch and `i`: any rows of a longer draw can
        be drawn by themselves, and adding an operation leaves the others' draws as they were.

        Args:
            n: Number of images.
            seed: Seed of the whole run.
            epoch: Number of the epoch.
            start: Number of the first row.
            labels: Class index of each image, `(n,)`; wanted by a policy with a chance per
                class, and refused by any other, where it would be ignored.

        Returns:
            Each parameter by name, float32 of shape `(n,)` or `(n, size)`.

        Raises:
            InvalidInputError: labels are missing, not wanted, or beyond the chances given.
        """
        check_integer("n", n, minimum=0)
        check_integer("epoch", epoch, minimum=0)
        check_integer("start", start, minimum=0)
        uniforms = [
            _uniforms(
                generator(seed, "augmentation", operation.name, epoch),
                n,
                n_uniforms(operation),
                start=start,
            )
            for operation in self.operations
        ]
        if not uniforms:
            return {}
        drawn = parameters_from(
            np.concatenate(uniforms, axis=1),
            self.operations,
            xp=np,
            chances=self._chances(n, labels),
        )
        return {name: np.ascontiguousarray(v, dtype=np.float32) for name, v in drawn.items()}

    def preview(
        self,
        images: Images,
        path: str | os.PathLike[str] | None = None,
        *,
        copies: int = 8,
        seed: int = 0,
        labels: ArrayLike | None = None,
    ) -> Image:
        """Show each image beside changed copies of it, to be looked at before training.

        Args:
            images: uint8, `(n, height, width, channels)` with 1 or 3 channels.
            path: PNG file to write; by default none.
            copies: Changed copies per image.
            seed: Seed of the draws.
            labels: Class index of each image, for a policy with a chance per class.

        Returns:
            The contact sheet, uint8, `(sheet_height, sheet_width, 3)`.

        Raises:
            InvalidInputError: there is no image, it cannot be shown, or `augment_on_host` refuses.
        """
        check_integer("copies", copies, minimum=1)
        images = np.asarray(images)
        if images.ndim != 4 or not len(images) or images.shape[-1] not in {1, 3}:
            raise InvalidInputError(
                "A preview is of at least one image, of shape (n, height, width, channels) with 1 "
                f"or 3 channels, got shape {images.shape}."
            )
        repeated = np.repeat(images, copies, axis=0)
        classes = None if labels is None else np.repeat(np.asarray(labels), copies)
        drawn = self.draw(len(repeated), seed=seed, epoch=0, labels=classes)
        sheet = contact_sheet(images, augment_on_host(self, repeated, drawn))
        if path is not None:
            with whole_file(path) as temporary:
                PIL.Image.fromarray(sheet).save(temporary, format="PNG")
        return sheet

    def _repr_html_(self) -> str:
        return policy_html(self)

    @property
    def per_class(self) -> bool:
        """Whether some operation has a chance per class."""
        return any(isinstance(each.probability, tuple) for each in self.operations)

    @property
    def by_name(self) -> dict[str, Operation]:
        """The operations by their names."""
        return {operation.name: operation for operation in self.operations}

    def without(self, *names: str) -> "AugmentationPolicy":
        """Return the policy without the operations of these names."""
        present = [operation.name for operation in self.operations]
        for name in names:
            check_choice("names", name, present)
        kept = [operation for operation in self.operations if operation.name not in names]
        return AugmentationPolicy(
            kept,
            fill=self.fill,
            fill_value=self.fill_value,
            name=self.name,
            reference=self.reference,
        )

    def to_dict(self) -> dict[str, Any]:
        """Return the policy as JSON types; `from_dict` makes it anew."""
        record = policy_record()(
            name=self.name,
            reference=self.reference,
            fill=self.fill,  # type: ignore[arg-type] # __post_init__ has checked it
            fill_value=self.fill_value,
            operations=list(self.operations),
        )
        return dict(msgspec.json.decode(msgspec.json.encode(record.to_dict())))

    @classmethod
    def from_dict(cls, record: Mapping[str, Any]) -> Self:
        """Make a policy from what `to_dict` gave.

        Raises:
            InvalidInputError: the record is no policy, is of an unknown version, or names an
                operation or setting that this version of prevalens does not have; or a setting
                is of another type or out of its range.
        """
        check_operation_names(record)
        read = policy_record().from_dict(record)
        return cls(
            read.operations,
            fill=read.fill,
            fill_value=read.fill_value,
            name=read.name,
            reference=read.reference,
        )

    @staticmethod
    def json_schema() -> dict[str, Any]:
        """Return the JSON Schema (draft 2020-12) of what `to_dict` gives, of every operation."""
        return policy_record().json_schema()

    def _chances(self, n: int, labels: ArrayLike | None) -> NDArray[np.float32] | None:
        if (labels is not None) != self.per_class:
            raise InvalidInputError(
                "This policy has a chance per class: `labels` must give the class of each image."
                if self.per_class
                else "`labels` would be ignored: no operation of this policy has a chance per "
                "class. Leave `labels` out."
            )
        if labels is None:
            return None
        rows = _class_of_rows(labels, n)
        columns = [_chance_of_rows(operation, rows) for operation in self.operations]
        return np.stack(columns, axis=1)


def _uniforms(rng: np.random.Generator, n: int, width: int, *, start: int) -> NDArray[np.float32]:
    """Return rows `start` to `start + n` of the generator's numbers, without drawing the others."""
    # PCG64 makes two numbers of 32 bits in one step.
    rng.bit_generator.advance(start * width // 2)  # type: ignore[attr-defined]
    skipped = start * width % 2
    return rng.random(skipped + n * width, dtype=np.float32)[skipped:].reshape(n, width)


def _class_of_rows(labels: ArrayLike, n: int) -> NDArray[np.int64]:
    rows = np.asarray(labels).reshape(-1)
    if rows.size != n or (rows != rows.astype(np.int64)).any():
        raise InvalidInputError(
            f"`labels` must be {n} class indices, got {rows.size} of type {rows.dtype}."
        )
    return rows.astype(np.int64)


def _chance_of_rows(operation: Operation, rows: NDArray[np.int64]) -> NDArray[np.float32]:
    chances = operation.probability
    if not isinstance(chances, tuple):
        return np.full(len(rows), chances, dtype=np.float32)
    if rows.size and not 0 <= rows.min() <= rows.max() < len(chances):
        raise InvalidInputError(
            f"Operation {operation.name!r} has a chance for {len(chances)} classes, but `labels` "
            f"go from {rows.min()} to {rows.max()}. Name one chance per class."
        )
    return np.asarray(chances, dtype=np.float32)[rows]


def _refuse_shared_parameters(operations: Sequence[Operation]) -> None:
    owners: dict[str, str] = {}
    for operation in operations:
        for parameter in operation.parameters():
            other = owners.setdefault(parameter.name, operation.name)
            if other != operation.name:
                raise InvalidInputError(
                    f"Operations {other!r} and {operation.name!r} both sample a parameter "
                    f"{parameter.name!r}. Rename it in your own one."
                )


def _warn(operations: Sequence[Operation]) -> None:
    idle = [operation.name for operation in operations if operation.changes_nothing]
    if len(idle) == len(operations):
        warnings.warn(
            "This policy changes nothing. Give it an operation with a range and a probability "
            "above 0, such as Rotation(degrees=15).",
            NoEffectWarning,
            stacklevel=4,
        )
    elif idle:
        warnings.warn(
            f"These operations change nothing: {name_some(idle)}. Widen them or leave them out.",
            NoEffectWarning,
            stacklevel=4,
        )
    for operation in operations:
        if operation.too_strong:
            warnings.warn(
                f"Operation {operation.name!r}: {operation.too_strong}. Narrow its range.",
                SaturationWarning,
                stacklevel=4,
            )
