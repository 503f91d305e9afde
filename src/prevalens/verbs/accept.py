"""prevalens accept: two tables of predictions and criteria in, a decision out."""

import argparse
from pathlib import Path

from prevalens import predictions, reports
from prevalens._checks import check_choice
from prevalens.reports.choices import ACCEPTANCE_FORMATS
from prevalens.verbs.arguments import add_prediction_columns, patient_of

PURPOSE = "judge a changed model against the one in use, by stated criteria"
EXAMPLE = "new.csv --against old.csv --criteria criteria.json --patient patient -o acceptance.html"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the arguments of the verb."""
    add = parser.add_argument
    add("table", metavar="NEW", help="CSV of the changed model's predictions, a row an image")
    add("--against", required=True, metavar="OLD", help="CSV of the present model's, same rows")
    add("--criteria", required=True, metavar="FILE", help="criteria that must be met (.json)")
    add_prediction_columns(parser)
    add("--image", metavar="COLUMN", help="image paths, by which rows are matched (default: image)")
    add(
        "-o",
        "--output",
        action="append",
        default=[],
        metavar="FILE",
        help=f"record to write ({', '.join(ACCEPTANCE_FORMATS)}), may be given again",
    )


def run(options: argparse.Namespace) -> int:
    """Judge, print the decision, write the records; return 0 where it is accepted, else 1."""
    for output in options.output:
        check_choice("the suffix of --output", Path(output).suffix.lower(), ACCEPTANCE_FORMATS)
    tables = (options.table, options.against)
    new, old = (
        predictions.Predictions.load(
            table,
            label=options.label,
            score=options.score,
            patient=patient_of(options),
            image=options.image,
            positive=options.positive,
        )
        for table in tables
    )
    found = reports.accept_model(
        new,
        old,
        reports.AcceptanceCriteria.load(options.criteria),
        names=(Path(tables[0]).name, Path(tables[1]).name),
    )
    print(found)  # noqa: T201
    for output in options.output:
        found.save(output)
        print(f"wrote {output}")  # noqa: T201
    return 0 if found.accepted else 1
