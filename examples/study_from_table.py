"""Cross-validate a transfer-learning study of your own images, listed in a CSV table.

A frozen MobileNet gives each image 1,024 features; a logistic head is fitted to them. Five answers
to class imbalance are compared on the same patient-grouped folds: undersampling (redrawn each
epoch), class weights, focal loss, logit-adjusted loss, and nothing. The head's penalty is chosen
inside the training patients of each fold (nested cross-validation), so no test patient has a say in
anything. The table needs the columns image, label and patient; image paths are relative to
--images.

    python examples/study_from_table.py --table study/manifest.csv --positive effusion \
        --weights mobilenet_to_conv_pw_12.weights.h5 --output runs/effusion
"""

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

# First, because it says in words what to do where Keras finds no backend.
from prevalens.models import create_classifier  # isort: split

import keras
import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import expit
from sklearn.preprocessing import StandardScaler

from prevalens.batches import ImageDataset, UndersamplingPlan
from prevalens.cohorts import Cohort, read_table
from prevalens.decisions import correct_prior_shift, fit_recalibration
from prevalens.exceptions import PrevalensError
from prevalens.metrics import Estimate, auroc, brier, calibration_intercept, calibration_slope
from prevalens.predictions import Predictions
from prevalens.splits import PatientKFold

ARMS = ("undersampling", "class weights", "focal loss", "logit-adjusted loss", "nothing")
PENALTIES = tuple(10.0 ** (half / 2) for half in range(-8, -1))  # C, 0.0001 to 0.1: small is strong
EPOCHS = 8  # draws from the majority that undersampling trains on
FOCUS = 2.0  # the focal loss' gamma, as published

Numbers: TypeAlias = NDArray[np.float64]
Rows: TypeAlias = NDArray[np.int64]


@dataclass(frozen=True)
class Study:
    """A cohort, the features of its images, and how often to cut it."""

    cohort: Cohort
    features: Numbers  # (n_rows, 1024)
    folds: int


def main(arguments: list[str] | None = None) -> int:
    """Run the study and print its table; return 0, or 1 with an error that says what to do."""
    options = parser().parse_args(arguments)
    try:
        cohort = read_table(
            options.table,
            image="image",
            label="label",
            patient="patient",
            positive=options.positive,
            root=options.images,
        )
        print(cohort, flush=True)
        features = frozen_features(cohort, weights=options.weights, last=options.last_layer)
        report(Study(cohort, features, options.folds), options.partitions, options.output)
    except PrevalensError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


def parser() -> argparse.ArgumentParser:
    """Describe the arguments."""
    made = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    made.add_argument("--table", required=True, help="CSV with the columns image, label, patient")
    made.add_argument("--images", help="folder of the images; by default that of the table")
    made.add_argument("--positive", required=True, help="the label whose miss is costly")
    made.add_argument("--weights", default="imagenet", help="file of MobileNet weights")
    made.add_argument("--last-layer", default="conv_pw_12_relu", help="where the weights end")
    made.add_argument("--folds", type=int, default=5)
    made.add_argument("--partitions", type=int, default=5, help="how many ways to cut the folds")
    made.add_argument("--output", type=Path, help="folder for the held-out predictions")
    return made


def frozen_features(cohort: Cohort, *, weights: str, last: str) -> Numbers:
    """Return the mean of the last feature maps of each image, shape `(n_rows, 1024)`."""
    full = keras.applications.MobileNet(
        include_top=False,
        weights="imagenet" if weights == "imagenet" else None,
        input_shape=(224, 224, 3),
    )
    backbone = keras.Model(full.input, full.get_layer(last).output)
    if weights != "imagenet":
        backbone.load_weights(weights)
    classifier = create_classifier(backbone, image_size=224, preprocessing="tf", freeze=True)
    pooled = keras.Model(classifier.input, classifier.get_layer("avg_pool").output)
    images = ImageDataset(cohort, np.arange(len(cohort)), image_size=224, batch_size=32)
    return np.asarray(pooled.predict(images, verbose=0), dtype=np.float64)


def report(study: Study, partitions: int, output: Path | None) -> None:
    """Print one row per arm, over the patients of the first partition; write its predictions."""
    print(f"\n{study.folds} patient-grouped folds, every image scored once; 95 % intervals over")
    print(f"patients. Cut anew in {partitions} ways: lowest, mean and highest AUROC.\n")
    print("| arm | AUROC | of all cuts | Brier | calibration intercept | calibration slope |")
    print("|---|---|---|---|---|---|")
    for arm in ARMS:
        runs = [held_out_scores(study, arm, seed) for seed in range(partitions)]
        ranks = [float(estimate(auroc, study, corrected).value or 0) for _, corrected in runs]
        spread = f"{min(ranks):.3f}, {np.mean(ranks):.3f}, {max(ranks):.3f}"
        for name, scores in zip(("as trained", "corrected"), runs[0], strict=True):
            if arm == "nothing" and name == "corrected":
                continue  # trained at the cohort's own prevalence: there is nothing to correct
            cells = [
                text(estimate(of, study, scores))
                for of in (auroc, brier, calibration_intercept, calibration_slope)
            ]
            cells.insert(1, spread)
            print(f"| {arm}, {name} | {' | '.join(cells)} |", flush=True)
        if output is not None:
            rows = np.arange(len(study.cohort))
            file = output / f"predictions_{arm.replace(' ', '_')}.csv"
            Predictions.of(study.cohort, rows, runs[0][1]).save(file)


def held_out_scores(study: Study, arm: str, seed: int) -> tuple[Numbers, Numbers]:
    """Return each image's score from the fold that held its patient out, raw and corrected."""
    cohort = study.cohort
    raw, corrected = np.zeros(len(cohort)), np.zeros(len(cohort))
    rows = np.arange(len(cohort))
    for train, test in PatientKFold(study.folds, seed=seed).split(
        rows, cohort.labels, cohort.patients
    ):
        penalty, inner = chosen_penalty(study, arm, train, seed)
        (head,) = fitted(study, arm, train, seed, [penalty])
        raw[test] = head.scores(study.features[test])
        prevalence = float(cohort.is_positive[train].mean())
        if arm == "nothing":
            corrected[test] = raw[test]
        elif arm == "focal loss":
            # Its scores are of no prevalence: Platt's map from the inner folds, not Bayes' rule.
            platt = fit_recalibration(Predictions.of(cohort, train, inner), method="platt")
            corrected[test] = platt.correct(raw[test])
        else:
            corrected[test] = correct_prior_shift(
                raw[test], train_prevalence=0.5, target_prevalence=prevalence
            )
    return raw, corrected


def chosen_penalty(study: Study, arm: str, train: Rows, seed: int) -> tuple[float, Numbers]:
    """Choose the penalty by cross-validation inside the training patients alone.

    Returns:
        The penalty with the largest AUROC, and the scores it gave to the inner held-out rows.
    """
    labels, patients = study.cohort.labels[train], study.cohort.patients[train]
    scores = np.zeros((len(PENALTIES), len(train)))
    for fit, rest in PatientKFold(4, seed=seed).split(train, labels, patients):
        for row, head in zip(scores, fitted(study, arm, train[fit], seed, PENALTIES), strict=True):
            row[rest] = head.scores(study.features[train[rest]])
    ranks = [float(auroc(labels, row, patients=patients).value or 0) for row in scores]
    best = int(np.argmax(ranks))
    return PENALTIES[best], scores[best]


@dataclass(frozen=True)
class Head:
    """A logistic regression on standardised features."""

    scaler: StandardScaler
    weights: Numbers  # (1024,)
    intercept: float

    def scores(self, features: Numbers) -> Numbers:
        """Return the score of each row of features."""
        logits = self.scaler.transform(features) @ self.weights + self.intercept
        return np.asarray(expit(logits), dtype=np.float64)


def fitted(study: Study, arm: str, rows: Rows, seed: int, penalties: Sequence[float]) -> list[Head]:
    """Fit a head for each penalty on the given rows, dealing with imbalance as the arm says.

    What is minimised is the weighted sum of the losses plus the squared weights over 2 C, as
    scikit-learn's LogisticRegression does.
    """
    positive = study.cohort.is_positive[rows]
    weights = importances(study.cohort, arm, rows, seed)
    # Menon et al.: the loss sees the log-odds shifted by those of the training prevalence.
    share = float(positive.mean())
    shift = np.log(share / (1 - share)) if arm == "logit-adjusted loss" else 0.0
    signs = np.where(positive, 1.0, -1.0)
    scaler = StandardScaler().fit(study.features[rows])
    # Fewer rows than features: the best weights lie in the space that the rows span.
    left, lengths, directions = np.linalg.svd(
        scaler.transform(study.features[rows]), full_matrices=False
    )
    places = left * lengths
    focus = FOCUS if arm == "focal loss" else 0.0

    def cost(parameters: Numbers, penalty: float) -> tuple[float, Numbers]:
        slopes, intercept = parameters[:-1], parameters[-1]
        losses, by_margin = focal(signs * (places @ slopes + intercept + shift), focus)
        pull = weights * by_margin * signs
        total = float(weights @ losses) + float(slopes @ slopes) / (2 * penalty)
        return total, np.append(pull @ places + slopes / penalty, pull.sum())

    heads, at = [], np.zeros(places.shape[1] + 1)
    for penalty in penalties:
        at = minimize(cost, at, args=(penalty,), jac=True, method="L-BFGS-B").x
        heads.append(Head(scaler, at[:-1] @ directions, float(at[-1])))
    return heads


def importances(cohort: Cohort, arm: str, rows: Rows, seed: int) -> Numbers:
    """Return how much each row counts: by how often it is drawn, by its class, or 1."""
    if arm == "undersampling":
        plan = UndersamplingPlan(
            rows,
            labels=cohort.labels[rows],
            patients=cohort.patients[rows],
            classes=cohort.classes,
            seed=seed,
        )
        shown = np.concatenate([plan.rows(epoch) for epoch in range(EPOCHS)])
        # Eight draws of one study are not eight studies: the penalty must not be outvoted.
        return np.bincount(shown, minlength=len(cohort))[rows] / EPOCHS
    if arm == "class weights":
        share = cohort.is_positive[rows].mean()
        return np.where(cohort.is_positive[rows], 0.5 / share, 0.5 / (1 - share))
    return np.ones(len(rows))


def focal(margins: Numbers, focus: float) -> tuple[Numbers, Numbers]:
    """Return the focal loss of signed log-odds, and its slope; 0 is the cross-entropy."""
    right, wrong = expit(margins), expit(-margins)
    log_right = -np.logaddexp(0, -margins)
    hardness = wrong**focus
    return -hardness * log_right, hardness * (focus * right * log_right - wrong)


def estimate(of: Any, study: Study, scores: Numbers) -> Estimate:
    """Compute one estimate over the study's patients."""
    made: Estimate = of(study.cohort.is_positive, scores, patients=study.cohort.patients)
    return made


def text(of: Estimate) -> str:
    """Write an estimate with its interval."""
    if of.value is None:
        return f"not estimable: {of.not_estimable}"
    return f"{of.value:.3f} [{of.lower:.3f}, {of.upper:.3f}]"


if __name__ == "__main__":
    raise SystemExit(main())
