"""prevalens compare: two models that scored the same images."""

import argparse

import numpy as np

from prevalens import metrics, predictions
from prevalens.exceptions import InvalidInputError
from prevalens.typing import Column, Rows
from prevalens.verbs.arguments import add_prediction_columns, predictions_of

PURPOSE = "compare two models that scored the same images"
EXAMPLE = "first.csv second.csv --patient patient --measure auroc average_precision"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the arguments of the verb."""
    add = parser.add_argument
    for name in ("first", "second"):
        add(name, metavar=name.upper(), help="CSV with one row per image")
    add_prediction_columns(parser)
    add(
        "--measure",
        nargs="+",
        default=["auroc"],
        metavar="KEY",
        help="measures, such as auroc, brier, sensitivity (default: auroc)",
    )
    add("--threshold", type=float, metavar="SCORE", help="threshold of the measures that need one")
    add(
        "--second-threshold",
        type=float,
        metavar="SCORE",
        help="threshold of SECOND (default: that of --threshold)",
    )
    add(
        "--confidence-level",
        type=float,
        default=0.95,
        metavar="SHARE",
        help="of intervals, 0 to 1 (default: 0.95)",
    )


def run(options: argparse.Namespace) -> int:
    """Print the difference in each measure; return 0."""
    first, second = (predictions_of(options, name) for name in (options.first, options.second))
    order, matched_by = _order(first, second)
    for measure in options.measure:
        found = metrics.compare_models(
            first.labels,
            first.scores,
            second.scores[order],
            measure=measure,
            threshold=options.threshold,
            second_threshold=options.second_threshold,
            patients=first.patients,
            confidence_level=options.confidence_level,
        )
        p_value = "" if found.p_value is None else f", p = {found.p_value:.3g}"
        print(  # noqa: T201
            f"{measure}: first {found.first}; second {found.second}; "
            f"difference {found.difference}{p_value}"
        )
    print(f"Rows were matched by {matched_by}.")  # noqa: T201
    return 0


def _order(first: "predictions.Predictions", second: "predictions.Predictions") -> tuple[Rows, str]:
    """Return the row of the second table for each row of the first, and how they were matched.

    Rows are matched by their image, where both tables name it, else by their place.

    Raises:
        InvalidInputError: the tables are of other images, disagree about a label or a patient, or
            only one names its images, and there are no patients to match the rows by.
    """
    if len(first.labels) != len(second.labels):
        raise InvalidInputError(
            f"Both tables must hold the same images, but they have {len(first.labels)} and "
            f"{len(second.labels)} rows. Leave only those that both models scored."
        )
    order = np.arange(len(first.labels))
    told = "their place, as not both tables have a column `image`; "
    told += "labels agree" if first.patients is None else "labels and patients agree"
    if first.images is not None and second.images is not None:
        told = "their image"
        ours, theirs = np.argsort(first.images), np.argsort(second.images)
        differing = first.images[ours] != second.images[theirs]
        if differing.any():
            raise InvalidInputError(
                f"Both tables must hold the same images, but {first.images[ours][differing][0]!r} "
                "is not in both. Leave only those that both models scored."
            )
        order[ours] = theirs
    elif first.patients is None and (first.images is None) != (second.images is None):
        raise InvalidInputError(
            "Only one of the tables has a column `image`, and without patients labels alone cannot "
            "tell which rows belong together. Name the images in both, or give --patient."
        )
    moved = second.take(order)
    _refuse_other("label", first.labels, moved.labels)
    if first.patients is not None and moved.patients is not None:
        _refuse_other("patient", first.patients, moved.patients)
    return order, told


def _refuse_other(name: str, ours: Column, theirs: Column) -> None:
    """Refuse columns that differ in a row."""
    differ = np.flatnonzero(ours != theirs)
    if differ.size:
        row = int(differ[0])
        raise InvalidInputError(
            f"Both tables must hold the same {name}s, but row {row + 1} of the first is "
            f"{str(ours[row])!r} there and {str(theirs[row])!r} in the second. Correct the tables, "
            "or name the images in a column `image` of both."
        )
