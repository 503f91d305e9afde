"""Operations by the name under which a saved policy lists them; pure."""

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from prevalens._checks import check_choice
from prevalens.augmentation.appearance_operations import (
    Blur,
    Dust,
    Exposure,
    Gamma,
    Illumination,
    Jpeg,
    Noise,
    Stain,
    WhiteBalance,
)
from prevalens.augmentation.elastic import Elastic
from prevalens.augmentation.geometric_operations import (
    Flip,
    QuarterTurn,
    Rotation,
    Shear,
    Shift,
    Zoom,
)
from prevalens.augmentation.operation import Operation

_KINDS: tuple[type[Operation], ...] = (
    Flip,
    QuarterTurn,
    Rotation,
    Shift,
    Zoom,
    Shear,
    Elastic,
    Stain,
    Gamma,
    Exposure,
    WhiteBalance,
    Illumination,
    Dust,
    Blur,
    Noise,
    Jpeg,
)
BY_NAME: dict[str, type[Operation]] = {kind.name: kind for kind in _KINDS}


def operation_from(record: Mapping[str, Any]) -> Operation:
    """Make an operation from what its `to_dict` gave.

    Raises:
        InvalidInputError: no operation has that name, or it has no such setting.
    """
    kind = BY_NAME[check_choice("operation", record.get("operation"), BY_NAME)]
    settings = {name: value for name, value in record.items() if name != "operation"}
    known = [field.name for field in fields(kind)]
    for name in settings:
        check_choice(f"setting of operation {kind.name!r}", name, known)
    return kind(**{name: _frozen(value) for name, value in settings.items()})


def _frozen(value: Any) -> Any:
    return tuple(_frozen(part) for part in value) if isinstance(value, list) else value
