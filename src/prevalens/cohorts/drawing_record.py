"""What `make_cells` writes beside its images: the settings, and the size of each file."""

from typing import Annotated, ClassVar, Literal

import msgspec

from prevalens._records import Count, Inside, OneOrMore, Part, Record


class DrawingSettings(Part, frozen=True, kw_only=True):
    """Everything that decides the pixels.

    Args:
        drawing: Number of the way of drawing: another one draws other pixels.
        image_size: Height and width, in pixels.
        format: Format of the files.
        n_patients: Number of patients.
        n_positive: How many of them have leukaemia.
        n_images: Number of images.
        positive_share: Share of images of the positive class.
        effect: How far the classes differ; 0 for not at all.
        seed: Seed of the drawing.
    """

    drawing: OneOrMore
    image_size: Annotated[int, msgspec.Meta(ge=16)]
    format: Literal["bmp", "png"]
    n_patients: Annotated[int, msgspec.Meta(ge=2)]
    n_positive: OneOrMore
    n_images: Annotated[int, msgspec.Meta(ge=2)]
    positive_share: Inside
    effect: Annotated[float, msgspec.Meta(ge=0, le=10)]
    seed: Count


class DrawingRecord(Record, frozen=True, kw_only=True):
    """What `make_cells` drew into a folder: its `make_cells.json`.

    Args:
        settings: Everything that decides the pixels.
        bytes: Size of each image in bytes, by its path below the folder.
    """

    FORMAT: ClassVar[str] = "prevalens drawn cells"
    REMEDY: ClassVar[str] = "Name another folder."
    settings: DrawingSettings
    bytes: dict[str, OneOrMore]
