"""
Which diagnoses are confused?
=============================

Seven diagnoses of skin, two thirds of them naevi: an accuracy of three in four says little about
melanoma. This example reads a model of several classes: what is confused with what, how sure each
class is, and what a class of few patients does to a mean over classes.
"""

# %%
# Seven diagnoses at natural shares
# ---------------------------------
# 350 patients with one to three images each; scores are drawn here, no image is read.
import numpy as np

from prevalens.metrics import compare_multiclass
from prevalens.predictions import Predictions
from prevalens.reports import ClinicalReport, plot_chart

NAMES = ("akiec", "bcc", "bkl", "df", "mel", "nv", "vasc")
SHARES = (0.03, 0.05, 0.11, 0.01, 0.11, 0.67, 0.02)
rng = np.random.default_rng(4)
owner = np.repeat(np.arange(350), rng.integers(1, 4, 350))
labels = rng.choice(7, 350, p=SHARES)[owner]
logits = np.log(SHARES) + 0.7 * rng.normal(size=(350, 7))[owner]
logits += rng.normal(size=logits.shape) + 2.5 * np.eye(7)[labels]
odds = np.exp(logits)
told = Predictions(
    labels=labels,
    scores=odds / odds.sum(axis=1, keepdims=True),
    patients=owner.astype(str),
    classes=NAMES,
    provenance="Synthetic scores",
)
report = ClinicalReport(told)
for key in ("accuracy", "balanced_accuracy", "macro_auroc"):
    estimate = report["estimates"][key]
    print(f"{key:18} {estimate['value']:.2f} ({estimate['lower']:.2f} to {estimate['upper']:.2f})")

# %%
# What is taken for what
# ----------------------
plot_chart(report, "confusion_matrix")

# %%
# The most frequent confusions, in images and patients:
for pair in report["confusion"]["pairs"][:3]:
    print(
        f"{pair['label']} predicted {pair['predicted']}: {pair['images']} images of "
        f"{pair['patients']} patients, {pair['share']['value']:.0%} of its images"
    )

# %%
# A class of few patients is carried, not averaged away
# -----------------------------------------------------
# The mean over classes has the limits of its least certain class in it, and names the class.
print(report["estimates"]["balanced_accuracy"]["note"])
for each in report["each_class"]["classes"]:
    found = each["estimates"]["sensitivity"]
    print(f"{each['name']:6} {found['value']:.2f} ({found['lower']:.2f} to {found['upper']:.2f})")

# %%
# Equal classes, by one line
# --------------------------
# Scores divided by the shares they were trained at favour no class. Balanced accuracy rises, the
# accuracy falls; which of them counts is a clinical question.
even = told.scores / np.array(SHARES)
even /= even.sum(axis=1, keepdims=True)
for key in ("balanced_accuracy", "accuracy"):
    made = compare_multiclass(
        told.labels, even, told.scores, classes=NAMES, measure=key, patients=told.patients
    ).difference
    print(f"{key:18} {made.value:+.2f} ({made.lower:+.2f} to {made.upper:+.2f})")
