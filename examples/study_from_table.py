"""Compare answers to imbalance on your own images, listed in a CSV table, in some forty lines.

`prevalens study` does more in one command; this is for whoever wants to change the steps. A frozen
network gives features, small heads are fitted to them inside patient-grouped folds, and the penalty
of each is chosen inside the training patients of its fold. Trained in balance, scores are corrected
on the odds to the prevalence. The table has the columns image, label and patient.

    python examples/study_from_table.py study/manifest.csv effusion backbone.keras
"""

import sys

import numpy as np

from prevalens.batches import UndersamplingPlan
from prevalens.cohorts import read_table
from prevalens.decisions import correct_prior_shift
from prevalens.features import extract_features, fit_head
from prevalens.metrics import auroc, brier, calibration_intercept, calibration_slope
from prevalens.splits import PatientKFold

table, positive, network = sys.argv[1:]
cohort = read_table(table, image="image", label="label", patient="patient", positive=positive)
features = extract_features(cohort, network).values
ill, patients = cohort.is_positive, cohort.patients
scores = {arm: np.zeros(len(cohort)) for arm in ("nothing", "class weights", "undersampling")}
for train, test in PatientKFold(5, seed=0).split(features, ill, patients):
    chosen = {"labels": cohort.labels[train], "patients": patients[train]}
    drawn = UndersamplingPlan(train, **chosen, classes=cohort.classes, seed=0).rows(0)
    for arm, rows in zip(scores, (train, train, drawn), strict=True):
        kind = "balanced_logistic" if arm == "class weights" else "logistic"
        head = fit_head(features[rows], ill[rows], patients[rows], kind=kind)
        scores[arm][test] = head.scores(features[test])
        if arm != "nothing":
            scores[arm][test] = correct_prior_shift(
                scores[arm][test], train_prevalence=0.5, target_prevalence=float(ill[train].mean())
            )
for measure in (auroc, brier, calibration_intercept, calibration_slope):
    for arm, held_out in scores.items():
        print(f"{measure.__name__}, {arm}: {measure(ill, held_out, patients=patients)}")
