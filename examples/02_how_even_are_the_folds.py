"""
How even are the folds?
=======================

Patients come in lumps of 9 to 757 images, and a fold is made of whole patients. This example cuts
twenty cohorts into five folds with `PatientKFold` and with scikit-learn's `StratifiedGroupKFold`,
and shows what it costs to keep the numbers of patients even too.
"""

# %%
# Cohorts with heavy patients
# ---------------------------
# Sixty patients, a third of them positive; how many images each has differs from cohort to cohort.
import matplotlib.pyplot as plt
import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import StratifiedGroupKFold

from prevalens.splits import PatientKFold

Cohort = tuple[NDArray[np.int64], NDArray[np.int64]]


def draw_cohort(seed: int) -> Cohort:
    """Return the label and the patient of each image."""
    rng = np.random.default_rng(seed)
    sizes = np.clip(np.exp(rng.normal(4.5, 1.0, 60)), 9, 757).astype(int)
    patients = np.repeat(np.arange(60), sizes)
    return (np.arange(60) % 3 == 0).astype(int)[patients], patients


def deviation(splitter: PatientKFold | StratifiedGroupKFold, cohort: Cohort) -> float:
    """Return how far any class's images are from a fifth in any fold, at worst, in per cent."""
    labels, patients = cohort
    counts = [np.bincount(labels[test]) for _, test in splitter.split(labels, labels, patients)]
    return float(100 * np.abs(5 * np.array(counts) / np.bincount(labels) - 1).max())


# %%
# Twenty cohorts
# --------------
# Each point is one cohort. Below the line the folds of `PatientKFold` are the more even ones; on
# it, at the top, one patient alone has more than a fifth of a class, and no folds can be even.
cohorts = [draw_cohort(seed) for seed in range(20)]
ours = [deviation(PatientKFold(5, seed=0), cohort) for cohort in cohorts]
theirs = [
    deviation(StratifiedGroupKFold(5, shuffle=True, random_state=0), cohort) for cohort in cohorts
]
figure, axis = plt.subplots(figsize=(5, 4.4), layout="constrained")
axis.loglog(theirs, ours, "o", alpha=0.6)
ends = [min(ours + theirs) / 1.5, 1.5 * max(ours + theirs)]
axis.plot(ends, ends, color="grey", linestyle="--", linewidth=1)
axis.set(xlabel="StratifiedGroupKFold, worst deviation, per cent", xlim=ends, ylim=ends)
axis.set_ylabel("PatientKFold, worst deviation, per cent")
plt.show()
print(f"medians: {np.median(ours):.2f} % and {np.median(theirs):.2f} %")

# %%
# What even numbers of patients cost
# ----------------------------------
# Twenty positive patients, so four to a fold would be even. The weight says how much that counts
# against even images.
labels, patients = cohorts[4]
for weight in (0.0, 0.3, 1.0, 3.0):
    splitter = PatientKFold(5, seed=0, patient_weight=weight)
    folds = [test for _, test in splitter.split(labels, labels, patients)]
    positive = [len(np.unique(patients[test][labels[test] == 1])) for test in folds]
    worst = deviation(splitter, cohorts[4])
    print(f"patient_weight={weight:<3g} images {worst:5.2f} % off, positive patients {positive}")
