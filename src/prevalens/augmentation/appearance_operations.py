"""Operations that change colour, light, sharpness and noise, as a microscope would; pure."""

from dataclasses import dataclass
from typing import ClassVar

from prevalens._checks import check_choice, check_integer, check_number
from prevalens.augmentation.noise import TILE
from prevalens.augmentation.operation import Operation, Parameter, RangeLike, span
from prevalens.augmentation.stain import STAIN_BASES


@dataclass(frozen=True, kw_only=True)
class Stain(Operation):
    """Let each dye be stronger or weaker, in optical density, where dyes add up.

    Args:
        basis: "romanowsky" for blood and marrow smears (azure, eosin), or "h_and_e" for
            histology (haematoxylin, eosin).
        scale: Reach `r` of the factor `1 - r` to `1 + r` on the amount of each dye.
        offset: Reach of the amount of each dye added everywhere, in optical density.
        probability: Chance of a change, 0 to 1.

    References:
        Tellez et al., "Whole-slide mitosis detection in H&E breast histology using PHH3 as a
        reference to train distilled stain-invariant convolutional networks", IEEE TMI 2018.
    """

    name: ClassVar[str] = "stain"
    needs_range: ClassVar[bool] = True
    needs_colour: ClassVar[bool] = True

    basis: str = "romanowsky"
    scale: float = 0.2
    offset: float = 0.02

    def __post_init__(self) -> None:
        super().__post_init__()
        check_choice("basis", self.basis, STAIN_BASES)
        check_number("scale", self.scale, low=0, high=1)
        check_number("offset", self.offset, low=0)

    def parameters(self) -> tuple[Parameter, ...]:
        """Return the factor on, and the addition to, each of the two dyes."""
        return (
            Parameter("stain_scale", 1 - self.scale, 1 + self.scale, identity=1.0, size=2),
            Parameter("stain_offset", -self.offset, self.offset, size=2),
        )

    @property
    def too_strong(self) -> str:
        """Say when a dye can vanish."""
        return "a dye may vanish, and with it what it shows" * (self.scale > 0.75)


@dataclass(frozen=True, kw_only=True)
class Gamma(Operation):
    """Bend the curve from dark to bright: every optical density is multiplied.

    Args:
        factor: Range of the exponent; one number `f` means `(1 / f, f)`.
        probability: Chance of a change, 0 to 1.
    """

    name: ClassVar[str] = "gamma"
    needs_range: ClassVar[bool] = True

    factor: RangeLike = 1.15

    def __post_init__(self) -> None:
        super().__post_init__()
        self._keep(factor=_ratio(self.factor))

    def parameters(self) -> tuple[Parameter, ...]:
        """Return the exponent."""
        return (Parameter("gamma", *self._ends("factor"), identity=1.0, scale="log"),)


@dataclass(frozen=True, kw_only=True)
class Exposure(Operation):
    """More or less light on the sensor: every pixel is multiplied.

    Args:
        factor: Range of the factor; one number `f` means `(1 / f, f)`.
        probability: Chance of a change, 0 to 1.
    """

    name: ClassVar[str] = "exposure"
    needs_range: ClassVar[bool] = True

    factor: RangeLike = 1.1

    def __post_init__(self) -> None:
        super().__post_init__()
        self._keep(factor=_ratio(self.factor))

    def parameters(self) -> tuple[Parameter, ...]:
        """Return the factor."""
        return (Parameter("exposure", *self._ends("factor"), identity=1.0, scale="log"),)

    @property
    def too_strong(self) -> str:
        """Say when most pixels can end at white or black."""
        low, high = self._ends("factor")
        return f"factors of {low:g} to {high:g} saturate" * (low < 0.4 or high > 2.5)


@dataclass(frozen=True, kw_only=True)
class WhiteBalance(Operation):
    """Multiply red, green and blue by factors of their own.

    Args:
        factor: Range of each factor; one number `f` means `(1 / f, f)`.
        probability: Chance of a change, 0 to 1.
    """

    name: ClassVar[str] = "white_balance"
    needs_range: ClassVar[bool] = True
    needs_colour: ClassVar[bool] = True

    factor: RangeLike = 1.05

    def __post_init__(self) -> None:
        super().__post_init__()
        self._keep(factor=_ratio(self.factor))

    def parameters(self) -> tuple[Parameter, ...]:
        """Return the three factors."""
        ends = self._ends("factor")
        return (Parameter("white_balance", *ends, identity=1.0, scale="log", size=3),)

    @property
    def too_strong(self) -> str:
        """Say when a colour can saturate."""
        low, high = self._ends("factor")
        return f"factors of {low:g} to {high:g} saturate a colour" * (low < 0.4 or high > 2.5)


@dataclass(frozen=True, kw_only=True)
class Illumination(Operation):
    """Uneven light: brighter on one side, darker towards the corners.

    Args:
        gradient: Range of the change from the centre to a corner, as a fraction of the light.
        vignette: Range of the loss at the corners, as a fraction of the light.
        probability: Chance of a change, 0 to 1.
    """

    name: ClassVar[str] = "illumination"
    needs_range: ClassVar[bool] = True

    gradient: RangeLike = (0.0, 0.15)
    vignette: RangeLike = (0.0, 0.15)

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in ("gradient", "vignette"):
            self._keep(**{name: span(name, getattr(self, name), low=0, high=1)})

    def parameters(self) -> tuple[Parameter, ...]:
        """Return the two strengths, and where the brighter side is, in degrees."""
        return (
            Parameter("light_gradient", *self._ends("gradient")),
            Parameter("light_angle", 0, 360),
            Parameter("vignette", *self._ends("vignette")),
        )

    @property
    def changes_nothing(self) -> bool:
        """Whether neither strength can be above 0; the angle alone changes nothing."""
        idle = self._ends("gradient")[1] == self._ends("vignette")[1] == 0
        return idle or super().changes_nothing


@dataclass(frozen=True, kw_only=True)
class Dust(Operation):
    """Blurred dark specks, as from dust on a lens.

    Args:
        specks: Number of specks.
        darkness: Range of the light that a speck takes, as a fraction.
        radius: Range of its radius, as a fraction of the image's width.
        probability: Chance of dust, 0 to 1.
    """

    name: ClassVar[str] = "dust"
    needs_range: ClassVar[bool] = True

    probability: float | tuple[float, ...] = 0.2
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
            Parameter("dust_x", 0, 1, size=n),
            Parameter("dust_y", 0, 1, size=n),
            Parameter("dust_radius", low, high, identity=low, size=n),
            Parameter("dust_darkness", *self._ends("darkness"), size=n),
        )

    @property
    def changes_nothing(self) -> bool:
        """Whether no speck can take light."""
        return self._ends("darkness")[1] == 0 or super().changes_nothing


@dataclass(frozen=True, kw_only=True)
class Blur(Operation):
    """A cell out of focus (a disc) on a moving stage (a line): one kernel for both.

    Args:
        defocus: Range of the disc's radius in pixels.
        motion: Range of the line's length in pixels.
        probability: Chance of a blur, 0 to 1.
    """

    name: ClassVar[str] = "blur"
    needs_range: ClassVar[bool] = True

    probability: float | tuple[float, ...] = 0.3
    defocus: RangeLike = (0.5, 1.5)
    motion: RangeLike = (0.0, 0.0)

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in ("defocus", "motion"):
            self._keep(**{name: span(name, getattr(self, name), low=0, high=15)})

    def parameters(self) -> tuple[Parameter, ...]:
        """Return radius, length and the line's angle in degrees."""
        return (
            Parameter("defocus", *self._ends("defocus")),
            Parameter("motion_length", *self._ends("motion")),
            Parameter("motion_angle", 0, 180),
        )

    @property
    def changes_nothing(self) -> bool:
        """Whether neither disc nor line can be wider than nothing."""
        idle = self._ends("defocus")[1] == self._ends("motion")[1] == 0
        return idle or super().changes_nothing

    @property
    def reach(self) -> int:
        """Pixels from the kernel's centre to its edge."""
        return int(self._ends("defocus")[1] + self._ends("motion")[1] / 2 + 1)


@dataclass(frozen=True, kw_only=True)
class Noise(Operation):
    """Shot noise, which grows with the light, and read noise, which does not.

    Args:
        shot: Range of the standard deviation at white, in grey levels; it falls with the square
            root of the light.
        read: Range of the standard deviation everywhere, in grey levels.
        probability: Chance of noise, 0 to 1.
    """

    name: ClassVar[str] = "noise"
    needs_range: ClassVar[bool] = True

    shot: RangeLike = (0.0, 4.0)
    read: RangeLike = (0.0, 2.0)

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in ("shot", "read"):
            self._keep(**{name: span(name, getattr(self, name), low=0, high=255)})

    def parameters(self) -> tuple[Parameter, ...]:
        """Return the two deviations, and the place in the noise tile."""
        return (
            Parameter("noise_shot", *self._ends("shot")),
            Parameter("noise_read", *self._ends("read")),
            Parameter("noise_place", 0, TILE, scale="whole", size=2),
        )

    @property
    def changes_nothing(self) -> bool:
        """Whether both deviations are 0."""
        idle = self._ends("shot")[1] == self._ends("read")[1] == 0
        return idle or super().changes_nothing

    @property
    def too_strong(self) -> str:
        """Say when the noise drowns the picture."""
        level = max(self._ends("shot")[1], self._ends("read")[1])
        return f"noise of {level:g} grey levels drowns the picture" * (level > 64)


@dataclass(frozen=True, kw_only=True)
class Jpeg(Operation):
    """Save as JPEG and read again; on the host only.

    Args:
        quality: Range of the quality, whole numbers from 1 to 95.
        probability: Chance of the round trip, 0 to 1.
    """

    name: ClassVar[str] = "jpeg"
    needs_range: ClassVar[bool] = True
    host_only: ClassVar[bool] = True

    probability: float | tuple[float, ...] = 0.3
    quality: RangeLike = (60, 95)

    def __post_init__(self) -> None:
        super().__post_init__()
        self._keep(quality=span("quality", self.quality, low=1, high=95))

    def parameters(self) -> tuple[Parameter, ...]:
        """Return the quality; 100 stands for no round trip."""
        low, high = self._ends("quality")
        return (Parameter("jpeg_quality", low, high + 1, identity=100, scale="whole"),)


def _ratio(value: RangeLike) -> tuple[float, float]:
    """Return a range of factors; one number `f` means `(1 / f, f)`."""
    if not isinstance(value, tuple | list):
        number = check_number("factor", value, low=1)
        value = (1 / number, number)
    return span("factor", value, low=0, high=100, open_low=True)
