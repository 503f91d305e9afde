"""
How even are the folds?
=======================

Patients come in lumps of 9 to 757 images, and a fold is made of whole patients. This example cuts
one cohort into five folds with `PatientKFold` and with scikit-learn's `StratifiedGroupKFold`, and
shows what it costs to keep the numbers of patients even too.
"""

# %%
# A cohort with heavy patients
# ----------------------------
import matplotlib.pyplot as plt
import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import StratifiedGroupKFold

from prevalens.splits import PatientKFold

rng = np.random.default_rng(4)
sizes = np.clip(np.exp(rng.normal(4.5, 1.0, 60)), 9, 757).astype(int)
patients = np.repeat(np.arange(60), sizes)
labels = (np.arange(60) % 3 == 0).astype(int)[patients]


def deviations(splitter: PatientKFold | StratifiedGroupKFold) -> NDArray[np.float64]:
    """Return how far each class's images are from a fifth in each fold, in per cent."""
    counts = [np.bincount(labels[test]) for _, test in splitter.split(labels, labels, patients)]
    return 100 * (5 * np.array(counts) / np.bincount(labels) - 1)


def patient_counts(splitter: PatientKFold) -> list[int]:
    """Return the positive patients of each fold."""
    folds = splitter.split(labels, labels, patients)
    return [len(np.unique(patients[test][labels[test] == 1])) for _, test in folds]


# %%
# Twenty seeds of each
# --------------------
# One point is the worst deviation of any class in any fold.
ours = [np.abs(deviations(PatientKFold(5, seed=seed))).max() for seed in range(20)]
theirs = [
    np.abs(deviations(StratifiedGroupKFold(5, shuffle=True, random_state=seed))).max()
    for seed in range(20)
]
figure, axis = plt.subplots(figsize=(7, 2.4), layout="constrained")
for place, found in enumerate((theirs, ours)):
    axis.plot(found, np.full(20, place), "o", alpha=0.4, markersize=9)
axis.set_yticks([0, 1], ["StratifiedGroupKFold", "PatientKFold"])
axis.set(xlabel="worst deviation from the target, per cent", xscale="log", ylim=(-0.6, 1.6))
axis.grid(axis="x", which="both", alpha=0.3)
plt.show()

# %%
# What even numbers of patients cost
# ----------------------------------
# Twenty positive patients, so four to a fold would be even. The weight says how much that counts
# against even images.
for weight in (0.0, 0.3, 1.0, 3.0):
    splitter = PatientKFold(5, seed=0, patient_weight=weight)
    worst = np.abs(deviations(splitter)).max()
    print(
        f"patient_weight={weight:<4g} images off by {worst:.2f} % at most, positive patients "
        f"per fold: {patient_counts(splitter)}"
    )
