"""prevalens validate: the model of a study on the next cohort, beside the study's own estimates."""

import argparse
from collections import Counter
from pathlib import Path

from prevalens import cohorts, reports, studies
from prevalens._checks import name_some
from prevalens._tables import read_all_columns, read_columns
from prevalens.exceptions import InvalidInputError
from prevalens.verbs.folder_layout import classes_below
from prevalens.verbs.label_cells import WHOLE, classes_in, separator_of
from prevalens.verbs.study import add_image_columns, add_odd_cells, aligned, plain_text
from prevalens.verbs.study_cohort import read_images

PURPOSE = "report a study's model on the next cohort, beside the study's own held-out estimates"
EXAMPLE = "runs/sick next_hospital.csv -o runs/sick_next_hospital"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the arguments of the verb."""
    parser.add_argument("study", metavar="RUN", help="folder that `prevalens study` wrote")
    where = parser.add_argument_group("the images of the next cohort")
    add_image_columns(where)
    where.add_argument(
        "--other-patients",
        action="store_true",
        help="say that patient ids which both cohorts have are of other people",
    )
    add_odd_cells(parser.add_argument_group("tables that are not as plain"))
    how = parser.add_argument_group("the report")
    how.add_argument(
        "--by", nargs="*", default=[], metavar="COLUMN", help="subgroups to report apart"
    )
    how.add_argument(
        "--prevalence",
        type=float,
        metavar="SHARE",
        help="prevalence where the model will be used, 0 to 1",
    )
    parser.add_argument(
        "-o", "--output", required=True, metavar="FOLDER", help="folder of the report, a new one"
    )


def run(options: argparse.Namespace) -> int:
    """Score the next cohort, print what changed and write the report; return 0."""
    folder = Path(options.study)
    if not (folder / "plan.json").is_file():
        raise InvalidInputError(
            f"{folder} is no folder of a study: it holds no plan.json. Name the folder that "
            "`prevalens study` wrote."
        )
    plan = studies.StudyPlan.read(folder / "plan.json")
    plan.refuse_next_cohort(folder)
    cohort = _cohort(options, folder, plan)
    report = studies.validate_study(
        folder,
        cohort,
        options.output,
        prevalence=options.prevalence,
        by=options.by,
        other_patients=options.other_patients,
    )
    print(_told(report))  # noqa: T201
    for name in ("report.html", "report.json", "predictions.csv"):
        print(f"wrote {Path(options.output) / name}")  # noqa: T201
    return 0


def _cohort(
    options: argparse.Namespace, folder: Path, plan: "studies.StudyPlan"
) -> "cohorts.Cohort":
    """Read the images of the next cohort, as images of the study's classes."""
    wanted = [plan.positive] if plan.positive is not None else plan.class_names
    # What reads a study's images takes these too.
    options.leave_out, options.versus, options.part_column = [], None, None
    options.covariates = options.by
    options.positive = _present(options, wanted)
    cohort = read_images(options)
    if plan.positive is None or len(cohort.classes) < 3:
        return cohort
    other = _negative_of(folder, plan.positive)
    if other not in cohort.classes:
        return cohort.one_vs_rest(plan.positive)
    left_out = [name for name in cohort.classes if name not in {other, plan.positive}]
    counts = Counter(cohort.label_names.tolist())
    told = ", ".join(f"{name} ({counts[name]} images)" for name in left_out)
    print(f"left out, as the study is of {plan.positive!r} against {other!r}: {told}")  # noqa: T201
    reason = f"not of the study of {plan.positive!r} against {other!r}"
    return cohort.drop_classes(left_out, reason=reason)


def _present(options: argparse.Namespace, wanted: list[str]) -> str:
    """Return the first of the study's classes that some image has."""
    source = Path(options.source)
    if source.is_dir():
        found = classes_below(source, options)
    else:
        cells = read_all_columns(source).get(options.label)
        if cells is None:  # which is said with all else that is missing
            return wanted[0]
        separator = options.separator or separator_of(cells, wanted[0])
        found = classes_in(cells, None if separator == WHOLE else separator)
    present = next((name for name in wanted if name in found), None)
    if present is None and found:
        raise InvalidInputError(
            f"No image of {source} is of a class of the study, {name_some(wanted)}; its classes "
            f"are {name_some(found)}. Name classes as the study did, or their column by --label."
        )
    return present or wanted[0]


def _negative_of(folder: Path, positive: str) -> str:
    """Return the name of the study's other class."""
    names = read_columns(folder / "predictions.csv", ["class"])["class"]
    return next((str(name) for name in names if str(name) != positive), f"not {positive}")


def _told(report: "reports.ClinicalReport") -> str:
    """Return a line for each measure: held out in the study, here, and the difference."""
    part, told = report["next_cohort"], dict[str, str]()
    for of, found in (
        ("", part["differences"]),
        ("per patient: ", part["patient_differences"]),
    ):
        for key, each in found.items():
            study, here, gap = (
                plain_text(each[side]) for side in ("second", "first", "difference")
            )
            name = f"{of}{key.replace('_', ' ')}:"
            told[name] = f"study {study}; here {here}; difference {gap}"
    return aligned(told)
