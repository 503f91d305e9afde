"""prevalens audit: patients and images that stand in two parts of a partition."""

import argparse

from prevalens import splits
from prevalens.verbs.arguments import add_cohort, cohort_of

PURPOSE = "look for patients and images that stand in two parts of a partition"
EXAMPLE = (
    "images.csv --image file --label diagnosis --patient person \\\n"
    "    --positive sick --partition partition.json"
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the arguments of the verb."""
    add_cohort(parser)
    add = parser.add_argument
    add("--partition", required=True, metavar="FILE", help="partition that `split` wrote (.json)")
    add("--strata", nargs="*", default=[], metavar="COLUMN", help="columns that `split` balanced")


def run(options: argparse.Namespace) -> int:
    """Audit the partition; return 0, or 1 where something was found."""
    cohort = cohort_of(options, *options.strata)
    audit = splits.audit_leakage(cohort, splits.Partition.load(options.partition, cohort=cohort))
    print(audit)  # noqa: T201
    return 0 if audit.ok else 1
