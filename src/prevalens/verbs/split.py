"""prevalens split: whole patients into train, validation and test parts, or into folds."""

import argparse
from pathlib import Path

import numpy as np

from prevalens import cohorts, splits
from prevalens._checks import check_choice
from prevalens._tables import Cells, read_all_columns, write_columns
from prevalens.exceptions import InvalidInputError
from prevalens.typing import Rows
from prevalens.verbs.arguments import add_cohort, cohort_of

PURPOSE = "divide a table into train, validation and test parts of whole patients, or into folds"
EXAMPLE = (
    "images.csv --image file --label diagnosis --patient person \\\n"
    "    --positive sick --seed 7 -o partition.json -o parts.csv"
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the arguments of the verb."""
    add_cohort(parser)
    add = parser.add_argument
    for name in ("validation", "test"):
        add(
            f"--{name}", type=float, metavar="SHARE", help="share of images, 0 to 1 (default: 0.15)"
        )
    add(
        "--folds",
        type=int,
        metavar="NUMBER",
        help="number of folds, instead of parts; written as .csv",
    )
    add("--seed", type=int, default=0, metavar="NUMBER", help="random seed (default: 0)")
    add("--strata", nargs="*", default=[], metavar="COLUMN", help="columns to balance as well")
    add(
        "--correlation",
        default="0.2",
        metavar="SHARE",
        help="correlation of predictions on two images of a patient, for the expected precision: "
        "a number, cells or lesions (default: 0.2)",
    )
    add(
        "--column",
        metavar="NAME",
        help="name of the new column of the .csv (default: part, or fold)",
    )
    add(
        "-o",
        "--output",
        action="append",
        required=True,
        metavar="FILE",
        help="partition (.json), or the table with a column of parts (.csv); may be given again",
    )


def run(options: argparse.Namespace) -> int:
    """Split the table, print the precision to expect, and write the files; return 0."""
    suffixes = (".csv",) if options.folds is not None else (".json", ".csv")
    outputs = [Path(name) for name in options.output]
    for output in outputs:
        check_choice("the suffix of --output", output.suffix.lower(), suffixes)
    cohort = cohort_of(options, *options.strata)
    partition = None
    if options.folds is not None:
        rows = _folds(options, cohort)
    else:
        partition = splits.PatientHoldout(
            validation=0.15 if options.validation is None else options.validation,
            test=0.15 if options.test is None else options.test,
            seed=options.seed,
            strata=tuple(options.strata),
        ).partition(cohort)
        rows = {name: part for name, part in partition.parts().items() if len(part)}
    plan = _precision(cohort, rows, options.correlation)
    table = _with_column(options, cohort, rows) if ".csv" in map(_suffix, outputs) else {}
    for output in outputs:
        _refuse_to_replace(output, cohort, table, partition)
    for output in outputs:
        if _suffix(output) == ".csv":
            write_columns(output, table)
        elif partition is not None:
            partition.save(output)
    for name, part in rows.items():
        print(f"{name}: {cohort.take(part)!r}")  # noqa: T201
    print(plan)  # noqa: T201
    source = Path(options.table).parent
    for output in outputs:
        moved = _suffix(output) == ".csv" and output.parent.resolve() != source.resolve()
        print(f"wrote {output}{f'; its image paths start from {source}' * moved}")  # noqa: T201
    return 0


def _suffix(path: Path) -> str:
    return path.suffix.lower()


def _folds(options: argparse.Namespace, cohort: "cohorts.Cohort") -> dict[str, Rows]:
    shares = [f"--{n}" for n in ("validation", "test") if getattr(options, n) is not None]
    if shares:
        raise InvalidInputError(f"{', '.join(shares)}: of parts, but --folds asks for folds.")
    cut = splits.PatientKFold(options.folds, seed=options.seed, strata=tuple(options.strata))
    return {f"fold {k}": part.test for k, part in enumerate(cut.partitions(cohort))}


def _precision(
    cohort: "cohorts.Cohort", rows: dict[str, Rows], text: str
) -> "splits.PrecisionPlan":
    """Return the precision to expect of each part, at a correlation in words or as a number."""
    correlation: float | str
    try:
        correlation = float(text)
    except ValueError:
        correlation = text
    return splits.plan_precision(cohort, rows, correlation=correlation)


def _with_column(
    options: argparse.Namespace, cohort: "cohorts.Cohort", rows: dict[str, Rows]
) -> dict[str, list[str]]:
    """Return the columns of the table as texts, and that of the parts."""
    columns = read_all_columns(options.table)
    name = options.column or ("part" if options.folds is None else "fold")
    if name in columns:
        raise InvalidInputError(
            f"{options.table} has a column {name!r} already. Name the new one by --column."
        )
    made = np.empty(len(cohort), dtype=object)
    for part, where in rows.items():
        made[where] = part.removeprefix("fold ")
    return _texts(columns) | {name: made.tolist()}


def _texts(columns: dict[str, Cells]) -> dict[str, list[str]]:
    """Return cells as they are written: empty where they are missing."""
    return {
        name: ["" if cell is None else str(cell) for cell in cells]
        for name, cells in columns.items()
    }


def _refuse_to_replace(
    path: Path,
    cohort: "cohorts.Cohort",
    table: dict[str, list[str]],
    partition: "splits.Partition | None",
) -> None:
    """Refuse to write over anything but the very same parts."""
    if not path.exists():
        return
    try:
        if _suffix(path) == ".csv":
            same = _texts(read_all_columns(path)) == table
        else:
            there = splits.Partition.load(path, cohort=cohort).to_dict()
            same = partition is not None and there == partition.to_dict()
    except (ValueError, InvalidInputError):
        same = False
    if same:
        return
    raise InvalidInputError(
        f"{path} is there already and holds something else. Name another --output, or remove "
        "the file where no model was trained on the parts in it."
    )
