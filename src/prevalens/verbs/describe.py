"""prevalens describe: images, patients, classes and covariates of a table, counted."""

import argparse

from prevalens.verbs.arguments import add_cohort, cohort_of

PURPOSE = "count the images, patients and classes of a table"
EXAMPLE = (
    "images.csv --image file --label diagnosis --patient person \\\n"
    "    --positive sick --covariates age site"
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the arguments of the verb."""
    add_cohort(parser)
    parser.add_argument(
        "--covariates", nargs="*", default=[], metavar="COLUMN", help="columns to count as well"
    )


def run(options: argparse.Namespace) -> int:
    """Print the counts; return 0."""
    print(cohort_of(options, *options.covariates).describe())  # noqa: T201
    return 0
