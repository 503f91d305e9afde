"""Cross-validate a study of several classes, from your own images listed in a CSV table.

A frozen network gives each image its features; a logistic head of all classes is fitted to them,
its penalty chosen inside the training patients of each fold. Three answers to imbalance are
compared on the same folds: nothing, class weights, and nothing turned to equal classes by Bayes'
rule. Before that, the covariates are audited: what tells the class without the image. The table
needs columns of images, classes and patients (or lesions: what must be in one part alone).

    python examples/study_several_classes.py --table ham10000/manifest.csv --patient lesion \
        --positive mel --covariates dx_type age sex localization \
        --weights efficientnet_lite0_notop.keras --output runs/ham
"""

import argparse
import sys
import warnings
from dataclasses import dataclass
from pathlib import Path

# First, because it says in words what to do where Keras finds no backend.
from prevalens.features import FeatureStore, cross_fit_head, extract_features  # isort: split

import numpy as np

from prevalens.cohorts import Cohort, read_table
from prevalens.decisions import correct_predictions, correct_prior_shift
from prevalens.exceptions import DataWarning, PrevalensError
from prevalens.metrics import (
    Estimate,
    auroc,
    calibration_intercept,
    compare_multiclass,
    multiclass_estimates,
)
from prevalens.predictions import Predictions
from prevalens.splits import audit_shortcuts

PENALTIES = (0.3, 0.1, 0.03)
SHOWN = ("balanced_accuracy", "accuracy", "macro_f1", "macro_auroc", "log_loss")


@dataclass(frozen=True)
class Arms:
    """Held-out predictions of each answer, and the equal shares that two of them are at."""

    nothing: Predictions
    weights: Predictions
    turned: Predictions


def main(arguments: list[str] | None = None) -> int:
    """Run the study and print its tables; return 0, or 1 with an error that says what to do."""
    options = parser().parse_args(arguments)
    try:
        cohort = read_table(
            options.table,
            image=options.image,
            label=options.label,
            patient=options.patient,
            positive=options.positive,
            covariates=options.covariates,
            root=options.images,
        )
        print(cohort, flush=True)
        if options.covariates:
            show_shortcuts(cohort)
        store = FeatureStore(Path(options.output) / "features")
        features = extract_features(
            cohort, options.weights, store=store, preprocessing=options.preprocessing
        )
        arms = cross_fitted(cohort, features.values, folds=options.folds)
    except PrevalensError as error:
        print(f"study_several_classes: {error}", file=sys.stderr)
        return 1
    arms.nothing.save(Path(options.output) / "predictions.csv")
    show_arms(arms)
    show_one_class(arms.weights, cohort.positive)
    return 0


def show_shortcuts(cohort: Cohort) -> None:
    """Print how well each covariate tells the positive class from all others."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DataWarning)  # it says what is printed below
        print(f"\n{audit_shortcuts(cohort, images=False)}\n", flush=True)


def cross_fitted(cohort: Cohort, features: np.ndarray, *, folds: int) -> Arms:
    """Return each answer's score of every image, by a head that never saw its patient."""
    names = np.array(cohort.classes)[cohort.labels]
    every, k = np.arange(len(cohort)), len(cohort.classes)
    shares = (np.bincount(cohort.labels, minlength=k) / len(cohort)).tolist()
    made = {}
    for kind, trained_at in (("logistic", shares), ("balanced_logistic", [1 / k] * k)):
        fitted = cross_fit_head(
            features, names, cohort.patients, n_splits=folds, kind=kind, penalties=PENALTIES
        )
        print(f"{kind}: penalties {[head.penalty for head in fitted.heads]}", flush=True)
        # The head orders classes by name.
        order = [fitted.heads[0].classes.index(name) for name in cohort.classes]
        made[kind] = Predictions.of(
            cohort, every, fitted.scores[:, order], train_prevalence=trained_at
        )
    plain, weighted = made.values()
    return Arms(plain, weighted, correct_predictions(plain, [1 / k] * k))


def show_arms(arms: Arms) -> None:
    """Print the estimates of each answer, each class, and the difference that matters."""
    of_all = {
        "nothing": arms.nothing,
        "class weights": arms.weights,
        "nothing, turned to equal classes": arms.turned,
    }
    print(f"\n| answer | {' | '.join(SHOWN)} |\n{'|---' * (1 + len(SHOWN))}|")
    for name, held in of_all.items():
        made = multiclass_estimates(
            held.labels, held.scores, classes=held.classes, patients=held.patients
        )
        print(f"| {name} | {' | '.join(told(made.overall[key]) for key in SHOWN)} |", flush=True)
    held = arms.turned
    made = multiclass_estimates(
        held.labels, held.scores, classes=held.classes, patients=held.patients
    )
    print("\nEach class, turned to equal classes:\n")
    print("| class | images | patients | sensitivity | PPV | AUROC |\n|---|---|---|---|---|---|")
    for code, (name, own) in enumerate(made.per_class.items()):
        rows = held.labels == code
        owners = int(rows.sum()) if held.patients is None else len(set(held.patients[rows]))
        cells = " | ".join(told(own[key]) for key in ("sensitivity", "ppv", "auroc"))
        print(f"| {name} | {int(rows.sum()):,} | {owners:,} | {cells} |")
    contrast = compare_multiclass(
        held.labels,
        held.scores,
        arms.weights.scores,
        classes=held.classes,
        measure="balanced_accuracy",
        patients=held.patients,
    )
    print(f"\nBalanced accuracy, turned minus weighted: {told(contrast.difference)}")


def show_one_class(weighted: Predictions, name: str) -> None:
    """Print one class against the rest: all classes corrected together, and it alone."""
    k = len(weighted.classes)
    shares = (np.bincount(weighted.labels, minlength=k) / len(weighted)).tolist()
    together = correct_predictions(weighted, shares).one_vs_rest(name)
    alone = correct_prior_shift(
        weighted.one_vs_rest(name).scores,
        train_prevalence=1 / k,
        target_prevalence=shares[weighted.classes.index(name)],
    )
    print(f"\n| {name} against the rest, class weights | AUROC | calibration intercept |")
    print("|---|---|---|")
    for what, scores in (
        ("all classes corrected together", together.scores),
        ("it alone, as if of two classes", alone),
    ):
        cells = [
            told(measure(together.labels, scores, patients=together.patients))
            for measure in (auroc, calibration_intercept)
        ]
        print(f"| {what} | {' | '.join(cells)} |")


def told(estimate: Estimate) -> str:
    """Return an estimate with its interval, three decimals."""
    if estimate.value is None or estimate.lower is None or estimate.upper is None:
        return f"not estimable: {estimate.not_estimable or estimate.note}"
    return f"{estimate.value:.3f} [{estimate.lower:.3f}, {estimate.upper:.3f}]"


def parser() -> argparse.ArgumentParser:
    """Return what the command takes."""
    made = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = made.add_argument
    add("--table", required=True, help="CSV with one row per image")
    add("--image", default="image", help="column of image paths (image)")
    add("--label", default="label", help="column of class names (label)")
    add("--patient", default="patient", help="column of patient or lesion ids (patient)")
    add("--positive", required=True, help="class that is also shown against the rest")
    add("--covariates", nargs="*", default=[], help="columns that may tell the class")
    add("--images", help="folder that image paths start from (that of the table)")
    add("--weights", required=True, help=".keras file of a network without its top")
    add("--preprocessing", help="what pixels need, where the network does not rescale them")
    add("--folds", type=int, default=5, help="folds of patients (5)")
    add("--output", required=True, help="folder for features and predictions")
    return made


if __name__ == "__main__":
    raise SystemExit(main())
