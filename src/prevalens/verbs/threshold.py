"""prevalens threshold: choose a threshold on a table of validation predictions."""

import argparse

from prevalens import decisions, predictions
from prevalens._writing import write_json
from prevalens.exceptions import InvalidInputError
from prevalens.verbs.arguments import (
    add_pooling,
    add_prediction_columns,
    pooling_of,
    predictions_of,
)

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
    parser.add_argument(
        "--refer",
        action="store_true",
        help="choose two thresholds and refer what is between them to a human; --sensitivity is "
        "kept by the lower and --specificity by the upper, with --confidence for both (default: "
        "0.95 each)",
    )
    parser.add_argument(
        "--prevalence",
        type=float,
        metavar="SHARE",
        help="with --refer: of the positive where the model will be used, 0 to 1",
    )
    add_pooling(parser.add_argument_group("of patients or lesions, instead of images"))
    parser.add_argument("-o", "--output", metavar="FILE", help="write it as JSON as well")


def run(options: argparse.Namespace) -> int:
    """Choose the threshold and print it; return 0."""
    held, pooling = predictions_of(options, options.table), pooling_of(options)
    if pooling is not None:
        few = pooling.unclassifiable(held)
        held = pooling.pool(held)
        counted = f"{len(held)} {pooling.unit}s, by the {pooling}"
        print(f"{counted}; not classifiable: {few}")  # noqa: T201
    chosen = _referral(options, held) if options.refer else _point(options, held)
    print(chosen)  # noqa: T201
    if options.output is not None:
        write_json(options.output, chosen.to_dict())
        print(f"wrote {options.output}")  # noqa: T201
    return 0


def _point(
    options: argparse.Namespace, held: "predictions.Predictions"
) -> "decisions.OperatingPoint":
    if options.prevalence is not None:
        raise InvalidInputError("`--prevalence` is for the share that is referred: add --refer.")
    return decisions.choose_threshold(
        held,
        sensitivity=options.sensitivity,
        specificity=options.specificity,
        youden=options.youden,
        cost_ratio=options.cost_ratio,
        net_benefit=options.net_benefit,
        confidence=options.confidence,
    )


def _referral(options: argparse.Namespace, held: "predictions.Predictions") -> "decisions.Referral":
    if options.youden or options.cost_ratio is not None or options.net_benefit is not None:
        raise InvalidInputError(
            "`--refer` takes --sensitivity, --specificity and --confidence. Leave out --youden, "
            "--cost-ratio and --net-benefit."
        )
    given = {
        name: getattr(options, name)
        for name in ("sensitivity", "specificity", "confidence")
        if getattr(options, name) is not None
    }
    return decisions.choose_referral(held, prevalence=options.prevalence, **given)
