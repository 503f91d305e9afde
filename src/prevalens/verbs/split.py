"""prevalens split: whole patients into train, validation and test parts."""

import argparse
import json
from pathlib import Path

from prevalens import splits
from prevalens._checks import check_choice
from prevalens.exceptions import InvalidInputError
from prevalens.verbs.arguments import add_cohort, cohort_of

PURPOSE = "divide a table into train, validation and test parts of whole patients"
EXAMPLE = (
    "images.csv --image file --label diagnosis --patient person \\\n"
    "    --positive sick --seed 7 -o partition.json"
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the arguments of the verb."""
    add_cohort(parser)
    add = parser.add_argument
    add("--validation", type=float, default=0.15, metavar="SHARE", help="of images, 0 to 1 (0.15)")
    add("--test", type=float, default=0.15, metavar="SHARE", help="of images, 0 to 1 (0.15)")
    add("--seed", type=int, default=0, metavar="NUMBER", help="the same one, the same parts (0)")
    add("--strata", nargs="*", default=[], metavar="COLUMN", help="columns to balance as well")
    add("-o", "--output", required=True, metavar="FILE", help="partition to write (.json)")


def run(options: argparse.Namespace) -> int:
    """Split the table and write the partition; return 0."""
    output = Path(options.output)
    check_choice("the suffix of --output", output.suffix.lower(), (".json",))
    cohort = cohort_of(options, *options.strata)
    splitter = splits.PatientHoldout(
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


def _refuse_to_replace(path: Path, partition: "splits.Partition") -> None:
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
