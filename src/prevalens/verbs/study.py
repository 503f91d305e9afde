"""prevalens study: from a table of images to a report, a classifier and a plan."""

import argparse
from collections.abc import Iterable, Sequence
from pathlib import Path

from prevalens import cohorts, studies
from prevalens._tables import read_all_columns
from prevalens.exceptions import InvalidInputError

PURPOSE = "audit, plan, cross-fit and report a whole study of images"
EXAMPLE = (
    "images.csv --positive sick --weights backbone.keras -o runs/sick\n"
    "  prevalens study photos/ --pattern '{label}/{patient}_{shot}.png' --positive sick \\\n"
    "    -o runs/sick --plan-only"
)
_KNOWN = {
    "image": ("file", "filename", "file_name", "path", "filepath", "image_path", "img"),
    "label": ("class", "diagnosis", "dx", "target", "y"),
    "patient": ("patient_id", "patientid", "subject", "subject_id", "case", "case_id", "person"),
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the arguments of the verb."""
    where = parser.add_argument_group("the images")
    where.add_argument("source", metavar="TABLE_OR_FOLDER", help="CSV, a row an image; or a folder")
    for name, what in (("image", "image paths"), ("label", "class names")):
        where.add_argument(
            f"--{name}", default=name, metavar="COLUMN", help=f"column of {what} (default: {name})"
        )
    where.add_argument(
        "--patient",
        default="patient",
        metavar="COLUMN",
        help="column of patient ids; 'none' says that every image is another patient's "
        "(default: patient)",
    )
    where.add_argument("--positive", required=True, metavar="CLASS", help="class whose miss costs")
    where.add_argument(
        "--versus",
        metavar="CLASS",
        help="the other class, where there are several; 'rest' takes all others together",
    )
    where.add_argument("--root", metavar="FOLDER", help="where image paths start (TABLE's folder)")
    where.add_argument(
        "--pattern", metavar="TEMPLATE", help="of a folder's paths (default: '{label}/{patient}_*')"
    )
    where.add_argument(
        "--covariates", nargs="*", default=[], metavar="COLUMN", help="for the covariate baseline"
    )
    where.add_argument(
        "--part-column", metavar="COLUMN", help="column in which 'test' names the held-out rows"
    )
    _add_choices(parser.add_argument_group("the study"))
    parser.add_argument(
        "-o", "--output", required=True, metavar="RUN", help="folder of the run; made"
    )


def _add_choices(how: "argparse._ArgumentGroup") -> None:
    how.add_argument(
        "--weights",
        metavar="FILE",
        help="network without its top (.keras), or a name of keras.applications, whose ImageNet "
        "weights are downloaded (default: EfficientNetB0)",
    )
    how.add_argument("--preprocessing", metavar="WORD", help="pixels the network needs: tf, torch")
    how.add_argument(
        "--sensitivity", type=float, default=0.95, metavar="SHARE", help="asked for (default: 0.95)"
    )
    how.add_argument(
        "--prevalence", type=float, metavar="SHARE", help="of the positive where it will be used"
    )
    how.add_argument("--seed", type=int, default=0, metavar="N", help="random seed (default: 0)")
    how.add_argument("--jobs", type=int, default=1, metavar="N", help="folds at once (default: 1)")
    how.add_argument("--plan", metavar="FILE", help="a plan that was edited, instead of a new one")
    how.add_argument("--plan-only", action="store_true", help="write the plan and train nothing")
    how.add_argument("--resume", action="store_true", help="go on in a RUN that is there already")


def run(options: argparse.Namespace) -> int:
    """Plan the study and run it; return 0."""
    folder = Path(options.output)
    if not options.resume and folder.exists() and any(folder.iterdir()):
        raise InvalidInputError(
            f"{folder} is not empty. Go on with --resume, or name another --output."
        )
    cohort = read_cohort(options)
    _say(repr(cohort))
    cohort, made = studies.plan(
        cohort,
        weights=options.weights,
        part=options.part_column,
        sensitivity=options.sensitivity,
        preprocessing=options.preprocessing,
        seed=options.seed,
    )
    if options.plan is not None:
        made = studies.StudyPlan.read(options.plan)
    elif options.resume and (folder / "plan.json").exists():
        made = studies.StudyPlan.read(folder / "plan.json")
    _say(str(made))
    if options.plan_only:
        made.write(folder / "plan.json")
        _say(f"wrote {folder / 'plan.json'}")
        return 0
    done = studies.run_study(
        cohort,
        made,
        folder,
        part=options.part_column,
        prevalence=options.prevalence,
        n_jobs=options.jobs,
        say=lambda text: _say(f"... {text}"),
    )
    for name, estimate in done.summary.estimates.items():
        _say(f"{name.replace('_', ' '):20} {_text(estimate)}")
    for name, estimate in done.summary.baselines.items():
        _say(f"{'auroc of ' + name:20} {_text(estimate)}")
    for name, what in done.summary.files.items():
        _say(f"wrote {folder / name}: {what}")
    return 0


def read_cohort(options: argparse.Namespace) -> "cohorts.Cohort":
    """Read the cohort that the options name.

    Raises:
        InvalidInputError: columns are missing (all are named at once), or there are several
            classes and `--versus` does not say which is the other.
    """
    source = Path(options.source)
    if source.is_dir():
        pattern = {} if options.pattern is None else {"pattern": options.pattern}
        cohort = cohorts.read_folder(source, **pattern, positive=options.positive)
    else:
        cohort = _from_table(source, options)
    return _two_classes(cohort, options)


def _from_table(source: Path, options: argparse.Namespace) -> "cohorts.Cohort":
    columns = read_all_columns(source)
    independent = options.patient.lower() == "none" and "none" not in columns
    wanted = ["image", "label", *([] if independent else ["patient"])]
    further = [*options.covariates, *([options.part_column] if options.part_column else [])]
    missing = [name for name in wanted if getattr(options, name) not in columns]
    unknown = [name for name in further if name not in columns]
    if missing or unknown:
        raise InvalidInputError(_missing(source, columns, missing, unknown, options))
    if independent:
        _say("--patient none: every image is taken as another patient's")
    return cohorts.read_table(
        source,
        image=options.image,
        label=options.label,
        patient=None if independent else options.patient,
        positive=options.positive,
        covariates=further,
        root=options.root,
    )


def _missing(
    source: Path,
    columns: Iterable[str],
    missing: Sequence[str],
    unknown: Sequence[str],
    options: argparse.Namespace,
) -> str:
    lines = [f"{source} has the columns {', '.join(map(repr, columns))}, but:"]
    for name in missing:
        near = [column for column in columns if column.lower() in (name, *_KNOWN[name])]
        told = f"; perhaps --{name} {near[0]}" if near else f"; name one by --{name}"
        if name == "patient":
            told += ", or --patient none where every image is another patient's"
        lines.append(f"  no column {getattr(options, name)!r} for --{name}{told}")
    lines += [f"  no column {name!r}" for name in unknown]
    return "\n".join(lines)


def _two_classes(cohort: "cohorts.Cohort", options: argparse.Namespace) -> "cohorts.Cohort":
    others = [name for name in cohort.classes if name != cohort.positive]
    if options.versus is None:
        if len(others) > 1:
            raise InvalidInputError(
                f"There are {len(others)} classes beside {cohort.positive!r}: "
                f"{', '.join(map(repr, others))}. Say --versus rest, or --versus and one of them."
            )
        return cohort
    if options.versus == "rest" and "rest" not in others:
        return cohort if len(others) == 1 else cohort.one_vs_rest(cohort.positive)
    if options.versus not in others:
        raise InvalidInputError(
            f"--versus must be 'rest' or one of {', '.join(map(repr, others))}, got "
            f"{options.versus!r}."
        )
    return cohort.drop_classes([name for name in others if name != options.versus])


def _text(estimate: dict[str, float | None]) -> str:
    if estimate["value"] is None:
        return f"not estimable: {estimate['not_estimable']}"
    if estimate["lower"] is None or estimate["upper"] is None:
        return f"{estimate['value']:.3f} (no interval)"
    return f"{estimate['value']:.3f} ({estimate['lower']:.3f} to {estimate['upper']:.3f})"


def _say(text: str) -> None:
    print(text, flush=True)  # noqa: T201
