"""Arguments that several verbs share: where a table's rows, labels and scores stand."""

import argparse
from typing import Any

from prevalens import cohorts, predictions


def add_cohort(parser: argparse.ArgumentParser) -> None:
    """Add what says where the images, classes and patients of a table stand."""
    add = parser.add_argument
    add("table", metavar="TABLE", help="CSV with one row per image")
    add("--image", required=True, metavar="COLUMN", help="column of image paths")
    add("--label", required=True, metavar="COLUMN", help="column of class names")
    add(
        "--patient",
        required=True,
        action="append",
        metavar="COLUMN",
        help="column of patient ids; given twice, columns that make an id together",
    )
    add("--positive", required=True, metavar="CLASS", help="class whose miss is the costly error")
    add("--root", metavar="FOLDER", help="where image paths start (by default TABLE's folder)")


def add_prediction_columns(parser: argparse.ArgumentParser) -> None:
    """Add what says where the labels, the scores and the patients of predictions stand."""
    add = parser.add_argument
    add(
        *("--label", "--labels"),
        default="label",
        metavar="COLUMN",
        help="labels: 0 and 1, or names; of several labels a row the prefix (label)",
    )
    add(
        *("--score", "--scores"),
        default="score",
        metavar="COLUMN",
        help="probabilities; of three or more classes, or labels, the prefix (score)",
    )
    patients = parser.add_mutually_exclusive_group(required=True)
    patients.add_argument(
        "--patient",
        action="append",
        metavar="COLUMN",
        help="patient ids; given twice, columns that make an id together",
    )
    patients.add_argument(
        "--independent", action="store_true", help="say that every image is another patient's"
    )
    add("--positive", metavar="CLASS", help="which class is positive, where labels are names")


def cohort_of(options: argparse.Namespace, *covariates: str) -> "cohorts.Cohort":
    """Read the cohort that the options name; the files are not looked for."""
    return cohorts.read_table(
        options.table,
        image=options.image,
        label=options.label,
        patient=options.patient,
        positive=options.positive,
        covariates=covariates,
        root=options.root,
        check_files=False,
    )


def predictions_of(
    options: argparse.Namespace, table: str, **settings: Any
) -> "predictions.Predictions":
    """Read a table of predictions as the options say."""
    return predictions.Predictions.load(
        table,
        label=options.label,
        score=options.score,
        patient=None if options.independent else options.patient,
        positive=options.positive,
        **settings,
    )
