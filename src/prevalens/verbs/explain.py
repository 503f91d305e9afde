"""prevalens explain: where a saved classifier looked, drawn over each image."""

import argparse
from pathlib import Path

import numpy as np

from prevalens import explanations, images, models
from prevalens._tables import write_columns
from prevalens.exceptions import InvalidInputError
from prevalens.verbs.image_files import add_images, paths_of

PURPOSE = "draw where a saved classifier looked, over each image"
EXAMPLE = "runs/sick/model.keras new_images/ -o maps"
METHODS = ("occlusion", "grad_cam")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the arguments of the verb."""
    add = parser.add_argument
    add("model", metavar="MODEL", help="classifier that `prevalens study` or the library saved")
    add_images(parser)
    add(
        "--method",
        choices=METHODS,
        default="occlusion",
        help="occlusion: the fall of the log-odds where a square covers the image; of any model. "
        "grad_cam: of a model that pools one layer's maps (default: occlusion)",
    )
    add("--patch", type=int, metavar="PIXELS", help="side of the square, in pixels of the model")
    add("--label", metavar="CLASS", help="class to explain (default: the positive, or the last)")
    add(
        "-o",
        "--output",
        required=True,
        metavar="FOLDER",
        help="folder of the pictures, which is created",
    )


def run(options: argparse.Namespace) -> int:
    """Draw one picture an image, image and overlay side by side, and a table; return 0."""
    paths, folder = paths_of(options), Path(options.output)
    if options.patch is not None and options.method != "occlusion":
        raise InvalidInputError(f"--patch is of --method occlusion, got {options.method}.")
    names = _names(paths, folder)
    classifier = models.load_classifier(options.model)
    classes = list(classifier.card.classes)
    if options.label is not None and options.label not in classes:
        raise InvalidInputError(
            f"--label must be one of the classes {', '.join(map(repr, classes))}, got "
            f"{options.label!r}."
        )
    label = None if options.label is None else classes.index(options.label)
    height, width = classifier.model.input_shape[1:3]
    patch = options.patch or max(1, min(height, width) // 6)
    scores, largest = [], []
    # One image at a time: a folder of any size is drawn in the memory of one.
    for path, name in zip(paths, names, strict=True):
        pixels = images.read_images([path], size=(height, width))
        if options.method == "occlusion":
            heat = explanations.compute_occlusion_map(classifier, pixels, patch=patch, label=label)[
                0
            ]
        else:
            heat = explanations.grad_cam(classifier, pixels, label=label)[0]
        explanations.save_overlay(folder / name, pixels[0], heat)
        answer = np.atleast_1d(classifier(pixels).scores[0])
        scores.append(float(answer[-1 if label is None or len(answer) == 1 else label]))
        largest.append(float(heat.max()))
    write_columns(
        folder / "maps.csv",
        {"image": paths, "map": names, "score": scores, "largest": largest},
    )
    said = classes[-1] if label is None else classes[label]
    print(f"wrote {len(paths)} maps to {folder}: red speaks for {said!r}, blue against")  # noqa: T201
    return 0


def _names(paths: list[str], folder: Path) -> list[str]:
    """Return a file name for each picture, with its number where two images are called alike."""
    stems = [Path(path).stem for path in paths]
    named = [
        f"{stem}.png" if stems.count(stem) == 1 else f"{stem}-{number}.png"
        for number, stem in enumerate(stems)
    ]
    there = [name for name in named if (folder / name).exists()]
    if there:
        raise InvalidInputError(
            f"{folder} holds {there[0]} already. Name another --output, or remove it."
        )
    return named
