"""prevalens threshold: choose a threshold on a table of validation predictions."""

import argparse

from prevalens import decisions
from prevalens._writing import write_json
from prevalens.verbs.arguments import add_prediction_columns, predictions_of

PURPOSE = "choose a threshold on validation predictions"
EXAMPLE = "validation.csv --patient patient --sensitivity 0.95 --confidence 0.95"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the arguments of the verb."""
    parser.add_argument("table", metavar="TABLE", help="CSV with one row per image")
    add_prediction_columns(parser)
    rule = parser.add_argument_group("the rule, one of (default: --sensitivity 0.95)")
    add = rule.add_argument
    add("--sensitivity", type=float, metavar="SHARE", help="at least this, 0 to 1")
    add("--specificity", type=float, metavar="SHARE", help="at least this, 0 to 1")
    add("--youden", action="store_true", help="largest sensitivity + specificity")
    add("--cost-ratio", type=float, metavar="RATIO", help="cost of a miss per false alarm")
    add("--net-benefit", type=float, metavar="SHARE", help="threshold probability, 0 to 1")
    parser.add_argument(
        "--confidence",
        type=float,
        metavar="SHARE",
        help="promise the sensitivity or specificity of new patients, with this confidence",
    )
    parser.add_argument("-o", "--output", metavar="FILE", help="write it as JSON as well")


def run(options: argparse.Namespace) -> int:
    """Choose the threshold and print it; return 0."""
    point = decisions.choose_threshold(
        predictions_of(options, options.table),
        sensitivity=options.sensitivity,
        specificity=options.specificity,
        youden=options.youden,
        cost_ratio=options.cost_ratio,
        net_benefit=options.net_benefit,
        confidence=options.confidence,
    )
    print(point)  # noqa: T201
    if options.output is not None:
        write_json(options.output, point.to_dict())
        print(f"wrote {options.output}")  # noqa: T201
    return 0
