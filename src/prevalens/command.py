"""The command line: split, audit, report and verify a table; study its images."""

import argparse
import contextlib
import json
import sys
import warnings
from collections.abc import Sequence
from importlib import metadata
from pathlib import Path
from typing import TextIO

from prevalens._checks import check_choice
from prevalens._completion import SHELLS, completion_script
from prevalens._numbers import as_every_number
from prevalens._tables import read_columns
from prevalens.cohorts.cohort import Cohort
from prevalens.cohorts.image_table import read_table
from prevalens.exceptions import InvalidInputError, PrevalensError, PrevalensWarning
from prevalens.predictions.predictions import Predictions
from prevalens.reports.clinical_report import FORMATS, ClinicalReport
from prevalens.reports.request import ORIGINS
from prevalens.reports.verification import verify_run
from prevalens.splits.leakage import audit_leakage
from prevalens.splits.partition import Partition
from prevalens.splits.patient_holdout import PatientHoldout
from prevalens.verbs import study


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command.

    Args:
        arguments: Words after `prevalens`; by default those the process was started with.

    Returns:
        0 where all went well; 1 where `audit` or `verify` found something; 2 where input was
        refused or a file could not be read or written, with the reason on standard error; 130 after
        Ctrl-C.
    """
    try:
        try:
            return _run(arguments)
        finally:
            sys.stdout.flush()
    except OSError as error:
        # Standard output takes no more; closed, it is not flushed again when the process ends.
        with contextlib.suppress(OSError):
            sys.stdout.close()
        if isinstance(error, BrokenPipeError):
            return 0  # the reader of a pipe, such as `head`, has seen enough
        sys.stderr.write(f"prevalens: standard output cannot be written ({error.strerror}).\n")
        return 2


def _run(arguments: Sequence[str] | None) -> int:
    options = _parser().parse_args(arguments)
    name = f"prevalens {options.command}"
    with warnings.catch_warnings():
        warnings.showwarning = _show_warning
        try:
            code: int = options.run(options)
        except PrevalensError as error:
            sys.stderr.write(f"{name}: {error}\n")
            return 2
        except OSError as error:
            if error.filename is None:
                raise
            sys.stderr.write(f"{name}: {error.filename} cannot be used ({error.strerror}).\n")
            return 2
        except KeyboardInterrupt:
            sys.stderr.write(f"\n{name}: stopped. No file is half written.\n")
            return 130
    return code


def _show_warning(  # noqa: PLR0917 - as `warnings` calls it
    message: Warning | str,
    category: type[Warning],
    filename: str,
    lineno: int,
    file: TextIO | None = None,
    line: str | None = None,
) -> None:
    """Show a warning of the library's as a sentence, without the line of code it came from."""
    text = f"prevalens: warning: {message}\n"
    if not issubclass(category, PrevalensWarning):
        text = warnings.formatwarning(message, category, filename, lineno, line)
    (file or sys.stderr).write(text)


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
    study.add_study(
        _add_command(
            commands,
            "study",
            purpose="audit, plan, cross-fit and report a whole study of images",
            example=study.EXAMPLE,
        )
    )
    verify = _add_command(
        commands,
        "verify",
        purpose="recompute the report of a run from the predictions beside it",
        example="runs/first",
    )
    verify.add_argument("folder", metavar="RUN", help="holds report.json and predictions.csv")
    verify.set_defaults(run=_verify)
    completion = _add_command(
        commands,
        "completion",
        purpose="print the completion script of a shell",
        example="bash > ~/.prevalens.bash\n  echo 'source ~/.prevalens.bash' >> ~/.bashrc",
    )
    completion.add_argument("shell", choices=tuple(SHELLS), help="the shell to complete in")
    completion.set_defaults(run=_completion)
    return parser


def _add_command(
    commands: "argparse._SubParsersAction[argparse.ArgumentParser]",
    name: str,
    *,
    purpose: str,
    example: str,
) -> argparse.ArgumentParser:
    return commands.add_parser(
        name,
        help=purpose,
        description=f"{purpose[0].upper()}{purpose[1:]}.",
        epilog=f"example:\n  prevalens {name} {example}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )


def _add_cohort(parser: argparse.ArgumentParser) -> None:
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
    parser = _add_command(
        commands,
        "split",
        purpose="divide a table into train, validation and test parts of whole patients",
        example="images.csv --image file --label diagnosis --patient person \\\n"
        "    --positive sick --seed 7 -o partition.json",
    )
    _add_cohort(parser)
    add = parser.add_argument
    add("--validation", type=float, default=0.15, metavar="SHARE", help="of images, 0 to 1 (0.15)")
    add("--test", type=float, default=0.15, metavar="SHARE", help="of images, 0 to 1 (0.15)")
    add("--seed", type=int, default=0, metavar="NUMBER", help="the same one, the same parts (0)")
    add("--strata", nargs="*", default=[], metavar="COLUMN", help="columns to balance as well")
    add("-o", "--output", required=True, metavar="FILE", help="partition to write (.json)")
    parser.set_defaults(run=_split)


def _split(options: argparse.Namespace) -> int:
    output = Path(options.output)
    check_choice("the suffix of --output", output.suffix.lower(), (".json",))
    cohort = _cohort(options, *options.strata)
    splitter = PatientHoldout(
        validation=options.validation,
        test=options.test,
        seed=options.seed,
        strata=tuple(options.strata),
    )
    partition = splitter.partition(cohort)
    _refuse_to_replace(output, partition)
    partition.save(output)
    for name, rows in partition.parts().items():
        if len(rows):
            print(f"{name}: {cohort.take(rows)!r}")  # noqa: T201
    print(f"wrote {output}")  # noqa: T201
    return 0


def _refuse_to_replace(path: Path, partition: Partition) -> None:
    """Refuse to write over anything but the very same partition."""
    if not path.exists():
        return
    try:
        same = json.loads(path.read_text(encoding="utf-8")) == partition.to_dict()
    except ValueError:
        same = False
    if not same:
        raise InvalidInputError(
            f"{path} is there already and holds something else. Name another --output, or remove "
            "the file where no model was trained on the parts in it."
        )


def _add_audit(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = _add_command(
        commands,
        "audit",
        purpose="look for patients and images that stand in two parts of a partition",
        example="images.csv --image file --label diagnosis --patient person \\\n"
        "    --positive sick --partition partition.json",
    )
    _add_cohort(parser)
    add = parser.add_argument
    add("--partition", required=True, metavar="FILE", help="partition that `split` wrote (.json)")
    add("--strata", nargs="*", default=[], metavar="COLUMN", help="columns that `split` balanced")
    parser.set_defaults(run=_audit)


def _audit(options: argparse.Namespace) -> int:
    cohort = _cohort(options, *options.strata)
    audit = audit_leakage(cohort, Partition.load(options.partition, cohort=cohort))
    print(audit)  # noqa: T201
    return 0 if audit.ok else 1


def _add_report(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = _add_command(
        commands,
        "report",
        purpose="report every estimate of a table of predictions, with its interval",
        example="predictions.csv --label y --score p --patient id --threshold 0.5 \\\n"
        "    -o report.html -o report.json",
    )
    _add_predictions(parser)
    _add_analysis(parser)
    parser.set_defaults(run=_report)


def _add_predictions(parser: argparse.ArgumentParser) -> None:
    """Add what says where the labels, the scores and the patients stand."""
    add = parser.add_argument
    add("table", metavar="TABLE", help="CSV with one row per image")
    add("--label", default="label", metavar="COLUMN", help="labels: 0 and 1, or names (label)")
    add("--score", default="score", metavar="COLUMN", help="probabilities, or their prefix (score)")
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
    add("--compare", metavar="COLUMN", help="scores of another model, to compare with")
    add("--compare-threshold", type=float, metavar="SCORE", help="the other model's threshold")
    add("--by", nargs="*", default=[], metavar="COLUMN", help="subgroups to report apart")
    add("--image", metavar="COLUMN", help="image paths, for pictures of the worst misses")
    add("--root", default="", metavar="FOLDER", help="where image paths start")
    add("--allow-outside", action="store_true", help="take image paths that lead out of --root")
    add("--provenance", metavar="TEXT", help="where the rows come from, in words")


def _add_analysis(parser: argparse.ArgumentParser) -> None:
    """Add what decides the estimates, and the files they are written to."""
    add = parser.add_argument
    add("--threshold", type=float, required=True, metavar="SCORE", help="positive from here on")
    add(
        "--threshold-origin",
        choices=ORIGINS,
        default="exploratory",
        help="how the threshold was found (exploratory)",
    )
    for name, where in (
        ("--prevalence", "where the model will be used"),
        ("--train-prevalence", "among the rows trained on"),
    ):
        add(name, type=float, metavar="SHARE", help=f"of the positive {where}, 0 to 1")
    add(
        "--patient-score",
        choices=("mean", "max"),
        help="also report patients, by the mean or the highest score of their images",
    )
    add("--worst", type=int, default=20, metavar="NUMBER", help="misses to show, 0 for none (20)")
    add(
        "--confidence-level",
        type=float,
        default=0.95,
        metavar="SHARE",
        help="of intervals, 0 to 1 (0.95)",
    )
    add("--seed", type=int, default=0, metavar="NUMBER", help="of what is drawn at random (0)")
    add("--title", default="Clinical report", metavar="TEXT", help="heading of the report")
    add(
        "-o",
        "--output",
        action="append",
        default=[],
        metavar="FILE",
        help=f"file to write ({', '.join(FORMATS)}), may be given again; without: print the text",
    )


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
        allow_outside=options.allow_outside,
        provenance=options.provenance,
        train_prevalence=options.train_prevalence,
    )
    other = None
    if options.compare is not None:
        cells = read_columns(options.table, [options.compare])[options.compare]
        other = predictions.with_scores(
            as_every_number(options.compare, cells), train_prevalence=predictions.train_prevalence
        )
    report = ClinicalReport(
        predictions,
        compare=other,
        compare_threshold=options.compare_threshold,
        threshold=options.threshold,
        threshold_origin=options.threshold_origin,
        prevalence=options.prevalence,
        by=options.by,
        worst=options.worst,
        patient_score=options.patient_score,
        confidence_level=options.confidence_level,
        seed=options.seed,
        title=options.title,
        made_by=f"prevalens report {Path(options.table).name}",
    )
    for output in options.output:
        done = "replaced" if Path(output).exists() else "wrote"
        report.save(output)
        print(f"{done} {output}")  # noqa: T201
    if not options.output:
        print(report)  # noqa: T201
    return 0


def _verify(options: argparse.Namespace) -> int:
    found = verify_run(options.folder)
    print(found)  # noqa: T201
    return 0 if found.ok else 1


def _completion(options: argparse.Namespace) -> int:
    sys.stdout.write(completion_script(_parser(), options.shell))
    return 0
