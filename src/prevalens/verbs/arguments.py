"""Arguments that several verbs share: where a table's rows, labels and scores stand."""

import argparse
from typing import Any

from prevalens import cohorts, predictions
from prevalens.exceptions import InvalidInputError
from prevalens.reports.choices import POOLINGS


def add_cohort(parser: argparse.ArgumentParser) -> None:
    """Add what says where the images, classes and patients of a table stand."""
    add = parser.add_argument
    add("table", metavar="TABLE", help="CSV with one row per image")
    add("--image", default="image", metavar="COLUMN", help="image paths (default: image)")
    add("--label", default="label", metavar="COLUMN", help="class names (default: label)")
    add(
        "--patient",
        action="append",
        metavar="COLUMN",
        help="patient ids; given twice, columns that make an id together (default: patient)",
    )
    add("--positive", required=True, metavar="CLASS", help="class whose miss is the costly error")
    add("--root", metavar="FOLDER", help="folder of the image paths (default: TABLE's)")


def add_prediction_columns(parser: argparse.ArgumentParser, *, interest: bool = False) -> None:
    """Add what says where the labels, the scores and the patients of predictions stand.

    Args:
        parser: Where they are added.
        interest: Whether several classes of interest may be named.
    """
    add = parser.add_argument
    add(
        *("--label", "--labels"),
        default="label",
        metavar="COLUMN",
        help="labels: 0 and 1, or names; of several labels a row their prefix (default: label)",
    )
    add(
        *("--score", "--scores"),
        default="score",
        metavar="COLUMN",
        help="probabilities; of three or more classes, or labels, their prefix (default: score)",
    )
    patients = parser.add_mutually_exclusive_group()
    patients.add_argument(
        "--patient",
        action="append",
        metavar="COLUMN",
        help="patient ids; given twice, columns that make an id together (default: patient)",
    )
    patients.add_argument(
        "--independent", action="store_true", help="say that every image is another patient's"
    )
    named = "name of the positive class, where labels are names"
    if interest:
        more = "; of three or more classes one of interest, given again for another"
        add("--positive", action="append", metavar="CLASS", help=f"{named}{more}")
    else:
        add("--positive", metavar="CLASS", help=named)


def add_pooling(
    parser: "argparse.ArgumentParser | argparse._ArgumentGroup", *, unit: bool = True
) -> None:
    """Add what says how the images of a patient, or of another `unit`, become one score."""
    add = parser.add_argument
    add(
        "--patient-score",
        choices=POOLINGS,
        help="pool the images of a patient: mean, highest score (one image makes a patient "
        "positive), mean of the --top highest, or the share from --cutoff",
    )
    if unit:
        add(
            "--unit",
            dest="pooled_unit",
            metavar="COLUMN",
            help="what has one score: patient, or a column such as lesion (default: patient)",
        )
    add("--top", type=int, metavar="NUMBER", help="number of images that top_k averages")
    add("--cutoff", type=float, metavar="SCORE", help="score from which fraction counts an image")
    add(
        "--least-images",
        type=int,
        metavar="NUMBER",
        help="a patient (or unit) with fewer images is not classified (default: 1)",
    )


def pooling_of(options: argparse.Namespace) -> "predictions.PatientPooling | None":
    """Return how images are pooled; None where nothing is said of patients.

    Raises:
        InvalidInputError: a setting came without `--patient-score`, or is none of its.
    """
    given = {"k": options.top, "cutoff": options.cutoff}
    given |= {
        name: value
        for name, value in (
            ("least_images", options.least_images),
            ("unit", getattr(options, "pooled_unit", None)),
        )
        if value is not None
    }
    if options.patient_score is None:
        if any(value is not None for value in given.values()):
            raise InvalidInputError(
                "--top, --cutoff, --least-images and --unit say how images are pooled: "
                f"say --patient-score as well, one of {', '.join(POOLINGS)}."
            )
        return None
    return predictions.PatientPooling(how=options.patient_score, **given)


def cohort_of(options: argparse.Namespace, *covariates: str) -> "cohorts.Cohort":
    """Read the cohort that the options name; the files are not looked for."""
    return cohorts.read_table(
        options.table,
        image=options.image,
        label=options.label,
        patient=options.patient or "patient",
        positive=options.positive,
        covariates=covariates,
        root=options.root,
        check_files=False,
    )


def patient_of(options: argparse.Namespace) -> list[str] | None:
    """Return the columns of patient ids; None where images are said to be independent."""
    return None if options.independent else options.patient or ["patient"]


def predictions_of(
    options: argparse.Namespace, table: str, **settings: Any
) -> "predictions.Predictions":
    """Read a table of predictions as the options say."""
    return predictions.Predictions.load(
        table,
        label=options.label,
        score=options.score,
        patient=patient_of(options),
        **{"positive": options.positive} | settings,
    )
