"""prevalens verify: the report of a run, recomputed from the predictions beside it."""

import argparse

from prevalens import reports

PURPOSE = "recompute the report of a run from the predictions beside it"
EXAMPLE = "runs/first"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the arguments of the verb."""
    parser.add_argument("folder", metavar="RUN", help="holds report.json and predictions.csv")
    parser.add_argument(
        "--run",
        dest="origin",
        metavar="FOLDER",
        help="of a dossier: the run it was written from, whose files are hashed too",
    )


def run(options: argparse.Namespace) -> int:
    """Verify the run; return 0, or 1 where something differs."""
    found = reports.verify_run(options.folder, run=options.origin)
    print(found)  # noqa: T201
    return 0 if found.ok else 1
