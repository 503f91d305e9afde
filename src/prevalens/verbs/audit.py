"""prevalens audit: what crosses parts, gives the label away or shifts, and odd pictures."""

import argparse
import warnings

import numpy as np

from prevalens import cohorts, images, splits
from prevalens.exceptions import InvalidInputError, LeakageWarning
from prevalens.verbs.arguments import add_cohort, cohort_of

PURPOSE = "look for patients and images in two parts, for shortcuts, shifts and odd pictures"
EXAMPLE = (
    "images.csv --image file --label diagnosis --patient person \\\n"
    "    --positive sick --partition partition.json --covariates age site"
)
LOOKS = ("leakage", "shortcuts", "shifts", "pictures")
_SHOWN = 12  # shifts that are printed
_FOLDS = 5


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the arguments of the verb."""
    add_cohort(parser)
    parts = parser.add_mutually_exclusive_group()
    parts.add_argument(
        "--partition", metavar="FILE", help="partition that `prevalens split` wrote (.json)"
    )
    parts.add_argument("--part-column", metavar="COLUMN", help="column that names each row's part")
    add = parser.add_argument
    add(
        "--strata",
        nargs="*",
        default=[],
        metavar="COLUMN",
        help="columns that `prevalens split` balanced",
    )
    add(
        *("--covariates", "--by"),
        nargs="*",
        default=[],
        metavar="COLUMN",
        help="columns to look at as shortcuts, and for shifts",
    )
    add(
        "--only",
        nargs="+",
        choices=LOOKS,
        default=list(LOOKS),
        help="what to look for (default: all)",
    )


def run(options: argparse.Namespace) -> int:
    """Audit, and print what was found; return 0, or 1 where something leaks or is a shortcut."""
    whole = cohort_of(options, *dict.fromkeys([*options.strata, *options.covariates]))
    asked = [look for look in LOOKS if look in options.only]
    partition = None
    if not {"leakage", "shifts"}.isdisjoint(asked):
        cohort, partition = _parts(options)
    found = False
    for look in asked:
        if look == "leakage" and partition is not None:
            leaks = splits.audit_leakage(cohort, partition)
            found |= not leaks.ok
            print(leaks)  # noqa: T201
        elif look == "shortcuts":
            found |= _shortcuts(whole)
        elif look == "pictures":
            found |= _odd_pictures(whole)
        elif partition is not None:
            _shifts(whole, partition)
    return int(found)


def _parts(options: argparse.Namespace) -> "tuple[cohorts.Cohort, splits.Partition]":
    if options.part_column is not None:
        cohort = cohort_of(options, *dict.fromkeys([*options.strata, options.part_column]))
        return cohort, splits.Partition.of(cohort, column=options.part_column)
    if options.partition is None:
        raise InvalidInputError(
            "Leakage and shifts are between parts: name them by --partition or --part-column, or "
            "say --only shortcuts pictures."
        )
    cohort = cohort_of(options, *options.strata)
    return cohort, splits.Partition.load(options.partition, cohort=cohort)


def _shortcuts(cohort: "cohorts.Cohort") -> bool:
    """Print what tells the label without the picture; return whether some of it is suspicious."""
    files = any(cohort.path(row).is_file() for row in range(len(cohort)))
    positive = cohort.is_positive
    rarer = min(len(np.unique(cohort.patients[positive == code])) for code in (True, False))
    reason = "" if files or cohort.covariates else "no image is there, and no column is named"
    reason = reason or ("" if rarer > 1 else f"a class comes from {rarer} patients")
    if reason:
        print(f"Shortcuts NOT looked for: {reason}.")  # noqa: T201
        return False
    audit = splits.audit_shortcuts(cohort, images=files, n_splits=min(_FOLDS, rarer))
    print(audit)  # noqa: T201
    if not files:
        print("  file size, border and the like: not tried, no image is there")  # noqa: T201
    return not audit.ok


def _odd_pictures(cohort: "cohorts.Cohort") -> bool:
    """Print which pictures are blank, flat or of few levels; return whether one is."""
    paths = [str(cohort.path(row)) for row in range(len(cohort))]
    if not any(map(images.FileReader().matches, paths)):
        print("Odd pictures NOT looked for: no image is there.")  # noqa: T201
        return False
    odd = images.find_odd_pictures(paths)
    print(odd)  # noqa: T201
    return not odd.ok


def _shifts(cohort: "cohorts.Cohort", partition: "splits.Partition") -> None:
    """Print how the held-out parts differ from the training part, the largest first."""
    with warnings.catch_warnings():
        # Said by the look for leakage already.
        warnings.simplefilter("ignore", LeakageWarning)
        same = splits.Partition.of(
            cohort,
            train=partition.train,
            validation=partition.validation,
            test=partition.test,
        )
    shifts = splits.covariate_shifts(cohort, same)
    told = "the label alone; --covariates names more" if not cohort.covariates else "largest first"
    print(f"Shifts from train ({told}):")  # noqa: T201
    for shift in shifts[:_SHOWN]:
        print(f"  {shift}{f' [{shift.id}]' if shift.is_imbalance else ''}")  # noqa: T201
    if len(shifts) > _SHOWN:
        print(f"  and {len(shifts) - _SHOWN} smaller ones")  # noqa: T201
    if any(shift.is_imbalance for shift in shifts):
        print(  # noqa: T201
            "  A size above 0.1 is called an imbalance; small parts have larger ones by chance. "
            f"See {shifts[0].page}."
        )
