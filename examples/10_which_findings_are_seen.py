"""
Which findings are seen?
========================

A chest X-ray may show an effusion and a nodule, or nothing. Five findings on drawn scores: some not
known of every image, one so rare that its estimates say little, and one whose scores are far too
high. Each finding needs its own threshold, and the promises have to hold together.
"""

# %%
# Five findings, of which an image may have several
# -------------------------------------------------
# 400 patients with one to four images; what one finding says of another is a shared illness. In a
# tenth of the images nobody looked for nodules: not known is neither yes nor no.
import numpy as np

from prevalens.decisions import choose_thresholds, fit_class_recalibration
from prevalens.metrics import compare_multilabel
from prevalens.predictions import Predictions, patient_scores
from prevalens.reports import ClinicalReport, plot_chart

NAMES = ("effusion", "nodule", "mass", "fibrosis", "hernia")
SHARES = np.array([0.25, 0.15, 0.12, 0.05, 0.01])
rng = np.random.default_rng(3)
owner = np.repeat(np.arange(400), rng.integers(1, 5, 400))
ill = rng.normal(size=400)[owner, None]
base = np.log(SHARES / (1 - SHARES))
labels = (rng.random((owner.size, 5)) < 1 / (1 + np.exp(-(base + 0.8 * ill)))).astype(float)
logits = base + 2.2 * labels + 0.5 * ill + rng.normal(size=labels.shape)
logits[:, 2] += 2  # masses are scored as if they were far more frequent
labels[rng.random(owner.size) < 0.1, 1] = np.nan
told = Predictions(
    labels=labels,
    scores=1 / (1 + np.exp(-logits)),
    patients=owner.astype(str),
    classes=NAMES,
    provenance="Synthetic scores",
)
early = told.take(owner < 200)
late = told.take(owner >= 200)
print(told)

# %%
# A threshold for each, promised together
# ---------------------------------------
# On the first 200 patients. Each promise is made with more confidence, so that all hold at once;
# the two rarest are left out, because no promise can be made of so few.
asked = {name: {"sensitivity": 0.8} for name in NAMES[:3]}
points = choose_thresholds(early, asked, confidence=0.9)
for name in asked:
    print(f"{name:9} from {points[name].threshold:.2f}")
print(points.guarantee)

# %%
# What the other 200 patients show
# --------------------------------
# One threshold for each of the five; the two that were not promised keep a half.
at = {name: points[name].threshold if name in asked else 0.5 for name in NAMES}
report = ClinicalReport(late, threshold=at, threshold_origin="validation")
for each in report["each_label"]["labels"]:
    found = each["estimates"]["sensitivity"]
    limits = (
        "no limits" if found["lower"] is None else f"{found['lower']:.2f} to {found['upper']:.2f}"
    )
    value = "none" if found["value"] is None else f"{found['value']:.2f}"
    print(f"{each['name']:9} {each['images']:3} of {each['known']} images: {value} ({limits})")
print(report["each_label"]["rare"])

# %%
plot_chart(report, "roc_0")

# %%
# A finding whose scores are too high
# -----------------------------------
# The calibration of each label tells it; a map of each finding's scores, fitted to the first
# patients, mends it.
mended = fit_class_recalibration(early).correct(late.scores)
for part, after in zip(
    report["label_calibration"],
    ClinicalReport(late.with_scores(mended))["label_calibration"],
    strict=True,
):
    one, two = (each["estimates"]["observed_expected"]["value"] for each in (part, after))
    print(f"{part['name']:9} observed / expected {one:.2f}, mended {two:.2f}")

# %%
# Another model, on the same rows
# -------------------------------
# One that is blind to how ill a patient is on the whole: paired over patients.
blind = 1 / (1 + np.exp(-(logits - 0.5 * ill)))
made = compare_multilabel(
    told.labels, told.scores, blind, names=NAMES, patients=told.patients
).difference
print(f"macro AUROC {made.value:+.3f} ({made.lower:+.3f} to {made.upper:+.3f})")

# %%
# Patients instead of images
# --------------------------
# A patient has each finding that some image has. Whoever has an image of which nodules are not
# known, and none with one, is not known.
print(patient_scores(told, "max"))
