"""prevalens plan-validation: how many patients a validation needs."""

import argparse

from prevalens import decisions

PURPOSE = "compute how many patients a validation needs, for widths of intervals or a promise"
EXAMPLE = "--prevalence 0.2 --images 20 --correlation cells --auroc 0.9 --sensitivity 0.95"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the arguments of the verb."""
    add = parser.add_argument
    add("--prevalence", type=float, required=True, help="share of positive images expected")
    add("--images", type=float, default=1.0, help="images per patient (default: %(default)g)")
    add(
        "--correlation",
        default="0.2",
        help="correlation of two images of one patient: a number, cells or lesions "
        "(default: %(default)s)",
    )
    for name in ("auroc", "sensitivity", "specificity"):
        add(f"--{name}", type=float, help=f"expected {name}")
    add(
        "--log-odds",
        type=float,
        nargs=2,
        metavar=("MEAN", "SD"),
        help="mean and standard deviation of the scores' log odds",
    )
    add("--threshold", type=float, help="threshold probability, for net benefit")
    add("--promise", type=float, help="sensitivity to be promised over patients")


def run(options: argparse.Namespace) -> int:
    """Print the plan; return 0."""
    try:
        correlation: float | str = float(options.correlation)
    except ValueError:
        correlation = options.correlation
    plan = decisions.plan_validation(
        prevalence=options.prevalence,
        images_per_patient=options.images,
        correlation=correlation,
        auroc=options.auroc,
        sensitivity=options.sensitivity,
        specificity=options.specificity,
        log_odds=None if options.log_odds is None else tuple(options.log_odds),
        threshold=options.threshold,
        promise=options.promise,
    )
    print(plan)  # noqa: T201
    return 0
