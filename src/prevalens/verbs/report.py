"""prevalens report: every estimate of a table of predictions, with its interval."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from prevalens import predictions, reports
from prevalens._checks import check_choice
from prevalens._numbers import as_every_number
from prevalens._tables import read_all_columns, read_columns
from prevalens.exceptions import InvalidInputError
from prevalens.reports.choices import FORMATS, ORIGINS
from prevalens.verbs.arguments import (
    add_pooling,
    add_prediction_columns,
    pooling_of,
    predictions_of,
)
from prevalens.verbs.by_name import by_name, named_number

PURPOSE = "report every estimate of a table of predictions, with its interval"
EXAMPLE = (
    "predictions.csv --label y --score p --patient id --threshold 0.5 \\\n"
    "    -o report.html -o report.json"
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the arguments of the verb."""
    _add_predictions(parser)
    _add_analysis(parser)
    _add_files(parser)


def _add_predictions(parser: argparse.ArgumentParser) -> None:
    """Add what says where the labels, the scores and the patients stand."""
    add = parser.add_argument
    add("table", metavar="TABLE", help="CSV with one row per image")
    add_prediction_columns(parser, interest=True)
    add(
        "--compare",
        metavar="COLUMN",
        help="scores of another model to compare with, or their prefix",
    )
    add("--compare-threshold", type=float, metavar="SCORE", help="the other model's threshold")
    add("--ordered", action="store_true", help="say that the classes are grades, lowest first")
    add("--by", nargs="*", default=[], metavar="COLUMN", help="subgroups to report apart")
    add("--site", metavar="COLUMN", help="site of each image; estimates are pooled over sites")
    add("--image", metavar="COLUMN", help="image paths, for pictures of the worst misses")
    add("--root", default="", metavar="FOLDER", help="folder of the image paths")
    add("--allow-outside", action="store_true", help="accept image paths that lead out of --root")
    add("--provenance", metavar="TEXT", help="data source, in words")


def _add_analysis(parser: argparse.ArgumentParser) -> None:
    """Add what decides the estimates."""
    add = parser.add_argument
    add(
        "--threshold",
        type=named_number,
        action="append",
        metavar="SCORE",
        help="score from which an image is predicted positive; of several labels or classes of "
        "interest one for all, or given again for each by its name (mel=0.3)",
    )
    add(
        "--threshold-origin",
        choices=ORIGINS,
        help="how the threshold was chosen (default: exploratory)",
    )
    add(
        "--prevalence",
        type=named_number,
        action="append",
        metavar="SHARE",
        help="prevalence where the model will be used, 0 to 1; of classes of interest given again "
        "for each by its name (mel=0.02)",
    )
    add(
        "--train-prevalence",
        type=float,
        metavar="SHARE",
        help="prevalence among the rows trained on, 0 to 1",
    )
    add_pooling(parser)
    add("--patient-threshold", type=float, metavar="SCORE", help="threshold of the pooled scores")
    add(
        "--refer",
        type=float,
        nargs=2,
        metavar=("LOWER", "UPPER"),
        help="two thresholds between which a human decides",
    )
    add("--worst", type=int, metavar="NUMBER", help="misses to show, 0 for none (default: 20)")
    add(
        "--confidence-level",
        type=float,
        default=0.95,
        metavar="SHARE",
        help="confidence level of the intervals, 0 to 1 (default: 0.95)",
    )
    add("--seed", type=int, default=0, metavar="NUMBER", help="random seed (default: 0)")


def _add_files(parser: argparse.ArgumentParser) -> None:
    """Add the title, and the files that are written."""
    add = parser.add_argument
    add("--title", default="Clinical report", metavar="TEXT", help="heading of the report")
    add(
        "-o",
        "--output",
        action="append",
        default=[],
        metavar="FILE",
        help=f"file to write ({', '.join(FORMATS)}), may be given again; without: print the text",
    )


def run(options: argparse.Namespace) -> int:
    """Compute the report and write its files; return 0."""
    for output in options.output:
        check_choice("the suffix of --output", Path(output).suffix.lower(), FORMATS)
    interest = _interest(options)
    given = predictions_of(
        options,
        options.table,
        positive=None if interest or not options.positive else options.positive[0],
        image=options.image,
        root=options.root,
        allow_outside=options.allow_outside,
        provenance=options.provenance,
        train_prevalence=options.train_prevalence,
        ordered=options.ordered or None,
    )
    other = None if options.compare is None else _other(options, given)
    report = reports.ClinicalReport(
        given,
        compare=other,
        compare_threshold=options.compare_threshold,
        threshold=by_name("--threshold", options.threshold),
        threshold_origin=options.threshold_origin,
        positive=interest,
        prevalence=by_name("--prevalence", options.prevalence),
        by=options.by,
        site=options.site,
        worst=options.worst,
        patient_score=pooling_of(options),
        patient_threshold=options.patient_threshold,
        refer=options.refer and tuple(options.refer),
        confidence_level=options.confidence_level,
        seed=options.seed,
        title=options.title,
        made_by=f"prevalens report {Path(options.table).name}",
    )
    _write(report, options.output)
    return 0


def _write(report: "reports.ClinicalReport", outputs: Sequence[str]) -> None:
    """Write the files, or print the text where there are none."""
    for output in outputs:
        done = "replaced" if Path(output).exists() else "wrote"
        report.save(output)
        print(f"{done} {output}")  # noqa: T201
    if not outputs:
        print(report)  # noqa: T201


def _interest(options: argparse.Namespace) -> list[str] | None:
    """Return the classes of interest of several; None of two classes, or where none is named."""
    if options.positive is None:
        return None
    prefix, columns = f"{options.score.rstrip('_')}_", read_all_columns(options.table)
    of_several = sum(name.startswith(prefix) for name in columns) > 1
    if options.score in columns or not of_several:
        if len(options.positive) > 1:
            raise InvalidInputError(
                f"--positive takes one class beside one score column, got {options.positive}. "
                "Name one, or give --scores the prefix of a column for each class."
            )
        return None
    return list(options.positive)


def _other(
    options: argparse.Namespace, given: "predictions.Predictions"
) -> "predictions.Predictions":
    """Return the same rows with the other model's scores: one column, or one for each class."""
    names = [options.compare]
    if not given.is_binary:
        names = [f"{options.compare.rstrip('_')}_{name}" for name in given.classes]
    cells = read_columns(options.table, names)
    columns = [as_every_number(name, cells[name]) for name in names]
    scores = columns[0] if len(columns) == 1 else list(zip(*columns, strict=True))
    return given.with_scores(scores, train_prevalence=given.train_prevalence)
