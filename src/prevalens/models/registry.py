"""Which backbones there are, what pixels each expects, and which weights; pure."""

from dataclasses import dataclass
from types import MappingProxyType

from prevalens._checks import check_integer, did_you_mean
from prevalens.exceptions import InvalidInputError

MEAN = (0.485, 0.456, 0.406)
"""Mean of ImageNet's red, green and blue, in `[0, 1]`."""
DEVIATION = (0.229, 0.224, 0.225)
"""Standard deviation of ImageNet's red, green and blue, in `[0, 1]`."""


@dataclass(frozen=True, kw_only=True)
class Preprocessing:
    """How pixels from 0 to 255 become what a backbone was trained on.

    `(pixel, channels reversed where asked) * scale + offset`, channel by channel.

    Args:
        scale: Factor per channel.
        offset: What is added to each channel afterwards.
        blue_first: Whether the channels are reversed, RGB to BGR, before that.

    Examples:
        >>> halves = Preprocessing(scale=(1 / 127.5,) * 3, offset=(-1.0,) * 3)  # 0..255 to -1..1
        >>> halves.changes_nothing
        False
    """

    scale: tuple[float, float, float] = (1.0, 1.0, 1.0)
    offset: tuple[float, float, float] = (0.0, 0.0, 0.0)
    blue_first: bool = False

    @property
    def changes_nothing(self) -> bool:
        """Whether pixels pass through as they are."""
        return self == Preprocessing()


# The words are those of keras.applications' `preprocess_input(mode=...)`.
PREPROCESSING = MappingProxyType(
    {
        "inside": Preprocessing(),
        "tf": Preprocessing(scale=(1 / 127.5,) * 3, offset=(-1.0,) * 3),
        "torch": Preprocessing(
            scale=tuple(1 / 255 / deviation for deviation in DEVIATION),  # type: ignore[arg-type]
            offset=tuple(-mean / dev for mean, dev in zip(MEAN, DEVIATION, strict=True)),  # type: ignore[arg-type]
        ),
        "caffe": Preprocessing(offset=(-103.939, -116.779, -123.68), blue_first=True),
    }
)


@dataclass(frozen=True, kw_only=True)
class Backbone:
    """A classification network of `keras.applications` without its top.

    Args:
        name: Its name there.
        mode: Key into `PREPROCESSING`: what its pixels need before they enter.
        minimum_size: Smallest height and width it accepts, in pixels.
        default_size: Height and width its ImageNet weights were trained at.
        options: Names of further arguments it takes, for example `"alpha"`.
        rescales_imagenet: Whether Keras adds one more rescaling inside when, and only when,
            it downloads ImageNet weights (tensorflow#49930).
        normalises_last: Whether a normalisation follows its pooling, so that it must pool.
    """

    name: str
    mode: str = "inside"
    minimum_size: int = 32
    default_size: int = 224
    options: tuple[str, ...] = ()
    rescales_imagenet: bool = False
    normalises_last: bool = False

    @property
    def preprocessing(self) -> Preprocessing:
        """What its pixels need before they enter."""
        return PREPROCESSING[self.mode]


def _family(*names: str, **settings: object) -> list[Backbone]:
    return [Backbone(name=name, **settings) for name in names]  # type: ignore[arg-type]


def _sized(prefix: str, sizes: dict[str, int], **settings: object) -> list[Backbone]:
    return [
        Backbone(name=f"{prefix}{variant}", default_size=size, **settings)  # type: ignore[arg-type]
        for variant, size in sizes.items()
    ]


_EFFICIENTNET = dict(
    zip(map("B{}".format, range(8)), (224, 240, 260, 300, 380, 456, 528, 600), strict=True)
)
_EFFICIENTNET_V2 = {"B0": 224, "B1": 240, "B2": 260, "B3": 300, "S": 384, "M": 480, "L": 480}

BACKBONES = MappingProxyType(
    {
        backbone.name: backbone
        for backbone in (
            *_family("VGG16", "VGG19", "ResNet50", "ResNet101", "ResNet152", mode="caffe"),
            *_family("ResNet50V2", "ResNet101V2", "ResNet152V2", mode="tf"),
            *_family("DenseNet121", "DenseNet169", "DenseNet201", mode="torch"),
            *_family("InceptionV3", mode="tf", minimum_size=75, default_size=299),
            *_family("InceptionResNetV2", mode="tf", minimum_size=75, default_size=299),
            *_family("Xception", mode="tf", minimum_size=71, default_size=299),
            *_family("MobileNet", mode="tf", options=("alpha", "depth_multiplier", "dropout")),
            *_family("MobileNetV2", mode="tf", options=("alpha",)),
            *_family("MobileNetV3Small", "MobileNetV3Large", options=("alpha", "minimalistic")),
            *_family("NASNetMobile", mode="tf"),
            *_family("NASNetLarge", mode="tf", default_size=331),
            *_sized("EfficientNet", _EFFICIENTNET, rescales_imagenet=True),
            *_sized("EfficientNetV2", _EFFICIENTNET_V2),
            *_family(
                *(f"ConvNeXt{size}" for size in ("Tiny", "Small", "Base", "Large", "XLarge")),
                normalises_last=True,
            ),
        )
    }
)


def backbone_names() -> list[str]:
    """Return the name of every backbone that `create_classifier` takes by name.

    Examples:
        >>> len(backbone_names())
        40
    """
    return list(BACKBONES)


def find_backbone(name: str) -> Backbone:
    """Return the backbone called `name`, whatever its capitals.

    Args:
        name: A name of `keras.applications`, for example `"EfficientNetB3"`.

    Raises:
        InvalidInputError: there is none of that name; the text suggests the nearest.

    Examples:
        >>> find_backbone("efficientnetb3").default_size
        300
    """
    for known, backbone in BACKBONES.items():
        if known.lower() == str(name).lower():
            return backbone
    raise InvalidInputError(
        f"`backbone` must be one of {', '.join(BACKBONES)}, or a model, got {name!r}."
        + did_you_mean(name, BACKBONES)
    )


def check_image_size(
    image_size: int | tuple[int, int], *, minimum: int, name: str
) -> tuple[int, int]:
    """Return `(height, width)`, or say that `name` needs larger images.

    Args:
        image_size: Side of a square, or height and width, in pixels.
        minimum: Smallest side that is allowed.
        name: Whose minimum it is, for the text.
    """
    sides = image_size if isinstance(image_size, tuple) else (image_size, image_size)
    if len(sides) != 2:
        raise InvalidInputError(
            f"`image_size` must be a side or (height, width), got {image_size!r}."
        )
    for side in sides:
        if check_integer("image_size", side, minimum=1) < minimum:
            raise InvalidInputError(
                f"{name} needs images of at least {minimum}x{minimum} pixels, got `image_size` "
                f"{image_size!r}. Read the images larger, or choose another backbone."
            )
    return sides
