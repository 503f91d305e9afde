"""What every operation promises, and how it is registered."""

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
import pytest

from prevalens.augmentation import AugmentationPolicy, Flip, Rotation, augment_on_host
from prevalens.augmentation.operation import (
    OPERATIONS,
    FieldOperation,
    LightOperation,
    MatrixOperation,
    Operation,
    PixelOperation,
)
from prevalens.augmentation.ranges import Parameter
from prevalens.exceptions import InvalidInputError


def test_doing_nothing_is_known() -> None:
    """A zero range or a zero chance changes nothing."""
    assert Rotation(degrees=0).changes_nothing
    assert Rotation(degrees=5, probability=0).changes_nothing
    assert Rotation(degrees=5, probability=(0, 0)).changes_nothing
    assert not Rotation(degrees=(3, 3)).changes_nothing


def test_to_dict_is_plain_json() -> None:
    """Ranges become lists."""
    assert Rotation(degrees=3, probability=(0.1, 1)).to_dict() == {
        "operation": "rotation",
        "degrees": [-3.0, 3.0],
        "probability": [0.1, 1.0],
    }


def test_an_operation_never_changes() -> None:
    """Settings cannot be set, so that equal operations stay equal."""
    with pytest.raises(AttributeError, match="immutable"):
        Rotation().degrees = 3  # type: ignore[misc]
    assert Flip() == Flip()
    assert len({Flip(), Flip(), Flip(vertical=False)}) == 2


def test_to_subclass_is_to_register() -> None:
    """An operation of the user's own is sampled, applied, saved and read by its class' name."""

    class HalfLight(PixelOperation, frozen=True, kw_only=True):
        """Half of the light."""

        order: ClassVar[float] = 145
        share: float = 0.5

        def parameters(self) -> tuple[Parameter, ...]:
            return (Parameter("half_light", self.share, self.share, identity=1.0),)

        def change(self, pictures: Any, sampled: Mapping[str, Any], *, xp: Any) -> Any:
            del xp
            return pictures * sampled["half_light"][:, None, None, None]

    policy = AugmentationPolicy([HalfLight()])
    images = np.full((2, 3, 3, 1), 100, np.uint8)
    changed = augment_on_host(policy, images, policy.draw(2, seed=0, epoch=0))

    assert OPERATIONS["half_light"] is HalfLight
    assert (changed == 50).all()
    assert AugmentationPolicy.from_dict(policy.to_dict()) == policy


def test_an_operation_says_its_place() -> None:
    """Without an order nobody knows when it is applied: refused where the class is made."""
    with pytest.raises(InvalidInputError, match="Unplaced must say its place"):
        type("Unplaced", (PixelOperation,), {"__module__": "mine"})
    assert "unplaced" not in OPERATIONS


def test_a_name_is_taken_once() -> None:
    """Another class of the same name is refused; the same class, defined anew, is not."""
    with pytest.raises(InvalidInputError, match=r"'rotation' already, prevalens\.augmentation\."):
        type("Rotation", (PixelOperation,), {"__module__": "mine", "order": 1.0})
    for _ in range(2):
        type("Mine", (PixelOperation,), {"__module__": "notebook", "order": 1.0})
    assert OPERATIONS["mine"].__module__ == "notebook"


def test_a_kind_as_such_does_nothing() -> None:
    """The classes to be subclassed say so, and none is in the table."""
    with pytest.raises(TypeError, match="subclasses"):
        Operation().parameters()
    size = {"height": 1, "width": 1, "xp": np}
    for call in (
        lambda: MatrixOperation().undo({}, **size),
        lambda: FieldOperation().bend({}, **size),
        lambda: PixelOperation().change(None, {}, xp=np),
        lambda: LightOperation().gain({}, **size),
    ):
        with pytest.raises(NotImplementedError):
            call()
    assert not {"operation", "matrix_operation", "pixel_operation"} & OPERATIONS.keys()
