"""prevalens study: from a table of images to a report, a classifier and a plan."""

import argparse
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from prevalens import studies
from prevalens.exceptions import InvalidInputError
from prevalens.verbs.arguments import add_pooling, pooling_of
from prevalens.verbs.study_cohort import read_cohort

PURPOSE = "audit, plan, cross-fit and report a whole study of images"
EXAMPLE = (
    "images.csv --positive sick --weights backbone.keras -o runs/sick\n"
    "  prevalens study photos/ --pattern '{label}/{patient}_{shot}.png' --positive sick \\\n"
    "    -o runs/sick --plan-only"
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the arguments of the verb."""
    where = parser.add_argument_group("the images")
    add_image_columns(where)
    _add_further_columns(where)
    _add_classes(where)
    add_odd_cells(parser.add_argument_group("tables that are not as plain"))
    how = parser.add_argument_group("patients as the unit")
    how.add_argument(
        "--unit",
        choices=("image", "patient"),
        help="unit of the decisions (default: image)",
    )
    add_pooling(how, unit=False)
    _add_choices(parser.add_argument_group("the study"))
    parser.add_argument(
        "-o", "--output", metavar="RUN", help="folder of the run, which is created; required"
    )


def add_image_columns(where: "argparse._ArgumentGroup") -> None:
    """Add what says where images, classes and patients stand, in a table or in a folder."""
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
    where.add_argument(
        "--root", metavar="FOLDER", help="folder of the image paths (default: TABLE's)"
    )
    where.add_argument(
        "--allow-outside",
        action="store_true",
        help="accept image paths that lead out of --root, and links that lead out of the folder",
    )
    where.add_argument(
        "--pattern",
        metavar="TEMPLATE",
        help="template of the paths in a folder (default: '{label}/{patient}_*')",
    )


def _add_further_columns(where: "argparse._ArgumentGroup") -> None:
    where.add_argument(
        "--covariates",
        nargs="*",
        default=[],
        metavar="COLUMN",
        help="columns of the baseline that sees no image",
    )
    where.add_argument(
        "--part-column", metavar="COLUMN", help="column in which 'test' names the held-out rows"
    )


def _add_classes(where: "argparse._ArgumentGroup") -> None:
    where.add_argument(
        "--positive",
        metavar="CLASS",
        help="class whose miss is the costly error; without it all of three or more are studied, "
        "and of 0 and 1 or no and yes the second is it",
    )
    where.add_argument(
        "--versus",
        metavar="CLASS",
        help="one other class, where there are several (default: 'rest', all others together)",
    )
    where.add_argument(
        "--labels",
        nargs="+",
        default=[],
        metavar="LABEL",
        help="labels of which an image may have any number: columns of 0, 1 and blank (not "
        "known), or patterns such as 'finding_*'; with --separator findings of its cells, where "
        "all are studied without --labels and --positive",
    )
    where.add_argument(
        "--leave-out",
        nargs="+",
        default=[],
        metavar="CLASS",
        help="classes whose images are left out, such as those of one or two patients; labels "
        "that are left out, whose images stay",
    )
    where.add_argument(
        "--grades",
        nargs="+",
        default=[],
        metavar="CLASS",
        help="say that the classes are grades: all of them, from the lowest to the highest",
    )


def add_odd_cells(where: "argparse._ArgumentGroup") -> None:
    """Add what says how to read labels and names that are not one class and one path."""
    where.add_argument(
        "--find",
        action="store_true",
        help="look image names up in all folders below --root, with their suffix or without",
    )
    where.add_argument(
        "--separator",
        metavar="MARK",
        help="mark between several findings of one cell, such as '|': an image is positive if "
        "--positive is among them, and without --positive all are studied; 'none': each cell is "
        "one class",
    )
    where.add_argument(
        "--blank", metavar="CLASS", help="class of rows without a label; 'drop' leaves them out"
    )
    where.add_argument(
        "--combine",
        choices=("any",),
        help="for several rows an image: positive where any of its rows is",
    )


def _add_choices(how: "argparse._ArgumentGroup") -> None:
    how.add_argument(
        "--weights",
        metavar="FILE",
        help="network without its top (.keras), or a name of keras.applications, whose ImageNet "
        "weights are downloaded (default: EfficientNetB0)",
    )
    how.add_argument(
        "--preprocessing",
        metavar="WORD",
        help="scaling of pixels that the network needs: tf, torch",
    )
    how.add_argument(
        "--sensitivity",
        type=float,
        metavar="SHARE",
        help="sensitivity asked for, of two classes (default: 0.95)",
    )
    how.add_argument(
        "--prevalence",
        type=float,
        metavar="SHARE",
        help="prevalence where the model will be used, 0 to 1",
    )
    how.add_argument(
        "--minutes",
        type=float,
        metavar="MINUTES",
        help="time the study may take on one core, by an estimate; the plan says what is left out",
    )
    how.add_argument("--seed", type=int, metavar="N", help="random seed (default: 0)")
    how.add_argument(
        "--jobs", type=int, default=1, metavar="N", help="folds trained at once (default: 1)"
    )
    how.add_argument("--plan", metavar="FILE", help="edited plan to follow, instead of a new one")
    how.add_argument("--plan-only", action="store_true", help="write the plan and train nothing")
    how.add_argument("--resume", action="store_true", help="continue a RUN that was interrupted")


def run(options: argparse.Namespace) -> int:
    """Plan the study and run it; return 0."""
    cohort = read_cohort(options)
    if options.positive is None and options.prevalence is not None:
        raise InvalidInputError(
            "--prevalence is of two classes: name the one it is of by --positive, or leave it out."
        )
    folder = Path(options.output)
    if not options.resume and folder.exists() and any(folder.iterdir()):
        raise InvalidInputError(
            f"{folder} is not empty. Go on with --resume, or name another --output."
        )
    _say(repr(cohort))
    cohort, made = studies.plan(
        cohort,
        minutes=options.minutes,
        weights=options.weights,
        part=options.part_column,
        unit=options.unit or "image",
        pooling=pooling_of(options),
        sensitivity=options.sensitivity,
        ordered=bool(options.grades),
        preprocessing=options.preprocessing,
        seed=options.seed or 0,
    )
    written = options.plan or (folder / "plan.json" if options.resume else None)
    if written and (options.plan or written.exists()):
        made = studies.StudyPlan.read(written)
        _refuse_other_words(options, made, written)
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
    _tell(done, "macro auroc" if made.several or made.of_labels else "auroc")
    return 0


def _refuse_other_words(
    options: argparse.Namespace, plan: "studies.StudyPlan", written: str | Path
) -> None:
    """Refuse options that the plan which is followed says otherwise: they would have no effect."""
    pooling = None if plan.pooling is None else plan.pooling.pooling
    threshold = None if plan.threshold is None else plan.threshold.sensitivity
    minutes = None if plan.budget is None else plan.budget.minutes
    said = {
        "--seed": (options.seed, plan.seed),
        "--unit": (options.unit, plan.unit),
        "--patient-score": (pooling_of(options), pooling),
        "--weights": (options.weights, plan.network.weights),
        "--preprocessing": (options.preprocessing, plan.network.preprocessing),
        "--sensitivity": (options.sensitivity, threshold),
        "--minutes": (options.minutes, minutes),
        "--grades": (options.grades or None, plan.class_names if plan.ordered else None),
    }
    for name, (asked, planned) in said.items():
        if asked is not None and asked != planned:
            raise InvalidInputError(
                f"{name} says {asked}, and {written}, which is followed, says {planned}. Give the "
                "options that it was made with or none, or begin in another --output."
            )


def _tell(done: "studies.Study", ranked: str) -> None:
    """Print what was found, and the files."""
    summary, patients = done.summary, done.summary.patients or {"estimates": {}}
    found = {name.replace("_", " "): each for name, each in summary.estimates.items()}
    found |= {f"{ranked} of {name}": each for name, each in summary.baselines.items()}
    found |= {f"per patient: {name}": each for name, each in patients["estimates"].items()}
    for label, of in (summary.labels or {}).items():
        for name in ("auroc", "sensitivity", "specificity"):
            found[f"{name} of {label}"] = of["estimates"][name]
    _say(aligned({name: plain_text(each) for name, each in found.items()}))
    if done.is_positive is not None and len(done.summary.folds) > 1:
        _say(
            "Sensitivity, specificity and predictive values take each image by the threshold of "
            "the fold that held it out; the report takes the median of these thresholds."
        )
    for name, what in done.summary.files.items():
        _say(f"wrote {done.folder / name}: {what}")


def aligned(told: Mapping[str, str]) -> str:
    """Write a line for each name, what is told of them one below the other."""
    width = max(map(len, told), default=0)
    return "\n".join(f"{name:{width}}  {text}" for name, text in told.items())


def plain_text(estimate: dict[str, Any]) -> str:
    """Write an estimate of a record, with its limits or why there are none."""
    if estimate["value"] is None:
        return f"not estimable: {estimate['not_estimable']}"
    if estimate["lower"] is None or estimate["upper"] is None:
        return f"{estimate['value']:.3f} (no interval)"
    return f"{estimate['value']:.3f} ({estimate['lower']:.3f} to {estimate['upper']:.3f})"


def _say(text: str) -> None:
    print(text, flush=True)  # noqa: T201
