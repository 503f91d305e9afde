"""prevalens preview: images beside changed copies of them, before any training."""

import argparse
from pathlib import Path

from prevalens import augmentation, images
from prevalens._checks import check_choice
from prevalens.verbs.image_files import add_images, paths_of

PURPOSE = "show images beside augmented copies of them, as one picture"
EXAMPLE = "images/ --policy chest_xray -o preview.png"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the arguments of the verb."""
    add_images(parser)
    add = parser.add_argument
    add(
        "--policy",
        default="flip_rotate_shift",
        metavar="NAME",
        help="flip_rotate_shift, blood_smear, histology or chest_xray (default: flip_rotate_shift)",
    )
    add("--first", type=int, default=6, metavar="NUMBER", help="number of images (default: 6)")
    add("--copies", type=int, default=6, metavar="NUMBER", help="copies of each (default: 6)")
    add(
        "--size",
        type=int,
        default=128,
        metavar="PIXELS",
        help="side of each picture (default: 128)",
    )
    add("--seed", type=int, default=0, metavar="NUMBER", help="random seed (default: 0)")
    add("-o", "--output", required=True, metavar="FILE", help="picture to write (.png)")


def run(options: argparse.Namespace) -> int:
    """Write the contact sheet; return 0."""
    output = Path(options.output)
    check_choice("the suffix of --output", output.suffix.lower(), (".png",))
    check_choice("--policy", options.policy, augmentation.presets.PRESETS)
    paths = paths_of(options)[: max(1, options.first)]
    policy = getattr(augmentation.presets, options.policy)()
    pixels = images.read_images(paths, size=options.size)
    policy.preview(pixels, output, copies=options.copies, seed=options.seed)
    changes = ", ".join(operation.name for operation in policy.operations)
    print(f"wrote {output}: {len(paths)} images, {options.copies} copies each; {changes}")  # noqa: T201
    return 0
