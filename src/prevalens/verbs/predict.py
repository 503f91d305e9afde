"""prevalens predict: the score of each image by a saved classifier."""

import argparse

from prevalens import models
from prevalens._tables import write_columns
from prevalens.verbs.image_files import add_images, paths_of

PURPOSE = "score images with a saved classifier"
EXAMPLE = "runs/sick/model.keras new_images/ -o predictions.csv"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the arguments of the verb."""
    add = parser.add_argument
    add("model", metavar="MODEL", help="classifier that `prevalens study` or the library saved")
    add_images(parser)
    add("--prevalence", type=float, metavar="SHARE", help="of the positive among these images")
    add("-o", "--output", required=True, metavar="FILE", help="CSV to write")


def run(options: argparse.Namespace) -> int:
    """Score the images and write the table; return 0."""
    paths = paths_of(options)
    classifier = models.load_classifier(options.model)
    answer = classifier(paths, prevalence=options.prevalence)
    columns = {"image": paths}
    if answer.scores.ndim == 1:
        columns["score"] = answer.scores.tolist()
    else:
        for place, name in enumerate(classifier.card.classes):
            columns[f"score_{name}"] = answer.scores[:, place].tolist()
    write_columns(options.output, columns | {"predicted": answer.names.tolist()})
    print(f"wrote {options.output}: {len(paths)} images")  # noqa: T201
    return 0
