"""Specks on the lens; pure."""

from collections.abc import Mapping
from typing import Any, ClassVar

from prevalens._checks import check_integer
from prevalens.augmentation.array_calls import column
from prevalens.augmentation.operation import LightOperation
from prevalens.augmentation.ranges import Parameter, Probability, RangeLike, span


class Dust(LightOperation, frozen=True, kw_only=True):
    """Blurred dark specks, as from dust on a lens.

    Args:
        specks: Number of specks.
        darkness: Range of the light that a speck takes, as a fraction.
        radius: Range of its radius, as a fraction of the image's width.
        probability: Chance of dust, 0 to 1.

    Examples:
        >>> [each.name for each in Dust(specks=3).parameters()]
        ['dust_x', 'dust_y', 'dust_radius', 'dust_darkness']
    """

    order: ClassVar[float] = 160

    probability: Probability = 0.2
    specks: int = 2
    darkness: RangeLike = (0.05, 0.3)
    radius: RangeLike = (0.01, 0.03)

    def __post_init__(self) -> None:
        super().__post_init__()
        check_integer("specks", self.specks, minimum=1)
        self._keep(darkness=span("darkness", self.darkness, low=0, high=1))
        self._keep(radius=span("radius", self.radius, low=0, high=0.5, open_low=True))

    def parameters(self) -> tuple[Parameter, ...]:
        """Return place, size and darkness of each speck."""
        n = self.specks
        low, high = self._ends("radius")
        return (
            Parameter("dust_x", 0, 1, size=n, strength=False),
            Parameter("dust_y", 0, 1, size=n, strength=False),
            Parameter("dust_radius", low, high, identity=low, size=n, strength=False),
            Parameter("dust_darkness", *self._ends("darkness"), size=n),
        )

    def gain(self, sampled: Mapping[str, Any], *, height: int, width: int, xp: Any) -> Any:
        """Return the light that the specks leave."""
        x = (xp.arange(width, dtype="float32") / width)[None, None, :, None]
        y = (xp.arange(height, dtype="float32") / width)[None, :, None, None]
        light = 1.0
        for speck in range(self.specks):
            at_x, at_y, radius, darkness = (
                column(_of_speck(sampled[f"dust_{name}"], speck), xp, rank=4)
                for name in ("x", "y", "radius", "darkness")
            )
            far = (x - at_x) ** 2 + (y - at_y * (height / width)) ** 2
            # A disc with a soft rim: 1 inside, half at the radius, 0 well outside.
            share = far / (radius * radius)
            light = light * (1 - darkness / (1 + share * share * share))
        return light


def _of_speck(values: Any, speck: int) -> Any:
    """Return one speck's column; of a single speck the values are one per image."""
    return values if len(values.shape) == 1 else values[:, speck]
