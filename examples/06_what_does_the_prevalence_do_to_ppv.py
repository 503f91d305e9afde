"""
What does the clinic's prevalence do to PPV?
============================================

Where half of the images are positive, nearly every positive prediction of a model is right. Where
one image in a hundred is positive, the same model is wrong far more often than right. This example
reads one model at several clinics.
"""

# %%
# One model, tested at 50/50
# --------------------------
# 200 patients with four images each, drawn here; half of the patients are ill.
import numpy as np

from prevalens.decisions import PriorShift
from prevalens.metrics import predictive_values
from prevalens.predictions import Predictions
from prevalens.reports import ClinicalReport, plot_chart

rng = np.random.default_rng(11)
owner = np.repeat(np.arange(200), 4)
labels = (owner % 2).astype(int)
logits = 3 * labels - 1.5 + 0.5 * rng.normal(size=200)[owner] + rng.normal(size=owner.size)
told = Predictions(
    labels=labels,
    scores=1 / (1 + np.exp(-logits)),
    patients=owner.astype(str),
    train_prevalence=0.5,
    provenance="Synthetic scores",
)
report = ClinicalReport(told, threshold=0.5, threshold_origin="pre-specified", prevalence=0.01)
for name in ("sensitivity", "specificity", "ppv"):
    estimate = report.to_dict()["estimates"][name]
    print(f"{name:12} {estimate['value']:.2f} ({estimate['lower']:.2f} to {estimate['upper']:.2f})")

# %%
# The same predictions at other clinics
# -------------------------------------
# Sensitivity and specificity belong to the model; the predictive values depend on the clinic.
predictions = told.scores >= 0.5
for share in (0.5, 0.2, 0.05, 0.01):
    values = predictive_values(told.labels, predictions, prevalence=share, patients=told.patients)
    found = values.ppv
    print(
        f"prevalence {share:4.0%}: PPV {found.value:.2f} ({found.lower:.2f} to {found.upper:.2f})"
    )

# %%
# The whole curve, from the report
# --------------------------------
plot_chart(report, "predictive")

# %%
# The score follows the clinic too
# --------------------------------
# At 1 % a score of 0.5 means a risk of 1 %. To act from a risk of 10 %, map the threshold back.
shift = PriorShift(0.5, 0.01)
print(f"0.5 at 50/50 is a risk of {shift.correct([0.5])[0]:.3f} at 1 %")
print(f"a risk of 0.10 at 1 % is a score of {PriorShift(0.01, 0.5).correct([0.10])[0]:.3f}")
