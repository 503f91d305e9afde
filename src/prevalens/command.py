"""The command line, for those who only have a table: prevalens split | audit | report."""

import argparse
import sys
from collections.abc import Sequence
from importlib import metadata
from pathlib import Path

from prevalens._checks import check_choice
from prevalens._completion import SHELLS, completion_script
from prevalens.cohorts.cohort import Cohort
from prevalens.cohorts.readers import read_table
from prevalens.exceptions import PrevalensError
from prevalens.predictions.predictions import Predictions
from prevalens.predictions.tables import find_column, numbers, read_columns
from prevalens.reports.clinical_report import FORMATS, ORIGINS, ClinicalReport
from prevalens.splits.leakage import audit_leakage
from prevalens.splits.partition import Partition
from prevalens.splits.patient_holdout import PatientHoldout


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command.

    Args:
        arguments: Words after `prevalens`; by default those the process was started with.

    Returns:
        0 where all went well; 1 where `audit` found something; 2 where input was refused, with
        the reason on standard error.
    """
    options = _parser().parse_args(arguments)
    try:
        code: int = options.run(options)
    except PrevalensError as error:
        sys.stderr.write(f"prevalens {options.command}: {error}\n")
        return 2
    except BrokenPipeError:
        # The reader of a pipe, such as `head`, has seen enough.
        sys.stderr.close()
        return 0
    return code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="prevalens",
        description="Patient-wise splits, their audit, and clinical reports, from a table.",
    )
    parser.add_argument(
        "--version", action="version", version=f"prevalens {metadata.version('prevalens')}"
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    _add_split(commands)
    _add_audit(commands)
    _add_report(commands)
    completion = commands.add_parser("completion", help="print the completion script of a shell")
    completion.add_argument("shell", choices=tuple(SHELLS), help="the shell to complete in")
    completion.set_defaults(run=_completion)
    return parser


def _add_cohort(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("table", help="CSV with one row per image")
    parser.add_argument("--image", required=True, help="column of image paths")
    parser.add_argument("--label", required=True, help="column of class names")
    parser.add_argument("--patient", required=True, help="column of patient ids")
    parser.add_argument("--positive", required=True, help="class whose miss is the costly error")
    parser.add_argument("--root", default=None, help="folder that image paths start from")


def _cohort(options: argparse.Namespace, *covariates: str) -> Cohort:
    return read_table(
        options.table,
        image=options.image,
        label=options.label,
        patient=options.patient,
        positive=options.positive,
        covariates=covariates,
        root=options.root,
        check_files=False,
    )


def _add_split(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = commands.add_parser(
        "split", help="divide a table into train, validation and test parts of whole patients"
    )
    _add_cohort(parser)
    parser.add_argument("--validation", type=float, default=0.15, help="share of images (0.15)")
    parser.add_argument("--test", type=float, default=0.15, help="share of images (0.15)")
    parser.add_argument("--seed", type=int, default=0, help="seed of the draw (0)")
    parser.add_argument("--strata", nargs="*", default=[], help="columns to balance as well")
    parser.add_argument("-o", "--output", required=True, help="partition to write (.json)")
    parser.set_defaults(run=_split)


def _split(options: argparse.Namespace) -> int:
    check_choice("the suffix of --output", Path(options.output).suffix.lower(), (".json",))
    cohort = _cohort(options, *options.strata)
    splitter = PatientHoldout(
        validation=options.validation,
        test=options.test,
        seed=options.seed,
        strata=tuple(options.strata),
    )
    partition = splitter.partition(cohort)
    partition.save(options.output)
    for name, rows in partition.parts().items():
        if len(rows):
            print(f"{name}: {cohort.take(rows)!r}")  # noqa: T201
    return 0


def _add_audit(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = commands.add_parser(
        "audit", help="look for patients and images that stand in two parts of a partition"
    )
    _add_cohort(parser)
    parser.add_argument("--partition", required=True, help="partition that `split` wrote (.json)")
    parser.add_argument("--strata", nargs="*", default=[], help="columns that `split` balanced")
    parser.set_defaults(run=_audit)


def _audit(options: argparse.Namespace) -> int:
    cohort = _cohort(options, *options.strata)
    audit = audit_leakage(cohort, Partition.load(options.partition, cohort=cohort))
    print(audit)  # noqa: T201
    return 0 if audit.ok else 1


def _add_report(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = commands.add_parser(
        "report", help="report every figure of a table of predictions, with its interval"
    )
    parser.add_argument("table", help="CSV with one row per image")
    parser.add_argument("--label", default="label", help="column of labels: 0 and 1, or names")
    parser.add_argument("--score", default="score", help="column of probabilities of the positive")
    patients = parser.add_mutually_exclusive_group(required=True)
    patients.add_argument("--patient", default=None, help="column of patient ids")
    patients.add_argument(
        "--independent", action="store_true", help="say that every image is another patient's"
    )
    parser.add_argument("--threshold", type=float, required=True, help="positive from this score")
    parser.add_argument(
        "--threshold-origin", choices=ORIGINS, default="exploratory", help="where it comes from"
    )
    parser.add_argument("--positive", default=None, help="positive class, where labels are names")
    parser.add_argument("--prevalence", type=float, default=None, help="where it will be used")
    parser.add_argument("--train-prevalence", type=float, default=None, help="among training rows")
    parser.add_argument("--compare", default=None, help="column of another model's scores")
    parser.add_argument("--by", nargs="*", default=[], help="columns of subgroups")
    parser.add_argument("--image", default=None, help="column of image paths, for pictures")
    parser.add_argument("--root", default="", help="folder that image paths start from")
    parser.add_argument("--worst", type=int, default=20, help="misses to show, 0 for none (20)")
    parser.add_argument(
        "--patient-score", choices=("mean", "max"), default="mean", help="images into patients"
    )
    parser.add_argument("--level", type=float, default=0.95, help="coverage of intervals (0.95)")
    parser.add_argument("--seed", type=int, default=0, help="seed of what is drawn (0)")
    parser.add_argument("--title", default="Clinical report", help="title of the report")
    parser.add_argument("--provenance", default=None, help="where the rows come from, in words")
    parser.add_argument(
        "-o",
        "--output",
        action="append",
        default=[],
        help=f"file to write ({', '.join(FORMATS)}); may be given again; none: print the text",
    )
    parser.set_defaults(run=_report)


def _report(options: argparse.Namespace) -> int:
    for output in options.output:
        check_choice("the suffix of --output", Path(output).suffix.lower(), FORMATS)
    predictions = Predictions.load(
        options.table,
        label=options.label,
        score=options.score,
        patient=None if options.independent else options.patient,
        image=options.image,
        positive=options.positive,
        root=options.root,
        provenance=options.provenance,
        train_prevalence=options.train_prevalence,
    )
    other = None
    if options.compare is not None:
        cells = find_column(read_columns(options.table), options.compare, purpose="other score")
        other = predictions.with_scores(
            numbers(cells, name=options.compare), train_prevalence=predictions.train_prevalence
        )
    report = ClinicalReport(
        predictions,
        compare=other,
        threshold=options.threshold,
        threshold_origin=options.threshold_origin,
        prevalence=options.prevalence,
        by=options.by,
        worst=options.worst,
        patient_score=options.patient_score,
        level=options.level,
        seed=options.seed,
        title=options.title,
    )
    for output in options.output:
        report.save(output)
        print(f"wrote {output}")  # noqa: T201
    if not options.output:
        print(report)  # noqa: T201
    return 0


def _completion(options: argparse.Namespace) -> int:
    sys.stdout.write(completion_script(_parser(), options.shell))
    return 0
